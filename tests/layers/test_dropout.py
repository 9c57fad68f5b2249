"""Dropout: keeps the mean, drops the share it says, and never guesses whether it is training."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes.layers import Dropout


@settings(max_examples=20, deadline=None)
@given(rate=st.floats(0, 0.95), seed=st.integers(0, 1000))
def test_share_scale_and_mean(rate, seed):
    n = 4096
    y = Dropout(rate)(jnp.full((n,), 3.0), train=True, key=jax.random.key(seed))
    kept = y != 0
    np.testing.assert_allclose(y[kept], 3 / (1 - rate), rtol=1e-5)
    spread = math.sqrt(rate * (1 - rate) / n)
    assert abs(float((~kept).mean()) - rate) <= 5.5 * spread + 1e-6


def test_it_does_nothing_at_test_time(key):
    x = jax.random.normal(key, (3, 4))
    np.testing.assert_array_equal(Dropout(0.9)(x, train=False), x)
    np.testing.assert_array_equal(Dropout(0.9)(x, train=False, key=key), x)
    np.testing.assert_array_equal(Dropout(0.0)(x, train=True, key=key), x)


def test_the_gradient_is_the_mask(key):
    x = jnp.ones((50,))
    drop = Dropout(0.4)
    gradient = jax.grad(lambda x: drop(x, train=True, key=key).sum())(x)
    np.testing.assert_allclose(gradient, drop(x, train=True, key=key), rtol=1e-6)


def test_keys_decide(key):
    drop, x = Dropout(0.5), jnp.ones(64)
    np.testing.assert_array_equal(drop(x, train=True, key=key), drop(x, train=True, key=key))
    assert not jnp.array_equal(drop(x, train=True, key=key), drop(x, train=True, key=jax.random.key(1)))
    masks = jax.vmap(lambda key: drop(x, train=True, key=key))(jax.random.split(key, 100))
    assert float(jnp.abs(masks.mean(0) - 1).max()) < 0.6, "every unit is dropped about as often"


def test_the_rate_is_static_and_plain():
    assert jax.tree.leaves(Dropout(0.5)) == []
    assert jax.tree.structure(Dropout(0.5)) == jax.tree.structure(Dropout(rate=0.5))
    assert jax.tree.structure(Dropout(0.5)) != jax.tree.structure(Dropout(0.4))
    assert repr(Dropout(0.5)) == "Dropout(rate=0.5)"


@pytest.mark.plain
def test_any_kind_of_number_becomes_a_float():
    for rate in (np.float32(0.5), jnp.array(0.5), np.array(0.5)):
        assert type(Dropout(rate).rate) is float
    assert Dropout(0).rate == 0


@pytest.mark.plain
def test_training_without_a_key_raises(key):
    with pytest.raises(TypeError, match=r"^Dropout expects a random key in training; got none\. Call it with key="):
        Dropout(0.5)(jnp.ones(3), train=True)
    with pytest.raises(TypeError, match=r"^Dropout expects one random key, .*; got 3"):
        Dropout(0.5)(jnp.ones(3), train=True, key=3)
    with pytest.raises(TypeError, match="train"):
        Dropout(0.5)(jnp.ones(3), key=key)
    with pytest.raises(TypeError, match=r"^Dropout expects train to be True or False; got 1"):
        Dropout(0.5)(jnp.ones(3), train=1, key=key)
    with pytest.raises(ValueError, match=r"^Dropout expects an input without NaN"):
        Dropout(0.5)(jnp.array([jnp.nan]), train=False)


@pytest.mark.plain
@settings(max_examples=100, deadline=None)
@given(
    rate=st.one_of(
        st.floats(max_value=0, exclude_max=True),
        st.floats(min_value=1),
        st.just(float("nan")),
        st.text(max_size=3),
        st.none(),
        st.booleans(),
    )
)
def test_a_malformed_rate_is_named(rate):
    with pytest.raises(
        (TypeError, ValueError), match=r"^Dropout expects rate to be a finite number at least 0 and below 1; "
    ):
        Dropout(rate)


@pytest.mark.plain
def test_a_traced_rate_is_refused():
    with pytest.raises(TypeError, match=r"^Dropout expects rate to be a plain number; got a traced one"):
        jax.jit(lambda rate: Dropout(rate)(jnp.ones(3), train=False))(0.5)
