"""The ROC curve: what every threshold on a score would cost in false alarms, and find in true positives."""

from typing import Any, NamedTuple

import numpy as np

from dlnotes import _checks as checks


class RocCurve(NamedTuple):
    """The points of a ROC curve, from "call nothing positive" to "call everything positive".

    Attributes:
        false_positive_rate: Share of the negatives called positive, rising from 0 to 1.
        true_positive_rate: Share of the positives called positive, rising from 0 to 1.
        thresholds: A score at or above this is called positive; infinity first, then each distinct score, falling.
    """

    false_positive_rate: np.ndarray
    true_positive_rate: np.ndarray
    thresholds: np.ndarray


def roc_curve(scores: Any, labels: Any) -> RocCurve:
    """Sweep the threshold over all scores, and note how many of each class are called positive.

    Args:
        scores: One score per example, higher for "more likely positive"; any scale.
        labels: 0 or 1 per example; both must occur.

    Returns:
        NumPy arrays; equal scores share one point. Needs concrete numbers, so call it outside `jax.jit`.

    Raises:
        TypeError, ValueError: Labels other than 0 and 1, only one class, shapes that do not fit, NaN, nothing at all,
            or traced numbers.

    Example:
        >>> roc_curve(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1])).true_positive_rate
        array([0. , 0.5, 0.5, 1. , 1. ])

    Paper: Fawcett 2006, An introduction to ROC analysis, algorithm 1.

    Notebook: 06_loss_functions.
    """
    return _roc("roc_curve", scores, labels)


def roc_auc(scores: Any, labels: Any) -> float:
    """Give the area under the ROC curve: the chance that a positive scores above a negative, ties counting half.

    Args:
        scores: One score per example, higher for "more likely positive"; any scale.
        labels: 0 or 1 per example; both must occur.

    Returns:
        A number in [0, 1]; 0.5 is guessing.

    Raises:
        TypeError, ValueError: As for `roc_curve`.

    Example:
        >>> roc_auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1]))
        0.75

    Paper: Hanley and McNeil 1982, The meaning and use of the area under a receiver operating characteristic (ROC)
    curve.

    Notebook: 06_loss_functions.
    """
    curve = _roc("roc_auc", scores, labels)
    return float(np.trapezoid(curve.true_positive_rate, curve.false_positive_rate))


def _roc(who: str, scores: Any, labels: Any) -> RocCurve:
    scores = checks.array(who, scores, name="scores", rank=1, finite=True)
    labels = checks.labels(who, labels, 2, shape=scores.shape)
    if checks.is_traced(scores) or checks.is_traced(labels):
        raise TypeError(f"{who} needs concrete numbers, because its length depends on them; call it outside jax.jit.")
    order = np.argsort(-np.asarray(scores), kind="stable")
    ranked, positive = np.asarray(scores)[order], np.asarray(labels)[order] == 1
    if positive.all() or not positive.any():
        raise ValueError(f"{who} expects both classes among the labels; got only {int(positive[0])}.")
    last = np.append(np.diff(ranked) != 0, True)  # equal scores pass the threshold together
    true_positives = np.append(0, positive.cumsum()[last])
    false_positives = np.append(0, (~positive).cumsum()[last])
    return RocCurve(
        false_positives / false_positives[-1], true_positives / true_positives[-1], np.append(np.inf, ranked[last])
    )
