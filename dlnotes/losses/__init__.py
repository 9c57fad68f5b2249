"""Losses: one number that says how wrong the predictions are, small when they are right.

Predictions come first, targets second. `regression.py` measures distances, `classification.py` scores classes,
`divergence.py` compares distributions. Losses of probabilities take logits, never probabilities, so that they stay
exact where a probability rounds to 0 or 1; and they are in nats.
"""

from dlnotes.losses.classification import binary_cross_entropy, cross_entropy, hinge, perceptron
from dlnotes.losses.divergence import kl_divergence
from dlnotes.losses.regression import huber, mae, mse

__all__ = [
    "binary_cross_entropy",
    "cross_entropy",
    "hinge",
    "huber",
    "kl_divergence",
    "mae",
    "mse",
    "perceptron",
]
