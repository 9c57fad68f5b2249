"""Exercises of 04_feedforward_networks: a forward pass, shapes, width against depth, a bump from two sigmoids."""

from typing import Any

import numpy as np

from dlnotes.exercises import _answers as answers
from dlnotes.exercises import _draw as draw
from dlnotes.exercises._exercise import Exercise, NotYet


def _forward(answer: Any) -> None:
    forward = answers.function(answer, "forward(params, x)")
    w1 = np.array([[1.0, -1.0, 0.5], [2.0, 0.5, -1.0]])
    b1 = np.array([0.1, -0.2, 0.3])
    w2 = np.array([[1.0, 0.5], [-1.0, 2.0], [-0.5, -3.0]])
    b2 = np.array([-0.5, 0.25])
    x = np.array([[1.0, 2.0], [-1.0, 0.5], [0.5, -1.5], [0.0, 0.0]])
    relu = lambda z: np.maximum(z, 0)  # noqa: E731
    right = relu(x @ w1 + b1) @ w2 + b2
    params = {name: answers.floats(value) for name, value in (("w1", w1), ("b1", b1), ("w2", w2), ("b2", b2))}
    answers.compare(
        "your forward pass",
        forward(params, answers.floats(x)),
        right,
        at=[f"example {i}, output {j}" for i in range(4) for j in range(2)],
        typical=(
            (
                relu(x) @ w1 @ w2 + b1 @ w2 + b2,
                "The activation comes after the weighted sum, not before: relu(x @ w1 + b1).",
            ),
            (
                relu(relu(x) @ w1 + b1) @ w2 + b2,
                "The input goes into the weights as it is; only the sums are activated.",
            ),
            (relu(right), "The last layer has no activation: its numbers (logits) may be negative."),
            ((x @ w1 + b1) @ w2 + b2, "Without the ReLU in between, the two layers are one straight line."),
            (relu(x @ w1) @ w2, "The biases are missing."),
            (relu(x @ w1) @ w2 + b2, "The hidden layer's bias b1 is missing."),
            (relu(x @ w1 + b1) @ w2, "The output's bias b2 is missing."),
            (relu(x @ w1) @ w2 + b1 @ w2 + b2, "Add the bias before the ReLU: relu(x @ w1 + b1)."),
        ),
    )


FORWARD = Exercise(
    id="04.1",
    title="a forward pass in two lines",
    question=(
        "`params` is a dict with `w1, b1, w2, b2`. Write `forward(params, x)`: a hidden layer with ReLU, then an "
        "output layer "
        "without activation. `x` has one row per example."
    ),
    stub="def forward(params, x):\n    return ...",
    answer="forward",
    test=_forward,
    hints=(
        'The hidden layer first: weighted sums `x @ params["w1"] + params["b1"]`, then the ReLU.',
        "The output layer takes the hidden values in the place of x, and has no ReLU.",
    ),
    solution=(
        "def forward(params, x):\n"
        '    hidden = jnp.maximum(x @ params["w1"] + params["b1"], 0)\n'
        '    return hidden @ params["w2"] + params["b2"]'
    ),
    meaning=(
        "Weights first, then the activation, layer after layer: that is the whole forward pass, however deep "
        "the network."
    ),
)

_SHAPES = {"w1": (3, 5), "b1": (5,), "hidden": (8, 5), "w2": (5, 2), "b2": (2,), "output": (8, 2)}


def _shapes(answer: Any) -> None:
    if not isinstance(answer, dict):
        raise NotYet("`shapes` should stay a dict: each name with its shape, a tuple.")
    for name, right in _SHAPES.items():
        given = answer.get(name, ...)
        answers.gaps(given)
        if isinstance(given, int):
            given = (given,)
        try:
            shape = tuple(int(n) for n in given)
        except (TypeError, ValueError):
            raise NotYet(f"`{name}` has {given!r}; a tuple of sizes such as (3, 5) is wanted.") from None
        if shape == right:
            continue
        why = ""
        if name in ("w1", "w2") and shape == right[::-1]:
            why = "Here x @ w needs one row per input and one column per unit (PyTorch stores the transpose)."
        elif name in ("b1", "b2"):
            why = "There is one bias per unit, shared by all examples."
        elif shape == right[1:]:
            why = "There are 8 examples, and each has its own row."
        elif shape == right[::-1]:
            why = "Examples are rows, units are columns."
        raise NotYet(f"`{name}` has the shape {shape}; that does not fit. {why}".strip())


SHAPES = Exercise(
    id="04.2",
    title="the shapes",
    question=(
        "A network has 3 inputs, 5 hidden units and 2 outputs, and reads 8 examples at once: `x` has the shape "
        "`(8, 3)`. "
        "A layer computes `x @ w + b`. Give every shape as a tuple."
    ),
    stub=(
        'shapes = {\n    "w1": ...,\n    "b1": ...,\n    "hidden": ...,\n    "w2": ...,\n    "b2": ...,\n    '
        '"output": ...,\n}'
    ),
    answer="shapes",
    test=_shapes,
    hints=(
        "`(8, 3) @ (3, 5)` gives `(8, 5)`: the inner sizes meet and vanish.",
        "A tuple with one number needs a comma: `(5,)`.",
    ),
    solution=(
        "shapes = {\n"
        '    "w1": (3, 5),\n    "b1": (5,),\n    "hidden": (8, 5),\n    "w2": (5, 2),\n    "b2": (2,),\n    '
        '"output": (8, 2),\n}'
    ),
    meaning="The batch size stands in no weight: the same network reads 1 example or 8,000.",
)


