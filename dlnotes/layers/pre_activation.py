"""The residual block in its second form: normalise and bend before each convolution; the straight path stays bare."""

import jax
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module
from dlnotes.activations import relu
from dlnotes.layers._arguments import check_parts
from dlnotes.layers._space import positions
from dlnotes.layers.batch_norm import BatchNorm
from dlnotes.layers.conv import Conv2d
from dlnotes.layers.residual import Stats


@module
class PreActivationBlock:
    """Normalise and bend first, then convolve: `h = relu(norm1(x))`, `y = conv2(relu(norm2(conv1(h)))) + x`.

    Nothing stands on the straight path any more, not even a ReLU, so blocks can be a thousand deep; the last block
    needs a norm and a ReLU after it. Where the shapes change, the shortcut is a bare 1 x 1 convolution of h.

    Attributes:
        norm1: The normalisation of what comes in.
        conv1: 3 x 3, with the block's stride, without bias.
        norm2: The normalisation between the convolutions.
        conv2: 3 x 3, without bias.
        shortcut: None, or a 1 x 1 convolution of h, with the block's stride.

    Example:
        >>> block, stats = PreActivationBlock.init(jax.random.key(0), n_in=4, n_out=8, stride=2)
        >>> y, stats = block(jax.numpy.ones((2, 6, 6, 4)), stats, train=True)
        >>> y.shape, sorted(stats)
        ((2, 3, 3, 8), ['norm1', 'norm2'])

    Paper: He, Zhang, Ren and Sun 2016, Identity mappings in deep residual networks, arXiv:1603.05027.
    """

    norm1: BatchNorm
    conv1: Conv2d
    norm2: BatchNorm
    conv2: Conv2d
    shortcut: Conv2d | None

    @classmethod
    def init(cls, key: jax.Array, n_in: int, n_out: int, stride: int = 1) -> tuple["PreActivationBlock", Stats]:
        """Draw the kernels. A shortcut is there if `n_in` and `n_out` differ, or `stride` is not 1.

        Raises:
            TypeError, ValueError: As for `BasicBlock.init`.
        """
        key1, key2, key3 = jax.random.split(checks.key("PreActivationBlock.init", key), 3)
        norm1, stats1 = BatchNorm.init(n_in)
        norm2, stats2 = BatchNorm.init(n_out)
        conv1 = Conv2d.init(key1, n_in, n_out, 3, stride, padding=1, bias=False)
        conv2 = Conv2d.init(key2, n_out, n_out, 3, padding=1, bias=False)
        unchanged = (n_in, stride) == (n_out, 1)
        shortcut = None if unchanged else Conv2d.init(key3, n_in, n_out, 1, stride, bias=False)
        return cls(norm1, conv1, norm2, conv2, shortcut), {"norm1": stats1, "norm2": stats2}

    def __call__(
        self, x: Float[Array, "*batch height width n_in"], stats: Stats, *, train: bool
    ) -> tuple[Float[Array, "*batch new_height new_width n_out"], Stats]:
        """Apply the block; the running statistics move if `train`.

        Raises:
            TypeError: `train` is not True or False; `stats` are not this block's.
            ValueError: Too few axes, another number of channels, NaN, or one number per feature in training.
        """
        x = positions("PreActivationBlock", x, 2, self.norm1.scale.shape[0])
        check_parts("PreActivationBlock", stats, ("norm1", "norm2"))
        h, stats1 = self.norm1(x, stats["norm1"], train=train)
        h = relu(h)
        y, stats2 = self.norm2(self.conv1(h), stats["norm2"], train=train)
        y = self.conv2(relu(y))
        return y + (x if self.shortcut is None else self.shortcut(h)), {"norm1": stats1, "norm2": stats2}
