"""Pooling by windows that touch: fold the image, then take the largest or the mean of each fold.

XLA's `reduce_window` can slide any window by any step, and its gradient must search every window again, one place after
the other. When windows touch and do not overlap, each place belongs to one window alone, and a reshape puts every
window on axes of its own:

    a b | c d          x.reshape(rows, 2, columns, 2)
    e f | g h          the four numbers of a window on axes 1 and 3

The mean is then an ordinary mean over two axes, the largest an ordinary maximum. (XLA keeps the result of a maximum
over axes; of maxima of pairs it would work out each again wherever it is read, a convolution's gradient for one.) The
forward pass remembers which of the four won, in one byte per window; the gradient is the winner's mask times the
gradient from above, written in one pass. The first of several equal numbers wins, as in the reference. Each place of
the window is a line of the program, so windows of more than 16 places are left to the reference.
"""

import functools

import jax
import jax.numpy as jnp

from dlnotes.kernels._choose import fast_path

LARGEST = 16  # places in a window that is folded


def max_pool_plain(x: jax.Array, window: tuple[int, int]) -> jax.Array:
    """The largest number of each window, `y[i, j] = max over u, v of x[h i + u, w j + v]`, by `reduce_window`.

    Args:
        x: Images (batch, height, width, features). Rows and columns that fill no window are left out.
        window: (h, w).
    """
    size = (1, *window, 1)
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, size, size, "valid")


@fast_path(max_pool_plain)
def max_pool(x: jax.Array, window: tuple[int, int]) -> jax.Array:
    """What `max_pool_plain` gives, by folding."""
    return _best(x, window) if window[0] * window[1] <= LARGEST else max_pool_plain(x, window)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def _best(x: jax.Array, window: tuple[int, int]) -> jax.Array:
    return _winners(_fold(x, window))[0]


@_best.defjvp
def _derivative(window: tuple[int, int], primals, tangents):
    (x,), (dx,), (h, w) = primals, tangents, window
    best, winner = _winners(_fold(x, window))
    place = jnp.arange(h * w, dtype=jnp.int8).reshape(h, 1, w, 1)
    won = winner[:, :, None, :, None] == place
    return best, jnp.where(won, _fold(dx, window), 0).sum((2, 4))


def _fold(x: jax.Array, window: tuple[int, int]) -> jax.Array:
    """(batch, rows, h, columns, w, features), without the places that fill no window."""
    (n, height, width, c), (h, w) = x.shape, window
    rows, columns = height // h, width // w
    return x[:, : rows * h, : columns * w].reshape(n, rows, h, columns, w, c)


def _winners(folded: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The largest number of each window, and which it was: 0 … h w - 1, row by row."""
    h, w = folded.shape[2], folded.shape[4]
    best, winner = folded[:, :, 0, :, 0], jnp.zeros((), jnp.int8)
    for place in range(1, h * w):
        here = folded[:, :, place // w, :, place % w]
        winner = jnp.where(here > best, jnp.int8(place), winner)
        best = jnp.maximum(best, here)
    return folded.max((2, 4)), winner


def average_pool_plain(x: jax.Array, window: tuple[int, int]) -> jax.Array:
    """The mean of each window, by `reduce_window`. Arguments as for `max_pool_plain`."""
    size = (1, *window, 1)
    return jax.lax.reduce_window(x, 0.0, jax.lax.add, size, size, "valid") / (window[0] * window[1])


@fast_path(average_pool_plain)
def average_pool(x: jax.Array, window: tuple[int, int]) -> jax.Array:
    """What `average_pool_plain` gives, by folding."""
    return _fold(x, window).mean((2, 4))
