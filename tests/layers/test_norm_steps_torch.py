"""A dense layer and a normalisation trained together for 1 and for 10 steps: PyTorch's weights, statistics, answers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

RATE, DECAY = 0.1, 0.8
ROWS, IMAGES = (8, 5), (4, 3, 2, 5)

# name: ours, theirs, the shape of a batch before the dense layer from 5 to 6 features
PAIRS = {
    "BatchNorm": (lambda: BatchNorm.init(6, DECAY), lambda: torch.nn.BatchNorm1d(6, momentum=1 - DECAY), ROWS),
    "BatchNorm, images": (
        lambda: BatchNorm.init(6, DECAY),
        lambda: torch.nn.BatchNorm2d(6, momentum=1 - DECAY),
        IMAGES,
    ),
    "LayerNorm": (lambda: (LayerNorm.init(6), None), lambda: torch.nn.LayerNorm(6), ROWS),
    "RMSNorm": (lambda: (RMSNorm.init(6), None), lambda: torch.nn.RMSNorm(6, eps=1e-5), ROWS),
    "GroupNorm": (lambda: (GroupNorm.init(6, groups=3), None), lambda: torch.nn.GroupNorm(3, 6), IMAGES),
    "InstanceNorm": (
        lambda: (InstanceNorm.init(6), None),
        lambda: torch.nn.InstanceNorm2d(6, affine=True),
        IMAGES,
    ),
}


def close(ours, theirs, tolerance=3e-5):
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", PAIRS)
def test_equal_after_1_and_10_steps_of_training(name):
    make, torch_make, shape = PAIRS[name]
    rng = np.random.default_rng(0)
    start = rng.normal(size=(5, 6)).astype(np.float32)
    norm, stats = make()
    ours = {"weight": jnp.asarray(start), "norm": norm}
    weight, theirs = torch.nn.Parameter(torch.tensor(start)), torch_make()
    sgd = torch.optim.SGD([weight, *theirs.parameters()], lr=RATE)
    m = int(np.prod(shape[:-1]))

    def outputs(model, x, stats, train):
        a = x @ model["weight"]
        return model["norm"](a, stats, train=train) if stats else (model["norm"](a), stats)

    @jax.jit
    def step(model, stats, x, target):
        def loss(model):
            y, new = outputs(model, x, stats, True)
            return ((y - target) ** 2).mean(), new

        slopes, new = jax.grad(loss, has_aux=True)(model)
        return jax.tree.map(lambda w, g: w - RATE * g, model, slopes), new

    def torch_outputs(x):
        return theirs((torch.tensor(x) @ weight).movedim(-1, 1)).movedim(1, -1)

    for k in range(1, 11):
        x = (1 + rng.normal(size=shape)).astype(np.float32)
        target = rng.normal(size=(*shape[:-1], 6)).astype(np.float32)
        ours, stats = step(ours, stats, jnp.asarray(x), jnp.asarray(target))
        sgd.zero_grad()
        ((torch_outputs(x) - torch.tensor(target)) ** 2).mean().backward()
        sgd.step()
        if k not in (1, 10):
            continue
        close(ours["weight"], weight)
        close(ours["norm"].scale, theirs.weight)
        if name != "RMSNorm":
            close(ours["norm"].bias, theirs.bias)
        if stats:  # PyTorch's running variance takes in m / (m - 1) times the biased variance
            left = DECAY**k
            close(stats.mean, theirs.running_mean)
            close(left + (stats.variance - left) * m / (m - 1), theirs.running_var)
            kept = theirs.running_var.clone()
            theirs.running_var.copy_(torch.tensor(np.array(stats.variance)))
        theirs.eval()
        with torch.no_grad():
            close(outputs(ours, jnp.asarray(x), stats, False)[0], torch_outputs(x), 2e-4)
        theirs.train()
        if stats:
            theirs.running_var.copy_(kept)
