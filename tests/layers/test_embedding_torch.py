"""Embedding equals PyTorch's, value and gradient: reading exactly, writing within 1e-6."""

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
    theirs = torch.nn.Embedding(9, 4, _weight=torch.tensor(weight))
    read, written = theirs(torch.tensor(tokens)), torch.tensor(x) @ theirs.weight.T
    np.testing.assert_array_equal(layer(jnp.asarray(tokens)), read.detach())
    np.testing.assert_allclose(layer.attend(jnp.asarray(x)), written.detach(), rtol=1e-6, atol=1e-6)
    ((read * torch.tensor(x)).sum() + torch.sin(written).sum()).backward()
    ours = jax.grad(lambda e: (e(jnp.asarray(tokens)) * x).sum() + jnp.sin(e.attend(jnp.asarray(x))).sum())(layer)
    np.testing.assert_allclose(ours.weight, theirs.weight.grad, rtol=1e-6, atol=1e-6)
