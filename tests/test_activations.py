"""Activations: equal to jax.nn in value and gradient, right at corners and far out, and the table tells the truth."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes import activations as act

THEIRS = {
    "sigmoid": jax.nn.sigmoid,
    "hard_sigmoid": jax.nn.hard_sigmoid,
    "tanh": jax.nn.tanh,
    "relu": jax.nn.relu,
    "leaky_relu": jax.nn.leaky_relu,
    "elu": jax.nn.elu,
    "selu": jax.nn.selu,
    "softplus": jax.nn.softplus,
    "silu": jax.nn.silu,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "identity": lambda x: x,
    "step": lambda x: jnp.heaviside(x, 1.0),
}
# Written down by hand: slope at 0 (PyTorch's choice at a corner), lowest and highest value, slope as a function.
s = lambda x: 1 / (1 + math.exp(-x))  # noqa: E731
cdf = lambda x: (1 + math.erf(x / math.sqrt(2))) / 2  # noqa: E731
FACTS = {
    "identity": (1, -math.inf, math.inf, lambda x: 1),
    "step": (0, 0, 1, lambda x: 0),
    "sigmoid": (0.25, 0, 1, lambda x: s(x) * (1 - s(x))),
    "hard_sigmoid": (1 / 6, 0, 1, lambda x: 1 / 6 if -3 < x < 3 else 0),
    "tanh": (1, -1, 1, lambda x: 1 - math.tanh(x) ** 2),
    "relu": (0, 0, math.inf, lambda x: 1 if x > 0 else 0),
    "leaky_relu": (0.01, -math.inf, math.inf, lambda x: 1 if x > 0 else 0.01),
    "elu": (1, -1, math.inf, lambda x: 1 if x > 0 else math.exp(x)),
    "selu": (1.758099, -1.7581, math.inf, lambda x: 1.050701 if x > 0 else 1.758099 * math.exp(x)),
    "softplus": (0.5, 0, math.inf, s),
    "silu": (0.5, -0.2785, math.inf, lambda x: s(x) * (1 + x * (1 - s(x)))),
    "gelu": (0.5, -0.17, math.inf, lambda x: cdf(x) + x * math.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)),
}
X = jnp.concatenate([jnp.linspace(-12, 12, 96), jnp.array([0.5, -0.5, 3.5, -3.5])])
NAMES = list(act.ACTIVATIONS)
each = pytest.mark.parametrize("name", NAMES)


def slopes(function, x):
    return jax.jit(jax.vmap(jax.grad(function)))(x)


@each
def test_equals_jax_nn(name):
    def numbers(function, x):
        return function(x), jax.vmap(jax.grad(function))(x)

    ours, theirs = act.ACTIVATIONS[name].function, THEIRS[name]
    (value, slope), (wanted, wanted_slope) = jax.jit(lambda x: (numbers(ours, x), numbers(theirs, x)))(X)
    np.testing.assert_allclose(value, wanted, rtol=1e-6, atol=1e-7)
    if name not in ("step",):
        np.testing.assert_allclose(slope, wanted_slope, rtol=1e-6, atol=1e-6)


def test_the_other_forms_equal_jax_nn():
    x = X.reshape(10, 10)
    np.testing.assert_allclose(act.gelu(x, approximate=True), jax.nn.gelu(x, approximate=True), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(act.leaky_relu(x, 0.3), jax.nn.leaky_relu(x, 0.3), rtol=1e-6)
    np.testing.assert_allclose(act.elu(x, 2.5), jax.nn.elu(x, 2.5), rtol=1e-6)
    for axis in (-1, 0, 1):
        np.testing.assert_allclose(act.softmax(x, axis), jax.nn.softmax(x, axis), rtol=1e-6, atol=1e-30)
        np.testing.assert_allclose(act.log_softmax(x, axis), jax.nn.log_softmax(x, axis), rtol=1e-6)


@each
def test_the_slope_is_the_one_written_down(name):
    _, _, _, slope = FACTS[name]
    wanted = [slope(float(x)) for x in X]
    np.testing.assert_allclose(slopes(act.ACTIVATIONS[name].function, X), wanted, rtol=2e-5, atol=1e-6)


@each
def test_the_slope_at_zero_and_far_out(name):
    at_zero, _, _, slope = FACTS[name]
    function = act.ACTIVATIONS[name].function
    ends = [slope(700.0), slope(-700.0)]
    np.testing.assert_allclose(slopes(function, jnp.array([0.0, 1e4, -1e4])), [at_zero, *ends], rtol=1e-6, atol=1e-12)


def test_hard_sigmoid_is_flat_at_both_corners():
    np.testing.assert_array_equal(slopes(act.hard_sigmoid, jnp.array([-3.0, 3.0])), [0, 0])
    assert slopes(act.hard_sigmoid, jnp.array([2.999]))[0] > 0.16


@each
def test_values_stay_in_the_range_of_the_table(name):
    _, low, high, _ = FACTS[name]
    row = act.ACTIVATIONS[name]
    y = row.function(jnp.concatenate([jnp.linspace(-30, 30, 6001), jnp.array([-1e4, 1e4])]))
    assert bool(jnp.isfinite(y).all())
    assert float(y.min()) >= low - 1e-4
    assert float(y.max()) <= high
    assert float(y.min()) <= (low if math.isfinite(low) else -90) + 1e-3, "the range is not wider than need be"
    assert float(y.max()) >= (high if math.isfinite(high) else 9999) - 1e-3
    if row.range == "{0, 1}":
        assert set(y.tolist()) == {0.0, 1.0}
        return
    said_low, said_high = (float(end.replace("∞", "inf")) for end in row.range[1:-1].split(","))
    assert (said_low, said_high) == (low, high)
    closed = row.range[0] == "["
    assert closed == (name in ("hard_sigmoid", "relu", "silu", "gelu"))


@pytest.mark.parametrize(
    ("name", "edge", "sides"),
    [
        ("sigmoid", 7, 2),
        ("tanh", 4.2, 2),
        ("elu", 7, 1),
        ("selu", 7.5, 1),
        ("softplus", 7, 1),
        ("silu", 9, 1),
        ("gelu", 3.9, 1),
    ],
)
def test_it_saturates_where_the_table_says(name, edge, sides):
    said = act.ACTIVATIONS[name].saturates
    assert f"{edge:g}" in said
    assert ("both sides" in said) == (sides == 2)
    function = act.ACTIVATIONS[name].function
    assert abs(float(jax.grad(function)(-edge - 0.01))) < 1e-3
    assert abs(float(jax.grad(function)(-0.9 * edge))) > 1e-3
    assert (abs(float(jax.grad(function)(edge + 0.01))) < 1e-3) == (sides == 2)


def test_sigmoid_keeps_its_digits():
    """The slope at 30 is 9.4e-14; y (1 - y) in float32 would give 0."""
    np.testing.assert_allclose(jax.grad(act.sigmoid)(30.0), math.exp(-30), rtol=1e-5)
    np.testing.assert_allclose(act.gelu(jnp.array(-8.0)), -8 * 6.220960574e-16, rtol=1e-4)
    for x in (-1e4, 1e4):
        assert 0 <= float(jax.grad(act.sigmoid)(x)) < 1e-34
        assert float(jax.grad(jax.grad(act.sigmoid))(x)) == 0


def test_rates_may_be_traced():
    many = jax.vmap(lambda slope: act.leaky_relu(X, slope))(jnp.array([0.1, 0.2]))
    np.testing.assert_allclose(many[1], act.leaky_relu(X, 0.2), rtol=1e-6)
    np.testing.assert_allclose(jax.jit(act.elu)(X, jnp.array(2.0)), act.elu(X, 2), rtol=1e-6)


def test_softmax_far_out():
    x = jnp.array([[1e4, -1e4, 0.0], [1e4, 1e4, 1e4], [-1e4, -1e4, -2e4]])
    np.testing.assert_allclose(act.softmax(x), [[1, 0, 0], [1 / 3] * 3, [0.5, 0.5, 0]], rtol=1e-6)
    np.testing.assert_allclose(act.softmax(x).sum(-1), 1, rtol=1e-6)
    np.testing.assert_allclose(act.log_softmax(x)[0], [0, -2e4, -1e4])
    assert bool(jnp.isfinite(jax.jacobian(act.log_softmax)(x)).all())
    np.testing.assert_allclose(act.softmax(jnp.array([0.0, -jnp.inf])), [1, 0])


def test_maxout():
    x = jax.random.normal(jax.random.key(0), (4, 6))
    np.testing.assert_array_equal(act.maxout(x, 3), np.stack([x[:, :3].max(1), x[:, 3:].max(1)], 1))
    np.testing.assert_array_equal(act.maxout(x, 1), x)
    np.testing.assert_array_equal(
        jax.grad(lambda x: act.maxout(x, 2).sum())(jnp.array([1.0, 1, 3, 2])), [0.5, 0.5, 1, 0]
    )


@each
def test_the_table_is_filled_in(name):
    row = act.ACTIVATIONS[name]
    assert row.function.__name__ == name
    assert all(row[1:])
    assert row.formula.count("{") == row.formula.count("}")


def test_every_element_wise_function_is_in_the_table():
    assert set(act.__all__) - set(NAMES) == {"ACTIVATIONS", "Activation", "log_softmax", "softmax", "maxout"}


FUNCTIONS = {name: row.function for name, row in act.ACTIVATIONS.items()} | {
    "softmax": act.softmax,
    "log_softmax": act.log_softmax,
    "maxout": lambda x: act.maxout(x, 1),
}
MALFORMED = st.one_of(
    st.none(),
    st.text(max_size=3),
    st.integers(-9, 9),
    st.booleans(),
    st.just(float("nan")),
    st.just([]),
    st.lists(st.integers(-5, 5), min_size=1, max_size=3),
    st.sampled_from(
        [np.zeros((0, 2)), np.zeros(2, complex), np.array([1.0, np.nan]), np.array(["a"]), [[1.0], [1.0, 2.0]]]
    ),
)


@pytest.mark.plain
@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=40, deadline=None)
@given(x=MALFORMED)
def test_malformed_input_is_named(name, x):
    with pytest.raises((TypeError, ValueError), match=f"^{name} expects an input .*; got "):
        FUNCTIONS[name](x)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda x: act.leaky_relu(x, -0.1), "leaky_relu expects slope to be a finite number at least 0; got -0.1"),
        (lambda x: act.elu(x, "1"), "elu expects alpha to be a finite number at least 0; got '1'"),
        (lambda x: act.gelu(x, "tanh"), "gelu expects approximate to be True or False; got 'tanh'"),
        (lambda x: act.softmax(x, 2), "softmax expects axis to be an integer at least -2 and at most 1; got 2"),
        (
            lambda x: act.log_softmax(x, 0.5),
            "log_softmax expects axis to be an integer at least -2 and at most 1; got 0.5",
        ),
        (lambda x: act.softmax(1.0), "softmax expects an input with at least 1 axis; got shape"),
        (lambda x: act.maxout(x, 0), "maxout expects pieces to be an integer at least 1; got 0"),
        (
            lambda x: act.maxout(x, 2),
            "maxout expects a last axis that is a multiple of pieces=2; got shape .4, 3.. Let",
        ),
    ],
)
def test_malformed_settings_are_named(call, sentence):
    with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
        call(jnp.ones((4, 3)))
