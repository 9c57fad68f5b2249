"""Recurrent layers put together: one above the other, and one in each direction."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from dlnotes import _checks as checks
from dlnotes._module import module
from dlnotes.layers.dropout import Dropout
from dlnotes.layers.gru import GRU
from dlnotes.layers.lstm import LSTM
from dlnotes.layers.simple_rnn import SimpleRNN


@module
class Bidirectional:
    """Two layers, one reading from the start and one from the end: `y_t = [forward_t, backward_t]`.

    So every output knows the whole sequence. The backward layer reads each sequence within its own length, if a mask
    says where the padding is; its state after all steps is the one at the sequence's first step.

    Attributes:
        forward: A `SimpleRNN`, `LSTM` or `GRU`.
        backward: Another one.

    Example:
        >>> layer = Bidirectional.init(jax.random.key(0), GRU, n_in=3, n_hidden=4)
        >>> h, (first_to_last, last_to_first) = layer(jnp.ones((5, 7, 3)))
        >>> h.shape, last_to_first.shape
        ((5, 7, 8), (5, 4))

    Paper: Schuster and Paliwal 1997, Bidirectional recurrent neural networks.
    """

    forward: SimpleRNN | LSTM | GRU
    backward: SimpleRNN | LSTM | GRU

    @classmethod
    def init(
        cls, key: jax.Array, kind: type[SimpleRNN] | type[LSTM] | type[GRU], n_in: int, n_hidden: int, **options: Any
    ) -> "Bidirectional":
        """Draw both layers.

        Args:
            key: A random key.
            kind: `SimpleRNN`, `LSTM` or `GRU`.
            n_in: Numbers per time step that come in.
            n_hidden: Hidden numbers of each direction: twice as many go out.
            **options: What `kind.init` takes besides, for example `forget_bias=0`.

        Raises:
            TypeError, ValueError: A size that is not a positive integer, or something that is not a key.
        """
        one, two = jax.random.split(checks.key("Bidirectional.init", key))
        return cls(kind.init(one, n_in, n_hidden, **options), kind.init(two, n_in, n_hidden, **options))

    @property
    def n_in(self) -> int:
        """Numbers per time step that come in."""
        return self.forward.n_in

    def __call__(
        self,
        x: Float[Array, "*batch time n_in"],
        state: tuple[Any, Any] | None = None,
        *,
        mask: Bool[Array, "*#batch time"] | None = None,
    ) -> tuple[Float[Array, "*batch time n_both"], tuple[Any, Any]]:
        """Read `x` in both directions.

        Args:
            x: Sequences: features on the last axis, time on the one before.
            state: Where each direction begins: (forward's, backward's); None for zeros.
            mask: True for a real step, False for padding.

        Returns:
            Both hidden states at every time, forward's first, and the last state of each direction.

        Raises:
            TypeError, ValueError: What the layers raise.
        """
        x = checks.features("Bidirectional", x, self.n_in, min_rank=2)
        from_start, from_end = state if state is not None else (None, None)
        forward, first_to_last = self.forward(x, from_start, mask=mask)
        backward, last_to_first = self.backward(x, from_end, mask=mask, reverse=True)
        return jnp.concatenate([forward, backward], axis=-1), (first_to_last, last_to_first)


@module
class Stacked:
    """Several recurrent layers: each reads the hidden states of the one below. In training with dropout in between.

    As in PyTorch, dropout falls on what one layer hands up to the next, never on what a layer hands on in time, and
    not on the last layer's output.

    Attributes:
        layers: The layers, from the input's side to the output's.
        dropout: What is done between two layers.

    Example:
        >>> layer = Stacked.init(jax.random.key(0), LSTM, (3, 4, 5))
        >>> h, states = layer(jnp.ones((2, 7, 3)), train=False)
        >>> h.shape, [state.hidden.shape for state in states]
        ((2, 7, 5), [(2, 4), (2, 5)])

    Paper: Graves, Mohamed and Hinton 2013, Speech recognition with deep recurrent neural networks, arXiv:1303.5778;
    the place of dropout: Zaremba, Sutskever and Vinyals 2014, arXiv:1409.2329.
    """

    layers: tuple[SimpleRNN | LSTM | GRU | Bidirectional, ...]
    dropout: Dropout

    @classmethod
    def init(
        cls,
        key: jax.Array,
        kind: type[SimpleRNN] | type[LSTM] | type[GRU],
        sizes: Sequence[int],
        dropout: float = 0.0,
        bidirectional: bool = False,
        **options: Any,
    ) -> "Stacked":
        """Draw layers of one kind.

        Args:
            key: A random key.
            kind: `SimpleRNN`, `LSTM` or `GRU`.
            sizes: The input's width, then hidden numbers layer by layer: (3, 64, 64) is two layers.
            dropout: The chance that a number between two layers is set to zero in training, in [0, 1).
            bidirectional: Make each layer a pair; then twice its hidden numbers go up.
            **options: What `kind.init` takes besides, for example `forget_bias=0`.

        Raises:
            TypeError, ValueError: Fewer than two sizes, a size that is not a positive integer, a rate out of range, or
                something that is not a key.
        """
        n_in, *hidden = checks.sizes("Stacked.init", "sizes", sizes, at_least=2)
        keys = jax.random.split(checks.key("Stacked.init", key), len(hidden))
        layers = []
        for k, n_hidden in zip(keys, hidden, strict=True):
            if bidirectional:
                layers.append(Bidirectional.init(k, kind, n_in, n_hidden, **options))
            else:
                layers.append(kind.init(k, n_in, n_hidden, **options))
            n_in = 2 * n_hidden if bidirectional else n_hidden
        return cls(tuple(layers), Dropout(dropout))

    def __call__(
        self,
        x: Float[Array, "*batch time n_in"],
        states: Sequence[Any] | None = None,
        *,
        train: bool,
        key: jax.Array | None = None,
        mask: Bool[Array, "*#batch time"] | None = None,
    ) -> tuple[Float[Array, "*batch time n_out"], tuple[Any, ...]]:
        """Run the layers, each over the whole sequence, one after the other.

        Args:
            x: Sequences: features on the last axis, time on the one before.
            states: Where each layer begins, one state per layer; None for zeros.
            train: Whether to drop. Always said, never assumed.
            key: A random key, a fresh one for every call; needed in training if anything is dropped.
            mask: True for a real step, False for padding.

        Returns:
            The last layer's hidden states, and the last state of every layer.

        Raises:
            TypeError: `train` is not True or False, or a key is missing.
            ValueError: `x` or a state does not fit.
        """
        x = checks.features("Stacked", x, self.layers[0].n_in, min_rank=2)
        checks.flag("Stacked", "train", train)
        n = len(self.layers)
        if states is not None and len(states) != n:
            raise ValueError(f"Stacked expects one state for each of its {n} layers; got {len(states)}.")
        drops = train and n > 1 and self.dropout.rate > 0
        keys = jax.random.split(key, n) if drops and key is not None else [None] * n
        after = []
        for i, layer in enumerate(self.layers):
            if i > 0 and drops:
                x = self.dropout(x, train=train, key=keys[i])
            x, state = layer(x, None if states is None else states[i], mask=mask)
            after.append(state)
        return x, tuple(after)
