"""Positions: each scheme's defining property, and JAX-free numbers for its formula."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import alibi, attention_weights, causal_mask, rotary, sinusoidal_positions


def test_sinusoidal_by_the_formula():
    table = sinusoidal_positions(50, 6)
    for t in range(50):
        for i in range(3):
            angle = t / 10_000 ** (2 * i / 6)
            np.testing.assert_allclose(table[t, 2 * i : 2 * i + 2], [math.sin(angle), math.cos(angle)], atol=1e-5)


def test_a_shift_is_a_linear_function_of_the_row():
    """One matrix moves every row on by 7 steps, and keeps its length."""
    table = np.asarray(sinusoidal_positions(200, 8), np.float64)
    matrix, *_ = np.linalg.lstsq(table[:50], table[7:57], rcond=None)
    np.testing.assert_allclose(table[:190] @ matrix, table[7:197], atol=1e-3)
    np.testing.assert_allclose((table**2).sum(1), 4, rtol=1e-5)


@pytest.mark.parametrize("interleaved", [False, True])
def test_rotary_products_depend_on_the_distance_only(interleaved, key):
    q, k = jax.random.normal(key, (2, 1, 8))

    def product(t, s):
        turned = [rotary(x, jnp.array([at]), 100.0, interleaved) for x, at in ((q, t), (k, s))]
        return float((turned[0] * turned[1]).sum())

    for distance in (0, 3, -5):
        products = [product(s + distance, s) for s in (5, 6, 20, 90)]
        np.testing.assert_allclose(products, products[0], rtol=1e-4, atol=1e-4)
    assert abs(product(3, 0) - product(4, 0)) > 1e-2, "and they do depend on it"


@pytest.mark.parametrize("interleaved", [False, True])
def test_rotary_is_a_product_of_complex_numbers(interleaved, key):
    """Pair i at position t is multiplied by exp(i t θ), in float64 by NumPy."""
    for seed in range(12):
        x = np.random.default_rng(seed).normal(size=(2, 3, 9, 6)).astype("float32")
        y = rotary(jnp.asarray(x), interleaved=interleaved)
        theta = 10_000 ** (-np.arange(3) / 3)
        turn = np.exp(1j * np.arange(9)[:, None] * theta)
        pairs = (x[..., ::2], x[..., 1::2]) if interleaved else (x[..., :3], x[..., 3:])
        product = (pairs[0] + 1j * pairs[1]) * turn
        shown = (y[..., ::2], y[..., 1::2]) if interleaved else (y[..., :3], y[..., 3:])
        np.testing.assert_allclose(shown[0], product.real, atol=1e-5)
        np.testing.assert_allclose(shown[1], product.imag, atol=1e-5)
        later = rotary(jnp.asarray(x[..., 4:, :]), jnp.arange(4, 9), interleaved=interleaved)
        np.testing.assert_allclose(later, y[..., 4:, :], atol=1e-6)


def test_rotary_keeps_lengths_and_position_zero(key):
    x = jax.random.normal(key, (4, 7, 10))
    y = rotary(x)
    np.testing.assert_allclose(jnp.linalg.norm(y, axis=-1), jnp.linalg.norm(x, axis=-1), rtol=1e-5)
    np.testing.assert_array_equal(y[:, 0], x[:, 0])
    assert rotary(x.astype(jnp.float16)).dtype == jnp.float16


def test_alibi():
    bias = alibi(8, 3, 5)
    for h in range(8):
        for t in range(3):
            for s in range(5):
                assert float(bias[h, t, s]) == -(2.0 ** -(h + 1)) * abs(t + 2 - s)
    slopes = -alibi(4, 1, 2)[:, 0, 0]
    np.testing.assert_allclose(slopes, [1 / 4, 1 / 16, 1 / 64, 1 / 256], rtol=1e-6)


def test_alibi_weights_depend_on_the_distance_only():
    """Equal keys: the weight falls by the same factor with every step back."""
    ones, mask = jnp.ones((8, 6, 4)), causal_mask(6, 6)
    weights = attention_weights(ones, ones, jnp.broadcast_to(mask, (8, 6, 6)), alibi(8, 6, 6))
    for h in range(8):
        row = weights[h, 5]
        np.testing.assert_allclose(row[1:] / row[:-1], math.exp(2.0 ** -(h + 1)), rtol=1e-5)
    assert not weights[:, 0, 1:].any()


@pytest.mark.plain
def test_what_is_wrong_is_named():
    x = jnp.ones((3, 4))
    for call, sentence in [
        (lambda: sinusoidal_positions(3, 5), "sinusoidal_positions expects an even number of features, .* got 5"),
        (lambda: sinusoidal_positions(0, 4), "sinusoidal_positions expects n_positions to be an integer at least 1"),
        (lambda: rotary(x[:, :3]), "rotary expects an even number of features, to make pairs; got 3"),
        (lambda: rotary(x[0]), "rotary expects an input with at least 2 axes"),
        (lambda: rotary(x, jnp.arange(2)), "rotary expects one integer position for each of 3 rows; got int32 of"),
        (lambda: rotary(x, jnp.ones(3)), "rotary expects one integer position for each of 3 rows; got float32 of"),
        (lambda: rotary(x, base=0), "rotary expects base to be a finite number above 0; got 0"),
        (lambda: alibi(6, 2, 2), "alibi expects n_heads to be a power of two"),
        (lambda: alibi(8, 2, 0), "alibi expects n_keys to be an integer at least 1; got 0"),
    ]:
        with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
            call()
