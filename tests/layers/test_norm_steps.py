"""A dense layer and a normalisation trained together for 1 and for 10 steps: Flax's weights, statistics and answers."""

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm

RATE = 0.1

# name: our layer, Flax's, the shape of a batch before the dense layer from 5 to 6 features
PAIRS = {
    "BatchNorm": (
        lambda: BatchNorm.init(6, decay=0.8),
        lambda train: flax.linen.BatchNorm(use_running_average=not train, momentum=0.8, use_fast_variance=False),
        (8, 5),
    ),
    "BatchNorm, images": (
        lambda: BatchNorm.init(6),
        lambda train: flax.linen.BatchNorm(use_running_average=not train, momentum=0.9, use_fast_variance=False),
        (4, 3, 2, 5),
    ),
    "LayerNorm": (
        lambda: (LayerNorm.init(6), None),
        lambda _: flax.linen.LayerNorm(epsilon=1e-5, use_fast_variance=False),
        (8, 5),
    ),
    "RMSNorm": (lambda: (RMSNorm.init(6), None), lambda _: flax.linen.RMSNorm(epsilon=1e-5), (8, 5)),
    "GroupNorm": (
        lambda: (GroupNorm.init(6, groups=3), None),
        lambda _: flax.linen.GroupNorm(num_groups=3, epsilon=1e-5, use_fast_variance=False),
        (4, 3, 2, 5),
    ),
    "InstanceNorm": (
        lambda: (InstanceNorm.init(6), None),
        lambda _: flax.linen.InstanceNorm(epsilon=1e-5, use_fast_variance=False),
        (4, 3, 2, 5),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_equal_after_1_and_10_steps_of_training(name):
    make, theirs, shape = PAIRS[name]
    norm, stats = make()
    ours = {"weight": jax.random.normal(jax.random.key(7), (5, 6)), "norm": norm}
    params = {"weight": ours["weight"], "norm": {"scale": norm.scale, "bias": jnp.zeros(6)}}
    if name == "RMSNorm":
        params["norm"] = {"scale": norm.scale}
    kept = {"batch_stats": {"mean": stats.mean, "var": stats.variance}} if stats else {}

    def our_outputs(model, x, stats, train):
        a = x @ model["weight"]
        return model["norm"](a, stats, train=train) if stats else (model["norm"](a), stats)

    def their_outputs(params, x, kept, train):
        variables = {"params": params["norm"], **kept}
        return theirs(train).apply(variables, x @ params["weight"], mutable=["batch_stats"])

    def step(outputs, model, kept, x, target):
        def loss(model):
            y, new = outputs(model, x, kept, True)
            return ((y - target) ** 2).mean(), new

        slopes, new = jax.grad(loss, has_aux=True)(model)
        return jax.tree.map(lambda w, g: w - RATE * g, model, slopes), new

    ours_step = jax.jit(lambda *given: step(our_outputs, *given))
    their_step = jax.jit(lambda *given: step(their_outputs, *given))
    for k in range(1, 11):
        one, two = jax.random.split(jax.random.key(k))
        x, target = 1 + jax.random.normal(one, shape), jax.random.normal(two, (*shape[:-1], 6))
        ours, stats = ours_step(ours, stats, x, target)
        params, kept = their_step(params, kept, x, target)
        if k not in (1, 10):
            continue
        close = {"rtol": 2e-5, "atol": 2e-5}
        np.testing.assert_allclose(ours["weight"], params["weight"], **close)
        np.testing.assert_allclose(ours["norm"].scale, params["norm"]["scale"], **close)
        if name != "RMSNorm":
            np.testing.assert_allclose(ours["norm"].bias, params["norm"]["bias"], **close)
            assert np.abs(ours["norm"].bias).max() > 1e-3, "something was learnt"
        if stats:
            np.testing.assert_allclose(stats.mean, kept["batch_stats"]["mean"], **close)
            np.testing.assert_allclose(stats.variance, kept["batch_stats"]["var"], **close)
        for train in (True, False):
            mine, _ = our_outputs(ours, x, stats, train)
            wanted, _ = their_outputs(params, x, kept, train)
            np.testing.assert_allclose(mine, wanted, rtol=1e-4, atol=1e-4)
