"""The playground on paper: the map a network has learnt, and the network with a small map in every unit."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

DIVERGING = LinearSegmentedColormap.from_list("orange_white_blue", ["#E69F00", "#FFFFFF", "#0072B2"])
"""Negative orange, nought white, positive blue."""


def decision_map(
    values: Any, ax: Any, *, window: float = 6.0, train: Any = None, test: Any = None, discrete: bool = False
) -> Any:
    """The network's answer over the window, with the points on it.

    Args:
        values: (rows, columns) in [-1, 1], row 0 at the bottom.
        ax: The matplotlib Axes to draw on.
        window: The map spans [-window, window] both ways.
        train: The training points: a pair (x (n, 2), y (n,) in [-1, 1]), drawn as dots.
        test: The test points likewise, drawn as squares.
        discrete: Show only the sign.

    Returns:
        The Axes.

    Notebook: 04_feedforward_networks.
    """
    values = np.asarray(values)
    shown = np.sign(values) if discrete else values
    ax.imshow(shown, cmap=DIVERGING, vmin=-1.4, vmax=1.4, origin="lower", extent=(-window, window, -window, window))
    if np.isfinite(values).all() and values.min() < 0.0 < values.max():
        side = (np.arange(values.shape[0]) + 0.5) / values.shape[0] * 2 * window - window
        ax.contour(side, side, values, levels=[0.0], colors="black", linewidths=1.0)
    for points, marker, edge in ((train, "o", "white"), (test, "s", "black")):
        if points is not None:
            x, y = np.asarray(points[0]), np.asarray(points[1])
            ax.scatter(
                x[:, 0], x[:, 1], c=y, cmap=DIVERGING, vmin=-1, vmax=1,
                s=18, marker=marker, edgecolors=edge, linewidths=0.7,
            )  # fmt: skip
    ax.set(xlabel="x1", ylabel="x2", xlim=(-window, window), ylim=(-window, window))
    return ax


def network_diagram(
    feature_maps: Any, unit_maps: Sequence[Any], weights: Sequence[Any], ax: Any, names: Any = ()
) -> Any:
    """The network from left to right: a map in every unit, and weights as lines.

    A line's width grows with the weight's size; blue and solid is positive, orange and dashed negative.

    Args:
        feature_maps: (features, rows, columns): what the network is shown.
        unit_maps: For each hidden layer (units, rows, columns).
        weights: For each layer, the output included, (units before, units after).
        ax: The matplotlib Axes to draw on.
        names: The features' names.

    Returns:
        The Axes, in units of one column by one row.

    Notebook: 04_feedforward_networks.
    """
    columns = [np.asarray(feature_maps), *map(np.asarray, unit_maps)]
    tall = max(len(column) for column in columns)
    sizes = [len(column) for column in columns] + [1]
    places = [[(column, tall / 2 - (i + 0.5) * tall / n) for i in range(n)] for column, n in enumerate(sizes)]
    for number, weight in enumerate(weights):
        weight = np.nan_to_num(np.asarray(weight))
        for i, j in np.ndindex(weight.shape):
            (x0, y0), (x1, y1) = places[number][i], places[number + 1][j]
            value = float(weight[i, j])
            ax.plot(
                [x0, x1], [y0, y1], zorder=1, linewidth=min(0.3 + 1.5 * abs(value), 6.0),
                color="#0072B2" if value >= 0 else "#E69F00", linestyle="-" if value >= 0 else (0, (4, 2)),
            )  # fmt: skip
    for column, maps in enumerate(columns):
        for (x, y), values in zip(places[column], maps, strict=True):
            scale = max(1.0, float(np.abs(np.nan_to_num(values)).max(initial=0.0)))
            box = (x - 0.22, x + 0.22, y - 0.36, y + 0.36)
            ax.imshow(values, cmap=DIVERGING, vmin=-scale, vmax=scale, origin="lower", extent=box, zorder=2)
            ax.plot(
                [box[0], box[1], box[1], box[0], box[0]],
                [box[2], box[2], box[3], box[3], box[2]],
                "k",
                lw=0.8,
                zorder=3,
            )
    for (x, y), name in zip(places[0], names, strict=False):
        ax.text(x - 0.28, y, name, ha="right", va="center")
    x, y = places[-1][0]
    ax.plot([x], [y], "o", markersize=14, markerfacecolor="white", markeredgecolor="black", zorder=3)
    ax.text(x, y - 0.45, "output", ha="center", va="top")
    ax.set(xlim=(-0.8, len(columns) + 0.3), ylim=(-tall / 2 - 0.2, tall / 2 + 0.2), aspect="auto")
    ax.axis("off")
    return ax


def losses(epochs: Any, train: Any, test: Any, ax: Any) -> Any:
    """Train loss (solid) and test loss (dashed) against the epoch. Returns the Axes."""
    ax.plot(epochs, train, color="#0072B2", linestyle="-", label="train")
    ax.plot(epochs, test, color="#D55E00", linestyle="--", label="test")
    ax.set(xlabel="epoch", ylabel="loss")
    ax.legend(frameon=False)
    return ax
