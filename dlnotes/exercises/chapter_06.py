"""Exercises of 06_loss_functions: stable cross-entropies from logits, their gradient, and why the MSE is slow."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from dlnotes.exercises import _answers as answers
from dlnotes.exercises._exercise import Exercise, NotYet


def _bce(answer: Any) -> None:
    bce = answers.function(answer, "bce(logits, targets)")
    z, t = np.array([2.0, -1.0, 0.5, -3.0]), np.array([1.0, 0.0, 0.0, 1.0])
    each = np.logaddexp(0, z) - z * t
    flipped = np.logaddexp(0, z) - z * (1 - t)
    p = 1 / (1 + np.exp(-z))
    answers.compare(
        "your loss",
        bce(answers.floats(z), answers.floats(t)),
        each.mean(),
        at="logits [2, -1, 0.5, -3], targets [1, 0, 0, 1]",
        typical=(
            (each.sum(), "That is the sum; the mean over the examples is wanted."),
            (each, "That is the loss of each example; take the mean."),
            (-each.mean(), "The sign: a loss is minus the log of a probability, so it is positive."),
            (flipped.mean(), "The targets are turned round: with target 1 the loss is -log(p)."),
            (((p - t) ** 2).mean(), "That is the mean squared error of the probabilities."),
            (
                -(t * np.log(p)).mean(),
                "Only the examples with target 1 count there; those with target 0 give -log(1 - p).",
            ),
            (each.mean() / np.log(2), "That is in bits (log2); the natural log is wanted."),
        ),
        not_finite="The logits are not probabilities: their log may not exist. Apply the sigmoid, in a stable form.",
    )
    big, wrong = np.array([100.0, -100.0]), np.array([0.0, 1.0])
    answers.compare(
        "your loss",
        bce(answers.floats(big), answers.floats(wrong)),
        100.0,
        at="logits [100, -100], targets [0, 1]",
        not_finite="The sigmoid is rounded to exactly 0 or 1 there, and log(0) is infinite. "
        "Never form the probability: use max(z, 0) - z t + log1p(exp(-|z|)).",
    )


BCE = Exercise(
    id="06.1",
    title="binary cross-entropy that survives",
    question=(
        "Write `bce(logits, targets)`: the mean of $-t \\log p - (1 - t) \\log(1 - p)$ with $p = s(z)$, in nats. "
        "It is also "
        "tried with logits of 100 and -100 on the wrong side: the answer there is 100, not infinity."
    ),
    stub="def bce(logits, targets):\n    return ...",
    answer="bce",
    test=_bce,
    hints=(
        "Put the sigmoid into the formula: it becomes log(1 + e^z) - z t.",
        "log(1 + e^z) overflows for large z; `jnp.logaddexp(0, z)` computes it safely.",
    ),
    solution="def bce(logits, targets):\n    return jnp.mean(jnp.logaddexp(0.0, logits) - logits * targets)",
    meaning=(
        "Losses take logits, not probabilities: the log and the exponential cancel on paper, before either "
        "can overflow."
    ),
)


def _cross_entropy(answer: Any) -> None:
    cross_entropy = answers.function(answer, "cross_entropy(logits, labels)")
    z, y = np.array([[2.0, 0.0, -1.0], [0.5, 1.5, 1.0]]), np.array([0, 2])
    log_p = z - np.log(np.exp(z).sum(-1, keepdims=True))
    picked = log_p[np.arange(2), y]
    answers.compare(
        "your loss",
        cross_entropy(answers.floats(z), jnp.array(y)),
        -picked.mean(),
        at="logits [[2, 0, -1], [0.5, 1.5, 1]], labels [0, 2]",
        typical=(
            (picked.mean(), "The sign: minus the log of the probability."),
            (-picked.sum(), "That is the sum; the mean over the examples is wanted."),
            (-picked.sum() / 6, "Divide by the number of examples (2), not by examples times classes (6)."),
            (-log_p.mean(), "All classes count there; only the true class of each example should."),
            (-z[np.arange(2), y].mean(), "The log of the sum is missing: logits are not log-probabilities yet."),
            (1 - np.exp(picked).mean(), "That is one minus the probability; the log is missing."),
            (-picked, "That is the loss of each example; take the mean."),
        ),
    )
    answers.compare(
        "your loss",
        cross_entropy(answers.floats([[1000.0, 0.0], [0.0, 1000.0]]), jnp.array([1, 1])),
        500.0,
        at="logits [[1000, 0], [0, 1000]], labels [1, 1]",
        not_finite=(
            "e to the 1000 is infinite, and so is log(0). Use `jax.nn.log_softmax`, or subtract the row's "
            "largest logit first."
        ),
    )


CROSS_ENTROPY = Exercise(
    id="06.2",
    title="cross-entropy from logits",
    question=(
        "Write `cross_entropy(logits, labels)`: the mean over the examples of minus the log-probability "
        "(softmax) of the true "
        "class. `labels` holds class numbers. Logits of 1000 must not give NaN."
    ),
    stub="def cross_entropy(logits, labels):\n    return ...",
    answer="cross_entropy",
    test=_cross_entropy,
    hints=(
        "`jax.nn.log_softmax(logits)` gives all log-probabilities, safely.",
        "`log_p[jnp.arange(len(labels)), labels]` picks one per row.",
    ),
    solution=(
        "def cross_entropy(logits, labels):\n"
        "    log_p = jax.nn.log_softmax(logits)\n"
        "    return -jnp.mean(log_p[jnp.arange(len(labels)), labels])"
    ),
    meaning=(
        "An untrained network of ten classes starts near log(10) = 2.30: a first loss far from it points to a mistake."
    ),
)


def _grad_logits(answer: Any) -> None:
    grad_logits = answers.function(answer, "grad_logits(logits, label)")
    for z, label in (([1.0, 2.0, 0.0], 1), ([0.0, 0.0, 0.0, 0.0], 3)):
        values = np.array(z)
        p = np.exp(values) / np.exp(values).sum()
        y = np.eye(len(z))[label]
        answers.compare(
            "your gradient",
            grad_logits(answers.floats(values), label),
            p - y,
            at=[f"logit {i} for logits {z}, label {label}" for i in range(len(z))],
            typical=(
                (y - p, "The sign is turned: the gradient points uphill, so the true class has a negative one."),
                (p, "Subtract 1 at the true class: p - y."),
                (p * (1 - p), "That is the slope of a sigmoid; the loss's gradient is simpler."),
                (p * (y - p), "The softmax's slope and the log's cancel: nothing but p - y is left."),
                ((p - y) / len(z), "No division by the number of classes."),
                (values - y, "Turn the logits into probabilities first."),
                (-y / p, "That is the gradient for p; go one step further, through the softmax, to the logits."),
            ),
        )


GRAD_LOGITS = Exercise(
    id="06.3",
    title="the gradient of softmax and cross-entropy",
    question=(
        "For one example, $L = -\\log p_y$ with $p = \\mathrm{softmax}(z)$. Derive $\\partial L / \\partial z$ "
        "on paper, and write it as "
        "`grad_logits(logits, label)`, without `jax.grad`. It is surprisingly short."
    ),
    stub="def grad_logits(logits, label):\n    return ...",
    answer="grad_logits",
    test=_grad_logits,
    hints=(
        "Write L = log(sum of e^z) - z_y and differentiate each part.",
        "The first part gives the softmax, the second -1 at the true class.",
        "`jax.nn.one_hot(label, logits.shape[0])` gives the vector y.",
    ),
    solution=(
        "def grad_logits(logits, label):\n    return jax.nn.softmax(logits) - jax.nn.one_hot(label, logits.shape[0])"
    ),
    meaning=(
        "Prediction minus truth: the gradient never vanishes while the answer is wrong, and its entries add up to 0."
    ),
)


def _slow(answer: Any) -> None:
    ratio = answers.number(answer, "ratio")
    a = 1 / (1 + np.exp(5.0))
    right = 1 / (2 * a * (1 - a))
    typical = (
        (1 / right, "That is the inverse: how much of the cross-entropy's gradient the squared error has."),
        (2 * right, "The square's derivative has a factor 2: 2 (a - 1) a (1 - a)."),
        (
            right / 2,
            "Too small by a factor 2: the derivative of the square belongs to the squared error, below the line.",
        ),
        (
            a / (2 * a * (1 - a)),
            "The cross-entropy's gradient is a - 1 (not a) for target 1; the squared error's has both a and 1 - a.",
        ),
        (-right, "Both gradients are negative, so the ratio is positive."),
    )
    if not np.isclose(ratio, right, rtol=0.01):
        why = next((text for value, text in typical if np.isclose(ratio, value, rtol=0.01)), "")
        raise NotYet(f"your ratio is {answers.show(ratio)}; that is not it. {why}".strip())


SLOW = Exercise(
    id="06.4",
    title="why the squared error is slow",
    question=(
        "A sigmoid output neuron is badly wrong: $z = -5$, target 1, so $a = s(-5) = 0.0067$. How many times "
        "larger is the "
        "gradient $\\partial L / \\partial z$ of the cross-entropy $-\\log a$ than that of the squared error $(a "
        "- 1)^2$? (within 1 %)"
    ),
    stub="ratio = ...",
    answer="ratio",
    test=_slow,
    hints=(
        "Cross-entropy: dL/dz = a - 1.",
        "Squared error: dL/dz = 2 (a - 1) a (1 - a), by the chain rule through the sigmoid.",
        "a - 1 cancels; 1 / (2 a (1 - a)) is left.",
    ),
    solution="a = jax.nn.sigmoid(-5.0)\nratio = (a - 1) / (2 * (a - 1) * a * (1 - a))",
    meaning=(
        "The squared error carries the sigmoid's slope, which is nearly 0 where the neuron is most wrong: "
        "learning starts 75 times slower."
    ),
)

EXERCISES = (BCE, CROSS_ENTROPY, GRAD_LOGITS, SLOW)
