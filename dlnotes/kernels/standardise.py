"""Mean 0 and variance 1, with the gradient written down instead of derived step by step.

`z = (x - mean) / sqrt(variance + epsilon)` is three passes over x and two small results. Left to itself, `jax.grad`
walks back through each: the quotient, the root, the variance, the mean, and keeps what each needs. By hand it is one
line. With r = 1 / sqrt(variance + epsilon) and averages over the same axes, a small change dx of x makes

    dz = r * (dx - average(dx) - z * average(dx * z))

It takes from dx what only shifts x or stretches it, for z does not change when x does so. The map from dx to dz is
symmetric: the gradient from above goes back through the very same line, two averages and one pass.

Half-precision numbers are added up in float32: bfloat16 counts to 256, and 256 + 1 is 256 again.
"""

import functools

import jax
import jax.numpy as jnp

from dlnotes._wide import wide
from dlnotes.kernels._choose import fast_path

Axes = tuple[int, ...]


def standardise_plain(x: jax.Array, axes: Axes, epsilon: float) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The formula.

    Args:
        x: Any array.
        axes: What to average over.
        epsilon: Added to the variance, above 0.

    Returns:
        z, like x; and the mean and the (biased) variance, with axes of length 1, in float32 or wider.
    """
    long = x.astype(wide(x.dtype))
    mean, variance = long.mean(axes, keepdims=True), long.var(axes, keepdims=True)
    return ((long - mean) / jnp.sqrt(variance + epsilon)).astype(x.dtype), mean, variance


@fast_path(standardise_plain)
@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2))
def standardise(x: jax.Array, axes: Axes, epsilon: float) -> tuple[jax.Array, jax.Array, jax.Array]:
    """What `standardise_plain` gives, with the derivative above."""
    return standardise_plain(x, axes, epsilon)


@standardise.fast.defjvp
def _derivative(axes: Axes, epsilon: float, primals, tangents):
    (given,), (dx,) = primals, tangents
    x, dx = given.astype(wide(given.dtype)), dx.astype(wide(given.dtype))
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    r = jax.lax.rsqrt(variance + epsilon)
    z = (x - mean) * r
    shift, stretch = dx.mean(axes, keepdims=True), (dx * z).mean(axes, keepdims=True)
    dz = r * (dx - shift - z * stretch)
    return (z.astype(given.dtype), mean, variance), (dz.astype(given.dtype), shift, 2 * stretch / r)
