"""Points on a plane, and what a model says at every place of it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from dlnotes import _checks as checks
from dlnotes.plots import _style as style


def points(x: Any, y: Any, ax: Axes | None = None, *, class_names: Sequence[str] = (), size: float = 30) -> Axes:
    """Scatter two-dimensional examples; each class has its own colour and its own marker.

    Args:
        x: One example per row, two columns.
        y: Class numbers 0, 1, …
        ax: Where to draw; a new figure if None.
        class_names: For a legend; none is drawn without names.
        size: Of a marker, in points squared.

    Raises:
        TypeError, ValueError: `x` is not (n, 2), or `y` has no class number for each row.

    Example:
        >>> ax = points(np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([0, 1]))
        >>> [group.get_offsets().tolist() for group in ax.collections]
        [[[0.0, 1.0]], [[2.0, 3.0]]]

    Notebook: 04_feedforward_networks.
    """
    x, y = _plane("points", x, y)
    ax = style.axes_or_new(ax, 420, 400)
    for label in np.unique(y):
        color = style.CLASSES(int(label) % style.CLASSES.N)
        marker = style.MARKERS[int(label) % len(style.MARKERS)]
        name = class_names[label] if label < len(class_names) else f"class {label}"
        ax.scatter(
            *x[y == label].T, s=size, color=color, marker=marker, edgecolor="white", linewidth=0.7, label=name, zorder=3
        )
    if class_names:
        ax.legend(fontsize=style.FONT, frameon=True, framealpha=0.9, edgecolor="none")
    return ax


def decision_boundary(
    predict: Callable[[np.ndarray], Any],
    data: tuple[Any, Any],
    ax: Axes | None = None,
    *,
    steps: int = 120,
    margin: float = 0.15,
    class_names: Sequence[str] = (),
) -> Axes:
    """Colour the plane by what `predict` says there, draw the boundary, and put the data on top.

    Args:
        predict: Takes float32 rows (n, 2). Returns either one number per row, the probability of class 1 (the boundary
            is where it crosses 0.5), or one column per class, probabilities or logits (the boundary is where the
            largest column changes).
        data: `(x, y)`: rows (n, 2) and class numbers.
        ax: Where to draw; a new figure if None.
        steps: Places along each side.
        margin: Room around the data, as a share of its width.
        class_names: For a legend.

    Returns:
        The Axes; `ax.images[0]` holds the numbers, the first row at the bottom.

    Raises:
        TypeError, ValueError: Not a function, data that is not (n, 2), or an answer of another length.

    Example:
        >>> data = (np.array([[-1.0, 0.0], [1.0, 0.0]]), np.array([0, 1]))
        >>> ax = decision_boundary(lambda x: 1 / (1 + np.exp(-5 * x[:, 0])), data, steps=40)
        >>> ax.images[0].get_array().shape
        (40, 40)

    Notebook: 04_feedforward_networks.
    """
    checks.function("decision_boundary", "predict", predict)
    checks.integer("decision_boundary", "steps", steps, at_least=2, at_most=2000)
    if not isinstance(data, (tuple, list)) or len(data) < 2:
        raise TypeError("decision_boundary expects data as (x, y): rows of two numbers, and their class numbers.")
    x, y = _plane("decision_boundary", data[0], data[1])
    ax = style.axes_or_new(ax, 420, 400)
    low, high = x.min(0), x.max(0)
    room = margin * np.maximum(high - low, 1e-6)
    low, high = low - room, high + room
    columns, rows = np.linspace(low[0], high[0], steps), np.linspace(low[1], high[1], steps)
    grid = np.stack(np.meshgrid(columns, rows), -1).reshape(-1, 2).astype(np.float32)
    said = np.asarray(predict(grid))
    if said.shape[:1] != grid.shape[:1] or said.ndim > 2:
        raise ValueError(
            f"decision_boundary expects predict to give an answer for each of {len(grid)} rows; got shape {said.shape}."
        )
    box: Any = (low[0], high[0], low[1], high[1])
    paint: dict[str, Any] = {"origin": "lower", "extent": box, "aspect": "auto", "interpolation": "bilinear"}
    if said.ndim == 1 or said.shape[1] == 1:
        field = said.reshape(steps, steps).astype(float)
        ax.imshow(field, cmap=style.DIVERGING, vmin=0, vmax=1, alpha=0.75, **paint)
        _contour(ax, columns, rows, field, 0.5)
    else:
        field = said.argmax(1).reshape(steps, steps)
        paint["interpolation"] = "nearest"
        ax.imshow(field, cmap=style.CLASSES, vmin=-0.5, vmax=style.CLASSES.N - 0.5, alpha=0.35, **paint)
        for label in range(said.shape[1]):
            _contour(ax, columns, rows, (field == label).astype(float), 0.5)
    ax.grid(False)
    points(x, y, ax, class_names=class_names)
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    return ax


def _contour(ax: Axes, columns: np.ndarray, rows: np.ndarray, field: np.ndarray, level: float) -> None:
    """matplotlib warns where a contour does not occur, so ask first."""
    if field.min() < level < field.max():
        ax.contour(columns, rows, field, levels=[level], colors=style.INK, linewidths=1.5)


def _plane(who: str, x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or x.shape[1] != 2 or len(x) == 0 or not np.issubdtype(x.dtype, np.number):
        raise ValueError(f"{who} expects x with one row of two numbers per example, shape (n, 2); got {x.shape}.")
    y = np.asarray(checks.labels(who, y.astype(np.int32) if y.dtype == bool else y, shape=(len(x),)))
    return x, y
