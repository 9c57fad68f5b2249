"""Exercises of 05_backpropagation: the chain rule, two nodes, a layer, the step of a finite difference."""

from typing import Any

import numpy as np

from dlnotes.exercises import _answers as answers
from dlnotes.exercises._exercise import Exercise, NotYet


def _chain(answer: Any) -> None:
    slope = answers.number(answer, "slope")
    typical = {
        0.75: "The sign is turned: the output 0.5 is below the target 1, so 2 (a - 1) is negative.",
        -3.0: "The sigmoid's own slope, a (1 - a), is missing from the product.",
        -0.25: "That is the slope for b. For w one more factor is needed: dz/dw = x.",
        -0.375: "The square's derivative has a factor 2: 2 (a - 1).",
        -1.0: "That is dL/da, the first factor; two more follow: da/dz and dz/dw.",
        0.25: "That is da/dz alone, the factor in the middle; multiply all three.",
    }
    if not np.isclose(slope, -0.75, atol=1e-6):
        why = next((text for value, text in typical.items() if np.isclose(slope, value, atol=1e-6)), "")
        raise NotYet(f"your slope is {answers.show(slope)}; that is not dL/dw. {why}".strip())


CHAIN = Exercise(
    id="05.1",
    title="the chain rule by hand",
    question=(
        "One sigmoid neuron: $z = wx + b$, $a = s(z)$, and the loss $L = (a - 1)^2$. With $x = 3$, $w = 1$, $b = -3$, "
        "compute $\\partial L / \\partial w$ on paper: the product of three factors."
    ),
    stub="slope = ...  # dL/dw",
    answer="slope",
    test=_chain,
    hints=(
        "Go forward first: z = 0, so a = s(0) = 0.5.",
        "The three factors are dL/da = 2 (a - 1), da/dz = a (1 - a), dz/dw = x.",
    ),
    solution=(
        "x, w, b = 3.0, 1.0, -3.0\na = 1 / (1 + 2.718281828 ** -(w * x + b))\nslope = 2 * (a - 1) * a * (1 - a) * x"
    ),
    meaning=(
        "Each factor belongs to one step of the forward pass; back-propagation multiplies them from the loss inwards."
    ),
)


def _multiply(answer: Any) -> None:
    backward = answers.function(answer, "multiply_backward(a, b, grad)")
    for a, b, grad in ((2.0, -3.0, 1.0), (2.0, -3.0, 0.5), (4.0, 4.0, -1.0)):
        parts = answers.several(backward(a, b, grad), ("grad_a", "grad_b"), "multiply_backward(…)")
        got = [answers.number(part, "a gradient") for part in parts]
        answers.compare(
            "your node",
            got,
            [grad * b, grad * a],
            at=[f"{one} for a = {a}, b = {b}, grad = {grad}" for one in ("grad_a", "grad_b")],
            typical=(
                (
                    [grad * a, grad * b],
                    "Swapped: if b is large, a small change of a matters much, so grad_a has the factor b.",
                ),
                ([b, a], "The gradient that arrives from the output is missing: multiply by `grad`."),
                ([grad, grad], "That is the rule of a sum; a product passes on the other factor."),
            ),
        )


MULTIPLY = Exercise(
    id="05.2",
    title="the multiplication node",
    question=(
        "A node of the graph computes $y = a \\cdot b$. From the nodes behind it the gradient `grad` $= "
        "\\partial L/\\partial y$ "
        "arrives. Write `multiply_backward(a, b, grad)`: it returns $(\\partial L/\\partial a,\\ \\partial "
        "L/\\partial b)$."
    ),
    stub="def multiply_backward(a, b, grad):\n    return ...",
    answer="multiply_backward",
    test=_multiply,
    hints=(
        "Hold b still: y is b times a. What is the derivative with respect to a?",
        "Local derivative times the gradient that arrives: for a it is `b * grad`.",
    ),
    solution="def multiply_backward(a, b, grad):\n    return grad * b, grad * a",
    meaning=(
        "If a and b are the same number, both gradients are added: grad * 2a, as for a square. Reuse adds gradients."
    ),
)


def _tanh(answer: Any) -> None:
    backward = answers.function(answer, "tanh_backward(out, grad)")
    for out, grad in ((0.5, 1.0), (0.5, 2.0), (-0.8, -1.0), (0.999, 1.0)):
        s = 1 / (1 + np.exp(-out))
        answers.compare(
            "your node",
            answers.number(backward(out, grad), "tanh_backward(out, grad)"),
            grad * (1 - out**2),
            at=f"out = {out}, grad = {grad}",
            typical=(
                (1 - out**2, "The gradient that arrives is missing: multiply by `grad`."),
                (grad * (1 - np.tanh(out) ** 2), "`out` is tanh(x) already: no second tanh."),
                (grad * out * (1 - out), "That is the sigmoid's pattern; tanh's is 1 - out squared."),
                (grad * s * (1 - s), "That is the sigmoid's derivative; tanh's is 1 - out squared."),
                (grad * (1 - out), "The square is missing: 1 - out squared."),
            ),
        )


