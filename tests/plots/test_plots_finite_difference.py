"""The numbers drawn by plots.finite_difference."""

import numpy as np
import pytest

from dlnotes.plots.finite_difference import difference_errors, secants


def test_difference_errors_draws_what_it_is_given():
    steps = np.array([1e-3, 1e-2, 1e-1])
    errors = {"forward": steps * 2, "central": steps**2}
    bounds = {"forward": steps * 3, "central": steps**2 * 4}
    marks = {"forward": (1e-2, 0.5), "central": (1e-1, 0.25)}
    ax = difference_errors(steps, errors, bounds, marks, {"forward": (1e-3, 7.0), "central": (1e-3, 8.0)})
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    drawn = [line.get_xydata().tolist() for line in ax.lines]
    for name in ("forward", "central"):
        for curve in (errors, bounds):
            assert np.column_stack([steps, curve[name]]).tolist() in drawn
        assert [list(marks[name])] in drawn
    assert [[1e-3, 7.0]] in drawn
    assert [[1e-3, 8.0]] in drawn


@pytest.mark.parametrize("h", [1.0, 1e-3, 1e-18])
def test_secants_go_through_their_two_points(h):
    ax = secants(np.exp, 1.0, h, np.e)
    lines = {line.get_label(): line.get_xydata() for line in ax.lines}
    if h == 1e-18:  # both points are one number: no line
        assert np.isnan(lines["forward"][:, 1]).all()
        return
    for name, left, right in (("forward", 1.0, 1 + h), ("central", 1 - h, 1 + h)):
        x, y = lines[name].T
        rise = (np.exp(right) - np.exp(left)) / (right - left)
        np.testing.assert_allclose(y, np.exp(left) + rise * (x - left), rtol=1e-9)
