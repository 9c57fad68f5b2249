"""What all live figures share: settings, a text alternative, a still picture, and a view that the notebook shows.

Two ways to draw. A `Canvas` draws in the page: JavaScript gets the numbers once and answers every movement itself. A
`Picture` draws in Python, with one matplotlib figure that lives as long as the widget; the page has the same controls
and asks for the picture. Either is a plain Python object, not an ipywidget, so its own `_repr_mimebundle_` decides what
a notebook stores: words, a still picture, and the live view.
"""

import abc
import base64
import pathlib
from collections.abc import Mapping
from typing import Any, ClassVar

import anywidget
import ipywidgets as widgets
import numpy as np
import traitlets
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from dlnotes.plots import _style as style
from dlnotes.widgets._control import Control

__all__ = ["Canvas", "Control", "Picture", "Shell"]

STATIC = pathlib.Path(__file__).parent / "static"
VIEW = "application/vnd.jupyter.widget-view+json"


class Shell(abc.ABC):
    """A live figure: `settings` in, picture and `numbers()` out. Subclass `Picture` or `Canvas`, not this.

    Attributes:
        title: One line above the picture: what to look at.
        controls: Setting name -> `Control`, in the order shown.
        view: The ipywidget that the notebook shows.
    """

    title: ClassVar[str] = ""
    controls: dict[str, Control]
    view: widgets.DOMWidget

    def __init__(self, controls: Mapping[str, Control], settings: Mapping[str, Any]) -> None:
        """Check the starting settings; a subclass then builds its view from `self._start`."""
        self.controls = dict(controls)
        self._start = {name: control.default for name, control in self.controls.items()} | self._checked(settings)

    @property
    def settings(self) -> dict[str, Any]:
        """Every setting as a plain value. Assigning a dict of some or all of them moves the figure there."""
        return self._read()

    @settings.setter
    def settings(self, values: Mapping[str, Any]) -> None:
        self._write(self._checked(values))

    @property
    def alt(self) -> str:
        """The figure in words, with the numbers it shows now."""
        return f"{type(self).__name__}: {self.title} ({_listed(self.settings)})"

    @abc.abstractmethod
    def numbers(self) -> dict[str, Any]:
        """The numbers the picture shows with the present settings: plain values and arrays."""

    @abc.abstractmethod
    def fallback(self) -> bytes:
        """The figure as a still picture (PNG), for pages without a kernel and for print."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_listed(self.settings)})"

    def _checked(self, values: Mapping[str, Any]) -> dict[str, Any]:
        who = type(self).__name__
        if not isinstance(values, Mapping):
            raise TypeError(f"{who} expects settings as a dict such as {{{_example(self.controls)}}}; got {values!r}.")
        unknown = [name for name in values if name not in self.controls]
        if unknown:
            names = ", ".join(self.controls)
            raise ValueError(f"{who} has no setting {unknown[0]!r}. Its settings are: {names}.")
        return {name: self.controls[name].check(who, name, value) for name, value in values.items()}

    @abc.abstractmethod
    def _read(self) -> dict[str, Any]:
        """The settings as the view has them."""

    @abc.abstractmethod
    def _write(self, values: dict[str, Any]) -> None:
        """Bring the view to these settings, checked already."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> tuple[dict, dict]:
        bundle, metadata = _view_bundle(self.view)
        picture = base64.b64encode(self.fallback()).decode("ascii")
        return bundle | {"text/plain": self.alt, "image/png": picture}, metadata


