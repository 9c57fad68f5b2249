"""Choosing hyper-parameters: the points a grid tries, and the points a Bayesian search would try next.

A choice is a point of the unit cube, a number from 0 to 1 for each hyper-parameter; what rate a 0.3 stands for is the
caller's business. Random search needs no help: `rng.uniform(size=(n, axes))`. Trainings are done by
`dlnotes.train.Population`, many at once, so points are proposed many at once too.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlnotes import _checks as checks


def grid(sizes: Sequence[int]) -> np.ndarray:
    """All combinations of `sizes[i]` evenly spaced values on axis i, each in the middle of its cell.

    Args:
        sizes: How many values each axis gets, at least 1.

    Returns:
        (product of the sizes, axes), float64.

    Example:
        >>> grid((2, 1))
        array([[0.25, 0.5 ],
               [0.75, 0.5 ]])

    Notebook: 08_learning_rate_and_tuning.
    """
    counts = checks.sizes("grid", "sizes", sizes)
    axes = [(np.arange(n) + 0.5) / n for n in counts]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(counts))


def expected_improvement(mean: Any, spread: Any, best: float) -> np.ndarray:
    """By how much a place is expected to fall below the best so far, if it is normally distributed.

        EI = σ (z Φ(z) + φ(z))    with z = (best - μ) / σ

    Φ and φ are the normal distribution and its density. It is large where the mean is low, or where little is known.

    Args:
        mean: μ of each place.
        spread: σ of each place, above 0.
        best: The lowest loss so far.

    Example:
        >>> expected_improvement([1.0, 0.0, 1.0], [0.1, 0.1, 2.0], best=0.0).round(2)
        array([0.  , 0.04, 0.4 ])

    Jones, Schonlau and Welch 1998, "Efficient global optimization of expensive black-box functions", eq. 15.

    Notebook: 08_learning_rate_and_tuning.
    """
    from jax.scipy.stats import norm

    mean, spread = np.asarray(mean, float), np.asarray(spread, float)
    if not (spread > 0).all():
        raise ValueError(
            f"expected_improvement expects every spread above 0; the smallest is {np.min(spread)}. Give it a floor, "
            "such as np.maximum(spread, 1e-12)."
        )
    z = (best - mean) / spread
    return spread * (z * np.asarray(norm.cdf(z)) + np.asarray(norm.pdf(z)))


def propose(points: Any, losses: Any, count: int, *, seed: int, candidates: int = 400) -> np.ndarray:
    """The next points of a Bayesian search: where the expected improvement is greatest.

    A Gaussian process lays a smooth landscape through the losses, with a mean and a spread everywhere. The best of some
    random candidates is chosen. To choose several before any of them is trained, the landscape's own mean is believed
    as the loss of those chosen already ("kriging believer").

    Args:
        points: (tried, axes) in the unit cube.
        losses: (tried,): what they reached, finite. Take the logarithm of a loss that spans decades.
        count: How many to propose, at least 1.
        seed: Of the candidates.
        candidates: How many are looked at for each.

    Returns:
        (count, axes), float64.

    Raises:
        TypeError, ValueError: Points outside the unit cube, a loss that is not finite, or another number of losses.

    Example:
        >>> tried = np.linspace(0, 1, 6)[:, None]
        >>> propose(tried, (tried[:, 0] - 0.5) ** 2, count=1, seed=0).shape
        (1, 1)

    Snoek, Larochelle and Adams 2012, arXiv:1206.2944. The landscape is scikit-learn's `GaussianProcessRegressor`.

    Notebook: 08_learning_rate_and_tuning.
    """
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import Matern

    u, seen = np.asarray(points, float), np.asarray(losses, float)
    if u.ndim != 2 or seen.shape != u.shape[:1] or not u.size:
        raise ValueError(f"propose expects points (tried, axes) and a loss for each; got {u.shape} and {seen.shape}.")
    if not ((u >= 0) & (u <= 1)).all():
        raise ValueError(f"propose expects points in the unit cube; got {u.min()} to {u.max()}. Scale them.")
    if not np.isfinite(seen).all():
        raise ValueError(
            f"propose expects finite losses; {np.sum(~np.isfinite(seen))} of {seen.size} are NaN or infinite. Give a "
            "training that exploded the loss of guessing."
        )
    checks.integer("propose", "count", count, at_least=1)
    checks.integer("propose", "candidates", candidates, at_least=1)
    rng = np.random.default_rng(checks.integer("propose", "seed", seed, at_least=0))
    # Points nearer than 0.4 of an axis have like losses; a tenth of their variance is chance.
    fixed: Any = None  # nothing about the landscape itself is fitted
    landscape = GaussianProcessRegressor(Matern(0.4, nu=2.5), alpha=0.1, normalize_y=True, optimizer=fixed)
    for _ in range(count):
        pool = rng.uniform(size=(candidates, u.shape[1]))
        mean, spread = landscape.fit(u, seen).predict(pool, return_std=True)
        best = np.argmax(expected_improvement(mean, np.maximum(spread, 1e-12), seen.min()))
        u, seen = np.vstack([u, pool[best]]), np.append(seen, mean[best])
    return u[-count:]
