"""The deep perceptron with norms: Flax's numbers layer by layer, its loop, its hooks, its errors."""

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.initializers import normal
from dlnotes.layers import BatchStats
from dlnotes.models import NormMLP

DEPTH, WIDTH = 3, 5


def flax_net(model, stats, x, train, kind):
    """The same net written out in Flax, with our numbers."""

    def dense(part, h):
        return flax.linen.Dense(part.weight.shape[1]).apply({"params": {"kernel": part.weight, "bias": part.bias}}, h)

    h, new = jax.nn.relu(dense(model.first, x)), []
    for i in range(DEPTH):
        a = dense(jax.tree.map(lambda leaf, i=i: leaf[i], model.hidden), h)
        params = {"scale": model.scale[i], "bias": model.bias[i]}
        if kind == "batch":
            norm = flax.linen.BatchNorm(use_running_average=not train, momentum=0.9, use_fast_variance=False)
            kept = {"mean": stats.mean[i], "var": stats.variance[i]}
            a, kept = norm.apply({"params": params, "batch_stats": kept}, a, mutable=["batch_stats"])
            new.append(kept["batch_stats"])
        elif kind == "layer":
            a = flax.linen.LayerNorm(epsilon=1e-5, use_fast_variance=False).apply({"params": params}, a)
        h = jax.nn.relu(a)
    if kind == "batch":
        stats = BatchStats(jnp.stack([n["mean"] for n in new]), jnp.stack([n["var"] for n in new]))
    return dense(model.last, h), stats


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("kind", ["none", "batch", "layer"])
def test_equal_to_flax_in_values_gradients_and_statistics(key, kind, train):
    model, stats = NormMLP.init(key, 4, (DEPTH, WIDTH), 2, kind)
    rng = np.random.default_rng(0)
    model = jax.tree.map(lambda leaf: leaf + 0.3 * rng.normal(size=leaf.shape).astype(np.float32), model)
    stats = BatchStats(stats.mean + 0.2, stats.variance * 1.5)
    x = jnp.asarray(rng.normal(size=(6, 4)), jnp.float32)

    def ours(model):
        logits, new = model(x, stats, train=train)
        return (logits**2).sum(), (logits, new)

    def theirs(model):
        logits, new = flax_net(model, stats, x, train, kind)
        return (logits**2).sum(), (logits, new)

    both = jax.jit(lambda model: [jax.grad(net, has_aux=True)(model) for net in (ours, theirs)])
    (slopes, mine), (wanted_slopes, wanted) = both(model)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-4), mine, wanted)
    for got, want in zip(jax.tree.leaves(slopes), jax.tree.leaves(wanted_slopes), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-3)


def test_the_outputs_of_every_hidden_layer(key):
    model, stats = NormMLP.init(key, 4, (DEPTH, WIDTH), 2)
    x = jax.random.normal(key, (6, 4))
    logits, _, outputs = model.activations(x, stats, train=True)
    assert outputs.shape == (DEPTH, 6, WIDTH)
    assert (outputs >= 0).all()
    np.testing.assert_allclose(logits, model.last(outputs[-1]), rtol=1e-5, atol=1e-6)


def test_the_weights_are_drawn_as_asked(key):
    model, _ = NormMLP.init(key, 4, (DEPTH, 40), 2, weight=normal(0.01))
    assert float(model.hidden.weight.std()) == pytest.approx(0.01, rel=0.1)
    assert float(model.last.weight.std()) == pytest.approx((2 / 40) ** 0.5, rel=0.3)
    assert float(jnp.abs(model.hidden.weight[0] - model.hidden.weight[1]).max()) > 0.01, "each layer has its own"


def shaken(a, scale, bias, stats, *, train, key):
    return a + (jax.random.normal(key, a.shape) if train else 0.0), stats


def test_a_norm_of_ones_own_may_draw(key):
    model, stats = NormMLP.init(key, 4, (DEPTH, WIDTH), 2, shaken)
    x = jnp.ones((3, 4))
    still, _ = model(x, stats, train=False, key=key)
    one, two, again = (model(x, stats, train=True, key=jax.random.key(seed))[0] for seed in (1, 2, 1))
    np.testing.assert_array_equal(one, again)
    assert float(jnp.abs(one - two).max()) > 1e-3
    assert float(jnp.abs(one - still).max()) > 1e-3


MODEL, STATS = NormMLP.init(jax.random.key(0), 4, (2, 3), 2)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: NormMLP.init(jax.random.key(0), 4, (2,), 2), "NormMLP.init expects shape"),
        (lambda: NormMLP.init(jax.random.key(0), 4, (0, 3), 2), "NormMLP.init expects shape"),
        (lambda: NormMLP.init(jax.random.key(0), 4, (2, 3, 3), 2), "NormMLP.init expects shape to be two sizes"),
        (lambda: NormMLP.init(jax.random.key(0), 4, (2, 3), 2, "group"), "NormMLP.init expects norm .*group"),
        (lambda: NormMLP.init(3, 4, (2, 3), 2), "NormMLP.init expects"),
        (lambda: MODEL(jnp.ones((5, 3)), STATS, train=True), r"NormMLP expects .* \(..., 4\); got \(5, 3\)"),
        (lambda: MODEL(jnp.ones((5, 4)), None, train=True), "NormMLP expects stats to be BatchStats"),
        (lambda: MODEL(jnp.ones((5, 4)), STATS, train=1), "NormMLP expects train to be True or False"),
    ],
)
def test_malformed_input_is_named(call, sentence):
    with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
        call()
