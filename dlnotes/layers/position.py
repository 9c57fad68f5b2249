"""Where a word stands: attention alone does not know, so positions are added, turned in, or weighed in."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, ScalarLike

from dlnotes import _checks as checks


def sinusoidal_positions(n_positions: int, n_features: int) -> Float[Array, "n_positions n_features"]:
    """A row of sines and cosines for each position, to be added to the embeddings.

        P[t, 2i] = sin(t / 10000^(2i / n))        P[t, 2i + 1] = cos(t / 10000^(2i / n))

    Each pair is a hand of a clock; the first goes round in 6.3 steps, the last in up to 60,000. A shift by s steps
    turns every hand by a fixed angle, whatever t is: the row of t + s is a linear function of the row of t.

    Args:
        n_positions: Rows: positions 0 … n_positions - 1.
        n_features: Columns, an even number.

    Raises:
        TypeError, ValueError: A size that is not a positive integer, or an odd number of features.

    Example:
        >>> table = sinusoidal_positions(2, 4)
        >>> table[0]
        Array([0., 1., 0., 1.], dtype=float32)
        >>> print(f"{table[1, 0]:.2f} {table[1, 1]:.2f}")  # sin(1) and cos(1)
        0.84 0.54

    Paper: Vaswani et al. 2017, section 3.5, arXiv:1706.03762.
    """
    checks.integer("sinusoidal_positions", "n_positions", n_positions, at_least=1)
    _even("sinusoidal_positions", n_features)
    angles = jnp.arange(n_positions, dtype=jnp.float32)[:, None] * _frequencies(n_features, 10_000.0)
    return jnp.stack([jnp.sin(angles), jnp.cos(angles)], axis=-1).reshape(n_positions, n_features)


def rotary(
    x: Float[Array, "*batch time n_features"],
    positions: Int[Array, " time"] | None = None,
    base: ScalarLike = 10_000.0,
    interleaved: bool = False,
) -> Float[Array, "*batch time n_features"]:
    """Turn each pair of features by an angle that grows with the position (RoPE): for queries and keys, not values.

        (a, b) at position t  ->  (a cos tθ - b sin tθ, a sin tθ + b cos tθ),    θ_i = base^(-2i / n)

    Both being turned, the product of a query at t and a key at s depends on the distance t - s only.

    Args:
        x: Queries or keys, one head's features on the last axis, an even number of them.
        positions: Where each row stands; None for 0, 1, 2, … With a cache: `length + arange(new)`.
        base: The slowest pair goes round in nearly 2π · base steps. 10,000 in the paper; 500,000 in Llama 3.
        interleaved: Which features are a pair: neighbours, (0, 1), (2, 3), … as in the paper and Meta's Llama; or, by
            default, those half the width apart, as in GPT-NeoX and Hugging Face's Llama. Weights trained with the one
            do not fit the other.

    Raises:
        TypeError, ValueError: `x` has an odd width, fewer than two axes or NaN; positions are not integers, one for
            each row; `base` is not a positive number.

    Example:
        >>> y = rotary(jnp.array([[1.0, 0.0], [1.0, 0.0]]))  # one pair, turned by 0 and by 1 radian
        >>> y[0]
        Array([1., 0.], dtype=float32)
        >>> print(f"{y[1, 0]:.2f} {y[1, 1]:.2f}")  # cos(1) and sin(1)
        0.54 0.84

    Paper: Su et al. 2021, RoFormer: enhanced transformer with rotary position embedding, arXiv:2104.09864.
    """
    x = checks.array("rotary", x, min_rank=2)
    checks.number("rotary", "base", base, above=0)
    time, n_features = x.shape[-2:]
    _even("rotary", n_features)
    positions = jnp.arange(time) if positions is None else jnp.asarray(positions)
    if positions.shape != (time,) or not jnp.issubdtype(positions.dtype, jnp.integer):
        raise ValueError(
            f"rotary expects one integer position for each of {time} rows; got {positions.dtype} of shape "
            f"{positions.shape}."
        )
    angles = positions.astype(jnp.float32)[:, None] * _frequencies(n_features, base)
    cos, sin = jnp.cos(angles).astype(x.dtype), jnp.sin(angles).astype(x.dtype)
    a, b = (x[..., ::2], x[..., 1::2]) if interleaved else jnp.split(x, 2, axis=-1)
    turned = [a * cos - b * sin, a * sin + b * cos]
    return jnp.stack(turned, axis=-1).reshape(x.shape) if interleaved else jnp.concatenate(turned, axis=-1)


def alibi(n_heads: int, n_queries: int, n_keys: int) -> Float[Array, "n_heads n_queries n_keys"]:
    """What to add to the scores so that nearer keys weigh more (ALiBi): `-slope * (t - s)`, a slope for each head.

    The slopes halve eight times from head to head, evenly spread: 2^(-8/h), 2^(-16/h), …, 2^(-8). It needs no position
    at the input, and so goes on beyond the lengths seen in training. Use it with `causal_mask`; for keys that come
    later (s > t) the distance counts too: `-slope * |t - s|`.

    Args:
        n_heads: Heads, a power of two as in the paper's rule.
        n_queries: Rows. With more keys than queries the queries are the last ones.
        n_keys: Columns.

    Raises:
        TypeError, ValueError: A size that is not a positive integer, or heads that are not a power of two.

    Example:
        >>> alibi(8, 2, 3)[0]  # the first head's slope is 1/2
        Array([[-0.5,  0. , -0.5],
               [-1. , -0.5,  0. ]], dtype=float32)

    Paper: Press, Smith and Lewis 2021, Train short, test long, section 3, arXiv:2108.12409.
    """
    for name, size in (("n_heads", n_heads), ("n_queries", n_queries), ("n_keys", n_keys)):
        checks.integer("alibi", name, size, at_least=1)
    if n_heads & (n_heads - 1):
        raise ValueError(f"alibi expects n_heads to be a power of two, as the paper's slopes are; got {n_heads}.")
    slopes = 2.0 ** (-8 * jnp.arange(1, n_heads + 1, dtype=jnp.float32) / n_heads)
    distance = jnp.abs(jnp.arange(n_keys - n_queries, n_keys)[:, None] - jnp.arange(n_keys))
    return slopes[:, None, None] * (-distance).astype(jnp.float32)


def _frequencies(n_features: int, base: ScalarLike) -> Array:
    """Radians per step of each pair: 1, …, nearly 1 / base."""
    return jnp.asarray(base, jnp.float32) ** (-jnp.arange(0, n_features, 2, dtype=jnp.float32) / n_features)


def _even(who: str, n_features: int) -> None:
    checks.integer(who, "n_features", n_features, at_least=2)
    if n_features % 2:
        raise ValueError(f"{who} expects an even number of features, to make pairs; got {n_features}.")
