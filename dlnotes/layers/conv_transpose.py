"""Transposed convolution: the way back of a convolution's gradient, used forwards to make an image larger."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module, static
from dlnotes.initializers import Initializer, he_normal
from dlnotes.kernels import spread
from dlnotes.layers._space import Padding, Pair, padding_pairs, per_axis, positions


def _fix(layer: Any, n_space: int) -> None:
    """Check the static fields, and write each out for every axis."""
    who = type(layer).__name__
    object.__setattr__(layer, "stride", per_axis(who, "stride", layer.stride, n_space))
    object.__setattr__(layer, "padding", padding_pairs(who, layer.padding, n_space))


def _draw_weight(
    who: str, key: jax.Array, n_in: int, n_out: int, kernel: tuple[int, ...], weight: Initializer
) -> Array:
    checks.key(who, key)
    n_in = checks.integer(who, "n_in", n_in, at_least=1)
    n_out = checks.integer(who, "n_out", n_out, at_least=1)
    return weight(key, (*kernel, n_in, n_out))


def _crop(who: str, padding: Any, axis: int, n: int, kernel: int, stride: int) -> tuple[int, int]:
    """How many places to cut off before and after one axis."""
    if padding == "same":  # n * stride places stay; if the stride is longer than the kernel, zeros are put after
        total = kernel - stride
        before = max(total, 0) // 2
        return before, total - before
    before, after = (0, 0) if padding == "valid" else padding[axis]
    if (n - 1) * stride + kernel - before - after < 1:
        raise ValueError(f"{who} expects padding that leaves something of its output; got {padding} for {n} places.")
    return before, after


def _spread(layer: Any, x: Array) -> Array:
    who, (*kernel, n_in, _) = type(layer).__name__, layer.weight.shape
    n_space = len(kernel)
    x = positions(who, x, n_space, n_in)
    sizes = x.shape[-1 - n_space : -1]
    crops = [_crop(who, layer.padding, i, sizes[i], kernel[i], layer.stride[i]) for i in range(n_space)]
    # Each output gathers what was stamped on it: a convolution with the kernel turned round, over the input with
    # stride - 1 zeros between its places.
    y = spread(
        x.reshape(-1, *x.shape[-1 - n_space :]),  # all batch axes as one
        jnp.flip(layer.weight, tuple(range(n_space))),
        tuple((k - 1 - before, k - 1 - after) for k, (before, after) in zip(kernel, crops, strict=True)),
        layer.stride,
    )
    y = y.reshape(*x.shape[: -1 - n_space], *y.shape[1:])
    return y if layer.bias is None else y + layer.bias


@module
class ConvTranspose2d:
    """Every input place stamps the kernel on the output, times its value: `y[s i + u, s j + v] += x[i, j] @ w[u, v]`.

    Stamps that overlap add up; a kernel that is a multiple of the stride overlaps evenly, others leave a chequered
    pattern. One axis of n places gives

        n_out = (n - 1) * stride + kernel - before - after

    where the padding is what is cut OFF the output, since this turns a convolution with that padding round. "valid"
    cuts nothing; "same" leaves `n * stride`, and is the exact way back of a `Conv2d` with "same". PyTorch's
    `padding=p, output_padding=q` is `padding=((p, p - q), (p, p - q))` here. Sometimes named "deconvolution", which it
    is not: it undoes the shape of a convolution, not the values.

    Attributes:
        weight: The kernel, HWIO: height, width, channels that come in, channels that go out. (PyTorch has IOHW; Flax
            stamps the kernel turned round by 180 degrees.)
        bias: One number per output channel, or None.
        stride: The distance between stamps, one number, or one for each axis. Static.
        padding: "valid", "same", a number for all sides, or for each axis a number or pair (before, after). Static.

    Example:
        >>> stamp = ConvTranspose2d(weight=jnp.ones((2, 2, 1, 1)), bias=None, stride=2)
        >>> stamp(jnp.array([[1.0, 2.0]])[..., None])[..., 0]  # each pixel becomes 2 x 2 pixels
        Array([[1., 1., 2., 2.],
               [1., 1., 2., 2.]], dtype=float32)
        >>> up = ConvTranspose2d.init(jax.random.key(0), n_in=8, n_out=3, kernel=4, stride=2, padding="same")
        >>> up(jnp.ones((5, 7, 7, 8))).shape
        (5, 14, 14, 3)

    Paper: Zeiler, Krishnan, Taylor and Fergus 2010, Deconvolutional networks. The arithmetic: Dumoulin and Visin 2016,
    chapter 4, arXiv:1603.07285.
    """

    weight: Float[Array, "kernel_height kernel_width n_in n_out"]
    bias: Float[Array, " n_out"] | None
    stride: Pair = static(default=1)
    padding: Padding = static(default="valid")

    def __post_init__(self) -> None:
        """Check the fixed numbers, and write them out for both axes."""
        _fix(self, 2)

    @classmethod
    def init(
        cls,
        key: jax.Array,
        n_in: int,
        n_out: int,
        kernel: Pair,
        stride: Pair = 1,
        padding: Padding = "valid",
        bias: bool = True,
        weight: Initializer = he_normal,
    ) -> "ConvTranspose2d":
        """Draw the kernel with `weight`; start the biases at zero.

        Args:
            key: A random key.
            n_in: Channels that come in.
            n_out: Channels that go out.
            kernel: Height and width of the kernel; one number if they are equal.
            stride: How many times larger the image becomes, about; exactly with "same".
            padding: "valid", "same", or numbers: what is cut off.
            bias: Whether to have one.
            weight: An initializer from `dlnotes.initializers`; with fan-in height x width x n_in, of which only a
                part, about 1 / stride², reaches any one output.

        Raises:
            TypeError, ValueError: A size that is not a positive integer, something that is not a key, or padding that
                is not known.
        """
        size = per_axis("ConvTranspose2d.init", "kernel", kernel, 2)
        numbers = _draw_weight("ConvTranspose2d.init", key, n_in, n_out, size, weight)
        return cls(numbers, jnp.zeros(n_out) if bias else None, stride, padding)

    def __call__(
        self, x: Float[Array, "*batch height width n_in"]
    ) -> Float[Array, "*batch new_height new_width n_out"]:
        """Enlarge the two axes before the last; any axes before them are batch axes.

        Raises:
            ValueError: Too few axes, another number of channels, padding that cuts off everything, or NaN.
        """
        return _spread(self, x)


@module
class ConvTranspose1d:
    """Every step stamps the kernel on the output, times its value: `y[s t + u] += x[t] @ w[u]`; see `ConvTranspose2d`.

    Attributes:
        weight: The kernel: width in steps, channels that come in, channels that go out.
        bias: One number per output channel, or None.
        stride: The distance between stamps. Static.
        padding: What is cut off: "valid", nothing; "same", all but n * stride steps; a number for both ends, or one
            pair in a tuple: ((before, after),). Static.

    Example:
        >>> stamp = ConvTranspose1d(weight=jnp.array([1.0, 2.0, 1.0]).reshape(3, 1, 1), bias=None, stride=2)
        >>> stamp(jnp.array([1.0, 3.0])[:, None])[:, 0]  # 1 2 1 and, two steps on, 3 6 3
        Array([1., 2., 4., 6., 3.], dtype=float32)
    """

    weight: Float[Array, "kernel n_in n_out"]
    bias: Float[Array, " n_out"] | None
    stride: int | tuple[int] = static(default=1)
    padding: Padding = static(default="valid")

    def __post_init__(self) -> None:
        """Check the fixed numbers, and write them as tuples of one."""
        _fix(self, 1)

    @classmethod
    def init(
        cls,
        key: jax.Array,
        n_in: int,
        n_out: int,
        kernel: int,
        stride: int = 1,
        padding: Padding = "valid",
        bias: bool = True,
        weight: Initializer = he_normal,
    ) -> "ConvTranspose1d":
        """Draw the kernel with `weight`; start the biases at zero. The arguments are those of `ConvTranspose2d.init`.

        Raises:
            TypeError, ValueError: As for `ConvTranspose2d.init`.
        """
        size = per_axis("ConvTranspose1d.init", "kernel", kernel, 1)
        numbers = _draw_weight("ConvTranspose1d.init", key, n_in, n_out, size, weight)
        return cls(numbers, jnp.zeros(n_out) if bias else None, stride, padding)

    def __call__(self, x: Float[Array, "*batch time n_in"]) -> Float[Array, "*batch new_time n_out"]:
        """Enlarge the axis before the last; any axes before it are batch axes.

        Raises:
            ValueError: Too few axes, another number of channels, padding that cuts off everything, or NaN.
        """
        return _spread(self, x)
