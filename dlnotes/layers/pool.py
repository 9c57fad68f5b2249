"""Pooling: one number for each window of a sequence or an image. Nothing is trained, so these are plain functions.

A window given as one number slides over images (..., height, width, features), as tall as it is wide; a pair is its
height and width; a tuple of one slides over sequences (..., time, features). Each feature is pooled alone.
"""

import math
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes import kernels
from dlnotes.layers._space import Padding, Pair, padding_pairs, pads, per_axis, positions


def max_pool(
    x: Float[Array, "..."],
    window: int | Sequence[int],
    *,
    stride: Pair | Sequence[int] | None = None,
    padding: Padding = "valid",
) -> Float[Array, "..."]:
    """Keep the largest number of each window: `y[i, j, c] = max over u, v of x[s i + u, s j + v, c]`.

    The gradient goes to the place the maximum came from. If several places tie, all of it goes to the first of them,
    row by row, as in PyTorch. (Ties are common: after a ReLU many windows hold nothing but zeros.) Padding counts as
    minus infinity, so it never wins.

    Args:
        x: Images (..., height, width, features), or sequences if `window` is a tuple of one.
        window: One number for square windows over images, (height, width), or (steps,) for sequences.
        stride: The step of the window; None for its own size, so that windows touch and do not overlap.
        padding: "valid", "same", or numbers, as for a convolution; less than the window.

    Returns:
        Each axis of n places has `(n + padding - window) // stride + 1` left; with "same", `ceil(n / stride)`.

    Raises:
        TypeError, ValueError: Too few axes, a window larger than the input, sizes out of range, or NaN.

    Example:
        >>> image = jnp.arange(16.0).reshape(1, 4, 4, 1)
        >>> max_pool(image, 2)[0, ..., 0]
        Array([[ 5.,  7.],
               [13., 15.]], dtype=float32)
        >>> max_pool(jnp.array([3.0, 1.0, 2.0, 5.0])[:, None], (2,), stride=1)[:, 0]
        Array([3., 2., 5.], dtype=float32)
    """
    x, windows, strides, pairs = _slide("max_pool", x, window, stride, padding)
    if _touch(windows, strides, pairs):
        return _fold(kernels.max_pool, x, windows)
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, windows, strides, pairs)


def average_pool(
    x: Float[Array, "..."],
    window: int | Sequence[int],
    *,
    stride: Pair | Sequence[int] | None = None,
    padding: Padding = "valid",
    count_padding: bool = False,
) -> Float[Array, "..."]:
    """Average each window: `y[i, j, c] = mean over u, v of x[s i + u, s j + v, c]`.

    The gradient is shared out evenly. At the border, libraries differ in what they divide by: here, and in Keras, by
    the places that lie inside the image; in PyTorch and Flax by all places of the window, padding included, which
    darkens the border, unless `count_include_pad=False`.

    Args:
        x: Images (..., height, width, features), or sequences if `window` is a tuple of one.
        window: One number for square windows over images, (height, width), or (steps,) for sequences.
        stride: The step of the window; None for its own size.
        padding: "valid", "same", or numbers, as for a convolution; less than the window.
        count_padding: Whether the zeros of the padding count as places, as PyTorch and Flax have it by default.

    Returns:
        Each axis of n places has `(n + padding - window) // stride + 1` left; with "same", `ceil(n / stride)`.

    Raises:
        TypeError, ValueError: Too few axes, a window larger than the input, sizes out of range, or NaN.

    Example:
        >>> x = jnp.array([2.0, 4.0, 6.0])[:, None]
        >>> average_pool(x, (3,), stride=1, padding="same")[:, 0]
        Array([3., 4., 5.], dtype=float32)
        >>> average_pool(x, (2,), padding=((1, 0),), count_padding=True)[:, 0]  # (0 + 2) / 2, (4 + 6) / 2
        Array([1., 5.], dtype=float32)
    """
    x, windows, strides, pairs = _slide("average_pool", x, window, stride, padding)
    if _touch(windows, strides, pairs):
        return _fold(kernels.average_pool, x, windows)
    total = jax.lax.reduce_window(x, 0.0, jax.lax.add, windows, strides, pairs)
    if count_padding:
        return total / math.prod(windows)
    inside = jnp.ones_like(x)  # a constant: XLA counts the places while it compiles
    return total / jax.lax.reduce_window(inside, 0.0, jax.lax.add, windows, strides, pairs)


def global_average_pool(x: Float[Array, "..."], space: int = 2) -> Float[Array, "..."]:
    """Average each feature over the whole image: `y[c] = mean over i, j of x[i, j, c]`.

    It takes the place of the large dense layer after the last convolution; any size of image will do.

    Args:
        x: Images (..., height, width, features), or sequences (..., time, features).
        space: Axes of space to average over: 2 for images, 1 for sequences.

    Returns:
        An array (..., features).

    Raises:
        TypeError, ValueError: Too few axes, `space` is not 1 or 2, or NaN.

    Example:
        >>> global_average_pool(jnp.ones((8, 7, 7, 512))).shape
        (8, 512)

    Paper: Lin, Chen and Yan 2013, Network in network, section 3.2, arXiv:1312.4400.
    """
    checks.integer("global_average_pool", "space", space, at_least=1, at_most=2)
    x = positions("global_average_pool", x, space)
    return x.mean(tuple(range(-1 - space, -1)))


def _slide(
    who: str, x: Array, window: int | Sequence[int], stride: Pair | Sequence[int] | None, padding: Padding
) -> tuple[Array, tuple[int, ...], tuple[int, ...], tuple[tuple[int, int], ...]]:
    """The checked input; and window, stride and padding for every axis, batch and features included."""
    n_space = len(window) if isinstance(window, (tuple, list)) else 2
    if n_space not in (1, 2):
        raise ValueError(f"{who} expects a window over one axis or two; got {window!r}.")
    x = positions(who, x, n_space)
    sizes = per_axis(who, "window", window, n_space)
    steps = sizes if stride is None else per_axis(who, "stride", stride, n_space)
    pairs = pads(who, x, padding_pairs(who, padding, n_space), sizes, steps)
    if any(max(pair) >= size for pair, size in zip(pairs, sizes, strict=True)):
        raise ValueError(f"{who} expects less padding than its window of {sizes}; got {pairs}.")
    batch = x.ndim - 1 - n_space
    return x, (1,) * batch + (*sizes, 1), (1,) * batch + (*steps, 1), ((0, 0),) * batch + (*pairs, (0, 0))


def _touch(windows: tuple[int, ...], strides: tuple[int, ...], pairs: tuple[tuple[int, int], ...]) -> bool:
    """Whether each place is in one window at most, and no place is made up."""
    return windows == strides and not any(map(any, pairs))


def _fold(kernel: Callable[..., Array], x: Array, windows: tuple[int, ...]) -> Array:
    """Give a kernel for touching windows its images; a sequence is an image one place high."""
    height = x.shape[-3] if x.ndim > 2 else 1
    y = kernel(x.reshape(-1, height, *x.shape[-2:]), (1, *windows)[-3:-1])
    return y.reshape(*(n // k for n, k in zip(x.shape, windows, strict=True)))
