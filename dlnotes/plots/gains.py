"""A table that is also a figure: what each of several changes gained, for every seed, and how sure that is."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dlnotes import _checks as checks
from dlnotes.plots import _style as style
from dlnotes.plots.seeds import _tables

# Better for every seed, worse for every seed, or not clear: colour, marker, word.
VERDICTS = {"better": ("green", "^"), "worse": ("red", "v"), "not clear": ("black", "o")}


def verdict(gains: Any, *, less_is_better: bool = False) -> str:
    """Say "better" if every seed gained, "worse" if every seed lost, else "not clear".

    Example:
        >>> verdict([0.5, 1.0, 2.0]), verdict([0.5, 1.0], less_is_better=True), verdict([-1, 0, 2])
        ('better', 'worse', 'not clear')
    """
    gains = np.asarray(gains, float) * (-1 if less_is_better else 1)
    return "better" if (gains > 0).all() else "worse" if (gains < 0).all() else "not clear"


def gain_table(
    gains: Mapping[str, Any], ax: Any = None, *, places: int = 1, less_is_better: bool = False, **labels: Any
) -> Any:
    """Draw one row for each name, the first on top: a mark for each seed, and at the right the mean ± half the range.

    Rows that are better for every seed are green triangles pointing up, worse for every seed red ones pointing down,
    the others black circles: from so few seeds one cannot say.

    Args:
        gains: Name -> the difference that it made, for each seed.
        ax: Where to draw; a new figure if None.
        places: Decimals of the numbers at the right.
        less_is_better: Whether a fall is a gain, as for a loss.
        **labels: What `ax.set` takes: title, xlabel …

    Returns:
        The Axes.

    Raises:
        TypeError, ValueError: No rows; numbers that are not finite, or not in one row; places that are no number of
            decimals.

    Example:
        >>> ax = gain_table({"more data": [4.0, 5.0], "flips": [-3.0, -2.0], "prayer": [-1.0, 1.0]})
        >>> [text.get_text() for text in ax.texts]
        ['+4.5 ± 0.5', '−2.5 ± 0.5', '+0.0 ± 1.0']

    Notebook: 09_generalisation.
    """
    rows = _tables("gain_table", gains, 1)
    checks.integer("gain_table", "places", places, at_least=0)
    ax = style.axes_or_new(ax, 620, 80 + 34 * len(rows))

    for row, (name, values) in enumerate(rows.items()):
        color, marker = VERDICTS[verdict(values, less_is_better=less_is_better)]
        look = {"color": style.COLORS[color], "marker": marker, "label": name}
        ax.plot(values, np.full(len(values), row), linestyle="none", markersize=8, alpha=0.6, **look)
        mean = f"{round(values.mean(), places) + 0.0:+.{places}f}".replace("-", "−")
        where = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
        ax.annotate(
            f"{mean} ± {np.ptp(values) / 2:.{places}f}",
            (1, row),
            (8, 0),
            va="center",
            fontsize=style.FONT,
            color=style.INK,
            **where,
        )
    ax.axvline(0, color=style.MUTED, linewidth=1)
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.margins(x=0.08)
    ax.set(**labels)
    return ax
