"""Figures as pure functions: numbers and an Axes come in, the Axes goes out. No function here knows a model."""

from dlnotes.plots._style import COLORS, DIVERGING, figure, png
from dlnotes.plots.activation import activation_curve
from dlnotes.plots.confusion import confusion_matrix
from dlnotes.plots.gains import gain_table
from dlnotes.plots.images import image_grid, weight_images
from dlnotes.plots.losses import loss_curves
from dlnotes.plots.mosaic import mosaic
from dlnotes.plots.parallel import parallel_coordinates
from dlnotes.plots.perceptron import perceptron_board
from dlnotes.plots.plane import decision_boundary, points
from dlnotes.plots.probabilities import probability_bars
from dlnotes.plots.rates import rate_valley
from dlnotes.plots.seeds import seed_bands, seed_dots
from dlnotes.plots.signals import magnitude_map
from dlnotes.plots.training import history

__all__ = [
    "COLORS",
    "DIVERGING",
    "activation_curve",
    "confusion_matrix",
    "decision_boundary",
    "figure",
    "history",
    "gain_table",
    "image_grid",
    "loss_curves",
    "magnitude_map",
    "parallel_coordinates",
    "mosaic",
    "perceptron_board",
    "png",
    "points",
    "probability_bars",
    "rate_valley",
    "seed_bands",
    "seed_dots",
    "weight_images",
]
