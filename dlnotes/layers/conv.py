"""Convolution: the same small weighted sum at every place of a sequence or an image."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module, static
from dlnotes.initializers import Initializer, he_normal
from dlnotes.kernels import convolve
from dlnotes.layers._space import Padding, Pair, padding_pairs, pads, per_axis, positions


def _fix(layer: Any, n_space: int) -> None:
    """Check the static fields of a convolution, and write each out for every axis."""
    who = type(layer).__name__
    object.__setattr__(layer, "stride", per_axis(who, "stride", layer.stride, n_space))
    object.__setattr__(layer, "padding", padding_pairs(who, layer.padding, n_space))
    object.__setattr__(layer, "dilation", per_axis(who, "dilation", layer.dilation, n_space))
    groups, n_out = checks.integer(who, "groups", layer.groups, at_least=1), layer.weight.shape[-1]
    if n_out % groups:
        raise ValueError(f"{who} expects groups to divide the {n_out} output channels; got {groups}.")


def _draw_weight(
    who: str, key: jax.Array, n_in: int, n_out: int, kernel: tuple[int, ...], groups: int, weight: Initializer
) -> Array:
    checks.key(who, key)
    n_in = checks.integer(who, "n_in", n_in, at_least=1)
    n_out = checks.integer(who, "n_out", n_out, at_least=1)
    if n_in % checks.integer(who, "groups", groups, at_least=1):
        raise ValueError(f"{who} expects groups to divide the {n_in} input channels; got {groups}.")
    return weight(key, (*kernel, n_in // groups, n_out))


def _convolve(layer: Any, x: Array) -> Array:
    who, (*kernel, n_in, _) = type(layer).__name__, layer.weight.shape
    n_space = len(kernel)
    x = positions(who, x, n_space, n_in * layer.groups)
    window = [(k - 1) * d + 1 for k, d in zip(kernel, layer.dilation, strict=True)]  # the places it reaches over
    y = convolve(
        x.reshape(-1, *x.shape[-1 - n_space :]),  # all batch axes as one
        layer.weight,
        layer.stride,
        pads(who, x, layer.padding, window, layer.stride),
        layer.dilation,
        layer.groups,
    )
    y = y.reshape(*x.shape[: -1 - n_space], *y.shape[1:])
    return y if layer.bias is None else y + layer.bias


@module
class Conv2d:
    """A convolution over height and width: `y[i, j, o] = b[o] + Σ x[i + u, j + v, c] * w[u, v, c, o]` over u, v, c.

    As everywhere in deep learning this is cross-correlation: a convolution in the mathematician's sense would turn
    the kernel round, `x[i - u, j - v]`. With a stride s, a dilation d and p places of padding before the image, the
    place read is `x[s i + d u - p, s j + d v - p, c]`, and zero where that lies outside. One axis of n places gives
    `(n + padding - d (k - 1) - 1) // s + 1`, with the padding of both ends; "same" gives `ceil(n / s)`.

    With `groups`, the channels are cut into so many parts that do not see each other; as many groups as channels is
    a depthwise convolution, one kernel for each channel.

    Attributes:
        weight: The kernel, in the order HWIO: height, width, input channels of one group, output channels. (PyTorch
            has OIHW; and images as NCHW, where here they are NHWC.)
        bias: One number per output channel; None for a layer without, before a BatchNorm for example.
        stride: The step of the window, one number, or one for each axis. Static.
        padding: "valid", none; "same", which with an even kernel or a stride has the odd place at the end; a number
            for all sides; or for each axis a number or a pair (before, after). Static.
        dilation: The distance between two taps of the kernel; 1 is an ordinary kernel. Static.
        groups: Parts that the channels are cut into; divides input and output channels. Static.

    Example:
        >>> conv = Conv2d.init(jax.random.key(0), n_in=3, n_out=16, kernel=5, stride=2, padding="same")
        >>> conv.weight.shape
        (5, 5, 3, 16)
        >>> conv(jnp.ones((8, 28, 28, 3))).shape
        (8, 14, 14, 16)
        >>> edge = Conv2d(weight=jnp.array([-1.0, 1.0]).reshape(1, 2, 1, 1), bias=None)
        >>> edge(jnp.array([[0.0, 0.0, 5.0, 5.0]])[..., None])[..., 0]  # the right neighbour minus the left
        Array([[0., 5., 0.]], dtype=float32)

    Paper: LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition. The cases
    drawn: Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning, arXiv:1603.07285.
    """

    weight: Float[Array, "kernel_height kernel_width n_in_of_group n_out"]
    bias: Float[Array, " n_out"] | None
    stride: Pair = static(default=1)
    padding: Padding = static(default="valid")
    dilation: Pair = static(default=1)
    groups: int = static(default=1)

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
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
        weight: Initializer = he_normal,
    ) -> "Conv2d":
        """Draw the kernel with `weight` (He et al. 2015 by default, fan-in = height x width x n_in / groups).

        Args:
            key: A random key.
            n_in: Channels that come in.
            n_out: Channels that go out.
            kernel: Height and width of the kernel; one number if they are equal.
            stride: See the class, as for padding, dilation and groups.
            padding: "valid", "same", or numbers.
            dilation: 1 for an ordinary kernel.
            groups: 1 for an ordinary convolution.
            bias: Whether to have one; it starts at zero.
            weight: An initializer from `dlnotes.initializers`.

        Raises:
            TypeError, ValueError: A size that is not a positive integer, something that is not a key, padding that
                is not known, or groups that do not divide the channels.
        """
        size = per_axis("Conv2d.init", "kernel", kernel, 2)
        numbers = _draw_weight("Conv2d.init", key, n_in, n_out, size, groups, weight)
        return cls(numbers, jnp.zeros(n_out) if bias else None, stride, padding, dilation, groups)

    @classmethod
    def depthwise(
        cls,
        key: jax.Array,
        n_channels: int,
        kernel: Pair,
        stride: Pair = 1,
        padding: Padding = "valid",
        multiplier: int = 1,
        bias: bool = True,
        weight: Initializer = he_normal,
    ) -> "Conv2d":
        """Draw a depthwise convolution: every channel has `multiplier` kernels of its own, and sees no other channel.

        Example:
            >>> Conv2d.depthwise(jax.random.key(0), 32, kernel=3).weight.shape
            (3, 3, 1, 32)
        """
        multiplier = checks.integer("Conv2d.depthwise", "multiplier", multiplier, at_least=1)
        n = checks.integer("Conv2d.depthwise", "n_channels", n_channels, at_least=1)
        return cls.init(key, n, n * multiplier, kernel, stride, padding, groups=n, bias=bias, weight=weight)

    def __call__(
        self, x: Float[Array, "*batch height width n_in"]
    ) -> Float[Array, "*batch new_height new_width n_out"]:
        """Slide the kernel over the two axes before the last; any axes before them are batch axes.

        Raises:
            ValueError: Too few axes, another number of channels, an image smaller than the kernel, or NaN.
        """
        return _convolve(self, x)


@module
class Conv1d:
    """A convolution over time: `y[t, o] = b[o] + Σ x[t + u, c] * w[u, c, o]` over u and c.

    Everything is as for `Conv2d`, with one axis. A causal convolution, which never sees the future, pads only before:
    `padding=(((k - 1) * dilation, 0),)`.

    Attributes:
        weight: The kernel: width in steps, input channels of one group, output channels. (PyTorch: the reverse.)
        bias: One number per output channel, or None.
        stride: The step of the window. Static.
        padding: "valid", "same", a number for both ends, or one pair in a tuple: ((before, after),). Static.
        dilation: The distance between two taps of the kernel. Static.
        groups: Parts that the channels are cut into. Static.

    Example:
        >>> difference = Conv1d(weight=jnp.array([-1.0, 1.0]).reshape(2, 1, 1), bias=None, padding=((1, 0),))
        >>> difference(jnp.array([1.0, 4.0, 9.0, 16.0])[:, None])[:, 0]
        Array([1., 3., 5., 7.], dtype=float32)
        >>> Conv1d.init(jax.random.key(0), n_in=8, n_out=4, kernel=3)(jnp.ones((2, 10, 8))).shape
        (2, 8, 4)
    """

    weight: Float[Array, "kernel n_in_of_group n_out"]
    bias: Float[Array, " n_out"] | None
    stride: int | tuple[int] = static(default=1)
    padding: Padding = static(default="valid")
    dilation: int | tuple[int] = static(default=1)
    groups: int = static(default=1)

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
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
        weight: Initializer = he_normal,
    ) -> "Conv1d":
        """Draw the kernel with `weight`; start the biases at zero. The arguments are those of `Conv2d.init`.

        Raises:
            TypeError, ValueError: As for `Conv2d.init`.
        """
        size = per_axis("Conv1d.init", "kernel", kernel, 1)
        numbers = _draw_weight("Conv1d.init", key, n_in, n_out, size, groups, weight)
        return cls(numbers, jnp.zeros(n_out) if bias else None, stride, padding, dilation, groups)

    def __call__(self, x: Float[Array, "*batch time n_in"]) -> Float[Array, "*batch new_time n_out"]:
        """Slide the kernel over the axis before the last; any axes before it are batch axes.

        Raises:
            ValueError: Too few axes, another number of channels, a sequence shorter than the kernel, or NaN.
        """
        return _convolve(self, x)
