import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from dlnotes import data
from dlnotes.data import Standardize


@pytest.mark.parametrize("load", [data.breast_cancer, data.wine, data.iris, data.diabetes])
def test_equals_scikit_learn(load):
    train, _, test = data.split(load(), seed=0)
    ours, theirs = Standardize.fit(train.x), StandardScaler().fit(train.x.astype(np.float64))
    np.testing.assert_allclose(ours.mean, theirs.mean_, rtol=1e-12)
    np.testing.assert_allclose(ours.scale, theirs.scale_, rtol=1e-9)
    np.testing.assert_allclose(ours(test.x), theirs.transform(test.x.astype(np.float64)), rtol=1e-6, atol=1e-6)
    assert ours(test.x).dtype == np.float32
    assert not ours.constant.any()


def test_learns_from_train_only():
    train, _, test = data.split(data.wine(), seed=0)
    standardize = Standardize.fit(train.x)
    z = standardize(train)
    np.testing.assert_allclose(z.x.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(z.x.std(axis=0), 1, atol=1e-6)
    before = standardize.mean.copy(), standardize.scale.copy()
    outside = standardize(test.replace(x=test.x + 1000))
    assert abs(outside.x.mean()) > 10  # the test part is not centred on itself
    np.testing.assert_array_equal(standardize.mean, before[0])
    np.testing.assert_array_equal(standardize.scale, before[1])
    assert outside.name == "wine"
    np.testing.assert_array_equal(outside.y, test.y)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 30), st.integers(1, 5), st.integers(0, 2**31), st.sampled_from([1e-3, 1.0, 1e5]))
def test_inverse_undoes(n, width, seed, spread):
    x = (np.random.default_rng(seed).normal(3, spread, (n, width))).astype(np.float32)
    standardize = Standardize.fit(x)
    np.testing.assert_allclose(standardize.inverse(standardize(x)), x, rtol=1e-5, atol=1e-5 * spread)
    assert standardize.constant.all() == (n == 1)


def test_constant_features_are_said_and_become_zero():
    x = np.array([[1.0, 0.1, 5], [2.0, 0.1, 5], [4.0, 0.1, 5]])
    standardize = Standardize.fit(x)
    assert repr(standardize) == "Standardize(3 features, of which 2 constant: 1, 2)"
    assert standardize.constant.tolist() == [False, True, True]
    assert standardize.scale[1:].tolist() == [1, 1]
    assert standardize(x)[:, 1:].tolist() == [[0, 0]] * 3
    assert standardize(np.array([1.0, 0.1, 7])).tolist()[2] == 2  # away from the constant: plain difference
    np.testing.assert_allclose(standardize(x), StandardScaler().fit_transform(x), atol=1e-6)


def test_images_pixel_by_pixel():
    images = data.digits()
    standardize = Standardize.fit(images.x)
    assert standardize.mean.shape == (8, 8, 1)
    assert repr(standardize) == "Standardize(64 features, of which 3 constant: (0, 0, 0), (4, 0, 0), (4, 7, 0))"
    z = standardize(images)
    assert z.x.shape == images.x.shape
    assert np.isfinite(z.x).all()
    np.testing.assert_allclose(standardize.inverse(z).x, images.x, atol=1e-6)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("x", "error", "said"),
    [
        (data.iris(), TypeError, "Pass train.x"),
        (np.zeros((0, 3)), ValueError, "at least one example"),
        (np.zeros(3), ValueError, "at least 2 axes"),
        ([["a"]], TypeError, "array of numbers"),
        ([[np.nan, 1.0]], ValueError, "finite"),
    ],
)
def test_malformed_fit(x, error, said):
    with pytest.raises(error, match=said):
        Standardize.fit(x)


@pytest.mark.plain
@pytest.mark.parametrize("method", ["__call__", "inverse"])
@pytest.mark.parametrize(
    ("x", "error", "said"),
    [
        (np.zeros((2, 3)), ValueError, r"shape \(\.\.\., 4\); got \(2, 3\)"),
        (1.0, ValueError, "at least 1 axis"),
        ([["a"] * 4], TypeError, "array of numbers"),
        ([[np.inf] * 4], ValueError, "finite"),
    ],
)
def test_malformed_input(method, x, error, said):
    with pytest.raises(error, match=said):
        getattr(Standardize.fit(data.iris().x), method)(x)
