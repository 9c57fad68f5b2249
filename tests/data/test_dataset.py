import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes.data import Dataset

X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 1, 2, 0, 1, 2])


@pytest.fixture
def data() -> Dataset:
    return Dataset(X, Y, name="six", feature_names=("a", "b"), class_names=("u", "v", "w"), source="here")


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.uint8, bool])
def test_numbers_become_float32(kind):
    data = Dataset(X.astype(kind), Y)
    assert data.x.dtype == np.float32
    np.testing.assert_array_equal(data.x, X.astype(kind).astype(np.float32))


def test_targets_become_classes_or_numbers():
    assert Dataset(X, Y.astype(np.uint8)).y.dtype == np.int32
    assert Dataset(X, Y.astype(float)).y.dtype == np.float32
    assert Dataset(X, Y == 1).y.tolist() == [0, 1, 0, 0, 1, 0]
    assert Dataset(X, Y).n_classes == 3
    assert Dataset(X, Y.astype(float)).n_classes == 0
    assert Dataset(X, Y, class_names=tuple("abcde")).n_classes == 5


@pytest.mark.plain
def test_lists_and_jax_arrays_are_taken():
    for x, y in [(X.tolist(), Y.tolist()), (jnp.asarray(X, jnp.float32), jnp.asarray(Y))]:
        data = Dataset(x, y)
        np.testing.assert_array_equal(data.x, X)
        assert (type(data.x), data.x.dtype, type(data.y), data.y.dtype) == (
            np.ndarray,
            np.float32,
            np.ndarray,
            np.int32,
        )


def test_indexing_keeps_names(data):
    for index, rows in [
        (slice(1, 4), [1, 2, 3]),
        (slice(None, None, -2), [5, 3, 1]),
        (np.array([4, 0, 4]), [4, 0, 4]),
        ([2, 3], [2, 3]),
        (Y == 1, [1, 4]),
        ((Y == 1).tolist(), [1, 4]),
        (-1, [5]),
        (np.int64(2), [2]),
        (Y == 9, []),
    ]:
        part = data[index]
        assert isinstance(part, Dataset)
        np.testing.assert_array_equal(part.x, X[rows])
        np.testing.assert_array_equal(part.y, Y[rows])
        assert (part.name, part.feature_names, part.class_names, part.source) == (
            "six",
            ("a", "b"),
            tuple("uvw"),
            "here",
        )
    assert [one.y.tolist() for one in data] == [[label] for label in Y]
    assert np.shares_memory(data[1:3].x, data.x)


@pytest.mark.parametrize("index", [6, -7, [0, 9], np.ones(5, bool), "a", 1.5, np.zeros((2, 2), int)])
def test_bad_index(data, index):
    with pytest.raises(IndexError):
        data[index]


def test_two_indices_are_not_one(data):
    with pytest.raises(TypeError, match=r"data\.x"):
        data[0, 1]


def test_repr_flat_and_length(data):
    assert repr(data) == "Dataset('six', 6 examples of shape (2,), 3 classes)"
    assert repr(data[0]) == "Dataset('six', 1 example of shape (2,), 3 classes)"
    images = Dataset(np.zeros((4, 5, 3, 1)), np.zeros(4))
    assert repr(images) == "Dataset('data', 4 examples of shape (5, 3, 1), regression)"
    assert images.flat.shape == (4, 15)
    assert images[:0].flat.shape == (0, 15)
    assert len(data) == 6


def test_frozen_and_replace(data):
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.x = X
    assert data.replace(name="other").name == "other"
    assert data.name == "six"
    with pytest.raises(ValueError, match="one target per example"):
        data.replace(x=X[:3])


@pytest.mark.plain
@pytest.mark.parametrize(
    ("fields", "error", "said"),
    [
        ({"x": X[0]}, ValueError, "at least 2 axes; got shape"),
        ({"x": 3.0}, ValueError, "at least 2 axes"),
        ({"x": np.zeros((6, 0))}, ValueError, "at least one feature"),
        ({"x": [["a", "b"]] * 6}, TypeError, "array of numbers"),
        ({"x": [[1.0], [1.0, 2.0]]}, TypeError, "array of numbers"),
        ({"x": X.astype(complex)}, TypeError, "array of numbers"),
        ({"x": None}, TypeError, "array of numbers"),
        ({"x": np.where(X == 5, np.nan, X)}, ValueError, r"got nan in 1 of 12 places, first at index \(2, 1\)"),
        ({"x": X * 1e200}, ValueError, "finite float32"),
        ({"y": Y[:5]}, ValueError, "6 rows in x and 5 in y"),
        ({"y": np.eye(6)}, ValueError, "argmax"),
        ({"y": Y - 1}, ValueError, "counted from 0 in y; got -1"),
        ({"y": Y + 2**40}, ValueError, "counted from 0"),
        ({"y": list("abcabc")}, TypeError, "array of numbers"),
        ({"y": [0.0, np.inf, 0, 0, 0, 0]}, ValueError, "got inf in 1 of 6 places, first at index 1"),
        ({"feature_names": ("a",)}, ValueError, "one name per feature, 2; got 1"),
        ({"feature_names": "ab"}, TypeError, "sequence of texts"),
        ({"class_names": ("u", "v")}, ValueError, "classes in 0 … 1, one per class name; got 2"),
        ({"class_names": (1, 2, 3)}, TypeError, "sequence of texts"),
        ({"y": Y * 1.0, "class_names": tuple("uvw")}, TypeError, "integer classes"),
        ({"name": 3}, TypeError, "name to be text"),
        ({"source": None}, TypeError, "source to be text"),
    ],
)
def test_malformed(fields, error, said):
    with pytest.raises(error, match=said):
        Dataset(**{"x": X, "y": Y, **fields})


@pytest.mark.plain
@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.lists(st.floats()), st.lists(st.lists(st.floats()))),
    st.one_of(st.none(), st.text(), st.integers(), st.lists(st.integers()), st.lists(st.floats())),
)
def test_anything_is_a_dataset_or_a_clear_error(x, y):
    try:
        data = Dataset(x, y)
    except (TypeError, ValueError) as error:
        said = str(error)
    else:
        said = "Dataset expects nothing else"
        assert np.isfinite(data.x).all()
        assert len(data.x) == len(data.y) == len(data)
    assert "Dataset expects" in said
