"""Activations with numbers of their own to train: PReLU learns its slope, Maxout its whole shape."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, ScalarLike

from dlnotes import _checks as checks
from dlnotes._module import module, static
from dlnotes.activations import maxout
from dlnotes.initializers import Initializer, glorot_normal


@module
class PReLU:
    """A leaky ReLU whose slope on the left is trained: `y = x if x > 0 else slope * x`.

    At x = 0 the derivative is `slope`, as in PyTorch. Weight decay would pull the slope to 0, a plain ReLU; the paper
    uses none here.

    Attributes:
        slope: One number shared by all features, or one per feature.

    Example:
        >>> layer = PReLU.init(n_features=2)
        >>> layer
        PReLU(slope=float32[2])
        >>> layer(jnp.array([[-4.0, 3.0]]))
        Array([[-1.,  3.]], dtype=float32)

    Paper: He, Zhang, Ren and Sun 2015, Delving deep into rectifiers, eq. 1, arXiv:1502.01852.

    Notebook: 03_activation_functions.
    """

    slope: Float[Array, "*features"]

    @classmethod
    def init(cls, n_features: int | None = None, slope: ScalarLike = 0.25) -> "PReLU":
        """Start every slope at `slope`. Nothing is drawn, so no key is needed.

        Args:
            n_features: One slope for each of so many features; None for one slope shared by all.
            slope: The value to start from.

        Raises:
            TypeError, ValueError: `n_features` is not a positive integer; `slope` is not a finite number.
        """
        shape = () if n_features is None else (checks.integer("PReLU.init", "n_features", n_features, at_least=1),)
        checks.number("PReLU.init", "slope", slope)
        return cls(slope=jnp.full(shape, slope, jnp.float32))

    def __call__(self, x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Apply the slope to what is not positive; features are on the last axis.

        Raises:
            ValueError: One slope per feature, and `x` has another width; or `x` is empty or holds NaN.
        """
        x = checks.features("PReLU", x, self.slope.shape[0]) if self.slope.ndim else checks.array("PReLU", x)
        return jnp.where(x > 0, x, self.slope * x)


@module
class Maxout:
    """A dense layer and its activation in one: each output is the largest of `pieces` weighted sums.

    `y_j = max_k (x @ W_jk + b_jk)`, a convex curve of straight pieces that is learnt. It costs `pieces` times the
    parameters of a dense layer.

    Attributes:
        weight: One column per piece; the pieces of one output stand side by side.
        bias: One number per piece.
        pieces: How many weighted sums compete for one output. Static.

    Example:
        >>> layer = Maxout.init(jax.random.key(0), n_in=3, n_out=2, pieces=4)
        >>> layer
        Maxout(weight=float32[3,8], bias=float32[8], pieces=4)
        >>> layer(jnp.ones((5, 3))).shape
        (5, 2)

    Paper: Goodfellow et al. 2013, Maxout networks, section 3, arXiv:1302.4389.

    Notebook: 03_activation_functions.
    """

    weight: Float[Array, "n_in n_sums"]
    bias: Float[Array, " n_sums"]
    pieces: int = static()

    @classmethod
    def init(
        cls, key: jax.Array, n_in: int, n_out: int, pieces: int = 2, weight: Initializer = glorot_normal
    ) -> "Maxout":
        """Draw the weights with `weight`; start the biases at zero.

        Args:
            key: A random key.
            n_in: Numbers per example that come in.
            n_out: Numbers per example that go out.
            pieces: Weighted sums per output, 1 or more; 1 is a dense layer.
            weight: An initializer from `dlnotes.initializers`.

        Raises:
            TypeError, ValueError: A size that is not a positive integer, or something that is not a key.
        """
        checks.key("Maxout.init", key)
        checks.integer("Maxout.init", "n_in", n_in, at_least=1)
        checks.integer("Maxout.init", "n_out", n_out, at_least=1)
        checks.integer("Maxout.init", "pieces", pieces, at_least=1)
        n_sums = n_out * pieces
        return cls(weight=weight(key, (n_in, n_sums)), bias=jnp.zeros(n_sums), pieces=pieces)

    def __call__(self, x: Float[Array, "*batch n_in"]) -> Float[Array, "*batch n_out"]:
        """Apply the layer to the last axis of `x`; any axes before it are batch axes.

        Raises:
            ValueError: The last axis is not `n_in` wide, or `x` is empty or holds NaN.
        """
        x = checks.features("Maxout", x, self.weight.shape[0])
        return maxout(x @ self.weight + self.bias, self.pieces)
