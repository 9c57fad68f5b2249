"""Embedding equals PyTorch's: reading exactly, writing within 1e-6; the gradient within 1e-6 of PyTorch's in float64.

(Its numbers are sums of up to twenty terms that cancel: in float32 PyTorch's own are wrong by as much as ours.)
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import Embedding

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.mark.parametrize("seed", range(12))
def test_equals_pytorch(seed):
    rng = np.random.default_rng(seed)
    weight, x = rng.normal(size=(9, 4)).astype("float32"), rng.normal(size=(3, 6, 4)).astype("float32")
    tokens = rng.integers(0, 9, (3, 6))
    layer = Embedding(weight=jnp.asarray(weight))
    theirs, exact = (torch.nn.Embedding(9, 4, _weight=torch.tensor(w)) for w in (weight, weight.astype("float64")))
    np.testing.assert_array_equal(layer(jnp.asarray(tokens)), theirs(torch.tensor(tokens)).detach())
    written = (torch.tensor(x) @ theirs.weight.T).detach()
    np.testing.assert_allclose(layer.attend(jnp.asarray(x)), written, rtol=1e-6, atol=1e-6)
    ours = jax.grad(lambda e: (e(jnp.asarray(tokens)) * x).sum() + jnp.sin(e.attend(jnp.asarray(x))).sum())(layer)
    x64 = torch.tensor(x.astype("float64"))
    ((exact(torch.tensor(tokens)) * x64).sum() + torch.sin(x64 @ exact.weight.T).sum()).backward()
    largest = exact.weight.grad.abs().max().item()
    np.testing.assert_allclose(ours.weight, exact.weight.grad, rtol=1e-6, atol=1e-6 * largest)
