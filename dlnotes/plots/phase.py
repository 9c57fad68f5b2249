"""Where momentum converges: the phase diagram of learning rate and momentum on a quadratic.

On `c w² / 2` the momentum iteration `v ← βv + c w, w ← w - ηv` is linear, and both `v` and `w` follow powers of the two
roots `z` of

    z² - (1 + β - ηc) z + β = 0.

The larger |z| is the factor by which the error shrinks per step. Real positive roots fall monotonically; complex or
negative ones swing; |z| ≥ 1 never arrives. With several curvatures the slowest direction decides the rate.
See Goh, "Why Momentum Really Works", Distill (2017), doi 10.23915/distill.00006; Polyak (1964).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

REGIMES = ("monotone", "oscillating", "diverging")


def momentum_rate(learning_rate: Any, momentum: Any, curvature: Sequence[float]) -> np.ndarray:
    """The factor by which the error shrinks per step in the slowest direction: `max over c of max |z|`.

    Args:
        learning_rate: η, above 0; a number or an array (broadcast against `momentum`).
        momentum: β, in [0, 1).
        curvature: The eigenvalues c of the Hessian, all above 0.

    Returns:
        The factor, float64: below 1 converges (0.9 means ten per cent off the error at each step), above 1 diverges.

    Raises:
        ValueError: A number out of its range.

    Example:
        >>> float(momentum_rate(0.5, 0.0, [1.0]))       # plain gradient descent: |1 - ηc|
        0.5
        >>> round(float(momentum_rate(1.0, 0.81, [1.0])), 3)     # complex roots: √β, whatever the rate
        0.9

    Notebook: 07_optimizers.
    """
    roots = _roots(learning_rate, momentum, curvature)
    return np.asarray(np.abs(roots).max(axis=(0, 1)))


def momentum_regime(learning_rate: Any, momentum: Any, curvature: Sequence[float]) -> np.ndarray:
    """Which of `REGIMES` the iteration is in: 0 monotone, 1 oscillating (in some direction), 2 diverging.

    Args and errors as in `momentum_rate`.

    Example:
        >>> [REGIMES[int(momentum_regime(rate, 0.0, [1.0]))] for rate in (0.5, 1.5, 2.5)]
        ['monotone', 'oscillating', 'diverging']

    Notebook: 07_optimizers.
    """
    roots = _roots(learning_rate, momentum, curvature)
    swings = ((np.abs(roots.imag) > 1e-9) | (roots.real < 0.0)).any(axis=(0, 1))
    return np.where(np.abs(roots).max(axis=(0, 1)) >= 1.0, 2, np.where(swings, 1, 0))


def best_momentum(curvature: Sequence[float]) -> tuple[float, float, float]:
    """Polyak's best pair for a quadratic: (learning rate, momentum, rate of convergence).

    With the smallest and largest curvature a and b: `η = (2 / (√a + √b))²`, `β = ((√b - √a) / (√b + √a))²`, rate `√β`.

    Example:
        >>> [round(n, 3) for n in best_momentum([1.0, 25.0])]
        [0.111, 0.444, 0.667]

    Notebook: 07_optimizers.
    """
    low, high = np.sqrt(_curvature(curvature)[[0, -1]])
    momentum = ((high - low) / (high + low)) ** 2
    return float((2.0 / (low + high)) ** 2), float(momentum), float(np.sqrt(momentum))


def phase_table(learning_rates: Any, momenta: Any, curvature: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """The rate and the regime on a grid: arrays of shape (momenta, learning rates).

    Example:
        >>> rate, regime = phase_table([0.1, 3.0], [0.0, 0.5, 0.9], [1.0])
        >>> rate.shape, regime[0].tolist()
        ((3, 2), [0, 2])

    Notebook: 07_optimizers.
    """
    rates, betas = np.asarray(learning_rates, float)[None, :], np.asarray(momenta, float)[:, None]
    return momentum_rate(rates, betas, curvature), momentum_regime(rates, betas, curvature)


def steps_per_digit(rate: Any) -> np.ndarray:
    """How many steps make the error ten times smaller: `-1 / log10(rate)`; infinite where the rate is 1 or more.

    Example:
        >>> steps_per_digit([0.1, 0.9, 1.0]).round(1).tolist()
        [1.0, 21.9, inf]

    Notebook: 07_optimizers.
    """
    rate = np.clip(np.asarray(rate, float), 1e-9, None)
    with np.errstate(divide="ignore"):
        return np.where(rate < 1.0, -1.0 / np.log10(np.minimum(rate, 1.0)), np.inf)


def phase_diagram(
    learning_rates: Any,
    momenta: Any,
    curvature: Sequence[float],
    ax: Any,
    *,
    here: tuple[float, float] | None = None,
) -> Any:
    """Draw the phase diagram: dark = fast, names = the regimes, a ring = where you are.

    Args:
        learning_rates: The columns, rising, above 0 (drawn on a log axis).
        momenta: The rows, rising, in [0, 1).
        curvature: The eigenvalues of the Hessian.
        ax: The matplotlib Axes to draw on.
        here: The (learning rate, momentum) to mark.

    Returns:
        The Axes.

    Notebook: 07_optimizers.
    """
    learning_rates, momenta = np.asarray(learning_rates, float), np.asarray(momenta, float)
    rate, regime = phase_table(learning_rates, momenta, curvature)
    with np.errstate(invalid="ignore"):
        speed = np.log10(np.minimum(steps_per_digit(rate), 1e4))
    ax.pcolormesh(learning_rates, momenta, speed, cmap="Blues_r", vmin=-0.5, vmax=4.0, shading="auto")
    ax.contourf(learning_rates, momenta, regime, levels=[1.5, 2.5], colors=["0.85"], hatches=["//"])
    ax.contour(learning_rates, momenta, regime, levels=[0.5, 1.5], colors="black", linewidths=1.2)
    ax.set(xscale="log", xlabel="learning rate η", ylabel="momentum β", title="Momentum: dark = fast")
    for number, name in enumerate(REGIMES):
        place = label_place(regime == number)
        if place is not None:
            row, column = place
            ax.text(
                learning_rates[column], momenta[row], name, ha="center", va="center", fontsize=10,
                bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 2},
            )  # fmt: skip
    if here is not None:
        ax.plot(
            [here[0]], [here[1]], "o", markersize=11, markerfacecolor="white", markeredgecolor="black", label="here"
        )
    return ax


def label_place(inside: np.ndarray) -> tuple[int, int] | None:
    """The (row, column) deepest inside a region of a grid, where its name fits best; None for a region too small."""
    depth, layer = np.zeros(inside.shape, int), np.pad(inside, 1, constant_values=False)
    while layer.any():
        depth += layer[1:-1, 1:-1]
        core = layer[1:-1, 1:-1] & layer[:-2, 1:-1] & layer[2:, 1:-1] & layer[1:-1, :-2] & layer[1:-1, 2:]
        layer = np.pad(core, 1, constant_values=False)
    if depth.max(initial=0) < 2:
        return None
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(row), int(column)


def _curvature(curvature: Sequence[float]) -> np.ndarray:
    values = np.sort(np.asarray(curvature, float).ravel())
    if values.size == 0 or not np.isfinite(values).all() or values[0] <= 0:
        raise ValueError(
            f"The phase diagram expects curvatures above 0, such as [1, 25]; got {curvature}. "
            f"Where a curvature is 0 or less there is no minimum to converge to."
        )
    return values


def _roots(learning_rate: Any, momentum: Any, curvature: Sequence[float]) -> np.ndarray:
    """Both roots z for every curvature: complex, shape (2, curvatures, *broadcast shape)."""
    eta, beta = np.broadcast_arrays(np.asarray(learning_rate, float), np.asarray(momentum, float))
    if not (np.isfinite(eta).all() and (eta > 0).all()):
        raise ValueError(f"momentum_rate expects learning rates above 0; got {learning_rate}.")
    if not ((beta >= 0).all() and (beta < 1).all()):
        raise ValueError(f"momentum_rate expects momentum in [0, 1); got {momentum}.")
    c = _curvature(curvature).reshape(-1, *[1] * eta.ndim)
    trace = (1.0 + beta - eta * c).astype(complex)
    root = np.sqrt(trace**2 - 4.0 * beta)
    return np.stack([(trace + root) / 2.0, (trace - root) / 2.0])
