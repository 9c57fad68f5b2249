"""Pooling equals PyTorch's, value and gradient, ties included: exactly for the maximum, 1e-6 for the average."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import average_pool, max_pool

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.torch

# window, stride, padding
SETTINGS = [(2, 2, 0), (3, 2, 1), ((2, 3), (1, 2), (1, 0)), (3, 1, 1), ((2,), (2,), (0,)), ((3,), (1,), (1,))]


@pytest.mark.parametrize("kind", ["max", "average", "average, padding counts"])
@pytest.mark.parametrize(("window", "stride", "padding"), SETTINGS, ids=str)
def test_equal_in_value_and_gradient(kind, window, stride, padding):
    axes = len(window) if isinstance(window, tuple) else 2

    def ours(x):
        if kind == "max":
            return max_pool(x, window, stride=stride, padding=padding)
        return average_pool(x, window, stride=stride, padding=padding, count_padding="counts" in kind)

    def theirs(x):
        if kind == "max":
            return (F.max_pool1d if axes == 1 else F.max_pool2d)(x, window, stride, padding)
        function = F.avg_pool1d if axes == 1 else F.avg_pool2d
        return function(x, window, stride, padding, count_include_pad="counts" in kind)

    both = jax.jit(lambda x, weights: (ours(x), jax.grad(lambda x: (weights * ours(x)).sum())(x)))
    for seed in range(3):
        rng = np.random.default_rng(seed)
        shape = (2, 7, 3) if axes == 1 else (2, 7, 6, 3)
        x = rng.normal(size=shape) if seed else np.maximum(rng.integers(-3, 3, size=shape), 0)  # seed 0: many ties
        t = torch.tensor(x, dtype=torch.float32, requires_grad=True)
        y = theirs(t.movedim(-1, 1)).movedim(1, -1)
        weights = rng.normal(size=y.shape).astype(np.float32)
        y.backward(torch.tensor(weights))
        for one, two in zip(both(jnp.asarray(x, jnp.float32), jnp.asarray(weights)), (y, t.grad), strict=True):
            np.testing.assert_allclose(one, two.detach().numpy(), rtol=1e-6, atol=1e-6)
