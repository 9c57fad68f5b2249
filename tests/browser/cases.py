"""Every live figure: how to make it, and what is special about moving it. A new widget needs a line here."""

import importlib
import math
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dlnotes import widgets
from dlnotes.plots.surfaces import SURFACES
from dlnotes.plots.timeline import levels
from dlnotes.widgets import timeline
from dlnotes.widgets._shell import Canvas, Picture, Shell

Settings = dict[str, Any]
Place = Callable[[Settings], tuple[float, float]]

IMPORTS = """\
import importlib, pkgutil
import jax, numpy as np
from dlnotes import data, widgets
from dlnotes.initializers import normal
from dlnotes.models.mlp import MLP
from dlnotes.models.rbm import RBM
for module in pkgutil.iter_modules(widgets.__path__):
    if not module.name.startswith("_"):
        globals().update(vars(importlib.import_module(f"dlnotes.widgets.{module.name}")))
"""


class Drag(NamedTuple):
    """Something that the mouse can take hold of: on which canvas, from where, to where (CSS pixels), what changes."""

    canvas: int
    start: Place
    end: Place
    setting: str
    right: Callable[[Settings], bool]


class Keys(NamedTuple):
    """Keys pressed on a canvas, and what they must do to a setting."""

    canvas: int
    keys: tuple[str, ...]
    setting: str
    right: Callable[[Settings, Settings], bool]


class Case(NamedTuple):
    """How to make a widget, and how to try it.

    Attributes:
        make: An expression, after `IMPORTS`.
        first: Control -> what another control must be set to before, for this one to matter.
        still: Controls that may leave the present picture as it is.
        truth: From the widget's `numbers()` to the page's names.
        drags, keys: What can be moved on the canvas itself.
        slider: The control the latency benchmark moves.
    """

    make: str
    slider: str
    first: Mapping[str, tuple[str, str]] = {}
    still: tuple[str, ...] = ()
    truth: Callable[[Settings], Settings] = dict
    drags: tuple[Drag, ...] = ()
    keys: tuple[Keys, ...] = ()


def _on_map(s: Settings, x: float, y: float) -> tuple[float, float]:
    """A point of the optimizer race's map in pixels."""
    a, b, c, d = SURFACES[s["surface"]].window
    return 40 + 400 * (x - a) / (b - a), 328 - 300 * (y - c) / (d - c)


def _on_board(x: float, y: float) -> tuple[float, float]:
    """A point of the perceptron's plane in pixels."""
    return 52 + 392 * (x + 4) / 8, 404 - 392 * (y + 4) / 8


def _middle(s: Settings) -> tuple[float, float]:
    a, b, c, d = SURFACES[s["surface"]].window
    return _on_map(s, a + 0.3 * (b - a), c + 0.7 * (d - c))


def _at(x: float, y: float) -> Place:
    return lambda _: (x, y)


def _on_line(year: int) -> Place:
    """A year on the timeline's upper line, in pixels."""
    (first, last), _ = timeline.ROWS
    shown = [one for one in timeline.MILESTONES if first <= one.year < last]
    heights = levels(shown, (last - first) / 72)
    top, low = max(heights) + 0.6, min(heights) - 0.6
    return _at(16 + 706 * (year - first) / (1.02 * (last - first)), 52 + 168 * top / (top - low))


