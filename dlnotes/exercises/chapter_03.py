"""Exercises of 03_activation_functions: the sigmoid's slope, leaky ReLU, a stable softmax, dead units."""

from typing import Any

import numpy as np

from dlnotes.exercises import _answers as answers
from dlnotes.exercises import _draw as draw
from dlnotes.exercises._exercise import Exercise


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


def _sigmoid_slope(answer: Any) -> None:
    slope = answers.function(answer, "sigmoid_slope(x)")
    x = np.array([0.0, 2.0, -1.0, 5.0])
    s, right = _sigmoid(x), _sigmoid(x) * (1 - _sigmoid(x))
    grid = np.linspace(-6, 6, 121)
    got = slope(answers.floats(x))
    answers.compare(
        "your slope",
        got,
        right,
        at=[f"x = {v:g}" for v in x],
        typical=(
            (s, "That is the sigmoid itself, not its derivative."),
            (x * (1 - x), "s (1 - s) needs the sigmoid's value s, not x."),
            (s * (1 + s), "The sign is wrong: it is s (1 - s)."),
            (1 - s**2, "That is tanh's pattern, 1 - a squared; the sigmoid's is s (1 - s)."),
        ),
        picture=draw.curves(
            "The derivative of the sigmoid",
            grid,
            np.broadcast_to(answers.array(slope(answers.floats(grid)), "your slope"), grid.shape),
            _sigmoid(grid) * (1 - _sigmoid(grid)),
        )
        if np.shape(got) == x.shape
        else None,
    )
    far = np.array([-200.0, 200.0])
    answers.compare(
        "your slope",
        slope(answers.floats(far)),
        np.zeros(2),
        at=[f"x = {v:g}" for v in far],
        not_finite="exp overflows there in float32: use `jax.nn.sigmoid(x)`, or the form s (1 - s).",
    )


SIGMOID_SLOPE = Exercise(
    id="03.1",
    title="the slope of the sigmoid",
    question=(
        "The sigmoid is $s(x) = 1 / (1 + e^{-x})$. Write its derivative, `sigmoid_slope(x)`, for an array `x`. Predict "
        "first: how large is it at most, and where?"
    ),
    stub="def sigmoid_slope(x):\n    return ...",
    answer="sigmoid_slope",
    test=_sigmoid_slope,
    hints=(
        "The derivative can be written with the sigmoid's own value.",
        "Compute `s = jax.nn.sigmoid(x)` first; the derivative is s (1 - s).",
    ),
    solution="def sigmoid_slope(x):\n    s = jax.nn.sigmoid(x)\n    return s * (1 - s)",
    meaning=(
        "The slope is at most 0.25, so ten sigmoid layers in a row multiply a gradient by at most 0.25 to "
        "the 10th: a millionth."
    ),
)


def _leaky_relu(answer: Any) -> None:
    leaky_relu = answers.function(answer, "leaky_relu(x, slope)")
    for slope in (0.01, 0.2):
        x = np.array([-2.0, -0.5, 0.0, 3.0])
        right = np.where(x > 0, x, slope * x)
        grid = np.linspace(-4, 4, 81)
        got = leaky_relu(answers.floats(x), slope)
        drawable = np.shape(got) == x.shape
        answers.compare(
            "your leaky ReLU",
            got,
            right,
            at=[f"x = {v:g}" + (f", slope = {slope}" if slope != 0.01 else "") for v in x],
            typical=(
                (np.maximum(x, 0), "That is the plain ReLU: below 0 the line should rise a little, as slope * x."),
                (
                    np.where(x > 0, slope * x, x),
                    "The slope stands on the wrong side: it belongs to the negative inputs.",
                ),
                (np.where(x > 0, x, -slope * x), "Below 0 the line should be negative: slope * x, not slope * |x|."),
                (np.where(x > 0, x, slope), "Below 0 it is a line, slope * x, not the constant slope."),
                (x, "Nothing happens to the negative inputs."),
                (np.where(x > 0, x, 0.01 * x), "The slope is an argument: use it in place of 0.01."),
            ),
            picture=draw.curves(
                "Leaky ReLU, drawn with slope 0.3",
                grid,
                answers.array(leaky_relu(answers.floats(grid), 0.3), "your leaky ReLU"),
                np.where(grid > 0, grid, 0.3 * grid),
            )
            if drawable
            else None,
        )


LEAKY_RELU = Exercise(
    id="03.2",
    title="leaky ReLU",
    question=(
        "Write `leaky_relu(x, slope)`: `x` where it is positive, `slope * x` elsewhere. It should take a whole "
        "array at once."
    ),
    stub="def leaky_relu(x, slope=0.01):\n    return ...",
    answer="leaky_relu",
    test=_leaky_relu,
    hints=(
        "An `if` looks at one number only. For an array there is `jnp.where(condition, a, b)`.",
        "The condition is `x > 0`.",
    ),
    solution="def leaky_relu(x, slope=0.01):\n    return jnp.where(x > 0, x, slope * x)",
    meaning="Its slope is never 0, so a unit that is pushed below zero still receives gradient and can come back.",
)


