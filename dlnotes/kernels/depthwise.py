"""A depthwise convolution: whole images, shifted and added up.

Every channel has a kernel of its own and sees no other channel. To XLA's CPU compiler that is a convolution with very
many groups, which it works out number by number: 64 images of 32 x 32 places and 32 channels take 105 milliseconds with
a 3 x 3 kernel. But the result is only a sum of nine images, each shifted and times one number per channel:

    y = Σ_uv  x shifted by (u, v) * w[u, v]

Such a sum is one walk through memory: 1.6 milliseconds, and as many for the image's gradient, the same sum with the
shifts turned round. The kernel's gradient is Σ dy * (x shifted by (u, v)) over all places of all images. It is added up
image by image, so that the nine sums stay in the cache: 7 milliseconds, against 13 in one go and 27 by XLA's way.
"""

import functools
import math
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np

from dlnotes.kernels.way_back import Pads, Sizes, paddings

MOST = 49  # taps of a kernel, each an operation of its own; 7 x 7


def is_depthwise(weight: jax.Array) -> bool:
    """Whether a kernel (*kernel, n_in / groups, n_out) has one channel to each group, and few enough taps.

    Example:
        >>> [is_depthwise(jnp.ones(shape)) for shape in ((3, 3, 1, 32), (3, 3, 2, 32), (9, 9, 1, 32))]
        [True, False, False]
    """
    return weight.shape[-2] == 1 and math.prod(weight.shape[:-2]) <= MOST


def depthwise(x: jax.Array, weight: jax.Array, stride: Sizes, pads: Pads, dilation: Sizes) -> jax.Array:
    """Convolve (batch, *space, channels) with a kernel for each channel, or several: (*kernel, 1, n_out)."""
    given, for_each = x.dtype, weight.shape[-1] // x.shape[-1]
    wide = given if given.itemsize >= 4 else jnp.float32  # sums of bfloat16 numbers would lose digits
    x, weight = x.astype(wide), weight[..., 0, :].astype(wide)
    turns: list = [_one_each(x, weight[..., i::for_each], stride, pads, dilation) for i in range(for_each)]
    y = jnp.stack(turns, axis=-1)
    return y.reshape(*y.shape[:-2], -1).astype(given)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4))
def _one_each(x: jax.Array, weight: jax.Array, stride: Sizes, pads: Pads, dilation: Sizes) -> jax.Array:
    return _forward(x, weight, stride, pads, dilation)[0]


def _add_up(x: jax.Array, weight: jax.Array, stride: Sizes, pads: Pads, dilation: Sizes, between: Sizes) -> jax.Array:
    shifted = _shifted(x, weight.shape[:-1], stride, pads, dilation, between)
    return functools.reduce(jnp.add, (seen * weight[tap] for tap, seen in shifted))


def _forward(x: jax.Array, weight: jax.Array, stride: Sizes, pads: Pads, dilation: Sizes):
    return _add_up(x, weight, stride, pads, dilation, (1,) * len(stride)), (x, weight)


def _backward(stride: Sizes, pads: Pads, dilation: Sizes, kept, dy: jax.Array):
    x, weight = kept
    kernel, ones = weight.shape[:-1], (1,) * len(stride)
    into_x, _ = paddings(x.shape[1:-1], dy.shape[1:-1], kernel, stride, pads, dilation)
    dx = _add_up(dy, jnp.flip(weight, tuple(range(len(kernel)))), ones, into_x, dilation, stride)

    def add(sums, image):
        x, dy = image
        shifted = _shifted(x, kernel, stride, pads, dilation, ones)
        return [s + seen * dy for s, (_, seen) in zip(sums, shifted, strict=True)]

    nothing = [jnp.zeros(dy.shape[1:], dy.dtype)] * math.prod(kernel)
    sums, _ = jax.lax.scan(lambda sums, image: (add(sums, image), None), nothing, (x, dy))
    dw = jnp.stack([s.reshape(-1, s.shape[-1]).sum(0) for s in sums])
    return dx, dw.reshape(weight.shape)


_one_each.defvjp(_forward, _backward)


def _shifted(
    x: jax.Array, kernel: Sizes, stride: Sizes, pads: Pads, dilation: Sizes, between: Sizes
) -> Iterator[tuple[Sizes, jax.Array]]:
    """For each tap of the kernel, what it meets at every place; x may have a batch axis in front, or none.

    There are `between - 1` zeros between the places of x.
    """
    batch = x.ndim - 1 - len(kernel)
    zeros = [(*pair, b - 1) for pair, b in zip(pads, between, strict=True)]
    x = jax.lax.pad(x, jnp.zeros((), x.dtype), [*[(0, 0, 0)] * batch, *zeros, (0, 0, 0)])
    places = [n - d * (k - 1) for n, k, d in zip(x.shape[batch:-1], kernel, dilation, strict=True)]
    for tap in np.ndindex(*kernel):
        first = [d * t for d, t in zip(dilation, tap, strict=True)]
        last = [a + n for a, n in zip(first, places, strict=True)]
        ends = [0] * batch + first + [0], [*x.shape[:batch], *last, x.shape[-1]]
        yield tap, jax.lax.slice(x, *ends, [1] * batch + [*stride, 1])
