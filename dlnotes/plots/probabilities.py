"""How sure a classifier is: one bar a class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from dlnotes import _checks as checks
from dlnotes.plots import _style as style


def probability_bars(
    probabilities: Any, ax: Axes | None = None, *, names: Sequence[str] | None = None, label: int = -1
) -> Axes:
    """Draw one horizontal bar for each class, the most probable in colour, the meant one marked.

    Args:
        probabilities: Shape (classes,), each in [0, 1].
        ax: Where to draw; a new figure's Axes if None.
        names: What to call the classes; 0, 1, 2 … by default.
        label: The class that was meant, or -1 for none.

    Returns:
        The Axes.

    Raises:
        TypeError, ValueError: Not one row of probabilities, or as many names as classes are missing.

    Example:
        >>> ax = probability_bars(np.array([0.1, 0.7, 0.2]), label=1)
        >>> [round(float(bar.get_width()), 1) for bar in ax.patches]
        [0.1, 0.7, 0.2]

    Notebook: 00_start_here.
    """
    p = np.asarray(checks.array("probability_bars", probabilities, name="probabilities", rank=1))
    if p.min() < 0 or p.max() > 1 + 1e-5:
        raise ValueError(f"probability_bars expects probabilities in [0, 1]; got {p.min():g} to {p.max():g}.")
    names = [str(i) for i in range(len(p))] if names is None else list(names)
    if len(names) != len(p):
        raise ValueError(f"probability_bars expects {len(p)} names, one a class; got {len(names)}.")
    ax = style.axes_or_new(ax, 420, 300)
    best = int(p.argmax())
    right = label in (-1, best)
    shades = [style.COLORS["blue" if right else "red"] if i == best else "#9AA0A6" for i in range(len(p))]
    bars = ax.barh(range(len(p)), p, color=shades)
    texts = [f"{100 * v:.1f} %" + ("  ◂ meant" if i == label else "") for i, v in enumerate(p)]
    ax.bar_label(bars, texts, padding=4, fontsize=style.FONT - 1)
    ax.set(xlim=(0, 1.25), yticks=range(len(p)), xticks=[0, 0.5, 1], xlabel="probability")
    ax.set_yticklabels(names)
    ax.invert_yaxis()
    ax.grid(False)
    return ax
