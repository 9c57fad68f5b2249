"""Mixed precision equals PyTorch's autocast: what is rounded, and when, is the same."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.losses import cross_entropy
from dlnotes.models import MLP
from dlnotes.train import Batch, mixed_precision

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_loss_and_gradient_of_an_mlp_are_those_of_autocast():
    model = MLP.init(jax.random.key(0), (20, 32, 5))
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(64, 20)).astype(np.float32), rng.integers(0, 5, 64)

    def loss(model, batch):
        return cross_entropy(model(batch.x), batch.y)

    batch = Batch(jnp.asarray(x), jnp.asarray(y))
    value, gradient = jax.value_and_grad(mixed_precision(loss))(model, batch)
    theirs = torch.nn.Sequential(torch.nn.Linear(20, 32), torch.nn.ReLU(), torch.nn.Linear(32, 5))
    with torch.no_grad():
        for layer, ours in zip((theirs[0], theirs[2]), model.layers, strict=True):
            layer.weight.copy_(torch.tensor(np.asarray(ours.weight.T)))
            layer.bias.copy_(torch.tensor(np.asarray(ours.bias)))
    with torch.autocast("cpu", torch.bfloat16):
        said = torch.nn.functional.cross_entropy(theirs(torch.tensor(x)), torch.tensor(y))
    said.backward()
    np.testing.assert_allclose(value, said.item(), rtol=2e-3)
    for layer, ours in zip((theirs[0], theirs[2]), gradient.layers, strict=True):
        np.testing.assert_allclose(ours.weight.T, layer.weight.grad, atol=0.02 * np.abs(ours.weight).max())
        np.testing.assert_allclose(ours.bias, layer.bias.grad, atol=0.02 * np.abs(ours.bias).max())
    exact = jax.grad(loss)(model, batch)
    assert not np.allclose(exact.layers[0].weight, gradient.layers[0].weight, rtol=1e-4)  # it was rounded indeed