def _softmax(answer: Any) -> None:
    softmax = answers.function(answer, "softmax(x)")
    x = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 4.0]])
    e = np.exp(x)
    answers.compare(
        "your softmax",
        softmax(answers.floats(x[0])),
        e[0] / e[0].sum(),
        at=[f"output {i} of x = [1, 2, 3]" for i in range(3)],
        typical=(
            (e[0], "Divide by the sum of the exponentials, so that the outputs add up to 1."),
            (x[0] / x[0].sum(), "The exponential is missing: e to the x before dividing."),
            (1 / (1 + np.exp(-x[0])), "That is the sigmoid of each number alone; softmax compares them."),
            (np.exp(x[0] - 3), "Shifted well; now divide by the sum of the exponentials."),
        ),
    )
    answers.compare(
        "your softmax",
        softmax(answers.floats(x)),
        e / e.sum(-1, keepdims=True),
        at=[f"row {i}, output {j}" for i in range(2) for j in range(3)],
        typical=(
            (
                e / e.sum(),
                "All rows together add up to 1; each row should by itself. Sum over `axis=-1, keepdims=True`.",
            ),
            (e / e.sum(0), "Each column adds up to 1; each row should. Sum over the last axis, `axis=-1`."),
        ),
    )
    big = np.array([1000.0, 1001.0])
    answers.compare(
        "your softmax",
        softmax(answers.floats(big)),
        np.array([1.0, np.e]) / (1 + np.e),
        at=[f"output {i} of x = [1000, 1001]" for i in range(2)],
        not_finite=(
            "e to the 1000 is infinite in float32. Subtract the largest x of the row first: the ratio stays the same."
        ),
    )


SOFTMAX = Exercise(
    id="03.3",
    title="a softmax that does not overflow",
    question=(
        "Write `softmax(x)` over the last axis: $e^{x_i} / \\sum_j e^{x_j}$. It is tried with one row, with two "
        "rows, and "
        "with `[1000, 1001]`."
    ),
    stub="def softmax(x):\n    return ...",
    answer="softmax",
    test=_softmax,
    hints=(
        "For rows: `jnp.sum(e, axis=-1, keepdims=True)` keeps the axis, so that the division fits.",
        "Adding the same number to all x changes nothing in the ratio. Which number would make the largest x zero?",
        "Begin with `x = x - jnp.max(x, axis=-1, keepdims=True)`.",
    ),
    solution=(
        "def softmax(x):\n"
        "    e = jnp.exp(x - jnp.max(x, axis=-1, keepdims=True))\n"
        "    return e / jnp.sum(e, axis=-1, keepdims=True)"
    ),
    meaning=(
        "Softmax sees only differences: subtracting the largest changes nothing in the result, and nothing overflows."
    ),
)


def _dead_units(answer: Any) -> None:
    dead_units = answers.function(answer, "dead_units(z)")
    first = np.array([[1.0, -1.0, -2.0, -0.5], [-1.0, -3.0, 0.5, -0.1], [2.0, -0.2, -1.0, 0.0]])
    for z in (first, -np.ones((5, 3)), np.ones((2, 6))):
        dead = (z <= 0).all(0)
        said = (
            "z = " + np.array2string(z, separator=", ").replace("\n", "") if z is first else f"a z of shape {z.shape}"
        )
        got = dead_units(answers.floats(z))
        answers.compare(
            "your count",
            got,
            int(dead.sum()),
            at=said,
            typical=(
                (
                    (z <= 0).any(0).sum(),
                    "That counts units silent for at least one example; a dead one is silent for all.",
                ),
                ((z <= 0).all(1).sum(), "That counts examples; the units are the columns (axis 0 runs over examples)."),
                ((z < 0).all(0).sum(), "At exactly 0 the ReLU and its slope are 0 too: test `z <= 0`."),
                (dead.mean(), "That is the fraction; the number of units is wanted."),
                (dead, "That says for each unit whether it is dead; now count them."),
                ((z <= 0).sum(), "That counts single zeros; a unit is dead if its whole column is."),
                ((~dead).sum(), "That counts the living units."),
            ),
        )


DEAD_UNITS = Exercise(
    id="03.4",
    title="count the dead units",
    question=(
        "`z` holds the weighted sums of a ReLU layer, one row per example, one column per unit. A unit is dead "
        "on this data "
        "when its output `relu(z)` is 0 for every example. Write `dead_units(z)`: how many are dead?"
    ),
    stub="def dead_units(z):\n    return ...",
    answer="dead_units",
    test=_dead_units,
    hints=(
        "`z <= 0` says where the ReLU gives 0.",
        "`jnp.all(..., axis=0)` asks whether it holds in all rows, for each column.",
    ),
    solution="def dead_units(z):\n    return jnp.sum(jnp.all(z <= 0, axis=0))",
    meaning=(
        "A unit that is silent for all examples gets no gradient from any of them, so training alone cannot wake it."
    ),
)

EXERCISES = (SIGMOID_SLOPE, LEAKY_RELU, SOFTMAX, DEAD_UNITS)
