"""Normalisation of one image alone, over its places: for groups of features together, or for each feature."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module, static
from dlnotes.kernels import standardise
from dlnotes.layers._arguments import keep_plain
from dlnotes.layers._space import positions


@module
class GroupNorm:
    """Normalise groups of neighbouring features over all places of one example, then scale and shift each feature.

    `y = scale * (x - mean) / sqrt(variance + epsilon) + bias`, with one mean and one variance for each example and
    group. One group is "layer normalisation" as image networks mean it; as many groups as features is `InstanceNorm`.

    Attributes:
        scale: γ, one number per feature.
        bias: β, one number per feature.
        groups: How many groups; divides the number of features. Static.
        space: Axes of space: 2 for images (..., height, width, features), 1 for sequences (..., time, features), 0
            for plain features. Static.
        epsilon: Added to the variance, above 0; 1e-5 as in PyTorch (Flax has 1e-6). Static.

    Example:
        >>> norm = GroupNorm.init(6, groups=2)
        >>> y = norm(jnp.arange(48.0).reshape(1, 2, 4, 6))
        >>> print(f"{abs(y[..., :3].mean()):.2f} {y[..., :3].var():.2f}")  # features 0, 1 and 2 together
        0.00 1.00

    Paper: Wu and He 2018, Group normalization, section 3, arXiv:1803.08494.

    Notebook: 10_initialisation_and_normalisation.
    """

    scale: Float[Array, " features"]
    bias: Float[Array, " features"]
    groups: int = static()
    space: int = static(default=2)
    epsilon: float = static(default=1e-5)

    def __post_init__(self) -> None:
        """Check the fixed numbers."""
        n, groups = self.scale.shape[0], checks.integer("GroupNorm", "groups", self.groups, at_least=1)
        if n % groups:
            raise ValueError(f"GroupNorm expects groups to divide the {n} features; got {groups}.")
        checks.integer("GroupNorm", "space", self.space, at_least=0, at_most=2)
        keep_plain(self, "epsilon", above=0)

    @classmethod
    def init(cls, n_features: int, groups: int, space: int = 2, epsilon: float = 1e-5) -> "GroupNorm":
        """Start with scale 1 and bias 0. Nothing is drawn. The paper has 32 groups, or 16 features to a group.

        Raises:
            TypeError, ValueError: A size out of range, or `groups` does not divide `n_features`.
        """
        n = checks.integer("GroupNorm.init", "n_features", n_features, at_least=1)
        return cls(scale=jnp.ones(n), bias=jnp.zeros(n), groups=groups, space=space, epsilon=epsilon)

    def __call__(self, x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Normalise over the axes of space and the features of a group; axes before these are batch axes.

        Raises:
            ValueError: Too few axes, the last axis has another width, or `x` holds NaN.
        """
        x = positions("GroupNorm", x, self.space, self.scale.shape[0])
        grouped = x.reshape(*x.shape[:-1], self.groups, -1)  # (..., height, width, groups, features of one group)
        axes = (*range(-2 - self.space, -2), -1)
        return self.scale * standardise(grouped, axes, self.epsilon)[0].reshape(x.shape) + self.bias


@module
class InstanceNorm:
    """Normalise each feature over all places of one example, then scale and shift: a picture's contrast is removed.

    `y = scale * (x - mean) / sqrt(variance + epsilon) + bias`, with one mean and one variance for each example and
    feature. PyTorch's layer has no scale and bias unless asked (`affine=True`), and can keep running averages; here
    nothing is remembered.

    Attributes:
        scale: γ, one number per feature.
        bias: β, one number per feature.
        space: Axes of space: 2 for images (..., height, width, features), 1 for sequences. Static.
        epsilon: Added to the variance, above 0; 1e-5 as in PyTorch (Flax has 1e-6). Static.

    Example:
        >>> image = jnp.arange(12.0).reshape(2, 3, 2)
        >>> y = InstanceNorm.init(2)(image)
        >>> bool(jnp.allclose(y, InstanceNorm.init(2)(10 + 5 * image), atol=1e-4))  # brightness and contrast are gone
        True

    Paper: Ulyanov, Vedaldi and Lempitsky 2016, Instance normalization: the missing ingredient for fast stylization,
    arXiv:1607.08022.

    Notebook: 10_initialisation_and_normalisation.
    """

    scale: Float[Array, " features"]
    bias: Float[Array, " features"]
    space: int = static(default=2)
    epsilon: float = static(default=1e-5)

    def __post_init__(self) -> None:
        """Check the fixed numbers."""
        checks.integer("InstanceNorm", "space", self.space, at_least=1, at_most=2)
        keep_plain(self, "epsilon", above=0)

    @classmethod
    def init(cls, n_features: int, space: int = 2, epsilon: float = 1e-5) -> "InstanceNorm":
        """Start with scale 1 and bias 0. Nothing is drawn.

        Raises:
            TypeError, ValueError: A size out of range.
        """
        n = checks.integer("InstanceNorm.init", "n_features", n_features, at_least=1)
        return cls(scale=jnp.ones(n), bias=jnp.zeros(n), space=space, epsilon=epsilon)

    def __call__(self, x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Normalise over the axes of space, for each feature alone; axes before these are batch axes.

        Raises:
            ValueError: Too few axes, the last axis has another width, or `x` holds NaN.
        """
        x = positions("InstanceNorm", x, self.space, self.scale.shape[0])
        axes = tuple(range(-1 - self.space, -1))
        return self.scale * standardise(x, axes, self.epsilon)[0] + self.bias
