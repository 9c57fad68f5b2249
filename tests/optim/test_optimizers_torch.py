"""Optimizers against PyTorch over 50 steps, where its conventions are the same (or can be chosen the same).

Where they differ: Momentum's dampening spares PyTorch's first step; AdaGrad's and RMSProp's ε is always outside the
root there; PyTorch clips to `norm + 1e-6`; its RMSprop has decay 0.99. `weight_decay` is L2 everywhere but in AdamW.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes import optim

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

STEPS = 50
PARAMS = {"bias": np.zeros(3, np.float32), "weight": np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)}


def grads(seed):
    rng = np.random.default_rng(seed)
    return [{n: rng.normal(size=w.shape).astype(np.float32) for n, w in PARAMS.items()} for _ in range(STEPS)]


def run_torch(make, clip=None):
    params = {name: torch.nn.Parameter(torch.tensor(w)) for name, w in PARAMS.items()}
    optimizer, path = make(params.values()), []
    for g in grads(0):
        for name, param in params.items():
            param.grad = torch.tensor(g[name])
        if clip:
            clip(params.values())
        optimizer.step()
        path.append({name: param.detach().numpy().copy() for name, param in params.items()})
    return path


def run_ours(optimizer):
    params = jax.tree.map(jnp.asarray, PARAMS)
    state, path = optimizer.init(params), []
    update = jax.jit(optimizer.update)
    for g in grads(0):
        updates, state = update(g, state, params)
        params = optim.apply_updates(params, updates)
        path.append(params)
    return path


CASES = {
    "SGD": (optim.SGD(0.02), lambda p: torch.optim.SGD(p, 0.02)),
    "Momentum": (optim.Momentum(0.02, 0.9), lambda p: torch.optim.SGD(p, 0.02, momentum=0.9)),
    "Nesterov": (optim.Nesterov(0.02, 0.9), lambda p: torch.optim.SGD(p, 0.02, momentum=0.9, nesterov=True)),
    "L2": (
        optim.Chain(optim.L2(0.1), optim.Momentum(0.02)),
        lambda p: torch.optim.SGD(p, 0.02, momentum=0.9, weight_decay=0.1),
    ),
    "AdaGrad": (optim.AdaGrad(0.05), lambda p: torch.optim.Adagrad(p, 0.05)),
    "AdaGrad-0.1": (
        optim.AdaGrad(0.05, initial=0.1, epsilon=1e-3),
        lambda p: torch.optim.Adagrad(p, 0.05, initial_accumulator_value=0.1, eps=1e-3),
    ),
    "RMSProp": (optim.RMSProp(0.01, decay=0.99), lambda p: torch.optim.RMSprop(p, 0.01)),
    "RMSProp-0.9": (
        optim.RMSProp(0.01, decay=0.9, epsilon=1e-3),
        lambda p: torch.optim.RMSprop(p, 0.01, alpha=0.9, eps=1e-3),
    ),
    "AdaDelta": (optim.AdaDelta(), lambda p: torch.optim.Adadelta(p)),
    "AdaDelta-0.95": (
        optim.AdaDelta(0.5, decay=0.95, epsilon=1e-3),
        lambda p: torch.optim.Adadelta(p, 0.5, rho=0.95, eps=1e-3),
    ),
    "Adam": (optim.Adam(), lambda p: torch.optim.Adam(p)),
    "Adam-0.5": (optim.Adam(0.02, 0.5, 0.9, 1e-3), lambda p: torch.optim.Adam(p, 0.02, (0.5, 0.9), 1e-3)),
    "Adam-L2": (
        optim.Chain(optim.L2(0.1), optim.Adam(0.02)),
        lambda p: torch.optim.Adam(p, 0.02, weight_decay=0.1),
    ),
    "AdamW": (optim.AdamW(), lambda p: torch.optim.AdamW(p)),
    "AdamW-0.3": (optim.AdamW(0.02, weight_decay=0.3), lambda p: torch.optim.AdamW(p, 0.02, weight_decay=0.3)),
}


@pytest.mark.parametrize(("ours", "theirs"), CASES.values(), ids=CASES)
def test_equals_torch_over_50_steps(ours, theirs):
    # PyTorch takes 1 - β₂ᵗ in float64, we (and optax) in float32, which costs Adam's first steps 1e-5 of their length.
    tolerance = 5e-6 if "Adam" in repr(ours) else 2e-6
    for mine, other in zip(run_ours(ours), run_torch(theirs), strict=True):
        for name in PARAMS:
            np.testing.assert_allclose(mine[name], other[name], rtol=0, atol=tolerance)
    assert np.abs(mine["bias"]).max() > 1e-3


@pytest.mark.parametrize(
    ("ours", "clip"),
    [
        (optim.ClipByValue(0.5), lambda p: torch.nn.utils.clip_grad_value_(p, 0.5)),
        (optim.ClipByGlobalNorm(1.0), lambda p: torch.nn.utils.clip_grad_norm_(p, 1.0)),
    ],
    ids=["value", "norm"],
)
def test_clipping_equals_torch(ours, clip):
    chained = run_ours(optim.Chain(ours, optim.SGD(0.02)))
    for mine, other in zip(chained, run_torch(lambda p: torch.optim.SGD(p, 0.02), clip), strict=True):
        for name in PARAMS:
            np.testing.assert_allclose(mine[name], other[name], rtol=0, atol=2e-6)


def test_dampening_differs_from_torch_by_the_first_step_only():
    mine = run_ours(optim.Momentum(0.02, 0.9, dampening=0.5))
    other = run_torch(lambda p: torch.optim.SGD(p, 0.02, momentum=0.9, dampening=0.5))
    first = grads(0)[0]["weight"]
    for t in (1, 2, 50):
        extra = -0.02 * 0.5 * first * sum(0.9**i for i in range(t))  # PyTorch's undampened half of the first gradient
        np.testing.assert_allclose(mine[t - 1]["weight"] + extra, other[t - 1]["weight"], atol=2e-6)
