"""The playground, driven without a browser: by Python and by the messages a page sends."""

import io

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from PIL import Image

from dlnotes.widgets import _playground_net as net
from dlnotes.widgets._playground_data import CLASSIFICATION, DATASETS, points
from dlnotes.widgets.playground import Playground


@pytest.fixture(scope="module")
def shared():
    return Playground()


def fresh(playground, **settings):
    playground.settings = {name: control.default for name, control in playground.controls.items()} | settings
    return playground


def test_same_settings_same_numbers_however_the_steps_are_cut(shared):
    p = fresh(shared, dropout=0.2, seed=3)
    p.step(77)
    once, losses, weights = p.numbers(), p.losses, p.weights
    saved = p.settings
    fresh(p, dataset="xor", learning_rate=1.0).step(5)
    p.settings = saved
    for n in (1, 30, 0, 46):
        p.step(n)
    assert p.numbers() == once
    for (w, b), (w2, b2) in zip(weights, p.weights, strict=True):
        np.testing.assert_array_equal(w, w2)
        np.testing.assert_array_equal(b, b2)
    for name in losses:
        np.testing.assert_array_equal(losses[name], p.losses[name])
    assert losses["epoch"].tolist() == [0, 1, 2, 3]  # 250 points in batches of 10: 25 steps an epoch
    assert once["epoch"] == pytest.approx(77 / 25)
    assert not np.array_equal(weights[0][0], fresh(p, seed=4).weights[0][0])


def test_it_learns(shared):
    p = fresh(shared, optimizer="Adam", learning_rate=0.03)
    before = p.numbers()
    p.step(600)
    after = p.numbers()
    assert after["test_accuracy"] > 0.97
    assert after["test_loss"] < 0.2 < before["test_loss"]
    assert p.losses["test"][-1] == pytest.approx(after["test_loss"], rel=1e-4)


def forward(x, layers):
    """Plain NumPy, apart from the package: tanh layers, then a logit."""
    for weight, bias in layers[:-1]:
        x = np.tanh(x @ weight + bias)
    return (x @ layers[-1][0] + layers[-1][1])[:, 0]


def test_losses_and_maps_equal_a_plain_numpy_network(shared):
    p = fresh(shared, noise=1.0)
    p.step(40)
    x, y = points("circles", net.N_POINTS, 1.0, 0)
    z, n = forward(x, p.weights), 250
    each = np.asarray(optax.sigmoid_binary_cross_entropy(jnp.asarray(z), jnp.asarray(y)))
    now = p.numbers()
    assert now["train_loss"] == pytest.approx(each[:n].mean(), rel=1e-5)
    assert now["test_loss"] == pytest.approx(each[n:].mean(), rel=1e-5)
    assert now["test_accuracy"] == pytest.approx(((z > 0) == (y > 0.5))[n:].mean())
    reply, (units, output, flat, rows, cloud) = p.answer({"steps": 0, "run": 0, "rows": 0}, [])
    side = (np.arange(net.GRID) + 0.5) / net.GRID * 12 - 6
    where = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2).astype(np.float32)
    np.testing.assert_allclose(output.ravel(), np.tanh(forward(where, p.weights) / 2), atol=2e-5)
    first = np.tanh(where @ p.weights[0][0] + p.weights[0][1])[:, 0].reshape(50, 2, 50, 2).mean((1, 3))
    np.testing.assert_allclose(units[0], first, atol=2e-5)
    assert units.shape == (6, 50, 50)
    assert cloud.shape == (500, 3)
    assert flat.size == reply["parameters"] == 25
    assert rows.shape == (2, 3)


@pytest.mark.parametrize("optimizer", net.OPTIMIZERS)
def test_one_full_batch_step_is_optax_on_the_same_gradient(shared, optimizer):
    # A linear network without bends: the gradient of the mean loss is X^T (sigmoid(z) - y) / n, plus the L2 term.
    p = fresh(shared, hidden=[], optimizer=optimizer, l2=0.1, train_share=0.2, batch_size=100, learning_rate=0.05)
    (w, b), (x, y) = p.weights[0], points("circles", net.N_POINTS, 0.3, 0)
    params = {"w": jnp.asarray(w), "b": jnp.asarray(b)}
    rate = 0.05
    peer = {
        "SGD": lambda: optax.sgd(rate),
        "Momentum": lambda: optax.sgd(rate, momentum=0.9),
        "Nesterov": lambda: optax.sgd(rate, momentum=0.9, nesterov=True),
        "Adam": lambda: optax.adam(rate),
        "AdamW": lambda: optax.adamw(rate, weight_decay=0.1, mask={"w": True, "b": False}),
    }.get(optimizer)
    p.step(3)
    assert p.numbers()["step"] == p.numbers()["epoch"] == 3
    if peer is None:  # conventions of AdaGrad and RMSProp differ in their start: see the optimizers' own tests
        assert not np.array_equal(p.weights[0][0], w)
        return
    rule = peer()
    state = rule.init(params)
    x, y = x[:100], y[:100]
    for _ in range(3):
        z = x @ np.asarray(params["w"])[:, 0] + float(params["b"][0])
        slope = (1 / (1 + np.exp(-z)) - y) / 100
        decay = 0.0 if optimizer == "AdamW" else 0.1
        grads = {"w": jnp.asarray(x.T @ slope)[:, None] + decay * params["w"], "b": jnp.asarray([slope.sum()])}
        grads = {name: jnp.asarray(g, jnp.float32) for name, g in grads.items()}
        with jax.numpy_dtype_promotion("standard"):
            moves, state = rule.update(grads, state, params)
        params = optax.apply_updates(params, moves)
    np.testing.assert_allclose(p.weights[0][0], params["w"], atol=2e-6)
    np.testing.assert_allclose(p.weights[0][1], params["b"], atol=2e-6)


