"""Live figures. Show one by naming it on a cell's last line; it also has `settings`, `numbers()`, `alt`, `fallback()`."""

from dlnotes.widgets.activation_explorer import ActivationExplorer
from dlnotes.widgets.digit_reader import DigitReader
from dlnotes.widgets.loss_explorer import LossExplorer
from dlnotes.widgets.perceptron_board import PerceptronBoard

__all__ = ["ActivationExplorer", "DigitReader", "LossExplorer", "PerceptronBoard"]
