"""The error of a finite difference against its step, and the secant line that the difference is."""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes

from dlnotes.plots._style import COLORS, FONT, INK, MUTED, axes_or_new

FORWARD, CENTRAL = ("forward", COLORS["red"], "-", "o"), ("central", COLORS["blue"], "--", "s")


def difference_errors(
    steps: np.ndarray,
    errors: Mapping[str, np.ndarray],
    bounds: Mapping[str, np.ndarray],
    best: Mapping[str, tuple[float, float]],
    now: Mapping[str, tuple[float, float]],
    ax: Axes | None = None,
) -> Axes:
    """Draw |finite difference - true derivative| against the step, on logarithmic axes: a V for each method.

    Args:
        steps: The steps h, rising, above 0.
        errors: "forward" and "central": the measured error at each step.
        bounds: "forward" and "central": the error that theory expects, truncation plus rounding.
        best: Where the theory has its lowest point: method -> (step, error).
        now: The point the reader looks at: method -> (step, error).
        ax: Where to draw; a new figure if None.
    """
    ax = axes_or_new(ax)
    ax.set(xscale="log", yscale="log", xlabel="step h", ylabel="absolute error")
    for name, color, dash, mark in (FORWARD, CENTRAL):
        ax.plot(steps, errors[name], color=color, linestyle=dash, linewidth=1.2, alpha=0.75, label=name)
        ax.plot(steps, bounds[name], color=color, linestyle=":", linewidth=2.2, label=f"{name}, theory")
        ax.plot(*best[name], color=color, marker="*", markersize=16, markeredgecolor="white", linestyle="none")
        ax.plot(
            *now[name],
            color=color,
            marker=mark,
            markersize=9,
            markeredgecolor=INK,
            linestyle="none",
            label=f"{name}, now",
        )
    ax.axvline(now["central"][0], color=MUTED, linewidth=1)
    return ax


def secants(
    function: Callable[[np.ndarray], np.ndarray], x: float, h: float, slope: float, ax: Axes | None = None
) -> Axes:
    """Draw a function, its tangent at `x`, and the two secants whose slopes are the forward and central difference.

    Args:
        function: Takes and gives an array.
        x: Where the derivative is wanted.
        h: The step.
        slope: The true derivative at `x`.
        ax: Where to draw; a new figure if None.
    """
    ax = axes_or_new(ax)
    grid = np.linspace(x - 1.2, x + 1.2, 241)
    value, up, down = (float(function(np.array(at))) for at in (x, x + h, x - h))
    ax.plot(grid, function(grid), color=INK, linewidth=2, label="f")
    ax.plot(grid, value + slope * (grid - x), color=MUTED, linewidth=1.5, linestyle=":", label="tangent")
    for (name, color, dash, mark), (left, low) in ((FORWARD, (x, value)), (CENTRAL, (x - h, down))):
        rise = (up - low) / (x + h - left) if x + h > left else np.nan
        ax.plot(grid, low + rise * (grid - left), color=color, linestyle=dash, linewidth=1.6, label=name)
        ax.plot([left, x + h], [low, up], color=color, marker=mark, markersize=6, linestyle="none")
    ax.set(xlabel="x", xlim=(x - 1.2, x + 1.2))
    values = function(grid)
    margin = 0.15 * (values.max() - values.min())
    ax.set_ylim(values.min() - margin, values.max() + margin)
    ax.legend(fontsize=FONT - 1, frameon=False)
    return ax
