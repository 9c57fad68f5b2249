"""Exercises of 10_initialisation_and_normalisation: a gain, batch norm in training and after, long weights."""

from typing import Any

import numpy as np

from dlnotes.exercises import _answers as answers
from dlnotes.exercises._exercise import Exercise, NotYet

EPSILON = 1e-5


def _gain(answer: Any) -> None:
    std = answers.number(answer, "std")
    right = np.sqrt(2 / (400 * (1 + 0.5**2)))
    typical = (
        (np.sqrt(2 / 400), "That is He's rule for ReLU; this slope keeps a part of the negative half too."),
        (np.sqrt(1 / 400), "That keeps the mean square without any activation."),
        (right**2, "That is the variance of a weight; its standard deviation is the root."),
        (np.sqrt(2 / (400 * 1.5)), "The slope multiplies the number; the mean square feels its square, 0.25."),
        (np.sqrt((1 + 0.5**2) / (2 * 400)), "Turned over: the activation loses some, so the weights must give more."),
        (np.sqrt(2 / 1.25), "The 400 inputs add up: divide by 400 too."),
        (
            np.sqrt(1 / (400 * 1.25)),
            "Half of the inputs are negative: the mean square becomes (1 + 0.5²)/2, not 1 + 0.5².",
        ),
    )
    if not np.isclose(std, right, rtol=5e-3):
        why = next((text for value, text in typical if np.isclose(std, value, rtol=5e-3)), "")
        factor = 400 * std**2 * (1 + 0.5**2) / 2
        with np.errstate(over="ignore"):
            after = np.float64(factor) ** 50
        raise NotYet(
            f"with std {answers.show(std)} each layer multiplies the mean square by {answers.show(factor)}, and 50 "
            f"layers by {answers.show(after)}. {why}".strip()
        )


GAIN = Exercise(
    id="10.1",
    title="the gain of another activation",
    question=(
        "A leaky ReLU passes positive numbers as they are and multiplies negative ones by 0.5. Each unit adds up 400 "
        "inputs. Which standard deviation must the weights have so that the mean square of the activations stays the "
        "same from layer to layer?"
    ),
    stub="std = ...",
    answer="std",
    test=_gain,
    hints=(
        "The sum has the mean square 400 times the weights' variance times the inputs' mean square.",
        "The sum is positive half of the time. Then the square stays; otherwise it is multiplied by 0.5² = 0.25.",
        "So the activation multiplies the mean square by (1 + 0.25)/2 = 0.625; the product of both factors must be 1.",
    ),
    solution="std = (2 / (400 * (1 + 0.5**2))) ** 0.5",
    meaning="Slope 0 gives He's rule, slope 1 (no bend at all) gives 1/400: the gain says what the bend throws away.",
)


def _forward(answer: Any) -> None:
    batch_norm = answers.function(answer, "batch_norm(x, scale, bias)")
    x = np.array([[1.0, 10.0, 5.0], [2.0, 30.0, 5.0], [6.0, 20.0, 5.0], [3.0, 60.0, 5.0]])
    scale, bias = np.array([2.0, 0.5, 3.0]), np.array([1.0, -1.0, 0.25])

    def standard(axis: int, ddof: int = 0) -> np.ndarray:
        return (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True, ddof=ddof) + EPSILON)

    z = standard(0)
    given = answers.array(
        batch_norm(answers.floats(x), answers.floats(scale), answers.floats(bias)), "batch_norm(x, scale, bias)"
    )
    centred = x - x.mean(0)
    answers.compare(
        "your batch norm",
        given,
        scale * z + bias,
        at=[f"x[{row}, {column}] = {x[row, column]:g}" for row in range(4) for column in range(3)],
        not_finite="The third feature is 5 everywhere, so its variance is 0: add 1e-5 to the variance under the root.",
        typical=(
            (scale * standard(1) + bias, "That averages over the features of one example: layer norm. Use axis 0."),
            (scale * standard(0, ddof=1) + bias, "Divide the sum of squares by the count m, not by m - 1."),
            (z, "Scale and bias are missing."),
            (scale * z, "The bias is missing."),
            (bias * z + scale, "Scale and bias are swapped."),
            (scale * (z + bias), "Scale first, then add the bias: scale * z + bias."),
            (scale * centred / (x.var(0) + EPSILON) + bias, "Divide by the root of the variance."),
            (scale * centred + bias, "The division by the standard deviation is missing."),
            (scale * x / np.sqrt(x.var(0) + EPSILON) + bias, "The mean is not subtracted."),
            (
                scale * (x - x.mean()) / np.sqrt(x.var() + EPSILON) + bias,
                "One mean over everything: each feature has its own, over axis 0.",
            ),
        ),
    )