TANH = Exercise(
    id="05.3",
    title="the tanh node",
    question=(
        "A node computes `out = tanh(x)` and keeps only its output. Write `tanh_backward(out, grad)`: the "
        "gradient for `x`, "
        "from the output and the gradient that arrives."
    ),
    stub="def tanh_backward(out, grad):\n    return ...",
    answer="tanh_backward",
    test=_tanh,
    hints=(
        "The derivative of tanh(x) is 1 - tanh(x) squared.",
        "tanh(x) is `out`, so neither x nor another tanh is needed.",
    ),
    solution="def tanh_backward(out, grad):\n    return grad * (1 - out**2)",
    meaning="Near out = 1 or -1 almost nothing passes back: this is saturation, seen from behind.",
)


def _dense(answer: Any) -> None:
    backward = answers.function(answer, "dense_backward(x, weight, grad_y)")
    x = np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0], [-2.0, 1.0, 1.0], [0.0, -1.0, 2.0]])
    weight = np.array([[1.0, -1.0], [2.0, 0.5], [0.0, 3.0]])
    grad_y = np.array([[1.0, 0.5], [-1.0, 2.0], [0.0, 1.0], [3.0, -0.5]])
    given = backward(*(answers.floats(value) for value in (x, weight, grad_y)))
    grad_x, grad_w, grad_b = answers.several(given, ("grad_x", "grad_weight", "grad_bias"), "dense_backward(…)")
    answers.compare("your grad_x", grad_x, grad_y @ weight.T)
    right = x.T @ grad_y
    answers.compare(
        "your grad_weight",
        grad_w,
        right,
        typical=(
            (right.T, "It is transposed: a gradient has the shape of what it belongs to, here weight's."),
            (right / 4, "The mean over the batch is not taken here: the loss has done that already, if it wants to."),
        ),
    )
    answers.compare(
        "your grad_bias",
        grad_b,
        grad_y.sum(0),
        typical=(
            (grad_y, "The same bias serves every example, so its gradients add up: sum over the batch axis."),
            (grad_y.mean(0), "The gradients of the examples add up; the mean is the loss's business."),
            (grad_y.sum(1), "Summed over the wrong axis: the batch is axis 0."),
            (grad_y.sum(0, keepdims=True), "The bias has one axis, so its gradient has too: leave out keepdims."),
            (grad_y.sum(), "One number for each output unit is wanted: sum over the batch axis only."),
        ),
    )


DENSE = Exercise(
    id="05.4",
    title="backward through a layer",
    question=(
        "A dense layer computes `y = x @ weight + bias` for a batch. `grad_y` arrives, of the same shape as `y`. Write "
        "`dense_backward(x, weight, grad_y)`: it returns `(grad_x, grad_weight, grad_bias)`."
    ),
    stub="def dense_backward(x, weight, grad_y):\n    return ...",
    answer="dense_backward",
    test=_dense,
    hints=(
        "Each gradient has the shape of what it belongs to; the shapes leave one way to multiply.",
        "`grad_x = grad_y @ weight.T` and `grad_weight = x.T @ grad_y`.",
        "The bias is used by every example: its gradient is the sum over the batch.",
    ),
    solution="def dense_backward(x, weight, grad_y):\n    return grad_y @ weight.T, x.T @ grad_y, grad_y.sum(axis=0)",
    meaning="Backward is two more matrix products of the same size: a training step costs about three forward passes.",
)


def rms_error(h: float) -> float:
    """The root mean square error of float32 central differences of sin with step `h`, over 400 points of [0.5, 1.5]."""
    x = np.linspace(0.5, 1.5, 400, dtype=np.float32)
    step = np.float32(h)
    up, down = x + step, x - step
    slope = (np.sin(up) - np.sin(down)) / (np.float32(2) * step)
    return float(np.sqrt(np.mean((slope.astype(np.float64) - np.cos(x.astype(np.float64))) ** 2)))


def _best_step(answer: Any) -> None:
    h = answers.number(answer, "h")
    if not 1e-30 < h < 1e30:
        raise NotYet(f"h is {h:g}; the step has to be above 0, and a float32.")
    error, best = rms_error(h), min(rms_error(10.0**power) for power in np.arange(-4, 0, 0.25))
    if error > 3 * best:
        steps = [10.0**power for power in range(-7, 1)] + [h]
        table = "\n".join(
            [
                "h         error",
                *(f"{s:<8.1g}  {rms_error(s):.1e}{'   <- yours' if s == h else ''}" for s in sorted(steps)),
            ]
        )
        if h > 0.005:
            why = "The curve bends within the step (truncation): a smaller h is better."
        else:
            why = (
                "The two values are so close that float32 loses most digits of their difference (rounding): a "
                "larger h is better."
            )
        raise NotYet(f"with h = {h:g} the error is {error:.1e}; {best:.0e} can be reached. {why}", table)


BEST_STEP = Exercise(
    id="05.5",
    title="the best step",
    question=(
        "A central difference, $(f(x+h) - f(x-h)) / 2h$, is computed in float32 for $f = \\sin$ near $x = 1$. Move the "
        "slider of the figure, then give a step `h` whose error is within three times of the smallest possible."
    ),
    stub="h = ...",
    answer="h",
    test=_best_step,
    hints=(
        "Smaller is not always better: float32 keeps about 7 digits, and the difference of two near values loses them.",
        "Truncation grows like h squared, rounding like 1e-7 / h. They meet near the cube root of 1e-7.",
    ),
    solution="h = 1e-7 ** (1 / 3)  # about 0.005",
    meaning=(
        "Two errors pull in opposite directions; the best step is near the cube root of the precision, about "
        "0.005 in float32."
    ),
)

EXERCISES = (CHAIN, MULTIPLY, TANH, DENSE, BEST_STEP)
