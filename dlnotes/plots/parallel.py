"""Parallel coordinates: a whole population of trainings in one picture, an upright axis for each setting."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes

from dlnotes import _checks as checks
from dlnotes.plots import _style as style
from dlnotes.plots.training import numbers

_PAPER = {"facecolor": "white", "alpha": 0.85, "linewidth": 0, "pad": 1}


def parallel_coordinates(
    settings: Mapping[str, Any],
    score: Any,
    ax: Axes | None = None,
    *,
    label: str = "validation loss",
    log: Sequence[str] = (),
    lower_is_better: bool = True,
    title: str = "",
) -> Axes:
    """Draw one line per training through its value on every axis; the last axis is the score, better upwards.

    Good trainings are dark, bad ones light, and they are drawn in that order, so that the good lie on top. The best is
    thick and orange, with a star and its value on each axis. A training without a finite score (it exploded) is dotted
    and ends at the bottom of the last axis.

    Args:
        settings: Name of a setting -> its value in each training, such as `{"rate": [0.1, 0.3], "decay": [0, 0.01]}`.
        score: What each training reached.
        ax: Where to draw; a new figure if None.
        label: What the score is.
        log: The names of the axes on a logarithmic scale, `label` allowed; their values are above 0.
        lower_is_better: A loss; False for an accuracy.
        title: What to look at.

    Returns:
        The Axes. Line i belongs to training i; the last one, with the stars, to the best.

    Raises:
        TypeError, ValueError: No settings, rows of different lengths, values that are not finite, an unknown name in
            `log` or a value there that is not above 0, or no training with a finite score.

    Example:
        >>> settings = {"rate": [0.01, 0.1, 1.0], "momentum": [0.9, 0.0, 0.9]}
        >>> ax = parallel_coordinates(settings, [0.5, 0.3, 2.0], log=["rate"])
        >>> ax.lines[1].get_xydata().tolist()      # rate half way, momentum at the bottom, score at the top
        [[0.0, 0.5], [1.0, 0.0], [2.0, 1.0]]

    Inselberg 1985, "The plane with parallel coordinates".

    Notebook: 08_learning_rate_and_tuning.
    """
    who = "parallel_coordinates"
    if not isinstance(settings, Mapping) or not settings:
        raise TypeError(f"{who} expects settings as a dict such as {{'rate': [0.1, 0.3]}}; got {settings!r}.")
    for name in log:
        checks.choice(who, "log", name, [*settings, label])
    reached = numbers(who, score, "score")
    done = np.isfinite(reached)
    if not done.any():
        raise ValueError(f"{who} expects at least one finite score; got none.")
    columns, scales = [], []
    for name, values in settings.items():
        row = numbers(who, values, name)
        if len(row) != len(reached):
            raise ValueError(f"{who} expects one value of {name} for each score; got {len(row)} and {len(reached)}.")
        if not np.isfinite(row).all():
            raise ValueError(f"{who} expects finite values of {name}; got {row[~np.isfinite(row)][0]}.")
        scales.append(_scale(who, name, row, name in log, False))
        columns.append(_place(row, scales[-1]))
    scales.append(_scale(who, label, reached[done], label in log, lower_is_better))
    columns.append(np.where(done, _place(np.where(done, reached, reached[done][0]), scales[-1]), 0.0))
    heights = np.stack(columns, 1)

    ax = style.axes_or_new(ax, 700, 400)
    xs = np.arange(heights.shape[1])
    order = np.argsort(np.where(done, heights[:, -1], -1.0), kind="stable").argsort()  # 0 is the worst
    shade = colormaps["Blues"]
    for place, line, finished in zip(order, heights, done, strict=True):
        share = place / max(len(order) - 1, 1)
        ax.plot(
            xs, line, color=shade(0.25 + 0.75 * share) if finished else style.MUTED, linewidth=0.8 + 0.8 * share,
            linestyle="-" if finished else ":", alpha=0.85, zorder=2 + share,
        )  # fmt: skip
    best = int(np.argmax(np.where(done, heights[:, -1], -1.0)))
    ax.plot(xs, heights[best], "-*", color=style.COLORS["red"], linewidth=3, markersize=15, markeredgecolor="white",
            zorder=4)  # fmt: skip
    for x, (low, high, logarithmic), values in zip(xs, scales, [*settings.values(), reached], strict=True):
        for height, shift in ((0.0, -10), (0.5, 0), (1.0, 10)):
            middle = (low * high) ** 0.5 if logarithmic else (low + high) / 2
            text = f"{(low, middle, high)[round(2 * height)]:.2g}"
            ax.annotate(text, (float(x), height), (-5, shift), textcoords="offset points", ha="right", va="center",
                        color=style.INK, fontsize=style.FONT, zorder=5, bbox=_PAPER)  # fmt: skip
        ax.annotate(f"{np.asarray(values, float)[best]:.2g}", (float(x), heights[best, round(float(x))]), (9, 6),
                    textcoords="offset points", color=style.INK, weight="bold", fontsize=style.FONT, zorder=6,
                    bbox=_PAPER)  # fmt: skip
    ax.vlines(xs, 0, 1, color=style.MUTED, linewidth=1.2, zorder=1)
    ax.set_xticks(xs, [*settings, label])
    ax.set(title=title, yticks=[], xlim=(-0.35, len(xs) - 0.65), ylim=(-0.09, 1.1))
    ax.grid(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    return ax


def _scale(who: str, name: str, values: np.ndarray, log: bool, turned: bool) -> tuple[float, float, bool]:
    """The values at the bottom and at the top of an axis, and whether it is logarithmic."""
    low, high = float(values.min()), float(values.max())
    if log and low <= 0:
        raise ValueError(f"{who} expects values of {name} above 0 on a logarithmic axis; got {low:g}.")
    if low == high:  # all alike: in the middle
        low, high = (low / 2, 2 * low) if log else (low - 1, low + 1)
    return (high, low, log) if turned else (low, high, log)


def _place(values: np.ndarray, scale: tuple[float, float, bool]) -> np.ndarray:
    """How high each value stands on its axis, 0 to 1."""
    low, high, log = scale
    return np.log(values / low) / np.log(high / low) if log else (values - low) / (high - low)