def _width(answer: Any) -> None:
    width = answers.number(answer, "width")
    count = 785 * width + (width + 1) * 10
    if width == 55050 or width == 54912:
        raise NotYet(f"{width:,.0f} is how many numbers the deep network has; the width of the wide one is wanted.")
    if width != round(width):
        raise NotYet(
            f"{width:g} units: a whole number is wanted; round down, to stay within the number of the deep network."
        )
    if width > 69:
        raise NotYet(f"a layer of {width:.0f} units makes {count:,.0f} numbers, more than 55,050. Round down, not up.")
    if width < 69:
        raise NotYet(f"a layer of {width:.0f} units makes {count:,.0f} numbers; there is room for more within 55,050.")


WIDTH = Exercise(
    id="04.3",
    title="width against depth",
    question=(
        "The network 784 - 64 - 64 - 10 has 55,050 weights and biases (check it). How many units may a network with a "
        "*single* hidden layer, 784 - ? - 10, have at most, without having more numbers than that?"
    ),
    stub="width = ...",
    answer="width",
    test=_width,
    hints=(
        "With h units: (784 + 1) h numbers for the hidden layer, (h + 1) 10 for the output.",
        "Solve 795 h + 10 = 55,050 and round down.",
    ),
    solution="width = (55050 - 10) // 795",
    meaning=(
        "A whole second layer of 64 units costs as much as five units more in the first: with wide inputs, "
        "depth is cheap."
    ),
)


def _bump(answer: Any) -> None:
    bump = answers.function(answer, "bump(x, left, right, steepness)")
    x = np.array([0.5, 0.0, 1.0, 3.0, 2.0, -1.0])
    left, right, steepness = 0.0, 2.0, 2.0
    s = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    a, b = s(steepness * (x - left)), s(steepness * (x - right))
    got = bump(answers.floats(x), left, right, steepness)
    grid = np.linspace(-2, 4, 121)
    answers.compare(
        "your bump",
        got,
        a - b,
        at=[f"x = {v:g} (left 0, right 2, steepness 2)" for v in x],
        typical=(
            (
                a + b,
                "The two steps add up to 2 on the right; subtract the second, so that it takes the first one back.",
            ),
            (b - a, "The bump hangs upside down: the step at `left` is added, the one at `right` subtracted."),
            (
                a * (1 - b),
                "A product of two sigmoids is a bump too, but an output neuron can only add and subtract: take "
                "the difference.",
            ),
            (s(x - left) - s(x - right), "The steepness is missing: s(steepness * (x - left))."),
            (a, "That is the first step alone; the second one, at `right`, has to bring it back to 0."),
            (
                s(steepness * x - left) - s(steepness * x - right),
                "The steepness multiplies the whole bracket: steepness * (x - left).",
            ),
        ),
        picture=draw.curves(
            "A bump from two sigmoids (left 0, right 2, steepness 2)",
            grid,
            answers.array(bump(answers.floats(grid), left, right, steepness), "your bump"),
            s(steepness * (grid - left)) - s(steepness * (grid - right)),
        )
        if np.shape(got) == x.shape
        else None,
    )
    answers.compare(
        "your bump",
        bump(answers.floats(x), -1.0, 1.0, 30.0),
        s(30.0 * (x + 1)) - s(30.0 * (x - 1)),
        at=[f"x = {v:g} (left -1, right 1, steepness 30)" for v in x],
        atol=1e-5,
    )


BUMP = Exercise(
    id="04.4",
    title="a bump from two sigmoids",
    question=(
        "Two hidden sigmoid units and one output neuron can make a bump: near 1 between `left` and `right`, near 0 "
        "elsewhere. Write `bump(x, left, right, steepness)` as the difference of two sigmoids, each of "
        "`steepness * (x - edge)`."
    ),
    stub="def bump(x, left, right, steepness):\n    return ...",
    answer="bump",
    test=_bump,
    hints=(
        "`jax.nn.sigmoid(steepness * (x - left))` is a soft step up at `left`.",
        "A second step up at `right`, subtracted, brings it down again.",
    ),
    solution=(
        "def bump(x, left, right, steepness):\n"
        "    up = jax.nn.sigmoid(steepness * (x - left))\n"
        "    down = jax.nn.sigmoid(steepness * (x - right))\n"
        "    return up - down"
    ),
    meaning=(
        "With enough bumps side by side any continuous curve can be followed as closely as you like: "
        "universal approximation, seen."
    ),
)

EXERCISES = (FORWARD, SHAPES, WIDTH, BUMP)
