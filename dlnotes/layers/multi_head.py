"""Multi-head attention: several attentions side by side, each in a small space of its own."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from dlnotes import _checks as checks
from dlnotes._module import module, static
from dlnotes.initializers import Initializer, glorot_uniform
from dlnotes.kernels import matmul
from dlnotes.layers.attention import attention_weights, causal_mask, scaled_dot_product_attention


class KeyValueCache(NamedTuple):
    """The keys and values of what was read so far, with room for more. Made by `MultiHeadAttention.empty_cache`."""

    keys: jax.Array  # (*batch, n_kv_heads, room, head_size)
    values: jax.Array  # (*batch, n_kv_heads, room, head_size)
    length: jax.Array  # () steps read so far, an integer


@module
class MultiHeadAttention:
    """Attention in `n_heads` subspaces at once: `y = [head_1, …, head_h] W_O`.

        head_i = softmax(x W_Q,i (c W_K,i)ᵀ / sqrt(d)) c W_V,i

    where `c` is the context, or `x` itself (self-attention). With `n_kv_heads` smaller than `n_heads`, several heads
    next to each other share one head of keys and values (grouped-query attention; multi-query with one), and the cache
    for generation shrinks by that factor.

    The key has no bias, because none would matter: it adds the same number to all scores of a query, and softmax does
    not see that. (PyTorch has one, whose gradient is zero.)

    Attributes:
        query: W_Q, the heads side by side.
        key: W_K.
        value: W_V.
        output: W_O.
        query_bias: Added to the queries; None in the paper's formula, and in Llama.
        value_bias: Added to the values; or None.
        output_bias: Added at the end; or None.
        n_heads: Heads of queries. Static.
        n_kv_heads: Heads of keys and values, a divisor of `n_heads`. Static.

    Example:
        >>> layer = MultiHeadAttention.init(jax.random.key(0), n_features=8, n_heads=4, n_kv_heads=2)
        >>> x = jnp.ones((5, 7, 8))  # 5 sequences of 7 steps
        >>> layer(x, causal=True).shape
        (5, 7, 8)
        >>> layer.weights(x).shape
        (5, 4, 7, 7)

    Paper: Vaswani et al. 2017, section 3.2.2, arXiv:1706.03762. One head of keys: Shazeer 2019, arXiv:1911.02150;
    groups: Ainslie et al. 2023, arXiv:2305.13245.
    """

    query: Float[Array, "n_in n_q"]
    key: Float[Array, "n_context n_kv"]
    value: Float[Array, "n_context n_kv"]
    output: Float[Array, "n_q n_out"]
    query_bias: Float[Array, " n_q"] | None
    value_bias: Float[Array, " n_kv"] | None
    output_bias: Float[Array, " n_out"] | None
    n_heads: int = static()
    n_kv_heads: int = static()

    @classmethod
    def init(
        cls,
        key: jax.Array,
        n_features: int,
        n_heads: int,
        n_kv_heads: int | None = None,
        n_context: int | None = None,
        bias: bool = True,
        weight: Initializer = glorot_uniform,
    ) -> "MultiHeadAttention":
        """Draw the four matrices with `weight`; start the biases at zero.

        Args:
            key: A random key.
            n_features: Numbers per step that come in and go out; each head has `n_features / n_heads` of them.
            n_heads: Heads of queries; a divisor of `n_features`.
            n_kv_heads: Heads of keys and values, a divisor of `n_heads`; None for as many.
            n_context: Numbers per step of the context; None for `n_features`.
            bias: Whether there are biases.
            weight: An initializer from `dlnotes.initializers`.

        Raises:
            TypeError, ValueError: A size that is not a positive integer or does not divide, or something that is not a
                key.
        """
        who = "MultiHeadAttention.init"
        n_kv_heads = n_heads if n_kv_heads is None else n_kv_heads
        n_context = n_features if n_context is None else n_context
        sizes = {"n_features": n_features, "n_heads": n_heads, "n_kv_heads": n_kv_heads, "n_context": n_context}
        for name, size in sizes.items():
            checks.integer(who, name, size, at_least=1)
        if n_features % n_heads or n_heads % n_kv_heads:
            raise ValueError(
                f"{who} expects n_heads to divide n_features, and n_kv_heads to divide n_heads; got {n_features} "
                f"features, {n_heads} heads and {n_kv_heads} heads of keys and values."
            )
        n_kv = n_features // n_heads * n_kv_heads
        shapes = [(n_features, n_features), (n_context, n_kv), (n_context, n_kv), (n_features, n_features)]
        keys = jax.random.split(checks.key(who, key), 4)
        matrices = [weight(k, shape) for k, shape in zip(keys, shapes, strict=True)]
        biases = [jnp.zeros(n) if bias else None for n in (n_features, n_kv, n_features)]
        return cls(*matrices, *biases, n_heads=n_heads, n_kv_heads=n_kv_heads)

    def __call__(
        self,
        x: Float[Array, "*batch time n_in"],
        context: Float[Array, "*batch n_keys n_context"] | None = None,
        *,
        mask: Bool[Array, "*#batch #time #n_keys"] | None = None,
        causal: bool = False,
    ) -> Float[Array, "*batch time n_out"]:
        """Let every step of `x` look at every step of the context that it may see.

        Args:
            x: Where the queries come from: features on the last axis, time on the one before.
            context: Where keys and values come from; None for `x` itself.
            mask: True where a query may see a key, the same for all heads. For padded keys: `real[:, None, :]` with
                `real` of shape (batch, n_keys). A query that sees none gives `output_bias`.
            causal: Hide what comes later, besides what the mask hides.

        Raises:
            TypeError: The mask is not of booleans.
            ValueError: `x`, the context or the mask does not fit, or there is NaN.
        """
        q, k, v, mask = self._heads(x, context, mask, causal)
        return self._join(scaled_dot_product_attention(q, k, v, mask))

    def weights(
        self,
        x: Float[Array, "*batch time n_in"],
        context: Float[Array, "*batch n_keys n_context"] | None = None,
        *,
        mask: Bool[Array, "*#batch #time #n_keys"] | None = None,
        causal: bool = False,
    ) -> Float[Array, "*batch n_heads time n_keys"]:
        """Who looks at whom, head by head: the weights that the call with the same arguments uses. For figures.

        Raises:
            TypeError, ValueError: As for the call.
        """
        q, k, _, mask = self._heads(x, context, mask, causal)
        return attention_weights(q, k, mask)

    def empty_cache(self, room: int, batch: tuple[int, ...] = (), dtype: Any = jnp.float32) -> KeyValueCache:
        """Make room for the keys and values of `room` steps of each sequence in the batch.

        Raises:
            TypeError, ValueError: A size that is not a positive integer.
        """
        room = checks.integer("MultiHeadAttention.empty_cache", "room", room, at_least=1)
        zeros = jnp.zeros((*batch, self.n_kv_heads, room, self.value.shape[1] // self.n_kv_heads), dtype)
        return KeyValueCache(zeros, zeros, jnp.array(0, jnp.int32))

    def extend(
        self, x: Float[Array, "*batch time n_in"], cache: KeyValueCache
    ) -> tuple[Float[Array, "*batch time n_out"], KeyValueCache]:
        """Read on: causal self-attention of new steps to themselves and to all before, whose keys are in the cache.

        Step by step, or several at once, the outputs are those of `layer(whole, causal=True)`; the work of a step
        grows with the length instead of its square.

        Args:
            x: The steps that follow on those read so far; often one.
            cache: From `empty_cache`, or from the last call.

        Returns:
            The outputs of the new steps, and the cache with their keys and values added.

        Raises:
            ValueError: `x` does not fit or holds NaN, or the cache is full. (Inside `jax.jit` nobody can look at the
                length: a full cache then overwrites its last steps.)
        """
        q, k, v = self._project(x, None)
        room, n = cache.keys.shape[-2], q.shape[-2]
        if n > room or (not checks.is_traced(cache.length) and int(cache.length) + n > room):
            raise ValueError(
                f"MultiHeadAttention.extend expects a cache with room for {n} more; got one of {room} steps with "
                f"{cache.length} in use. Make a larger one with empty_cache."
            )
        keys = jax.lax.dynamic_update_slice_in_dim(cache.keys, k, cache.length, axis=-2)
        values = jax.lax.dynamic_update_slice_in_dim(cache.values, v, cache.length, axis=-2)
        seen = jnp.arange(room) <= cache.length + jnp.arange(n)[:, None]
        y = scaled_dot_product_attention(q, self._share(keys), self._share(values), seen)
        return self._join(y), KeyValueCache(keys, values, cache.length + n)

    def _project(self, x: jax.Array, context: jax.Array | None) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Queries, keys and values, with the heads on an axis of their own: (*batch, heads, time, head_size)."""
        x = checks.features("MultiHeadAttention", x, self.query.shape[0], min_rank=2)
        c = x if context is None else context
        c = checks.features("MultiHeadAttention", c, self.key.shape[0], min_rank=2)
        q, k, v = matmul(x, self.query), matmul(c, self.key), matmul(c, self.value)
        q = q if self.query_bias is None else q + self.query_bias
        v = v if self.value_bias is None else v + self.value_bias
        return _split(q, self.n_heads), _split(k, self.n_kv_heads), _split(v, self.n_kv_heads)

    def _heads(
        self, x: jax.Array, context: jax.Array | None, mask: jax.Array | None, causal: bool
    ) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array | None]:
        q, k, v = self._project(x, context)
        *batch, _, n_queries, _ = q.shape
        n_keys = k.shape[-2]
        if mask is not None:
            mask = checks.mask("MultiHeadAttention", mask, (*batch, n_queries, n_keys))[..., None, :, :]
        if causal:
            earlier = causal_mask(n_queries, n_keys)
            mask = earlier if mask is None else mask & earlier
        return q, self._share(k), self._share(v), mask

    def _share(self, heads: jax.Array) -> jax.Array:
        return jnp.repeat(heads, self.n_heads // self.n_kv_heads, axis=-3)

    def _join(self, heads: jax.Array) -> jax.Array:
        joined = jnp.swapaxes(heads, -3, -2)
        y = matmul(joined.reshape(*joined.shape[:-2], -1), self.output)
        return y if self.output_bias is None else y + self.output_bias


def _split(x: jax.Array, n_heads: int) -> jax.Array:
    return jnp.swapaxes(x.reshape(*x.shape[:-1], n_heads, -1), -3, -2)
