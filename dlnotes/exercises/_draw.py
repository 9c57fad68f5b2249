"""Counterexamples that are drawn: two curves, or four points of a truth table with the learner's line."""

from collections.abc import Callable, Sequence

import numpy as np

from dlnotes.plots._style import COLORS, figure, png

CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))


def curves(
    title: str, x: np.ndarray, yours: np.ndarray, expected: np.ndarray, x_label: str = "x"
) -> Callable[[], bytes]:
    """The learner's curve (dashed) over the expected one (solid), as a function that draws it."""

    def draw() -> bytes:
        canvas = figure(560.0, 300.0)
        ax = canvas.subplots()
        ax.plot(x, expected, color=COLORS["blue"], linewidth=3, alpha=0.6, label="expected")
        ax.plot(x, yours, color=COLORS["red"], linewidth=1.8, linestyle="--", label="yours")
        ax.set_title(title)
        ax.set_xlabel(x_label)
        ax.legend()
        return png(canvas)

    return draw


def corners(
    title: str, wanted: Sequence[int], sums: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> Callable[[], bytes]:
    """The corners of the unit square, filled where a 1 is wanted, over the region where the learner's neuron fires."""

    def draw() -> bytes:
        canvas = figure(420.0, 360.0)
        ax = canvas.subplots()
        side = np.linspace(-0.5, 1.5, 101)
        x1, x2 = np.meshgrid(side, side)
        fires = np.broadcast_to(np.asarray(sums(x1, x2), float) > 0, x1.shape)
        ax.contourf(x1, x2, fires, levels=[-0.5, 0.5, 1.5], colors=["#ffffff", "#cfe3f2"])
        for (a, b), one in zip(CORNERS, wanted, strict=True):
            face = COLORS["blue"] if one else "white"
            ax.scatter([a], [b], s=160, facecolor=face, edgecolor="black", zorder=3)
            ax.annotate(f"wants {one}", (a, b), (0, 12), textcoords="offset points", ha="center")
        ax.set(title=title, xlabel="x1", ylabel="x2", xticks=[0, 1], yticks=[0, 1], aspect="equal")
        return png(canvas)

    return draw
