"""Exercises of 02_neuron_and_perceptron: logic with threshold units, XOR in two layers, the perceptron's rule."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dlnotes.exercises import _answers as answers
from dlnotes.exercises import _draw as draw
from dlnotes.exercises._exercise import Exercise, NotYet

_AND, _OR, _NAND, _XOR = (0, 0, 0, 1), (0, 1, 1, 1), (1, 1, 1, 0), (0, 1, 1, 0)
_FIRST_ONLY, _SECOND_ONLY = (0, 0, 1, 0), (0, 1, 0, 0)


def _table(wanted: Sequence[int], got: Sequence[int], sums: Sequence[float]) -> str:
    lines = ["x1  x2    sum   fires   wanted"]
    for (x1, x2), want, fires, total in zip(draw.CORNERS, wanted, got, sums, strict=True):
        mark = "" if want == fires else "   <- differs"
        lines.append(f"{x1:2d}  {x2:2d}  {total:5.3g}   {fires:5d}   {want:6d}{mark}")
    return "\n".join(lines)


def _judge_gate(name: str, weights: Any, wanted: Sequence[int], why: Callable[[Sequence[int]], str]) -> None:
    w1, w2, b = (answers.number(part, name) for part in answers.several(weights, ("w1", "w2", "b"), name))
    sums = [w1 * x1 + w2 * x2 + b for x1, x2 in draw.CORNERS]
    got = [int(total > 0) for total in sums]
    if got != list(wanted):
        at = next(i for i in range(4) if got[i] != wanted[i])
        message = (
            f"your {name} neuron {'fires' if got[at] else 'stays silent'} at {draw.CORNERS[at]}. {why(got)}".strip()
        )
        picture = draw.corners(f"Where your {name} neuron fires (blue)", wanted, lambda x, y: w1 * x + w2 * y + b)
        raise NotYet(message, _table(wanted, got, sums), picture)
    if min(map(abs, sums)) < 1e-9:
        at = draw.CORNERS[int(np.argmin(np.abs(sums)))]
        raise NotYet(
            f"your {name} neuron is right, but the sum is exactly 0 at {at}: the point lies on the boundary. "
            f"Move the bias a little, so that the answer does not hang on what step(0) is.",
            _table(wanted, got, sums),
        )


def _why_and(got: Sequence[int]) -> str:
    if tuple(got) == _OR:
        return "That is OR. Lower the bias, so that one input alone is not enough."
    if tuple(got) == _NAND:
        return "That is NAND, the opposite: turn all three signs."
    return "The sum has to be above 0 at (1, 1) only."


def _and_neuron(answer: Any) -> None:
    _judge_gate("AND", answer, _AND, _why_and)


AND_NEURON = Exercise(
    id="02.1",
    title="a neuron that computes AND",
    question=(
        "A threshold neuron fires (gives 1) when $w_1 x_1 + w_2 x_2 + b > 0$, and gives 0 otherwise. Find `(w1, "
        "w2, b)` "
        "so that it fires only when both inputs are 1."
    ),
    stub="and_neuron = (..., ..., ...)  # w1, w2, b",
    answer="and_neuron",
    test=_and_neuron,
    hints=(
        "With both weights 1 the weighted sum is 0, 1, 1 or 2 at the four points.",
        "The bias has to make 2 positive and leave 1 negative.",
    ),
    solution="and_neuron = (1.0, 1.0, -1.5)  # w1, w2, b",
    meaning="The weights give the direction of the boundary, the bias moves it: between (1, 1) and the rest.",
)


def _or_nand(answer: Any) -> None:
    if not isinstance(answer, dict) or not {"or", "nand"} <= set(answer):
        raise NotYet('`gates` should be a dict with "or" and "nand", each with (w1, w2, b).')
    for value in answer.values():
        answers.gaps(value)

    def why_or(got: Sequence[int]) -> str:
        if tuple(got) == _AND:
            return "That is AND. Raise the bias, so that one input alone is enough."
        return (
            "The sum has to be below 0 at (0, 0) only."
            if not got[0]
            else "With no input the sum is the bias: it must be negative."
        )

    def why_nand(got: Sequence[int]) -> str:
        if tuple(got) == _AND:
            return "That is AND. NAND is its opposite at each point: turn the signs of all three."
        return "The sum has to be below 0 at (1, 1) only: negative weights and a positive bias."

    _judge_gate("OR", answer["or"], _OR, why_or)
    _judge_gate("NAND", answer["nand"], _NAND, why_nand)


OR_NAND = Exercise(
    id="02.2",
    title="OR and NAND",
    question=(
        "Find the weights of two more neurons: OR fires when at least one input is 1; NAND (not-and) fires always, "
        "except when both inputs are 1."
    ),
    stub='gates = {\n    "or": (..., ..., ...),  # w1, w2, b\n    "nand": (..., ..., ...),\n}',
    answer="gates",
    test=_or_nand,
    hints=(
        "OR is AND with the boundary moved: only the bias differs.",
        "NAND is the opposite of AND at every point. What happens to w·x + b > 0 when all three numbers change sign?",
    ),
    solution='gates = {\n    "or": (1.0, 1.0, -0.5),\n    "nand": (-1.0, -1.0, 1.5),\n}',
    meaning=(
        "From NAND alone every logical circuit can be built: networks of threshold units can compute "
        "anything a circuit can."
    ),
)


def _xor(answer: Any) -> None:
    hidden, output = answers.several(answer, ("hidden", "output"), "xor_net")
    rows = [
        [answers.number(part, "hidden") for part in answers.several(row, ("w1", "w2", "b"), "a hidden neuron")]
        for row in answers.several(hidden, ("neuron 1", "neuron 2"), "hidden")
    ]
    v1, v2, c = (answers.number(part, "output") for part in answers.several(output, ("v1", "v2", "c"), "output"))

    def total(x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
        h1, h2 = (((w1 * x1 + w2 * x2 + b) > 0).astype(float) for w1, w2, b in rows)
        return v1 * h1 + v2 * h2 + c

    points = np.array(draw.CORNERS, float)
    sums = total(points[:, 0], points[:, 1])
    inner = [[int(w1 * x1 + w2 * x2 + b > 0) for w1, w2, b in rows] for x1, x2 in draw.CORNERS]
    got = [int(value > 0) for value in sums]
    columns = {tuple(column) for column in zip(*inner, strict=True)}
    if got == list(_XOR) and columns == {_FIRST_ONLY, _SECOND_ONLY}:
        raise NotYet(
            "your net is right, but its hidden neurons are those of the chapter: one input but not the other. "
            "Find another way: you have neurons for AND, OR and NAND."
        )
    if got == list(_XOR):
        return
    lines = ["x1  x2   h1  h2   out   wanted"]
    for (x1, x2), (h1, h2), out, want in zip(draw.CORNERS, inner, got, _XOR, strict=True):
        lines.append(
            f"{x1:2d}  {x2:2d}   {h1:2d}  {h2:2d}   {out:3d}   {want:6d}{'' if out == want else '   <- differs'}"
        )
    at = next(i for i in range(4) if got[i] != _XOR[i])
    first, second = (tuple(column) for column in zip(*inner, strict=True))
    if first == second:
        why = "The two hidden neurons do the same, so the net is no better than one neuron."
    elif tuple(got) == _OR:
        why = "That is OR: at (1, 1) something has to hold the output back."
    elif tuple(got) == (1, 0, 0, 1):
        why = "That is the opposite of XOR: turn the signs of the output neuron."
    elif {first, second} == {_OR, _NAND}:
        why = "The hidden neurons are good (OR and NAND); the output has to fire only when both do."
    else:
        why = "Try OR and NAND as the hidden neurons."
    message = f"your net gives {got[at]} at {draw.CORNERS[at]}; expected {_XOR[at]}. {why}"
    raise NotYet(message, "\n".join(lines), draw.corners("Where your net fires (blue)", _XOR, total))


XOR = Exercise(
    id="02.3",
    title="XOR with two layers, another way",
    question=(
        "The chapter builds XOR from two hidden neurons, each for one input but not the other. There is another way, "
        "from neurons that you have just made: find hidden neurons that do not detect single corners. "
        "Give `(w1, w2, b)` of both hidden neurons, and `(v1, v2, c)` of the output neuron, which sees the hidden "
        "neurons' outputs. All three fire when their sum is above 0."
    ),
    stub=(
        "hidden = [(..., ..., ...), (..., ..., ...)]  # (w1, w2, b) of each hidden neuron\n"
        "output = (..., ..., ...)  # v1, v2, c\n"
        "xor_net = (hidden, output)"
    ),
    answer="xor_net",
    test=_xor,
    hints=(
        "Say it in words: one of them, but not both.",
        "That is (x1 OR x2) AND (x1 NAND x2): you have the three neurons already.",
    ),
    solution=(
        "hidden = [(1.0, 1.0, -0.5), (-1.0, -1.0, 1.5)]  # OR, NAND\n"
        "output = (1.0, 1.0, -1.5)  # AND\n"
        "xor_net = (hidden, output)"
    ),
    meaning=(
        "The hidden layer moves the four points to where one line separates them: this is what hidden layers are for."
    ),
)


def _update(answer: Any) -> None:
    update = answers.function(answer, "update(w, b, x, y, rate)")
    cases = (  # w, b, x, y
        ((1.0, -2.0), 0.5, (1.0, 2.0), 1.0),  # a mistake on a positive example
        ((1.0, 1.0), 0.5, (1.0, 2.0), -1.0),  # a mistake on a negative one
        ((1.0, 1.0), 0.5, (1.0, 2.0), 1.0),  # right: nothing moves
        ((0.0, 0.0), 0.0, (3.0, -1.0), 1.0),  # on the boundary: counts as a mistake
    )
    rate = 0.5
    for w, b, x, y in cases:
        weights, point = np.array(w), np.array(x)
        margin = y * (weights @ point + b)
        step = rate * y if margin <= 0 else 0.0
        new = np.array([*(weights + step * point), b + step])
        parts = answers.several(update(answers.floats(*w), b, answers.floats(*x), y, rate), ("w", "b"), "update(…)")
        got = np.array([*answers.array(parts[0], "the new w", (2,)), answers.number(parts[1], "the new b")])
        always = np.array([*(weights + rate * y * point), b + rate * y])
        typical = [
            (np.array([*(weights - step * point), b - step]), "The step goes the wrong way: add rate * y * x."),
            (np.array([*(weights + step * point), b]), "The weights are right; the bias moves too, by rate * y."),
            (np.array([*(weights + step / rate * point), b + step / rate]), "The rate is missing."),
        ]
        if margin > 0:
            typical = [(always, "This example is on the right side already: the rule changes nothing then.")]
        if margin == 0:
            typical = [
                (
                    np.array([*w, b]),
                    "A point on the boundary (w·x + b = 0) counts as a mistake; otherwise weights of 0 never start.",
                )
            ]
        answers.compare(
            "your update",
            got,
            new,
            at=[f"{part} for w = {w}, b = {b}, x = {x}, y = {y:+.0f}" for part in ("w[0]", "w[1]", "b")],
            typical=typical,
        )


UPDATE = Exercise(
    id="02.4",
    title="the perceptron's rule",
    question=(
        "Write one step of the perceptron's rule, `update(w, b, x, y, rate)` with $y = \\pm 1$. If the example "
        "is on the "
        "wrong side of the boundary or on it, $y\\,(w \\cdot x + b) \\le 0$, then $w \\leftarrow w + "
        "\\text{rate} \\cdot y\\,x$ and "
        "$b \\leftarrow b + \\text{rate} \\cdot y$. Otherwise nothing changes. Return `(w, b)`."
    ),
    stub="def update(w, b, x, y, rate):\n    return ...",
    answer="update",
    test=_update,
    hints=(
        "Compute the margin first: `y * (jnp.dot(w, x) + b)`.",
        "Only one `if` is needed: when the margin is above 0, return `w, b` unchanged.",
    ),
    solution=(
        "def update(w, b, x, y, rate):\n"
        "    if y * (jnp.dot(w, x) + b) > 0:\n"
        "        return w, b\n"
        "    return w + rate * y * x, b + rate * y"
    ),
    meaning=(
        "Each mistake turns the boundary towards the example; on separable data the number of mistakes is "
        "finite (Novikoff, 1962)."
    ),
)

EXERCISES = (AND_NEURON, OR_NAND, XOR, UPDATE)
