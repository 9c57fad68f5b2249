"""Activations equal PyTorch's, value and gradient: within 1e-6 in float64, 2e-6 of the scale in float32."""

import contract
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes import activations as act
from dlnotes.layers import PReLU

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.torch

PAIRS = {
    "sigmoid": (act.sigmoid, torch.sigmoid),
    "hard_sigmoid": (act.hard_sigmoid, F.hardsigmoid),
    "tanh": (act.tanh, torch.tanh),
    "relu": (act.relu, F.relu),
    "leaky_relu": (act.leaky_relu, F.leaky_relu),
    "leaky_relu 0.3": (lambda x: act.leaky_relu(x, 0.3), lambda x: F.leaky_relu(x, 0.3)),
    "elu": (act.elu, F.elu),
    "elu 2.5": (lambda x: act.elu(x, 2.5), lambda x: F.elu(x, 2.5)),
    "selu": (act.selu, F.selu),
    "softplus": (act.softplus, lambda x: F.softplus(x, threshold=1000)),
    "silu": (act.silu, F.silu),
    "gelu": (act.gelu, F.gelu),
    "gelu tanh": (lambda x: act.gelu(x, approximate=True), lambda x: F.gelu(x, approximate="tanh")),
    "softmax": (act.softmax, lambda x: F.softmax(x, -1)),
    "softmax 0": (lambda x: act.softmax(x, 0), lambda x: F.softmax(x, 0)),
    "log_softmax": (act.log_softmax, lambda x: F.log_softmax(x, -1)),
    "maxout": (lambda x: act.maxout(x, 4), lambda x: x.unflatten(-1, (-1, 4)).amax(-1)),
    "prelu": (
        lambda x: PReLU(jnp.full(16, 0.2, x.dtype))(x),
        lambda x: F.prelu(x, torch.full((16,), 0.2, dtype=x.dtype)),
    ),
}


def both(name, x, dtype):
    """Value and gradient of an uneven sum, ours and theirs."""
    ours, theirs = PAIRS[name]
    y, pull = jax.vjp(ours, jnp.asarray(x, dtype))
    weights = np.random.default_rng(1).normal(size=y.shape).astype(dtype)
    t = torch.tensor(x.astype(dtype), requires_grad=True)
    z = theirs(t)
    z.backward(torch.tensor(weights))
    return (np.asarray(y), np.asarray(pull(jnp.asarray(weights))[0])), (z.detach().numpy(), t.grad.numpy())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", PAIRS)
def test_equal_in_float64(name, seed):
    x = np.random.default_rng(seed).normal(size=(6, 16)) * 3
    x[0, :4] = 0, 1e4, -1e4, 0  # a corner, and far out on both sides
    with contract.float64():
        for ours, theirs in zip(*both(name, x, np.float64), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("name", PAIRS)
def test_equal_in_float32(name):
    x = np.random.default_rng(9).normal(size=(6, 16)) * 3
    for ours, theirs in zip(*both(name, x, np.float32), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=2e-6 * abs(theirs).max())


@pytest.mark.parametrize(
    "name", ["hard_sigmoid", "relu", "leaky_relu", "leaky_relu 0.3", "elu", "elu 2.5", "selu", "prelu"]
)
def test_the_same_slope_at_every_corner(name):
    x = np.zeros((2, 16))
    x[1] = np.repeat([-3.0, 3.0], 8)
    _, ours = both(name, x, np.float32)[0]
    _, theirs = both(name, x, np.float32)[1]
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
