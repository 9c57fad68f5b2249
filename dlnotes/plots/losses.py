"""Losses as pictures: what a mistake costs, and the slope that the optimizer feels."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from dlnotes import _checks as checks
from dlnotes.plots import _style as style
from dlnotes.plots.activation import value_and_slope


def loss_curves(
    losses: Mapping[str, Callable[..., Any]],
    axes: tuple[Axes, Axes] | None = None,
    *,
    low: float = -4.0,
    high: float = 4.0,
    at: float | None = None,
    xlabel: str = "prediction − target",
) -> tuple[Axes, Axes]:
    """Draw several losses against one number, and their gradients below.

    Args:
        losses: Name -> a function from a residual, a logit or a margin (one number) to a loss (one number).
        axes: Two Axes, loss and gradient; a new figure if None.
        low: The smallest number shown.
        high: The largest.
        at: A place to mark on every curve.
        xlabel: What the number is.

    Returns:
        The two Axes; line i of each belongs to loss i.

    Raises:
        TypeError, ValueError: No losses, not functions, or `low` not below `high`.

    Example:
        >>> top, bottom = loss_curves({"squared": lambda r: r**2}, low=-1, high=1)
        >>> bottom.lines[0].get_ydata()[-1].item()
        2.0

    Notebook: 06_loss_functions.
    """
    if not isinstance(losses, Mapping) or not losses:
        raise TypeError(f"loss_curves expects a dict of functions such as {{'squared': f}}; got {losses!r}.")
    checks.number("loss_curves", "high", high, above=checks.number("loss_curves", "low", low))
    xs = np.linspace(low, high, 401, dtype=np.float32)
    curves = {}
    for name, function in losses.items():
        curves[name] = value_and_slope(checks.function("loss_curves", name, function), xs)
    return loss_table(xs, curves, axes, at=at, xlabel=xlabel)


def loss_table(
    xs: np.ndarray,
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]],
    axes: tuple[Axes, Axes] | None = None,
    *,
    at: float | None = None,
    xlabel: str = "prediction − target",
) -> tuple[Axes, Axes]:
    """As `loss_curves`, for values and gradients that were computed already."""
    top, bottom = axes if axes is not None else style.figure(560, 480).subplots(2, 1, sharex=True)
    for i, (name, (values, slopes)) in enumerate(curves.items()):
        color, dash = style.CYCLE[i % len(style.CYCLE)], style.DASHES[i % len(style.DASHES)]
        for ax, ys in ((top, values), (bottom, slopes)):
            ax.plot(xs, ys, color=color, linestyle=dash, linewidth=2.2, label=name)
    if at is not None:
        for ax, column in ((top, 0), (bottom, 1)):
            ax.axvline(at, color=style.MUTED, linewidth=1)
            for i, pair in enumerate(curves.values()):
                ax.plot([at], [np.interp(at, xs, pair[column])], "o", color=style.CYCLE[i % len(style.CYCLE)])
    top.set(ylabel="loss")
    bottom.set(ylabel="gradient", xlabel=xlabel, xlim=(xs[0], xs[-1]))
    top.legend(fontsize=style.FONT, frameon=False)
    return top, bottom