CASES = {
    "ActivationExplorer": Case(
        "ActivationExplorer()", "mean", first={"parameter": ("function", "leaky_relu")}, still=("parameter",)
    ),
    "ComputationGraph": Case(
        "ComputationGraph()",
        "step",
        keys=(
            Keys(0, ("ArrowRight", "ArrowRight"), "step", lambda was, now: now["step"] == was["step"] + 2),
            Keys(0, ("ArrowUp",), "inputs", lambda _, now: len(now["inputs"]) == 1),
        ),
    ),
    "DigitReader": Case(
        "DigitReader(MLP.init(jax.random.key(3), [784, 32, 10]), data.mnist().x[:2500:100], data.mnist().y[:2500:100])",
        "turn",
        drags=(Drag(0, _at(80, 120), _at(180, 200), "ink", lambda s: len(s["ink"]) == 784 and max(s["ink"]) == 1),),
    ),
    "DreamingMachine": Case(
        "DreamingMachine(RBM.init(jax.random.key(0), 784, 100, normal(0.1)), data.mnist().x[::50])",
        "steps",
        drags=(Drag(0, _at(291, 200), _at(508, 240), "steps", lambda s: abs(s["steps"] - 200) < 3),),
    ),
    "FiniteDifference": Case(
        "FiniteDifference()",
        "step",
        drags=(Drag(0, _at(690, 150), _at(563, 150), "step", lambda s: abs(math.log10(s["step"]) + 6.5) < 0.1),),
        keys=(Keys(0, ("ArrowLeft",), "step", lambda was, now: 0.8 < now["step"] / was["step"] < 0.95),),
    ),
    "ForwardPass": Case(
        "ForwardPass()",
        "seed",
        drags=(Drag(0, _at(57, 125.5), _at(72.5, 110), "point", lambda s: all(abs(x - 1) < 0.15 for x in s["point"])),),
        keys=(Keys(0, ("ArrowLeft",), "point", lambda was, now: abs(was["point"][0] - now["point"][0] - 0.1) < 1e-6),),
    ),
    "LearningCurves": Case("LearningCurves()", "noise"),
    "LossExplorer": Case(
        "LossExplorer()",
        "prediction",
        first={"delta": ("task", "regression"), "target": ("task", "classification")},
        drags=(Drag(0, _at(200, 100), _at(500, 100), "prediction", lambda s: abs(s["prediction"] - 1.95) < 0.11),),
    ),
    "OptimizerRace": Case(
        "OptimizerRace()",
        "learning_rate",
        truth=lambda n: n["heights"],
        drags=(
            Drag(0, lambda s: _on_map(s, *s["start"]), _middle, "start", lambda s: bool(s["start"])),
            Drag(2, _at(150, 150), _at(120, 121), "momentum", lambda s: abs(s["momentum"] - 0.495) < 0.03),
        ),
        keys=(
            Keys(0, ("ArrowRight",), "start", lambda was, now: now["start"][0] > was["start"][0]),
            Keys(2, ("ArrowUp",), "momentum", lambda was, now: abs(now["momentum"] - was["momentum"] - 0.01) < 1e-9),
        ),
    ),
    "PerceptronBoard": Case(
        'PerceptronBoard(preset="XOR")',
        "preset",
        drags=(
            Drag(
                0,
                lambda s: _on_board(*s["points"][0][:2]),
                _at(*_on_board(0.0, -1.875)),
                "points",
                lambda s: s["points"][0][:2] == [0.0, -1.875],
            ),
        ),
        keys=(
            Keys(
                0,
                (".", "ArrowRight"),
                "points",
                lambda was, now: sum(p[0] for p in now["points"]) == sum(p[0] for p in was["points"]) + 1 / 8,
            ),
        ),
    ),
    "Playground": Case(
        "Playground()",
        "noise",
        still=("batch_size", "learning_rate", "l1", "l2", "dropout", "speed", "optimizer"),
    ),
    "RateExplorer": Case(
        "RateExplorer()",
        "rate",
        drags=(Drag(0, _at(500, 150), _at(606.4, 150), "rate", lambda s: 0.9 < s["rate"] < 1.1),),
        keys=(Keys(0, ("ArrowRight",), "rate", lambda was, now: 1.1 < now["rate"] / was["rate"] < 1.15),),
    ),
    "SignalFlow": Case(
        "SignalFlow()",
        "layer",
        drags=(Drag(0, _at(100, 120), _at(62 + 306 * 39.5 / 50, 120), "layer", lambda s: s["layer"] == 40),),
        keys=(Keys(0, ("ArrowRight", "ArrowRight"), "layer", lambda was, now: now["layer"] == was["layer"] + 2),),
    ),
    "Timeline": Case(
        "Timeline()",
        "year",
        drags=(Drag(0, _on_line(1990), _on_line(1969), "year", lambda s: s["year"] == 1969),),
    ),
}


def every_widget() -> set[str]:
    """The name of every live figure that the package has."""
    found = set()
    for module in pkgutil.iter_modules(widgets.__path__):
        if not module.name.startswith("_"):
            members = vars(importlib.import_module(f"dlnotes.widgets.{module.name}")).values()
            kinds = [kind for kind in members if isinstance(kind, type) and issubclass(kind, Shell)]
            found |= {kind.__name__ for kind in kinds} - {Shell.__name__, Canvas.__name__, Picture.__name__}
    return found


def make(name: str) -> Shell:
    """A fresh widget in this process."""
    space: dict[str, Any] = {}
    exec(IMPORTS, space)
    return eval(CASES[name].make, space)
