"""Gibbs chains that Python and the page walk alike: the same coins, tossed in the same order, in float64.

The coins are those of `stream` in static/axes.js (mulberry32). Its k-th number depends on seed + k · STRIDE alone, so
that a whole block comes at once here, and one after the other there.
"""

import numpy as np
from scipy.special import expit

from dlnotes.models.rbm import RBM

STRIDE = 0x6D2B79F5


def coins(seeds: np.ndarray, first: int, count: int) -> np.ndarray:
    """Numbers `first` to `first + count − 1` of each seed's stream, in [0, 1): (seeds, count).

    Example:
        >>> coins(np.array([0]), 0, 3).round(4)
        array([[0.2664, 0.0003, 0.2233]])
    """
    state = np.asarray(seeds, np.uint32)[:, None] + np.uint32(STRIDE) * np.arange(
        first + 1, first + count + 1, dtype="u4"
    )
    t = (state ^ (state >> 15)) * (state | 1)
    t ^= t + (t ^ (t >> 7)) * (t | 61)
    return (t ^ (t >> 14)) / 2.0**32


def begin(seeds: np.ndarray, n_visible: int, images: np.ndarray | None = None) -> np.ndarray:
    """Where the chains begin, (seeds, n_visible): at noise, or each at one of the images, (n, n_visible)."""
    tossed = coins(seeds, 0, n_visible)
    return (tossed < 0.5).astype(float) if images is None else images[(tossed[:, 0] * len(images)).astype(int)]


def walk(
    machine: RBM, v: np.ndarray, seeds: np.ndarray, *, temperature: float, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Up and down `steps` times, with the coins after those of `begin`.

    Args:
        machine: Its energies are divided by the temperature before the coins are tossed.
        v: Where the chains begin, (chains, n_visible).
        seeds: One for each chain.
        temperature: 1 for the machine as it learnt to be.
        steps: How often up and down.

    Returns:
        What the pixels are tossed from, as bytes (steps + 1, chains, n_visible), the beginning as it is; and the
        machine's own free energy of the pixels tossed, in nats (steps + 1, chains).
    """
    weight, a, b = (np.asarray(part, float) for part in (machine.weight, machine.visible_bias, machine.hidden_bias))
    n_visible, n_hidden = weight.shape
    pictures, energies = [v], []
    for step in range(steps + 1):
        up = v @ weight + b
        energies.append(-(v @ a) - np.logaddexp(0, up).sum(axis=-1))
        if step < steps:
            tossed = coins(seeds, n_visible + step * (n_hidden + n_visible), n_hidden + n_visible)
            h = (tossed[:, :n_hidden] < expit(up / temperature)).astype(float)
            p = expit((h @ weight.T + a) / temperature)
            v = (tossed[:, n_hidden:] < p).astype(float)
            pictures.append(p)
    return np.rint(255 * np.stack(pictures)).astype(np.uint8), np.stack(energies)
