"""Batch normalisation: each feature with mean 0 and variance 1 over the batch, then scaled and shifted anew."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module, static
from dlnotes._wide import wide
from dlnotes.kernels import normalise
from dlnotes.layers._arguments import keep_plain


class BatchStats(NamedTuple):
    """What `BatchNorm` remembers of the batches it has seen: running averages, used at test time, never trained."""

    mean: Float[Array, " features"]
    variance: Float[Array, " features"]


@module
class BatchNorm:
    """Normalise with the batch's own mean and variance in training, with running averages otherwise.

    `y = scale * (x - mean) / sqrt(variance + epsilon) + bias`. In training the mean and variance of a feature are
    taken over all axes but the last (over examples, height and width for images), and the gradient flows through
    them. Each training step also moves the averages: `average = decay * average + (1 - decay) * new`.

    Libraries differ in two things. `decay` is the weight of the OLD average, as Flax has it; PyTorch's `momentum` is
    the weight of the new value, so its 0.1 is a decay of 0.9. And with m numbers to a feature, the variance here is
    the biased one, a sum divided by m, in both places, as in Flax; PyTorch (and the paper's Algorithm 2) normalises
    with that too, but puts m / (m - 1) times as much into the running average.

    Attributes:
        scale: γ, one number per feature.
        bias: β, one number per feature; a bias in the layer before would be subtracted again with the mean.
        decay: The weight of the old average, in [0, 1]. Static.
        epsilon: Added to the variance, above 0. Static.

    Example:
        >>> norm, stats = BatchNorm.init(2)
        >>> norm
        BatchNorm(scale=float32[2], bias=float32[2], decay=0.9, epsilon=1e-05)
        >>> x = jnp.array([[1.0, 10.0], [3.0, 30.0]])
        >>> y, stats = norm(x, stats, train=True)
        >>> y.round(3)
        Array([[-1., -1.],
               [ 1.,  1.]], dtype=float32)
        >>> stats.mean  # 0.9 of the way from the batch's mean to zero, where it began
        Array([0.2, 2. ], dtype=float32)
        >>> y, stats = norm(x, stats, train=False)  # the averages stay as they are

    Paper: Ioffe and Szegedy 2015, Batch normalization: accelerating deep network training by reducing internal
    covariate shift, Algorithms 1 and 2, arXiv:1502.03167.

    Notebook: 10_initialisation_and_normalisation.
    """

    scale: Float[Array, " features"]
    bias: Float[Array, " features"]
    decay: float = static(default=0.9)
    epsilon: float = static(default=1e-5)

    def __post_init__(self) -> None:
        """Check the fixed numbers."""
        keep_plain(self, "decay", at_least=0, at_most=1)
        keep_plain(self, "epsilon", above=0)

    @classmethod
    def init(cls, n_features: int, decay: float = 0.9, epsilon: float = 1e-5) -> tuple["BatchNorm", BatchStats]:
        """Start with scale 1 and bias 0, and with averages of mean 0 and variance 1. Nothing is drawn.

        Raises:
            TypeError, ValueError: `n_features` is not a positive integer, or a fixed number is out of range.
        """
        n = checks.integer("BatchNorm.init", "n_features", n_features, at_least=1)
        stats = BatchStats(mean=jnp.zeros(n), variance=jnp.ones(n))
        return cls(scale=jnp.ones(n), bias=jnp.zeros(n), decay=decay, epsilon=epsilon), stats

    def __call__(
        self, x: Float[Array, "*batch features"], stats: BatchStats, *, train: bool
    ) -> tuple[Float[Array, "*batch features"], BatchStats]:
        """Normalise the features, on the last axis of `x`.

        Args:
            x: In training, at least two numbers for each feature.
            stats: The running averages.
            train: Whether to use, and remember, the batch's own statistics. Always said, never assumed.

        Returns:
            The normalised numbers, and the running averages: moved in training, else as they came.

        Raises:
            TypeError: `train` is not True or False; `stats` are not `BatchStats`.
            ValueError: The last axis of `x` has another width, `x` holds NaN, or a batch of one in training.
        """
        x = checks.features("BatchNorm", x, self.scale.shape[0])
        checks.flag("BatchNorm", "train", train)
        if not isinstance(stats, BatchStats):
            raise TypeError(
                f"BatchNorm expects stats to be its BatchStats; got {type(stats).__name__}. "
                f"They come from `norm, stats = BatchNorm.init(...)`, and from every call."
            )
        if not train:
            z = (x.astype(wide(x.dtype)) - stats.mean) / jnp.sqrt(stats.variance + self.epsilon)
            return self.scale * z.astype(x.dtype) + self.bias, stats
        if x.size == x.shape[-1]:
            raise ValueError(
                f"BatchNorm expects at least two numbers for each feature in training; got shape {tuple(x.shape)}. "
                f"Use a larger batch, or LayerNorm or GroupNorm, which look at one example alone."
            )
        y, mean, variance = normalise(x, self.scale, self.bias, self.epsilon)
        new = BatchStats(
            mean=self.decay * stats.mean + (1 - self.decay) * mean,
            variance=self.decay * stats.variance + (1 - self.decay) * variance,
        )
        return y, new
