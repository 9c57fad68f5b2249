"""ResNet: so many layers that only a straight path past them makes them trainable."""

from collections.abc import Sequence
from typing import Any

import jax
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module, static
from dlnotes.activations import relu
from dlnotes.initializers import glorot_uniform
from dlnotes.layers import BasicBlock, Bottleneck, ConvNorm, Dense, Repeated, global_average_pool, max_pool
from dlnotes.layers._arguments import check_parts
from dlnotes.layers._space import positions
from dlnotes.layers.residual import Stats

# Blocks in each stage of the ImageNet networks, and their kind (Table 1 of the paper).
IMAGENET: dict[int, tuple[type[BasicBlock] | type[Bottleneck], tuple[int, ...]]] = {
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
    101: (Bottleneck, (3, 4, 23, 3)),
    152: (Bottleneck, (3, 8, 36, 3)),
}


@module
class ResNet:
    """A first convolution, stages of residual blocks, the mean over the image, and one dense layer.

    Each stage but the first begins by halving the image and widening the channels. Two families:

    * `ResNet.imagenet(key, 50)`: for photographs of about 224 x 224. 7 x 7 with stride 2 and a pooling first, four
      stages. Parameters with 1,000 classes: ResNet-18 11,689,512; 34: 21,797,672; 50: 25,557,032; 101: 44,549,160;
      152: 60,192,808.
    * `ResNet.cifar(key, 20)`: for 32 x 32. 3 x 3 first, three stages of 16, 32 and 64 channels, 6n + 2 layers. (The
      paper's shortcuts there pad with zero channels, 269,722 parameters at depth 20; these project, 272,474.)

    Attributes:
        stem: The first convolution.
        stages: In each stage the first block, then the others: a tuple of blocks, or one `Repeated`.
        output: Dense, one logit per class.
        pools: Whether a 3 x 3 max-pooling with stride 2 follows the stem. Static.

    Example:
        >>> net, stats = ResNet.cifar(jax.random.key(0), depth=8)
        >>> logits, stats = net(jax.numpy.ones((2, 32, 32, 3)), stats, train=False)
        >>> logits.shape
        (2, 10)

    Paper: He, Zhang, Ren and Sun 2015, Deep residual learning for image recognition, arXiv:1512.03385: Table 1, and
    section 4.2 for CIFAR-10.
    """

    stem: ConvNorm
    stages: tuple[tuple[Any, ...], ...]
    output: Dense
    pools: bool = static()

    @classmethod
    def imagenet(
        cls, key: jax.Array, depth: int = 50, n_out: int = 1000, n_in: int = 3, repeated: bool = False
    ) -> tuple["ResNet", Stats]:
        """Draw a network of the ImageNet family.

        Args:
            key: A random key.
            depth: 18, 34, 50, 101 or 152 layers.
            n_out: Classes.
            n_in: Channels of an image.
            repeated: Whether the blocks of a stage that are alike are stacked and compiled once, see `Repeated`.

        Raises:
            TypeError, ValueError: A depth that is not in the table, a size that is not a positive integer, or something
                that is not a key.
        """
        if depth not in IMAGENET:
            raise ValueError(f"ResNet.imagenet expects a depth of {', '.join(map(str, IMAGENET))}; got {depth!r}.")
        kind, n_blocks = IMAGENET[depth]
        widths = (64, 128, 256, 512) if kind is BasicBlock else (256, 512, 1024, 2048)
        key, stem_key = jax.random.split(checks.key("ResNet.imagenet", key))
        stem = ConvNorm.init(stem_key, n_in, 64, 7, stride=2, padding=3)
        return cls._build(key, stem, kind, 64, widths, n_blocks, n_out, repeated, pools=True)

    @classmethod
    def cifar(
        cls, key: jax.Array, depth: int = 20, n_out: int = 10, n_in: int = 3, repeated: bool = False
    ) -> tuple["ResNet", Stats]:
        """Draw a network of the CIFAR family.

        Args:
            key: A random key.
            depth: 6n + 2 layers: 8, 14, 20, 32, 44, 56, 110 …
            n_out: Classes.
            n_in: Channels of an image.
            repeated: As for `imagenet`.

        Raises:
            TypeError, ValueError: A depth that is not 6n + 2, a size that is not a positive integer, or something that
                is not a key.
        """
        n, rest = divmod(checks.integer("ResNet.cifar", "depth", depth, at_least=8) - 2, 6)
        if rest:
            raise ValueError(f"ResNet.cifar expects a depth of 6n + 2: 8, 14, 20, 32, …; got {depth}.")
        key, stem_key = jax.random.split(checks.key("ResNet.cifar", key))
        stem = ConvNorm.init(stem_key, n_in, 16, 3, padding=1)
        return cls._build(key, stem, BasicBlock, 16, (16, 32, 64), (n, n, n), n_out, repeated, pools=False)

    @classmethod
    def _build(
        cls,
        key: jax.Array,
        stem: tuple[ConvNorm, Any],
        kind: Any,
        n_in: int,
        widths: Sequence[int],
        n_blocks: Sequence[int],
        n_out: int,
        repeated: bool,
        pools: bool,
    ) -> tuple["ResNet", Stats]:
        checks.flag("ResNet", "repeated", repeated)
        *keys, key_out = jax.random.split(key, len(widths) + 1)
        stages, stats = [], []
        for i, (k, width, n) in enumerate(zip(keys, widths, n_blocks, strict=True)):
            first_key, *others = jax.random.split(k, n)
            pairs = [kind.init(first_key, n_in, width, stride=1 if i == 0 else 2)]
            if repeated and others:
                pairs.append(Repeated.init(others[0], lambda key, width=width: kind.init(key, width, width), n - 1))
            else:
                pairs += [kind.init(other, width, width) for other in others]
            blocks, block_stats = zip(*pairs, strict=True)
            stages.append(blocks)
            stats.append(block_stats)
            n_in = width
        output = Dense.init(key_out, n_in, n_out, glorot_uniform)
        return cls(stem[0], tuple(stages), output, pools), {"stem": stem[1], "stages": tuple(stats)}

    def __call__(
        self, x: Float[Array, "*batch height width n_in"], stats: Stats, *, train: bool
    ) -> tuple[Float[Array, "*batch n_out"], Stats]:
        """Logits, one row per image, and the running statistics; they move if `train`.

        Raises:
            TypeError: `train` is not True or False; `stats` are not this network's.
            ValueError: Too few axes, another number of channels, or NaN.
        """
        x = positions("ResNet", x, 2, self.stem.conv.weight.shape[2])
        check_parts("ResNet", stats, ("stem", "stages"))
        x, stem = self.stem(x, stats["stem"], train=train)
        x = relu(x)
        if self.pools:
            x = max_pool(x, 3, stride=2, padding=1)
        stages = []
        for blocks, seen in zip(self.stages, stats["stages"], strict=True):
            after = []
            for block, block_stats in zip(blocks, seen, strict=True):
                x, new = block(x, block_stats, train=train)
                after.append(new)
            stages.append(tuple(after))
        return self.output(global_average_pool(x)), {"stem": stem, "stages": tuple(stages)}
