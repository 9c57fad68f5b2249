"""Attention as a formula: JAX's own function, rows with nothing to see, the square root."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import attention_weights, causal_mask, scaled_dot_product_attention

attention = jax.jit(scaled_dot_product_attention)


def draw(seed, d_v=4):
    rng = np.random.default_rng(seed)
    shapes = [(2, 3, 5, 4), (2, 3, 7, 4), (2, 3, 7, d_v)]
    q, k, v = (jnp.asarray(rng.normal(size=shape), jnp.float32) for shape in shapes)
    mask = jnp.asarray(rng.random((2, 3, 5, 7)) < 0.6).at[..., 0].set(True)
    bias = jnp.asarray(rng.normal(size=(2, 3, 5, 7)), jnp.float32)
    return q, k, v, mask, bias


def with_slopes(call):
    def score(q, k, v, mask, bias):
        y = call(q, k, v, mask, bias)
        return jnp.sin(3 * y).sum(), y

    return jax.jit(jax.value_and_grad(score, argnums=(0, 1, 2), has_aux=True))


def test_equals_jax():
    """A dozen draws: values within 1e-6, gradients within 1e-5."""

    def theirs(q, k, v, mask, bias):
        q, k, v = (jnp.swapaxes(part, 1, 2) for part in (q, k, v))
        return jnp.swapaxes(jax.nn.dot_product_attention(q, k, v, bias, mask), 1, 2)

    ours, theirs = with_slopes(scaled_dot_product_attention), with_slopes(theirs)
    for seed in range(12):
        (_, y), slopes = ours(*draw(seed))
        (_, expected), wanted = theirs(*draw(seed))
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
        for slope, want in zip(slopes, wanted, strict=True):
            np.testing.assert_allclose(slope, want, rtol=1e-5, atol=1e-5)


def test_a_query_that_sees_nothing_gives_zeros_and_no_gradient():
    q, k, v, mask, bias = draw(0)
    mask = mask.at[:, :, 2].set(False)
    for size in (1.0, 1e4):

        def score(q, k, v, mask, size=size):
            return (scaled_dot_product_attention(size * q, k, v, mask, bias) ** 2).sum()

        assert not attention(size * q, k, v, mask)[:, :, 2].any()
        assert not attention_weights(size * q, k, mask)[:, :, 2].any()
        np.testing.assert_allclose(attention_weights(size * q, k, mask)[:, :, 3].sum(-1), 1, rtol=1e-5)
        slopes = jax.grad(score, argnums=(0, 1, 2))(q, k, v, mask)
        assert all(bool(jnp.isfinite(slope).all()) for slope in slopes)
        assert not slopes[0][:, :, 2].any()
        assert size > 1 or slopes[0][:, :, 3].any()
        nothing = jax.grad(score, argnums=(0, 1, 2))(q, k, v, jnp.zeros_like(mask))
        assert not any(slope.any() for slope in nothing)


def test_masked_keys_and_values_do_not_matter():
    q, k, v, mask, _ = draw(1)
    mask = mask.at[..., 4:].set(False)
    changed = attention(q, k.at[..., 4:, :].set(1e15), v.at[..., 4:, :].set(-1e15), mask)
    np.testing.assert_array_equal(changed, attention(q, k, v, mask))


def test_the_root_keeps_the_scores_variance(key):
    q, k = jax.random.normal(key, (1, 256)), jax.random.normal(jax.random.key(1), (4000, 256))
    scores = jnp.log(attention_weights(q, k))
    np.testing.assert_allclose(scores.std(), jnp.linalg.norm(q) / 16, rtol=0.05)


def test_another_width_of_values_and_shared_keys():
    q, k, v, mask, bias = draw(2, d_v=2)
    y = attention(q, k, v, mask, bias)
    assert y.shape == (2, 3, 5, 2)
    np.testing.assert_allclose(y, attention_weights(q, k, mask, bias) @ v, rtol=1e-5, atol=1e-6)
    shared = attention(q, k[:, :1], v[:, :1])
    np.testing.assert_allclose(shared[:, 2], attention(q[:, 2], k[:, 0], v[:, 0]), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(attention(q[0, 0], k[0, 0], v[0, 0]), attention(q, k, v)[0, 0], rtol=1e-5, atol=1e-6)


def test_causal_mask():
    np.testing.assert_array_equal(causal_mask(3, 3), np.tri(3, dtype=bool))
    np.testing.assert_array_equal(causal_mask(1, 4), [[True] * 4])
    np.testing.assert_array_equal(causal_mask(3, 2), [[False, False], [True, False], [True, True]])


@pytest.mark.plain
def test_what_is_wrong_is_named():
    q, k, v, mask, _ = draw(0)
    for call, sentence in [
        (lambda: attention_weights(q, k[..., :3]), "attention expects keys as wide as the queries; got 4 and 3"),
        (lambda: scaled_dot_product_attention(q, k, v[..., :6, :]), "scaled_dot_product_attention expects one value"),
        (lambda: scaled_dot_product_attention(q, k, v, mask.astype(int)), "attention expects a mask of True and"),
        (lambda: scaled_dot_product_attention(q, k, v, mask[..., :6]), "attention expects a mask of shape"),
        (lambda: attention_weights(q * jnp.nan, k), "attention expects a query without NaN"),
        (lambda: attention_weights(q[0, 0, 0], k), "attention expects a query with at least 2 axes"),
        (lambda: causal_mask(0, 3), "causal_mask expects n_queries to be an integer at least 1; got 0"),
    ]:
        with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
            call()
