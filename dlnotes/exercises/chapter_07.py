"""Exercises of 07_optimizers: momentum, Adam, the largest stable rate, the rates of AdaGrad and RMSProp."""

from typing import Any

import numpy as np

from dlnotes.exercises import _answers as answers
from dlnotes.exercises._exercise import Exercise, NotYet


def _momentum(answer: Any) -> None:
    momentum_step = answers.function(answer, "momentum_step(w, velocity, grad, rate, decay)")
    w, v, g, rate, decay = np.array([1.0, -2.0]), np.array([0.5, 0.25]), np.array([2.0, -1.0]), 0.1, 0.9
    new_v = decay * v + g
    given = momentum_step(answers.floats(w), answers.floats(v), answers.floats(g), rate, decay)
    got_w, got_v = answers.several(given, ("w", "velocity"), "momentum_step(…)")
    average = decay * v + (1 - decay) * g
    pair = lambda w, v: np.concatenate([w, v])  # noqa: E731
    answers.compare(
        "your step",
        pair(answers.array(got_w, "the new w", (2,)), answers.array(got_v, "the new velocity", (2,))),
        pair(w - rate * new_v, new_v),
        at=[
            f"{name} (w = [1, -2], velocity = [0.5, 0.25], grad = [2, -1])"
            for name in ("w[0]", "w[1]", "velocity[0]", "velocity[1]")
        ],
        typical=(
            (
                pair(w - rate * average, average),
                "Here the velocity is a sum, decay * velocity + grad, not an average with (1 - decay).",
            ),
            (pair(w + rate * new_v, new_v), "The step goes uphill: subtract it."),
            (pair(w - rate * v, new_v), "The step uses the old velocity; update it first."),
            (pair(w - rate * (v + g), v + g), "The old velocity is not damped: multiply it by decay."),
            (pair(w - rate * g, new_v), "The weights follow the gradient; they should follow the velocity."),
            (pair(w - new_v, new_v), "The rate is missing from the step."),
        ),
    )


MOMENTUM = Exercise(
    id="07.1",
    title="one step with momentum",
    question=(
        "Write `momentum_step(w, velocity, grad, rate, decay)`: $v \\leftarrow \\text{decay} \\cdot v + g$, then "
        "$w \\leftarrow w - \\text{rate} \\cdot v$. Return `(w, velocity)`."
    ),
    stub="def momentum_step(w, velocity, grad, rate, decay):\n    return ...",
    answer="momentum_step",
    test=_momentum,
    hints=("Update the velocity first, then use the new one.", "`velocity = decay * velocity + grad`"),
    solution=(
        "def momentum_step(w, velocity, grad, rate, decay):\n"
        "    velocity = decay * velocity + grad\n"
        "    return w - rate * velocity, velocity"
    ),
    meaning=(
        "In a steady slope the velocity grows to grad / (1 - decay): with decay 0.9 the steps become ten times longer."
    ),
)


