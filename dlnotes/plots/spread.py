"""Results over several seeds: never a mean without its spread."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from dlnotes import _checks as checks
from dlnotes.plots import _style as style


def seed_points(
    results: Mapping[str, Any], ax: Axes | None = None, *, ylabel: str = "validation loss", title: str = ""
) -> Axes:
    """Draw a column for each name: a point for every seed, in the same order, and a bar at their mean.

    Args:
        results: Name -> one number for each seed, such as `{"grid": [0.3, 0.4], "random": [0.2, 0.3]}`.
        ax: Where to draw; a new figure if None.
        ylabel: What was measured.
        title: What to look at.

    Raises:
        TypeError, ValueError: Not a dict of rows of finite numbers.

    Example:
        >>> ax = seed_points({"grid": [0.3, 0.5], "random": [0.2, 0.3]})
        >>> [round(float(line.get_ydata()[0]), 3) for line in ax.lines[1::2]]
        [0.4, 0.25]

    Notebook: 08_learning_rate_and_tuning.
    """
    rows = _rows("seed_points", results, 1)
    ax = style.axes_or_new(ax, 640, 300)
    for i, (row, marker) in enumerate(zip(rows.values(), style.MARKERS * len(rows), strict=False)):
        places = i + np.linspace(-0.15, 0.15, len(row)) if len(row) > 1 else [i]
        ax.plot(places, row, marker, color=style.CYCLE[i % len(style.CYCLE)], markersize=7, alpha=0.85)
        ax.plot([i - 0.32, i + 0.32], [row.mean()] * 2, color=style.INK, linewidth=2.5)
    ax.set_xticks(range(len(rows)), list(rows))
    ax.set(ylabel=ylabel, title=title)
    return ax


def seed_bands(
    x: Any,
    results: Mapping[str, Any],
    ax: Axes | None = None,
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    log: str = "",
) -> Axes:
    """Draw for each name the mean over the seeds against `x`, in a band from the lowest to the highest seed.

    Args:
        x: What was varied, a row.
        results: Name -> numbers of shape (seeds, len(x)).
        ax: Where to draw; a new figure if None.
        xlabel: What was varied.
        ylabel: What was measured.
        title: What to look at.
        log: Which axes are logarithmic: "", "x", "y" or "xy".

    Raises:
        TypeError, ValueError: Not a dict of tables of finite numbers, as wide as `x` is long, or an unknown `log`.

    Example:
        >>> ax = seed_bands([1, 2], {"a": [[0, 1], [2, 3]]}, xlabel="step", ylabel="loss")
        >>> ax.lines[0].get_ydata().tolist()
        [1.0, 2.0]

    Notebook: 08_learning_rate_and_tuning.
    """
    checks.choice("seed_bands", "log", log, ("", "x", "y", "xy"))
    tables = _rows("seed_bands", results, 2)
    xs, ax = np.asarray(x, float), style.axes_or_new(ax, 640, 320)
    for i, (name, table) in enumerate(tables.items()):
        if table.shape[1:] != xs.shape:
            raise ValueError(f"seed_bands expects {name!r} of shape (seeds, {xs.size}); got {table.shape}.")
        color, marker = style.CYCLE[i % len(style.CYCLE)], style.MARKERS[i % len(style.MARKERS)]
        dash = style.DASHES[i % len(style.DASHES)]
        shown = marker if xs.size <= 20 else None
        ax.plot(xs, table.mean(0), color=color, linestyle=dash, marker=shown, linewidth=2, label=name)
        ax.fill_between(xs, table.min(0), table.max(0), color=color, alpha=0.15, linewidth=0)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    if "x" in log:
        ax.set_xscale("log")
    if "y" in log:
        ax.set_yscale("log")
    ax.legend(fontsize=style.FONT, frameon=False)
    return ax


def _rows(who: str, results: Any, rank: int) -> dict[str, np.ndarray]:
    if not isinstance(results, Mapping) or not results:
        raise TypeError(f"{who} expects a dict such as {{'grid': ...}}; got {results!r}.")
    try:
        tables = {str(name): np.asarray(values, float) for name, values in results.items()}
    except (TypeError, ValueError) as error:
        raise TypeError(f"{who} expects numbers; got {results!r}.") from error
    for name, table in tables.items():
        if table.ndim != rank or table.size == 0 or not np.isfinite(table).all():
            raise ValueError(f"{who} expects finite numbers of {rank} axes for {name!r}; got shape {table.shape}.")
    return tables
