"""What chance does to a result: several seeds as a band around a curve, or as dots in a row."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dlnotes.plots._style import CYCLE, DASHES, MARKERS, axes_or_new


def seed_bands(curves: Mapping[str, Any], ax: Any = None, *, x: Any = None, **labels: Any) -> Any:
    """Draw one line for each name, the median over the seeds, in a band from the lowest to the highest.

    Args:
        curves: Name -> numbers of shape (seeds, n), or (n,) for a single seed.
        ax: Where to draw; new Axes if None.
        x: (n,): where the numbers stand; 1 … n when None. Up to twenty of them get a marker each.
        **labels: What `ax.set` takes: title, xlabel, yscale …

    Returns:
        The Axes, with a legend.

    Raises:
        ValueError: No curves; numbers that are not finite, not one or two axes deep, or not as many as `x` has.

    Example:
        >>> ax = seed_bands({"He": [[1, 2], [3, 8]], "Xavier": [1, 0]})
        >>> ax.lines[0].get_ydata().tolist()
        [2.0, 5.0]

    Notebook: 10_initialisation_and_normalisation.
    """
    tables = _tables("seed_bands", curves, 2)
    ax = axes_or_new(ax, 620, 310)
    for i, (name, values) in enumerate(tables.items()):
        values, where = np.atleast_2d(values), np.arange(1, values.shape[-1] + 1) if x is None else np.asarray(x)
        if where.shape != values.shape[1:]:
            raise ValueError(
                f"seed_bands expects {where.size} numbers for each seed of {name!r}, as x has; got {values.shape}."
            )
        look = {"color": CYCLE[i % 7], "linestyle": DASHES[i % 7], "linewidth": 2}
        marker = MARKERS[i % 10] if where.size <= 20 else None
        ax.plot(where, np.median(values, 0), label=name, marker=marker, **look)
        if len(values) > 1:
            ax.fill_between(where, values.min(0), values.max(0), color=look["color"], alpha=0.18, linewidth=0)
    ax.set(**labels)
    ax.legend(frameon=False)
    return ax


def seed_dots(found: Mapping[str, Any], ax: Any = None, *, digits: int = 2, **labels: Any) -> Any:
    """Draw one row for each name, the first on top, with a dot for each seed, and above it the mean ± half the range.

    Args:
        found: Name -> one number for each seed.
        ax: Where to draw; new Axes if None.
        digits: Significant digits of the mean.
        **labels: What `ax.set` takes: title, xlabel, xscale …

    Returns:
        The Axes.

    Raises:
        ValueError: No rows; numbers that are not finite, or not in one row.

    Example:
        >>> ax = seed_dots({"with": [0.9, 0.92], "without": [0.5, 0.7]})
        >>> [text.get_text() for text in ax.texts]
        ['0.91 ± 0.01', '0.6 ± 0.1']

    Notebook: 10_initialisation_and_normalisation.
    """
    tables = _tables("seed_dots", found, 1)
    ax = axes_or_new(ax, 620, 90 + 50 * len(tables))
    for row, (name, values) in enumerate(tables.items()):
        look = {"color": CYCLE[row % 7], "marker": MARKERS[row % 10], "label": name}
        ax.plot(values, np.full(len(values), row), linestyle="none", markersize=9, alpha=0.65, **look)
        told = f"{values.mean():.{digits}g} ± {np.ptp(values) / 2:.1g}"
        ax.annotate(told, (values.mean(), row), (0, 9), textcoords="offset points", ha="center", fontsize=11)
    ax.set_yticks(range(len(tables)), list(tables))
    ax.set_ylim(len(tables) - 0.6, -0.8)
    ax.margins(x=0.12)
    ax.set(**labels)
    return ax


def _tables(who: str, given: Mapping[str, Any], most: int) -> dict[str, np.ndarray]:
    tables = {name: np.asarray(values, float) for name, values in given.items()}
    if not tables:
        raise ValueError(f"{who} expects at least one name with its numbers; got none.")
    for name, values in tables.items():
        if not 1 <= values.ndim <= most or not values.size:
            wanted = "(seeds, n) or (n,)" if most == 2 else "(seeds,)"
            raise ValueError(f"{who} expects the numbers of {name!r} in shape {wanted}; got {values.shape}.")
        if not np.isfinite(values).all():
            raise ValueError(f"{who} expects finite numbers for {name!r}; got NaN or infinity. Leave that seed out.")
    return tables
