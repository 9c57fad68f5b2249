"""Signals against depth: a map of the sizes of all numbers, one column per layer, and their standard deviations."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from dlnotes.plots._style import COLORS, MUTED

SHARES = LinearSegmentedColormap.from_list("white_blue", ["#FFFFFF", "#5AA9DD", "#003A66"])


def magnitude_map(shares: Any, ax: Any, *, limits: tuple[float, float], layer: int | None = None) -> Any:
    """A map of sizes: layers from left to right, powers of ten upwards, dark where many of a layer's numbers lie.

    Args:
        shares: (rows, layers): the share of a layer's numbers in each row, the lowest row first.
        ax: The matplotlib Axes to draw on.
        limits: The powers of ten at the lower and the upper edge.
        layer: Where to put the upright line, counted from 1; none when None.

    Returns:
        The Axes.

    Notebook: 10_initialisation_and_normalisation.
    """
    shares = np.asarray(shares, float)
    depth = shares.shape[1]
    extent = (0.5, depth + 0.5, *limits)
    ax.imshow(np.sqrt(shares), SHARES, aspect="auto", origin="lower", extent=extent, vmin=0, vmax=0.6)
    ax.grid(False)
    if layer is not None:
        ax.axvline(layer, color=COLORS["red"], linewidth=1.2)
    ticks = np.arange(limits[0], limits[1] + 1, 4)
    ax.set(xlabel="layer", xlim=(0.5, depth + 0.5), yticks=ticks)
    ax.set_yticks(ticks, [f"$10^{{{tick:g}}}$" for tick in ticks])
    return ax


def spread_by_depth(curves: Mapping[str, Any], ax: Any, *, limits: tuple[float, float] | None = None) -> Any:
    """Standard deviations against depth on a log scale, one line for each name, with a band if there are several seeds.

    Args:
        curves: Name -> (layers,) or (seeds, layers), 0 or more. A 0 has no logarithm: the line ends there.
        ax: The matplotlib Axes to draw on.
        limits: The powers of ten to show; what lies beyond is drawn at the edge. All when None.

    Returns:
        The Axes.

    Notebook: 10_initialisation_and_normalisation.
    """
    dashes = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))
    for i, (name, values) in enumerate(curves.items()):
        values = np.where(np.asarray(values, float) > 0, values, np.nan)
        values = np.atleast_2d(values if limits is None else np.clip(values, *(10.0**edge for edge in limits)))
        layers = np.arange(1, values.shape[1] + 1)
        (line,) = ax.plot(layers, np.median(values, axis=0), linestyle=dashes[i % 6], linewidth=2, label=name)
        if len(values) > 1:
            ax.fill_between(layers, values.min(axis=0), values.max(axis=0), color=line.get_color(), alpha=0.2)
    ax.set(yscale="log", xlabel="layer")
    ax.axhline(1, color=MUTED, linewidth=0.8, zorder=0)
    if limits is not None:
        ax.set_ylim(*(10.0**edge for edge in limits))
    return ax
