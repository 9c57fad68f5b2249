import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedKFold, train_test_split

from dlnotes import data
from dlnotes.data import Dataset, k_fold, split


def numbered(counts, regression=False):
    """Example i has x = i, so that parts can be traced."""
    y = np.repeat(np.arange(len(counts)), counts)
    return Dataset(np.arange(len(y))[:, None], y.astype(float) if regression else y)


def rows(part):
    return part.x[:, 0].astype(int).tolist()


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(20, 60), min_size=1, max_size=4),
    st.integers(10, 80),
    st.integers(0, 2**32 - 1),
    st.booleans(),
    st.booleans(),
)
def test_disjoint_exhaustive_and_repeatable(counts, percent, seed, stratify, regression):
    whole = numbered(counts, regression)
    share = percent / 100
    fractions = (share, (1 - share) / 2, (1 - share) / 2)
    parts = split(whole, fractions, seed=seed, stratify=stratify)
    found = [row for part in parts for row in rows(part)]
    assert sorted(found) == list(range(len(whole)))
    again = split(whole, fractions, seed=seed, stratify=stratify)
    for part, same, fraction in zip(parts, again, fractions, strict=True):
        assert rows(part) == rows(same)
        assert abs(len(part) - fraction * len(whole)) <= 1.01
        if stratify and not regression:
            per_class = np.bincount(part.y, minlength=len(counts))
            # two stratified cuts, each within one example of the exact share
            assert np.abs(per_class - len(part) * np.array(counts) / len(whole)).max() <= 2.01


def test_seeds_differ_and_order_is_shuffled():
    whole = numbered([50, 50])
    first, second = split(whole, seed=0), split(whole, seed=1)
    assert rows(first.train) != rows(second.train)
    assert rows(first.train) != sorted(rows(first.train))
    alone = split(whole, (1.0, 0.0, 0.0), seed=0).train
    assert sorted(rows(alone)) == list(range(100))
    assert rows(alone) != list(range(100))


def test_equals_scikit_learn():
    whole = data.iris()
    train, test = train_test_split(np.arange(150), test_size=45, random_state=3, stratify=whole.y)
    parts = split(whole, (0.7, 0.0, 0.3), seed=3)
    np.testing.assert_array_equal(parts.test.x, whole.x[test])
    np.testing.assert_array_equal(parts.test.y, whole.y[test])
    assert sorted(parts.train.flat.sum(1).tolist()) == sorted(whole.x[train].sum(1).tolist())
    assert len(parts.validation) == 0


def test_arrays_regression_and_names():
    x, y = np.arange(20.0)[:, None], np.linspace(0, 1, 20)
    parts = split((x, y), seed=0)
    assert [len(part) for part in parts] == [12, 4, 4]
    assert parts.test.y.dtype == np.float32
    assert split(data.wine(), seed=0).test.class_names == data.wine().class_names


@pytest.mark.plain
@pytest.mark.parametrize(
    ("arguments", "keywords", "error", "said"),
    [
        (([1, 2, 3],), {"seed": 0}, TypeError, "a Dataset or a pair"),
        ((None,), {"seed": 0}, TypeError, "got NoneType"),
        ((numbered([9, 9]), (0.5, 0.5)), {"seed": 0}, ValueError, "three shares"),
        ((numbered([9, 9]), "abc"), {"seed": 0}, ValueError, "three shares"),
        ((numbered([9, 9]), 0.6), {"seed": 0}, ValueError, "three shares"),
        ((numbered([9, 9]), (0.6, 0.2, 0.3)), {"seed": 0}, ValueError, "add up to 1.1"),
        ((numbered([9, 9]), (0.0, 0.5, 0.5)), {"seed": 0}, ValueError, "train share above 0"),
        ((numbered([9, 9]), (1.2, -0.2, 0.0)), {"seed": 0}, ValueError, "train fraction"),
        ((numbered([9, 9]), (0.6, float("nan"), 0.4)), {"seed": 0}, ValueError, "validation fraction"),
        ((numbered([9, 9]), (0.6, "a", 0.4)), {"seed": 0}, TypeError, "validation fraction"),
        ((numbered([9, 9]),), {"seed": -1}, ValueError, "seed"),
        ((numbered([9, 9]),), {"seed": 2**32}, ValueError, "seed"),
        ((numbered([9, 9]),), {"seed": 0.5}, TypeError, "seed"),
        ((numbered([9, 9]),), {"seed": None}, TypeError, "seed"),
        ((numbered([1, 1]),), {"seed": 0}, ValueError, "at least one example for validation; 0.2 of 2"),
        ((numbered([1, 9]),), {"seed": 0}, ValueError, "class 0 has 1. Use stratify=False"),
        ((numbered([4] * 10), (0.9, 0.05, 0.05)), {"seed": 0}, ValueError, "keep every class in every part"),
    ],
)
def test_malformed_split(arguments, keywords, error, said):
    with pytest.raises(error, match=said):
        split(*arguments, **keywords)


def test_k_fold_equals_scikit_learn():
    whole = data.iris()
    folds = k_fold(whole, 4, seed=7)
    cuts = StratifiedKFold(4, shuffle=True, random_state=7).split(whole.x, whole.y)
    for fold, (train, validation) in zip(folds, cuts, strict=True):
        np.testing.assert_array_equal(fold.train.x, whole.x[train])
        np.testing.assert_array_equal(fold.validation.y, whole.y[validation])


@pytest.mark.parametrize("regression", [False, True])
def test_folds_cover_everything_once(regression):
    whole = numbered([20, 31], regression)
    folds = k_fold(whole, 5, seed=0)
    assert sorted(row for fold in folds for row in rows(fold.validation)) == list(range(51))
    for fold in folds:
        assert sorted(rows(fold.train) + rows(fold.validation)) == list(range(51))


@pytest.mark.plain
@pytest.mark.parametrize(
    ("whole", "k", "seed", "error", "said"),
    [
        (numbered([9, 9]), 1, 0, ValueError, "k to be an integer at least 2; got 1"),
        (numbered([9, 9]), 2.0, 0, TypeError, "k to be"),
        (numbered([9, 9]), 3, -1, ValueError, "seed"),
        (numbered([2]), 3, 0, ValueError, "at least k = 3 examples; got 2"),
        (numbered([2, 9]), 3, 0, ValueError, "class 0 has 2"),
        ("text", 3, 0, TypeError, "a Dataset or a pair"),
    ],
)
def test_malformed_k_fold(whole, k, seed, error, said):
    with pytest.raises(error, match=said):
        k_fold(whole, k, seed=seed)
