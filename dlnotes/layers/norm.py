"""Normalisation that looks at one example alone: training and inference are the same, and nothing is remembered.

All compute `scale * (x - mean) / sqrt(variance + epsilon) + bias`; they differ in what they average over, for an image
of shape (height, width, features):

| layer | averages over | for |
|---|---|---|
| `LayerNorm` | the features of one place | Transformers, recurrent networks |
| `RMSNorm` | the same, without subtracting a mean or adding a bias | large language models |
| `GroupNorm` | height, width, and the features of one group | images in small batches |
| `InstanceNorm` | height and width, for each feature alone | style transfer |

The variance is the biased one (divided by the count), as in PyTorch and Flax. The last two stand in `group_norm.py`.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module, static
from dlnotes._wide import wide
from dlnotes.kernels import standardise
from dlnotes.layers._arguments import keep_plain


@module
class LayerNorm:
    """Normalise the features of each place: mean 0 and variance 1 over the last axis, then scale and shift.

    `y = scale * (x - mean) / sqrt(variance + epsilon) + bias`.

    Attributes:
        scale: γ, one number per feature.
        bias: β, one number per feature.
        epsilon: Added to the variance, above 0; 1e-5 as in PyTorch (Flax has 1e-6). Static.

    Example:
        >>> y = LayerNorm.init(4)(jnp.array([1.0, 2.0, 3.0, 4.0]))
        >>> print(" ".join(f"{number:.2f}" for number in y))
        -1.34 -0.45 0.45 1.34

    Paper: Ba, Kiros and Hinton 2016, Layer normalization, section 3, arXiv:1607.06450.

    Notebook: 10_initialisation_and_normalisation.
    """

    scale: Float[Array, " features"]
    bias: Float[Array, " features"]
    epsilon: float = static(default=1e-5)

    def __post_init__(self) -> None:
        """Check epsilon."""
        keep_plain(self, "epsilon", above=0)

    @classmethod
    def init(cls, n_features: int, epsilon: float = 1e-5) -> "LayerNorm":
        """Start with scale 1 and bias 0. Nothing is drawn.

        Raises:
            TypeError, ValueError: `n_features` is not a positive integer, or `epsilon` not a positive number.
        """
        n = checks.integer("LayerNorm.init", "n_features", n_features, at_least=1)
        return cls(scale=jnp.ones(n), bias=jnp.zeros(n), epsilon=epsilon)

    def __call__(self, x: Float[Array, "*batch features"]) -> Float[Array, "*batch features"]:
        """Normalise over the last axis of `x`.

        Raises:
            ValueError: The last axis has another width, or `x` holds NaN.
        """
        x = checks.features("LayerNorm", x, self.scale.shape[0])
        return self.scale * standardise(x, (-1,), self.epsilon)[0] + self.bias


@module
class RMSNorm:
    """Divide the features of each place by their root mean square: `y = scale * x / sqrt(mean(x²) + epsilon)`.

    Attributes:
        scale: One number per feature.
        epsilon: Added to the mean square, above 0. Static.

    Example:
        >>> y = RMSNorm.init(2)(jnp.array([3.0, 4.0]))  # the root mean square is sqrt(12.5) = 3.54
        >>> print(" ".join(f"{number:.2f}" for number in y))
        0.85 1.13

    Paper: Zhang and Sennrich 2019, Root mean square layer normalization, eq. 4, arXiv:1910.07467.

    Notebook: 10_initialisation_and_normalisation.
    """

    scale: Float[Array, " features"]
    epsilon: float = static(default=1e-5)

    def __post_init__(self) -> None:
        """Check epsilon."""
        keep_plain(self, "epsilon", above=0)

    @classmethod
    def init(cls, n_features: int, epsilon: float = 1e-5) -> "RMSNorm":
        """Start with scale 1. Nothing is drawn.

        Raises:
            TypeError, ValueError: `n_features` is not a positive integer, or `epsilon` not a positive number.
        """
        n = checks.integer("RMSNorm.init", "n_features", n_features, at_least=1)
        return cls(scale=jnp.ones(n), epsilon=epsilon)

    def __call__(self, x: Float[Array, "*batch features"]) -> Float[Array, "*batch features"]:
        """Divide each vector on the last axis of `x` by its root mean square.

        Raises:
            ValueError: The last axis has another width, or `x` holds NaN.
        """
        x = checks.features("RMSNorm", x, self.scale.shape[0])
        long = x.astype(wide(x.dtype))
        z = long / jnp.sqrt((long**2).mean(-1, keepdims=True) + self.epsilon)
        return self.scale * z.astype(x.dtype)
