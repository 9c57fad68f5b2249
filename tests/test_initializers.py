"""Initializers: variance by formula, distribution against jax.nn.initializers, rotations that are rotations."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dlnotes import initializers as init

PLAIN = {
    "lecun_normal": (init.lecun_normal, lambda i, o: 1 / i),
    "glorot_normal": (init.glorot_normal, lambda i, o: 2 / (i + o)),
    "glorot_uniform": (init.glorot_uniform, lambda i, o: 2 / (i + o)),
    "he_normal": (init.he_normal, lambda i, o: 2 / i),
    "he_uniform": (init.he_uniform, lambda i, o: 2 / i),
}
WEIGHTS = {name: function for name, (function, _) in PLAIN.items()} | {"orthogonal": init.orthogonal()}
EVERY = WEIGHTS | {"zeros": init.zeros, "normal": init.normal(0.3)}
SHAPES = {"dense": ((400, 300), 400, 300), "conv": ((3, 5, 40, 60), 600, 900)}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", PLAIN)
def test_mean_and_variance(key, name, shape):
    shape, fan_in, fan_out = SHAPES[shape]
    function, variance = PLAIN[name]
    draws = np.asarray(function(key, shape), np.float64)
    wanted = variance(fan_in, fan_out)
    n = draws.size  # five standard errors: the variance of n normal draws has a relative error of sqrt(2/n)
    assert abs(draws.mean()) < 5 * math.sqrt(wanted / n)
    assert abs(draws.var() / wanted - 1) < 5 * math.sqrt(2 / n)


@pytest.mark.parametrize("name", PLAIN)
def test_distribution(key, name):
    function, variance = PLAIN[name]
    std = math.sqrt(variance(200, 300))
    draws = np.asarray(function(key, (200, 300)), np.float64).ravel() / std
    limit = math.sqrt(3)
    law = stats.uniform(-limit, 2 * limit) if name.endswith("uniform") else stats.norm()
    assert stats.kstest(draws, law.cdf).pvalue > 1e-3
    if name.endswith("uniform"):
        assert abs(draws).max() <= limit * (1 + 1e-6)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", PLAIN)
def test_same_scale_as_jax(key, name, shape):
    shape, _, _ = SHAPES[shape]
    theirs = getattr(jax.nn.initializers, name)()(key, shape, jnp.float32)
    ours = PLAIN[name][0](key, shape)
    assert abs(float(ours.std() / theirs.std()) - 1) < 0.02
    if name.endswith("uniform"):  # evenly drawn numbers are the same ones
        np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=1e-7)


def test_zeros_and_normal(key):
    assert not init.zeros(key, (2, 3)).any()
    assert init.zeros(key, ()).shape == ()
    np.testing.assert_allclose(init.normal(0.3)(key, (5,)), 0.3 * jax.random.normal(key, (5,)), rtol=1e-6)
    assert not init.normal(0)(key, (5,)).any()


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (3, 3, 2, 4), (2, 2, 3, 20), (1, 1)], ids=str)
@pytest.mark.parametrize("gain", [1.0, 1.7])
def test_orthogonal_is_a_rotation_times_the_gain(key, shape, gain):
    matrix = np.asarray(init.orthogonal(gain)(key, shape)).reshape(-1, shape[-1])
    rows, columns = matrix.shape
    product = matrix.T @ matrix if columns <= rows else matrix @ matrix.T
    np.testing.assert_allclose(product, gain**2 * np.eye(min(rows, columns)), atol=5e-6)
    theirs = jax.nn.initializers.orthogonal(gain)(key, shape, jnp.float32).reshape(-1, columns)
    singular = [np.linalg.svd(np.asarray(each, np.float64), compute_uv=False) for each in (theirs, matrix)]
    np.testing.assert_allclose(*singular, atol=5e-6)


def test_orthogonal_has_no_favourite_direction():
    """Without the sign of R, the first column of Q would lean to one side."""
    first = jax.vmap(lambda key: init.orthogonal()(key, (3, 3)))(jax.random.split(jax.random.key(1), 2000))
    assert float(jnp.abs(first.mean(0)).max()) < 5 / math.sqrt(3 * 2000)


@pytest.mark.parametrize("name", EVERY)
def test_shape_dtype_key_and_jit(key, name):
    function = EVERY[name]
    assert isinstance(function, init.Initializer)
    for shape in ((4, 3), [3, 3, 2, 5]):
        draws = np.asarray(function(key, shape))
        assert draws.shape == tuple(shape)
        assert draws.dtype == np.float32
        np.testing.assert_array_equal(draws, function(key, shape))
        np.testing.assert_allclose(jax.jit(lambda key, s=shape: function(key, s))(key), draws, rtol=1e-5, atol=1e-6)
        if name != "zeros":
            assert not np.array_equal(draws, function(jax.random.key(1), shape))


def test_a_rate_may_be_traced(key):
    many = jax.vmap(lambda std: init.normal(std)(key, (4,)))(jnp.array([1.0, 2.0]))
    np.testing.assert_allclose(many[1], 2 * many[0], rtol=1e-6)


def test_fans():
    assert init.fans((7, 5)) == (7, 5)
    assert init.fans((3, 2, 4, 5)) == (24, 30)


BAD_SHAPES = st.one_of(
    st.none(),
    st.integers(),
    st.text(max_size=3),
    st.just(()),
    st.tuples(st.integers(1, 3)),
    st.tuples(st.integers(1, 3), st.integers(max_value=0)),
    st.tuples(st.floats(), st.integers(1, 3)),
    st.tuples(st.integers(1, 3), st.booleans()),
)


@pytest.mark.plain
@pytest.mark.parametrize("name", WEIGHTS)
@settings(max_examples=50, deadline=None)
@given(shape=BAD_SHAPES)
def test_a_malformed_shape_is_named(name, shape):
    with pytest.raises((TypeError, ValueError), match=f"^{name} expects shape"):
        WEIGHTS[name](jax.random.key(0), shape)


@pytest.mark.plain
@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("key", [0, None, "key", np.ones(2)], ids=str)
def test_a_malformed_key_is_named(name, key):
    with pytest.raises(TypeError, match=f"^{name} expects one random key"):
        EVERY[name](key, (2, 2))


@pytest.mark.plain
@pytest.mark.parametrize("maker", [init.normal, init.orthogonal])
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), "big", None, True, np.ones(2)], ids=str)
def test_a_malformed_scale_is_named(maker, value):
    with pytest.raises(
        (TypeError, ValueError), match=f"^{maker.__name__} expects .* to be a finite number at least 0; got"
    ):
        maker(value)
