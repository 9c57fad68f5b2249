"""Every optimizer against optax: 50 steps of given random gradients on a nested tree, differences at most 1e-6."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dlnotes import schedules
from dlnotes.optim import (
    L1,
    L2,
    SGD,
    AdaDelta,
    AdaGrad,
    Adam,
    AdamW,
    Chain,
    ClipByGlobalNorm,
    ClipByValue,
    Momentum,
    Nesterov,
    RMSProp,
    apply_updates,
)

TOLERANCE = 1e-6
STEPS = 50

PARAMS = {"layers": [{"weight": jnp.linspace(-1, 1, 12).reshape(4, 3), "bias": jnp.zeros(3)}], "scale": (jnp.ones(()),)}


@pytest.fixture(autouse=True)
def _optax_needs_promotion():
    """Optax raises floats to integer powers, which strict promotion forbids; the other files run ours under it."""
    with jax.numpy_dtype_promotion("standard"):
        yield


def random_grads(seed: int, size: float = 1.0):
    """50 gradients stacked on a leading axis; some elements are exactly zero at times, some tiny."""
    rng = np.random.default_rng(seed)

    def draw(leaf):
        g = rng.normal(size=(STEPS, *leaf.shape)) * size * 10 ** rng.uniform(-3, 0.5, size=leaf.shape)
        return np.where(rng.uniform(size=g.shape) < 0.1, 0.0, g).astype(np.float32)

    return jax.tree.map(draw, PARAMS)


def run(optimizer, grads, apply=apply_updates, params=PARAMS):
    """All updates and all parameters on the way, each with a leading axis of 50."""

    def step(carry, g):
        params, state = carry
        updates, state = optimizer.update(g, state, params)
        params = apply(params, updates)
        return (params, state), (updates, params)

    return jax.lax.scan(step, (params, optimizer.init(params)), grads)[1]


def run_eagerly(optimizer, grads, apply=apply_updates, params=PARAMS):
    state, updates_path, params_path = optimizer.init(params), [], []
    for i in range(STEPS):
        updates, state = optimizer.update(jax.tree.map(lambda g, i=i: g[i], grads), state, params)
        params = apply(params, updates)
        updates_path.append(updates)
        params_path.append(params)
    return tuple(jax.tree.map(lambda *leaves: np.stack(leaves), *path) for path in (updates_path, params_path))


def difference(a, b) -> float:
    return max(jax.tree.leaves(jax.tree.map(lambda x, y: np.abs(np.asarray(x) - np.asarray(y)).max(), a, b)))


RATES = {
    "constant": (0.02, 0.02),
    "scheduled": (
        schedules.warmup(10, then=schedules.cosine(0.05, steps=30)),
        optax.join_schedules([optax.linear_schedule(0, 0.05, 10), optax.cosine_decay_schedule(0.05, 30)], [10]),
    ),
}


PAIRS = {
    "SGD": (SGD, optax.sgd),
    "Momentum-0.9": (Momentum, lambda r: optax.sgd(r, momentum=0.9)),
    "Momentum-0.5": (lambda r: Momentum(r, 0.5), lambda r: optax.sgd(r, momentum=0.5)),
    "Momentum-0": (lambda r: Momentum(r, 0.0), optax.sgd),
    "Momentum-dampened": (
        lambda r: Momentum(r, 0.9, dampening=0.9),
        lambda r: optax.chain(optax.ema(0.9, debias=False), optax.scale_by_learning_rate(r)),
    ),
    "Nesterov-0.9": (Nesterov, lambda r: optax.sgd(r, momentum=0.9, nesterov=True)),
    "Nesterov-0.99": (lambda r: Nesterov(r, 0.99), lambda r: optax.sgd(r, momentum=0.99, nesterov=True)),
    "AdaGrad-optax": (lambda r: AdaGrad(r, initial=0.1, epsilon=1e-7, epsilon_in_root=True), optax.adagrad),
    "AdaGrad-1": (
        lambda r: AdaGrad(r, initial=1.0, epsilon=1e-3, epsilon_in_root=True),
        lambda r: optax.adagrad(r, initial_accumulator_value=1.0, eps=1e-3),
    ),
    "AdaGrad-paper": (
        lambda r: AdaGrad(r, epsilon_in_root=True),
        lambda r: optax.adagrad(r, initial_accumulator_value=0.0, eps=1e-10),
    ),
    "RMSProp": (RMSProp, lambda r: optax.rmsprop(r, eps_in_sqrt=False)),
    "RMSProp-in-root": (lambda r: RMSProp(r, epsilon_in_root=True), optax.rmsprop),
    "RMSProp-0.99": (
        lambda r: RMSProp(r, decay=0.99, epsilon=1e-3),
        lambda r: optax.rmsprop(r, decay=0.99, eps=1e-3, eps_in_sqrt=False),
    ),
    "RMSProp-0.5-in-root": (
        lambda r: RMSProp(r, decay=0.5, epsilon=1e-2, epsilon_in_root=True),
        lambda r: optax.rmsprop(r, decay=0.5, eps=1e-2),
    ),
    "AdaDelta": (AdaDelta, optax.adadelta),
    "AdaDelta-0.95": (
        lambda r: AdaDelta(r, decay=0.95, epsilon=1e-3),
        lambda r: optax.adadelta(r, rho=0.95, eps=1e-3),
    ),
    "Adam": (Adam, optax.adam),
    "Adam-0.5-0.9": (lambda r: Adam(r, 0.5, 0.9, 1e-3), lambda r: optax.adam(r, 0.5, 0.9, 1e-3)),
    "Adam-no-momentum": (lambda r: Adam(r, beta1=0.0), lambda r: optax.adam(r, b1=0.0)),
    "AdamW": (AdamW, lambda r: optax.adamw(r, weight_decay=0.01)),
    "AdamW-0.3": (lambda r: AdamW(r, weight_decay=0.3), lambda r: optax.adamw(r, weight_decay=0.3)),
    "AdamW-mask": (
        lambda r: AdamW(r, weight_decay=0.3, mask=lambda name: name.endswith("weight")),
        lambda r: optax.adamw(r, weight_decay=0.3, mask=_weights_only),
    ),
    "Chain": (
        lambda r: Chain(ClipByGlobalNorm(1.0), L2(0.1), Momentum(r)),
        lambda r: optax.chain(
            optax.clip_by_global_norm(1.0), optax.add_decayed_weights(0.1), optax.sgd(r, momentum=0.9)
        ),
    ),
    "Chain-by-value": (
        lambda r: Chain(ClipByValue(0.05), Adam(r)),
        lambda r: optax.chain(optax.clip(0.05), optax.adam(r)),
    ),
    "Chain-mixed": (
        lambda r: Chain(optax.clip_by_global_norm(1.0), RMSProp(r), optax.scale(0.5)),
        lambda r: optax.chain(ClipByGlobalNorm(1.0), optax.rmsprop(r, eps_in_sqrt=False), optax.scale(0.5)),
    ),
    "ours-in-optax-chain": (
        lambda r: optax.chain(L2(0.1), ClipByValue(0.5), AdaDelta(r)),
        lambda r: Chain(optax.add_decayed_weights(0.1), optax.clip(0.5), optax.adadelta(r)),
    ),
}


def _weights_only(params):
    return jax.tree_util.tree_map_with_path(lambda path, _: "weight" in jax.tree_util.keystr(path), params)


CASES = [(name, "scheduled") for name in PAIRS]
CASES += [(name, "constant") for name in PAIRS if name.split("-")[1:] in ([], ["0.9"], ["optax"])]


@pytest.mark.parametrize(("name", "rate_name"), CASES)
def test_equals_optax_over_50_steps(name, rate_name):
    (ours, theirs), (rate, optax_rate) = PAIRS[name], RATES[rate_name]
    grads = random_grads(seed=len(name))
    both = jax.jit(lambda g: (run(ours(rate), g), run(theirs(optax_rate), g, optax.apply_updates)))
    mine, other = both(grads)
    assert difference(mine[0], other[0]) <= TOLERANCE  # updates
    assert difference(mine[1], other[1]) <= TOLERANCE  # parameters
    assert np.abs(mine[0]["scale"][0]).max() > 1e-5  # and something moved


@pytest.mark.parametrize("name", ["Adam", "Chain"])
def test_eager_equals_optax_too(name):
    ours, theirs = PAIRS[name]
    grads = random_grads(seed=1)
    schedule = RATES["scheduled"][0]
    mine = run_eagerly(ours(schedule), grads)
    other = run(theirs(schedule), grads, optax.apply_updates)
    assert difference(mine, other) <= TOLERANCE


def test_l1_is_the_gradient_of_its_penalty():
    def penalty(params):
        return 0.3 * sum(jnp.abs(leaf).sum() for leaf in jax.tree.leaves(params))

    zero = jax.tree.map(jnp.zeros_like, PARAMS)
    got = L1(0.3).update(zero, L1(0.3).init(PARAMS), PARAMS)[0]
    np.testing.assert_array_equal(got["layers"][0]["bias"], 0.0)  # sign(0) = 0: every bias is 0
    away_from_zero = jax.tree.map(lambda w: jnp.where(w == 0, 0.1, w), PARAMS)
    got = L1(0.3).update(zero, L1(0.3).init(PARAMS), away_from_zero)[0]
    assert difference(got, jax.grad(penalty)(away_from_zero)) == 0


def test_l2_is_the_gradient_of_its_penalty():
    def penalty(params):
        return 0.3 / 2 * sum(jnp.square(leaf).sum() for leaf in jax.tree.leaves(params))

    zero = jax.tree.map(jnp.zeros_like, PARAMS)
    got = L2(0.3).update(zero, L2(0.3).init(PARAMS), PARAMS)[0]
    assert difference(got, jax.grad(penalty)(PARAMS)) <= 1e-7


def test_clipping_leaves_short_gradients_alone_and_zero_gradients_finite():
    g = jax.tree.map(lambda leaf: 0.01 * leaf, PARAMS)
    for clip in (ClipByGlobalNorm(10.0), ClipByValue(10.0)):
        assert difference(clip.update(g, clip.init(g))[0], g) == 0
    zero = jax.tree.map(jnp.zeros_like, PARAMS)
    assert difference(ClipByGlobalNorm(1.0).update(zero, ClipByGlobalNorm(1.0).init(g))[0], zero) == 0


def test_decay_decoupled_and_coupled_differ():
    grads = random_grads(seed=3)
    coupled = run(Chain(L2(0.3), Adam(0.05)), grads)[1]
    decoupled = run(AdamW(0.05, weight_decay=0.3), grads)[1]
    assert difference(coupled, decoupled) > 0.05
    assert difference(coupled, run(optax.chain(optax.add_decayed_weights(0.3), optax.adam(0.05)), grads)[1]) <= 1e-6


def test_apply_updates_equals_optax():
    updates = jax.tree.map(lambda leaf: leaf * 0.3 - 1, PARAMS)
    assert difference(apply_updates(PARAMS, updates), optax.apply_updates(PARAMS, updates)) == 0
