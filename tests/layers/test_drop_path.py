"""DropPath: drops whole examples, keeps the mean, and never guesses whether it is training."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import DropPath


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.9])
def test_whole_examples_go_and_the_mean_stays(rate):
    n = 4000
    y = np.asarray(DropPath(rate)(jnp.full((n, 2, 3), 3.0), train=True, key=jax.random.key(0)))
    first = y[:, :1, :1]
    np.testing.assert_array_equal(y, np.broadcast_to(first, y.shape))
    kept = first.ravel() != 0
    np.testing.assert_allclose(first.ravel()[kept], 3 / (1 - rate), rtol=1e-6)
    assert abs((1 - kept.mean()) - rate) <= 5 * math.sqrt(rate * (1 - rate) / n)


def test_it_does_nothing_at_test_time(key):
    x = jax.random.normal(key, (3, 4))
    np.testing.assert_array_equal(DropPath(0.9)(x, train=False), x)
    np.testing.assert_array_equal(DropPath(0.0)(x, train=True, key=key), x)


def test_keys_decide_and_the_gradient_is_the_mask(key):
    drop, x = DropPath(0.5), jnp.ones((64, 2))
    y = drop(x, train=True, key=key)
    np.testing.assert_array_equal(y, drop(x, train=True, key=key))
    assert not jnp.array_equal(y, drop(x, train=True, key=jax.random.key(1)))
    np.testing.assert_array_equal(jax.grad(lambda x: drop(x, train=True, key=key).sum())(x), y)


def test_the_rate_is_static_and_plain():
    assert jax.tree.leaves(DropPath(0.5)) == []
    assert repr(DropPath(0.5)) == "DropPath(rate=0.5)"
    assert jax.tree.structure(DropPath(0.5)) != jax.tree.structure(DropPath(0.4))


@pytest.mark.plain
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda key: DropPath(1.0), "DropPath expects rate to be a finite number at least 0 and below 1; got 1"),
        (lambda key: DropPath("a"), "DropPath expects rate to be a finite number .*; got 'a'"),
        (lambda key: jax.jit(DropPath)(0.5), "DropPath expects rate to be a plain number; got a traced one"),
        (
            lambda key: DropPath(0.5)(jnp.ones((2, 3)), train=True),
            "DropPath expects a random key in training; got none",
        ),
        (lambda key: DropPath(0.5)(jnp.ones((2, 3)), train=True, key=3), "DropPath expects one random key"),
        (lambda key: DropPath(0.5)(jnp.ones((2, 3)), train=1, key=key), "DropPath expects train to be True or False"),
        (lambda key: DropPath(0.5)(jnp.ones((2, 3)), key=key), ".*missing 1 required keyword-only argument: 'train'"),
        (lambda key: DropPath(0.5)(jnp.ones(3), train=False), "DropPath expects an input with at least 2 axes; got"),
    ],
)
def test_malformed_input_is_named(key, call, sentence):
    with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
        call(key)
