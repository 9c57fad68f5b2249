import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier

from dlnotes import data

TOYS = [data.blobs, data.moons, data.circles, data.spirals, data.xor]


@pytest.mark.parametrize("toy", TOYS)
@settings(max_examples=60, deadline=None)
@given(st.integers(2, 300), st.floats(0, 20), st.integers(0, 2**64))
def test_window_balance_and_seed(toy, n, noise, seed):
    made = toy(n, noise=noise, seed=seed)
    assert made.x.shape == (n, 2)
    assert (made.x.dtype, made.y.dtype) == (np.float32, np.int32)
    assert np.abs(made.x).max() <= 6
    counts = np.bincount(made.y, minlength=2)
    assert abs(counts[0] - counts[1]) <= 1
    np.testing.assert_array_equal(made.x, toy(n, noise=noise, seed=seed).x)


@pytest.mark.parametrize("toy", TOYS)
def test_noise_moves_the_same_points_along_the_same_way(toy):
    still, little, more = (toy(100, noise=noise, seed=5) for noise in (0.0, 0.1, 0.2))
    np.testing.assert_array_equal(still.y, more.y)
    np.testing.assert_allclose(more.x - still.x, 2 * (little.x - still.x), atol=1e-5)
    push = (little.x - still.x) / 0.1
    assert abs(push.std() - 1) < 0.15
    assert not np.array_equal(toy(100, noise=0.0, seed=6).x, still.x)
    assert len(set(still.y[:20].tolist())) == 2  # mixed, not sorted
    assert f"dlnotes.data.{toy.__name__}(100, noise=0.1, seed=5)" in little.source


def test_geometry_without_noise():
    blobs = data.blobs(40, noise=0.0, classes=4)
    np.testing.assert_allclose(np.abs(blobs.x), 3 / np.sqrt(2), rtol=1e-6)
    assert (np.sign(blobs.x[blobs.y == 0]) == [1, 1]).all()
    assert (np.sign(blobs.x[blobs.y == 1]) == [-1, 1]).all()

    moons = data.moons(200, noise=0.0)
    upper, lower = moons.x[moons.y == 0], moons.x[moons.y == 1]
    np.testing.assert_allclose(np.linalg.norm(upper - [-1.5, -0.75], axis=1), 3, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(lower - [1.5, 0.75], axis=1), 3, rtol=1e-5)
    assert (upper[:, 1] >= -0.75).all()
    assert (lower[:, 1] <= 0.75).all()

    rings = data.circles(50, noise=0.0)
    np.testing.assert_allclose(np.linalg.norm(rings.x, axis=1), np.where(rings.y == 0, 2, 4), rtol=1e-5)

    for classes in (2, 3, 5):
        arms = data.spirals(300, noise=0.0, classes=classes)
        t = np.linalg.norm(arms.x, axis=1) / 5
        angle = np.arctan2(arms.x[:, 0], arms.x[:, 1])
        wanted = 3.5 * np.pi * t + 2 * np.pi * arms.y / classes
        np.testing.assert_allclose(np.cos(angle - wanted), 1, atol=1e-4)
        assert 0.97 < t.max() <= 1

    xor = data.xor(200)
    assert ((np.sign(xor.x[:, 0]) != np.sign(xor.x[:, 1])) == (xor.y == 1)).all()
    assert (np.abs(xor.x) >= 0.3).all()
    assert (np.abs(xor.x) <= 5).all()
    assert {tuple(corner) for corner in np.sign(xor.x).astype(int).tolist()} == {(1, 1), (1, -1), (-1, 1), (-1, -1)}


def test_moons_are_scikit_learns_three_times_as_large():
    from sklearn.datasets import make_moons

    points, labels = make_moons(400, shuffle=False)
    ours = data.moons(4000, noise=0.0)
    for label in (0, 1):
        scaled = 3 * (points[labels == label] - [0.5, 0.25])
        gaps = np.linalg.norm(scaled[:, None] - ours.x[ours.y == label][None], axis=2).min(axis=1)
        assert gaps.max() < 0.05  # a dense sample of the same curve


def test_hardness_is_as_told():
    def straight(made):
        return RidgeClassifier().fit(made.x, made.y).score(made.x, made.y)

    assert straight(data.blobs()) > 0.99
    assert straight(data.moons()) < 0.92
    for hard in (data.circles(), data.xor(), data.spirals()):
        assert straight(hard) < 0.75
        assert KNeighborsClassifier(3).fit(hard.x[::2], hard.y[::2]).score(hard.x[1::2], hard.y[1::2]) > 0.9


def test_line():
    made = data.line(2000, noise=0.5, seed=1, slope=3.0, intercept=-1.0)
    slope, intercept = np.polyfit(made.x[:, 0], made.y, 1)
    assert abs(slope - 3) < 0.1
    assert abs(intercept + 1) < 0.1
    assert abs((made.y - 3 * made.x[:, 0] + 1).std() - 0.5) < 0.05
    assert (made.x.shape, made.y.dtype, made.n_classes) == ((2000, 1), np.float32, 0)
    assert np.abs(made.x).max() <= 1
    exact = data.line(50, noise=0.0, slope=3.0, intercept=-1.0)
    np.testing.assert_allclose(exact.y, 3 * exact.x[:, 0] - 1, atol=1e-6)


@pytest.mark.plain
@pytest.mark.parametrize("toy", [*TOYS, data.line])
@pytest.mark.parametrize(
    ("keywords", "error"),
    [
        ({"n": 0}, ValueError),
        ({"n": -3}, ValueError),
        ({"n": 10.0}, TypeError),
        ({"n": "10"}, TypeError),
        ({"n": True}, TypeError),
        ({"noise": -0.1}, ValueError),
        ({"noise": float("nan")}, ValueError),
        ({"noise": float("inf")}, ValueError),
        ({"noise": "loud"}, TypeError),
        ({"seed": -1}, ValueError),
        ({"seed": 0.5}, TypeError),
        ({"seed": None}, TypeError),
    ],
)
def test_malformed(toy, keywords, error):
    with pytest.raises(error, match=f"{toy.__name__} expects {next(iter(keywords))}"):
        toy(**keywords)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("toy", "keywords", "error"),
    [
        (data.blobs, {"classes": 1}, ValueError),
        (data.blobs, {"classes": 11}, ValueError),
        (data.spirals, {"classes": 6}, ValueError),
        (data.spirals, {"classes": 2.5}, TypeError),
        (data.line, {"slope": float("nan")}, ValueError),
        (data.line, {"intercept": "a"}, TypeError),
    ],
)
def test_malformed_extras(toy, keywords, error):
    with pytest.raises(error, match=f"{toy.__name__} expects {next(iter(keywords))}"):
        toy(**keywords)


def test_one_signature_for_all():
    for toy in [*TOYS, data.line]:
        assert list(inspect.signature(toy).parameters)[:3] == ["n", "noise", "seed"]
