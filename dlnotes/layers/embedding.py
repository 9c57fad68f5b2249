"""The embedding: a table with one row of numbers for every word."""

import jax
from jaxtyping import Array, Float, Integer

from dlnotes import _checks as checks
from dlnotes._module import module
from dlnotes.initializers import Initializer, normal
from dlnotes.kernels import matmul


@module
class Embedding:
    """A table lookup: `y = W[token]`, the row of `W` that belongs to the token.

    It is a dense layer without bias on one-hot vectors, `one_hot(token) @ W`, and never writes the zeros down. The
    gradient goes the other way: each output's gradient is added to the row that it was read from (a scatter-add), so
    a token met three times in a batch collects three gradients, and a token not met collects zero.

    Attributes:
        weight: One row of features per token.

    Example:
        >>> layer = Embedding.init(jax.random.key(0), n_tokens=10, n_features=4)
        >>> layer
        Embedding(weight=float32[10,4])
        >>> layer(jax.numpy.array([[3, 1, 4], [1, 5, 9]])).shape
        (2, 3, 4)

    Paper: Bengio, Ducharme, Vincent and Jauvin 2003, A neural probabilistic language model, section 2 (the matrix C).
    """

    weight: Float[Array, "n_tokens n_features"]

    @classmethod
    def init(cls, key: jax.Array, n_tokens: int, n_features: int, weight: Initializer | None = None) -> "Embedding":
        """Draw the table; by default from N(0, 1 / n_features), so that a row has a length of about 1.

        PyTorch's `Embedding` draws from N(0, 1). With `attend`, such long rows give logits that are too large at first.

        Args:
            key: A random key.
            n_tokens: Rows of the table: the size of the vocabulary.
            n_features: Numbers per token.
            weight: An initializer from `dlnotes.initializers`.

        Raises:
            TypeError, ValueError: A size that is not a positive integer, or something that is not a key.
        """
        checks.key("Embedding.init", key)
        checks.integer("Embedding.init", "n_tokens", n_tokens, at_least=1)
        checks.integer("Embedding.init", "n_features", n_features, at_least=1)
        weight = normal(n_features**-0.5) if weight is None else weight
        return cls(weight=weight(key, (n_tokens, n_features)))

    def __call__(self, tokens: Integer[Array, "*batch"]) -> Float[Array, "*batch n_features"]:
        """Read the row of every token.

        Inside `jax.jit` the tokens cannot be looked at: one that is too large gives a row of NaN, which the loss will
        show, and a negative one counts from the end.

        Args:
            tokens: Whole numbers in 0 … n_tokens - 1, in an array of any shape.

        Raises:
            TypeError: The tokens are not integers.
            ValueError: A token outside the table, or no token at all.
        """
        tokens = checks.indices("Embedding", tokens, self.weight.shape[0])
        return self.weight.at[tokens].get(mode="fill")

    def attend(self, x: Float[Array, "*batch n_features"]) -> Float[Array, "*batch n_tokens"]:
        """Compare `x` with every row: `x @ Wᵀ`, one logit per token.

        A language model may read its tokens and write its logits with the same table. Use one field twice, and
        `jax.grad` adds up both gradients:

            h = body(self.embedding(tokens))
            logits = self.embedding.attend(h)

        Raises:
            ValueError: The last axis is not `n_features` wide, or `x` is empty or holds NaN.

        Paper: Press and Wolf 2016, Using the output embedding to improve language models, arXiv:1608.05859.
        """
        x = checks.features("Embedding.attend", x, self.weight.shape[1])
        return matmul(x, self.weight.T)