FORWARD = Exercise(
    id="10.2",
    title="batch norm, in training",
    question=(
        "Write `batch_norm(x, scale, bias)` for a batch `x` of shape (examples, features): subtract each feature's "
        "mean over the batch, divide by $\\sqrt{\\text{variance} + 10^{-5}}$, multiply by `scale`, add `bias`. The "
        "variance is a mean of squares, divided by the number of examples."
    ),
    stub="def batch_norm(x, scale, bias):\n    return ...",
    answer="batch_norm",
    test=_forward,
    hints=(
        "`x.mean(axis=0)` has one number per feature, and so has `x.var(axis=0)`.",
        "`(x - x.mean(axis=0)) / jnp.sqrt(x.var(axis=0) + 1e-5)` is normalised; scale and bias remain.",
    ),
    solution=(
        "def batch_norm(x, scale, bias):\n"
        "    z = (x - x.mean(axis=0)) / jnp.sqrt(x.var(axis=0) + 1e-5)\n"
        "    return scale * z + bias"
    ),
    meaning="A feature that never changes comes out as its bias; every example's numbers depend on the whole batch.",
)


def _running(answer: Any) -> None:
    predict = answers.function(answer, "predict(batches, x, decay)")
    batches = np.array([[[0.0, 4.0], [2.0, 8.0]], [[1.0, 5.0], [5.0, 5.0]], [[3.0, 0.0], [3.0, 6.0]]])
    x = np.array([[1.0, 2.0], [4.0, 3.0]])

    def averaged(decay: float, mean: Any, variance: Any, ddof: int = 0) -> tuple[np.ndarray, np.ndarray]:
        for batch in batches:
            mean = decay * mean + (1 - decay) * batch.mean(0)
            variance = decay * variance + (1 - decay) * batch.var(0, ddof=ddof)
        return mean, variance

    def normal(mean: Any, variance: Any) -> np.ndarray:
        return (x - mean) / np.sqrt(variance + EPSILON)

    zero, one = np.zeros(2), np.ones(2)
    for decay in (0.9, 0.6):
        mean, variance = averaged(decay, zero, one)
        swapped, no_start = averaged(1 - decay, zero, one), averaged(decay, zero, zero)
        given = predict(answers.floats(batches), answers.floats(x), decay)
        answers.compare(
            "your prediction",
            answers.array(given, "predict(batches, x, decay)"),
            normal(mean, variance),
            at=[f"x[{row}, {column}] = {x[row, column]:g}, decay {decay}" for row in range(2) for column in range(2)],
            typical=(
                (
                    normal(x.mean(0), x.var(0)),
                    "That uses the mean and variance of x itself; at test time use the averages.",
                ),
                (normal(*swapped), "The two weights are swapped: decay belongs to the old average."),
                (normal(*no_start), "The average of the variance begins at 1, not at 0."),
                (normal(*averaged(decay, one, one)), "The average of the mean begins at 0."),
                (normal(*averaged(decay, zero, one, 1)), "Divide by the number of examples, not by one less."),
                (
                    normal(batches[-1].mean(0), batches[-1].var(0)),
                    "Those are the last batch's numbers; average over all.",
                ),
                (
                    normal(batches.mean((0, 1)), batches.var((0, 1))),
                    "Those are the numbers of all batches together; here a running average is wanted.",
                ),
                (
                    normal(batches.mean(1).mean(0), batches.var(1).mean(0)),
                    "That is the plain average; the running one gives the newest batch the weight 1 - decay.",
                ),
                ((x - mean) / (variance + EPSILON), "Divide by the root of the variance."),
            ),
        )


