"""An expression graph as a picture: where each node stands, and boxes that show data and gradient."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from dlnotes.plots._style import COLORS, FONT, INK, MUTED, axes_or_new


class Node(NamedTuple):
    """What the picture needs to know of one value: its name, the numbers (None if unknown yet), and its parents."""

    name: str
    data: float | None
    grad: float | None
    parents: tuple[int, ...]


def layered(parents: Sequence[Sequence[int]]) -> list[tuple[int, float]]:
    """Place the nodes of a graph from left to right: (column, row) of each, rows at least 1 apart.

    A node stands right of all its parents; an input stands just left of the first node that uses it. Within a column
    the nodes are ordered so that edges are short.

    Args:
        parents: For each node the numbers of its parents; parents come before children.

    Example:
        >>> layered([[], [], [0, 1]])
        [(0, 0.0), (0, 1.0), (1, 0.5)]
    """
    count = len(parents)
    children: list[list[int]] = [[] for _ in range(count)]
    for node, above in enumerate(parents):
        for parent in above:
            children[parent].append(node)
    column = [0] * count
    for node, above in enumerate(parents):
        column[node] = 1 + max((column[parent] for parent in above), default=-1)
    for node in range(count):
        if not parents[node] and children[node]:
            column[node] = min(column[child] for child in children[node]) - 1
    columns = [[node for node in range(count) if column[node] == c] for c in range(max(column) + 1)]
    row = np.zeros(count)
    weight = np.array([8.0 if above else 1.0 for above in parents])  # operations in a row should make a straight line
    for members in columns:
        row[members] = np.arange(len(members)) - (len(members) - 1) / 2
    for sweep in range(12):
        for members in columns if sweep % 2 else columns[::-1]:
            wish = {}
            for node in members:
                near = [*parents[node], *children[node]]
                wish[node] = float(np.average(row[near], weights=weight[near])) if near else row[node]
            ordered = sorted(members, key=lambda node: (wish[node], node))
            placed = [wish[node] for node in ordered]
            for i in range(1, len(placed)):
                placed[i] = max(placed[i], placed[i - 1] + 1)
            shift = np.average([wish[node] for node in ordered] - np.array(placed), weights=weight[ordered])
            for node, place in zip(ordered, placed, strict=True):
                row[node] = place + float(shift)
    row -= row.min()
    return [(column[node], round(float(row[node]), 3)) for node in range(count)]


def expression_graph(nodes: Sequence[Node], ax: Axes | None = None) -> Axes:
    """Draw the graph: a box for each value with its name, data and gradient; arrows from parents to children.

    Args:
        nodes: The values, parents before children.
        ax: Where to draw; a new figure if None.
    """
    ax = axes_or_new(ax, 740, 360)
    places = layered([node.parents for node in nodes])
    for node, (x, y) in zip(nodes, places, strict=True):
        face = "#FFF3DC" if not node.parents else "#EAF3FA"
        box = FancyBboxPatch((x - 0.44, y - 0.36), 0.88, 0.72, boxstyle="round,pad=0,rounding_size=0.08")
        box.set(facecolor=face, edgecolor=INK, linewidth=1, zorder=2)
        ax.add_patch(box)
        data, grad = ("" if number is None else f"{number:.2g}" for number in (node.data, node.grad))
        ax.text(
            x,
            y - 0.22,
            node.name.replace("( )^2", "( )²"),
            ha="center",
            va="center",
            fontsize=FONT - 1,
            fontweight="bold",
            zorder=3,
        )
        ax.text(
            x, y + 0.03, f"data {data}", ha="center", va="center", fontsize=FONT - 2, color=COLORS["blue"], zorder=3
        )
        ax.text(x, y + 0.23, f"grad {grad}", ha="center", va="center", fontsize=FONT - 2, color=COLORS["red"], zorder=3)
        for parent in node.parents:
            u, v = places[parent]
            arrow = {"arrowstyle": "-|>", "color": MUTED, "linewidth": 1.2}
            ax.annotate("", (x - 0.44, y), (u + 0.44, v), arrowprops=arrow, zorder=1)
    columns, rows = (max(place[i] for place in places) for i in (0, 1))
    ax.set(xlim=(-0.55, columns + 0.55), ylim=(rows + 0.6, -0.6))
    ax.set_axis_off()
    return ax
