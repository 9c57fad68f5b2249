"""Dense: Flax's numbers, and the sentence for a wrong width."""

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes import initializers
from dlnotes.layers import Dense


def test_equals_flax(key):
    x = jax.random.normal(key, (2, 5, 4))
    layer = Dense(weight=jax.random.normal(key, (4, 3)), bias=jnp.array([0.1, -2.0, 3.0]))
    theirs = flax.linen.Dense(3)
    params = {"params": {"kernel": layer.weight, "bias": layer.bias}}
    np.testing.assert_allclose(layer(x), theirs.apply(params, x), rtol=1e-6, atol=1e-6)
    ours = jax.grad(lambda layer: (layer(x) ** 2).sum())(layer)
    wanted = jax.grad(lambda p: (theirs.apply(p, x) ** 2).sum())(params)["params"]
    np.testing.assert_allclose(ours.weight, wanted["kernel"], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(ours.bias, wanted["bias"], rtol=1e-5, atol=1e-5)


def test_init(key):
    layer = Dense.init(key, 300, 200)
    assert (layer.weight.shape, layer.bias.shape) == ((300, 200), (200,))
    assert not layer.bias.any()
    np.testing.assert_array_equal(layer.weight, initializers.he_normal(key, (300, 200)))
    assert not Dense.init(key, 3, 2, weight=initializers.zeros).weight.any()
    assert repr(Dense.init(key, 3, 2)) == "Dense(weight=float32[3,2], bias=float32[2])"


def test_any_batch_axes(key):
    layer, x = Dense.init(key, 4, 3), jax.random.normal(key, (2, 5, 4))
    assert layer(x[0, 0]).shape == (3,)
    np.testing.assert_allclose(layer(x)[1, 2], layer(x[1, 2]), rtol=1e-5, atol=1e-6)


def test_the_shapes_in_the_header_are_executed(key):
    with pytest.raises(Exception, match="Type-check error"):
        Dense(weight=jnp.ones((4, 3)), bias=jnp.ones(2))


@pytest.mark.plain
def test_the_exact_sentence_for_a_wrong_width(key):
    with pytest.raises(ValueError, match=r"^Dense") as error:
        Dense.init(key, 4, 2)(jnp.ones((8, 3)))
    assert str(error.value) == "Dense expects an input of shape (..., 4); got (8, 3)."


@pytest.mark.plain
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((0, 4, 3), "Dense.init expects one random key, jax.random.key.0. for example; got 0"),
        (("key", 0, 3), "Dense.init expects n_in to be an integer at least 1; got 0"),
        (("key", 4, 2.5), "Dense.init expects n_out to be an integer at least 1; got 2.5"),
    ],
)
def test_malformed_init_is_named(key, arguments, sentence):
    arguments = [key if argument == "key" else argument for argument in arguments]
    with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
        Dense.init(*arguments)


@pytest.mark.plain
@settings(max_examples=60, deadline=None)
@given(
    x=st.one_of(
        st.none(),
        st.text(max_size=3),
        st.floats(allow_nan=False, width=32),
        st.lists(st.integers(0, 5), max_size=3)
        .map(tuple)
        .filter(lambda s: not s or s[-1] != 4 or 0 in s)
        .map(np.zeros),
        st.just(np.zeros((2, 4), int)),
        st.just(np.full((2, 4), np.nan)),
    )
)
def test_malformed_input_is_named(x):
    with pytest.raises((TypeError, ValueError), match=r"^Dense expects an input "):
        Dense.init(jax.random.key(0), 4, 2)(x)
