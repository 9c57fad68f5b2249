"""MultiHeadAttention: Flax's numbers, grouped heads, masks, and a cache that gives what the whole sequence gives."""

import dataclasses

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import MultiHeadAttention

BATCH, TIME, N_KEYS, N, N_CONTEXT, HEADS = 2, 5, 7, 8, 6, 4


def noisy(layer, seed):
    rng = np.random.default_rng(seed)
    return jax.tree.map(lambda p: jnp.asarray(rng.normal(size=p.shape) / 2, p.dtype), layer)


def close(one, two, atol=1e-6):
    """Equal within `atol` of the largest number."""

    def check(a, b):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=atol * max(1, jnp.abs(b).max()))

    jax.tree.map(check, one, two)


def as_flax(layer, key_bias):
    d = N // HEADS

    def cut(matrix, bias):
        return {"kernel": matrix.reshape(-1, HEADS, d), "bias": bias.reshape(HEADS, d)}

    return {
        "query": cut(layer.query, layer.query_bias),
        "key": cut(layer.key, key_bias),
        "value": cut(layer.value, layer.value_bias),
        "out": {"kernel": layer.output.reshape(HEADS, d, N), "bias": layer.output_bias},
    }


@pytest.mark.parametrize("cross", [False, True])
def test_equals_flax(cross, key):
    """A dozen draws: values within 2e-6, gradients 1e-5 of the largest. Flax's key bias matters to neither."""
    theirs = flax.linen.MultiHeadDotProductAttention(HEADS)

    def score(call):
        def scored(layer, x, context, mask, key_bias):
            y = call(layer, x, context, mask, key_bias)
            return jnp.sin(3 * y).sum(), y

        return jax.jit(jax.value_and_grad(scored, argnums=(0, 1, 2, 4), has_aux=True))

    @score
    def ours(layer, x, context, mask, key_bias):
        return layer(x, context, mask=mask)

    @score
    def wanted(layer, x, context, mask, key_bias):
        params = {"params": as_flax(layer, key_bias)}
        return theirs.apply(params, x, x if context is None else context, mask=mask[:, None])

    for seed in range(12):
        rng = np.random.default_rng(seed)
        layer = noisy(MultiHeadAttention.init(key, N, HEADS, n_context=N_CONTEXT if cross else None), seed)
        n_keys = N_KEYS if cross else TIME
        x = jnp.asarray(rng.normal(size=(BATCH, TIME, N)), jnp.float32)
        context = jnp.asarray(rng.normal(size=(BATCH, N_KEYS, N_CONTEXT)), jnp.float32) if cross else None
        mask = jnp.asarray(rng.random((BATCH, TIME, n_keys)) < 0.6).at[..., 0].set(True)
        key_bias = jnp.asarray(rng.normal(size=N), jnp.float32)
        (_, y), slopes = ours(layer, x, context, mask, key_bias)
        (_, expected), their_slopes = wanted(layer, x, context, mask, key_bias)
        close(y, expected, 2e-6)
        close(slopes, their_slopes, 1e-5)


