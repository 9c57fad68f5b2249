"""A map of the sizes of all numbers in a deep network: one column per layer."""

from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from dlnotes.plots._style import COLORS, axes_or_new

SHARES = LinearSegmentedColormap.from_list("white_blue", ["#FFFFFF", "#5AA9DD", "#003A66"])


def magnitude_map(shares: Any, ax: Any = None, *, limits: tuple[float, float], layer: int | None = None) -> Any:
    """Draw a map of sizes: layers to the right, powers of ten upwards, dark where many of a layer's numbers lie.

    Args:
        shares: (rows, layers): the share of a layer's numbers in each row, the lowest row first.
        ax: Where to draw; new Axes if None.
        limits: The powers of ten at the lower and the upper edge.
        layer: Where to put the upright line, counted from 1; none when None.

    Returns:
        The Axes.

    Raises:
        ValueError: `shares` is not a table.

    Example:
        >>> ax = magnitude_map(np.eye(4)[:, :3], limits=(-4, 4), layer=2)
        >>> [tick.get_text() for tick in ax.get_yticklabels()]
        ['$10^{-4}$', '$10^{0}$', '$10^{4}$']

    Notebook: 10_initialisation_and_normalisation.
    """
    shares = np.asarray(shares, float)
    if shares.ndim != 2:
        raise ValueError(f"magnitude_map expects shares of shape (rows, layers); got {shares.shape}.")
    ax = axes_or_new(ax)
    extent = (0.5, shares.shape[1] + 0.5, *limits)
    ax.imshow(np.sqrt(shares), SHARES, aspect="auto", origin="lower", extent=extent, vmin=0, vmax=0.6)
    ax.grid(False)
    if layer is not None:
        ax.axvline(layer, color=COLORS["red"], linewidth=1.2)
    ticks = np.arange(limits[0], limits[1] + 1, 4)
    ax.set(xlabel="layer")
    ax.set_yticks(ticks, [f"$10^{{{tick:g}}}$" for tick in ticks])
    return ax
