"""Softmax and its logarithm: they turn a row of scores into probabilities, each number looking at all the others.

That makes them output layers for one choice among several classes, rather than activations between two layers.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dlnotes import _checks as checks


def softmax(x: Float[Array, "*shape"], axis: int = -1) -> Float[Array, "*shape"]:
    """Turn scores (logits) into probabilities: `p_i = exp(x_i) / Σ_j exp(x_j)`.

    Range (0, 1), in float32 [0, 1], and the numbers along `axis` add up to 1. Derivative ∂p_i/∂x_j = p_i (δ_ij - p_j);
    saturates where one score is far above the rest. Adding a constant to all scores changes nothing, so the largest is
    subtracted first and `exp` cannot overflow. For a loss use `losses.cross_entropy` on the logits, never its log.

    Args:
        x: Scores of at least one axis; -inf gives probability 0.
        axis: The axis along which the numbers compete.

    Raises:
        TypeError, ValueError: `x` has no axes, is not floating point, is empty, or holds NaN; there is no such axis.

    Example:
        >>> print(softmax(jnp.array([1e4, 1e4, -1e4])))
        [0.5 0.5 0. ]

    Paper: Bridle 1990, Probabilistic interpretation of feedforward classification network outputs.

    Notebook: 03_activation_functions.
    """
    x, axis = _scores("softmax", x, axis)
    weight = jnp.exp(_below_zero(x, axis))
    return weight / weight.sum(axis, keepdims=True)


def log_softmax(x: Float[Array, "*shape"], axis: int = -1) -> Float[Array, "*shape"]:
    """Give the logarithm of softmax: `log p_i = x_i - log Σ_j exp(x_j)`, in nats.

    Range (-∞, 0]; derivative ∂ log p_i/∂x_j = δ_ij - p_j, which never vanishes for a wrong answer. Exact where the log
    of a softmax would be log(0) = -∞.

    Args:
        x: Scores (logits) of at least one axis.
        axis: The axis along which the numbers compete.

    Raises:
        TypeError, ValueError: `x` has no axes, is not floating point, is empty, or holds NaN; there is no such axis.

    Example:
        >>> print(log_softmax(jnp.array([1e4, 0.0, -1e4])))
        [     0. -10000. -20000.]

    Paper: Bridle 1990, Probabilistic interpretation of feedforward classification network outputs.

    Notebook: 03_activation_functions.
    """
    x, axis = _scores("log_softmax", x, axis)
    x = _below_zero(x, axis)
    return x - jnp.log(jnp.exp(x).sum(axis, keepdims=True))


def _below_zero(x: Array, axis: int) -> Array:
    """Shift each row so that its largest number is 0; the shift cancels, so no gradient needs to pass through it."""
    return x - jax.lax.stop_gradient(x.max(axis, keepdims=True))


def _scores(who: str, x: Array, axis: int) -> tuple[Array, int]:
    x = checks.array(who, x, min_rank=1)
    return x, checks.integer(who, "axis", axis, at_least=-x.ndim, at_most=x.ndim - 1)