def test_sliders_compile_nothing_and_regularisation_does_what_it_says(shared):
    p = fresh(shared)
    p.step(50)
    compiled = net._run._cache_size(), net.view._cache_size()
    sizes = {}
    for name, value in {
        "l1": 0.05,
        "l2": 0.1,
        "dropout": 0.5,
        "batch_size": 37,
        "learning_rate": 0.01,
        "noise": 1.0,
    }.items():
        fresh(p, **{name: value}).step(300)
        sizes[name] = sum(np.abs(w).sum() for w, _ in p.weights)
    fresh(p, train_share=0.9).step(300)
    assert p.numbers()["epoch"] == pytest.approx(300 / 45, abs=1e-3)
    fresh(p).step(300)
    plain = sum(np.abs(w).sum() for w, _ in p.weights)
    assert sizes["l1"] < 0.7 * plain
    assert sizes["l2"] < 0.8 * plain
    assert (net._run._cache_size(), net.view._cache_size()) == compiled


def test_a_batch_is_the_next_rows_of_a_shuffled_pass(shared):
    p = fresh(shared, hidden=[], batch_size=10, learning_rate=0.05)
    (w, b), (x, y) = p.weights[0], points("circles", net.N_POINTS, 0.3, 0)
    seen = []
    for step in range(25):
        p.step(1)
        rows = np.asarray(p._training.order)[10 * step : 10 * step + 10]
        seen += rows.tolist()
        slope = (1 / (1 + np.exp(-(x[rows] @ w + b)[:, 0])) - y[rows]) / 10
        w, b = w - 0.05 * (x[rows].T @ slope)[:, None], b - 0.05 * slope.sum()
    np.testing.assert_allclose(p.weights[0][0], w, atol=5e-6)
    np.testing.assert_allclose(p.weights[0][1], b, atol=5e-6)
    assert sorted(seen) == list(range(250))
    assert seen != sorted(seen)
    p.step(1)
    assert sorted(np.asarray(p._training.order)[:250]) == sorted(seen)
    assert np.asarray(p._training.order)[:250].tolist() != seen


def test_dropout_silences_a_share_and_keeps_the_mean(key):
    plan = net.Plan((8,), ("x1", "x2"), "tanh", "SGD", False)
    layers, x = net.start(key, plan).layers, jnp.ones((4000, 2))
    plain, dropped = (net.forward(layers, x, plan, 0.3, k)[0] for k in (None, key))
    assert float((dropped == 0).mean()) == pytest.approx(0.3, abs=0.01)
    np.testing.assert_allclose(dropped.mean(0), plain.mean(0), atol=0.05)


def test_divergence_is_a_message_and_not_an_exception(shared):
    p = fresh(shared, dataset="plane", hidden=[], learning_rate=10.0)
    p.step(2000)
    now = p.numbers()
    assert 1 < now["diverged"] < 2000
    assert now["step"] == now["diverged"]
    assert "Lower the learning rate" in p.message
    assert p.message in p.alt
    reply, _ = p.answer({"steps": 10, "run": 0, "rows": 0}, [])
    assert reply["message"] == p.message
    assert reply["step"] == now["step"]
    assert all(np.isfinite(value) for value in reply.values() if isinstance(value, float))
    assert p.fallback()[:4] == b"\x89PNG"
    p.settings = {"learning_rate": 0.01}
    p.step(10)
    assert p.message == ""


def test_edited_weights_stay_and_training_goes_on_from_them(shared):
    p = fresh(shared)
    p.set_weight(0, 1, 2, 3.5)
    p.set_bias(2, 0, -1.25)
    assert p.weights[0][0][1, 2] == 3.5
    assert p.weights[2][1][0] == -1.25
    reply, _ = p.answer(
        {"steps": 1, "run": 0, "rows": 0, "edit": {"layer": 0, "unit": 0, "source": 0, "value": 2.0}}, []
    )
    assert reply["step"] == 1
    assert 1.9 < p.weights[0][0][0, 0] < 2.1
    assert 3.4 < p.weights[0][0][1, 2] < 3.6
    p.reset()
    assert p.weights[0][0][1, 2] != 3.5
    assert p.numbers()["step"] == 0


