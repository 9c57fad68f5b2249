"""Layers: each is a frozen dataclass; its fields are its numbers, its call is its formula."""

from dlnotes.layers.activation import Maxout, PReLU
from dlnotes.layers.batch_norm import BatchNorm, BatchStats
from dlnotes.layers.conv import Conv1d, Conv2d
from dlnotes.layers.conv_transpose import ConvTranspose1d, ConvTranspose2d
from dlnotes.layers.dropout import Dropout
from dlnotes.layers.group_norm import GroupNorm, InstanceNorm
from dlnotes.layers.linear import Dense
from dlnotes.layers.norm import LayerNorm, RMSNorm

__all__ = [
    "BatchNorm",
    "BatchStats",
    "Conv1d",
    "Conv2d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "Dense",
    "Dropout",
    "GroupNorm",
    "InstanceNorm",
    "LayerNorm",
    "Maxout",
    "PReLU",
    "RMSNorm",
]
