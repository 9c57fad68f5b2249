"""Every check: what it lets through, and the exact sentence it raises."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes import _checks as checks

pytestmark = pytest.mark.plain


def says(kind, sentence):
    return pytest.raises(kind, match="^" + re.escape(sentence))


def test_array_gives_back_what_it_was_given():
    x = jnp.ones((2, 3))
    assert checks.array("f", x) is x
    assert checks.array("f", [[1.0, 2.0]]).shape == (1, 2)
    assert checks.array("f", 2.5).dtype == jnp.float32
    assert checks.array("f", np.ones(3)).dtype == jnp.float32
    assert checks.array("f", jnp.array([jnp.inf])).shape == (1,)


@pytest.mark.parametrize(
    ("value", "options", "kind", "sentence"),
    [
        ("abc", {}, TypeError, "f expects an input of numbers; got 'abc'."),
        (None, {}, TypeError, "f expects an input of numbers; got None."),
        ([[1.0], [1.0, 2.0]], {}, TypeError, "f expects an input of numbers; got [[1.0], [1.0, 2.0]]."),
        ([10**400], {}, TypeError, "f expects an input of numbers; got [1000"),
        (np.array([1, 2]), {}, TypeError, "f expects an input of floating-point numbers; got int32. Convert with"),
        (jnp.array([True]), {}, TypeError, "f expects an input of floating-point numbers; got bool."),
        (
            jnp.ones(3, jnp.complex64),
            {"name": "logits"},
            TypeError,
            "f expects logits of floating-point numbers; got complex64.",
        ),
        (jnp.ones(3), {"rank": 2}, ValueError, "f expects an input with 2 axes; got shape (3,)."),
        (jnp.ones((3, 1)), {"rank": 1}, ValueError, "f expects an input with 1 axis; got shape (3, 1)."),
        (jnp.ones(()), {"min_rank": 1}, ValueError, "f expects an input with at least 1 axis; got shape ()."),
        (jnp.ones((0, 3)), {}, ValueError, "f expects an input with at least one number; got shape (0, 3)."),
        (
            jnp.array([[1.0, 2.0], [jnp.nan, jnp.nan]]),
            {},
            ValueError,
            "f expects an input without NaN; got nan in 2 of 4 places, first at index (1, 0). Look for a division",
        ),
        (
            jnp.array([1.0, -jnp.inf]),
            {"finite": True},
            ValueError,
            "f expects an input without infinities; got -inf in 1 of 2 places, first at index 1. Look for",
        ),
        (
            jnp.nan,
            {},
            ValueError,
            "f expects an input without NaN; got nan in 1 of 1 places, first in the number itself.",
        ),
    ],
)
def test_array_says_what_is_wrong(value, options, kind, sentence):
    with says(kind, sentence):
        checks.array("f", value, **options)


def test_features():
    with says(ValueError, "Dense expects an input of shape (..., 4); got (8, 3)."):
        checks.features("Dense", jnp.ones((8, 3)), 4)
    with says(ValueError, "Dense expects an input of shape (..., 4); got ()."):
        checks.features("Dense", 1.0, 4)
    with says(ValueError, "Conv expects an input of shape (_, _, _, 4); got (8, 4)."):
        checks.features("Conv", jnp.ones((8, 4)), 4, min_rank=4)
    with says(TypeError, "Dense expects an input of floating-point numbers; got int32."):
        checks.features("Dense", jnp.ones((8, 4), int), 4)
    assert checks.features("Dense", np.ones((8, 4)), 4).shape == (8, 4)


def test_same_shape():
    checks.same_shape("mse", jnp.ones(3), jnp.zeros(3), ("predictions", "targets"))
    sentence = "mse expects predictions and targets of one shape; got (3,) and (3, 1). Reshape one of them"
    with says(ValueError, sentence):
        checks.same_shape("mse", jnp.ones(3), jnp.ones((3, 1)), ("predictions", "targets"))


@pytest.mark.parametrize(
    ("value", "options", "kind", "sentence"),
    [
        (jnp.ones(2), {}, TypeError, "f expects integer labels, one class number per example; got float32. Convert"),
        (jnp.array([True]), {}, TypeError, "f expects integer labels, one class number per example; got bool."),
        (jnp.zeros((0,), int), {}, ValueError, "f expects at least one label; got an empty array of shape (0,)."),
        (jnp.array([0, 1]), {"shape": (3,)}, ValueError, "f expects labels of shape (3,); got (2,)."),
        (jnp.array([0, 5, 7]), {"n_classes": 5}, ValueError, "f expects labels in 0 … 4; got 7. Count classes from 0"),
        (jnp.array([0, -1]), {"n_classes": 5}, ValueError, "f expects labels in 0 … 4; got -1."),
        (jnp.array([0, -2]), {"name": "predictions"}, ValueError, "f expects predictions of 0 or more; got -2."),
        ("cat", {}, TypeError, "f expects labels of numbers; got 'cat'."),
        (["L"], {}, TypeError, "f expects labels of numbers; got ['L']."),
        (np.array([1 << 33]), {"n_classes": 5}, ValueError, "f expects labels in 0 … 4; got 8589934592."),
    ],
)
def test_labels_say_what_is_wrong(value, options, kind, sentence):
    with says(kind, sentence):
        checks.labels("f", value, **options)


def test_labels_pass():
    assert checks.labels("f", [0, 2, 1], 3, shape=(3,)).tolist() == [0, 2, 1]
    assert checks.labels("f", np.array([0, 9], np.uint8)).tolist() == [0, 9]


@pytest.mark.parametrize(
    ("value", "kind", "sentence"),
    [
        (jnp.ones(2), TypeError, "f expects integer tokens; got float32. Convert with tokens.astype(int)."),
        (jnp.zeros((0,), int), ValueError, "f expects tokens with at least one number; got shape (0,)."),
        (jnp.array([0, 5, 7]), ValueError, "f expects tokens in 0 … 4; got 7."),
        (jnp.array([0, -1]), ValueError, "f expects tokens in 0 … 4; got -1."),
        (np.array([1 << 33]), ValueError, "f expects tokens in 0 … 4; got 8589934592."),
    ],
)
def test_indices_say_what_is_wrong(value, kind, sentence):
    with says(kind, sentence):
        checks.indices("f", value, 5)


def test_mask():
    assert checks.mask("f", [True, False], (3, 2)).tolist() == [[True, False]] * 3
    with says(TypeError, "f expects a mask of True and False, True for what counts; got int32. Convert with"):
        checks.mask("f", jnp.array([1, 0]), (2,))
    with says(ValueError, "f expects a mask of shape (3, 2); got (3,)."):
        checks.mask("f", jnp.ones(3, bool), (3, 2))


@pytest.mark.parametrize(
    ("value", "bounds", "kind", "sentence"),
    [
        (-1, {"at_least": 0}, ValueError, "f expects rate to be a finite number at least 0; got -1."),
        (0, {"above": 0}, ValueError, "f expects rate to be a finite number above 0; got 0."),
        (
            1.0,
            {"at_least": 0, "below": 1},
            ValueError,
            "f expects rate to be a finite number at least 0 and below 1; got 1.",
        ),
        (2, {"at_most": 1}, ValueError, "f expects rate to be a finite number at most 1; got 2."),
        (float("nan"), {}, ValueError, "f expects rate to be a finite number; got nan."),
        (float("inf"), {}, ValueError, "f expects rate to be a finite number; got inf."),
        ("0.1", {}, TypeError, "f expects rate to be a finite number; got '0.1'."),
        (True, {}, TypeError, "f expects rate to be a finite number; got True."),
        (None, {}, TypeError, "f expects rate to be a finite number; got None."),
        (1j, {}, TypeError, "f expects rate to be a finite number; got 1j."),
        (10**400, {}, TypeError, "f expects rate to be a finite number; got 1000"),
        (np.ones(1), {}, TypeError, "f expects rate to be a finite number; got an array of float64 with shape (1,)."),
    ],
)
def test_number_says_what_is_wrong(value, bounds, kind, sentence):
    with says(kind, sentence):
        checks.number("f", "rate", value, **bounds)


def test_number_passes():
    for value in (0, 0.5, np.float32(0.5), jnp.array(0.5), np.int64(1)):
        assert checks.number("f", "rate", value, at_least=0, at_most=1) is value


@pytest.mark.parametrize(
    ("value", "bounds", "kind", "sentence"),
    [
        (3.0, {}, TypeError, "f expects n to be an integer; got 3.0."),
        (True, {}, TypeError, "f expects n to be an integer; got True."),
        ("3", {"at_least": 1}, TypeError, "f expects n to be an integer at least 1; got '3'."),
        (0, {"at_least": 1}, ValueError, "f expects n to be an integer at least 1; got 0."),
        (4, {"at_least": 1, "at_most": 3}, ValueError, "f expects n to be an integer at least 1 and at most 3; got 4."),
    ],
)
def test_integer_says_what_is_wrong(value, bounds, kind, sentence):
    with says(kind, sentence):
        checks.integer("f", "n", value, **bounds)


def test_integer_passes():
    assert [checks.integer("f", "n", n, at_least=1) for n in (3, np.int32(3), jnp.array(3))] == [3, 3, 3]


def test_sizes():
    assert checks.sizes("f", "sizes", [4, 3]) == (4, 3)
    assert checks.sizes("f", "sizes", np.array([4, 3])) == (4, 3)
    assert checks.sizes("f", "sizes", (), at_least=0) == ()
    wanted = "f expects sizes to be a sequence of at least 2 positive integers, such as (784, 128, 10); got "
    for value in (5, "45", (4,), None, np.array(5), np.ones((2, 2))):
        with says(ValueError, wanted):
            checks.sizes("f", "sizes", value, at_least=2)
    with says(ValueError, "f expects sizes to be a sequence of positive integers, such as"):
        checks.sizes("f", "sizes", 5, at_least=0)
    with says(ValueError, "f expects sizes[1] to be an integer at least 1; got 0."):
        checks.sizes("f", "sizes", (4, 0))
    with says(TypeError, "f expects sizes[1] to be an integer at least 1; got 2.5."):
        checks.sizes("f", "sizes", (4, 2.5))


def test_choice():
    assert checks.choice("f", "reduction", "sum", ("mean", "sum")) == "sum"
    with says(ValueError, "f expects reduction to be one of 'mean', 'sum'; got 'sums'. Did you mean 'sum'?"):
        checks.choice("f", "reduction", "sums", ("mean", "sum"))
    with says(ValueError, "f expects reduction to be one of 'mean', 'sum'; got 3."):
        checks.choice("f", "reduction", 3, ("mean", "sum"))


def test_function():
    assert checks.function("f", "activation", abs) is abs
    with says(TypeError, "f expects activation to be a function; got 'relu'."):
        checks.function("f", "activation", "relu")


def test_key():
    new, old = jax.random.key(0), jax.random.PRNGKey(0)
    assert checks.key("f", new) is new
    assert checks.key("f", old) is old
    assert jax.vmap(lambda key: jax.random.normal(checks.key("f", key)))(jax.random.split(new, 3)).shape == (3,)
    for wrong, said in [
        (0, "0"),
        (jnp.ones(2), "an array of float32 with shape (2,)"),
        (jax.random.split(new, 2), "an array of key<fry> with shape (2,)"),
        (None, "None"),
    ]:
        with says(TypeError, f"f expects one random key, jax.random.key(0) for example; got {said}."):
            checks.key("f", wrong)


def test_long_values_are_cut_short():
    with pytest.raises(TypeError, match="… ") as error:
        checks.function("f", "activation", list(range(1000)))
    assert len(str(error.value)) < 150


def test_traced_values_pass_but_their_shapes_are_checked():
    @jax.jit
    def traced(x, labels, rate):
        assert checks.is_traced(x)
        checks.array("f", x, finite=True)
        checks.labels("f", labels, 2)
        return checks.number("f", "rate", rate, at_least=0)

    assert traced(jnp.array([jnp.nan]), jnp.array([7]), -1.0) == -1
    with says(ValueError, "f expects an input with 2 axes; got shape (1,)."):
        jax.jit(lambda x: checks.array("f", x, rank=2))(jnp.ones(1))


def test_constants_met_inside_jit_are_checked_too():
    x, labels, bad = jnp.ones(2), jnp.array([0, 1]), jnp.array([jnp.nan])

    @jax.jit
    def passes():
        return checks.array("f", x).sum() + checks.labels("f", labels, 2).sum().astype(float)

    assert passes() == 3
    with says(ValueError, "f expects labels in 0 … 0; got 1."):
        jax.jit(lambda: checks.labels("f", labels, 1))()
    with says(ValueError, "f expects an input without NaN"):
        jax.jit(lambda: checks.array("f", bad))()


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.lists(
        st.one_of(st.floats(width=32), st.text(max_size=2), st.lists(st.floats(width=32), max_size=2)), max_size=3
    ),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    st.sampled_from([object(), len, float, np.array("x"), np.array([None]), np.array(5), np.zeros((2, 0)), 1 << 70]),
)
CALLS = {
    "array": lambda value: checks.array("f", value, finite=True),
    "features": lambda value: checks.features("f", value, 2),
    "labels": lambda value: checks.labels("f", value, 3),
    "indices": lambda value: checks.indices("f", value, 3),
    "mask": lambda value: checks.mask("f", value, (2, 3)),
    "number": lambda value: checks.number("f", "rate", value, at_least=0, below=1),
    "integer": lambda value: checks.integer("f", "n", value, at_least=1),
    "sizes": lambda value: checks.sizes("f", "sizes", value),
    "choice": lambda value: checks.choice("f", "reduction", value, ("mean", "sum")),
    "function": lambda value: checks.function("f", "activation", value),
    "key": lambda value: checks.key("f", value),
}


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=150, deadline=None)
@given(value=ANYTHING)
def test_anything_passes_or_gets_a_sentence(name, value):
    try:
        CALLS[name](value)
        said = "f expects nothing else; got what it wants"
    except (TypeError, ValueError) as error:
        said = str(error)
    assert re.match("f expects .*; got ", said, re.DOTALL)