def _adam(answer: Any) -> None:
    adam_step = answers.function(answer, "adam_step(w, m, v, grad, step)")
    rate, b1, b2, eps = 0.001, 0.9, 0.999, 1e-8
    cases = (
        (np.zeros(2), np.array([0.2, 0.1]), np.array([0.3, 0.02]), np.array([-1.0, 3.0]), 3),
        (np.ones(2), np.zeros(2), np.zeros(2), np.array([0.5, -20.0]), 1),
        (np.zeros(2), np.zeros(2), np.zeros(2), np.array([1e-8, -1e-8]), 1),
    )
    for w, m, v, g, step in cases:
        new_m, new_v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        m_hat, v_hat = new_m / (1 - b1**step), new_v / (1 - b2**step)
        given = adam_step(answers.floats(w), answers.floats(m), answers.floats(v), answers.floats(g), step)
        parts = answers.several(given, ("w", "m", "v"), "adam_step(…)")
        got_w, got_m, got_v = (
            answers.array(part, f"the new {name}", (2,)) for part, name in zip(parts, "wmv", strict=True)
        )
        place = f"grad = {g.tolist()}, step = {step}"
        answers.compare(
            "your new m",
            got_m,
            new_m,
            at=place,
            atol=1e-12,
            typical=(
                (m_hat, "Keep m itself; the corrected one, m / (1 - 0.9^step), is used for the step only."),
                (b1 * m + g, "m is an average: the gradient comes in with 1 - 0.9 = 0.1."),
                ((1 - b1) * m + b1 * g, "The two weights are swapped: 0.9 belongs to the old m."),
            ),
        )
        answers.compare(
            "your new v",
            got_v,
            new_v,
            at=place,
            atol=0.0,
            typical=(
                (v_hat, "Keep v itself; the corrected one is used for the step only."),
                (b2 * v + (1 - b2) * g, "v averages the squared gradient: grad ** 2."),
                (b1 * v + (1 - b1) * g**2, "v has its own decay, 0.999."),
            ),
        )
        raw = -rate * new_m / (np.sqrt(new_v) + eps)
        answers.compare(
            "your change of w",
            got_w - w,
            -rate * m_hat / (np.sqrt(v_hat) + eps),
            at=place,
            rtol=2e-3,
            atol=1e-9,
            typical=(
                (raw, "The bias correction is missing: divide m by 1 - 0.9^step, v by 1 - 0.999^step."),
                (-rate * m_hat / np.sqrt(v_hat + eps), "Epsilon stands inside the root; add it after the root."),
                (-rate * m_hat / (v_hat + eps), "The root is missing: divide by sqrt(v) + eps."),
                (rate * m_hat / (np.sqrt(v_hat) + eps), "The step goes uphill: subtract it."),
            ),
        )


ADAM = Exercise(
    id="07.2",
    title="one step of Adam",
    question=(
        "Write `adam_step(w, m, v, grad, step)` with rate 0.001, decays 0.9 and 0.999, epsilon 1e-8 (added after "
        "the root); "
        "`step` is 1 at the first step. Correct both averages for their start at 0: "
        "$\\hat m = m / (1 - 0.9^{\\text{step}})$, $\\hat v = v / (1 - 0.999^{\\text{step}})$. Return `(w, m, v)`."
    ),
    stub="def adam_step(w, m, v, grad, step):\n    return ...",
    answer="adam_step",
    test=_adam,
    hints=(
        "First the two averages: of the gradient, and of its square.",
        "Then the corrected ones, in names of their own: m and v themselves are returned uncorrected.",
        "The step is `0.001 * m_hat / (jnp.sqrt(v_hat) + 1e-8)`, subtracted.",
    ),
    solution=(
        "def adam_step(w, m, v, grad, step):\n"
        "    m = 0.9 * m + 0.1 * grad\n"
        "    v = 0.999 * v + 0.001 * grad**2\n"
        "    m_hat = m / (1 - 0.9**step)\n"
        "    v_hat = v / (1 - 0.999**step)\n"
        "    return w - 0.001 * m_hat / (jnp.sqrt(v_hat) + 1e-8), m, v"
    ),
    meaning=(
        "The first step has the length of the rate, 0.001, whether the gradient is 0.5 or 20: Adam forgets "
        "the gradient's size."
    ),
)


def _stable(answer: Any) -> None:
    rate = answers.number(answer, "rate")
    typical = (
        (0.04, "With 1/25 the steep direction is solved in one step; it stays stable up to twice that."),
        (2.0, "That is the limit of the flat direction (curvature 1); the steep one (25) diverges long before."),
        (1.0, "That is for curvature 1; the steepest direction decides, and its curvature is 25."),
        (12.5, "Turned over: it is 2 divided by the curvature."),
        (2 / 26, "The curvatures do not add up: the larger one alone decides."),
        (0.4, "The curvature in the second direction is 25, not 5."),
    )
    if not np.isclose(rate, 0.08, rtol=1e-3):
        why = next((text for value, text in typical if np.isclose(rate, value, rtol=1e-3)), "")
        w, path = 1.0, []
        for _ in range(5):
            w *= 1 - 25 * rate
            path.append(f"{w:.3g}")
        raise NotYet(
            f"your rate is {answers.show(rate)}; that is not the limit. {why}".strip(), f"w2 from 1: {', '.join(path)}"
        )


