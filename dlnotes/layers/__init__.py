"""Layers: each is a frozen dataclass; its fields are its numbers, its call is its formula."""

from dlnotes.layers.activation import Maxout, PReLU
from dlnotes.layers.dropout import Dropout
from dlnotes.layers.embedding import Embedding
from dlnotes.layers.linear import Dense

__all__ = ["Dense", "Dropout", "Embedding", "Maxout", "PReLU"]
