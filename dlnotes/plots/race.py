"""The optimizer race on paper: the walks over the contour map, and their heights against the step."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlnotes.plots.surfaces import Surface, grid

# colour (Okabe-Ito), dash and marker of each racer: never colour alone
LOOKS: dict[str, tuple[str, str, str]] = {
    "SGD": ("#000000", "-", "o"),
    "Momentum": ("#0072B2", "-", "s"),
    "Nesterov": ("#56B4E9", "--", "D"),
    "AdaGrad": ("#009E73", "-.", "^"),
    "RMSProp": ("#CC79A7", "--", "v"),
    "Adam": ("#D55E00", "-", "P"),
}


def levels(surface: Surface, count: int = 14) -> np.ndarray:
    """Heights for contour lines: dense near the lowest point, sparse on the cliffs (even steps of the cube root).

    Example:
        >>> from dlnotes.plots.surfaces import get
        >>> lines = levels(get("bowl"), count=3)
        >>> len(lines), bool((np.diff(lines) > 0).all())
        (3, True)

    Notebook: 07_optimizers.
    """
    top = float(grid(surface, 61, 61)[2].max()) - surface.lowest
    return surface.lowest + top * (np.arange(1, count + 1) / (count + 1)) ** 3


def contours(surface: Surface, ax: Any) -> Any:
    """The contour map of a surface, with a star at each lowest point. Returns the Axes."""
    x, y, z = grid(surface)
    lines = levels(surface)
    shade = np.cbrt(np.maximum(z - surface.lowest, 0.0))
    ax.pcolormesh(x, y, shade, cmap="Greys", vmin=0.0, vmax=2.2 * shade.max(), shading="auto", rasterized=True)
    ax.contour(x, y, z, levels=lines, colors="0.55", linewidths=0.7)
    for low in surface.minima:
        ax.plot(*low, "*", markersize=14, markerfacecolor="white", markeredgecolor="black")
    left, right, bottom, top = surface.window
    ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="x", ylabel="y")
    return ax


def walks(surface: Surface, paths: Any, names: Sequence[str], ax: Any, *, step: int | None = None) -> Any:
    """The contour map with one path per optimizer.

    Args:
        surface: Where they walk.
        paths: (names, steps + 1, 2): the points, NaN after a walk has left the world.
        names: The optimizer of each path.
        ax: The matplotlib Axes to draw on.
        step: How far to draw; all of it when None.

    Returns:
        The Axes.

    Notebook: 07_optimizers.
    """
    contours(surface, ax)
    paths = np.asarray(paths)
    last = paths.shape[1] - 1 if step is None else step
    for name, path in zip(names, paths, strict=True):
        color, dash, marker = LOOKS[name]
        here = path[: last + 1]
        here = here[np.isfinite(here).all(axis=1)]
        ax.plot(here[:, 0], here[:, 1], color=color, linestyle=dash, linewidth=1.6, label=name)
        ax.plot(here[-1:, 0], here[-1:, 1], marker, color=color, markersize=7, markeredgecolor="white")
    if len(paths):
        ax.plot(*paths[0, 0], "o", markersize=9, markerfacecolor="white", markeredgecolor="black")
    return ax


def heights(values: Any, names: Sequence[str], ax: Any, *, step: int | None = None) -> Any:
    """Height above the lowest point against the step, on a log scale, one line per optimizer.

    Args:
        values: (names, steps + 1), at least 0; NaN after a walk has left the world.
        names: The optimizer of each line.
        ax: The matplotlib Axes to draw on.
        step: Where to put the upright line; none when None.

    Returns:
        The Axes.

    Notebook: 07_optimizers.
    """
    values = np.asarray(values)
    for name, height in zip(names, values, strict=True):
        color, dash, _ = LOOKS[name]
        ax.plot(
            np.arange(height.size), np.maximum(height, 1e-12), color=color, linestyle=dash, linewidth=1.6, label=name
        )
    if step is not None:
        ax.axvline(step, color="0.5", linewidth=0.8)
    ax.set(yscale="log", xlabel="step", ylabel="height above the lowest point")
    return ax
