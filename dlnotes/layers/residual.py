"""Residual blocks: learn the change to a signal, and let the signal itself pass by on a straight path.

`y = f(x) + shortcut(x)`. The shortcut is nothing at all where the shapes agree, and a 1 x 1 convolution, the
projection, where the channels or the size change. The gradient has the straight path too, so it reaches the first of a
hundred blocks undimmed.

A block carries the running statistics of its batch normalisations: `init` gives (block, stats), a call takes and gives
back the stats, a dict with the names of the block's parts. Batch axes come first, images are NHWC.
"""

from typing import Any, TypeAlias

import jax
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module
from dlnotes.activations import relu
from dlnotes.layers._arguments import check_parts
from dlnotes.layers._space import positions
from dlnotes.layers.conv_norm import ConvNorm

Stats: TypeAlias = dict[str, Any]


def _projection(key: jax.Array, n_in: int, n_out: int, stride: int) -> tuple[ConvNorm | None, Any]:
    """The shortcut: none where nothing changes, else a strided 1 x 1 convolution with its norm."""
    return (None, None) if (n_in, stride) == (n_out, 1) else ConvNorm.init(key, n_in, n_out, 1, stride)


def _short_way(shortcut: ConvNorm | None, x: Array, stats: Any, train: bool) -> tuple[Array, Any]:
    return (x, stats) if shortcut is None else shortcut(x, stats, train=train)


@module
class BasicBlock:
    """Two 3 x 3 convolutions and a shortcut: `y = relu(conv2(relu(conv1(x))) + shortcut(x))`, each with its norm.

    The block of ResNet-18 and ResNet-34.

    Attributes:
        conv1: 3 x 3, with the block's stride.
        conv2: 3 x 3.
        shortcut: None, or the projection: 1 x 1, with the block's stride.

    Example:
        >>> block, stats = BasicBlock.init(jax.random.key(0), n_in=4, n_out=8, stride=2)
        >>> sorted(stats)
        ['conv1', 'conv2', 'shortcut']
        >>> y, stats = block(jax.numpy.ones((2, 6, 6, 4)), stats, train=True)
        >>> y.shape
        (2, 3, 3, 8)

    Paper: He, Zhang, Ren and Sun 2015, Deep residual learning for image recognition, section 3, arXiv:1512.03385.
    """

    conv1: ConvNorm
    conv2: ConvNorm
    shortcut: ConvNorm | None

    @classmethod
    def init(cls, key: jax.Array, n_in: int, n_out: int, stride: int = 1) -> tuple["BasicBlock", Stats]:
        """Draw the kernels. A projection is there if `n_in` and `n_out` differ, or `stride` is not 1.

        Args:
            key: A random key.
            n_in: Channels that come in.
            n_out: Channels that go out.
            stride: 2 to halve height and width. The padding is 1 on all sides, as in PyTorch.

        Raises:
            TypeError, ValueError: A size that is not a positive integer, or something that is not a key.
        """
        key1, key2, key3 = jax.random.split(checks.key("BasicBlock.init", key), 3)
        conv1, stats1 = ConvNorm.init(key1, n_in, n_out, 3, stride, padding=1)
        conv2, stats2 = ConvNorm.init(key2, n_out, n_out, 3, padding=1)
        shortcut, stats3 = _projection(key3, n_in, n_out, stride)
        return cls(conv1, conv2, shortcut), {"conv1": stats1, "conv2": stats2, "shortcut": stats3}

    def __call__(
        self, x: Float[Array, "*batch height width n_in"], stats: Stats, *, train: bool
    ) -> tuple[Float[Array, "*batch new_height new_width n_out"], Stats]:
        """Apply the block; the running statistics move if `train`.

        Raises:
            TypeError: `train` is not True or False; `stats` are not this block's.
            ValueError: Too few axes, another number of channels, NaN, or one number per feature in training.
        """
        x = positions("BasicBlock", x, 2, self.conv1.conv.weight.shape[2])
        check_parts("BasicBlock", stats, ("conv1", "conv2", "shortcut"))
        y, stats1 = self.conv1(x, stats["conv1"], train=train)
        y, stats2 = self.conv2(relu(y), stats["conv2"], train=train)
        x, stats3 = _short_way(self.shortcut, x, stats["shortcut"], train)
        return relu(y + x), {"conv1": stats1, "conv2": stats2, "shortcut": stats3}


