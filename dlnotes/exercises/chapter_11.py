"""Exercises of 11_layerwise_pretraining: energy, free energy, the step of contrastive divergence, counting states."""

from typing import Any

import numpy as np

from dlnotes.exercises import _answers as answers
from dlnotes.exercises._exercise import Exercise, NotYet

_W = np.array([[1.0, -2.0], [0.5, 3.0], [-1.5, 0.25]])  # three visible units, two hidden ones
_A, _B = np.array([0.2, -0.4, 1.0]), np.array([-1.0, 0.6])


def _given() -> tuple[Any, Any, Any]:
    return answers.floats(_W), answers.floats(_A), answers.floats(_B)


def _energy(answer: Any) -> None:
    energy = answers.function(answer, "energy(v, h, W, a, b)")
    for v, h in (([1, 0, 1], [1, 1]), ([0, 1, 1], [0, 1]), ([0, 0, 0], [0, 0])):
        v, h = np.array(v, float), np.array(h, float)
        pull, seen, hidden = v @ _W @ h, _A @ v, _B @ h
        answers.compare(
            "your energy",
            answers.array(energy(answers.floats(v), answers.floats(h), *_given()), "energy(…)"),
            -pull - seen - hidden,
            at=f"v = {v.astype(int).tolist()}, h = {h.astype(int).tolist()}",
            typical=(
                (pull + seen + hidden, "The sign: units that agree with their weights lower the energy."),
                (-pull, "The biases are missing."),
                (-pull - seen, "The hidden biases are missing."),
                (-pull - hidden, "The visible biases are missing."),
                (-pull + seen + hidden, "All three terms have the minus sign."),
                (
                    np.exp(pull + seen + hidden),
                    "That is exp(-E), the weight of the state; its energy is wanted.",
                ),
            ),
        )


ENERGY = Exercise(
    id="11.1",
    title="the energy of a state",
    question=(
        "Write `energy(v, h, W, a, b)` for one state: $E = -a \\cdot v - b \\cdot h - v\\, W h$. `W` has a row for "
        "each visible unit and a column for each hidden one."
    ),
    stub="def energy(v, h, W, a, b):\n    return ...",
    answer="energy",
    test=_energy,
    hints=("`v @ W` has one number for each hidden unit.", "`v @ W @ h` is the middle term, one number."),
    solution="def energy(v, h, W, a, b):\n    return -(a @ v) - b @ h - v @ W @ h",
    meaning="A weight counts only when both its ends are on: then it lowers the energy by its size.",
)


def _free_energy(answer: Any) -> None:
    free = answers.function(answer, "free_energy(v, W, a, b)")
    v = np.array([[1, 0, 1], [0, 1, 1], [0, 0, 0], [1, 1, 0]], float)
    z = v @ _W + _B
    seen, soft = v @ _A, np.log1p(np.exp(z)).sum(-1)
    answers.compare(
        "your free energy",
        answers.array(free(answers.floats(v), *_given()), "free_energy(…)"),
        -seen - soft,
        at=[f"v = {row.astype(int).tolist()}" for row in v],
        typical=(
            (seen + soft, "That is log of the weight; the free energy is minus that."),
            (-soft, "The visible biases are missing."),
            (-seen + soft, "Both terms have the minus sign."),
            (-seen - z.sum(-1), "Each hidden unit gives log(1 + exp(z)), not z: it may be off as well as on."),
            (-seen - np.maximum(z, 0).sum(-1), "That is the lowest energy over h; log(1 + exp(z)) adds up on and off."),
            (-seen - np.log1p(np.exp(v @ _W)).sum(-1), "The hidden biases are missing."),
            (-seen - np.log(np.exp(z).sum(-1)), "The units are independent: a sum of logs, not a log of a sum."),
            (np.full(4, (-seen - soft).sum()), "Sum over the hidden units only, with `.sum(-1)`: one number per row."),
            ((-seen - soft).sum(), "Sum over the hidden units only, with `.sum(-1)`: one number per row."),
        ),
        not_finite="`exp` overflows; `jnp.logaddexp(0, z)` or `jax.nn.softplus(z)` does not.",
    )
    far = answers.array(free(answers.floats(1000 * v[1:2]), *_given()), "free_energy(…)")
    if not np.isfinite(far).all():
        raise NotYet(
            "your free energy overflows for large sums, here v = [0, 1000, 1000]. "
            "`jax.nn.softplus(z)` is log(1 + exp(z)), written so that it does not."
        )


