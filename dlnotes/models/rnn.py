"""A recurrent network that reads a whole text and then decides."""

from collections.abc import Sequence

import jax
from jaxtyping import Array, Bool, Float, Integer

from dlnotes import _checks as checks
from dlnotes._module import module
from dlnotes.initializers import glorot_uniform
from dlnotes.layers import GRU, LSTM, Dense, Embedding, SimpleRNN, Stacked


@module
class RNNClassifier:
    """Words become vectors, recurrent layers read them in order, and the last hidden state decides.

    Attributes:
        embedding: One vector for each word of the vocabulary.
        body: The recurrent layers, one above the other.
        output: Dense, one logit per class, from the last hidden state of the top layer.

    Example:
        >>> net = RNNClassifier.init(jax.random.key(0), LSTM, n_tokens=100, n_features=8, sizes=(6, 4), n_out=2)
        >>> net(jax.numpy.array([[3, 1, 4], [1, 5, 9]]), train=False).shape
        (2, 2)

    The chain of layers: Graves, Mohamed and Hinton 2013, arXiv:1303.5778.
    """

    embedding: Embedding
    body: Stacked
    output: Dense

    @classmethod
    def init(
        cls,
        key: jax.Array,
        kind: type[SimpleRNN] | type[LSTM] | type[GRU],
        n_tokens: int,
        n_features: int,
        sizes: Sequence[int],
        n_out: int,
        dropout: float = 0.0,
    ) -> "RNNClassifier":
        """Draw the network.

        Args:
            key: A random key.
            kind: `SimpleRNN`, `LSTM` or `GRU`.
            n_tokens: Words in the vocabulary.
            n_features: Numbers per word.
            sizes: Hidden numbers, layer by layer: (64, 32) is two layers.
            n_out: Classes.
            dropout: The chance that a number between two recurrent layers is set to zero in training, in [0, 1).

        Raises:
            TypeError, ValueError: A size that is not a positive integer, a rate out of range, or something that is not
                a key.
        """
        key1, key2, key3 = jax.random.split(checks.key("RNNClassifier.init", key), 3)
        sizes = checks.sizes("RNNClassifier.init", "sizes", sizes)
        return cls(
            embedding=Embedding.init(key1, n_tokens, n_features),
            body=Stacked.init(key2, kind, (n_features, *sizes), dropout),
            output=Dense.init(key3, sizes[-1], n_out, glorot_uniform),
        )

    def __call__(
        self,
        tokens: Integer[Array, "*batch time"],
        *,
        train: bool,
        key: jax.Array | None = None,
        mask: Bool[Array, "*#batch time"] | None = None,
    ) -> Float[Array, "*batch n_out"]:
        """Logits, one row per text.

        Args:
            tokens: Whole numbers in 0 … n_tokens - 1.
            train: Whether to drop. Always said, never assumed.
            key: A random key; needed in training if anything is dropped.
            mask: True for a word, False for padding, which is then passed over: the state after the last real word
                decides.

        Raises:
            TypeError: The tokens are not integers, `train` is not True or False, or a key is missing.
            ValueError: A token outside the vocabulary, or a mask that does not fit.
        """
        x = self.embedding(tokens)
        h, _ = self.body(x, train=train, key=key, mask=mask)
        return self.output(h[..., -1, :])
