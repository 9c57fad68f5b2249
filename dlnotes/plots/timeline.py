"""Milestones on two rows of years: when it happened, what it was called, what has not happened yet."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from dlnotes import _checks as checks
from dlnotes.plots import _style as style

KINDS = {"idea": ("blue", "o"), "limit": ("red", "s"), "result": ("green", "^")}


class Milestone(NamedTuple):
    """Something that happened in a year.

    Attributes:
        year: When it was made public.
        name: Two or three words, the label in the picture.
        kind: "idea" (a method or a proof that it can be done), "limit" (what cannot be done), "result" (it works).
        text: One sentence: who did what.
        source: Where it was published.
    """

    year: int
    name: str
    kind: str
    text: str
    source: str


def timeline(milestones: Sequence[Milestone], now: int, ax: Axes, *, years: tuple[int, int]) -> Axes:
    """Draw the milestones between two years: ideas above the axis, limits and results below it.

    Those after `now` are pale. The latest one up to `now` is bold, with a larger dot.

    Args:
        milestones: In the order of their years; those outside `years` are left out.
        now: The year reached.
        ax: Where to draw.
        years: First and last year of the axis; the last does not belong to it any more.

    Raises:
        TypeError, ValueError: No milestones, years not in order, or an unknown kind.

    Example:
        >>> steps = [Milestone(1943, "neuron", "idea", "", ""), Milestone(1969, "XOR", "limit", "", "")]
        >>> ax = timeline(steps, 1950, style.figure(700, 200).add_subplot(), years=(1940, 1980))
        >>> [text.get_text() for text in ax.texts]
        [' 1943 neuron', ' 1969 XOR']

    Notebook: 01_what_is_deep_learning.
    """
    if not milestones or any(a.year > b.year for a, b in pairwise(milestones)):
        raise ValueError("timeline expects at least one milestone, in the order of their years. Sort them by year.")
    checks.integer("timeline", "now", now)
    first, last = years
    if first >= last:
        raise ValueError(f"timeline expects years as (first, last) with first < last; got {years}.")
    latest = max((one.year for one in milestones if one.year <= now), default=None)
    shown = [one for one in milestones if first <= one.year < last]
    heights = levels(shown, (last - first) / 72)
    ax.axhline(0, color=style.MUTED, linewidth=2, zorder=1)
    ax.plot([first, min(max(now, first), last)], [0, 0], color=style.COLORS["sky"], linewidth=6, zorder=2)
    for one, height in zip(shown, heights, strict=True):
        color, marker = KINDS[one.kind]
        done, current = one.year <= now, one.year == latest
        tint = style.COLORS[color] if done else "#C4C4C4"
        ax.plot([one.year] * 2, [0, height], color=tint, linewidth=1.4, zorder=1)
        ax.plot(one.year, 0, marker, color=tint, markersize=13 if current else 8, markeredgecolor="white", zorder=3)
        ax.text(
            one.year, height, f" {one.year} {one.name}", fontsize=style.FONT, color=style.INK if done else "#767676",
            fontweight="bold" if current else "normal", va="center", zorder=4, in_layout=False,
        )  # fmt: skip
    ax.set(
        xlim=(first, last + 0.05 * (last - first)),
        ylim=(min(heights, default=0) - 0.6, max(heights, default=0) + 0.6),
        yticks=[],
    )
    step = 10 if last - first > 30 else 5
    ax.set_xticks(np.arange(-(-first // step) * step, last + 1, step))
    ax.grid(False)
    ax.spines["left"].set_visible(False)
    return ax


def levels(milestones: Sequence[Milestone], letter: float) -> list[int]:
    """How high each label stands: ideas above the axis, the others below, and no stem through a label.

    A label runs to the right of its stem, so it must stand further out than every later label that it reaches.

    Args:
        milestones: In the order of their years.
        letter: How wide a letter is, in years.
    """
    found: list[int] = []
    for i in reversed(range(len(milestones))):
        one = milestones[i]
        side = 1 if checks.choice("timeline", "kind", one.kind, list(KINDS)) == "idea" else -1
        end = one.year + letter * (len(one.name) + 6)
        later = zip(milestones[i + 1 :], found, strict=True)
        reached = [abs(level) for other, level in later if level * side > 0 and other.year <= end]
        found.insert(0, side * (1 + max(reached, default=0)))
    return found
