"""Conv1d and Conv2d: the formula in loops, Flax's numbers in value and gradient, sizes, clear errors."""

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes import initializers
from dlnotes.layers import Conv1d, Conv2d

# n_in, n_out, kernel, stride, padding, dilation, groups; the image is 9 x 8
SETTINGS = [
    (3, 4, 3, 2, "same", 1, 1),
    (3, 4, (2, 4), (3, 2), "same", 1, 1),
    (3, 4, 3, 2, 1, 1, 1),
    (4, 6, (1, 3), (2, 1), (0, 2), 1, 2),
    (4, 6, 3, 1, ((2, 0), (1, 3)), 2, 2),
    (3, 4, 3, 1, "same", (2, 3), 1),
    (4, 4, 3, 2, "same", 1, 4),
    (2, 6, (3, 2), 1, "valid", 1, 2),
    (3, 5, 1, 2, "valid", 1, 1),
]


def loops(layer, x):
    """The formula of the class, one number at a time; `x` is one image."""
    (height, width, n_in, n_out), (s, r), (d, e) = layer.weight.shape, layer.stride, layer.dilation
    if isinstance(layer.padding, str):
        sizes = [-(-n // t) for n, t in zip(x.shape, (s, r), strict=False)]
        reach = [(height - 1) * d + 1, (width - 1) * e + 1]
        total = [max((m - 1) * t + k - n, 0) for m, t, k, n in zip(sizes, (s, r), reach, x.shape, strict=False)]
        pads = [(t // 2, t - t // 2) if layer.padding == "same" else (0, 0) for t in total]
    else:
        pads = layer.padding
    x = np.pad(np.asarray(x, np.float64), (*pads, (0, 0)))
    weight = np.asarray(layer.weight, np.float64)
    rows, columns = (x.shape[0] - d * (height - 1) - 1) // s + 1, (x.shape[1] - e * (width - 1) - 1) // r + 1
    y = np.zeros((rows, columns, n_out)) + np.asarray(layer.bias)
    for i, j, o in np.ndindex(*y.shape):
        first = o // (n_out // layer.groups) * n_in  # the first channel of this output's group
        for u, v in np.ndindex(height, width):
            y[i, j, o] += x[s * i + d * u, r * j + e * v, first : first + n_in] @ weight[u, v, :, o]
    return y


def normal(seed, *shape):
    """NumPy's, because drawing with JAX compiles anew for every shape."""
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_equals_the_formula_in_loops_and_flax_in_value_and_gradient(setting):
    n_in, n_out, kernel, stride, padding, dilation, groups = setting
    size = (kernel, kernel) if isinstance(kernel, int) else kernel
    flax_padding = padding.upper() if isinstance(padding, str) else padding
    theirs = flax.linen.Conv(n_out, size, stride, flax_padding, kernel_dilation=dilation, feature_group_count=groups)

    @jax.jit
    def both(layer, x):
        def uneven(y):
            return jnp.sin(y).sum(), y

        def flax_sum(layer, x):
            return uneven(theirs.apply({"params": {"kernel": layer.weight, "bias": layer.bias}}, x))

        ours = jax.value_and_grad(lambda layer, x: uneven(layer(x)), (0, 1), has_aux=True)(layer, x)
        return ours, jax.value_and_grad(flax_sum, (0, 1), has_aux=True)(layer, x)

    for seed in range(3):
        layer = Conv2d(
            normal(seed, *size, n_in // groups, n_out), normal(seed, n_out), stride, padding, dilation, groups
        )
        x = normal(seed + 9, 2, 9, 8, n_in)
        ours, wanted = both(layer, x)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5), ours, wanted)
    np.testing.assert_allclose(ours[0][1][1], loops(layer, x[1]), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups"),
    [(2, "same", 1, 2), (1, ((2, 0),), 2, 1)],
)
def test_conv1d_is_conv2d_over_one_row(key, stride, padding, dilation, groups):
    layer = Conv1d.init(key, 4, 8, 3, stride, padding, dilation, groups)
    rows = padding if isinstance(padding, str) else (0, *layer.padding)
    flat = Conv2d(layer.weight[None], layer.bias, (1, stride), rows, (1, dilation), groups)
    x = jax.random.normal(key, (2, 10, 4))
    np.testing.assert_allclose(layer(x), flat(x[:, None])[:, 0], rtol=1e-5, atol=1e-6)


def test_it_is_correlation_and_not_convolution():
    x, w = jnp.array([1.0, 2.0, 4.0, 8.0]), jnp.array([1.0, 10.0])
    y = Conv1d(w.reshape(2, 1, 1), None)(x[:, None])[:, 0]
    np.testing.assert_allclose(y, np.correlate(x, w, "valid"))
    assert not np.allclose(y, np.convolve(x, w, "valid"))


def test_the_odd_place_of_same_is_at_the_end():
    x = jnp.arange(1.0, 5.0)[:, None]
    same = Conv1d(jnp.ones((2, 1, 1)), None, padding="same")
    np.testing.assert_allclose(same(x)[:, 0], [3, 5, 7, 4])
    assert Conv1d(jnp.ones((3, 1, 1)), None, stride=2, padding="same")(x).shape == (2, 1)


def test_depthwise_channels_do_not_mix(key):
    layer = Conv2d.depthwise(key, 3, kernel=3, padding="same", multiplier=2)
    assert (layer.weight.shape, layer.groups) == ((3, 3, 1, 6), 3)
    x = jax.random.normal(key, (5, 5, 3))
    moved = layer(x.at[..., 1].add(1.0)) - layer(x)
    np.testing.assert_array_equal(jnp.abs(moved).max((0, 1)) > 0, [False, False, True, True, False, False])


def test_a_causal_convolution_does_not_see_the_future(key):
    layer = Conv1d.init(key, 2, 2, 3, padding=((4, 0),), dilation=2)
    x = jax.random.normal(key, (9, 2))
    changed = jnp.abs(layer(x.at[5].add(1.0)) - layer(x)).sum(-1) > 1e-6
    np.testing.assert_array_equal(np.flatnonzero(changed), [5, 7])


def test_init(key):
    layer = Conv2d.init(key, 4, 8, (3, 5), groups=2)
    np.testing.assert_array_equal(layer.weight, initializers.he_normal(key, (3, 5, 2, 8)))
    assert layer.bias.tolist() == [0.0] * 8
    assert Conv2d.init(key, 4, 8, 3, bias=False).bias is None
    assert len(jax.tree.leaves(Conv2d.init(key, 4, 8, 3, bias=False))) == 1
    assert not Conv2d.init(key, 4, 8, 3, weight=initializers.zeros).weight.any()


def test_equal_settings_are_equal_however_they_were_written(key):
    one = Conv2d.init(key, 2, 2, 3, stride=2, padding=1)
    two = Conv2d.init(key, 2, 2, (3, 3), stride=(2, 2), padding=((1, 1), (1, 1)))
    assert jax.tree.structure(one) == jax.tree.structure(two)
    assert (
        repr(one) == "Conv2d(weight=float32[3,3,2,2], bias=float32[2], stride=(2, 2), padding=((1, 1), (1, 1)), "
        "dilation=(1, 1), groups=1)"
    )


KEY, X = jax.random.key(0), jnp.ones((2, 5, 5, 4))


@pytest.mark.plain
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: Conv2d.init(0, 4, 8, 3), "Conv2d.init expects one random key"),
        (lambda: Conv2d.init(KEY, 0, 8, 3), "Conv2d.init expects n_in to be an integer at least 1; got 0"),
        (lambda: Conv2d.init(KEY, 4, 8.0, 3), "Conv2d.init expects n_out to be an integer at least 1; got 8.0"),
        (lambda: Conv2d.init(KEY, 4, 8, 0), "Conv2d.init expects kernel to be an integer at least 1; got 0"),
        (lambda: Conv2d.init(KEY, 4, 8, (3, 0)), r"Conv2d.init expects kernel\[1\] to be an integer at least 1; got 0"),
        (lambda: Conv2d.init(KEY, 4, 8, (3,)), r"Conv2d.init expects kernel to be one integer or 2 in a tuple; got \("),
        (lambda: Conv2d.init(KEY, 4, 8, 3, stride=0), "Conv2d expects stride to be an integer at least 1; got 0"),
        (lambda: Conv2d.init(KEY, 4, 8, 3, dilation="a"), "Conv2d expects dilation to be an integer .*; got 'a'"),
        (lambda: Conv2d.init(KEY, 4, 8, 3, padding="sane"), "Conv2d expects padding .* Did you mean 'same'?"),
        (lambda: Conv2d.init(KEY, 4, 8, 3, padding=-1), r"Conv2d expects padding\[0\] to be an integer at least 0"),
        (lambda: Conv2d.init(KEY, 4, 8, 3, padding=(1, 1, 1)), 'Conv2d expects padding to be "same", "valid", one'),
        (lambda: Conv2d.init(KEY, 4, 8, 3, groups=3), "Conv2d.init expects groups to divide the 4 input channels"),
        (lambda: Conv2d.init(KEY, 4, 6, 3, groups=4), "Conv2d expects groups to divide the 6 output channels; got 4"),
        (lambda: Conv2d.init(KEY, 3, 6, 3)(X), r"Conv2d expects .* \(..., height, width, 3\); got \(2, 5, 5, 4\)"),
        (lambda: Conv2d.init(KEY, 4, 6, 3)(X[0, 0]), r"Conv2d expects .* \(..., height, width, 4\); got \(5, 4\)"),
        (lambda: Conv2d.init(KEY, 4, 6, 7)(X), r"Conv2d expects an input at least as large as its window, \(7, 7\)"),
        (lambda: Conv2d.init(KEY, 4, 6, 3)(X.astype(int)), "Conv2d expects an input of floating-point numbers"),
        (lambda: Conv2d.init(KEY, 4, 6, 3)(X * jnp.nan), "Conv2d expects an input without NaN"),
        (lambda: Conv1d.init(KEY, 4, 6, (3, 3)), r"Conv1d.init expects kernel to be one integer or 1 in a tuple"),
        (lambda: Conv1d.init(KEY, 3, 6, 3)(X[0]), r"Conv1d expects .* \(..., time, 3\); got \(5, 5, 4\)"),
        (lambda: Conv2d.depthwise(KEY, 0, 3), "Conv2d.depthwise expects n_channels to be an integer at least 1"),
    ],
)
def test_malformed_input_is_named(call, sentence):
    with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
        call()
