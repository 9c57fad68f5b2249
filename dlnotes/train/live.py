"""What a notebook shows while `fit` runs: a bar, a stop button, and curves of the loss that grow in place.

All three are one output. While training it is a live view: the picture lives in one image widget and is replaced
there, without flicker. Afterwards the output becomes the final picture, a PNG with words beside it: it stays right
when the notebook is saved, reopened without a kernel, or read on a page. None of this is imported outside a notebook.
"""

import base64
import time
from typing import Any

from matplotlib.ticker import MaxNLocator

from dlnotes.plots import _style as style
from dlnotes.train.progress import Bar
from dlnotes.train.stop import StopButton

VIEW = "application/vnd.jupyter.widget-view+json"
WIDTH, HEIGHT = 760, 280
PAUSE = 0.3  # seconds, at least, between two pictures


class Curves:
    """The loss, and each metric beside it, epoch by epoch: training solid, validation dashed.

    Attributes:
        figure: One matplotlib Figure for the whole training.
        alt: The figure in words, the same from the first picture to the last.
    """

    def __init__(self, epochs: int, columns: list[str]) -> None:
        """Prepare axes for these columns of the history: "loss" first, then at most one metric beside it."""
        shown = [name for name in columns if not name.startswith("validation_") and name not in ("seconds", "rate")][:2]
        both = any(name.startswith("validation_") for name in columns)
        words = " and ".join(shown)
        self.alt = f"Training curves: {words} over {epochs} epochs{', training and validation' if both else ''}."
        self.figure = style.figure(float(WIDTH if len(shown) > 1 else WIDTH // 2 + 60), float(HEIGHT))
        self._axes = dict(zip(shown, self.figure.subplots(1, len(shown), squeeze=False)[0], strict=True))
        self._lines = {}
        for name, ax in self._axes.items():
            ax.set_xlim(min(1, epochs - 1), max(epochs, 1))
            ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
            ax.ticklabel_format(axis="y", useOffset=False)
            ax.set_xlabel("epoch")
            ax.set_title(name, fontsize=style.FONT + 1, loc="left")
            dot = "o" if epochs <= 30 else None
            kinds = [(name, "blue", "-", dot), (f"validation_{name}", "red", "--", dot and "s")]
            for column, colour, dash, marker in kinds:
                if column in columns:
                    options = {"color": style.COLORS[colour], "linestyle": dash, "marker": marker, "markersize": 4}
                    self._lines[column] = ax.plot([], [], **options)[0]

    def draw(self, history: dict[str, list[float]]) -> bytes:
        """Draw the history so far; the legend gives the latest numbers. Returns PNG bytes."""
        for column, line in self._lines.items():
            values = history[column]
            line.set_data(range(1, len(values) + 1), values)
            kind = "validation" if column.startswith("validation_") else "training"
            line.set_label(f"{kind} {values[-1]:.3g}" if values else kind)
        for ax in self._axes.values():
            ax.relim()
            ax.autoscale_view(scalex=False)
            ax.legend(frameon=False, fontsize=style.FONT)
        return style.png(self.figure)


class Panel:
    """One output of a cell with whatever was asked for: bar, button, curves.

    Attributes:
        stop: The stop button.
    """

    def __init__(self, kernel: Any, epochs: int, bar: Bar | None, curves: Curves | None) -> None:
        import ipywidgets

        self.stop = StopButton(kernel)
        self._curves, self._drawn = curves, 0.0
        self._image = ipywidgets.Image(format="png", width=WIDTH) if curves else None
        if curves and self._image:
            self._image.width = str(round(curves.figure.get_figwidth() * 100))
        self._bars = [bar.view] if bar else []
        self._top = ipywidgets.HBox([*self._bars, self.stop.view])
        self._top.layout.align_items = "center"
        self._view = ipywidgets.VBox([self._top, *([self._image] if self._image else [])])
        self._alt = curves.alt if curves else f"Training for {epochs} epochs."

    def __enter__(self) -> "Panel":
        from IPython.display import display

        view = {"version_major": 2, "version_minor": 0, "model_id": self._view.model_id}
        self._handle = display({"text/plain": self._alt, VIEW: view}, raw=True, display_id=True)
        self.stop.__enter__()
        return self

    def show(self, history: dict[str, list[float]]) -> None:
        """Draw the curves anew, unless the last picture is only just there."""
        if self._curves and self._image and time.monotonic() - self._drawn > PAUSE:
            self._image.value = self._curves.draw(history)
            self._drawn = time.monotonic()

    def finish(self, history: dict[str, list[float]]) -> None:
        """Put the final picture in the place of the live view."""
        if self._curves and self._handle:
            picture = base64.b64encode(self._curves.draw(history)).decode()
            self._handle.update({"text/plain": self._alt, "image/png": picture}, raw=True)

    def __exit__(self, *error: object) -> None:
        self._top.children = self._bars
        self.stop.__exit__(*error)
        if self._curves:  # the picture stands; nothing needs the live view any more
            _close(self._view)


def _close(widget: Any) -> None:
    """Close a widget with all its parts, so that a notebook that trains often does not gather dead ones."""
    for part in (*getattr(widget, "children", ()), getattr(widget, "style", None), getattr(widget, "layout", None)):
        if hasattr(part, "close"):
            _close(part)
    widget.close()