class Canvas(Shell):
    """A figure drawn in the page by `static/<script>`, which follows our small drawing library `static/axes.js`.

    Every setting is a synced trait of the view, under its own name: the page and `settings` always agree. `tables()`
    are arrays sent once as float32. The page may also ask Python: override `answer`.
    """

    script: ClassVar[str] = ""
    caption: ClassVar[str] = ""

    def __init__(self, controls: Mapping[str, Control], settings: Mapping[str, Any]) -> None:
        super().__init__(controls, settings)
        traits: dict[str, Any] = {
            "_esm": (STATIC / "axes.js").read_text("utf-8") + "\n" + (STATIC / self.script).read_text("utf-8"),
            "_css": (STATIC / "shell.css").read_text("utf-8"),
            "tables": traitlets.Bytes().tag(sync=True),
            "page": traitlets.Dict().tag(sync=True),
        }
        for name, control in self.controls.items():
            if name in traits or hasattr(anywidget.AnyWidget, name):
                raise ValueError(f"{type(self).__name__} cannot call a setting {name!r}: every ipywidget has one.")
            traits[name] = _trait(control).tag(sync=True)
        blob, shapes = _pack(self.tables())
        page = {
            "name": type(self).__name__,
            "title": self.title,
            "caption": self.caption,
            "shapes": shapes,
            "controls": {name: control.describe() for name, control in self.controls.items()},
        }
        kind: Any = type(f"{type(self).__name__}View", (anywidget.AnyWidget,), traits)
        self.view = kind(tables=blob, page=page, **self._start)
        self.view.on_msg(self._message)

    def tables(self) -> dict[str, np.ndarray]:
        """Arrays the page draws from, by name."""
        return {}

    def send_tables(self) -> None:
        """Send `tables()` again, after they changed."""
        blob, shapes = _pack(self.tables())
        with self.view.hold_sync():
            self.view.set_trait("page", {**self.view.trait_values()["page"], "shapes": shapes})
            self.view.set_trait("tables", blob)

    def answer(self, question: dict[str, Any], buffers: list[Any]) -> tuple[dict[str, Any], list[Any]]:
        """Reply to `await page.ask(question)` in the page: plain values, and arrays that arrive as Float32Array.

        Instead of an array there may be `bytes`; the page finds them, as they are, in `bytes`.
        """
        raise TypeError(f"{type(self).__name__} answers no questions.")

    def _message(self, _: Any, content: dict[str, Any], buffers: list[Any]) -> None:
        if not isinstance(content, dict) or "ask" not in content:
            return
        try:
            reply, arrays = self.answer(content["question"], buffers)
            message = {"answer": content["ask"], "reply": reply}
        except Exception as error:
            self.view.send({"answer": content["ask"], "error": f"{type(error).__name__}: {error}"})
            raise
        self.view.send(message, buffers=[_bytes(array) for array in arrays])

    def _read(self) -> dict[str, Any]:
        return {name: getattr(self.view, name) for name in self.controls}

    def _write(self, values: dict[str, Any]) -> None:
        with self.view.hold_sync():
            for name, value in values.items():
                setattr(self.view, name, value)


