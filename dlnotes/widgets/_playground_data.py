"""The playground's points: dlnotes' two-dimensional toys, and two surfaces for regression, all in [-6, 6]²."""

import numpy as np

from dlnotes.data import toys

CLASSIFICATION = ("circles", "xor", "blobs", "moons", "spirals")
REGRESSION = ("plane", "hills")
DATASETS = CLASSIFICATION + REGRESSION


def points(name: str, n: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`n` points (n, 2) in random order and their targets (n,): 0 or 1, or a height in [-1, 1] for a regression.

    `noise` is how far a point is pushed, in units of the plane; for a regression a quarter of it shakes the heights.
    """
    if name in CLASSIFICATION:
        made = getattr(toys, name)(n, noise=noise, seed=seed)
        return np.asarray(made.x, np.float32), np.asarray(made.y, np.float32)
    rng = np.random.default_rng(seed)
    x = rng.uniform(-6.0, 6.0, (n, 2)).astype(np.float32)
    y = height(name, x) + 0.25 * noise * rng.standard_normal(n)
    return x, np.clip(y, -1.0, 1.0).astype(np.float32)


def height(name: str, x: np.ndarray) -> np.ndarray:
    """The noiseless height of a regression surface at points (n, 2)."""
    if name == "plane":
        return (x[:, 0] + x[:, 1]) / 12.0
    tops = np.array([[-3.0, 3.0], [3.0, -3.0], [3.0, 3.0], [-3.0, -3.0]])
    signs = np.array([1.0, 1.0, -1.0, -1.0])
    distance = ((x[:, None, :] - tops) ** 2).sum(-1)
    return (signs * np.exp(-distance / 4.0)).sum(-1)
