"""The five surfaces against SciPy and their own stated minima."""

import jax
import numpy as np
import pytest
import scipy.optimize

from dlnotes.plots import surfaces


@pytest.mark.parametrize("surface", surfaces.SURFACES.values(), ids=list(surfaces.SURFACES))
def test_minima_are_minima(surface):
    def height(p):
        return float(surface.height(p[0], p[1]))

    for low in surface.minima:
        assert height(low) == pytest.approx(surface.lowest, abs=1e-6)
        slope = jax.grad(lambda x, y: surface.height(x, y), argnums=(0, 1))(*low)
        np.testing.assert_allclose(slope, 0, atol=1e-5)
        near = np.add(low, (0.05, -0.04))
        found = scipy.optimize.minimize(height, near, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-12})
        np.testing.assert_allclose(found.x, low, atol=1e-3)
    left, right, bottom, top = surface.window
    for x, y in (*surface.minima, surface.start):
        assert left <= x <= right
        assert bottom <= y <= top
    assert (right - left) / (top - bottom) == pytest.approx(4 / 3)  # drawn with equal scales
    low, high = surfaces.curvatures(surface)
    assert 0 < low <= high


def test_rosenbrock_is_scipys():
    points = np.random.default_rng(0).normal(size=(50, 2))
    np.testing.assert_allclose(
        surfaces.rosenbrock(points[:, 0], points[:, 1]), [scipy.optimize.rosen(p) for p in points]
    )


def test_the_saddle_has_a_pass():
    hessian = jax.hessian(lambda p: surfaces.saddle(p[0], p[1]))(np.zeros(2, np.float32))
    np.testing.assert_allclose(np.linalg.eigvalsh(hessian), [-1, 1], atol=1e-6)


def test_grid():
    x, y, z = surfaces.grid(surfaces.get("Beale"), columns=5, rows=4)
    assert (x.shape, y.shape, z.shape, z.dtype) == ((5,), (4,), (4, 5), np.float32)
    assert z[1, 2] == pytest.approx(surfaces.beale(x[2], y[1]), rel=1e-6)


@pytest.mark.plain
def test_malformed():
    with pytest.raises(ValueError, match="Did you mean 'ravine'"):
        surfaces.get("ravin")
    with pytest.raises(ValueError, match="columns"):
        surfaces.grid(surfaces.get("bowl"), columns=1)
