"""FiniteDifference: errors against the theory, derivatives against jax.grad."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.widgets.finite_difference import FUNCTIONS, PRECISIONS, STEPS, FiniteDifference

RULES = {"sin(x)": jnp.sin, "exp(x)": jnp.exp, "x³": lambda x: x**3, "tanh(x)": jnp.tanh}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_derivatives_equal_jax(function):
    slope = jax.grad(RULES[function])
    curve = FUNCTIONS[function]
    np.testing.assert_allclose(curve.slope, slope(1.0), rtol=1e-6)
    np.testing.assert_allclose(curve.second, jax.grad(slope)(1.0), rtol=1e-5)
    np.testing.assert_allclose(curve.third, jax.grad(jax.grad(slope))(1.0), rtol=1e-5)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_errors_follow_the_theory(function, precision):
    eps = float(np.finfo(precision).eps)
    at = {h: FiniteDifference(function, precision, h).numbers() for h in (1e-2, 1e-13)}
    curve = FUNCTIONS[function]
    central = abs(curve.third) * 1e-4 / 6
    assert at[1e-2]["central_error"] == pytest.approx(central, rel=0.1, abs=200 * eps)
    assert at[1e-2]["forward_error"] == pytest.approx(abs(curve.second) * 1e-2 / 2, rel=0.1)
    assert at[1e-13]["central_error"] > 1e-5  # rounding has taken over
    best = at[1e-2]["best_central_step"]
    assert best == pytest.approx((3 * eps / 2 * abs(curve.function(1.0) / curve.third)) ** (1 / 3), rel=0.1)
    near = FiniteDifference(function, precision, best).numbers()
    assert near["central_error"] < 0.01 * max(at[1e-2]["forward_error"], at[1e-13]["central_error"])


def test_the_page_looks_up_what_numbers_says():
    figure = FiniteDifference("tanh(x)", "float64", 1e-7)
    n, tables = figure.numbers(), figure.tables()
    at = np.flatnonzero(n["h"] == STEPS)[0]
    row = list(FUNCTIONS).index("tanh(x)") * len(PRECISIONS) + list(PRECISIONS).index("float64")
    errors = tables["errors"].reshape(-1, 2, STEPS.size)[row]
    for error, name in zip(errors, ("forward", "central"), strict=True):
        assert abs(error[at]) == n[f"{name}_error"]
        assert n["derivative"] + error[at] == pytest.approx(n[name], rel=1e-15)


@pytest.mark.parametrize(("step", "shown"), [(1.0, 1.0), (0.1, 0.1), (0.0513, 10**-1.3), (1e-13, 1e-13)])
def test_the_nearest_step_is_shown(step, shown):
    assert FiniteDifference(step=step).numbers()["h"] == pytest.approx(shown, rel=1e-12)


def test_the_still_picture_follows():
    figure = FiniteDifference(step=0.01)
    before = figure.fallback()
    figure.settings = {"step": 0.001}
    assert figure.fallback() != before
    assert "h = 1.0e-03" in figure.alt
