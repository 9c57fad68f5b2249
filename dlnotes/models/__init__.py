"""Models: one paper a file, each readable alone."""

from dlnotes.models.cnn import CNN
from dlnotes.models.dbn import DBN
from dlnotes.models.gpt import GPT, GPTBlock
from dlnotes.models.lenet import LeNet
from dlnotes.models.mlp import MLP
from dlnotes.models.norm_mlp import NormMLP
from dlnotes.models.perceptron import Perceptron, PerceptronHistory, novikoff_bound
from dlnotes.models.rbm import RBM, LogPartition
from dlnotes.models.resnet import ResNet
from dlnotes.models.rnn import RNNClassifier

__all__ = [
    "CNN",
    "DBN",
    "GPT",
    "GPTBlock",
    "LeNet",
    "LogPartition",
    "MLP",
    "NormMLP",
    "Perceptron",
    "PerceptronHistory",
    "RBM",
    "RNNClassifier",
    "ResNet",
    "novikoff_bound",
]
