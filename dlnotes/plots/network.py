"""A small network as a picture: every neuron's value over the plane, the edges by sign and size."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from dlnotes.plots._style import COLORS, DIVERGING, FONT, INK, MUTED, axes_or_new


def neuron_map(
    values: np.ndarray,
    extent: tuple[float, float, float, float],
    limit: float,
    ax: Axes | None = None,
    point: tuple[float, float] | None = None,
) -> Axes:
    """Draw one neuron's value over the plane: orange below 0, white at 0, blue above.

    Args:
        values: One row per y (rising), one column per x (rising).
        extent: Left, right, bottom, top, in the units of the inputs.
        limit: The size of a value shown in full colour, above 0.
        ax: Where to draw; a new figure if None.
        point: An input to mark with a ring.
    """
    ax = axes_or_new(ax)
    ax.grid(False)
    ax.imshow(values, cmap=DIVERGING, vmin=-limit, vmax=limit, extent=extent, origin="lower", aspect="auto")
    if point is not None:
        ax.plot(*point, marker="o", markersize=5, markerfacecolor="white", markeredgecolor=INK, linestyle="none")
    for side in ax.spines.values():
        side.set_visible(True)
        side.set_color(MUTED)
    ax.set(xticks=[], yticks=[], xlim=extent[:2], ylim=extent[2:])
    return ax


def network_edges(
    weights: Sequence[np.ndarray], centres: Sequence[Sequence[tuple[float, float]]], ax: Axes | None = None
) -> Axes:
    """Draw a line for each weight: thick if large, blue and solid if positive, orange and dashed if negative.

    Args:
        weights: One matrix for each pair of neighbouring layers, inputs along the rows.
        centres: The place of each unit, layer by layer.
        ax: Where to draw; a new figure if None.
    """
    ax = axes_or_new(ax)
    largest = max(float(np.abs(weight).max()) for weight in weights) or 1.0
    for weight, before, after in zip(weights, centres[:-1], centres[1:], strict=True):
        for i, (x0, y0) in enumerate(before):
            for j, (x1, y1) in enumerate(after):
                size = abs(float(weight[i, j])) / largest
                color, dash = (COLORS["blue"], "-") if weight[i, j] >= 0 else (COLORS["orange"], "--")
                ax.plot([x0, x1], [y0, y1], color=color, linestyle=dash, linewidth=0.5 + 4 * size, alpha=0.75, zorder=0)
    ax.tick_params(labelsize=FONT)
    return ax
