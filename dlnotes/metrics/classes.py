"""Counting right and wrong answers: accuracy, the confusion matrix, and precision, recall and F1 made from it."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Real

from dlnotes import _checks as checks

_AVERAGES = ("binary", "micro", "macro")


def accuracy(predictions: Real[Array, "..."], labels: Int[Array, "*batch"]) -> Float[Array, ""]:
    """Give the share of right answers, in [0, 1].

    Args:
        predictions: Class numbers of the labels' shape, or scores with one more axis.
        labels: The true classes.

    Raises:
        TypeError, ValueError: Labels that are no integers or out of range, shapes that do not fit, NaN, nothing at all.

    Example:
        >>> accuracy(jnp.array([[0.1, 0.9], [0.8, 0.2]]), jnp.array([1, 1]))
        Array(0.5, dtype=float32)

    Notebook: 06_loss_functions.
    """
    predicted, labels, _ = _classes("accuracy", predictions, labels, None)
    return (predicted == labels).mean(dtype=jnp.float32)


def top_k_accuracy(
    scores: Float[Array, "*batch n_classes"], labels: Int[Array, "*batch"], k: int = 5
) -> Float[Array, ""]:
    """Give the share of examples whose true class is among the `k` highest scores, in [0, 1].

    Among equal scores the lower class number comes first, so a network that says the same of every class is not right
    every time.

    Args:
        scores: One score per class on the last axis.
        labels: The true classes.
        k: How many guesses are allowed, from 1 to the number of classes.

    Raises:
        TypeError, ValueError: `k` out of range, labels that are no integers or out of range, shapes that do not fit,
            NaN, nothing at all.

    Example:
        >>> scores = jnp.array([[0.1, 0.3, 0.6], [0.5, 0.3, 0.2]])
        >>> top_k_accuracy(scores, jnp.array([1, 2]), k=2)
        Array(0.5, dtype=float32)

    Notebook: 06_loss_functions.
    """
    scores = checks.array("top_k_accuracy", scores, name="scores", min_rank=1)
    labels = checks.labels("top_k_accuracy", labels, scores.shape[-1], shape=scores.shape[:-1])
    k = checks.integer("top_k_accuracy", "k", k, at_least=1, at_most=scores.shape[-1])
    _, best = jax.lax.top_k(scores, k)
    return (best == labels[..., None]).any(-1).mean(dtype=jnp.float32)


def confusion_matrix(
    predictions: Real[Array, "..."], labels: Int[Array, "*batch"], n_classes: int | None = None
) -> Int[Array, "n_classes n_classes"]:
    """Count every pair of true and predicted class: rows are the truth, columns the prediction.

    Args:
        predictions: Class numbers of the labels' shape, or scores with one more axis.
        labels: The true classes.
        n_classes: The number of classes; by default as many as the scores have, or as have been seen. Under `jax.jit`
            class numbers need it.

    Raises:
        TypeError, ValueError: Labels that are no integers or out of range, shapes that do not fit, NaN, nothing at all,
            or class numbers under `jax.jit` without `n_classes`.

    Example:
        >>> confusion_matrix(jnp.array([0, 1, 1, 1]), jnp.array([0, 0, 1, 1]))
        Array([[1, 1],
               [0, 2]], dtype=int32)

    Notebook: 06_loss_functions.
    """
    return _counts("confusion_matrix", predictions, labels, n_classes)


def precision(
    predictions: Real[Array, "..."],
    labels: Int[Array, "*batch"],
    *,
    average: str | None = "binary",
    n_classes: int | None = None,
) -> Float[Array, "..."]:
    """Of the examples called positive, give the share that are: `TP / (TP + FP)`; 0 if none was called so.

    Args:
        predictions: Class numbers of the labels' shape, or scores with one more axis.
        labels: The true classes.
        average: "binary" for class 1 of two; "macro" for the mean over the classes that occur in labels or
            predictions, each counting the same; "micro" to add up the counts first; None for one number per class.
        n_classes: The number of classes; by default as many as the scores have, or as have been seen.

    Returns:
        A scalar in [0, 1], or one number per class for None.

    Raises:
        TypeError, ValueError: An unknown average, "binary" with more than two classes, labels that are no integers or
            out of range, shapes that do not fit, NaN, nothing at all.

    Example:
        >>> precision(jnp.array([1, 1, 0, 1, 1]), jnp.array([1, 0, 1, 1, 1]))
        Array(0.75, dtype=float32)

    Notebook: 06_loss_functions.
    """
    right, predicted, _, seen = _tallies("precision", predictions, labels, average, n_classes)
    return _average(right, predicted, seen, average)


def recall(
    predictions: Real[Array, "..."],
    labels: Int[Array, "*batch"],
    *,
    average: str | None = "binary",
    n_classes: int | None = None,
) -> Float[Array, "..."]:
    """Of the examples that are positive, give the share that were found: `TP / (TP + FN)`; 0 if there are none.

    Args, Returns and Raises are those of `precision`.

    Example:
        >>> recall(jnp.array([1, 1, 0, 0]), jnp.array([1, 0, 0, 1]))
        Array(0.5, dtype=float32)

    Notebook: 06_loss_functions.
    """
    right, _, true, seen = _tallies("recall", predictions, labels, average, n_classes)
    return _average(right, true, seen, average)


def f1(
    predictions: Real[Array, "..."],
    labels: Int[Array, "*batch"],
    *,
    average: str | None = "binary",
    n_classes: int | None = None,
) -> Float[Array, "..."]:
    """Give the harmonic mean of precision and recall: `2 TP / (2 TP + FP + FN)`, high only if both are.

    Args, Returns and Raises are those of `precision`.

    Example:
        >>> f1(jnp.array([1, 1, 0, 1]), jnp.array([1, 0, 0, 1]))
        Array(0.8, dtype=float32)

    Paper: van Rijsbergen 1979, Information retrieval, chapter 7.

    Notebook: 06_loss_functions.
    """
    right, predicted, true, seen = _tallies("f1", predictions, labels, average, n_classes)
    return _average(2 * right, predicted + true, seen, average)


def _classes(who: str, predictions: Any, labels: Any, n_classes: int | None) -> tuple[Array, Array, int | None]:
    """Predicted and true class numbers of one shape, and the number of classes as far as it is known."""
    if n_classes is not None:
        n_classes = checks.integer(who, "n_classes", n_classes, at_least=1)
    if jnp.issubdtype(getattr(predictions, "dtype", jnp.int32), jnp.floating):
        scores = checks.array(who, predictions, name="scores", min_rank=1)
        if n_classes is not None and n_classes != scores.shape[-1]:
            raise ValueError(f"{who} expects scores for {n_classes} classes; got shape {scores.shape}.")
        n_classes = scores.shape[-1]
        predicted = scores.argmax(-1)
    else:
        predicted = checks.labels(who, predictions, n_classes, name="predictions")
    return predicted, checks.labels(who, labels, n_classes, shape=predicted.shape), n_classes


def _counts(who: str, predictions: Any, labels: Any, n_classes: int | None) -> Array:
    predicted, labels, n_classes = _classes(who, predictions, labels, n_classes)
    if n_classes is None:
        if checks.is_traced(predicted) or checks.is_traced(labels):
            raise TypeError(f"{who} needs n_classes under jax.jit, because the shape of its result depends on it.")
        with jax.ensure_compile_time_eval():
            n_classes = 1 + max(int(predicted.max()), int(labels.max()))
    return jnp.zeros((n_classes, n_classes), jnp.int32).at[labels, predicted].add(1)


def _tallies(
    who: str, predictions: Any, labels: Any, average: str | None, n_classes: int | None
) -> tuple[Array, Array, Array, Array]:
    """Per class: how often right, how often predicted, how often true, and whether it occurs at all."""
    if average is not None:
        checks.choice(who, "average", average, _AVERAGES)
    counts = _counts(who, predictions, labels, n_classes)
    if average == "binary" and counts.shape[0] > 2:
        raise ValueError(
            f'{who} expects two classes for average="binary"; got {counts.shape[0]}. '
            f'Choose average="macro", "micro" or None.'
        )
    right, predicted, true = jnp.diagonal(counts), counts.sum(0), counts.sum(1)
    seen = predicted + true > 0
    if average == "binary":
        right, predicted, true = (jnp.pad(tally, (0, 2 - counts.shape[0]))[1] for tally in (right, predicted, true))
    elif average == "micro":
        right, predicted, true = right.sum(), predicted.sum(), true.sum()
    return right, predicted, true, seen


def _average(part: Array, whole: Array, seen: Array, average: str | None) -> Array:
    """`part / whole`, 0 where there is nothing to divide by; for "macro" the mean over the classes seen."""
    share = part.astype(jnp.float32) / jnp.maximum(whole, 1).astype(jnp.float32)
    return share.mean(where=seen) if average == "macro" else share
