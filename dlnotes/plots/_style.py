"""How every picture looks: colours that colour-blind eyes can tell apart, a light grid, letters large enough to read.

`figure` makes a matplotlib Figure without pyplot, so a slider moved a thousand times leaks nothing and a picture may be
drawn in any thread. `png` turns it into bytes, the same bytes every time.
"""

import io
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure

from dlnotes import _checks as checks

# Okabe and Ito (2008), "Color Universal Design". `blue` is positive or class 1, `orange` negative or class 0.
COLORS = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "red": "#D55E00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
    "black": "#000000",
}
CYCLE = tuple(COLORS[name] for name in ("blue", "red", "green", "purple", "orange", "sky", "black"))
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (2, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")
INK, MUTED, GRID = "#222222", "#666666", "#E4E4E4"
FONT = 11  # points; the smallest letter in a figure

# Negative is orange, zero is white, positive is blue, as in TF Playground.
DIVERGING = LinearSegmentedColormap.from_list(
    "orange_white_blue", ["#B35900", "#F0A030", "#FFFFFF", "#5AA9DD", "#005A94"]
)
CLASSES = ListedColormap([COLORS[name] for name in ("orange", "blue", "green", "red", "purple", "sky", "yellow")])


class DrawnFigure(Figure):
    """A Figure that tidies each Axes it makes, and shows itself in a notebook without pyplot."""

    def add_subplot(self, *args: Any, **options: Any) -> Any:
        """As in matplotlib, then `tidy`."""
        return tidy(super().add_subplot(*args, **options))

    def add_axes(self, *args: Any, **options: Any) -> Any:
        """As in matplotlib, then `tidy`."""
        return tidy(super().add_axes(*args, **options))

    alt: str = ""

    def describe(self, alt: str) -> "DrawnFigure":
        """Say in words what the figure shows, for those who cannot see it; gives the figure back."""
        if not isinstance(alt, str) or not alt.strip():
            raise ValueError(f"describe expects a sentence that says what the figure shows; got {alt!r}.")
        self.alt = alt
        return self

    def __repr__(self) -> str:
        return self.alt or super().__repr__()

    def _repr_png_(self) -> bytes:
        return png(self)


def figure(width: float, height: float, *, layout: Literal["constrained"] | None = "constrained") -> DrawnFigure:
    """An empty white figure of `width` by `height` pixels, drawn by Agg and unknown to pyplot.

    Args:
        width: Pixels, 760 at most to fit beside a notebook's margins.
        height: Pixels.
        layout: "constrained" finds room for the labels at every draw; None leaves it to you and is quicker.

    Example:
        >>> fig = figure(600, 300)
        >>> line, = fig.subplots().plot([0, 1, 2], [0, 1, 4])
        >>> png(fig)[:4]
        b'\\x89PNG'
    """
    checks.number("figure", "width", width, above=0, at_most=10_000)
    checks.number("figure", "height", height, above=0, at_most=10_000)
    fig = DrawnFigure(figsize=(width / 100, height / 100), dpi=100, layout=layout, facecolor="white")
    FigureCanvasAgg(fig)
    return fig


def axes_or_new(ax: Axes | None, width: float = 480, height: float = 320) -> Axes:
    """The Axes given, or those of a new figure: so every plot may be called without any."""
    return figure(width, height).add_subplot() if ax is None else ax


def tidy(ax: Axes) -> Axes:
    """Light grid behind the data, no frame at the top and right, letters of 11 points and more."""
    ax.set_facecolor("white")
    if ax.name != "rectilinear":
        return ax
    ax.set_axisbelow(True)
    ax.grid(True, color=GRID, linewidth=0.8)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(MUTED)
    ax.tick_params(labelsize=FONT, color=MUTED, labelcolor=INK)
    ax.xaxis.label.set_fontsize(FONT + 1)
    ax.yaxis.label.set_fontsize(FONT + 1)
    ax.set_prop_cycle(color=list(CYCLE))
    return ax


def png(fig: Figure, *, level: int = 1) -> bytes:
    """The figure as PNG bytes, without date or version inside; `level` 1 is quick to make, 9 is small to store.

    Two drawings of the same numbers give the same bytes.
    """
    canvas = fig.canvas if isinstance(fig.canvas, FigureCanvasAgg) else FigureCanvasAgg(fig)
    canvas.draw()
    return _encode(canvas, level)


def _encode(canvas: FigureCanvasAgg, level: int = 1) -> bytes:
    """What is on the canvas now, without drawing again."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").save(buffer, "png", compress_level=level)
    return buffer.getvalue()
