"""The activation explorer: choose a function, send inputs through it, and see how much gradient is left."""

from statistics import NormalDist
from typing import Any

import numpy as np

from dlnotes.activations import ACTIVATIONS, elu, leaky_relu
from dlnotes.plots import _style as style
from dlnotes.plots.activation import activation_population, flow, value_and_slope
from dlnotes.widgets._shell import Canvas, Control

# The two with a number of their own; both are linear in it, so two tables give the curve for every value.
PARAMETRIC = {
    "leaky_relu": lambda x, value: leaky_relu(x, slope=value),
    "elu": lambda x, value: elu(x, alpha=value),
}
EDGE, POINTS = 16.0, 1601  # the widest population, 4 ± 3.5 · 3, stays inside; steps of 0.02
BOUNDED = ("step", "sigmoid", "hard_sigmoid", "tanh")


class ActivationExplorer(Canvas):
    """A function, its slope, and 2,000 inputs flowing through it.

    The inputs are the 2,000 evenly spaced quantiles of a normal distribution: a population without any chance in it, so
    the same settings give the same numbers.

    Args:
        **settings: `function` (a name from `ACTIVATIONS`), `parameter` (slope of the leaky ReLU, α of the ELU; 0 … 1),
            `mean` (-4 … 4) and `spread` (0.1 … 3, standard deviation) of the inputs.

    Raises:
        TypeError, ValueError: An unknown setting, or a value out of range.

    Example:
        >>> explorer = ActivationExplorer(function="relu", mean=0.0)
        >>> round(explorer.numbers()["dead"], 3)
        0.5

    Notebook: 03_activation_functions.
    """

    title = "What an activation does to its inputs, and how much gradient it lets back"
    caption = (
        "Shaded: saturated, |f′| < 0.05. Move the mean and the spread of the inputs and watch the share that sits "
        "there. Point at the curve for exact numbers."
    )
    script = "activation_explorer.js"

    def __init__(self, **settings: Any) -> None:
        self._xs = np.linspace(-EDGE, EDGE, POINTS, dtype=np.float32)
        self._quantiles = np.array([NormalDist().inv_cdf((i + 0.5) / 2000) for i in range(2000)], np.float32)
        self._curves = {name: self._curve_at_ends(name) for name in ACTIVATIONS}
        controls = {
            "function": Control.select("Function", list(ACTIVATIONS), "tanh"),
            "parameter": Control.slider("Slope or α", 0.0, 1.0, 0.1, step=0.01),
            "mean": Control.slider("Mean of inputs", -4.0, 4.0, 0.0, step=0.1),
            "spread": Control.slider("Spread of inputs", 0.1, 3.0, 1.0, step=0.05),
        }
        super().__init__(controls, settings)

    def tables(self) -> dict[str, np.ndarray]:
        """Per function: value and slope with the parameter at 0, then at 1 for the functions that have one."""
        return {"quantiles": self._quantiles} | {f"curve {name}": rows for name, rows in self._curves.items()}

    def curve(self) -> tuple[np.ndarray, np.ndarray]:
        """`f` and `f'` over -16 … 16 with the present settings."""
        settings = self.settings
        rows = self._curves[settings["function"]].astype(float)
        if len(rows) == 2:
            return rows[0], rows[1]
        share = settings["parameter"]
        return (1 - share) * rows[0] + share * rows[2], (1 - share) * rows[1] + share * rows[3]

    def numbers(self) -> dict[str, Any]:
        """Shares (0 … 1) of saturated and dead inputs, mean and spread of the outputs, mean |f'|, both histograms."""
        values, slopes = self.curve()
        settings = self.settings
        inputs = settings["mean"] + settings["spread"] * self._quantiles.astype(float)
        return flow(self._xs.astype(float), values, slopes, inputs, self._frame())

    @property
    def alt(self) -> str:
        """The function, the population and the shares in one sentence."""
        now, n = self.settings, self.numbers()
        return (
            f"{now['function']} and its derivative. Inputs: mean {now['mean']:g}, spread {now['spread']:g}. "
            f"{n['saturated']:.0%} of them are saturated (slope below 0.05), {n['dead']:.0%} pass no gradient at all. "
            f"Outputs: mean {n['mean_out']:.2f}, spread {n['spread_out']:.2f}; mean slope {n['mean_slope']:.3f}."
        )

    def fallback(self) -> bytes:
        """The three panels as a still picture."""
        figure = style.figure(740, 470)
        values, slopes = self.curve()
        activation_population(figure, self._xs, values, slopes, self.numbers(), self.settings["function"])
        return style.png(figure, level=9)

    def _frame(self) -> tuple[float, float]:
        return (-1.25, 1.25) if self.settings["function"] in BOUNDED else (-2.0, 6.0)

    def _curve_at_ends(self, name: str) -> np.ndarray:
        if name not in PARAMETRIC:
            return np.stack(value_and_slope(ACTIVATIONS[name].function, self._xs))
        function = PARAMETRIC[name]
        ends = [value_and_slope(lambda x, end=end: function(x, end), self._xs) for end in (0.0, 1.0)]
        return np.concatenate([np.stack(pair) for pair in ends])