RUNNING = Exercise(
    id="10.3",
    title="batch norm, at test time",
    question=(
        "Write `predict(batches, x, decay)`. `batches` has shape (batches, examples, features). Go through them in "
        "order and keep running averages of the mean (begun at 0) and of the variance (begun at 1): $\\text{average} "
        "\\leftarrow \\text{decay} \\cdot \\text{average} + (1 - \\text{decay}) \\cdot \\text{new}$. Then normalise "
        "`x` with them: $(x - \\text{mean}) / \\sqrt{\\text{variance} + 10^{-5}}$. No scale, no bias."
    ),
    stub="def predict(batches, x, decay):\n    return ...",
    answer="predict",
    test=_running,
    hints=(
        "`mean, variance = 0.0, 1.0`, then `for batch in batches:`.",
        "In the loop: `mean = decay * mean + (1 - decay) * batch.mean(axis=0)`, and the same for the variance.",
        "After the loop only the averages are used; the mean of `x` never is.",
    ),
    solution=(
        "def predict(batches, x, decay):\n"
        "    mean, variance = 0.0, 1.0\n"
        "    for batch in batches:\n"
        "        mean = decay * mean + (1 - decay) * batch.mean(axis=0)\n"
        "        variance = decay * variance + (1 - decay) * batch.var(axis=0)\n"
        "    return (x - mean) / jnp.sqrt(variance + 1e-5)"
    ),
    meaning=(
        "At test time an example's answer does not depend on its neighbours: one example can be asked alone. After "
        "only three batches the start, 0 and 1, still weighs most."
    ),
)


def _effective(answer: Any) -> None:
    factor = answers.number(answer, "factor")
    typical = (
        (
            0.5,
            "The gradient halves; but the same step also turns a vector that is twice as long, half as far.",
        ),
        (1.0, "The outputs are the same, but the gradient is not: differentiate loss(2 w) = loss(w) by w."),
        (2.0, "A longer vector turns less, not more."),
        (4.0, "Turned over: long weights turn slowly."),
        (0.0, "The step is smaller, but not zero."),
    )
    if not np.isclose(factor, 0.25, rtol=1e-2, atol=1e-3):
        why = next((text for value, text in typical if np.isclose(factor, value, rtol=1e-2, atol=1e-3)), "")
        raise NotYet(
            f"your factor is {answers.show(factor)}; that is not it. {why}".strip(),
            "try loss(w) = w2 / |w| at w = (1, 0) and at (2, 0): its slopes by w2 are 1 and 0.5",
        )


EFFECTIVE = Exercise(
    id="10.4",
    title="what long weights do to the rate",
    question=(
        "A unit's weights $w$ are followed by batch norm, so $L(2w) = L(w)$: only the direction of $w$ matters. All "
        "weights are doubled, and the learning rate stays. By which factor does the angle change that one (small) step "
        "of gradient descent turns $w$ by?"
    ),
    stub="factor = ...",
    answer="factor",
    test=_effective,
    hints=(
        "Take the derivative of both sides of L(2w) = L(w) by w, with the chain rule on the left.",
        "So the gradient at 2w is half of that at w, and so is the step. It stands at a right angle to w.",
        "The angle is about the length of the step divided by the length of w; both change.",
    ),
    solution="factor = 1 / 4",
    meaning=(
        "The rate that counts is the rate divided by |w|². Weight decay under a norm layer keeps |w| short, and so "
        "keeps this rate up."
    ),
)

EXERCISES = (GAIN, FORWARD, RUNNING, EFFECTIVE)
