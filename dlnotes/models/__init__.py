"""Models: one paper a file, each readable alone."""

from dlnotes.models.mlp import MLP
from dlnotes.models.perceptron import Perceptron, PerceptronHistory, novikoff_bound

__all__ = ["MLP", "Perceptron", "PerceptronHistory", "novikoff_bound"]
