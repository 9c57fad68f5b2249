"""Losses for choosing a class: perceptron and hinge from a score's sign, cross-entropy from logits."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Real, ScalarLike

from dlnotes import _checks as checks
from dlnotes._wide import wide
from dlnotes.activations import log_softmax, softplus
from dlnotes.losses._reduce import REDUCTIONS, as_floats, distribution, every, pair, reduce


def perceptron(
    scores: Float[Array, "*shape"], targets: Real[Array, "*shape"], *, reduction: str = "mean"
) -> Float[Array, "..."]:
    """The perceptron's loss: `max(0, -target * score)`, how far a wrong answer is on the wrong side.

    Right answers cost nothing, however narrow. The gradient is -target where target · score ≤ 0, else 0: at exactly 0
    it is -target, so that a step of gradient descent from zero weights is the perceptron's rule.

    Args:
        scores: One signed score per example, `w · x + b`.
        targets: The true side, -1 or +1, of the same shape.
        reduction: "mean" over all examples, "sum", or "none".

    Returns:
        A scalar, or an array of the scores' shape for "none".

    Raises:
        TypeError, ValueError: Targets other than ±1 (such as 0 and 1), two shapes, integer scores, NaN or infinity,
            nothing at all, or an unknown reduction.

    Example:
        >>> perceptron(jnp.array([2.0, -0.5]), jnp.array([1, 1]), reduction="none")
        Array([0. , 0.5], dtype=float32)

    Paper: Rosenblatt 1958, The perceptron: a probabilistic model for information storage and organization in the brain.

    Notebook: 02_neuron_and_perceptron.
    """
    margin = _margin("perceptron", scores, targets)
    return reduce("perceptron", jnp.where(margin > 0, 0.0, -margin), reduction)


def hinge(
    scores: Float[Array, "*shape"], targets: Real[Array, "*shape"], *, reduction: str = "mean"
) -> Float[Array, "..."]:
    """The hinge loss: `max(0, 1 - target * score)`, which also charges right answers that are not clear enough.

    The gradient is -target where target · score < 1, else 0 (0 at the corner, as in PyTorch's margin losses).

    Args:
        scores: One signed score per example.
        targets: The true side, -1 or +1, of the same shape.
        reduction: "mean" over all examples, "sum", or "none".

    Returns:
        A scalar, or an array of the scores' shape for "none".

    Raises:
        TypeError, ValueError: Targets other than ±1 (such as 0 and 1), two shapes, integer scores, NaN or infinity,
            nothing at all, or an unknown reduction.

    Example:
        >>> hinge(jnp.array([2.0, 0.5, -1.0]), jnp.array([1, 1, 1]), reduction="none")
        Array([0. , 0.5, 2. ], dtype=float32)

    Paper: Cortes and Vapnik 1995, Support-vector networks.

    Notebook: 06_loss_functions.
    """
    margin = _margin("hinge", scores, targets)
    return reduce("hinge", jnp.where(margin < 1, 1 - margin, 0.0), reduction)


def binary_cross_entropy(
    logits: Float[Array, "*shape"],
    targets: Real[Array, "*shape"],
    *,
    label_smoothing: ScalarLike = 0.0,
    positive_weight: ScalarLike = 1.0,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Cross-entropy of yes-or-no answers: `-w t log σ(z) - (1 - t) log(1 - σ(z))`, for logits z and targets t.

    With w = 1 its gradient is σ(z) - t: it never fades for a wrong answer, as that of a squared error does. Computed as
    `w t softplus(-z) + (1 - t) softplus(z)`, exact at any logit.

    Args:
        logits: One per answer, log(p / (1 - p)); not probabilities.
        targets: The probability of yes, in [0, 1]; 0 or 1 for plain labels. The same shape.
        label_smoothing: ε in [0, 1): each target becomes (1 - ε) t + ε/2.
        positive_weight: w, 0 or more: how much more a yes counts than a no, for rare ones. The mean still divides by
            the number of answers, as in PyTorch.
        reduction: "mean" over all answers, "sum", or "none".

    Returns:
        A scalar in nats, or an array of the logits' shape for "none".

    Raises:
        TypeError, ValueError: Targets outside [0, 1], a setting out of range, two shapes, integer logits, NaN or
            infinity, nothing at all, or an unknown reduction.

    Example:
        >>> loss = binary_cross_entropy(jnp.array([0.0, 1e4, 1e4]), jnp.array([1, 1, 0]), reduction="none")
        >>> [f"{nats:.3f}" for nats in loss]
        ['0.693', '0.000', '10000.000']

    Paper: Good 1952, Rational decisions (the logarithmic score); label smoothing: Szegedy et al. 2015, section 7,
    arXiv:1512.00567.

    Notebook: 06_loss_functions.
    """
    who = "binary_cross_entropy"
    logits, targets = pair(who, logits, targets, ("logits", "targets"))
    fix = "Map classes to 0 and 1, for example with (y + 1) / 2 for y of -1 and 1."
    every(who, "targets", targets, (targets >= 0) & (targets <= 1), "in [0, 1]", fix)
    smoothing = jnp.asarray(checks.number(who, "label_smoothing", label_smoothing, at_least=0, below=1), logits.dtype)
    weight = jnp.asarray(checks.number(who, "positive_weight", positive_weight, at_least=0), logits.dtype)
    targets = (1 - smoothing) * targets + smoothing / 2
    return reduce(who, weight * targets * softplus(-logits) + (1 - targets) * softplus(logits), reduction)


def cross_entropy(
    logits: Float[Array, "*batch n_classes"],
    labels: Real[Array, "..."],
    *,
    label_smoothing: ScalarLike = 0.0,
    class_weights: Float[Array, " n_classes"] | None = None,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Cross-entropy of one class among several: `-log softmax(logits)[label]`.

    In general `-Σ_c w_c t_c log p_c`, where t is the target distribution, all of it on the label if labels are class
    numbers. With weights 1 its gradient is p - t.

    Args:
        logits: One per class on the last axis; not probabilities.
        labels: Class numbers 0 … n_classes - 1, of the logits' shape without the last axis; or soft targets,
            probabilities of the logits' shape that add up to 1.
        label_smoothing: ε in [0, 1]: t becomes (1 - ε) t + ε / n_classes.
        class_weights: w, one number per class, 0 or more, for rare classes.
        reduction: "mean", "sum", or "none". With class numbers and class weights the mean is a weighted one: it divides
            by the sum of the labels' weights, not by their number. With soft targets it divides by the number of
            examples. Both are PyTorch's convention.

    Returns:
        A scalar in nats, or one number per example for "none". Under `jax.jit` a label out of range, which cannot be
        seen there, gives NaN.

    Raises:
        TypeError, ValueError: Labels out of range, soft targets that are no probabilities, shapes that do not fit, a
            setting out of range, integer logits, NaN or infinity, nothing at all, or an unknown reduction.

    Example:
        >>> logits = jnp.array([[0.0, 0.0], [1e4, -1e4]])
        >>> [f"{nats:.3f}" for nats in cross_entropy(logits, jnp.array([1, 0]), reduction="none")]
        ['0.693', '0.000']

    Paper: Good 1952, Rational decisions; label smoothing: Szegedy et al. 2015, section 7, arXiv:1512.00567.

    Notebook: 06_loss_functions.
    """
    who = "cross_entropy"
    logits = checks.array(who, logits, name="logits", min_rank=1, finite=True)
    logits = logits.astype(wide(logits.dtype))
    n_classes = logits.shape[-1]
    checks.choice(who, "reduction", reduction, REDUCTIONS)
    smoothing = jnp.asarray(checks.number(who, "label_smoothing", label_smoothing, at_least=0, at_most=1), logits.dtype)
    weights = _class_weights(who, class_weights, logits)
    losses = -weights * log_softmax(logits)  # what each class would cost if it were the label

    if jnp.issubdtype(getattr(labels, "dtype", jnp.int32), jnp.floating):
        _, targets = pair(who, logits, labels, ("logits", "soft targets"))
        distribution(who, "soft targets", targets)
        divisor = jnp.asarray(losses[..., 0].size, logits.dtype)
        cost = (targets * losses).sum(-1)
    else:
        labels = checks.labels(who, labels, n_classes, shape=logits.shape[:-1])
        chosen = labels[..., None] == jnp.arange(n_classes, dtype=labels.dtype)
        divisor = jnp.where(chosen, weights, 0).sum()
        cost = jnp.where(chosen, losses, 0).sum(-1)
        cost = jnp.where(chosen.any(-1), cost, jnp.nan)

    cost = (1 - smoothing) * cost + smoothing * losses.mean(-1)
    return cost.sum() / divisor if reduction == "mean" else reduce(who, cost, reduction)


def _margin(who: str, scores: Array, targets: Array) -> Array:
    scores, targets = pair(who, scores, targets, ("scores", "targets"))
    fix = "Map classes 0 and 1 to -1 and 1 with 2 * y - 1."
    every(who, "targets", targets, jnp.abs(targets) == 1, "-1 or 1", fix)
    return targets * scores


def _class_weights(who: str, class_weights: Array | None, logits: Array) -> Array:
    n_classes = logits.shape[-1]
    if class_weights is None:
        return jnp.ones(n_classes, logits.dtype)
    weights = checks.array(who, as_floats(class_weights, logits.dtype), name="class_weights", rank=1, finite=True)
    if weights.shape[0] != n_classes:
        raise ValueError(f"{who} expects one class weight for each of {n_classes} classes; got {weights.shape[0]}.")
    every(who, "class_weights", weights, weights >= 0, "0 or more", "A weight of 0 leaves a class out.")
    return weights.astype(logits.dtype)