@module
class Bottleneck:
    """Narrow, convolve, widen: `y = relu(conv3(relu(conv2(relu(conv1(x))))) + shortcut(x))`, each with its norm.

    The 3 x 3 convolution works on few channels, between two of 1 x 1. The block of ResNet-50 and deeper; and, with the
    3 x 3 in groups, of ResNeXt (`Bottleneck.resnext`). The stride is in the 3 x 3, as in PyTorch ("v1.5"); the paper
    has it in the first 1 x 1, which throws three quarters of the places away unread.

    Attributes:
        conv1: 1 x 1, from the input's channels to few.
        conv2: 3 x 3 with the block's stride, on few channels.
        conv3: 1 x 1, to the output's channels.
        shortcut: None, or the projection: 1 x 1, with the block's stride.

    Example:
        >>> block, stats = Bottleneck.init(jax.random.key(0), n_in=8, n_out=16)
        >>> block.conv2.conv.weight.shape  # a quarter of the output's channels
        (3, 3, 4, 4)
        >>> y, stats = block(jax.numpy.ones((2, 6, 6, 8)), stats, train=True)
        >>> y.shape
        (2, 6, 6, 16)

    Papers: He et al. 2015, section 4.1, arXiv:1512.03385; Xie, Girshick, Dollár, Tu and He 2016, Aggregated residual
    transformations for deep neural networks, section 3, arXiv:1611.05431.
    """

    conv1: ConvNorm
    conv2: ConvNorm
    conv3: ConvNorm
    shortcut: ConvNorm | None

    @classmethod
    def init(
        cls, key: jax.Array, n_in: int, n_out: int, stride: int = 1, width: int | None = None, groups: int = 1
    ) -> tuple["Bottleneck", Stats]:
        """Draw the kernels. A projection is there if `n_in` and `n_out` differ, or `stride` is not 1.

        Args:
            key: A random key.
            n_in: Channels that come in.
            n_out: Channels that go out.
            stride: 2 to halve height and width. The padding is 1 on all sides, as in PyTorch.
            width: Channels of the 3 x 3 convolution; None for a quarter of `n_out`.
            groups: Groups of the 3 x 3 convolution; divides `width`.

        Raises:
            TypeError, ValueError: A size that is not a positive integer, something that is not a key, or groups that
                do not divide the width.
        """
        key1, key2, key3, key4 = jax.random.split(checks.key("Bottleneck.init", key), 4)
        n_out = checks.integer("Bottleneck.init", "n_out", n_out, at_least=1)
        width = max(n_out // 4, 1) if width is None else width
        conv1, stats1 = ConvNorm.init(key1, n_in, width, 1)
        conv2, stats2 = ConvNorm.init(key2, width, width, 3, stride, padding=1, groups=groups)
        conv3, stats3 = ConvNorm.init(key3, width, n_out, 1)
        shortcut, stats4 = _projection(key4, n_in, n_out, stride)
        stats = {"conv1": stats1, "conv2": stats2, "conv3": stats3, "shortcut": stats4}
        return cls(conv1, conv2, conv3, shortcut), stats

    @classmethod
    def resnext(
        cls, key: jax.Array, n_in: int, n_out: int, stride: int = 1, cardinality: int = 32
    ) -> tuple["Bottleneck", Stats]:
        """Draw a ResNeXt block: a wider middle, half of `n_out`, in `cardinality` groups (32 x 4d has 32).

        Many thin paths side by side, for about the parameters of the plain bottleneck.

        Raises:
            TypeError, ValueError: As for `init`; `cardinality` does not divide half of `n_out`.

        Example:
            >>> block, _ = Bottleneck.resnext(jax.random.key(0), n_in=256, n_out=256)
            >>> block.conv2.conv.weight.shape, block.conv2.conv.groups
            ((3, 3, 4, 128), 32)
        """
        n_out = checks.integer("Bottleneck.resnext", "n_out", n_out, at_least=2)
        return cls.init(key, n_in, n_out, stride, width=n_out // 2, groups=cardinality)

    def __call__(
        self, x: Float[Array, "*batch height width n_in"], stats: Stats, *, train: bool
    ) -> tuple[Float[Array, "*batch new_height new_width n_out"], Stats]:
        """Apply the block; the running statistics move if `train`.

        Raises:
            TypeError: `train` is not True or False; `stats` are not this block's.
            ValueError: Too few axes, another number of channels, NaN, or one number per feature in training.
        """
        x = positions("Bottleneck", x, 2, self.conv1.conv.weight.shape[2])
        check_parts("Bottleneck", stats, ("conv1", "conv2", "conv3", "shortcut"))
        y, stats1 = self.conv1(x, stats["conv1"], train=train)
        y, stats2 = self.conv2(relu(y), stats["conv2"], train=train)
        y, stats3 = self.conv3(relu(y), stats["conv3"], train=train)
        x, stats4 = _short_way(self.shortcut, x, stats["shortcut"], train)
        return relu(y + x), {"conv1": stats1, "conv2": stats2, "conv3": stats3, "shortcut": stats4}
