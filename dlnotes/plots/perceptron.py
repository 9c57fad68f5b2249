"""The perceptron's picture: two classes of points, the line between them, and how often it was wrong."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from dlnotes import _checks as checks
from dlnotes.plots import _style as style


def perceptron_board(
    x: Any, y: Any, weight: Any, bias: float, ax: Axes | None = None, *, limit: float = 4.0, look_at: int | None = None
) -> Axes:
    """Draw the line `w·x + b = 0`, its normal vector `w`, and each point by the class it belongs to.

    The side where the perceptron says +1 is tinted blue, the other orange. A ring marks each point on the wrong side.

    Args:
        x: (n, 2) points; n may be 0.
        y: +1 or -1 for each.
        weight: Two numbers.
        bias: One number.
        ax: Where to draw; a new figure if None.
        limit: The plane is shown from -limit to limit.
        look_at: The number of a point to circle with a dashed ring: the next to be looked at.

    Raises:
        TypeError, ValueError: Points, classes or weights of the wrong shape or value.

    Example:
        >>> ax = perceptron_board([[1.0, 1.0], [-1.0, 0.0]], [1, -1], [1.0, 0.0], 0.0)
        >>> np.round(ax.lines[0].get_xydata(), 6).tolist()
        [[0.0, -4.0], [0.0, 4.0]]

    Notebook: 02_neuron_and_perceptron.
    """
    x = np.asarray(x, dtype=float).reshape(-1, 2)
    y, weight = np.asarray(y), np.asarray(weight, dtype=float)
    if y.shape != (len(x),) or not np.isin(y, (-1, 1)).all():
        raise ValueError(f"perceptron_board expects y to be +1 or -1 for each of {len(x)} points; got {y!r}.")
    if weight.shape != (2,):
        raise ValueError(f"perceptron_board expects a weight of two numbers; got shape {weight.shape}.")
    checks.number("perceptron_board", "bias", bias)
    ax = style.axes_or_new(ax, 430, 420)
    ends = boundary(weight, bias, limit)
    if ends is not None:
        sides = np.linspace(-limit, limit, 200)
        scores = weight[0] * sides[None, :] + weight[1] * sides[:, None] + bias
        ax.contourf(sides, sides, scores, levels=[-1e9, 0, 1e9], colors=["#FBEBCF", "#D3E6F2"], zorder=0)
        ax.plot(*ends.T, color=style.INK, linewidth=2.2, label="w·x + b = 0")
        foot = -bias * weight / (weight @ weight)
        tip = foot + weight / np.linalg.norm(weight)
        ax.annotate("", tip, foot, arrowprops={"arrowstyle": "-|>", "color": style.INK, "linewidth": 2})
        ax.text(
            float(tip[0]) + 0.12, float(tip[1]) + 0.12, "w", fontsize=style.FONT + 1, fontweight="bold", color=style.INK
        )
    for label, color, marker, name in ((1, "blue", "o", "+1"), (-1, "orange", "s", "−1")):
        own = x[y == label]
        ax.scatter(*own.T, s=75, color=style.COLORS[color], marker=marker, edgecolor="white", label=name, zorder=3)
    wrong = x[(x @ weight + bias) * y <= 0]
    rings = {"facecolor": "none", "linewidth": 1.8, "zorder": 4}
    ax.scatter(*wrong.T, s=210, edgecolor=style.COLORS["red"], label="wrong side", **rings)
    if look_at is not None and len(x):
        place = x[checks.integer("perceptron_board", "look_at", look_at, at_least=0, at_most=len(x) - 1)]
        ax.scatter(*place, s=330, edgecolor=style.INK, linestyle="--", **rings)
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), xlabel="x₁", ylabel="x₂", aspect="equal")
    outside: Any = {"loc": "lower left", "bbox_to_anchor": (-0.02, 1.0), "ncols": 4, "columnspacing": 0.9}
    ax.legend(fontsize=style.FONT, frameon=False, handletextpad=0.4, handlelength=1.4, **outside)
    return ax


def mistakes(counts: Any, ax: Axes | None = None) -> Axes:
    """Draw the mistakes of each epoch as bars; the last epoch may still be under way."""
    counts = np.asarray(counts, dtype=float)
    ax = style.axes_or_new(ax, 300, 300)
    ax.bar(np.arange(1, len(counts) + 1), counts, color=style.COLORS["red"], width=0.8)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="epoch", ylabel="mistakes", xlim=(0.4, max(len(counts), 8) + 0.6), ylim=(0, max(4.0, *counts, 0.0)))
    return ax


def boundary(weight: np.ndarray, bias: float, limit: float) -> np.ndarray | None:
    """Both ends of the line `w·x + b = 0` inside the square from -limit to limit; None where it does not cross it."""
    ends = []
    for axis in (0, 1):
        other = 1 - axis
        if abs(weight[axis]) < 1e-12:
            continue
        for place in (-limit, limit):
            crossing = -(bias + weight[other] * place) / weight[axis] + 0.0  # no minus zero
            point = np.empty(2)
            point[axis], point[other] = crossing, place
            if abs(crossing) <= limit * (1 + 1e-9) and not any(np.allclose(point, end) for end in ends):
                ends.append(point)
    return np.array(sorted(map(tuple, ends)))[[0, -1]] if len(ends) >= 2 else None
