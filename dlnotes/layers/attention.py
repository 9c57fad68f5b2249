"""Attention as a formula: every query takes a weighted mean of the values; the keys decide the weights."""

import math

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from dlnotes import _checks as checks
from dlnotes._wide import wide
from dlnotes.activations import softmax


def scaled_dot_product_attention(
    q: Float[Array, "*batch n_queries d"],
    k: Float[Array, "*#batch n_keys d"],
    v: Float[Array, "*#batch n_keys d_v"],
    mask: Bool[Array, "*#batch #n_queries #n_keys"] | None = None,
    bias: Float[Array, "*#batch #n_queries #n_keys"] | None = None,
) -> Float[Array, "*batch n_queries d_v"]:
    """Mean of the values, weighted by how well key and query agree: `softmax(q kᵀ / sqrt(d)) v`.

    A query whose keys are all masked has nothing to look at. Its weights, its output and all its gradients are zero, as
    in PyTorch. (`jax.nn.dot_product_attention` gives the plain mean of all values; a softmax of -∞ would give NaN.)

    Args:
        q: Queries, one per row. Axes before the last two, such as heads, are batch axes.
        k: Keys, as wide as the queries.
        v: Values, one for each key.
        mask: True where a query may see a key.
        bias: Numbers added to the scores before the softmax, those of `alibi` for example.

    Raises:
        TypeError: The mask is not of booleans.
        ValueError: Shapes that do not fit, or NaN.

    Example:
        >>> q, k, v = jnp.ones((1, 2)), jnp.ones((3, 2)), jnp.array([[1.0], [2.0], [6.0]])
        >>> scaled_dot_product_attention(q, k, v)  # three keys alike: the mean
        Array([[3.]], dtype=float32)
        >>> scaled_dot_product_attention(q, k, v, mask=jnp.array([True, False, False]))
        Array([[1.]], dtype=float32)

    Paper: Vaswani et al. 2017, Attention is all you need, eq. 1, arXiv:1706.03762.
    """
    v = checks.array("scaled_dot_product_attention", v, name="value", min_rank=2)
    weights = attention_weights(q, k, mask, bias)
    if v.shape[-2] != weights.shape[-1]:
        raise ValueError(
            f"scaled_dot_product_attention expects one value for each key; got {weights.shape[-1]} keys and "
            f"{v.shape[-2]} values."
        )
    return weights @ v


def attention_weights(
    q: Float[Array, "*batch n_queries d"],
    k: Float[Array, "*#batch n_keys d"],
    mask: Bool[Array, "*#batch #n_queries #n_keys"] | None = None,
    bias: Float[Array, "*#batch #n_queries #n_keys"] | None = None,
) -> Float[Array, "*batch n_queries n_keys"]:
    """How much each query looks at each key: `softmax(q kᵀ / sqrt(d))`, rows that add up to 1, or to 0 if all masked.

    The products of d numbers of variance 1 have variance d; the division brings it back to 1, where softmax still has
    a slope.

    Args:
        q: Queries, one per row. Axes before the last two, such as heads, are batch axes.
        k: Keys, as wide as the queries.
        mask: True where a query may see a key.
        bias: Numbers added to the scores before the softmax.

    Raises:
        TypeError: The mask is not of booleans.
        ValueError: Shapes that do not fit, or NaN.

    Example:
        >>> attention_weights(jnp.ones((2, 4)), jnp.ones((2, 4)), mask=causal_mask(2, 2))
        Array([[1. , 0. ],
               [0.5, 0.5]], dtype=float32)

    Paper: Vaswani et al. 2017, section 3.2.1, arXiv:1706.03762.
    """
    q = checks.array("attention", q, name="query", min_rank=2)
    k = checks.array("attention", k, name="key", min_rank=2)
    if q.shape[-1] != k.shape[-1]:
        raise ValueError(f"attention expects keys as wide as the queries; got {q.shape[-1]} and {k.shape[-1]} numbers.")
    # In half precision, scores near 30 would be known to 0.1 only.
    scores = jnp.matmul(q, jnp.swapaxes(k, -1, -2), preferred_element_type=wide(q.dtype)) / math.sqrt(q.shape[-1])
    if bias is not None:
        scores = scores + bias
    if mask is None:
        return softmax(scores).astype(q.dtype)
    mask = checks.mask("attention", mask, scores.shape)
    lowest = jnp.finfo(scores.dtype).min  # not -∞: a row with nothing else would be ∞ - ∞ = NaN
    return jnp.where(mask, softmax(jnp.where(mask, scores, lowest)), 0).astype(q.dtype)


def causal_mask(n_queries: int, n_keys: int) -> Bool[Array, "n_queries n_keys"]:
    """Let each query see its own time and what came before, nothing later.

    With more keys than queries the queries are the last ones: the lower right corner lines up. (PyTorch's
    `is_causal=True` lines up the upper left corner instead.)

    Args:
        n_queries: Rows.
        n_keys: Columns.

    Raises:
        TypeError, ValueError: A size that is not a positive integer.

    Example:
        >>> causal_mask(2, 3).astype(int)
        Array([[1, 1, 0],
               [1, 1, 1]], dtype=int32)
    """
    checks.integer("causal_mask", "n_queries", n_queries, at_least=1)
    checks.integer("causal_mask", "n_keys", n_keys, at_least=1)
    return jnp.tril(jnp.ones((n_queries, n_keys), bool), n_keys - n_queries)
