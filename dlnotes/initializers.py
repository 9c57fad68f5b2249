"""Where the weights start: random numbers of a size that keeps signals alive from the first layer to the last.

A unit adds up `fan_in` products. If each weight has variance `1 / fan_in`, the sum has about the variance of one input,
layer after layer; much larger and signals explode, much smaller and they fade. ReLU throws half of the signal away, so
He et al. double the variance. Glorot and Bengio balance the way forward (`fan_in`) with the way back (`fan_out`).

| name | variance of one weight | for |
|---|---|---|
| `lecun_normal` | 1 / fan_in | tanh, SELU |
| `glorot_normal`, `glorot_uniform` | 2 / (fan_in + fan_out) | tanh, sigmoid |
| `he_normal`, `he_uniform` | 2 / fan_in | ReLU and its kin |

A weight has its outputs on the last axis: `(n_in, n_out)` for a dense layer, `(height, width, n_in, n_out)` for a
convolution. So `fan_in = prod(shape[:-1])` and `fan_out = shape[-1] * prod(shape[:-2])`.

Notebook: 04_feedforward_networks.
"""

import math
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, ScalarLike

from dlnotes import _checks as checks


@runtime_checkable
class Initializer(Protocol):
    """A recipe for starting numbers: `initializer(key, shape)` gives a float32 array of that shape."""

    def __call__(self, key: jax.Array, shape: Sequence[int], /) -> Array:
        """Draw the numbers."""
        ...


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Count the inputs that feed one output (fan-in), and the outputs that one input feeds (fan-out).

    Args:
        shape: The shape of a weight, at least two axes, outputs last.

    Returns:
        `(prod(shape[:-1]), shape[-1] * prod(shape[:-2]))`.

    Raises:
        TypeError, ValueError: Fewer than two axes, or a size that is not a positive integer.

    Example:
        >>> fans((784, 128)), fans((3, 3, 16, 32))  # dense; a 3 x 3 convolution from 16 to 32 channels
        ((784, 128), (144, 288))

    Notebook: 04_feedforward_networks.
    """
    return _fans("fans", shape)


def zeros(key: jax.Array, shape: Sequence[int]) -> Float[Array, "..."]:
    """Give all zeros, the usual start of a bias. Weights must not start so: equal units would stay equal for ever.

    Args:
        key: A random key; not used, and here so that every initializer is called in the same way.
        shape: Any shape, `()` included.

    Raises:
        TypeError, ValueError: Not a key, or not a shape.

    Example:
        >>> zeros(jax.random.key(0), (3,))
        Array([0., 0., 0.], dtype=float32)

    Notebook: 04_feedforward_networks.
    """
    checks.key("zeros", key)
    return jnp.zeros(_shape("zeros", shape), jnp.float32)


def normal(std: ScalarLike) -> Initializer:
    """Make an initializer that draws from the normal distribution N(0, std²).

    Args:
        std: The standard deviation, 0 or more. GPT-2 uses 0.02.

    Raises:
        TypeError, ValueError: `std` is not a number, is negative or is not finite.

    Example:
        >>> weight = normal(0.02)(jax.random.key(0), (100, 100))
        >>> print(f"{weight.std():.2f}")
        0.02

    Notebook: 04_feedforward_networks.
    """
    checks.number("normal", "std", std, at_least=0)

    def normal_std(key: jax.Array, shape: Sequence[int]) -> Float[Array, "..."]:
        checks.key("normal", key)
        return jax.random.normal(key, _shape("normal", shape), jnp.float32) * jnp.asarray(std, jnp.float32)

    return normal_std


def lecun_normal(key: jax.Array, shape: Sequence[int]) -> Float[Array, "..."]:
    """Draw from N(0, 1 / fan_in): a sum of `fan_in` inputs keeps the variance of one.

    Args:
        key: A random key.
        shape: The shape of a weight, at least two axes, outputs last.

    Raises:
        TypeError, ValueError: Not a key, or not the shape of a weight.

    Example:
        >>> print(f"{lecun_normal(jax.random.key(0), (400, 300)).std():.2f}")  # sqrt(1/400)
        0.05

    Paper: LeCun, Bottou, Orr and Müller 1998, Efficient BackProp, section 4.6, eq. 16.

    Notebook: 04_feedforward_networks.
    """
    fan_in, _ = _weight("lecun_normal", key, shape)
    return _normal(key, shape, 1 / fan_in)


def glorot_normal(key: jax.Array, shape: Sequence[int]) -> Float[Array, "..."]:
    """Draw from N(0, 2 / (fan_in + fan_out)), a compromise between the way forward and the way back.

    Args:
        key: A random key.
        shape: The shape of a weight, at least two axes, outputs last.

    Raises:
        TypeError, ValueError: Not a key, or not the shape of a weight.

    Example:
        >>> print(f"{glorot_normal(jax.random.key(0), (300, 500)).std():.2f}")  # sqrt(2/800)
        0.05

    Paper: Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks, eq. 12.

    Notebook: 04_feedforward_networks.
    """
    fan_in, fan_out = _weight("glorot_normal", key, shape)
    return _normal(key, shape, 2 / (fan_in + fan_out))


def glorot_uniform(key: jax.Array, shape: Sequence[int]) -> Float[Array, "..."]:
    """Draw evenly from [-a, a) with a = sqrt(6 / (fan_in + fan_out)); the variance is a² / 3 = 2 / (fan_in + fan_out).

    Args:
        key: A random key.
        shape: The shape of a weight, at least two axes, outputs last.

    Raises:
        TypeError, ValueError: Not a key, or not the shape of a weight.

    Example:
        >>> weight = glorot_uniform(jax.random.key(0), (300, 300))
        >>> print(f"{weight.max():.2f}")  # sqrt(6/600)
        0.10

    Paper: Glorot and Bengio 2010, eq. 16 (the "normalized initialization").

    Notebook: 04_feedforward_networks.
    """
    fan_in, fan_out = _weight("glorot_uniform", key, shape)
    return _uniform(key, shape, 2 / (fan_in + fan_out))


def he_normal(key: jax.Array, shape: Sequence[int]) -> Float[Array, "..."]:
    """Draw from N(0, 2 / fan_in): twice LeCun's variance, because ReLU keeps only half of the signal.

    The normal distribution is not truncated here (PyTorch's `kaiming_normal_` does the same; `jax.nn.initializers`
    and Keras cut it at two standard deviations and rescale).

    Args:
        key: A random key.
        shape: The shape of a weight, at least two axes, outputs last.

    Raises:
        TypeError, ValueError: Not a key, or not the shape of a weight.

    Example:
        >>> print(f"{he_normal(jax.random.key(0), (800, 300)).std():.2f}")  # sqrt(2/800)
        0.05

    Paper: He, Zhang, Ren and Sun 2015, Delving Deep into Rectifiers, eq. 10, arXiv:1502.01852.

    Notebook: 04_feedforward_networks.
    """
    fan_in, _ = _weight("he_normal", key, shape)
    return _normal(key, shape, 2 / fan_in)


def he_uniform(key: jax.Array, shape: Sequence[int]) -> Float[Array, "..."]:
    """Draw evenly from [-a, a) with a = sqrt(6 / fan_in); the variance is a² / 3 = 2 / fan_in.

    Args:
        key: A random key.
        shape: The shape of a weight, at least two axes, outputs last.

    Raises:
        TypeError, ValueError: Not a key, or not the shape of a weight.

    Example:
        >>> weight = he_uniform(jax.random.key(0), (600, 300))
        >>> print(f"{weight.max():.2f}")  # sqrt(6/600)
        0.10

    Paper: He, Zhang, Ren and Sun 2015, eq. 10 (the same variance, drawn evenly), arXiv:1502.01852.

    Notebook: 04_feedforward_networks.
    """
    fan_in, _ = _weight("he_uniform", key, shape)
    return _uniform(key, shape, 2 / fan_in)


def orthogonal(gain: ScalarLike = 1.0) -> Initializer:
    """Make an initializer that draws a random rotation: the columns (or rows, if fewer) are orthonormal times `gain`.

    With W of shape (fan_in, n_out): WᵀW = gain² I if n_out ≤ fan_in, else WWᵀ = gain² I. Such a matrix keeps the
    length of a vector, so a deep linear stack neither grows nor shrinks it. The Q of a QR decomposition of normal
    numbers is made uniform over all rotations by giving R a positive diagonal.

    Args:
        gain: The factor on the lengths, 0 or more; sqrt(2) goes with ReLU.

    Raises:
        TypeError, ValueError: `gain` is not a number, is negative or is not finite.

    Example:
        >>> weight = orthogonal()(jax.random.key(0), (4, 2))
        >>> bool(jnp.allclose(weight.T @ weight, jnp.eye(2), atol=1e-6))
        True

    Paper: Saxe, McClelland and Ganguli 2013, section 3, arXiv:1312.6120. The sign of R: Mezzadri 2006,
    arXiv:math-ph/0609050.

    Notebook: 04_feedforward_networks.
    """
    checks.number("orthogonal", "gain", gain, at_least=0)

    def orthogonal_gain(key: jax.Array, shape: Sequence[int]) -> Float[Array, "..."]:
        rows, _ = _weight("orthogonal", key, shape)
        columns = shape[-1]
        tall = jax.random.normal(key, (max(rows, columns), min(rows, columns)), jnp.float32)
        q, r = jnp.linalg.qr(tall)
        q = q * jnp.where(jnp.diagonal(r) < 0, -1.0, 1.0).astype(q.dtype)
        matrix = q if rows >= columns else q.T
        return jnp.asarray(gain, jnp.float32) * matrix.reshape(tuple(shape))

    return orthogonal_gain


def _normal(key: jax.Array, shape: Sequence[int], variance: float) -> Array:
    return jax.random.normal(key, tuple(shape), jnp.float32) * math.sqrt(variance)


def _uniform(key: jax.Array, shape: Sequence[int], variance: float) -> Array:
    limit = math.sqrt(3 * variance)  # an even spread over [-a, a) has variance a² / 3
    return jax.random.uniform(key, tuple(shape), jnp.float32, -limit, limit)


def _weight(who: str, key: jax.Array, shape: Sequence[int]) -> tuple[int, int]:
    checks.key(who, key)
    return _fans(who, shape)


def _fans(who: str, shape: Sequence[int]) -> tuple[int, int]:
    shape = checks.sizes(who, "shape", shape, at_least=2)
    return math.prod(shape[:-1]), shape[-1] * math.prod(shape[:-2])


def _shape(who: str, shape: Sequence[int]) -> tuple[int, ...]:
    return checks.sizes(who, "shape", shape, at_least=0)
