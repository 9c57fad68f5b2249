"""How small should the step of a finite difference be? Truncation against rounding, with a slider over the step."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from dlnotes.plots._style import FONT, INK
from dlnotes.plots.finite_difference import CENTRAL, FORWARD, difference_errors, secant_lines, secants
from dlnotes.widgets._shell import Control, Picture

X = 1.0
STEPS = np.logspace(-13, 0, 261)
FLOOR = 1e-13  # the bottom of the picture; an error of 0 (luck) is drawn there


class Curve(NamedTuple):
    """A function with its first three derivatives at `X`."""

    function: Callable[[Any], Any]
    slope: float
    second: float
    third: float


FUNCTIONS = {
    "sin(x)": Curve(np.sin, np.cos(X), -np.sin(X), -np.cos(X)),
    "exp(x)": Curve(np.exp, np.e, np.e, np.e),
    "x³": Curve(lambda x: x * x * x, 3.0, 6.0, 6.0),
    "tanh(x)": Curve(
        np.tanh,
        1 - np.tanh(X) ** 2,
        -2 * np.tanh(X) * (1 - np.tanh(X) ** 2),
        (1 - np.tanh(X) ** 2) * (6 * np.tanh(X) ** 2 - 2),
    ),
}
PRECISIONS: dict[str, type] = {"float32": np.float32, "float64": np.float64}


def differences(function: Callable[[Any], Any], steps: Any, kind: type) -> dict[str, Any]:
    """Forward and central differences at `X`, every operation rounded to `kind`."""
    x, h = kind(X), np.asarray(steps, kind)
    up, here, down = function(x + h), function(x), function(x - h)
    return {"forward": (up - here) / h, "central": (up - down) / (kind(2) * h)}


def theory(curve: Curve, steps: np.ndarray, kind: type) -> dict[str, np.ndarray]:
    """The expected error: truncation (Taylor's first term left out) plus rounding (half a unit in the last place)."""
    rounding = float(np.finfo(kind).eps) / 2 * abs(float(curve.function(X)))
    return {
        "forward": abs(curve.second) * steps / 2 + 2 * rounding / steps,
        "central": abs(curve.third) * steps**2 / 6 + rounding / steps,
    }


class FiniteDifference(Picture):
    """Finite differences of a function at x = 1: the error against the step, and the secants behind it.

    Args:
        function: One of `FUNCTIONS`.
        precision: "float32" or "float64".
        step: The step h, 1e-13 to 1.

    Example:
        >>> figure = FiniteDifference(step=0.005)
        >>> figure.numbers()["central_error"] < 1e-4 < figure.numbers()["forward_error"]
        True

    Notebook: 05_backpropagation, section "Finite differences".
    """

    title = "Make the step smaller: when does the error stop falling, and why does it rise again?"
    size = (740, 380)

    def __init__(self, function: str = "sin(x)", precision: str = "float32", step: float = 0.1) -> None:
        controls = {
            "function": Control.select("function", tuple(FUNCTIONS)),
            "precision": Control.select("precision", tuple(PRECISIONS)),
            "step": Control.slider("step h", 1e-13, 1.0, 0.1, log=True),
        }
        super().__init__(controls, {"function": function, "precision": precision, "step": step})

    def build(self, figure: Figure) -> None:
        """Two Axes: the secants at the left, the errors at the right."""
        self._still: Any = None  # the function and the precision that are drawn
        self._moving: dict[str, list[Line2D]] = {}
        self.left = figure.add_axes((0.065, 0.14, 0.35, 0.77))
        self.right = figure.add_axes((0.53, 0.14, 0.44, 0.77))

    def numbers(self) -> dict[str, Any]:
        """The derivative, both differences, their errors, and the best steps according to theory."""
        curve, kind, h = self._now()
        now = {name: float(value) for name, value in differences(curve.function, h, kind).items()}
        expected = theory(curve, STEPS, kind)
        best = {f"best_{name}_step": float(STEPS[np.argmin(values)]) for name, values in expected.items()}
        errors = {f"{name}_error": abs(value - float(curve.slope)) for name, value in now.items()}
        return {"derivative": float(curve.slope), **now, **errors, **best}

    def draw(self, **settings: Any) -> None:
        """A new function or precision: both Axes anew; a new step: only what moves."""
        curve, kind, h = self._now()
        n = self.numbers()
        now = {name: (h, max(n[f"{name}_error"], FLOOR)) for name in ("forward", "central")}
        if self._still != (curve, kind):
            self._still, self._background = (curve, kind), None
            self._draw_still(settings["function"], settings["precision"], n, now)
            return
        for name, lines in secant_lines(curve.function, X, h).items():
            for artist, points in zip(self._moving[name][:2], lines, strict=True):
                artist.set_data(*points)
            self._moving[name][2].set_data([now[name][0]], [now[name][1]])
        self._moving["step"][0].set_xdata([h, h])

    def moving(self) -> tuple[Artist, ...]:
        """The secants, the points on the error curves, the vertical line."""
        return tuple(artist for artists in self._moving.values() for artist in artists)

    def _draw_still(self, function: str, precision: str, n: dict[str, Any], now: dict[str, tuple]) -> None:
        curve, kind, h = self._now()
        self.left.clear()
        self.right.clear()
        secants(curve.function, X, h, float(curve.slope), self.left)
        self.left.set_title(f"f(x) = {function} at x = 1", fontsize=FONT, loc="left")
        measured = {
            name: np.maximum(np.abs(values.astype(np.float64) - curve.slope), FLOOR)
            for name, values in differences(curve.function, STEPS, kind).items()
        }
        expected = theory(curve, STEPS, kind)
        best = {name: (n[f"best_{name}_step"], float(values.min())) for name, values in expected.items()}
        difference_errors(STEPS, measured, expected, best, now, self.right)
        self.right.set_xticks(10.0 ** np.arange(-12, 1, 3))
        self.right.set_yticks(10.0 ** np.arange(-12, 1, 3))
        self.right.minorticks_off()
        self.right.set_xlim(STEPS[0] * 0.7, 1.5)
        self.right.set_ylim(FLOOR * 0.7, 30)
        self.right.set_title(f"Error in {precision}; ★ best h, dotted: theory", fontsize=FONT, loc="left")
        for x, text, side in ((0.03, "rounding\nwins", "left"), (0.97, "truncation\nwins", "right")):
            self.right.text(
                x, 0.04, text, transform=self.right.transAxes, ha=side, fontsize=FONT, color=INK, style="italic"
            )
        for axes in (self.left, self.right):
            axes.grid(True, color="#E4E4E4", linewidth=0.8)
            axes.tick_params(labelsize=FONT)
        # In the order in which the plots draw: f, tangent, two lines a method; four lines a method, the vertical line.
        left, right = self.left.lines, self.right.lines
        self._moving = {
            "forward": [left[2], left[3], right[3]],
            "central": [left[4], left[5], right[7]],
            "step": [right[8]],
        }

    def words(self) -> str:
        """The differences and their errors."""
        n = self.numbers()
        cell = "<td style='padding-right:18px'>"
        rows = "".join(
            f"<tr>{cell}{name} difference</td>{cell}{n[name]:.9g}</td>{cell}error {n[f'{name}_error']:.1e}</td>"
            f"{cell}best h about {n[f'best_{name}_step']:.0e}</td></tr>"
            for name, *_ in (FORWARD, CENTRAL)
        )
        return f"<table><tr>{cell}true derivative</td>{cell}{n['derivative']:.9g}</td></tr>{rows}</table>"

    @property
    def alt(self) -> str:
        """The figure in words."""
        s, n = self.settings, self.numbers()
        return (
            f"Finite differences of {s['function']} at x = 1 in {s['precision']} with step h = {s['step']:.1e}: "
            f"forward error {n['forward_error']:.0e}, central error {n['central_error']:.0e}. "
            f"Each error falls and rises with h like a V; the best steps are about "
            f"{n['best_forward_step']:.0e} (forward) and {n['best_central_step']:.0e} (central)."
        )

    def _now(self) -> tuple[Curve, type, float]:
        settings = self.settings
        return FUNCTIONS[settings["function"]], PRECISIONS[settings["precision"]], settings["step"]
