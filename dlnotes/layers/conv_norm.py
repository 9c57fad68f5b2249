"""A convolution and its batch normalisation: the pair that image networks are built from."""

import jax
from jaxtyping import Array, Float

from dlnotes._module import module
from dlnotes.layers._space import Padding, Pair, positions
from dlnotes.layers.batch_norm import BatchNorm, BatchStats
from dlnotes.layers.conv import Conv2d


@module
class ConvNorm:
    """`y = norm(conv(x))`. The convolution has no bias: the norm would subtract it again with the mean.

    Attributes:
        conv: The convolution.
        norm: The batch normalisation of its outputs; the running statistics of the pair are the norm's.

    Example:
        >>> layer, stats = ConvNorm.init(jax.random.key(0), n_in=3, n_out=8, kernel=3, padding="same")
        >>> y, stats = layer(jax.numpy.ones((2, 5, 5, 3)), stats, train=True)
        >>> y.shape, stats.mean.shape
        ((2, 5, 5, 8), (8,))
    """

    conv: Conv2d
    norm: BatchNorm

    @classmethod
    def init(
        cls,
        key: jax.Array,
        n_in: int,
        n_out: int,
        kernel: Pair,
        stride: Pair = 1,
        padding: Padding = "valid",
        groups: int = 1,
    ) -> tuple["ConvNorm", BatchStats]:
        """Draw the kernel; start the normalisation at its beginning.

        Raises:
            TypeError, ValueError: As for `Conv2d.init`.
        """
        norm, stats = BatchNorm.init(n_out)
        return cls(Conv2d.init(key, n_in, n_out, kernel, stride, padding, groups=groups, bias=False), norm), stats

    def __call__(
        self, x: Float[Array, "*batch height width n_in"], stats: BatchStats, *, train: bool
    ) -> tuple[Float[Array, "*batch new_height new_width n_out"], BatchStats]:
        """Convolve, then normalise.

        Raises:
            TypeError, ValueError: As for `Conv2d` and `BatchNorm`.
        """
        x = positions("ConvNorm", x, 2, self.conv.weight.shape[2] * self.conv.groups)
        return self.norm(self.conv(x), stats, train=train)
