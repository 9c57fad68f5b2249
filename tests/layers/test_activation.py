"""PReLU and Maxout: Flax's numbers, the gradient of the slope, and clear errors."""

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.activations import relu
from dlnotes.layers import Dense, Maxout, PReLU

X = jax.random.normal(jax.random.key(0), (6, 4))


def test_prelu_equals_flax():
    theirs = flax.linen.PReLU()
    params = theirs.init(jax.random.key(0), X)
    np.testing.assert_allclose(PReLU.init(slope=0.01)(X), theirs.apply(params, X), rtol=1e-6)


@pytest.mark.parametrize("n_features", [None, 4])
def test_the_slope_is_trained(n_features):
    layer = PReLU.init(n_features)
    assert layer.slope.shape == (() if n_features is None else (4,))
    gradient = jax.grad(lambda layer: layer(X).sum())(layer).slope
    wanted = jnp.minimum(X, 0)
    np.testing.assert_allclose(gradient, wanted.sum() if n_features is None else wanted.sum(0), rtol=1e-5)
    assert jax.grad(lambda x: layer(x).sum())(jnp.zeros(4))[0] == 0.25, "at the corner, PyTorch's choice"


def test_each_feature_has_its_own_slope():
    layer = PReLU(slope=jnp.array([0.0, 0.5, 1.0, 2.0]))
    np.testing.assert_allclose(layer(-jnp.ones((2, 4))), [[0, -0.5, -1, -2]] * 2)
    np.testing.assert_allclose(layer(jnp.ones((3, 2, 4))), jnp.ones((3, 2, 4)))


def test_maxout_is_the_largest_of_its_dense_layers(key):
    layer = Maxout.init(key, 4, 3, pieces=2)
    parts = [Dense(layer.weight[:, k::2], layer.bias[k::2]) for k in range(2)]
    np.testing.assert_allclose(layer(X), jnp.maximum(parts[0](X), parts[1](X)), rtol=1e-5, atol=1e-6)
    one = Maxout.init(key, 4, 3, pieces=1)
    np.testing.assert_allclose(one(X), Dense(one.weight, one.bias)(X), rtol=1e-5, atol=1e-6)


def test_maxout_can_be_a_relu():
    layer = Maxout(weight=jnp.array([[1.0, 0.0]]), bias=jnp.zeros(2), pieces=2)
    x = jnp.linspace(-2, 2, 9)[:, None]
    np.testing.assert_array_equal(layer(x), relu(x))


@pytest.mark.plain
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda key: PReLU.init(0), "PReLU.init expects n_features to be an integer at least 1; got 0"),
        (lambda key: PReLU.init(2.0), "PReLU.init expects n_features to be an integer at least 1; got 2.0"),
        (lambda key: PReLU.init(slope="0.1"), "PReLU.init expects slope to be a finite number; got '0.1'"),
        (lambda key: PReLU.init(slope=float("nan")), "PReLU.init expects slope to be a finite number; got nan"),
        (lambda key: PReLU.init(3)(X), r"PReLU expects an input of shape \(..., 3\); got \(6, 4\)"),
        (lambda key: PReLU.init()(jnp.ones(3, int)), "PReLU expects an input of floating-point numbers; got int32"),
        (lambda key: Maxout.init(None, 4, 3), "Maxout.init expects one random key"),
        (lambda key: Maxout.init(key, 0, 3), "Maxout.init expects n_in to be an integer at least 1; got 0"),
        (lambda key: Maxout.init(key, 4, -3), "Maxout.init expects n_out to be an integer at least 1; got -3"),
        (lambda key: Maxout.init(key, 4, 3, pieces=0), "Maxout.init expects pieces to be an integer at least 1; got 0"),
        (lambda key: Maxout.init(key, 3, 3)(X), r"Maxout expects an input of shape \(..., 3\); got \(6, 4\)"),
    ],
)
def test_malformed_input_is_named(key, call, sentence):
    with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
        call(key)
