"""Mean 0 and variance 1, with the gradient written down instead of derived step by step.

`z = (x - mean) / sqrt(variance + epsilon)` is three passes over x and two small results. Left to itself, `jax.grad`
walks back through each: the quotient, the root, the variance, the mean, and keeps what each needs. By hand it is one
line. With r = 1 / sqrt(variance + epsilon) and averages over the same axes, a small change dx of x makes

    dz = r * (dx - average(dx) - z * average(dx * z))

It takes from dx what only shifts x or stretches it, for z does not change when x does so. The map from dx to dz is
symmetric: the gradient from above goes back through the very same line, two averages and one pass.

Where a scale and a bias follow, one for each feature of the last axis, and the averages are over all other axes (batch
normalisation), the same two sums are also the gradients of the bias and of the scale. `normalise` writes the rule so
that they are added up once: what is one number per feature is multiplied after the sum, not every term before it.

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


def normalise_plain(
    x: jax.Array, scale: jax.Array, bias: jax.Array, epsilon: float
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The formula: `scale * z + bias`, with z standardised over all axes but the last.

    Args:
        x: (*batch, features).
        scale: (features,).
        bias: (features,).
        epsilon: Added to the variance, above 0.

    Returns:
        The result, like x; and the mean and the (biased) variance, (features,), in float32 or wider.
    """
    z, mean, variance = standardise_plain(x, tuple(range(x.ndim - 1)), epsilon)
    return scale * z + bias, mean.reshape(-1), variance.reshape(-1)


@fast_path(normalise_plain)
@functools.partial(jax.custom_jvp, nondiff_argnums=(3,))
def normalise(
    x: jax.Array, scale: jax.Array, bias: jax.Array, epsilon: float
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """What `normalise_plain` gives, with two sums in its gradient instead of four."""
    return normalise_plain(x, scale, bias, epsilon)


@normalise.fast.defjvp
def _scaled_derivative(epsilon: float, primals, tangents):
    (given, scale, bias), (dx, dscale, dbias) = primals, tangents
    axes, kind = tuple(range(given.ndim - 1)), wide(given.dtype)
    x, dx, scale, bias, dscale, dbias = (a.astype(kind) for a in (given, dx, scale, bias, dscale, dbias))
    mean, variance = x.mean(axes), x.var(axes)
    r = jax.lax.rsqrt(variance + epsilon)
    z = (x - mean) * r
    shift, stretch = dx.mean(axes), (dx * z).mean(axes)
    y = scale * z + bias
    dy = scale * r * dx + (dbias - scale * r * shift) + (dscale - scale * r * stretch) * z
    return (y.astype(given.dtype), mean, variance), (dy.astype(given.dtype), shift, 2 * stretch / r)