@jax.jit
def by_jax(layer, x):
    """Grouped heads by `jax.nn.dot_product_attention`, causal."""

    def cut(y, heads):
        return y.reshape(*y.shape[:-1], heads, N // HEADS)

    q = cut(x @ layer.query + layer.query_bias, layer.n_heads)
    k, v = cut(x @ layer.key, layer.n_kv_heads), cut(x @ layer.value + layer.value_bias, layer.n_kv_heads)
    y = jax.nn.dot_product_attention(q, k, v, is_causal=True)
    return y.reshape(*x.shape) @ layer.output + layer.output_bias


@pytest.mark.parametrize("n_kv_heads", [1, 2, 4])
def test_grouped_heads_equal_jax(n_kv_heads, key):
    ours = jax.jit(jax.value_and_grad(lambda layer, x: jnp.sin(layer(x, causal=True)).sum()))
    theirs = jax.jit(jax.value_and_grad(lambda layer, x: jnp.sin(by_jax(layer, x)).sum()))
    for seed in range(6):
        layer = noisy(MultiHeadAttention.init(key, N, HEADS, n_kv_heads), seed)
        assert layer.key.shape == layer.value.shape == (N, N // HEADS * n_kv_heads)
        x = jax.random.normal(jax.random.key(seed), (BATCH, TIME, N))
        close(layer(x, causal=True), by_jax(layer, x), 2e-6)
        close(ours(layer, x), theirs(layer, x), 1e-5)


@pytest.mark.parametrize("n_kv_heads", [1, 4])
def test_step_by_step_equals_the_whole_sequence(n_kv_heads, key):
    layer, x = noisy(MultiHeadAttention.init(key, N, HEADS, n_kv_heads), 3), jax.random.normal(key, (BATCH, TIME, N))
    whole = layer(x, causal=True)
    extend = jax.jit(MultiHeadAttention.extend)
    for pieces in ([1] * TIME, [3, 1, 1], [TIME]):
        cache, t = layer.empty_cache(TIME + 2, (BATCH,)), 0
        assert cache.keys.shape == (BATCH, n_kv_heads, TIME + 2, N // HEADS)
        for n in pieces:
            y, cache = extend(layer, x[:, t : t + n], cache)
            close(y, whole[:, t : t + n], 2e-6)
            t += n
        assert int(cache.length) == TIME


def test_a_scan_generates_with_the_cache(key):
    layer, x = noisy(MultiHeadAttention.init(key, N, HEADS), 4), jax.random.normal(key, (TIME, N))

    def step(cache, now):
        y, cache = layer.extend(now[None], cache)
        return cache, y[0]

    _, y = jax.lax.scan(step, layer.empty_cache(TIME), x)
    close(y, layer(x, causal=True), 2e-6)


def test_causal_and_mask_together(key):
    layer, x = noisy(MultiHeadAttention.init(key, N, HEADS), 5), jax.random.normal(key, (BATCH, TIME, N))
    real = jnp.arange(TIME) < jnp.array([[TIME], [3]])
    weights = layer.weights(x, mask=real[:, None, :], causal=True)
    allowed = jnp.tri(TIME, dtype=bool) & real[:, None, None, :]
    np.testing.assert_array_equal(weights > 0, jnp.broadcast_to(allowed, weights.shape))
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-5)
    y = layer(x, mask=real[:, None, :], causal=True)
    close(y[1, :3], layer(x[1, :3], causal=True), 2e-6)
    later = layer(x.at[:, 3:].add(1), causal=True)
    np.testing.assert_allclose(later[:, :3], layer(x, causal=True)[:, :3], rtol=1e-5, atol=2e-6)
    assert jnp.abs(later[:, 3:] - layer(x, causal=True)[:, 3:]).max() > 0.01


def test_the_weights_are_those_of_the_call(key):
    """The output is linear in the values: the weights and the values give it back."""
    layer = noisy(MultiHeadAttention.init(key, N, HEADS, 2, N_CONTEXT), 6)
    x, context = jax.random.normal(key, (TIME, N)), jax.random.normal(key, (N_KEYS, N_CONTEXT))
    weights = layer.weights(x, context)
    values = (context @ layer.value + layer.value_bias).reshape(N_KEYS, 2, N // HEADS)
    heads = [weights[h] @ values[:, h // 2] for h in range(HEADS)]  # heads 0 and 1 share the first
    y = jnp.concatenate(heads, axis=-1) @ layer.output + layer.output_bias
    close(layer(x, context), y, 2e-6)


def test_a_query_that_sees_nothing_gives_the_output_bias(key):
    layer, x = noisy(MultiHeadAttention.init(key, N, HEADS), 7), jax.random.normal(key, (TIME, N))
    y = layer(x, mask=jnp.zeros((TIME, TIME), bool))
    close(y, jnp.broadcast_to(layer.output_bias, y.shape))


def test_without_biases(key):
    layer, x = MultiHeadAttention.init(key, N, HEADS, bias=False), jax.random.normal(key, (TIME, N))
    assert len(jax.tree.leaves(layer)) == 4
    zeros = dataclasses.replace(layer, query_bias=jnp.zeros(N), value_bias=jnp.zeros(N), output_bias=jnp.zeros(N))
    close(layer(x), zeros(x))
    matrices = (layer.query, layer.key, layer.value, layer.output)
    assert len({float(m.sum()) for m in matrices}) == 4, "each drawn by itself"


@pytest.mark.plain
def test_what_is_wrong_is_named(key):
    layer, x = MultiHeadAttention.init(key, N, HEADS, n_context=N_CONTEXT), jnp.ones((BATCH, TIME, N))
    context, square = jnp.ones((BATCH, N_KEYS, N_CONTEXT)), MultiHeadAttention.init(key, N, HEADS)
    full = square.empty_cache(2, (BATCH,))
    _, full = square.extend(x[:, :2], full)
    for call, sentence in [
        (lambda: layer(x[..., :3], context), r"MultiHeadAttention expects an input of shape \(_, 8\); got \(2, 5, 3\)"),
        (lambda: layer(x, x), r"MultiHeadAttention expects an input of shape \(_, 6\); got \(2, 5, 8\)"),
        (lambda: layer(x, context, mask=jnp.ones((TIME, TIME), bool)), "MultiHeadAttention expects a mask of shape"),
        (lambda: layer(x, context, mask=jnp.ones((TIME, N_KEYS))), "MultiHeadAttention expects a mask of True and"),
        (lambda: square.extend(x[:, :1], full), r"MultiHeadAttention\.extend expects a cache with room for 1 more"),
        (lambda: square.empty_cache(0), r"MultiHeadAttention\.empty_cache expects room to be an integer at least 1"),
        (lambda: MultiHeadAttention.init(key, 8, 3), r"MultiHeadAttention\.init expects n_heads to divide n_features"),
        (lambda: MultiHeadAttention.init(key, 8, 4, 3), r"MultiHeadAttention\.init expects n_heads to divide"),
        (lambda: MultiHeadAttention.init(key, 8, 0), r"MultiHeadAttention\.init expects n_heads to be an integer at"),
        (lambda: MultiHeadAttention.init(0, 8, 4), r"MultiHeadAttention\.init expects one random key"),
    ]:
        with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
            call()
