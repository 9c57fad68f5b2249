"""The rate explorer's computation: one small network, trained once for every place of every control, side by side.

Gradient descent `w ← w - η(t) ∇L(w)` on two moons, with `η(t)` = rate · shape of the schedule. `vmap` runs over batch
sizes, schedules, seeds and rates, so all trainings go through one compiled loop.
"""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from dlnotes import data, losses, schedules

POINTS, UNITS, STEPS, SEEDS = 64, 8, 200, 3
LAST = 20  # the end of a training is its mean loss over so many last steps
NEAR = 0.05  # a rate is right if its training ends at most this much above the lowest end
LOW, HIGH, PLACES = 0.001, 100.0, 100
# The rates that a slider with 100 places between LOW and HIGH shows, to three digits.
RATES = np.array([float(f"{LOW * (HIGH / LOW) ** (place / PLACES):.3g}") for place in range(PLACES + 1)], np.float32)
BATCHES = {"all 64 points": POINTS, "8 points": 8, "1 point": 1}
SHAPES = {
    "constant": schedules.constant(1.0),
    "cosine": schedules.cosine(1.0, steps=STEPS),
    "one cycle": schedules.one_cycle(1.0, steps=STEPS),
}


def network_loss(w: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
    """The loss of each example: 2 inputs, 8 tanh units, 1 logit, all 33 weights in one row."""
    hidden = jnp.tanh(x @ w[: 2 * UNITS].reshape(2, UNITS) + w[2 * UNITS : 3 * UNITS])
    return losses.binary_cross_entropy(hidden @ w[3 * UNITS : 4 * UNITS] + w[4 * UNITS], y, reduction="none")


def start(seed: int) -> np.ndarray:
    """Weights drawn by Glorot's rule, biases 0."""
    spread = np.repeat([(2 / (2 + UNITS)) ** 0.5, 0.0, (2 / (UNITS + 1)) ** 0.5, 0.0], [2 * UNITS, UNITS, UNITS, 1])
    return (spread * np.random.default_rng(seed).normal(size=4 * UNITS + 1)).astype(np.float32)


def shares(batch: int, seed: int) -> np.ndarray:
    """(STEPS, POINTS): how much each example counts in each step's gradient; `batch` of them 1 / batch, the others 0.

    The batches walk through the data in a new random order every epoch.
    """
    rng, epochs = np.random.default_rng(seed), -(-STEPS * batch // POINTS)
    order = np.concatenate([rng.permutation(POINTS) for _ in range(epochs)])[: STEPS * batch].reshape(STEPS, batch)
    table = np.zeros((STEPS, POINTS), np.float32)
    np.put_along_axis(table, order, 1 / batch, axis=1)
    return table


@cache
def runs() -> np.ndarray:
    """The loss over all 64 points before each step and after the last, for every setting.

    Returns:
        (batch sizes, schedules, seeds, rates, STEPS + 1), float32.

    Example:
        >>> runs().shape
        (3, 3, 3, 101, 201)

    Notebook: 08_learning_rate_and_tuning.
    """
    counted = np.stack([[shares(batch, seed) for seed in range(SEEDS)] for batch in BATCHES.values()])
    starts = np.stack([start(seed) for seed in range(SEEDS)])
    shapes = np.stack([shape(np.arange(STEPS)) for shape in SHAPES.values()])
    return np.asarray(_all(counted, shapes, starts, RATES))


@cache
def ends() -> np.ndarray:
    """Where each training ends: its mean loss over the last 20 steps, (batch sizes, schedules, seeds, rates).

    Example:
        >>> too_large, right = ends()[0, 0, 0, [-1, 80]]
        >>> bool(too_large > 10 * right)
        True
    """
    return runs()[..., -LAST:].mean(-1)


def edges(ends: np.ndarray) -> np.ndarray:
    """The places on the last axis of the smallest right rate, of the best one, and of the largest right one.

    Example:
        >>> edges(np.array([0.9, 0.2, 0.1, 0.14, 5.0]))
        array([2, 2, 3])
    """
    best = ends.argmin(-1)
    right = ends <= ends.min(-1, keepdims=True) + NEAR
    return np.stack([right.argmax(-1), best, ends.shape[-1] - 1 - right[..., ::-1].argmax(-1)], -1)


@jax.jit
def _all(counted, shapes, starts, rates):
    points = data.moons(POINTS, noise=0.8, seed=1)
    x, y = jnp.asarray(points.x), jnp.asarray(points.y)

    def train(share, shape, first, rate):
        def step(w, now):
            part, factor = now
            # One pass gives both: the loss on the batch, which is differentiated, and the loss on all points.
            slope, each = jax.grad(lambda w: _both(network_loss(w, x, y), part), has_aux=True)(w)
            return w - rate * factor * slope, each.mean()

        last, curve = jax.lax.scan(step, first, (share, shape))
        return jnp.append(curve, network_loss(last, x, y).mean())

    over_rates = jax.vmap(train, (None, None, None, 0))
    over_seeds = jax.vmap(over_rates, (0, None, 0, None))
    over_shapes = jax.vmap(over_seeds, (None, 0, None, None))
    return jax.vmap(over_shapes, (0, None, None, None))(counted, shapes, starts, rates)


def _both(each, part):
    return part @ each, each
