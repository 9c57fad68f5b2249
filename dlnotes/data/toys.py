"""Toy data in the plane: small enough to draw, hard enough to tell networks apart.

Every classification toy lives in the window [-6, 6] × [-6, 6], the one the playground draws. `noise` is the standard
deviation of a Gaussian push given to each point after it got its class, in units of the plane; a point that is pushed
out of the window is put back on its edge. One seed draws the same points and the same directions of the push whatever
the noise, so that moving a noise slider moves the points smoothly. Classes have equal counts (within one), mixed.
"""

import numpy as np

from dlnotes import _checks as checks
from dlnotes.data._dataset import Dataset

WINDOW = 6.0  # half the side of the square the classification toys live in


def blobs(n: int = 400, *, noise: float = 1.0, seed: int = 0, classes: int = 2) -> Dataset:
    """Round clouds: a straight line parts two of them.

    The centres sit evenly on a circle of radius 3, the first at 45°: (2.12, 2.12), then (-2.12, -2.12) for two
    classes. `noise` is the standard deviation of each cloud.

    Args:
        n: Examples, at least `classes`.
        noise: Standard deviation in units of the plane, at least 0.
        seed: The same seed gives the same points.
        classes: Clouds, 2 … 10.

    Example:
        >>> blobs(100, seed=0)
        Dataset('blobs', 100 examples of shape (2,), 2 classes)

    Notebook: 02_neuron_and_perceptron.
    """
    classes = checks.integer("blobs", "classes", classes, at_least=2, at_most=10)
    rng, labels = _start("blobs", n, noise, seed, classes)
    angle = np.pi / 4 + 2 * np.pi * labels / classes
    points = 3.0 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _finish("blobs", points, labels, noise, seed, classes, rng)


def moons(n: int = 400, *, noise: float = 0.3, seed: int = 0) -> Dataset:
    """Two interleaved half circles of radius 3: no straight line parts them, a gentle curve does.

    Class 0 is the upper arc (3 cos t - 1.5, 3 sin t - 0.75), class 1 the lower arc (1.5 - 3 cos t, 0.75 - 3 sin t),
    t uniform in [0, π]. Without noise the points lie in [-4.5, 4.5] × [-2.25, 2.25].

    Args:
        n: Examples, at least 2.
        noise: Standard deviation of the push, in units of the plane, at least 0.
        seed: The same seed gives the same points.

    Example:
        >>> moons(100, seed=0).x.shape
        (100, 2)

    Notebook: 04_feedforward_networks.
    """
    rng, labels = _start("moons", n, noise, seed, 2)
    t = rng.uniform(0, np.pi, len(labels))
    upper = np.stack([3 * np.cos(t) - 1.5, 3 * np.sin(t) - 0.75], axis=1)
    points = np.where(labels[:, None] == 0, upper, -upper)  # the lower arc is the upper one turned by 180°
    return _finish("moons", points, labels, noise, seed, 2, rng)


def circles(n: int = 400, *, noise: float = 0.3, seed: int = 0) -> Dataset:
    """A ring inside a ring: class 0 on the circle of radius 2, class 1 on the circle of radius 4.

    Args:
        n: Examples, at least 2.
        noise: Standard deviation of the push, in units of the plane, at least 0.
        seed: The same seed gives the same points.

    Example:
        >>> rings = circles(100, noise=0.0, seed=0)
        >>> sorted(set(np.linalg.norm(rings.x, axis=1).round(3).tolist()))
        [2.0, 4.0]

    Notebook: 04_feedforward_networks.
    """
    rng, labels = _start("circles", n, noise, seed, 2)
    angle = rng.uniform(0, 2 * np.pi, len(labels))
    radius = np.where(labels == 0, 2.0, 4.0)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _finish("circles", points, labels, noise, seed, 2, rng)


