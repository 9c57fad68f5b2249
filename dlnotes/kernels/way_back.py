"""The way back through a convolution: the kernel turned round, and where the two gradients begin and end.

Stride s, dilation d, a kernel of k taps, `before` places of padding. With s - 1 zeros between its m places dy has
`s (m - 1) + 1`; the kernel reaches over `d (k - 1)` places after its first. Dumoulin and Visin 2016, A guide to
convolution arithmetic for deep learning, arXiv:1603.07285.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

Sizes = tuple[int, ...]
Pads = tuple[tuple[int, int], ...]


def turned(weight: jax.Array) -> jax.Array:
    """The kernel (*kernel, n_in, n_out) turned round, its two kinds of channels in each other's places."""
    return jnp.flip(weight, tuple(range(weight.ndim - 2))).swapaxes(-1, -2)


def paddings(
    x: Sizes, dy: Sizes, kernel: Sequence[int], stride: Sizes, pads: Pads, dilation: Sizes
) -> tuple[Pads, Pads]:
    """The padding of dy in the gradient with respect to x, and of x in that with respect to the kernel.

    All arguments have a number, or a pair, for each axis of space; `x`, `dy` and `kernel` are sizes.

    Example:
        >>> paddings((7,), (5,), (3,), (1,), ((0, 0),), (1,))
        (((2, 2),), ((0, 0),))
    """
    into_x, into_kernel = [], []
    for n, m, k, s, (before, _), d in zip(x, dy, kernel, stride, pads, dilation, strict=True):
        spread, reach = s * (m - 1) + 1, d * (k - 1)
        into_x.append((reach - before, n - spread + before))
        into_kernel.append((before, reach + spread - n - before))
    return tuple(into_x), tuple(into_kernel)
