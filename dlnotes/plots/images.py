"""Rows of small pictures: examples with what was said about them, and weights as pictures."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from dlnotes import _checks as checks
from dlnotes.plots import _style as style


def image_grid(
    images: Any,
    labels: Any = None,
    probabilities: Any = None,
    figure: Figure | None = None,
    *,
    columns: int = 8,
    class_names: Sequence[str] = (),
) -> Figure:
    """Show pictures with their label, and what a model said with which probability.

    A right answer stands in blue after a tick, a wrong one in red after a cross, with the truth behind it.

    Args:
        images: (n, height, width) or (n, height, width, channels), pixels in [0, 1].
        labels: The true class numbers, if known.
        probabilities: (n, classes), each row summing to 1, if a model has spoken.
        figure: Where to draw; a new one of the right height if None.
        columns: Pictures in a row.
        class_names: Shown instead of class numbers.

    Returns:
        The figure: one Axes per picture, in order.

    Raises:
        TypeError, ValueError: Not pictures, or labels and probabilities that do not fit them.

    Example:
        >>> fig = image_grid(np.zeros((2, 8, 8)), np.array([3, 1]), np.eye(4)[[3, 0]])
        >>> [ax.get_title() for ax in fig.axes]
        ['✓ 3  100%', '✗ 0  100%\\nit is 1']

    Notebook: 00_start_here.
    """
    images = _pictures("image_grid", images)
    count = len(images)
    checks.integer("image_grid", "columns", columns, at_least=1)
    if labels is not None:
        labels = np.asarray(checks.labels("image_grid", np.asarray(labels), shape=(count,)))
    if probabilities is not None:
        probabilities = np.asarray(checks.array("image_grid", probabilities, name="probabilities", rank=2))
        if len(probabilities) != count:
            raise ValueError(f"image_grid expects {count} rows of probabilities; got {len(probabilities)}.")
    rows = -(-count // columns)
    if figure is None:
        figure = style.figure(740, rows * (132 if probabilities is not None else 112))
    for i, image in enumerate(images):
        ax = figure.add_subplot(rows, columns, i + 1)
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        ax.set_axis_off()
        text, color = _caption(i, labels, probabilities, class_names)
        ax.set_title(text, fontsize=style.FONT, color=color, pad=3)
    return figure


def weight_images(
    weights: Any, figure: Figure | None = None, *, titles: Sequence[str] = (), columns: int = 10
) -> Figure:
    """Show weights as pictures on one common scale: blue positive, white zero, orange negative.

    Args:
        weights: (n, height, width), one picture per unit.
        figure: Where to draw; a new one of the right height if None.
        titles: One per picture.
        columns: Pictures in a row.

    Raises:
        TypeError, ValueError: Not (n, height, width).

    Example:
        >>> fig = weight_images(np.ones((3, 4, 4)), titles=["a", "b", "c"])
        >>> fig.axes[0].images[0].get_clim()
        (-1.0, 1.0)

    Notebook: 01_what_is_deep_learning.
    """
    weights = np.asarray(checks.array("weight_images", weights, name="weights", rank=3))
    checks.integer("weight_images", "columns", columns, at_least=1)
    rows = -(-len(weights) // columns)
    figure = style.figure(740, rows * (100 if titles else 80)) if figure is None else figure
    limit = float(np.abs(weights).max()) or 1.0
    for i, picture in enumerate(weights):
        ax = figure.add_subplot(rows, columns, i + 1)
        ax.imshow(picture, cmap=style.DIVERGING, vmin=-limit, vmax=limit, interpolation="nearest")
        ax.set_axis_off()
        if i < len(titles):
            ax.set_title(titles[i], fontsize=style.FONT, pad=3)
    return figure


def _pictures(who: str, images: Any) -> np.ndarray:
    images = np.asarray(checks.array(who, images, name="images", min_rank=3))
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim > 4 or (images.ndim == 4 and images.shape[-1] != 3):
        raise ValueError(
            f"{who} expects images of shape (n, height, width), or with 1 or 3 channels last; got {images.shape}."
        )
    return images


def _caption(i: int, labels: Any, probabilities: Any, class_names: Sequence[str]) -> tuple[str, str]:
    def name(label: int) -> str:
        return class_names[label] if label < len(class_names) else str(label)

    if probabilities is None:
        return ("" if labels is None else name(int(labels[i]))), style.INK
    said = int(probabilities[i].argmax())
    text = f"{name(said)}  {probabilities[i][said]:.0%}"
    if labels is None:
        return text, style.INK
    if said == labels[i]:
        return f"✓ {text}", style.COLORS["blue"]
    return f"✗ {text}\nit is {name(int(labels[i]))}", style.COLORS["red"]