class Picture(Canvas):
    """A figure drawn by matplotlib and redrawn when a control moves.

    Set `size` (pixels). In `build(figure)` make the Axes and the artists, once; in `draw(**settings)` give the artists
    their new numbers. If only a few artists ever move, return them from `moving()`: the rest is then drawn once and
    kept (blitting), which halves the time. Room for the labels is found at the first draw and stays.

    The page asks for a picture when a control has moved, and asks again only when it has got it: positions passed in
    the meantime are never drawn, the last one always is. The old picture stays until the new one is there.
    """

    script = "picture.js"
    size: ClassVar[tuple[int, int]] = (720, 360)
    figure: Figure

    def __init__(self, controls: Mapping[str, Control], settings: Mapping[str, Any]) -> None:
        self._asked: dict[str, Any] = {}  # what the page asks to see, for as long as that is being drawn
        self._drawn: dict[str, Any] | None = None
        self._background: Any = None
        super().__init__(controls, settings)
        self.view.set_trait("page", {**self.view.trait_values()["page"], "size": list(self.size)})
        self.figure = style.figure(*self.size, layout=None)
        self.build(self.figure)
        self._follow()
        if any(ax.get_subplotspec() for ax in self.figure.axes):  # Axes placed by hand stay where they are
            self.figure.set_layout_engine("constrained")
            self.figure.draw_without_rendering()
            self.figure.set_layout_engine("none")

    @abc.abstractmethod
    def build(self, figure: Figure) -> None:
        """Make the Axes and artists, once."""

    @abc.abstractmethod
    def draw(self, **settings: Any) -> None:
        """Give the artists the numbers that belong to `settings`."""

    def moving(self) -> tuple[Artist, ...]:
        """The artists that change, if the rest of the figure never does."""
        return ()

    def words(self) -> str:
        """One line below the picture, as HTML: exact numbers. Empty by default."""
        return ""

    def fallback(self) -> bytes:
        """The picture as it stands, packed tightly because notebooks store it."""
        return self._png(level=9)

    def refresh(self) -> None:
        """Draw again although no setting changed; also the still part."""
        self._background = self._drawn = None
        self._follow()
        self.view.send({"event": "moved"})

    def answer(self, question: dict[str, Any], buffers: list[Any]) -> tuple[dict[str, Any], list[Any]]:
        """The picture for the settings in the question, which may be newer than the synced ones."""
        self._asked = self._checked(question["settings"])
        try:
            picture = self._png()
            return {"numbers": _plain(self.numbers()), "words": self.words(), "alt": self.alt}, [picture]
        finally:
            self._asked = {}

    def _read(self) -> dict[str, Any]:
        return super()._read() | self._asked

    def _write(self, values: dict[str, Any]) -> None:
        super()._write(values)
        self._follow()

    def _follow(self) -> None:
        """Bring the artists to the present settings."""
        now = self.settings
        if now != self._drawn:
            self._drawn = None  # in case drawing fails
            self.draw(**now)
            self._drawn = now

    def _png(self, level: int = 1) -> bytes:
        self._follow()
        return style._encode(self._blit(), level) if self.moving() else style.png(self.figure, level=level)

    def _blit(self) -> FigureCanvasAgg:
        """Put the moving artists over the background, which is drawn once."""
        moving, canvas = self.moving(), self.figure.canvas
        assert isinstance(canvas, FigureCanvasAgg)
        if self._background is None:
            for artist in moving:
                artist.set_animated(True)
            canvas.draw()
            self._background = canvas.copy_from_bbox(self.figure.bbox)
        canvas.restore_region(self._background)
        for artist in moving:
            self.figure.draw_artist(artist)
        return canvas


def _listed(settings: Mapping[str, Any]) -> str:
    """`rate=0.1, name='tanh'`, with long values cut."""
    parts = []
    for name, value in settings.items():
        text = f"{value:.4g}" if isinstance(value, float) else repr(value)
        parts.append(f"{name}={text if len(text) <= 40 else text[:37] + '…'}")
    return ", ".join(parts)


def _example(controls: Mapping[str, Control]) -> str:
    return ", ".join(f"{name!r}: {control.default!r}" for name, control in list(controls.items())[:1])


def _view_bundle(view: widgets.DOMWidget) -> tuple[dict, dict]:
    """The view's own bundle where it has one (ipywidgets 8, anywidget), else the same by hand (ipywidgets 7)."""
    made = view._repr_mimebundle_() if hasattr(view, "_repr_mimebundle_") else None
    data, metadata = made if isinstance(made, tuple) else (made, {})
    if not data or VIEW not in data:
        data = {VIEW: {"version_major": 2, "version_minor": 0, "model_id": view.model_id}}
    return dict(data), dict(metadata or {})


def _pack(tables: Mapping[str, np.ndarray]) -> tuple[bytes, dict[str, Any]]:
    """All tables as one run of float32, and where each begins: name -> [offset in numbers, shape]."""
    shapes, parts, offset = {}, [], 0
    for name, table in tables.items():
        array = np.ascontiguousarray(table, np.float32)
        shapes[name] = [offset, list(array.shape)]
        parts.append(array.tobytes())
        offset += array.size
    return b"".join(parts), shapes


def _trait(control: Control) -> Any:
    if control.kind == "slider":
        return traitlets.Int() if control.whole else traitlets.Float()
    return {"select": traitlets.Unicode, "toggle": traitlets.Bool}.get(control.kind, traitlets.Any)()


def _bytes(array: Any) -> bytes:
    """What goes over the wire: bytes as they are, numbers as float32."""
    return array if isinstance(array, bytes) else np.ascontiguousarray(array, np.float32).tobytes()


def _plain(value: Any) -> Any:
    """Numbers as JSON can carry them: lists for arrays, None for what is not finite."""
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(part) for part in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
