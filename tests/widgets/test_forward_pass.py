"""ForwardPass: what it shows equals what JAX computes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.widgets.forward_pass import ACTIVATIONS, SEEDS, ForwardPass

JAX_RULES = {
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "leaky_relu": lambda z: jax.nn.leaky_relu(z, 0.01),
    "sigmoid": jax.nn.sigmoid,
    "identity": lambda z: z,
}


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_forward_pass_equals_jax(activation, layers):
    figure = ForwardPass(activation=activation, layers=layers, seed=5, point=[0.4, -1.7])
    x, numbers = jnp.array([0.4, -1.7]), figure.numbers()
    for i, (weight, bias) in enumerate(figure.layers):
        z = x @ weight + bias
        np.testing.assert_allclose(numbers["sums"][i], z, rtol=1e-5, atol=1e-6)
        x = z if i == layers else JAX_RULES[activation](z)
        np.testing.assert_allclose(numbers["outputs"][i + 1], x, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(numbers["probability"], jax.nn.sigmoid(z[0]), rtol=1e-5)


def test_forward_pass_sends_the_weights_it_names():
    figure = ForwardPass(layers=3, seed=SEEDS - 1)
    tables = figure.tables()
    assert tables["sizes_3"].tolist() == [2, 4, 4, 3, 1]
    flat = np.concatenate([part.ravel() for pair in figure.layers for part in pair])
    np.testing.assert_array_equal(tables["weights_3"][SEEDS - 1], flat)
    assert not np.array_equal(tables["weights_3"][0], tables["weights_3"][1])


def test_forward_pass_of_a_network_of_ones_own():
    layers = [(np.ones((2, 3)), np.zeros(3)), (jnp.ones((3, 1)), jnp.array([0.5]))]
    figure = ForwardPass(layers, activation="relu", point=[1.0, 0.5])
    assert set(figure.settings) == {"activation", "point"}
    assert figure.numbers()["outputs"] == [[1.0, 0.5], [1.5, 1.5, 1.5], [5.0]]
    assert figure.tables()["sizes"].tolist() == [2, 3, 1]
    assert figure.fallback()[:4] == b"\x89PNG"


@pytest.mark.plain
@pytest.mark.parametrize(
    ("network", "message"),
    [
        ([(np.ones((3, 2)), np.zeros(2))], r"layer 0 to have shape \(2, 2\); got \(3, 2\)"),
        ([(np.ones((2, 1)), np.zeros(1))], "1 to 3 hidden layers"),
        ([(np.ones((2, 7)), np.zeros(7)), (np.ones((7, 1)), np.zeros(1))], "at most 6 units"),
        ([(np.full((2, 3), np.nan), np.zeros(3)), (np.ones((3, 1)), np.zeros(1))], "without NaN"),
        ([(np.ones((2, 3)),)], "1 parts"),
    ],
)
def test_forward_pass_refuses_what_it_cannot_show(network, message):
    with pytest.raises(ValueError, match=message):
        ForwardPass(network)


@pytest.mark.plain
@pytest.mark.parametrize("point", [[3.0, 0.0], [0.0], "ab", [0.0, float("nan")], None])
def test_forward_pass_refuses_points_outside(point):
    with pytest.raises(ValueError, match="two numbers from -2 to 2"):
        ForwardPass(point=point)
