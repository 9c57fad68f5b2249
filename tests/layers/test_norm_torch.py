"""Normalisation equals PyTorch's, value, gradient and running statistics: 1e-5 in float32, 1e-9 in float64."""

import contract
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import BatchNorm, BatchStats, GroupNorm, InstanceNorm, LayerNorm, RMSNorm

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

TOLERANCE = {np.float32: 1e-5, np.float64: 1e-9}
IMAGE = (3, 4, 5, 6)  # PyTorch wants the features on axis 1

# name: ours for (scale, bias, epsilon), theirs for (epsilon), shape of an input
PAIRS = {
    "LayerNorm": (LayerNorm, lambda e: torch.nn.LayerNorm(6, eps=e), (4, 6)),
    "RMSNorm": (lambda s, b, e: RMSNorm(s, e), lambda e: torch.nn.RMSNorm(6, eps=e), (4, 6)),
    "GroupNorm": (lambda s, b, e: GroupNorm(s, b, 3, 2, e), lambda e: torch.nn.GroupNorm(3, 6, eps=e), IMAGE),
    "GroupNorm 0": (lambda s, b, e: GroupNorm(s, b, 2, 0, e), lambda e: torch.nn.GroupNorm(2, 6, eps=e), (4, 6)),
    "InstanceNorm": (
        lambda s, b, e: InstanceNorm(s, b, 2, e),
        lambda e: torch.nn.InstanceNorm2d(6, eps=e, affine=True),
        IMAGE,
    ),
    "InstanceNorm 1": (
        lambda s, b, e: InstanceNorm(s, b, 1, e),
        lambda e: torch.nn.InstanceNorm1d(6, eps=e, affine=True),
        (3, 7, 6),
    ),
}


def close(ours, theirs, tolerance):
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=tolerance, atol=tolerance)


def tensor(x, **options):
    return torch.tensor(np.array(x), **options)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", PAIRS)
def test_equal_in_value_and_gradient(name, seed, dtype):
    make, torch_make, shape = PAIRS[name]
    epsilon, tolerance = (1e-5, 1e-3, 0.3)[seed], TOLERANCE[dtype]
    rng = np.random.default_rng(seed)
    scale, bias = rng.normal(size=(2, 6)).astype(dtype)
    x, weights = (1 + 2 * rng.normal(size=(2, *shape))).astype(dtype)
    theirs = torch_make(epsilon)
    theirs.weight = torch.nn.Parameter(tensor(scale))
    if name != "RMSNorm":
        theirs.bias = torch.nn.Parameter(tensor(bias))
    t = tensor(x, requires_grad=True)
    y = theirs(t.movedim(-1, 1)).movedim(1, -1)
    y.backward(tensor(weights))
    with contract.float64():
        ours, pull = jax.vjp(lambda s, b, x: make(s, b, epsilon)(x), *map(jnp.asarray, (scale, bias, x)))
        g_scale, g_bias, g_x = pull(jnp.asarray(weights))
    close(ours, y, tolerance)
    close(g_x, t.grad, tolerance)
    close(g_scale, theirs.weight.grad, tolerance)
    if name != "RMSNorm":
        close(g_bias, theirs.bias.grad, tolerance)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("shape", [(7, 6), IMAGE], ids=["rows", "images"])
@pytest.mark.parametrize("seed", range(2))
def test_batch_norm_equal_in_value_and_gradient(seed, shape, train, dtype):
    rng = np.random.default_rng(seed)
    scale, bias, mean = rng.normal(size=(3, 6)).astype(dtype)
    variance = rng.uniform(0.5, 2, 6).astype(dtype)
    x, weights = (1 + 2 * rng.normal(size=(2, *shape))).astype(dtype)
    theirs = (torch.nn.BatchNorm1d if len(shape) == 2 else torch.nn.BatchNorm2d)(6, eps=1e-3).train(train)
    theirs.weight, theirs.bias = torch.nn.Parameter(tensor(scale)), torch.nn.Parameter(tensor(bias))
    theirs.running_mean, theirs.running_var = tensor(mean), tensor(variance)
    t = tensor(x, requires_grad=True)
    y = theirs(t.movedim(-1, 1)).movedim(1, -1)
    y.backward(tensor(weights))
    with contract.float64():
        stats = BatchStats(jnp.asarray(mean), jnp.asarray(variance))
        ours, pull = jax.vjp(
            lambda s, b, x: BatchNorm(s, b, epsilon=1e-3)(x, stats, train=train)[0],
            *map(jnp.asarray, (scale, bias, x)),
        )
        g_scale, g_bias, g_x = pull(jnp.asarray(weights))
    for one, two in ((ours, y), (g_x, t.grad), (g_scale, theirs.weight.grad), (g_bias, theirs.bias.grad)):
        close(one, two, TOLERANCE[dtype])


@pytest.mark.parametrize("decay", [0.9, 0.6])
def test_batch_norm_running_statistics_after_1_and_10_steps(decay):
    """PyTorch's momentum is 1 - decay; its running variance takes in m / (m - 1) times the biased variance, as ours."""
    theirs = torch.nn.BatchNorm2d(6, momentum=1 - decay)
    norm, stats = BatchNorm.init(6, decay)
    rng = np.random.default_rng(0)
    m = int(np.prod(IMAGE[:-1]))
    for step in range(1, 11):
        x = (step + rng.normal(size=IMAGE)).astype(np.float32)
        theirs(tensor(x).movedim(-1, 1))
        _, stats = norm(jnp.asarray(x), stats, train=True)
        if step in (1, 10):
            start = decay**step  # what is left of the first value, 1
            close(stats.mean, theirs.running_mean, 1e-5)
            close(start + (stats.variance - start) * m / (m - 1), theirs.running_var, 1e-5)
            assert np.abs(stats.variance - theirs.running_var.numpy()).max() > 1e-3, "the convention is visible"
