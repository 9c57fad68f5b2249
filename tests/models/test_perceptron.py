"""The perceptron against scikit-learn's: equal weights in the same order, equal accuracy; and Novikoff's bound."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import datasets
from sklearn.linear_model import Perceptron as SklearnPerceptron
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from dlnotes.models import Perceptron, novikoff_bound


def separable(seed, n=60, n_in=2, gap=0.3):
    rng = np.random.default_rng(seed)
    w, b = rng.normal(size=n_in), 0.3
    x = rng.uniform(-2, 2, size=(20 * n, n_in))
    distance = (x @ w + b) / np.linalg.norm(w)
    x = x[np.abs(distance) > gap][:n].astype(np.float32)
    truth = Perceptron(jnp.asarray(w, jnp.float32), jnp.asarray(b, jnp.float32))
    return x, np.where(x @ w + b > 0, 1, -1), truth


def sklearn_fit(x, y, epochs, rate=1.0):
    return SklearnPerceptron(shuffle=False, tol=None, max_iter=epochs, eta0=rate).fit(x, y)


@pytest.mark.parametrize(("epochs", "rate"), [(1, 1.0), (3, 1.0), (20, 0.5)])
def test_weights_equal_sklearn_exactly(epochs, rate):
    digits = datasets.load_digits()  # pixels 0 … 16: sums of integers are exact in float32
    keep = np.isin(digits.target, (3, 8))
    x, y = digits.data[keep], np.where(digits.target[keep] == 8, 1, -1)
    theirs = sklearn_fit(x, y, epochs, rate)
    ours, history = Perceptron.init(64).fit(x.astype(np.float32), y, epochs=epochs, rate=rate)
    np.testing.assert_array_equal(ours.weight, theirs.coef_[0])
    np.testing.assert_array_equal(ours.bias, theirs.intercept_[0])
    np.testing.assert_array_equal(ours(x.astype(np.float32)), theirs.predict(x))
    assert history.mistakes[0] > 5


def breast_cancer():
    return datasets.load_breast_cancer(return_X_y=True)


def iris_two():
    x, y = datasets.load_iris(return_X_y=True)
    return x[:100], y[:100]


def iris_hard():
    x, y = datasets.load_iris(return_X_y=True)
    return x[50:], y[50:] - 1


@pytest.mark.parametrize("load", [breast_cancer, iris_two, iris_hard])
def test_reaches_what_sklearn_reaches(load):
    x, y = load()
    train_x, test_x, train_y, test_y = train_test_split(x, 2 * y - 1, test_size=0.3, random_state=0, stratify=y)
    scaler = StandardScaler().fit(train_x)
    train_x, test_x = (scaler.transform(part).astype(np.float32) for part in (train_x, test_x))
    theirs = sklearn_fit(train_x, train_y, 30)
    ours, history = Perceptron.init(x.shape[1]).fit(train_x, train_y, epochs=30)
    accuracy = float(np.mean(np.asarray(ours(test_x)) == test_y))
    # Same data in the same order: only float32 against float64 can differ, in one or two test points at most.
    assert accuracy >= theirs.score(test_x, test_y) - 2 / len(test_y)
    assert accuracy >= 0.9
    assert len(history.mistakes) <= 30
    np.testing.assert_allclose(ours.weight, theirs.coef_[0], rtol=1e-3, atol=0.05)


@pytest.mark.parametrize("seed", range(5))
def test_novikoffs_bound_holds_and_learning_stops(seed):
    x, y, truth = separable(seed)
    model, history = Perceptron.init(2).fit(x, y, epochs=2000)
    mistakes = int(history.mistakes.sum())
    assert history.mistakes[-1] == 0
    assert (history.mistakes[:-1] > 0).all()
    assert (model(x) == y).all()
    assert 0 < mistakes <= novikoff_bound(truth, x, y)
    assert mistakes <= novikoff_bound(model, x, y)
    # And once more over data without mistakes: nothing moves.
    again, more = model.fit(x, y)
    assert more.mistakes.tolist() == [0]
    assert again.weight.tolist() == model.weight.tolist()


def test_the_rate_only_scales():
    x, y, _ = separable(1)
    a, history_a = Perceptron.init(2).fit(x, y, rate=1.0)
    b, history_b = Perceptron.init(2).fit(x, y, rate=0.25)  # a power of two: exact
    np.testing.assert_array_equal(a.weight * 0.25, b.weight)
    np.testing.assert_array_equal(history_a.mistakes, history_b.mistakes)


def test_xor_never_comes_to_rest():
    x = jnp.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    model, history = Perceptron.init(2).fit(x, jnp.array([-1, 1, 1, -1]), epochs=50)
    assert len(history.mistakes) == 50
    assert (history.mistakes > 0).all()
    assert (model(x) != jnp.array([-1, 1, 1, -1])).any()


def test_history_of_every_example_equals_learning_one_at_a_time():
    x, y, _ = separable(2, n=12)
    model, film = Perceptron.init(2).fit(x, y, epochs=50, every_example=True)
    _, by_epoch = Perceptron.init(2).fit(x, y, epochs=50)
    one = Perceptron.init(2)
    for i in range(len(film.mistakes)):
        one, mistake = one.learn(x[i % 12], int(y[i % 12]))
        assert int(mistake) == int(film.mistakes[i])
        np.testing.assert_allclose(film.weight[i], one.weight, rtol=1e-6)
        np.testing.assert_allclose(film.bias[i], one.bias, rtol=1e-6)
    assert len(film.mistakes) == 12 * len(by_epoch.mistakes)
    np.testing.assert_array_equal(film.weight[11::12], by_epoch.weight)
    np.testing.assert_array_equal(film.mistakes.reshape(-1, 12).sum(axis=1), by_epoch.mistakes)
    np.testing.assert_array_equal(by_epoch.weight[-1], model.weight)


def test_under_jit_and_vmap():
    x, y, _ = separable(3)
    model, history = Perceptron.init(2).fit(x, y, epochs=40)
    jitted, full = jax.jit(lambda x, y: Perceptron.init(2).fit(x, y, epochs=40))(x, y)
    np.testing.assert_array_equal(jitted.weight, model.weight)
    assert full.mistakes.shape == (40,)
    assert int(full.mistakes.sum()) == int(history.mistakes.sum())
    rates = jnp.array([0.5, 1.0])
    many, _ = jax.vmap(lambda rate: Perceptron.init(2).fit(x, y, epochs=40, rate=rate))(rates)
    np.testing.assert_array_equal(many.weight[1], model.weight)
    assert model(x[0]).shape == ()
    assert model(x.reshape(3, 20, 2)).dtype == jnp.int32
    assert [leaf.dtype for leaf in jax.tree.leaves(model)] == [jnp.float32] * 2


def test_points_on_the_boundary():
    model = Perceptron(jnp.array([1.0]), jnp.array(0.0))
    assert model(jnp.array([[-1.0], [0.0], [1.0]])).tolist() == [-1, -1, 1]
    assert bool(model.learn(jnp.array([0.0]), -1)[1])  # answered right, and still a mistake: no margin


@pytest.mark.plain
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Perceptron.init(0), "Perceptron.init expects n_in"),
        (lambda: Perceptron.init(2)(jnp.ones((3, 4))), r"Perceptron expects .* \(..., 2\); got \(3, 4\)"),
        (
            lambda: Perceptron.init(2).fit(jnp.ones((3, 2)), jnp.array([0, 1, 1])),
            r"labels -1 or \+1; got 0. From 0 and 1",
        ),
        (lambda: Perceptron.init(2).fit(jnp.ones((3, 2)), jnp.ones((3, 1))), r"labels of shape \(3,\); got \(3, 1\)"),
        (lambda: Perceptron.init(2).fit(jnp.ones((3, 2)), jnp.ones(3, bool)), r"got bool. Convert with"),
        (lambda: Perceptron.init(2).fit(jnp.ones((3, 2)), jnp.ones(3), rate=-1), "expects rate .* above 0; got -1"),
        (lambda: Perceptron.init(2).fit(jnp.ones((3, 2)), jnp.ones(3), epochs=0), "expects epochs"),
        (lambda: Perceptron.init(2).fit(jnp.ones(2), jnp.ones(2)), r"got \(2,\)"),
        (lambda: Perceptron.init(2).fit(jnp.full((3, 2), jnp.nan), jnp.ones(3)), "without NaN"),
        (lambda: Perceptron.init(2).fit(jnp.full((3, 2), jnp.inf), jnp.ones(3)), "without infinities"),
        (lambda: Perceptron.init(2).fit(jnp.ones((0, 2)), jnp.ones(0)), "at least one"),
        (lambda: Perceptron.init(2).learn(jnp.ones((3, 2)), 1), r"one example, of shape \(2,\); got \(3, 2\)"),
        (lambda: Perceptron.init(2).learn(jnp.ones(2), 2), r"labels -1 or \+1; got 2"),
        (lambda: novikoff_bound(Perceptron.init(2), jnp.ones((3, 2)), jnp.ones(3)), "answers every example right"),
    ],
)
def test_errors(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


@pytest.mark.plain
@settings(max_examples=300, deadline=None)
@given(
    shape=st.lists(st.integers(0, 3), max_size=3),
    labels=st.lists(st.sampled_from([-1, 0, 1, 2, 0.5, float("nan")]), max_size=3),
)
def test_malformed_data_is_named(shape, labels):
    good = len(shape) == 2 and shape[1] == 2 and shape[0] == len(labels) > 0 and set(labels) <= {-1, 1}
    try:
        Perceptron.init(2).fit(np.ones(shape, np.float32), np.array(labels), epochs=2)
    except (TypeError, ValueError) as error:
        assert not good
        assert "Perceptron.fit expects" in str(error) or "Perceptron expects" in str(error)  # noqa: PT017
    else:
        assert good
