"""Grid points, expected improvement against its integral, and a Bayesian search that finds a bowl's bottom."""

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
from sklearn.model_selection import ParameterGrid

from dlnotes import tune


def test_the_grid_is_scikit_learns():
    ours = tune.grid((3, 2, 4))
    axes = {str(i): (np.arange(n) + 0.5) / n for i, n in enumerate((3, 2, 4))}
    theirs = [[point[name] for name in sorted(point)] for point in ParameterGrid(axes)]
    assert ours.shape == (24, 3)
    np.testing.assert_allclose(sorted(ours.tolist()), sorted(theirs))


@pytest.mark.parametrize(
    ("mean", "spread", "best"), [(0.0, 1.0, 0.0), (2.0, 0.5, 1.0), (-1.0, 0.3, 0.5), (1.0, 3.0, -1.0)]
)
def test_expected_improvement_is_the_integral(mean, spread, best):
    density = scipy.stats.norm(mean, spread).pdf
    low = mean - 12 * spread
    expected, _ = scipy.integrate.quad(lambda y: (best - y) * density(y), low, best, points=[min(mean, best)])
    assert tune.expected_improvement([mean], [spread], best)[0] == pytest.approx(expected, rel=1e-4, abs=1e-7)


def bowl(u):
    return ((u - np.array([0.2, 0.7])) ** 2).sum(-1)


@pytest.mark.parametrize("seed", range(3))
def test_it_looks_where_the_bowl_is_low_and_beats_chance(seed):
    rng = np.random.default_rng(seed)
    u = rng.uniform(size=(8, 2))
    for turn in range(4):
        u = np.vstack([u, tune.propose(u, bowl(u), 4, seed=turn)])
    by_chance = bowl(rng.uniform(size=(1000, 24, 2))).min(axis=1)
    assert bowl(u).min() < np.median(by_chance)
    assert np.median(bowl(u[-8:])) < 0.5 * np.median(bowl(rng.uniform(size=(1000, 2))))


def test_it_goes_where_little_is_known_if_all_losses_are_alike():
    u = np.linspace(0, 0.4, 9)[:, None]
    assert tune.propose(u, np.zeros(9), 1, seed=0)[0, 0] > 0.6


def test_several_points_are_apart_and_the_same_each_time():
    u = np.random.default_rng(0).uniform(size=(10, 3))
    new = tune.propose(u, u.sum(1), 5, seed=1)
    assert new.shape == (5, 3)
    assert ((new >= 0) & (new <= 1)).all()
    assert len(np.unique(new[:, 0])) == 5
    np.testing.assert_array_equal(new, tune.propose(u, u.sum(1), 5, seed=1))
    assert not np.array_equal(new, tune.propose(u, u.sum(1), 5, seed=2))


@pytest.mark.plain
@pytest.mark.parametrize(
    "call",
    [
        lambda: tune.grid(()),
        lambda: tune.grid((2, 0)),
        lambda: tune.expected_improvement([0.0], [0.0], 0.0),
        lambda: tune.propose([[0.5]], [1.0, 2.0], 1, seed=0),
        lambda: tune.propose([0.5], [1.0], 1, seed=0),
        lambda: tune.propose([[1.5]], [1.0], 1, seed=0),
        lambda: tune.propose([[0.5]], [np.nan], 1, seed=0),
        lambda: tune.propose([[0.5]], [1.0], 0, seed=0),
        lambda: tune.propose([[0.5]], [1.0], 1, seed=-1),
    ],
)
def test_malformed_input_is_named(call):
    with pytest.raises((TypeError, ValueError), match="expects"):
        call()
