"""Activations as pictures: the curve, its derivative, and what it does to a whole population of inputs."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlnotes import _checks as checks
from dlnotes.plots import _style as style

SATURATED = 0.05  # a derivative smaller than this passes less than a twentieth of the gradient
DEAD = 1e-6  # and this passes nothing


def activation_curve(
    function: Callable[..., Any],
    ax: Axes | None = None,
    *,
    low: float = -6.0,
    high: float = 6.0,
    threshold: float = SATURATED,
    name: str = "",
) -> Axes:
    """Draw `f` and its derivative, and shade where `|f'| < threshold`: there the unit is saturated.

    Args:
        function: An element-wise function of an array, `dlnotes.activations.tanh` for example.
        ax: Where to draw; a new figure if None.
        low: The smallest input shown.
        high: The largest.
        threshold: Below this slope the input counts as saturated.
        name: For the legend; the function's own name if empty.

    Returns:
        The Axes, with lines labelled `name` and `derivative`.

    Raises:
        TypeError, ValueError: Not a function; `low` not below `high`; a negative threshold.

    Example:
        >>> ax = activation_curve(jnp.tanh, low=-3, high=3)
        >>> [line.get_label() for line in ax.lines]
        ['tanh', 'derivative']

    Notebook: 03_activation_functions.
    """
    checks.function("activation_curve", "function", function)
    checks.number("activation_curve", "high", high, above=checks.number("activation_curve", "low", low))
    checks.number("activation_curve", "threshold", threshold, at_least=0)
    ax = style.axes_or_new(ax)
    xs = np.linspace(low, high, 601, dtype=np.float32)
    values, slopes = value_and_slope(function, xs)
    name = name or getattr(function, "__name__", "f")
    _curves(ax, xs, values, slopes, threshold, name)
    ax.set(xlabel="input", ylabel="output", xlim=(low, high))
    ax.legend(fontsize=style.FONT, frameon=False, loc="upper left")
    return ax


def value_and_slope(function: Callable[..., Any], xs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`f(x)` and `f'(x)` by `jax.grad`, one number at a time, for every x."""
    value = jax.jit(jax.vmap(jax.value_and_grad(lambda x: function(x))))
    values, slopes = value(jnp.asarray(xs, jnp.float32))
    return np.asarray(values), np.asarray(slopes)


def flow(
    xs: np.ndarray, values: np.ndarray, slopes: np.ndarray, inputs: np.ndarray, frame: tuple[float, float]
) -> dict[str, Any]:
    """What happens to a population of inputs: shares and averages over all of them, histograms for the picture.

    Args:
        xs: Evenly spaced inputs of the curve.
        values: `f(xs)`.
        slopes: `f'(xs)`.
        inputs: The population, read off the curve between its points.
        frame: Lowest and highest output shown in the histogram.

    Returns:
        `mean_out`, `spread_out`, `mean_slope` (of |f'|), `saturated` and `dead` (shares in 0 … 1), `input_share` and
        `output_share` (per bin), `input_edges` and `output_edges`.
    """
    outputs, gradients = np.interp(inputs, xs, values), np.abs(np.interp(inputs, xs, slopes))
    input_edges, output_edges = np.linspace(-6, 6, 49), np.linspace(*frame, 41)
    return {
        "mean_out": float(outputs.mean()),
        "spread_out": float(outputs.std()),
        "mean_slope": float(gradients.mean()),
        "saturated": float((gradients < SATURATED).mean()),
        "dead": float((gradients < DEAD).mean()),
        "input_edges": input_edges,
        "input_share": np.histogram(inputs, input_edges)[0] / inputs.size,
        "output_edges": output_edges,
        "output_share": np.histogram(outputs, output_edges)[0] / inputs.size,
    }


def activation_population(
    figure: Figure, xs: np.ndarray, values: np.ndarray, slopes: np.ndarray, numbers: Mapping[str, Any], name: str
) -> tuple[Axes, Axes, Axes]:
    """Three linked panels: the curve, the inputs below it, the outputs beside it; `numbers` comes from `flow`."""
    grid = figure.add_gridspec(2, 2, width_ratios=(7, 3), height_ratios=(7, 3))
    curve, side = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    below, words = figure.add_subplot(grid[1, 0]), figure.add_subplot(grid[1, 1])
    _curves(curve, xs, values, slopes, SATURATED, name)
    edges, levels = numbers["input_edges"], numbers["output_edges"]
    curve.set(xlim=(edges[0], edges[-1]), ylim=(levels[0], levels[-1]), ylabel="output")
    curve.legend(fontsize=style.FONT, frameon=False, loc="upper left")
    below.bar(edges[:-1], numbers["input_share"], np.diff(edges), align="edge", color=style.COLORS["sky"])
    below.set(xlim=curve.get_xlim(), xlabel="input", ylabel="share")
    side.barh(levels[:-1], numbers["output_share"], np.diff(levels), align="edge", color=style.COLORS["blue"])
    side.set(ylim=curve.get_ylim(), xlabel="share of outputs")
    words.set_axis_off()
    text = (
        f"saturated (|f′| < {SATURATED}): {numbers['saturated']:.0%}\n"
        f"no gradient at all: {numbers['dead']:.0%}\n"
        f"mean |f′|: {numbers['mean_slope']:.3f}\n"
        f"output: {numbers['mean_out']:.2f} ± {numbers['spread_out']:.2f}"
    )
    words.text(0, 0.95, text, fontsize=style.FONT, va="top", color=style.INK, linespacing=1.6)
    return curve, below, side


def _curves(ax: Axes, xs: np.ndarray, values: np.ndarray, slopes: np.ndarray, threshold: float, name: str) -> None:
    flat = np.abs(slopes) < threshold
    starts = np.flatnonzero(np.diff(np.concatenate([[False], flat, [False]]).astype(int)))
    for first, end in starts.reshape(-1, 2):
        ax.axvspan(float(xs[first]), float(xs[end - 1]), color=style.COLORS["red"], alpha=0.10, linewidth=0)
    ax.plot(xs, values, color=style.COLORS["blue"], linewidth=2.5, label=name)
    ax.plot(xs, slopes, color=style.COLORS["red"], linewidth=2, linestyle="--", label="derivative")
