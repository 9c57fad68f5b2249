"""Losses equal PyTorch's, value and gradient: within 1e-6 relative in float64, 2e-6 of the scale in float32."""

import itertools

import contract
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes import losses

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.torch
REDUCTIONS = ("mean", "sum", "none")
FAR = np.array([1e4, -1e4, 0.0, 1e4, -1e4])


def compare(ours, theirs, predictions, dtype):
    """`ours(jnp array)` against `theirs(tensor)`, value and gradient of the sum."""
    rtol, share = (1e-6, 1e-12) if dtype == np.float64 else (2e-6, 2e-6)
    x = jnp.asarray(predictions, dtype)
    value, gradient = ours(x), jax.grad(lambda x: ours(x).sum())(x)
    t = torch.tensor(np.asarray(predictions, dtype), requires_grad=True)
    wanted = theirs(t)
    wanted.sum().backward()
    for one, two in ((value, wanted.detach().numpy()), (gradient, t.grad.numpy())):
        np.testing.assert_allclose(one, two, rtol=rtol, atol=share * max(abs(two).max(), 1e-6))


def everywhere(make, rows=6, columns=5):
    """Run `make(dtype, rng) -> (ours, theirs)` over seeds, in both precisions, on random and on huge predictions."""
    for seed in range(3):
        for dtype in (np.float64, np.float32):
            rng = np.random.default_rng(seed)
            predictions = 3 * rng.normal(size=(rows, columns))
            predictions[0] = FAR[:columns]
            with contract.float64():
                compare(*make(dtype, rng), predictions, dtype)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (losses.mse, F.mse_loss),
        (losses.mae, F.l1_loss),
        (lambda y, t, **o: losses.huber(y, t, 0.7, **o), lambda y, t, **o: F.huber_loss(y, t, delta=0.7, **o)),
    ],
    ids=["mse", "mae", "huber"],
)
def test_regression(ours, theirs, reduction):
    def make(dtype, rng):
        t = rng.normal(size=(6, 5)).astype(dtype)
        return (
            lambda y: ours(y, jnp.asarray(t), reduction=reduction),
            lambda y: theirs(y, torch.tensor(t), reduction=reduction),
        )

    everywhere(make)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("margin", [0.0, 1.0])
def test_perceptron_and_hinge(margin, reduction):
    """PyTorch's margin ranking loss of a score against 0 is max(0, margin - target * score)."""
    ours = losses.hinge if margin else losses.perceptron

    def make(dtype, rng):
        t = rng.choice([-1.0, 1.0], (6, 5)).astype(dtype)
        t[0, 2] = 1

        def theirs(y):
            y = torch.where(y == 0, y + 1e-3 * (margin == 0) * (-1), y)  # at 0 the perceptron's slope differs by design
            return F.margin_ranking_loss(y, torch.zeros_like(y), torch.tensor(t), margin=margin, reduction=reduction)

        def mine(y):
            y = jnp.where(y == 0, y - 1e-3 * (margin == 0), y).astype(dtype)
            return ours(y, jnp.asarray(t), reduction=reduction)

        return mine, theirs

    everywhere(make)


@pytest.mark.parametrize(
    ("reduction", "smoothing", "weight"), list(itertools.product(REDUCTIONS, [0.0, 0.2], [1.0, 3.0])), ids=str
)
def test_binary_cross_entropy(reduction, smoothing, weight):
    def make(dtype, rng):
        t = rng.uniform(size=(6, 5)).round(1).astype(dtype)
        smooth = torch.tensor(t * (1 - smoothing) + smoothing / 2)
        pos = torch.tensor(weight, dtype=smooth.dtype)
        return (
            lambda z: losses.binary_cross_entropy(
                z, jnp.asarray(t), label_smoothing=smoothing, positive_weight=weight, reduction=reduction
            ),
            lambda z: F.binary_cross_entropy_with_logits(z, smooth.to(z.dtype), pos_weight=pos, reduction=reduction),
        )

    everywhere(make)


@pytest.mark.parametrize(
    ("reduction", "smoothing", "weighted", "soft"),
    list(itertools.product(REDUCTIONS, [0.0, 0.3], [False, True], [False, True])),
    ids=str,
)
def test_cross_entropy(reduction, smoothing, weighted, soft):
    def make(dtype, rng):
        t = rng.dirichlet(np.ones(5), 6).astype(dtype) if soft else rng.integers(0, 5, 6)
        w = rng.uniform(0, 3, 5).astype(dtype) if weighted else None
        return (
            lambda z: losses.cross_entropy(
                z,
                jnp.asarray(t),
                label_smoothing=smoothing,
                class_weights=None if w is None else jnp.asarray(w),
                reduction=reduction,
            ),
            lambda z: F.cross_entropy(
                z,
                torch.tensor(t),
                weight=None if w is None else torch.tensor(w),
                label_smoothing=smoothing,
                reduction=reduction,
            ),
        )

    everywhere(make)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_kl_divergence(reduction):
    def make(dtype, rng):
        t = rng.dirichlet(np.ones(5), 6).astype(dtype)
        t[1] = [1, 0, 0, 0, 0]

        def theirs(z):
            each = F.kl_div(F.log_softmax(z, -1), torch.tensor(t), reduction="none").sum(-1)
            return {"mean": each.mean(), "sum": each.sum(), "none": each}[reduction]

        return lambda z: losses.kl_divergence(z, jnp.asarray(t), reduction=reduction), theirs

    everywhere(make)


def test_mean_of_kl_is_pytorchs_batchmean():
    z, t = np.zeros((4, 3), np.float32), np.eye(4, 3, dtype=np.float32) + np.eye(4, 3, -3, dtype=np.float32)
    theirs = F.kl_div(F.log_softmax(torch.tensor(z), -1), torch.tensor(t), reduction="batchmean")
    np.testing.assert_allclose(losses.kl_divergence(jnp.asarray(z), jnp.asarray(t)), theirs, rtol=1e-6)