def spirals(n: int = 400, *, noise: float = 0.1, seed: int = 0, classes: int = 2) -> Dataset:
    """Arms that wind around each other: the hardest of the toys.

    At the share t of an arm, uniform in [0, 1], the point is 5t (sin a, cos a) with the angle
    a = 3.5π t + 2π · class / classes: 1.75 turns out to radius 5.

    Args:
        n: Examples, at least `classes`.
        noise: Standard deviation of the push, in units of the plane, at least 0.
        seed: The same seed gives the same points.
        classes: Arms, 2 … 5.

    Example:
        >>> spirals(90, seed=0, classes=3)
        Dataset('spirals', 90 examples of shape (2,), 3 classes)

    Notebook: 04_feedforward_networks.
    """
    classes = checks.integer("spirals", "classes", classes, at_least=2, at_most=5)
    rng, labels = _start("spirals", n, noise, seed, classes)
    t = rng.uniform(0, 1, len(labels))
    angle = 3.5 * np.pi * t + 2 * np.pi * labels / classes
    points = 5 * t[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return _finish("spirals", points, labels, noise, seed, classes, rng)


def xor(n: int = 400, *, noise: float = 0.0, seed: int = 0) -> Dataset:
    """Four squares: class 1 where the two coordinates have different signs, class 0 where they have the same.

    Points are uniform with each coordinate's size in [0.3, 5], so that an empty cross of width 0.6 lies between
    the squares. No single neuron can part the classes (Minsky & Papert, *Perceptrons*, 1969).

    Args:
        n: Examples, at least 2.
        noise: Standard deviation of the push, in units of the plane, at least 0.
        seed: The same seed gives the same points.

    Example:
        >>> four = xor(100, seed=0)
        >>> bool(((four.x[:, 0] * four.x[:, 1] < 0) == (four.y == 1)).all())
        True

    Notebook: 02_neuron_and_perceptron.
    """
    rng, labels = _start("xor", n, noise, seed, 2)
    size = rng.uniform(0.3, 5.0, (len(labels), 2))
    first = rng.choice([-1.0, 1.0], len(labels))
    second = np.where(labels == 0, first, -first)
    points = size * np.stack([first, second], axis=1)
    return _finish("xor", points, labels, noise, seed, 2, rng)


def line(n: int = 100, *, noise: float = 0.2, seed: int = 0, slope: float = 2.0, intercept: float = -0.5) -> Dataset:
    """Regression on a straight line with noise: `y = slope · x + intercept + noise · normal`.

    `x` has shape (n, 1), uniform in [-1, 1]; `y` is float32 and not limited.

    Args:
        n: Examples, at least 1.
        noise: Standard deviation of `y` around the line, at least 0.
        seed: The same seed gives the same `x` and the same directions of the noise.
        slope: Rise of `y` per unit of `x`.
        intercept: `y` at `x = 0`.

    Example:
        >>> line(50, seed=0)
        Dataset('line', 50 examples of shape (1,), regression)

    Notebook: 06_loss_functions.
    """
    n = checks.integer("line", "n", n, at_least=1)
    noise = _noise("line", noise)
    slope = float(checks.number("line", "slope", slope))
    intercept = float(checks.number("line", "intercept", intercept))
    rng = np.random.default_rng(checks.integer("line", "seed", seed, at_least=0))
    x = rng.uniform(-1, 1, (n, 1))
    y = slope * x[:, 0] + intercept + noise * rng.standard_normal(n)
    source = f"generated by dlnotes.data.line({n}, {noise=}, {seed=}, {slope=}, {intercept=})"
    return Dataset(x, y, name="line", feature_names=("x",), source=source)


def _start(who: str, n: int, noise: float, seed: int, classes: int) -> tuple[np.random.Generator, np.ndarray]:
    """The checked generator, and labels with equal counts in random order."""
    n = checks.integer(who, "n", n, at_least=classes)
    _noise(who, noise)
    rng = np.random.default_rng(checks.integer(who, "seed", seed, at_least=0))
    return rng, rng.permutation(np.arange(n) % classes)


def _finish(
    name: str, points: np.ndarray, labels: np.ndarray, noise: float, seed: int, classes: int, rng: np.random.Generator
) -> Dataset:
    points = points + float(noise) * rng.standard_normal(points.shape)
    return Dataset(
        np.clip(points, -WINDOW, WINDOW),
        labels,
        name=name,
        feature_names=("x1", "x2"),
        class_names=tuple(f"class {i}" for i in range(classes)),
        source=f"generated by dlnotes.data.{name}({len(labels)}, noise={float(noise)}, seed={seed})",
    )


def _noise(who: str, noise: float) -> float:
    return float(checks.number(who, "noise", noise, at_least=0.0))
