"""Layers: each is a frozen dataclass; its fields are its numbers, its call is its formula."""

from dlnotes.layers.activation import Maxout, PReLU
from dlnotes.layers.attention import attention_weights, causal_mask, scaled_dot_product_attention
from dlnotes.layers.dropout import Dropout
from dlnotes.layers.embedding import Embedding
from dlnotes.layers.gru import GRU
from dlnotes.layers.linear import Dense
from dlnotes.layers.lstm import LSTM, LSTMState
from dlnotes.layers.multi_head import KeyValueCache, MultiHeadAttention
from dlnotes.layers.position import alibi, rotary, sinusoidal_positions
from dlnotes.layers.simple_rnn import SimpleRNN
from dlnotes.layers.stack import Bidirectional, Stacked

__all__ = [
    "GRU",
    "LSTM",
    "Bidirectional",
    "Dense",
    "Dropout",
    "Embedding",
    "KeyValueCache",
    "LSTMState",
    "Maxout",
    "MultiHeadAttention",
    "PReLU",
    "SimpleRNN",
    "Stacked",
    "alibi",
    "attention_weights",
    "causal_mask",
    "rotary",
    "scaled_dot_product_attention",
    "sinusoidal_positions",
]
