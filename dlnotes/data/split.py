"""Parts that never meet: learn on one, choose on another, judge on the third."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dlnotes import _checks as checks
from dlnotes.data._dataset import Dataset, as_dataset

_LARGEST_SEED = 2**32 - 1


class Splits(NamedTuple):
    """Three disjoint parts of one data set.

    Attributes:
        train: The weights are learnt on it.
        validation: Rates, sizes and the moment to stop are chosen on it.
        test: Used once, at the end.
    """

    train: Dataset
    validation: Dataset
    test: Dataset


class Fold(NamedTuple):
    """One turn of cross-validation: learn on `train`, judge on `validation`."""

    train: Dataset
    validation: Dataset


def split(
    data: Dataset | Sequence[Any],
    fractions: Sequence[float] = (0.6, 0.2, 0.2),
    *,
    seed: int,
    stratify: bool = True,
) -> Splits:
    """Shuffle and cut into train, validation and test; every example lands in exactly one.

    Args:
        data: A Dataset, or a pair of arrays (x, y).
        fractions: The three shares; they add up to 1. Validation or test may be 0 (an empty part).
        seed: The same seed gives the same parts, 0 … 2³² - 1.
        stratify: Keep each class's share in every part. Regression has no classes and is only shuffled.

    Returns:
        Splits of about `n · fraction` examples each (validation and test rounded, train gets the rest).

    Raises:
        TypeError, ValueError: Fractions that do not add up, a part without examples, or too few of one class.

    Example:
        >>> from dlnotes import data
        >>> parts = split(data.iris(), seed=0)
        >>> [len(part) for part in parts]
        [90, 30, 30]
        >>> np.bincount(parts.test.y).tolist()
        [10, 10, 10]

    Notebook: 09_generalisation.
    """
    data = as_dataset("split", data)
    checks.integer("split", "seed", seed, at_least=0, at_most=_LARGEST_SEED)
    shares = _shares(fractions)
    n = len(data)
    n_validation, n_test = (round(share * n) for share in shares[1:])
    counts = (n - n_validation - n_test, n_validation, n_test)
    for part, share, count in zip(Splits._fields, shares, counts, strict=True):
        if share > 0 and count < 1:
            raise ValueError(f"split expects at least one example for {part}; {share:g} of {n} examples is none.")
    classes = data.y if stratify and data.is_classification else None
    rest, test = _cut(np.arange(n), n_test, classes, seed)
    train, validation = _cut(rest, n_validation, classes, seed)
    return Splits(data[train], data[validation], data[test])


def k_fold(data: Dataset | Sequence[Any], k: int = 5, *, seed: int, stratify: bool = True) -> list[Fold]:
    """Cut into `k` equal parts; each is the validation part once, while the other `k - 1` are learnt on.

    Args:
        data: A Dataset, or a pair of arrays (x, y).
        k: How many parts, at least 2.
        seed: The same seed gives the same folds.
        stratify: Keep each class's share in every part (classes only).

    Raises:
        TypeError, ValueError: Fewer than 2 parts, or more parts than there are examples of some class.

    Example:
        >>> from dlnotes import data
        >>> [len(fold.validation) for fold in k_fold(data.iris(), 5, seed=0)]
        [30, 30, 30, 30, 30]

    Notebook: 09_generalisation.
    """
    from sklearn.model_selection import KFold, StratifiedKFold

    data = as_dataset("k_fold", data)
    checks.integer("k_fold", "k", k, at_least=2)
    checks.integer("k_fold", "seed", seed, at_least=0, at_most=_LARGEST_SEED)
    if len(data) < k:
        raise ValueError(f"k_fold expects at least k = {k} examples; got {len(data)}.")
    by_class = stratify and data.is_classification
    if by_class:
        _enough("k_fold", data.y, k)
    cutter = (StratifiedKFold if by_class else KFold)(k, shuffle=True, random_state=int(seed))
    return [Fold(data[train], data[rest]) for train, rest in cutter.split(np.zeros(len(data)), data.y)]


def _cut(rows: np.ndarray, count: int, classes: np.ndarray | None, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Shuffle `rows` and take `count` of them away."""
    from sklearn.model_selection import train_test_split

    if count == 0:
        return np.random.default_rng(seed).permutation(rows), rows[:0]
    if classes is None:
        kept, taken = train_test_split(rows, test_size=count, random_state=int(seed))
        return np.asarray(kept), np.asarray(taken)
    _enough("split", classes[rows], 2)
    try:
        kept, taken = train_test_split(rows, test_size=count, random_state=int(seed), stratify=classes[rows])
    except ValueError as error:
        raise ValueError(
            f"split cannot keep every class in every part with {len(rows)} examples: {error} "
            f"Use larger fractions, more examples, or stratify=False."
        ) from error
    return np.asarray(kept), np.asarray(taken)


def _enough(who: str, classes: np.ndarray, needed: int) -> None:
    """Every class must have one example for each part."""
    names, counts = np.unique(classes, return_counts=True)
    if counts.min() < needed:
        at = int(counts.argmin())
        raise ValueError(
            f"{who} expects at least {needed} examples of every class to share out; class {names[at]} has "
            f"{counts[at]}. Use stratify=False, or leave that class out."
        )


def _shares(fractions: Sequence[float]) -> tuple[float, float, float]:
    if isinstance(fractions, (str, bytes)) or not hasattr(fractions, "__len__") or len(fractions) != 3:
        raise ValueError(f"split expects fractions to be three shares (train, validation, test); got {fractions!r}.")
    train, validation, test = (
        float(checks.number("split", f"the {part} fraction", share, at_least=0.0, at_most=1.0))
        for part, share in zip(Splits._fields, fractions, strict=True)
    )
    if train == 0 or not math.isclose(train + validation + test, 1.0, abs_tol=1e-6):
        raise ValueError(
            f"split expects fractions that add up to 1 with a train share above 0; got "
            f"({train:g}, {validation:g}, {test:g}), which add up to {train + validation + test:g}."
        )
    return train, validation, test
