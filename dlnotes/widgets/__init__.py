"""Live figures. Show one by naming it on a cell's last line; each has `settings`, `numbers()`, `alt`, `fallback()`."""

from dlnotes.widgets.activation_explorer import ActivationExplorer
from dlnotes.widgets.computation_graph import ComputationGraph
from dlnotes.widgets.digit_reader import DigitReader
from dlnotes.widgets.dreaming_machine import DreamingMachine
from dlnotes.widgets.finite_difference import FiniteDifference
from dlnotes.widgets.forward_pass import ForwardPass
from dlnotes.widgets.learning_curves import LearningCurves
from dlnotes.widgets.loss_explorer import LossExplorer
from dlnotes.widgets.optimizer_race import OptimizerRace
from dlnotes.widgets.perceptron_board import PerceptronBoard
from dlnotes.widgets.playground import Playground
from dlnotes.widgets.rate_explorer import RateExplorer
from dlnotes.widgets.signal_flow import SignalFlow
from dlnotes.widgets.timeline import Timeline

__all__ = [
    "ActivationExplorer",
    "ComputationGraph",
    "DigitReader",
    "DreamingMachine",
    "FiniteDifference",
    "ForwardPass",
    "LearningCurves",
    "LossExplorer",
    "OptimizerRace",
    "PerceptronBoard",
    "Playground",
    "RateExplorer",
    "SignalFlow",
    "Timeline",
]
