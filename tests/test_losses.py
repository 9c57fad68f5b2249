"""Losses: equal to optax and scikit-learn in value and gradient, exact at logits of ±1e4, and clear about bad input."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from dlnotes import losses

RNG = np.random.default_rng(0)
Y, T = (jnp.asarray(RNG.normal(size=(7, 5)) * 2, jnp.float32) for _ in range(2))
SIDES = jnp.asarray(RNG.choice([-1, 1], (7, 5)))
LABELS = jnp.asarray(RNG.integers(0, 5, 7))
SOFT = jax.nn.softmax(T)

PAIRS = {
    "mse": (lambda y: losses.mse(y, T, reduction="none"), lambda y: optax.squared_error(y, T)),
    "mae": (lambda y: losses.mae(y, T, reduction="none"), lambda y: jnp.abs(y - T)),
    "huber": (lambda y: losses.huber(y, T, 0.8, reduction="none"), lambda y: optax.huber_loss(y, T, delta=0.8)),
    "hinge": (
        lambda y: losses.hinge(y, SIDES, reduction="none"),
        lambda y: optax.hinge_loss(y, SIDES.astype(jnp.float32)),
    ),
    "perceptron": (
        lambda y: losses.perceptron(y, SIDES, reduction="none"),
        lambda y: optax.losses.perceptron_loss(y, SIDES.astype(jnp.float32)),
    ),
    "binary": (
        lambda y: losses.binary_cross_entropy(y, SOFT, reduction="none"),
        lambda y: optax.sigmoid_binary_cross_entropy(y, SOFT),
    ),
    "labels": (
        lambda y: losses.cross_entropy(y, LABELS, reduction="none"),
        lambda y: optax.softmax_cross_entropy_with_integer_labels(y, LABELS),
    ),
    "soft": (
        lambda y: losses.cross_entropy(y, SOFT, reduction="none"),
        lambda y: optax.softmax_cross_entropy(y, SOFT),
    ),
    "smooth": (
        lambda y: losses.cross_entropy(y, LABELS, label_smoothing=0.2, reduction="none"),
        lambda y: optax.softmax_cross_entropy(y, optax.smooth_labels(jax.nn.one_hot(LABELS, 5), 0.2)),
    ),
    "kl": (
        lambda y: losses.kl_divergence(y, SOFT, reduction="none"),
        lambda y: optax.losses.kl_divergence(jax.nn.log_softmax(y), SOFT),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_equals_optax(name):
    def numbers(loss, y):
        return loss(y), jax.grad(lambda y: loss(y).sum())(y)

    ours, theirs = PAIRS[name]
    (value, slope), (wanted, wanted_slope) = jax.jit(lambda y: (numbers(ours, y), numbers(theirs, y)))(Y)
    np.testing.assert_allclose(value, wanted, rtol=2e-6, atol=2e-6)
    np.testing.assert_allclose(slope, wanted_slope, rtol=2e-6, atol=1e-6)


def test_equals_scikit_learn():
    np.testing.assert_allclose(losses.mse(Y, T), sklearn.metrics.mean_squared_error(T, Y), rtol=1e-6)
    np.testing.assert_allclose(losses.mae(Y, T), sklearn.metrics.mean_absolute_error(T, Y), rtol=1e-6)
    np.testing.assert_allclose(losses.hinge(Y[0], SIDES[0]), sklearn.metrics.hinge_loss(SIDES[0], Y[0]), rtol=1e-6)
    log_loss = sklearn.metrics.log_loss(LABELS, special.softmax(np.asarray(Y, float), 1), labels=range(5))
    np.testing.assert_allclose(losses.cross_entropy(Y, LABELS), log_loss, rtol=1e-6)


@pytest.mark.parametrize("call", [losses.mse, losses.mae, losses.huber, losses.kl_divergence, losses.cross_entropy])
def test_reductions(call):
    targets = SOFT if call in (losses.kl_divergence, losses.cross_entropy) else T
    each = call(Y, targets, reduction="none")
    assert each.shape == ((7,) if targets is SOFT else (7, 5))
    np.testing.assert_allclose(call(Y, targets), each.mean(), rtol=1e-6)
    np.testing.assert_allclose(call(Y, targets, reduction="sum"), each.sum(), rtol=1e-6)


def test_the_weighted_mean_divides_by_the_weights():
    weights = jnp.array([1.0, 2.0, 0.0, 4.0, 0.5])
    plain, heavy = losses.cross_entropy(Y, LABELS, reduction="none"), weights[LABELS]
    got = losses.cross_entropy(Y, LABELS, class_weights=weights)
    np.testing.assert_allclose(got, (plain * heavy).sum() / heavy.sum(), rtol=1e-6)
    np.testing.assert_allclose(losses.cross_entropy(Y, LABELS, class_weights=7 * weights), got, rtol=1e-6)
    one_hot = losses.cross_entropy(Y, jax.nn.one_hot(LABELS, 5), class_weights=weights)
    np.testing.assert_allclose(one_hot, (plain * heavy).mean(), rtol=1e-6)


def test_any_batch_axes():
    np.testing.assert_allclose(
        losses.cross_entropy(jnp.stack([Y, Y]), jnp.stack([LABELS, LABELS])), losses.cross_entropy(Y, LABELS), rtol=1e-6
    )
    assert losses.cross_entropy(Y[0], LABELS[0]).shape == ()


def test_exact_far_out():
    z = jnp.array([[1e4, -1e4], [-1e4, 1e4]])
    np.testing.assert_array_equal(losses.cross_entropy(z, jnp.array([0, 0]), reduction="none"), [0, 2e4])
    gradient = jax.grad(lambda z: losses.cross_entropy(z, jnp.array([0, 0]), reduction="sum"))(z)
    np.testing.assert_array_equal(gradient, [[0, 0], [-1, 1]])
    both = jnp.array([[1, 1], [0, 0]])
    np.testing.assert_array_equal(losses.binary_cross_entropy(z, both, reduction="none"), [[0, 1e4], [0, 1e4]])
    gradient = jax.grad(lambda z: losses.binary_cross_entropy(z, both, reduction="sum"))(z)
    np.testing.assert_array_equal(gradient, [[0, -1], [0, 1]])
    np.testing.assert_allclose(losses.kl_divergence(z, jnp.array([[1.0, 0], [1, 0]]), reduction="none"), [0, 2e4])
    np.testing.assert_allclose(losses.huber(1e4 * jnp.ones(1), jnp.zeros(1)), 9999.5)


def test_gradients_at_the_corners():
    zero, one = jnp.zeros(1), jnp.ones(1, int)
    assert jax.grad(losses.mae)(zero, zero) == 0
    assert jax.grad(losses.hinge)(jnp.ones(1), one) == 0
    assert jax.grad(losses.perceptron)(zero, one) == -1, "a zero score is a mistake, so zero weights can learn"
    assert jax.grad(losses.perceptron)(zero, -one) == 1
    np.testing.assert_allclose(jax.grad(lambda y: losses.huber(y, zero, 0.5))(jnp.full(1, 0.5)), 0.5)


def test_kl_is_zero_only_for_equal_distributions_and_takes_log_probabilities():
    np.testing.assert_allclose(losses.kl_divergence(jnp.log(SOFT), SOFT, reduction="none"), np.zeros(7), atol=1e-6)
    assert float(losses.kl_divergence(Y, SOFT)) > 0.01
    one_hot = jax.nn.one_hot(LABELS, 5)
    np.testing.assert_allclose(losses.kl_divergence(Y, one_hot), losses.cross_entropy(Y, LABELS), rtol=1e-6)
    assert bool(jnp.isfinite(jax.grad(losses.kl_divergence, argnums=1)(Y, one_hot)).all())


def test_flags_and_whole_numbers_are_targets_too():
    yes = SIDES > 0
    one = losses.binary_cross_entropy(Y, yes.astype(jnp.float32))
    assert one == losses.binary_cross_entropy(Y, yes.astype(int))
    assert losses.mse(Y, SIDES) == losses.mse(Y, SIDES.astype(jnp.float32))


@pytest.mark.parametrize("label", [-1, 5, 100])
def test_a_label_out_of_range_under_jit_is_nan_not_a_wrong_number(label):
    assert bool(jnp.isnan(jax.jit(losses.cross_entropy)(Y, LABELS.at[2].set(label))))


def test_settings_may_be_traced():
    deltas = jnp.array([0.5, 2.0])
    both = jax.vmap(lambda delta: losses.huber(Y, T, delta))(deltas)
    np.testing.assert_allclose(both[1], losses.huber(Y, T, 2), rtol=1e-6)
    smooth = jax.jit(lambda e: losses.cross_entropy(Y, LABELS, label_smoothing=e))(0.1)
    np.testing.assert_allclose(smooth, losses.cross_entropy(Y, LABELS, label_smoothing=0.1), rtol=1e-6)


BAD = st.one_of(
    st.none(),
    st.text(max_size=3),
    st.complex_numbers(allow_nan=False),
    st.lists(st.floats(-2, 2, width=32), max_size=4)
    .filter(lambda x: len(x) != 3)
    .map(lambda x: np.asarray(x, np.float32)),
    st.sampled_from([np.nan, np.inf, -np.inf]).map(lambda bad: np.array([[0.5, bad, 1.0]], np.float32)),
    st.just(np.zeros((0, 3), np.float32)),
    st.just(np.zeros((3, 1), np.float32)),
)
FIRST = {
    name: (getattr(losses, name), good)
    for name, good in {
        "mse": np.zeros((1, 3), np.float32),
        "mae": np.zeros((1, 3), np.float32),
        "huber": np.zeros((1, 3), np.float32),
        "hinge": np.ones((1, 3), np.float32),
        "perceptron": np.ones((1, 3), np.float32),
        "binary_cross_entropy": np.ones((1, 3), np.float32),
        "cross_entropy": np.array([1]),
        "kl_divergence": np.full((1, 3), 1 / 3, np.float32),
    }.items()
}


@pytest.mark.plain
@pytest.mark.parametrize("name", FIRST)
@settings(max_examples=50, deadline=None)
@given(bad=BAD)
def test_malformed_predictions_are_named(name, bad):
    loss, targets = FIRST[name]
    with pytest.raises((TypeError, ValueError), match=f"^{name} expects "):
        loss(bad, targets)


@pytest.mark.plain
@pytest.mark.parametrize("name", FIRST)
@settings(max_examples=50, deadline=None)
@given(bad=BAD)
def test_malformed_targets_are_named(name, bad):
    with pytest.raises((TypeError, ValueError), match=f"^{name} expects "):
        FIRST[name][0](np.zeros((1, 3), np.float32), bad)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: losses.mse(Y[0], Y[0][:, None]),
            r"mse expects predictions and targets of one shape; got \(5,\) and \(5, 1",
        ),
        (lambda: losses.mse(SIDES, T), "mse expects predictions of floating-point numbers; got int32"),
        (
            lambda: losses.mse(Y, T, reduction="average"),
            "mse expects reduction to be one of 'mean', 'sum', 'none'; got 'av",
        ),
        (lambda: losses.cross_entropy(Y, LABELS, reduction="avg"), "cross_entropy expects reduction to be one of"),
        (lambda: losses.huber(Y, T, 0), "huber expects delta to be a finite number above 0; got 0"),
        (lambda: losses.hinge(Y, (SIDES + 1) // 2), "hinge expects targets to be -1 or 1; got 0. Map classes 0 and 1"),
        (lambda: losses.perceptron(Y, 2 * SIDES), "perceptron expects targets to be -1 or 1; got -?2"),
        (
            lambda: losses.binary_cross_entropy(Y, SIDES),
            r"binary_cross_entropy expects targets to be in \[0, 1\]; got -1",
        ),
        (
            lambda: losses.binary_cross_entropy(Y, SOFT, label_smoothing=1),
            "binary_cross_entropy expects label_smoothing to",
        ),
        (
            lambda: losses.binary_cross_entropy(Y, SOFT, positive_weight=-1),
            "binary_cross_entropy expects positive_weight to",
        ),
        (lambda: losses.cross_entropy(Y, LABELS + 5), "cross_entropy expects labels in 0 … 4; got"),
        (lambda: losses.cross_entropy(Y, LABELS[:3]), r"cross_entropy expects labels of shape \(7,\); got \(3,\)"),
        (
            lambda: losses.cross_entropy(Y, T),
            "cross_entropy expects soft targets to be probabilities, none below 0; got -",
        ),
        (
            lambda: losses.cross_entropy(Y, 2 * SOFT),
            "cross_entropy expects soft targets to be probabilities that add up to",
        ),
        (
            lambda: losses.cross_entropy(Y, LABELS, label_smoothing=-0.1),
            "cross_entropy expects label_smoothing to be a",
        ),
        (
            lambda: losses.cross_entropy(Y, LABELS, class_weights=jnp.ones(4)),
            "cross_entropy expects one class weight for each",
        ),
        (
            lambda: losses.cross_entropy(Y, LABELS, class_weights=-jnp.ones(5)),
            "cross_entropy expects class_weights to be 0 or",
        ),
        (
            lambda: losses.kl_divergence(Y, 2 * SOFT),
            "kl_divergence expects targets to be probabilities that add up to 1 along",
        ),
        (
            lambda: losses.kl_divergence(jnp.array(1.0), jnp.array(1.0)),
            "kl_divergence expects logits with at least 1 axis",
        ),
    ],
)
def test_malformed_settings_are_named(call, sentence):
    with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
        call()
