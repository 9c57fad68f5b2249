"""Where a training ends, against its learning rate: a valley with a cliff at its right."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from dlnotes import _checks as checks
from dlnotes.plots import _style as style
from dlnotes.plots.training import numbers


def rate_valley(
    rates: Any,
    ends: Any,
    ax: Axes | None = None,
    *,
    right: tuple[float, float] | None = None,
    at: float | None = None,
) -> Axes:
    """Draw the loss at the end of training against the learning rate, on logarithmic axes.

    Args:
        rates: The learning rates, above 0, rising.
        ends: The loss that each ends at; NaN or infinite where the training exploded (a gap).
        ax: Where to draw; a new figure if None.
        right: The smallest and the largest rate that is right; the parts beside them are named and shaded.
        at: A rate to mark; the nearest of `rates` is taken.

    Raises:
        TypeError, ValueError: Rows of different lengths, or rates that do not rise or are not above 0.

    Example:
        >>> ax = rate_valley([0.01, 0.1, 1.0], [0.5, 0.2, 9.0], right=(0.1, 0.1), at=1.0)
        >>> [text.get_text() for text in ax.texts]
        ['too small', 'right', 'too large']

    Notebook: 08_learning_rate_and_tuning.
    """
    xs, ys = numbers("rate_valley", rates, "rates"), numbers("rate_valley", ends, "ends")
    if len(xs) != len(ys):
        raise ValueError(f"rate_valley expects one end for each rate; got {len(xs)} rates and {len(ys)} ends.")
    if not (xs > 0).all() or not (np.diff(xs) > 0).all():
        raise ValueError("rate_valley expects rates above 0 that rise; got others.")
    ax = style.axes_or_new(ax)
    ys = np.where(np.isfinite(ys) & (ys > 0), ys, np.nan)
    ax.loglog(xs, ys, color=style.INK, linewidth=1.6)
    if right is not None:
        low, high = (checks.number("rate_valley", "right", edge, above=0.0) for edge in right)
        ax.axvspan(low, high, color=style.COLORS["green"], alpha=0.16, linewidth=0)
        names = (
            (low, "right", -6, "too small"),
            ((low * high) ** 0.5, "center", 0, "right"),
            (high, "left", 6, "too large"),
        )
        for x, side, shift, name in names:
            where = {"xycoords": ax.get_xaxis_transform(), "textcoords": "offset points"}
            ax.annotate(name, (x, 0.97), (shift, 0), ha=side, va="top", fontsize=style.FONT, **where)
    if at is not None:
        place = int(np.abs(np.log(xs / checks.number("rate_valley", "at", at, above=0.0))).argmin())
        ax.axvline(xs[place], color=style.MUTED, linewidth=1)
        ax.plot(xs[place], ys[place], "o", color=style.COLORS["blue"], markersize=9, markeredgecolor="white")
    ax.set(xlabel="learning rate", ylabel="loss at the end")
    return ax
