"""The scalar engine against jax.grad on random expressions, and how it walks the graph."""

import math

import jax
import jax.numpy as jnp
import pytest
from contract import X64
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes.autodiff import Value, backward_order, backward_steps, forward_order

# An expression is a nested tuple; `build` computes it with Values or with jax numbers alike.
LEAVES = st.one_of(st.integers(0, 2), st.floats(-2, 2).map(lambda c: ("constant", round(c, 3))))
UNARY = ["exp", "log", "tanh", "relu", "sigmoid", "neg", "square", "root", "inverse"]
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.tuples(st.sampled_from("+-*/"), inner, inner), st.tuples(st.sampled_from(UNARY), inner)),
    max_leaves=12,
)


def build(tree, inputs, apply):
    if isinstance(tree, int):
        return inputs[tree]
    if tree[0] == "constant":
        return tree[1]
    return apply(tree[0], *(build(part, inputs, apply) for part in tree[1:]))


def safe(name, a, b, methods):
    """Each operation kept where it is smooth and of moderate size."""
    tanh, exp, log, sigmoid, relu = methods
    match name:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return a / (b * b + 0.5)
        case "exp":
            return exp(tanh(a))
        case "log":
            return log(a * a + 0.5)
        case "tanh":
            return tanh(a)
        case "relu":
            return relu(a)
        case "sigmoid":
            return sigmoid(a)
        case "neg":
            return -a
        case "square":
            return tanh(a) ** 2
        case "root":
            return (a * a + 0.5) ** 0.5
        case "inverse":
            return (a * a + 0.5) ** -1


VALUE_METHODS = [
    lambda a, name=name: getattr(a if isinstance(a, Value) else Value(a), name)()
    for name in ("tanh", "exp", "log", "sigmoid", "relu")
]
JAX_METHODS = [
    jnp.tanh,
    jnp.exp,
    jnp.log,
    lambda a: 1 / (1 + jnp.exp(-a)),
    lambda a: jnp.where(a > 0, a, 0.0),
]


@settings(max_examples=200, deadline=None)
@given(tree=EXPRESSIONS, numbers=st.tuples(*[st.floats(-2, 2).map(lambda c: round(c, 3))] * 3))
def test_gradients_equal_jax_on_random_expressions(tree, numbers):
    def function(inputs, methods):
        return build(tree, inputs, lambda name, a, b=None: safe(name, a, b, methods))

    inputs = [Value(number) for number in numbers]
    result = function(inputs, VALUE_METHODS)
    if not isinstance(result, Value) or abs(result.data) > 1e6:
        return
    result.backward()
    with X64(True), jax.disable_jit():
        value, grads = jax.value_and_grad(lambda inputs: jnp.float64(1) * function(inputs, JAX_METHODS))(
            [jnp.asarray(number, jnp.float64) for number in numbers]
        )
        assert math.isclose(result.data, value, rel_tol=1e-9, abs_tol=1e-9)
        for ours, theirs in zip(inputs, grads, strict=True):
            assert math.isclose(ours.grad, theirs, rel_tol=1e-8, abs_tol=1e-8)


def test_every_operation_by_finite_differences():
    operations = {
        "+": lambda a: a + 3,
        "radd": lambda a: 3 + a,
        "-": lambda a: a - 3,
        "rsub": lambda a: 3 - a,
        "*": lambda a: a * 3,
        "rmul": lambda a: 3 * a,
        "/": lambda a: a / 3,
        "rtruediv": lambda a: 3 / a,
        "**": lambda a: a**3,
        "**-1.5": lambda a: a**-1.5,
        "**0": lambda a: a**0,
        "neg": lambda a: -a,
        "exp": Value.exp,
        "log": Value.log,
        "tanh": Value.tanh,
        "relu": Value.relu,
        "sigmoid": Value.sigmoid,
    }
    h = 1e-5
    for name, operation in operations.items():
        a = Value(0.7)
        operation(a).backward()
        difference = (operation(Value(0.7 + h)).data - operation(Value(0.7 - h)).data) / (2 * h)
        assert a.grad == pytest.approx(difference, rel=1e-7, abs=1e-9), name


def test_values_used_again_accumulate():
    a = Value(3.0)
    (a + a).backward()
    assert a.grad == 2
    b = a * a
    (b * b + b).backward()  # a⁴ + a²
    assert a.grad == pytest.approx(4 * 27 + 6)
    (b * b + b).backward()  # counted afresh
    assert a.grad == pytest.approx(4 * 27 + 6)


def test_a_diamond_is_walked_in_the_right_order():
    a = Value(2.0)
    b = a * 3
    c = b + a  # a is reached by a short and a long path
    d = b * c
    assert d.data == 48
    d.backward()
    assert a.grad == pytest.approx(48.0)  # d = 3a · 4a = 12a²
    order = forward_order(d)
    assert len(order) == len(set(order)) == 5
    for value in order:
        assert all(order.index(parent) < order.index(value) for parent in value.parents)
    assert backward_order(d) == order[::-1]


def test_stepping_backward_shows_gradients_as_they_arrive():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    product = a * b
    result = product.relu() + product
    a.grad = 99.0  # stale
    steps = backward_steps(result)
    assert next(steps) is result
    assert (a.grad, product.grad) == (0.0, 1.0)
    visited = [result, *steps]
    assert visited == backward_order(result)
    assert (a.grad, b.grad) == (-3.0, 2.0)


def test_deep_chains_do_not_recurse():
    a = Value(1.0)
    value = a
    for _ in range(5000):
        value = value + 0.001
    value.backward()
    assert a.grad == 1
    assert len(forward_order(value)) == 10_001


def test_what_a_value_shows():
    a = Value(2, label="a")
    assert repr(a) == "Value(a: data=2, grad=0)"
    product = a * 3
    assert (product.op, product.parents[0], product.slopes) == ("*", a, (3.0, 2.0))
    assert Value(-800.0).sigmoid().data == 0.0
    assert Value(800.0).sigmoid().data == 1.0


@pytest.mark.plain
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Value("2"), "Value expects data to be a finite number; got '2'"),
        (lambda: Value(float("nan")), "Value expects data to be a finite number; got nan"),
        (lambda: Value(True), "Value expects data"),
        (lambda: Value(1.0) + "2", "Value expects data"),
        (lambda: Value(1.0) / 0, "/ expects a divisor that is not 0"),
        (lambda: Value(1.0) / 1e-200 / 1e-200, "/ has no finite value and slope"),
        (lambda: Value(0.0).log(), "log expects a number above 0; got 0"),
        (lambda: Value(1000.0).exp(), "exp expects a number up to 709"),
        (lambda: Value(-1.0) ** 0.5, r"\*\* expects a base of at least 0 for a broken exponent; got -1 \*\* 0.5"),
        (lambda: Value(0.0) ** 0.5, r"\*\* has no finite value and slope at 0 \*\* 0.5"),
        (lambda: Value(0.0) ** -1, r"\*\* has no finite value and slope at 0 \*\* -1"),
        (lambda: Value(1e200) ** 2, r"\*\* has no finite"),
        (lambda: Value(2.0) ** Value(2.0), r"\*\* expects the exponent to be a finite number; got Value"),
        (lambda: Value(1e300) * 1e300, r"\* has no finite value and slope at 1e\+300, 1e\+300"),
    ],
)
def test_bad_numbers_are_named(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()
