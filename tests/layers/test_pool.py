"""Pooling: NumPy's and Flax's numbers, where the gradient goes (ties too), borders, clear errors."""

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import average_pool, global_average_pool, max_pool

# window, stride, padding; the image is 7 x 6
SETTINGS = [
    (2, None, "valid"),
    (3, 2, "same"),
    ((2, 3), (1, 2), ((1, 0), (0, 2))),
    (3, 1, 1),
    ((1, 4), 2, "valid"),
    ((2,), None, "valid"),
    ((3,), 1, "same"),
]


def drawn(window, seed):
    shape = (2, 7, 6, 3) if not isinstance(window, tuple) or len(window) == 2 else (2, 7, 3)
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


@pytest.mark.parametrize(("window", "stride", "padding"), SETTINGS, ids=str)
def test_equals_flax_in_value_and_gradient(window, stride, padding):
    size = (window, window) if isinstance(window, int) else window
    steps = size if stride is None else (stride,) * len(size) if isinstance(stride, int) else stride
    theirs = padding.upper() if isinstance(padding, str) else padding
    theirs = ((theirs, theirs),) * len(size) if isinstance(theirs, int) else theirs

    @jax.jit
    def both(x):
        rows = []
        for ours, flax_call in (
            (max_pool, flax.linen.max_pool),
            (average_pool, lambda *a, **o: flax.linen.avg_pool(*a, **o, count_include_pad=False)),
            (lambda *a, **o: average_pool(*a, **o, count_padding=True), flax.linen.avg_pool),
        ):
            mine, pull = jax.vjp(lambda x: ours(x, window, stride=stride, padding=padding), x)  # noqa: B023
            with jax.numpy_dtype_promotion("standard"):  # Flax divides a float by an int
                wanted, their_pull = jax.vjp(lambda x: flax_call(x, size, strides=steps, padding=theirs), x)  # noqa: B023
            rows.append(((mine, pull(jnp.sin(mine))), (wanted, their_pull(jnp.sin(wanted)))))
        return rows

    for seed in range(2):
        for mine, wanted in both(drawn(window, seed)):
            jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), mine, wanted)


def test_windows_that_touch_are_a_reshape():
    x = drawn(2, 0)[:, :6]
    windows = x.reshape(2, 3, 2, 3, 2, 3)
    np.testing.assert_array_equal(max_pool(x, 2), windows.max((2, 4)))
    np.testing.assert_allclose(average_pool(x, 2), windows.mean((2, 4)), rtol=1e-5, atol=1e-6)


def test_the_first_of_several_equal_maxima_gets_all_the_gradient():
    slope = jax.grad(lambda x: max_pool(x, 2).sum())
    np.testing.assert_array_equal(slope(jnp.zeros((2, 2, 1)))[..., 0], [[1, 0], [0, 0]])
    x = jnp.array([[1.0, 5.0], [5.0, 5.0]])[..., None]
    np.testing.assert_array_equal(slope(x)[..., 0], [[0, 1], [0, 0]])
    np.testing.assert_array_equal(jax.grad(lambda x: average_pool(x, 2).sum())(x)[..., 0], [[0.25] * 2] * 2)


def test_overlapping_windows_add_up_their_gradients():
    x = jnp.array([1.0, 9.0, 2.0])[:, None]
    slope = jax.grad(lambda x: max_pool(x, (2,), stride=1).sum())(x)
    np.testing.assert_array_equal(slope[:, 0], [0, 2, 0])


def test_padding_never_wins_and_is_not_counted():
    x = jnp.full((4, 4, 1), -3.0)
    np.testing.assert_array_equal(max_pool(x, 3, stride=1, padding="same"), x)
    np.testing.assert_allclose(average_pool(x, 3, stride=1, padding="same"), x)
    dark = average_pool(x, 3, stride=1, padding="same", count_padding=True)
    np.testing.assert_allclose(dark[0, :2, 0], [-3 * 4 / 9, -3 * 6 / 9], rtol=1e-6)


def test_global_average():
    x = drawn(2, 0)
    np.testing.assert_allclose(global_average_pool(x), np.asarray(x).mean((1, 2)), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(global_average_pool(x[0], 1), np.asarray(x[0]).mean(1), rtol=1e-5, atol=1e-6)


X = jnp.ones((2, 5, 5, 4))


@pytest.mark.plain
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: max_pool(X, 0), "max_pool expects window to be an integer at least 1; got 0"),
        (lambda: max_pool(X, (2, 2, 2)), r"max_pool expects a window over one axis or two; got \(2, 2, 2\)"),
        (lambda: max_pool(X, 2, stride=0), "max_pool expects stride to be an integer at least 1; got 0"),
        (lambda: max_pool(X, 2, padding="vaild"), "max_pool expects padding .* Did you mean 'valid'?"),
        (lambda: max_pool(X, 2, padding=2), r"max_pool expects less padding than its window of \(2, 2\); got"),
        (lambda: max_pool(X, 6), r"max_pool expects an input at least as large as its window, \(6, 6\); got \(5, 5\)"),
        (lambda: max_pool(X[0, 0], 2), r"max_pool expects .* \(..., height, width, features\); got \(5, 4\)"),
        (lambda: average_pool(X.astype(int), 2), "average_pool expects an input of floating-point numbers; got int32"),
        (lambda: average_pool(X[0, 0, 0], (2,)), r"average_pool expects .* \(..., time, features\); got \(4,\)"),
        (lambda: global_average_pool(X, 3), "global_average_pool expects space to be an integer .* at most 2; got 3"),
        (lambda: global_average_pool(X[0, 0]), r"global_average_pool expects .* \(..., height, width, features\)"),
    ],
)
def test_malformed_input_is_named(call, sentence):
    with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
        call()
