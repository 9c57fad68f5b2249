"""A convolution in groups: a few ordinary ones, each of several groups.

XLA's CPU compiler has a fast convolution for all channels at once. One in groups it works out number by number: for 32
images of 28 x 28 places, 16 channels in 4 groups and a 3 x 3 kernel, the kernel's gradient takes 160 milliseconds. As
ordinary convolutions, one for each group, it takes 2.5. With very few channels each of them would leave a core idle, so
groups are put together until there are eight channels, as one kernel with zeros where a group would see another:

    kernel of group 1    w1          both    w1  .
    kernel of group 2    w2                  .   w2
"""

import jax
import jax.numpy as jnp

WIDE = 8  # output channels of one convolution, at least
MOST = 16  # convolutions, each of which takes its time to compile


def how_many(groups: int, n_out: int) -> int:
    """How many groups to put together: a divisor of `groups`; 1 for an ordinary convolution.

    Example:
        >>> how_many(groups=4, n_out=16), how_many(groups=8, n_out=64), how_many(groups=64, n_out=512)
        (2, 1, 4)
    """
    divisors = (m for m in range(1, groups + 1) if groups % m == 0)
    enough = (m for m in divisors if m * n_out >= WIDE * groups and groups <= MOST * m)
    return next(enough, groups)


def cut(x: jax.Array, weight: jax.Array, groups: int) -> list[tuple[jax.Array, jax.Array]]:
    """The images and kernels of the ordinary convolutions whose results, side by side, are the one in groups."""
    m = how_many(groups, weight.shape[-1])
    if m > 1:
        weight = together(weight, groups, m)
    return list(zip(*(jnp.split(array, groups // m, axis=-1) for array in (x, weight)), strict=True))


def together(weight: jax.Array, groups: int, m: int) -> jax.Array:
    """The kernel with m groups as one: (*kernel, n_in, n_out), with n_in of one group, becomes (…, m * n_in, n_out)."""
    *kernel, n_in, n_out = weight.shape
    each = weight.reshape(*kernel, 1, n_in, groups // m, m, n_out // groups)
    own = jnp.eye(m, dtype=bool).reshape(m, 1, 1, m, 1)
    return jnp.where(own, each, 0).reshape(*kernel, m * n_in, n_out)
