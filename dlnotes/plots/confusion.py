"""Which class is taken for which: the confusion matrix as a table of counts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from dlnotes.plots import _style as style

_BLUES = LinearSegmentedColormap.from_list("white_blue", ["#FFFFFF", "#9CC9E6", style.COLORS["blue"]])


def confusion_matrix(counts: Any, ax: Axes | None = None, *, class_names: Sequence[str] = ()) -> Axes:
    """Draw the matrix with a count in each cell: truth down the side, answers along the bottom.

    The colour is the share of its row, so a rare class is as visible as a common one.

    Args:
        counts: (classes, classes) whole numbers, as `dlnotes.metrics.confusion_matrix` gives them: row = truth.
        ax: Where to draw; a new figure if None.
        class_names: Shown instead of class numbers.

    Raises:
        ValueError: Not a square matrix of counts.

    Example:
        >>> ax = confusion_matrix(np.array([[8, 2], [1, 9]]))
        >>> [text.get_text() for text in ax.texts]
        ['8', '2', '1', '9']

    Notebook: 00_start_here.
    """
    counts = np.asarray(counts)
    square = counts.ndim == 2 and counts.shape[0] == counts.shape[1] and counts.size > 0
    if not square or not np.issubdtype(counts.dtype, np.number) or not (counts >= 0).all():
        raise ValueError(f"confusion_matrix expects a square table of counts; got shape {counts.shape}.")
    n = len(counts)
    ax = style.axes_or_new(ax, 120 + 44 * max(n, 4), 90 + 38 * max(n, 4))
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    ax.imshow(share, cmap=_BLUES, vmin=0, vmax=1)
    for row, column in np.ndindex(n, n):
        if counts[row, column]:
            ink = "white" if share[row, column] > 0.6 else style.INK
            text = f"{counts[row, column]:g}"
            ax.text(column, row, text, ha="center", va="center", color=ink, fontsize=style.FONT)
    names = [class_names[i] if i < len(class_names) else str(i) for i in range(n)]
    turn = max(map(len, names)) > 4
    ax.set_xticks(range(n), names, rotation=40 if turn else 0, ha="right" if turn else "center")
    ax.set_yticks(range(n), names)
    ax.grid(False)
    ax.set(xlabel="the model says", ylabel="the truth")
    return ax
