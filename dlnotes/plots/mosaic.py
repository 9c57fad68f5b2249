"""Many small pictures laid side by side as one: quick to draw, however many there are."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from dlnotes import _checks as checks
from dlnotes.plots import _style as style


def mosaic(images: Any, ax: Axes | None = None, *, columns: int = 10, signed: bool = False) -> Axes:
    """Lay pictures in rows, with a thin white line between them.

    Args:
        images: (n, height, width): pixels in [0, 1], 0 for paper and 1 for ink; or weights, if `signed`.
        ax: Where to draw; a new figure if None.
        columns: Pictures in a row.
        signed: Weights: blue positive, white zero, orange negative, each picture on a scale of its own.

    Returns:
        The Axes, with one image on it.

    Raises:
        TypeError, ValueError: Not (n, height, width), or NaN.

    Example:
        >>> ax = mosaic(np.ones((5, 4, 4)), columns=3)  # two rows of three, the last place empty
        >>> ax.images[0].get_array().shape
        (9, 14)

    Notebook: 11_layerwise_pretraining.
    """
    images = np.asarray(checks.array("mosaic", images, name="images", rank=3))
    columns = checks.integer("mosaic", "columns", columns, at_least=1)
    rows = -(-len(images) // columns)
    if signed:
        images = images / np.maximum(np.abs(images).max((1, 2), keepdims=True), 1e-12)
    ax = style.axes_or_new(ax, 740, min(40 + 700 * rows / columns, 760))
    look = {"cmap": style.DIVERGING, "vmin": -1, "vmax": 1} if signed else {"cmap": "gray_r", "vmin": 0, "vmax": 1}
    ax.imshow(tiles(images, columns), interpolation="nearest", **look)
    ax.set_axis_off()
    return ax


def tiles(images: np.ndarray, columns: int) -> np.ndarray:
    """The pictures as one array, a line of zeros between any two."""
    count, height, width = images.shape
    rows = -(-count // columns)
    sheet = np.zeros((rows * columns, height + 1, width + 1), np.float32)
    sheet[:count, :-1, :-1] = images
    whole = sheet.reshape(rows, columns, height + 1, width + 1).swapaxes(1, 2)
    return whole.reshape(rows * (height + 1), columns * (width + 1))[:-1, :-1]
