"""Activations: the bend between two linear layers. Without it, a deep network is one matrix.

`piecewise.py` has the straight lines with corners (step, ReLU and its kin), `smooth.py` the curves, `normalizing.py`
the two that look at a whole row of numbers, `table.py` what is worth knowing about each, for figures and exercises.
"""

from dlnotes.activations.normalizing import log_softmax, softmax
from dlnotes.activations.piecewise import hard_sigmoid, identity, leaky_relu, maxout, relu, step
from dlnotes.activations.smooth import elu, gelu, selu, sigmoid, silu, softplus, tanh
from dlnotes.activations.table import ACTIVATIONS, Activation

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "elu",
    "gelu",
    "hard_sigmoid",
    "identity",
    "leaky_relu",
    "log_softmax",
    "maxout",
    "relu",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "step",
    "tanh",
]
