"""Curves over training: what went down, what went up, and on which data."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from dlnotes import _checks as checks
from dlnotes.plots import _style as style


def history(
    curves: Mapping[str, Sequence[float] | np.ndarray],
    ax: Axes | None = None,
    *,
    xlabel: str = "epoch",
    ylabel: str = "loss",
    log: bool = False,
    best: str | None = None,
) -> Axes:
    """Draw one line per name against 1, 2, 3, …; each has its own colour and its own dashes.

    Args:
        curves: Name -> one number per epoch, such as `{"train": [...], "validation": [...]}`. NaN leaves a gap.
        ax: Where to draw; a new figure if None.
        xlabel: What is counted.
        ylabel: What is measured, with its unit ("loss, nats").
        log: A logarithmic y axis.
        best: The name of a curve whose lowest point is marked.

    Raises:
        TypeError, ValueError: Not a dict of curves, no curve, an empty curve, or an unknown `best`.

    Example:
        >>> ax = history({"train": [1.0, 0.5, 0.3], "validation": [1.1, 0.7, 0.8]}, best="validation")
        >>> ax.lines[1].get_xydata()[1].tolist()
        [2.0, 0.7]

    Notebook: 00_start_here.
    """
    if not isinstance(curves, Mapping) or not curves:
        raise TypeError(f"history expects a dict such as {{'train': [0.9, 0.5]}}; got {curves!r}.")
    if best is not None:
        checks.choice("history", "best", best, list(curves))
    ax = style.axes_or_new(ax)
    for i, (name, curve) in enumerate(curves.items()):
        ys = numbers("history", curve, f"curve {name!r}")
        color, dash = style.CYCLE[i % len(style.CYCLE)], style.DASHES[i % len(style.DASHES)]
        xs = np.arange(1, len(ys) + 1)
        ax.plot(xs, ys, color=color, linestyle=dash, linewidth=2, label=name, marker="o" if len(ys) == 1 else None)
        if name == best and np.isfinite(ys).any():
            at = int(np.nanargmin(ys))
            ax.plot([xs[at]], [ys[at]], "o", color=color, markersize=8, label=f"lowest: {ys[at]:.3g} at {xs[at]}")
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if log:
        ax.set_yscale("log")
    ax.legend(fontsize=style.FONT, frameon=False)
    return ax


def numbers(who: str, values: Any, name: str) -> np.ndarray:
    """A non-empty row of real numbers, NaN allowed."""
    try:
        row = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{who} expects {name} to be a row of numbers; got {values!r}.") from error
    if row.ndim != 1 or row.size == 0:
        raise ValueError(f"{who} expects {name} to be a row of at least one number; got shape {row.shape}.")
    return row
