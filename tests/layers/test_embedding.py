"""Embedding: Flax's numbers, the scatter-add by hand, one table used twice, and what is said about a bad token."""

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.initializers import he_normal
from dlnotes.layers import Embedding


@pytest.mark.parametrize("seed", range(12))
def test_equals_flax(seed):
    rng = np.random.default_rng(seed)
    layer = Embedding(weight=jnp.asarray(rng.normal(size=(7, 3)), jnp.float32))
    tokens, x = jnp.asarray(rng.integers(0, 7, (2, 5))), jnp.asarray(rng.normal(size=(2, 5, 3)), jnp.float32)
    theirs = flax.linen.Embed(7, 3)
    params = {"params": {"embedding": layer.weight}}

    def our_loss(layer):
        return (jnp.tanh(layer(tokens) * x)).sum() + (jnp.sin(layer.attend(x))).sum()

    def their_loss(p):
        attended = theirs.apply(p, x, method="attend")
        return (jnp.tanh(theirs.apply(p, tokens) * x)).sum() + (jnp.sin(attended)).sum()

    np.testing.assert_array_equal(layer(tokens), theirs.apply(params, tokens))
    np.testing.assert_allclose(layer.attend(x), theirs.apply(params, x, method="attend"), rtol=1e-6, atol=1e-6)
    ours, wanted = jax.grad(our_loss)(layer), jax.grad(their_loss)(params)["params"]["embedding"]
    np.testing.assert_allclose(ours.weight, wanted, rtol=1e-5, atol=1e-5)


def test_it_is_a_dense_layer_on_one_hot_vectors(key):
    layer, tokens = Embedding.init(key, 6, 4), jnp.array([[5, 0], [2, 2]])
    np.testing.assert_allclose(layer(tokens), jax.nn.one_hot(tokens, 6) @ layer.weight, rtol=1e-6)


def test_the_gradient_is_a_scatter_add(key):
    layer = Embedding.init(key, 5, 2)
    arriving = jnp.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
    _, back = jax.vjp(lambda layer: layer(jnp.array([3, 1, 3])), layer)
    (gradient,) = back(arriving)
    np.testing.assert_array_equal(gradient.weight, [[0, 0], [2, 20], [0, 0], [5, 50], [0, 0]])


def test_a_table_used_twice_collects_both_gradients(key):
    layer, tokens = Embedding.init(key, 5, 3), jnp.array([0, 2, 4])
    both = jax.grad(lambda e: (e.attend(e(tokens)) ** 2).sum())(layer).weight
    read = jax.grad(lambda e: (layer.attend(e(tokens)) ** 2).sum())(layer).weight
    written = jax.grad(lambda e: (e.attend(layer(tokens)) ** 2).sum())(layer).weight
    np.testing.assert_allclose(both, read + written, rtol=1e-5, atol=1e-5)
    assert jnp.abs(read).max() > 0.1
    assert jnp.abs(written).max() > 0.1


def test_init(key):
    layer = Embedding.init(key, 1000, 64)
    np.testing.assert_allclose(jnp.linalg.norm(layer.weight, axis=1).mean(), 1, atol=0.02)
    np.testing.assert_allclose(layer.weight.std(), 1 / 8, rtol=0.02)
    np.testing.assert_array_equal(Embedding.init(key, 5, 3, he_normal).weight, he_normal(key, (5, 3)))


def test_under_jit_a_token_too_large_gives_nan(key):
    layer = Embedding.init(key, 5, 3)
    y = jax.jit(lambda tokens: layer(tokens))(jnp.array([4, 5, -1]))
    assert jnp.isnan(y[1]).all()
    np.testing.assert_array_equal(y[jnp.array([0, 2])], layer.weight[jnp.array([4, 4])])


@pytest.mark.plain
def test_bad_tokens_are_named(key):
    layer = Embedding.init(key, 5, 3)
    for tokens, sentence in [
        (jnp.array([0, 5]), r"Embedding expects tokens in 0 … 4; got 5\."),
        (jnp.array([0, -1]), r"Embedding expects tokens in 0 … 4; got -1\."),
        (jnp.array([0.0]), r"Embedding expects integer tokens; got float32\. Convert"),
        (jnp.zeros((0,), int), r"Embedding expects tokens with at least one number; got shape \(0,\)"),
        ("word", r"Embedding expects tokens of numbers; got 'word'"),
    ]:
        with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
            layer(tokens)
    with pytest.raises(ValueError, match=r"^Embedding\.attend expects an input of shape \(\.\.\., 3\); got \(2, 5\)"):
        layer.attend(jnp.ones((2, 5)))
    with pytest.raises(ValueError, match=r"^Embedding\.init expects n_tokens to be an integer at least 1; got 0"):
        Embedding.init(key, 0, 3)
    with pytest.raises(TypeError, match=r"^Embedding\.init expects one random key"):
        Embedding.init(0, 5, 3)
