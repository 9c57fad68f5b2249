"""Transposed convolution: the stamp formula, the exact gradient of a convolution, Flax's numbers, sizes, errors."""

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import Conv2d, ConvTranspose1d, ConvTranspose2d

# kernel, stride, padding; the image is 4 x 3
SETTINGS = [
    (3, 1, "valid"),
    (3, 2, "valid"),
    (2, 2, "valid"),
    (2, 3, "valid"),
    (4, 2, 1),
    (3, 2, ((1, 0), (1, 0))),
    (3, 2, "same"),
    (4, 2, "same"),
    (2, 3, "same"),
    (3, 1, "same"),
    ((2, 5), (1, 3), "same"),
    ((5, 3), (2, 3), ((2, 1), (0, 1))),
]
each_setting = pytest.mark.parametrize(("kernel", "stride", "padding"), SETTINGS, ids=str)


def drawn(kernel, stride, padding, seed=0):
    """A layer from 3 channels to 2, and two small images."""
    rng = np.random.default_rng(seed)
    size = (kernel, kernel) if isinstance(kernel, int) else kernel
    weight, bias, x = (
        jnp.asarray(rng.normal(size=shape), jnp.float32) for shape in ((*size, 3, 2), (2,), (2, 4, 3, 3))
    )
    return ConvTranspose2d(weight, bias, stride, padding), x


@each_setting
def test_stamps_add_up(kernel, stride, padding):
    layer, images = drawn(kernel, stride, padding)
    x = np.asarray(images[0], np.float64)
    (k, m, _, n_out), (s, r) = layer.weight.shape, layer.stride
    y = np.zeros((3 * s + max(k, s), 2 * r + max(m, r), n_out))  # room for the zeros that "same" may append
    for i, j in np.ndindex(4, 3):
        y[s * i : s * i + k, r * j : r * j + m] += np.einsum("c,uvco->uvo", x[i, j], layer.weight)
    if padding == "same":
        top, left = max(k - s, 0) // 2, max(m - r, 0) // 2
        y = y[top : top + 4 * s, left : left + 3 * r]
    else:
        (top, bottom), (left, right) = ((0, 0), (0, 0)) if padding == "valid" else layer.padding
        y = y[top : 3 * s + k - bottom, left : 2 * r + m - right]
    np.testing.assert_allclose(layer(images)[0], y + np.asarray(layer.bias), rtol=1e-5, atol=1e-5)


@each_setting
def test_it_is_the_gradient_of_a_convolution(kernel, stride, padding):
    layer, small = drawn(kernel, stride, padding)
    way_there = Conv2d(layer.weight.swapaxes(2, 3), None, stride, padding)
    large = layer(small)
    y, pull = jax.vjp(way_there, jnp.zeros(large.shape))
    assert y.shape == small.shape
    np.testing.assert_allclose(large - layer.bias, pull(small)[0], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"),
    [(3, 1, "same"), (3, 2, "same"), (4, 2, "same"), (5, 3, "same"), (2, 3, "same"), (2, 2, "valid"), (3, 2, "valid")],
)
def test_equals_flax_in_value_and_gradient(kernel, stride, padding):
    theirs = flax.linen.ConvTranspose(2, (kernel, kernel), (stride, stride), padding.upper())

    @jax.jit
    def both(layer, x):
        def flax_call(layer, x):
            params = {"kernel": layer.weight[::-1, ::-1], "bias": layer.bias}  # Flax turns the kernel round
            return theirs.apply({"params": params}, x)

        def uneven(call):
            return lambda layer, x: jnp.sin(call(layer, x)).sum()

        ours = layer(x), jax.grad(uneven(lambda layer, x: layer(x)), (0, 1))(layer, x)
        return ours, (flax_call(layer, x), jax.grad(uneven(flax_call), (0, 1))(layer, x))

    for seed in range(2):
        ours, wanted = both(*drawn(kernel, stride, padding, seed))
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5), ours, wanted)


@pytest.mark.parametrize(("stride", "padding"), [(2, "same"), (3, ((1, 0),))])
def test_one_axis_is_two_axes_over_one_row(key, stride, padding):
    layer = ConvTranspose1d.init(key, 3, 2, 4, stride, padding)
    rows = padding if isinstance(padding, str) else (0, *layer.padding)
    flat = ConvTranspose2d(layer.weight[None], layer.bias, (1, stride), rows)
    x = jax.random.normal(key, (2, 5, 3))
    np.testing.assert_allclose(layer(x), flat(x[:, None])[:, 0], rtol=1e-5, atol=1e-6)


def test_sizes(key):
    def size(kernel, stride, padding):
        return ConvTranspose1d.init(key, 1, 1, kernel, stride, padding)(jnp.ones((7, 1))).shape[0]

    assert size(3, 2, "valid") == 6 * 2 + 3
    assert size(3, 2, 1) == 6 * 2 + 3 - 2
    assert size(3, 2, ((1, 0),)) == 14
    assert [size(kernel, 2, "same") for kernel in (1, 2, 3, 4, 5)] == [14] * 5


def test_no_bias(key):
    layer = ConvTranspose2d.init(key, 2, 3, 2, bias=False)
    assert len(jax.tree.leaves(layer)) == 1
    np.testing.assert_array_equal(layer(jnp.zeros((2, 2, 2))), jnp.zeros((3, 3, 3)))


KEY, X = jax.random.key(0), jnp.ones((2, 5, 5, 4))


@pytest.mark.plain
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: ConvTranspose2d.init(0, 4, 8, 3), "ConvTranspose2d.init expects one random key"),
        (lambda: ConvTranspose2d.init(KEY, 4, 0, 3), "ConvTranspose2d.init expects n_out to be an integer at least 1"),
        (lambda: ConvTranspose2d.init(KEY, 4, 8, 3, stride=0), "ConvTranspose2d expects stride to be an integer at"),
        (lambda: ConvTranspose2d.init(KEY, 4, 8, 3, padding="full"), "ConvTranspose2d expects padding to be one of"),
        (lambda: ConvTranspose2d.init(KEY, 3, 8, 3)(X), r"ConvTranspose2d expects .* \(..., height, width, 3\); got"),
        (lambda: ConvTranspose2d.init(KEY, 4, 8, 1, padding=3)(X), "ConvTranspose2d expects padding that leaves some"),
        (lambda: ConvTranspose1d.init(KEY, 3, 8, 3)(X), r"ConvTranspose1d expects .* \(..., time, 3\); got"),
        (lambda: ConvTranspose1d.init(KEY, 4, 8, 0), "ConvTranspose1d.init expects kernel to be an integer at least 1"),
    ],
)
def test_malformed_input_is_named(call, sentence):
    with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
        call()
