"""The dense layer: every output is a weighted sum of every input."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module
from dlnotes.initializers import Initializer, he_normal
from dlnotes.kernels import matmul


@module
class Dense:
    """A fully connected (linear, affine) layer: `y = x @ W + b`.

    Attributes:
        weight: One column per output unit, one row per input.
        bias: One number per output unit, added to its weighted sum.

    Example:
        >>> layer = Dense.init(jax.random.key(0), n_in=3, n_out=2)
        >>> layer
        Dense(weight=float32[3,2], bias=float32[2])
        >>> layer(jnp.ones((5, 3))).shape
        (5, 2)

    Notebook: 04_feedforward_networks.
    """

    weight: Float[Array, "n_in n_out"]
    bias: Float[Array, " n_out"]

    @classmethod
    def init(cls, key: jax.Array, n_in: int, n_out: int, weight: Initializer = he_normal) -> "Dense":
        """Draw the weights with `weight` (He et al. 2015, eq. 10, by default); start the biases at zero.

        Args:
            key: A random key.
            n_in: Numbers per example that come in.
            n_out: Numbers per example that go out.
            weight: An initializer from `dlnotes.initializers`.

        Raises:
            TypeError, ValueError: A size that is not a positive integer, or something that is not a key.
        """
        checks.key("Dense.init", key)
        checks.integer("Dense.init", "n_in", n_in, at_least=1)
        checks.integer("Dense.init", "n_out", n_out, at_least=1)
        return cls(weight=weight(key, (n_in, n_out)), bias=jnp.zeros(n_out))

    def __call__(self, x: Float[Array, "*batch n_in"]) -> Float[Array, "*batch n_out"]:
        """Apply the layer to the last axis of `x`; any axes before it are batch axes.

        Raises:
            ValueError: The last axis is not `n_in` wide, or `x` holds NaN.
        """
        x = checks.features("Dense", x, self.weight.shape[0])
        return matmul(x, self.weight) + self.bias
