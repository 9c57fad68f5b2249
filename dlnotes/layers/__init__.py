"""Layers: each is a frozen dataclass; its fields are its numbers, its call is its formula."""

from dlnotes.layers.activation import Maxout, PReLU
from dlnotes.layers.batch_norm import BatchNorm, BatchStats
from dlnotes.layers.conv import Conv1d, Conv2d
from dlnotes.layers.conv_norm import ConvNorm
from dlnotes.layers.conv_transpose import ConvTranspose1d, ConvTranspose2d
from dlnotes.layers.drop_path import DropPath
from dlnotes.layers.dropout import Dropout
from dlnotes.layers.group_norm import GroupNorm, InstanceNorm
from dlnotes.layers.linear import Dense
from dlnotes.layers.norm import LayerNorm, RMSNorm
from dlnotes.layers.pool import average_pool, global_average_pool, max_pool
from dlnotes.layers.pre_activation import PreActivationBlock
from dlnotes.layers.residual import BasicBlock, Bottleneck

__all__ = [
    "BasicBlock",
    "BatchNorm",
    "BatchStats",
    "Bottleneck",
    "Conv1d",
    "Conv2d",
    "ConvNorm",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "Dense",
    "DropPath",
    "Dropout",
    "GroupNorm",
    "InstanceNorm",
    "LayerNorm",
    "Maxout",
    "PReLU",
    "PreActivationBlock",
    "RMSNorm",
    "average_pool",
    "global_average_pool",
    "max_pool",
]
