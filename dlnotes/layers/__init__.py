"""Layers: each is a frozen dataclass; its fields are its numbers, its call is its formula."""

from dlnotes.layers.activation import Maxout, PReLU
from dlnotes.layers.attention import attention_weights, causal_mask, scaled_dot_product_attention
from dlnotes.layers.batch_norm import BatchNorm, BatchStats
from dlnotes.layers.conv import Conv1d, Conv2d
from dlnotes.layers.conv_norm import ConvNorm
from dlnotes.layers.conv_transpose import ConvTranspose1d, ConvTranspose2d
from dlnotes.layers.drop_path import DropPath
from dlnotes.layers.dropout import Dropout
from dlnotes.layers.embedding import Embedding
from dlnotes.layers.group_norm import GroupNorm, InstanceNorm
from dlnotes.layers.gru import GRU
from dlnotes.layers.linear import Dense
from dlnotes.layers.lstm import LSTM, LSTMState
from dlnotes.layers.multi_head import KeyValueCache, MultiHeadAttention
from dlnotes.layers.norm import LayerNorm, RMSNorm
from dlnotes.layers.pool import average_pool, global_average_pool, max_pool
from dlnotes.layers.position import alibi, rotary, sinusoidal_positions
from dlnotes.layers.pre_activation import PreActivationBlock
from dlnotes.layers.repeat import Repeated
from dlnotes.layers.residual import BasicBlock, Bottleneck
from dlnotes.layers.simple_rnn import SimpleRNN
from dlnotes.layers.stack import Bidirectional, Stacked

__all__ = [
    "BasicBlock",
    "BatchNorm",
    "BatchStats",
    "Bidirectional",
    "Bottleneck",
    "Conv1d",
    "Conv2d",
    "ConvNorm",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "Dense",
    "DropPath",
    "Dropout",
    "Embedding",
    "GRU",
    "GroupNorm",
    "InstanceNorm",
    "KeyValueCache",
    "LSTM",
    "LSTMState",
    "LayerNorm",
    "Maxout",
    "MultiHeadAttention",
    "PReLU",
    "PreActivationBlock",
    "RMSNorm",
    "Repeated",
    "SimpleRNN",
    "Stacked",
    "alibi",
    "attention_weights",
    "average_pool",
    "causal_mask",
    "global_average_pool",
    "max_pool",
    "rotary",
    "scaled_dot_product_attention",
    "sinusoidal_positions",
]
