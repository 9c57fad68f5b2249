"""Metrics equal scikit-learn's on random labels, ties and missing classes included."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.metrics as theirs
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes import metrics

SCORES = (metrics.precision, metrics.recall, metrics.f1)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.sampled_from([1, 2, 40]), n_classes=st.sampled_from([2, 5]))
def test_equal_scikit_learn(seed, n, n_classes):
    rng = np.random.default_rng(seed)
    predicted, true = rng.integers(0, n_classes, (2, n))
    p, t = jnp.asarray(predicted), jnp.asarray(true)
    np.testing.assert_allclose(metrics.accuracy(p, t), theirs.accuracy_score(true, predicted), rtol=1e-6)
    wanted = theirs.confusion_matrix(true, predicted, labels=range(n_classes))
    np.testing.assert_array_equal(metrics.confusion_matrix(p, t, n_classes), wanted)
    for ours in SCORES:
        other = getattr(theirs, f"{ours.__name__}_score")
        for average in ("macro", "micro", None, *(["binary"] if n_classes == 2 else [])):
            labels = range(n_classes) if average is None else None
            wanted = other(true, predicted, average=average, labels=labels, zero_division=0)
            got = ours(p, t, average=average, n_classes=n_classes)
            np.testing.assert_allclose(got, wanted, rtol=1e-6, err_msg=f"{ours.__name__} {average}")


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.sampled_from([2, 3, 40]), levels=st.integers(1, 50))
def test_roc_equals_scikit_learn(seed, n, levels):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, levels, n).astype(np.float32)  # few levels, so that there are ties
    labels = np.append([0, 1], rng.integers(0, 2, n - 2))
    curve = metrics.roc_curve(jnp.asarray(scores), jnp.asarray(labels))
    for ours, wanted in zip(curve, theirs.roc_curve(labels, scores, drop_intermediate=False), strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=1e-6)
    np.testing.assert_allclose(metrics.roc_auc(scores, labels), theirs.roc_auc_score(labels, scores), rtol=1e-6)
    positive, negative = scores[labels == 1][:, None], scores[labels == 0][None, :]
    chance = ((positive > negative) + (positive == negative) / 2).mean()
    np.testing.assert_allclose(metrics.roc_auc(scores, labels), chance, rtol=1e-6)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_top_k_equals_scikit_learn(k):
    rng = np.random.default_rng(k)
    scores, labels = rng.normal(size=(50, 5)), rng.integers(0, 5, 50)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn says that k = n_classes is always right; so it is
        wanted = theirs.top_k_accuracy_score(labels, scores, k=k, labels=range(5))
    got = metrics.top_k_accuracy(jnp.asarray(scores, jnp.float32), jnp.asarray(labels), k=k)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_a_network_that_cannot_choose_is_not_always_right():
    assert metrics.top_k_accuracy(jnp.zeros((4, 4)), jnp.arange(4), k=1) == 0.25
    assert metrics.top_k_accuracy(jnp.zeros((4, 4)), jnp.arange(4), k=3) == 0.75
    assert metrics.accuracy(jnp.zeros((4, 4)), jnp.arange(4)) == 0.25


def test_scores_and_class_numbers_say_the_same():
    scores = jax.random.normal(jax.random.key(0), (20, 3))
    labels = jax.random.randint(jax.random.key(1), (20,), 0, 3)
    classes = scores.argmax(-1)
    assert metrics.accuracy(scores, labels) == metrics.accuracy(classes, labels)
    np.testing.assert_array_equal(
        metrics.confusion_matrix(scores, labels), metrics.confusion_matrix(classes, labels, 3)
    )
    for metric in SCORES:
        assert metric(scores, labels, average="macro") == metric(classes, labels, average="macro")


def test_under_jit():
    scores, labels = jax.random.normal(jax.random.key(0), (20, 3)), jnp.arange(20) % 3
    for metric in (
        metrics.accuracy,
        metrics.confusion_matrix,
        lambda scores, labels: metrics.top_k_accuracy(scores, labels, k=2),
        lambda scores, labels: metrics.f1(scores, labels, average="macro"),
        lambda scores, labels: metrics.recall(scores.argmax(-1), labels, average=None, n_classes=3),
    ):
        np.testing.assert_allclose(jax.jit(metric)(scores, labels), metric(scores, labels), rtol=1e-6)


def test_perfect_and_hopeless():
    labels = jnp.array([0, 1, 1, 0])
    assert [float(metric(labels, labels)) for metric in (metrics.accuracy, *SCORES)] == [1, 1, 1, 1]
    assert [float(metric(1 - labels, labels)) for metric in (metrics.accuracy, *SCORES)] == [0, 0, 0, 0]
    assert float(metrics.precision(jnp.zeros(4, int), jnp.zeros(4, int))) == 0, "nothing was called positive"
    assert metrics.roc_auc(labels.astype(jnp.float32), labels) == 1
    assert metrics.roc_auc(jnp.zeros(4), labels) == 0.5


FUNCTIONS = {
    "accuracy": metrics.accuracy,
    "top_k_accuracy": lambda p, t: metrics.top_k_accuracy(p, t, k=1),
    "confusion_matrix": metrics.confusion_matrix,
    "precision": lambda p, t: metrics.precision(p, t, average="macro"),
    "recall": lambda p, t: metrics.recall(p, t, average="macro"),
    "f1": lambda p, t: metrics.f1(p, t, average="macro"),
    "roc_curve": metrics.roc_curve,
    "roc_auc": metrics.roc_auc,
}
BAD = st.one_of(
    st.none(),
    st.text(max_size=3),
    st.lists(st.integers(-9, -1), min_size=3, max_size=3).map(np.array),
    st.integers(0, 8).filter(lambda n: n != 3).map(lambda n: np.zeros(n, int)),
    st.just(np.array([np.nan, 0.0, 1.0])),
    st.just(np.zeros((3, 2, 2))),
    st.just(np.zeros(3, complex)),
    st.just(np.zeros((0, 2))),
)


@pytest.mark.plain
@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=40, deadline=None)
@given(bad=BAD, first=st.booleans())
def test_malformed_input_is_named(name, bad, first):
    scores = np.array([[0.2, 0.8]] * 3) if name == "top_k_accuracy" else np.array([0.1, 0.2, 0.3])
    good = scores if name.startswith(("roc", "top")) else np.array([0, 1, 1])
    labels = np.array([0, 1, 1])
    with pytest.raises((TypeError, ValueError), match=f"^{name} expects "):
        FUNCTIONS[name](*((bad, labels) if first else (good, bad)))


@pytest.mark.plain
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda x: metrics.f1(x, x, average="weighted"),
            "f1 expects average to be one of 'binary', 'micro', 'macro'; got",
        ),
        (lambda x: metrics.recall(x, x), 'recall expects two classes for average="binary"; got 3. Choose'),
        (lambda x: metrics.accuracy(x, x[:1]), r"accuracy expects labels of shape \(2,\); got \(1,\)"),
        (lambda x: metrics.confusion_matrix(x, x, 2), "confusion_matrix expects predictions in 0 … 1; got 2"),
        (lambda x: metrics.confusion_matrix(x, x, 0), "confusion_matrix expects n_classes to be an integer at least 1"),
        (
            lambda x: metrics.confusion_matrix(jnp.ones((2, 4)), x, 3),
            r"confusion_matrix expects scores for 3 classes; got",
        ),
        (
            lambda x: metrics.top_k_accuracy(jnp.ones((2, 3)), x, k=4),
            "top_k_accuracy expects k to be an integer at least 1",
        ),
        (lambda x: metrics.roc_auc(jnp.ones(2), x * 0), "roc_auc expects both classes among the labels; got only 0"),
        (lambda x: metrics.roc_curve(jnp.ones(2), x), "roc_curve expects labels in 0 … 1; got 2"),
        (lambda x: jax.jit(metrics.roc_auc)(jnp.ones(2), x), "roc_auc needs concrete numbers"),
        (lambda x: jax.jit(metrics.confusion_matrix)(x, x), "confusion_matrix needs n_classes under jax.jit"),
    ],
)
def test_malformed_settings_are_named(call, sentence):
    with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
        call(jnp.array([0, 2]))