def test_what_the_page_does(shared):
    p = fresh(shared)
    reply, arrays = p.answer({"steps": 30, "run": -1, "rows": 0}, [])
    assert (reply["step"], reply["hidden"], len(arrays[3]), arrays[4].size) == (30, [4, 2], 2, 1500)
    reply, arrays = p.answer({"epoch": True, "run": reply["run"], "rows": 2}, [])
    assert (reply["step"], reply["epoch"], arrays[3].tolist()[0][0], arrays[4].size) == (50, 2.0, 2.0, 0)
    reply, _ = p.answer({"steps": 0, "run": reply["run"], "rows": 3, "changes": {"hidden": [3, 3], "l2": 0.01}}, [])
    assert (reply["step"], reply["hidden"], p.settings["l2"]) == (0, [3, 3], 0.01)
    p.view.hidden = [1]  # then the synced setting arrives, and it is newer
    assert p.settings["hidden"] == [1]
    reply, _ = p.answer({"steps": 3, "run": reply["run"], "rows": 1}, [])
    reply, _ = p.answer({"steps": 0, "reset": True, "run": reply["run"], "rows": 1}, [])
    assert (reply["step"], reply["hidden"]) == (0, [1])


def test_every_control_through_its_range(shared):
    for name, control in shared.controls.items():
        hidden = [] if name in ("dataset", "optimizer") else [1]  # each of their values is a program of its own
        for value in control.values if control.kind != "data" else ():
            fresh(shared, **{"hidden": hidden, name: value}).step(2)
            assert shared.settings[name] == value
            assert np.isfinite(shared.numbers()["train_loss"])
    assert fresh(shared, hidden=[8] * 5, features=list(net.FEATURES)).weights[0][0].shape == (7, 8)
    shared.step(2)
    assert np.isfinite(shared.numbers()["train_loss"])
    assert fresh(shared, features=["sin x2", "x1"]).settings["features"] == ["x1", "sin x2"]


def test_pictures_and_words(shared):
    p = fresh(shared, dataset="spirals")
    p.step(20)
    assert "2-4-2-1" in p.alt
    assert "After 20 steps" in p.alt
    assert p._repr_mimebundle_()[0]["text/plain"] == p.alt
    picture = np.asarray(Image.open(io.BytesIO(p.fallback())))
    assert picture.shape == (400, 760, 3)
    assert picture.std() > 20


@pytest.mark.plain
@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"dataset": "moon"}, ValueError, "Did you mean 'moons'"),
        ({"learning_rate": -1}, ValueError, "learning_rate"),
        ({"learning_rate": float("nan")}, ValueError, "learning_rate"),
        ({"hidden": [4, 9]}, ValueError, r"hidden\[1\]"),
        ({"hidden": [1] * 6}, ValueError, "at most 5"),
        ({"hidden": [2.0]}, TypeError, "integer"),
        ({"hidden": "44"}, ValueError, "hidden"),
        ({"features": []}, ValueError, "at least one"),
        ({"features": ["x3"]}, ValueError, "features"),
        ({"layers": [4]}, ValueError, "no setting 'layers'"),
        ({"discretise": 1}, TypeError, "True or False"),
    ],
)
def test_malformed_settings(shared, settings, error, says):
    kept = shared.settings
    with pytest.raises(error, match=says):
        shared.settings = settings
    assert shared.settings == kept


@pytest.mark.plain
def test_malformed_calls(shared):
    p = fresh(shared)
    for call, error, says in (
        (lambda: p.step(-1), ValueError, "at least 0"),
        (lambda: p.step(1.5), TypeError, "integer"),
        (lambda: p.set_weight(3, 0, 0, 1.0), ValueError, "layer"),
        (lambda: p.set_weight(0, 2, 0, 1.0), ValueError, "source"),
        (lambda: p.set_bias(0, 4, 1.0), ValueError, "unit"),
        (lambda: p.set_bias(0, 0, float("inf")), ValueError, "finite"),
    ):
        with pytest.raises(error, match=says):
            call()


@pytest.mark.parametrize("name", DATASETS)
def test_points(name):
    x, y = points(name, 500, 0.3, 1)
    again, _ = points(name, 500, 0.3, 1)
    np.testing.assert_array_equal(x, again)
    assert (x.shape, y.shape, x.dtype, y.dtype) == ((500, 2), (500,), np.float32, np.float32)
    assert np.abs(x).max() <= 6
    if name in CLASSIFICATION:
        assert set(y) == {0.0, 1.0}
        assert 0.4 < y[:250].mean() < 0.6
    else:
        assert np.abs(y).max() <= 1
