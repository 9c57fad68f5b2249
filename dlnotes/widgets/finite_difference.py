"""How small should the step of a finite difference be? Truncation against rounding, with a slider over the step.

The errors are those of real float32 and float64 arithmetic, which a page has not: NumPy computes them once, for each of
261 steps, and the page only looks them up.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from dlnotes.plots import _style as style
from dlnotes.plots.finite_difference import difference_errors, secants
from dlnotes.widgets._shell import Canvas, Control

X = 1.0
STEPS = np.logspace(-13, 0, 261)
METHODS = ("forward", "central")
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


class FiniteDifference(Canvas):
    """Finite differences of a function at x = 1: the error against the step, and the secants behind it.

    Args:
        function: One of `FUNCTIONS`.
        precision: "float32" or "float64".
        step: The step h, 1e-13 to 1; the nearest of `STEPS`, 20 to each power of ten, is shown.

    Example:
        >>> figure = FiniteDifference(step=0.005)
        >>> figure.numbers()["central_error"] < 1e-4 < figure.numbers()["forward_error"]
        True

    Notebook: 05_backpropagation, section "Finite differences".
    """

    title = "Make the step smaller: when does the error stop falling, and why does it rise again?"
    caption = "Drag in the right plot, or use the slider. ★: the best step according to theory (dotted)."
    script = "finite_difference.js"

    def __init__(self, function: str = "sin(x)", precision: str = "float32", step: float = 0.1) -> None:
        controls = {
            "function": Control.select("Function", tuple(FUNCTIONS)),
            "precision": Control.select("Precision", tuple(PRECISIONS)),
            "step": Control.slider("Step h", 1e-13, 1.0, 0.1, log=True),
        }
        super().__init__(controls, {"function": function, "precision": precision, "step": step})
        slopes = [float(curve.slope) for curve in FUNCTIONS.values()]
        self.view.set_trait("page", {**self.view.trait_values()["page"], "slopes": slopes})

    def tables(self) -> dict[str, np.ndarray]:
        """The steps; for each function, precision and method the signed errors and the theory at every step."""
        errors, expected = [], []
        for curve in FUNCTIONS.values():
            for kind in PRECISIONS.values():
                found, theirs = differences(curve.function, STEPS, kind), theory(curve, STEPS, kind)
                errors.append([found[name].astype(np.float64) - curve.slope for name in METHODS])
                expected.append([theirs[name] for name in METHODS])
        return {"steps": STEPS, "errors": np.array(errors), "theory": np.array(expected)}

    def numbers(self) -> dict[str, Any]:
        """The step shown, the derivative, both differences, their errors, and the best steps according to theory."""
        curve, kind, h = self._now()
        now = {name: float(value) for name, value in differences(curve.function, h, kind).items()}
        expected = theory(curve, STEPS, kind)
        best = {f"best_{name}_step": float(STEPS[np.argmin(values)]) for name, values in expected.items()}
        errors = {f"{name}_error": abs(value - float(curve.slope)) for name, value in now.items()}
        return {"h": h, "derivative": float(curve.slope), **now, **errors, **best}

    def fallback(self) -> bytes:
        """The secants at the left, the errors at the right, as a still picture."""
        (curve, kind, h), s, n = self._now(), self.settings, self.numbers()
        found, expected = differences(curve.function, STEPS, kind), theory(curve, STEPS, kind)
        errors = {name: np.maximum(abs(found[name].astype(np.float64) - curve.slope), FLOOR) for name in METHODS}
        best = {name: (n[f"best_{name}_step"], float(expected[name].min())) for name in METHODS}
        now = {name: (h, max(n[f"{name}_error"], FLOOR)) for name in METHODS}
        figure = style.figure(740, 380)
        left, right = figure.subplots(1, 2, width_ratios=(0.8, 1))
        secants(curve.function, X, h, float(curve.slope), left)
        left.set_title(f"f(x) = {s['function']} at x = 1", loc="left")
        difference_errors(STEPS, errors, expected, best, now, right)
        right.set(xticks=10.0 ** np.arange(-12, 1, 3), yticks=10.0 ** np.arange(-12, 1, 3))
        right.minorticks_off()
        right.set(xlim=(STEPS[0] * 0.7, 1.5), ylim=(FLOOR * 0.7, 30))
        right.set_title(f"Error in {s['precision']} with h = {h:.1e}", loc="left")
        for x, text, side in ((0.03, "rounding\nwins", "left"), (0.97, "truncation\nwins", "right")):
            right.text(x, 0.04, text, transform=right.transAxes, ha=side, color=style.INK, style="italic")
        return style.png(figure, level=9)

    @property
    def alt(self) -> str:
        """The figure in words."""
        s, n = self.settings, self.numbers()
        return (
            f"Finite differences of {s['function']} at x = 1 in {s['precision']} with step h = {n['h']:.1e}: "
            f"forward error {n['forward_error']:.0e}, central error {n['central_error']:.0e}. "
            f"Each error falls and rises with h like a V; the best steps are about "
            f"{n['best_forward_step']:.0e} (forward) and {n['best_central_step']:.0e} (central)."
        )

    def _now(self) -> tuple[Curve, type, float]:
        """The function, the precision, and the one of `STEPS` nearest to the setting."""
        s = self.settings
        h = float(STEPS[np.abs(np.log(STEPS / s["step"])).argmin()])
        return FUNCTIONS[s["function"]], PRECISIONS[s["precision"]], h