STABLE = Exercise(
    id="07.3",
    title="the largest stable rate",
    question=(
        "Gradient descent on the bowl $f(w_1, w_2) = \\frac12 w_1^2 + \\frac{25}{2} w_2^2$. Above which learning "
        "rate does it diverge? "
        "Each step multiplies $w_2$ by a fixed number: what must that number be?"
    ),
    stub="rate = ...",
    answer="rate",
    test=_stable,
    hints=(
        "The gradient in w2 is 25 w2, so one step gives w2 (1 - 25 rate).",
        "It stays bounded as long as |1 - 25 rate| is at most 1.",
    ),
    solution="rate = 2 / 25",
    meaning=(
        "The steepest direction sets the limit, 2 / curvature; the flat one then creeps: this is why ravines are slow."
    ),
)


def _rates(answer: Any) -> None:
    rates = answers.function(answer, "effective_rates(grads, rate, decay)")
    for grads in ([3.0, -1.0, 0.5, 2.0], [2.0], [1.0] * 100):
        g2, rate, decay = np.square(grads), 0.1, 0.9
        total, average = g2.sum(), 0.0
        for value in g2:
            average = decay * average + (1 - decay) * value
        given = rates(answers.floats(np.array(grads)), rate, decay)
        ada, rms = answers.several(given, ("adagrad", "rmsprop"), "effective_rates(…)")
        place = f"grads = {grads if len(grads) < 9 else '100 times 1.0'}"
        answers.compare(
            "your AdaGrad rate",
            answers.number(ada, "adagrad"),
            rate / np.sqrt(total),
            at=place,
            typical=(
                (rate / np.sqrt(average), "That is RMSProp's; the order is (adagrad, rmsprop)."),
                (
                    rate / np.sqrt(g2.mean()),
                    "AdaGrad divides by the root of the sum, not of the mean: it never forgets.",
                ),
                (rate / total, "The root is missing."),
                (rate / np.abs(grads).sum(), "The squares are summed, not the absolute values."),
            ),
        )
        answers.compare(
            "your RMSProp rate",
            answers.number(rms, "rmsprop"),
            rate / np.sqrt(average),
            at=place,
            typical=(
                (
                    rate / np.sqrt(total),
                    "RMSProp keeps a fading average, not the sum: that is its difference from AdaGrad.",
                ),
                (rate / average, "The root is missing."),
                (rate / np.sqrt(average / (1 - decay)), "The squared gradient comes in with the weight 1 - decay."),
                (
                    rate / np.sqrt(average / (1 - decay ** len(grads))),
                    "There is no bias correction in RMSProp; Adam has it.",
                ),
            ),
        )


RATES = Exercise(
    id="07.4",
    title="what is left of the rate?",
    question=(
        "AdaGrad and RMSProp divide the rate by the root of what they remember of the squared gradients: AdaGrad "
        "their sum, "
        "RMSProp the average $v \\leftarrow \\text{decay} \\cdot v + (1 - \\text{decay})\\, g^2$, begun at 0. Write "
        "`effective_rates(grads, rate, decay)` for one weight: after all `grads`, return $\\text{rate} / "
        "\\sqrt{\\cdot}$ of both, "
        "`(adagrad, rmsprop)`. Leave epsilon out."
    ),
    stub="def effective_rates(grads, rate, decay):\n    return ...",
    answer="effective_rates",
    test=_rates,
    hints=(
        "AdaGrad needs no loop: `jnp.sum(grads ** 2)`.",
        "RMSProp: start with v = 0 and go through the gradients one by one.",
    ),
    solution=(
        "def effective_rates(grads, rate, decay):\n"
        "    adagrad = rate / jnp.sqrt(jnp.sum(grads**2))\n"
        "    v = 0.0\n"
        "    for g in grads:\n"
        "        v = decay * v + (1 - decay) * g**2\n"
        "    return adagrad, rate / jnp.sqrt(v)"
    ),
    meaning=(
        "After 100 equal gradients AdaGrad's rate has shrunk to a tenth and goes on shrinking; RMSProp's "
        "stays near the rate."
    ),
)

EXERCISES = (MOMENTUM, ADAM, STABLE, RATES)
