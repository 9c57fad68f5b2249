"""Signals through fifty layers, for `SignalFlow`: the numbers on the way up, the gradients on the way back.

Nothing is trained. 128 random inputs go up through 50 layers of 100 units; then a random gradient, one standard normal
number for each output, goes back down. How the weights are drawn, the activation and the normalisation are arguments of
one compiled function, so a new choice compiles nothing.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dlnotes import initializers
from dlnotes.activations import relu, sigmoid, tanh
from dlnotes.layers import BatchNorm, LayerNorm

DEPTH, WIDTH, EXAMPLES = 50, 100, 128
INITIALISATIONS = {
    "zero": initializers.zeros,
    "small": initializers.normal(0.05),
    "large": initializers.normal(0.3),
    "Xavier": initializers.glorot_normal,
    "He": initializers.he_normal,
    "orthogonal": initializers.orthogonal(),
}
ACTIVATIONS = {"sigmoid": sigmoid, "tanh": tanh, "ReLU": relu}
NORMALISATIONS = {
    "none": lambda a: a,
    "BatchNorm": lambda a: BatchNorm.init(WIDTH)[0](a, BatchNorm.init(WIDTH)[1], train=True)[0],
    "LayerNorm": lambda a: LayerNorm.init(WIDTH)(a),
}
LOW, HIGH, ROWS = -12, 8, 80  # the maps show 1e-12 … 1e8, four rows to a power of ten
BINS = 40
FLAT = 0.05  # a slope below this counts as saturated


class Signals(NamedTuple):
    """What fifty layers give out, and what comes back to them: each (layers, examples, units), float32.

    Attributes:
        activations: The outputs h of each layer.
        gradients: The derivative of the random sum of the last outputs by each h.
        slopes: The activation function's slope at each unit's input.
    """

    activations: np.ndarray
    gradients: np.ndarray
    slopes: np.ndarray


class Summary(NamedTuple):
    """What is drawn of them.

    Attributes:
        curves: Name -> one number per layer: "activation_std", "gradient_std", "activation_mean", and the shares "zero"
            (outputs that are exactly 0), "gradient_zero" and "saturated" (slope below 0.05).
        maps: (2, ROWS, layers): for activations and gradients, the share of a layer's numbers in each quarter of a
            power of ten; what lies beyond the limits is counted at the edge.
        bars: (2, layers, 2 + BINS): from, to, and the shares between, without the numbers that are exactly 0.
    """

    curves: dict[str, np.ndarray]
    maps: np.ndarray
    bars: np.ndarray


def signals(initialisation: str, activation: str, normalisation: str, seed: int = 0) -> Signals:
    """Send random inputs up, and a random gradient back.

    Args:
        initialisation: A name from `INITIALISATIONS`.
        activation: A name from `ACTIVATIONS`.
        normalisation: A name from `NORMALISATIONS`; it stands between the weights and the activation.
        seed: Of the weights, the inputs and the gradient.

    Example:
        >>> up = signals("He", "ReLU", "none").activations
        >>> up.shape, bool(0.2 < up[-1].std() < 5)
        ((50, 128, 100), True)
    """
    key = jax.random.key(seed)
    x, above = jax.random.normal(jax.random.fold_in(key, DEPTH), (2, EXAMPLES, WIDTH))
    chosen = list(ACTIVATIONS).index(activation), list(NORMALISATIONS).index(normalisation)
    return Signals(*map(np.asarray, _up_and_back(_weights(initialisation, seed), x, above, *chosen)))


@functools.cache
def _weights(initialisation: str, seed: int) -> jax.Array:
    keys = jax.random.split(jax.random.key(seed), DEPTH)
    return jax.vmap(lambda key: INITIALISATIONS[initialisation](key, (WIDTH, WIDTH)))(keys)


@jax.jit
def _up_and_back(weights, x, above, activation, normalisation):
    def f(a):
        return jax.lax.switch(activation, list(ACTIVATIONS.values()), a)

    def layer(h, part):
        weight, nudge = part
        a = jax.lax.switch(normalisation, list(NORMALISATIONS.values()), h @ weight)
        h = f(a) + nudge  # the nudge is 0; the derivative by it is the gradient that arrives here
        return h, (h, jax.jvp(f, (a,), (jnp.ones_like(a),))[1])

    def total(nudges):
        top, seen = jax.lax.scan(layer, x, (weights, nudges))
        return (top * above).sum(), seen

    gradients, (activations, slopes) = jax.grad(total, has_aux=True)(jnp.zeros((DEPTH, EXAMPLES, WIDTH)))
    return activations, gradients, slopes


def summary(found: Signals) -> Summary:
    """Standard deviations, shares and histograms of every layer.

    Example:
        >>> curves = summary(signals("zero", "tanh", "none")).curves
        >>> float(curves["zero"][0])
        1.0
    """
    up, back, slopes = (part.reshape(len(part), -1).astype(np.float64) for part in found)
    curves = {
        "activation_std": up.std(1),
        "gradient_std": back.std(1),
        "activation_mean": up.mean(1),
        "zero": (up == 0).mean(1),
        "gradient_zero": (back == 0).mean(1),
        "saturated": (np.abs(slopes) < FLAT).mean(1),
    }
    maps, bars = (np.stack([make(part) for part in (up, back)]) for make in (_magnitudes, _histograms))
    return Summary(curves, maps, bars)


def _magnitudes(values: np.ndarray) -> np.ndarray:
    """The shares of log10|value| in each row of the map, (ROWS, layers)."""
    depth, count = values.shape
    layer, where = np.nonzero(values)
    exponent = np.log10(np.abs(values[layer, where]))
    row = np.clip((exponent - LOW) * ROWS / (HIGH - LOW), 0, ROWS - 1).astype(int)
    return np.bincount(row * depth + layer, minlength=ROWS * depth).reshape(ROWS, depth) / count


def _histograms(values: np.ndarray) -> np.ndarray:
    """For each layer: from, to, and the shares of its numbers other than 0 in BINS bins between."""
    rows = []
    for layer in values:
        mean, spread = layer.mean(), 4 * layer.std()
        low, high = max(layer.min(), mean - spread), min(layer.max(), mean + spread)
        if not high > low:
            low, high = low - 0.5, high + 0.5
        counts, _ = np.histogram(layer[layer != 0], BINS, (low, high))
        rows.append([low, high, *(counts / layer.size)])
    return np.array(rows)