FREE_ENERGY = Exercise(
    id="11.2",
    title="the free energy",
    question=(
        "Write `free_energy(v, W, a, b)` for rows of visible states, `v` of shape (n, visible): "
        "$F(v) = -a \\cdot v - \\sum_j \\log(1 + e^{z_j})$ with $z = v W + b$. Return n numbers. It must not overflow."
    ),
    stub="def free_energy(v, W, a, b):\n    return ...",
    answer="free_energy",
    test=_free_energy,
    hints=("`z = v @ W + b` has a row for each state.", "log(1 + exp(z)) is `jax.nn.softplus(z)`; sum it over `-1`."),
    solution=("def free_energy(v, W, a, b):\n    z = v @ W + b\n    return -(v @ a) - jax.nn.softplus(z).sum(-1)"),
    meaning="All 2ⁿ hidden states are added up in n terms: that is what *restricted* buys.",
)


def _step(answer: Any) -> None:
    weight_step = answers.function(answer, "weight_step(v0, h0, v1, h1)")
    v0, v1 = np.array([[1, 0, 1], [0, 1, 1]], float), np.array([[1, 1, 0], [0, 1, 0]], float)
    h0, h1 = np.array([[0.9, 0.2], [0.5, 0.6]]), np.array([[0.3, 0.8], [0.1, 0.4]])
    given = weight_step(*map(answers.floats, (v0, h0, v1, h1)))
    right = (v0.T @ h0 - v1.T @ h1) / 2
    answers.compare(
        "your step",
        answers.array(given, "weight_step(…)"),
        right,
        typical=(
            (-right, "Turned round: the data are made more probable, what the machine dreams less."),
            (2 * right, "Divide by the number of examples, len(v0)."),
            ((v0.T @ h0) / 2, "Without the second half every weight only grows."),
            (right.T, "Transposed: W has a row for each visible unit."),
            ((v0 - v1).T @ (h0 - h1) / 2, "A difference of two products, not a product of two differences."),
            ((v0 - v1).T @ h0 / 2, "The second product uses h1, which belongs to v1."),
        ),
    )


STEP = Exercise(
    id="11.3",
    title="the step of contrastive divergence",
    question=(
        "Write `weight_step(v0, h0, v1, h1)`: the direction in which CD-1 moves $W$, "
        "$\\frac{1}{n}\\,(v_0^\\top h_0 - v_1^\\top h_1)$. `v0` are n examples and `v1` what the chain made of them, "
        "one in a row; `h0` and `h1` are the hidden probabilities at each."
    ),
    stub="def weight_step(v0, h0, v1, h1):\n    return ...",
    answer="weight_step",
    test=_step,
    hints=("`v0.T @ h0` sums over the examples.", "Subtract the same product for v1 and h1, and divide by `len(v0)`."),
    solution="def weight_step(v0, h0, v1, h1):\n    return (v0.T @ h0 - v1.T @ h1) / len(v0)",
    meaning="A weight comes to rest when its two ends are on together as often in dreams as in the data.",
)


def _count(answer: Any) -> None:
    terms = answers.number(answer, "terms")
    typical = (
        (2.0**26, "That is every joint state; one layer can be summed out in a formula, the free energy."),
        (2.0**16, "The visible layer has more states than needed; F may be turned round to sum out the larger layer."),
        (26.0, "Each unit doubles the number of states; count states, not units."),
        (16 * 10.0, "That is the number of weights."),
        (10.0, "Each of the ten units doubles the number: 2 to the power of 10."),
        (100.0, "Each of the ten units doubles the number: 2 to the power of 10."),
        (20.0, "Each of the ten units doubles the number: 2 to the power of 10."),
        (2.0**16 + 2.0**10, "One of the two layers is enough."),
    )
    if terms != 1024:
        why = next((text for value, text in typical if np.isclose(terms, value)), "")
        raise NotYet(f"your count is {answers.show(terms, whole=True)}; fewer or more are needed. {why}".strip())


COUNT = Exercise(
    id="11.4",
    title="adding up all dreams",
    question=(
        "A machine has 16 visible and 10 hidden units. Given one layer, the other is summed out in a formula. How many "
        "terms must $Z$ then have at least?"
    ),
    stub="terms = ...",
    answer="terms",
    test=_count,
    hints=("n units that are on or off have 2ⁿ states.", "Walk over the states of the smaller layer."),
    solution="terms = 2**10",
    meaning="With 200 hidden units it would be a number of 61 digits: hence the estimate.",
)

EXERCISES = (ENERGY, FREE_ENERGY, STEP, COUNT)
