"""fit: history, early stopping, interrupts, losses that are not finite, progress, curves."""

import functools
import os
import signal
import subprocess
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dlnotes.losses import cross_entropy
from dlnotes.optim import SGD, Adam
from dlnotes.train import NonFiniteLoss, fit
from dlnotes.train.interrupt import Interrupt
from dlnotes.train.live import Curves
from dlnotes.train.progress import Bar

RNG = np.random.default_rng(1)
X = RNG.normal(size=(50, 4)).astype(np.float32)
Y = (X @ np.array([1.0, -2.0, 0.5, 0.0], np.float32) + 0.1).astype(np.float32)


def make_model():
    return {"weight": jnp.zeros(4), "bias": jnp.zeros(())}


def loss(model, batch):
    error = batch.x @ model["weight"] + model["bias"] - batch.y
    return (error**2).mean(), {"error": jnp.abs(error).mean()}


def train(**options):
    settings = {
        "optimizer": Adam(0.05),
        "epochs": 4,
        "batch_size": 16,
        "key": jax.random.key(0),
        "progress": False,
    }
    return fit(make_model(), loss, (X, Y), **(settings | options))


def test_it_learns_and_tells_the_history():
    model = make_model()
    result = fit(
        model, loss, (X, Y), optimizer=Adam(0.05), epochs=60, batch_size=16, key=jax.random.key(0),
        progress=False, validation=(X[:9], Y[:9]), metrics={"worst": lambda model, batch: jnp.abs(batch.y).max()},
    )  # fmt: skip
    np.testing.assert_allclose(result.model["weight"], [1, -2, 0.5, 0], atol=0.02)
    assert list(result.history) == [
        "loss", "error", "worst", "validation_loss", "validation_error", "validation_worst", "seconds", "rate",
    ]  # fmt: skip
    assert all(values.shape == (60,) and values.dtype == np.float64 for values in result.history.values())
    expected = loss(result.model, type("Batch", (), {"x": X[:9], "y": Y[:9]}))[0]
    np.testing.assert_allclose(result.history["validation_loss"][-1], expected, rtol=1e-5)
    np.testing.assert_allclose(result.history["validation_worst"], np.abs(Y[:9]).max(), rtol=1e-6)
    assert result.history["loss"][-1] < result.history["loss"][0] / 50
    assert (result.stopped, int(result.state.step)) == ("epochs", 240)
    assert result.best_epoch == int(np.argmin(result.history["validation_loss"])) + 1
    assert float(model["bias"]) == 0.0  # the caller's model is still there, and untouched
    assert "60 epochs" in repr(result)


def test_same_key_same_bits_other_key_other_numbers():
    one, two, other = train(), train(), train(key=jax.random.key(1))
    assert (one.history["loss"] == two.history["loss"]).all()
    assert (one.model["weight"] == two.model["weight"]).all()
    assert (one.history["loss"] != other.history["loss"]).any()


@pytest.mark.parametrize("name", ["adam", "sgd", "lamb", "lion"])
def test_any_optax_optimizer_drops_in(name):
    with jax.numpy_dtype_promotion("standard"):  # optax mixes integers and floats
        result = train(optimizer=getattr(optax, name)(0.05), epochs=20)
        assert result.history["loss"][-1] < result.history["loss"][0] / 2
        if name == "adam":
            np.testing.assert_allclose(result.model["weight"], train(epochs=20).model["weight"], rtol=1e-4, atol=1e-5)


@functools.cache
def in_batches_of_seven():
    return train(batch_size=7)


@pytest.mark.parametrize("pace", [1, 3, 1000])
def test_however_an_epoch_is_cut_the_bits_are_the_same(monkeypatch, pace):
    from dlnotes.train import fit as module  # the function shadows its module in the package

    whole = in_batches_of_seven()
    run = sys.modules["dlnotes.train.fit"]._Training
    assert module is fit
    original = run._epoch

    def cut(self, *arguments):
        self.pace = pace
        return original(self, *arguments)

    monkeypatch.setattr(run, "_epoch", cut)
    again = train(batch_size=7)
    assert (whole.history["loss"] == again.history["loss"]).all()
    assert (whole.model["weight"] == again.model["weight"]).all()


def test_early_stopping_returns_the_best_weights():
    wrong = (X[:8], -Y[:8])  # learning the training set makes this one worse, sooner or later

    seen = []
    result = train(epochs=50, validation=wrong, patience=3, on_epoch=lambda so_far: seen.append(so_far))
    best = result.best_epoch
    assert result.stopped == "patience"
    assert len(result.history["loss"]) == best + 3 == len(seen)
    assert (result.model["weight"] == seen[best - 1].state.model["weight"]).all()
    assert (result.model["weight"] != result.state.model["weight"]).any()


def test_an_epoch_count_of_zero_gives_back_the_model():
    result = train(epochs=0)
    assert result.history["loss"].shape == (0,)
    assert (result.model["weight"] == 0).all()
    assert result.best_epoch == 0
    assert "0 epochs" in repr(result)


def test_ctrl_c_keeps_model_and_history():
    def interrupt(so_far):
        if len(so_far.history["loss"]) == 3:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    result = train(epochs=1000, on_epoch=interrupt)
    assert result.stopped == "interrupted"
    assert len(result.history["loss"]) == 3
    assert (result.model["weight"] == train(epochs=3).model["weight"]).all()
    assert signal.getsignal(signal.SIGINT) is before


def test_the_second_ctrl_c_is_thrown():
    with Interrupt() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)
        assert interrupt.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_a_loss_that_overflows_stops_with_the_last_good_model():
    with pytest.raises(NonFiniteLoss, match="learning rate ten times smaller") as caught:
        train(optimizer=SGD(1e6), epochs=10, batch_size=10)
    error = caught.value
    assert isinstance(error, FloatingPointError)
    assert f"at step {error.step} (epoch {error.epoch}, batch {error.step % 5 + 1} of 5)" in str(error)
    assert error.result.stopped == "not finite"
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(error.result.model))
    assert len(error.result.history["loss"]) == error.epoch - 1
    # the step it names is the first with a loss that is not finite
    model, optimizer = make_model(), SGD(1e6)
    from dlnotes.train import init_state, make_train_epoch

    state, train_epoch = init_state(model, optimizer, jax.random.key(0)), make_train_epoch(loss, optimizer, 10)
    for epoch in range(error.epoch):
        state, means = train_epoch(state, (X, Y), epoch)
    assert int(state.step) == error.step
    assert np.isnan(means["loss"])


def test_a_gradient_that_is_not_finite_is_named():
    def rooted(model, batch):  # the slope of sqrt at 0 is infinite, while its value is 0
        return jnp.sqrt(model["weight"] ** 2).sum() + model["bias"] * 0

    with pytest.raises(NonFiniteLoss, match=r"held it before this step: weight \(4 NaN of 4\)") as caught:
        fit(
            make_model(),
            rooted,
            X,
            optimizer=SGD(0.1),
            epochs=2,
            batch_size=10,
            key=jax.random.key(0),
            progress=False,
        )
    assert caught.value.step == 1
    assert caught.value.leaves[0] == "model.weight"
    assert (caught.value.result.model["weight"] == 0).all()

    def logged(model, batch):
        return jnp.log(model["weight"]).sum() + model["bias"] * 0

    with pytest.raises(NonFiniteLoss, match=r"-inf at step 0 .*the gradient is not: weight \(4 inf of 4\)"):
        fit(
            make_model(),
            logged,
            X,
            optimizer=SGD(0.1),
            epochs=2,
            batch_size=10,
            key=jax.random.key(0),
            progress=False,
        )


def test_the_losss_own_complaint_is_passed_on():
    def picky(model, batch):
        if not isinstance(batch.x, jax.core.Tracer):
            raise ValueError("labels in 0 … 9; got 11")
        return model["bias"] * jnp.nan

    with pytest.raises(NonFiniteLoss, match="outside jit, the loss says: labels in 0 … 9; got 11"):
        fit(
            make_model(),
            picky,
            (X, Y),
            optimizer=SGD(0.1),
            epochs=1,
            batch_size=10,
            key=jax.random.key(0),
            progress=False,
        )


@pytest.mark.plain
def test_labels_out_of_range_are_named_before_training():
    def classify(model, batch):
        return cross_entropy(batch.x @ model["weight"], batch.y)

    labels = np.arange(50, dtype=np.int32) % 3
    settings = {"optimizer": SGD(0.1), "epochs": 1, "batch_size": 10, "key": jax.random.key(0), "progress": False}
    model = {"weight": jnp.zeros((4, 3))}
    assert np.isfinite(fit(model, classify, (X, labels), **settings).history["loss"]).all()
    wrong = labels.copy()
    wrong[33] = 3
    with pytest.raises(ValueError, match=r"labels in 0 … 2; got 3"):
        fit(model, classify, (X, wrong), **settings)
    with pytest.raises(ValueError, match=r"labels in 0 … 2; got -1"):
        fit(model, classify, (X, labels), validation=(X, labels - 1), **settings)


@pytest.mark.plain
def test_labels_are_seen_even_if_the_loss_changes_them_first():
    def classify(model, batch):
        return cross_entropy(batch.x[:, None] @ model["weight"], batch.y[:, None] + 1)

    settings = {"optimizer": SGD(0.1), "epochs": 1, "batch_size": 10, "key": jax.random.key(0), "progress": False}
    with pytest.raises(ValueError, match=r"labels in 0 … 2; got 3"):
        fit({"weight": jnp.zeros((4, 3))}, classify, (X, np.arange(50, dtype=np.int32) % 3), **settings)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": -1}, "epochs"),
        ({"epochs": 1.5}, "epochs"),
        ({"batch_size": 51}, "at most the number of examples, 50; got 51"),
        ({"patience": 0}, "patience"),
        ({"optimizer": "adam"}, "expects an optimizer"),
        ({"key": 3}, "one random key"),
        ({"validation": (X, Y[:3])}, r"arrays of validation to have one length.*\(50, 4\), \(3,\)"),
        ({"metrics": {"error": loss}}, "two metrics named 'error'"),
        (
            {"metrics": {"worst": lambda model, batch: batch.y}, "validation": (X, Y)},
            "metric 'worst' is expected to be one",
        ),
        ({"metrics": {"worst": lambda model: 0.0}}, "metric 'worst' is expected to begin"),
        ({"devices": -1}, "devices"),
    ],
)
def test_mistakes_are_named(options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        train(**options)


def test_progress_in_a_terminal(capsys):
    train(progress=True)
    shown = capsys.readouterr().err
    assert "epoch 4 of 4: 100%" in shown
    assert "200/200" in shown
    assert "loss=" in shown
    bar = Bar(2, 10, 1, notebook=False)
    bar.forward(5)
    bar.close()
    assert "15.0/20.0" in capsys.readouterr().err


def test_nothing_of_a_notebook_is_imported_without_one():
    code = (
        "import sys, jax, jax.numpy as jnp, numpy as np\nbefore = set(sys.modules)\n"  # in Colab, JAX loads IPython
        "from dlnotes.optim import SGD\nfrom dlnotes.train import fit\n"
        "fit(jnp.ones(()), lambda m, b: ((m - b) ** 2).mean(), np.ones(8, np.float32), optimizer=SGD(0.1),"
        " epochs=1, batch_size=4, key=jax.random.key(0))\n"
        "print([m for m in ('IPython', 'ipywidgets', 'matplotlib', 'tqdm.notebook') if m in set(sys.modules) - before])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout == "[]\n", done.stderr


def test_the_curves_show_the_numbers():
    history = {"loss": [3.0, 2.0], "validation_loss": [4.0, 2.5], "accuracy": [0.1, 0.5], "seconds": [1.0, 1.0]}
    curves = Curves(5, list(history))
    assert curves.alt == "Training curves: loss and accuracy over 5 epochs, training and validation."
    pictures = [curves.draw({name: values[:n] for name, values in history.items()}) for n in (0, 1, 2, 2)]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert pictures[2] == pictures[3] != pictures[1]
    left, right = curves.figure.axes
    drawn = {line.get_label(): line.get_xydata().tolist() for ax in (left, right) for line in ax.get_lines()}
    assert drawn == {
        "training 2": [[1, 3.0], [2, 2.0]],
        "validation 2.5": [[1, 4.0], [2, 2.5]],
        "training 0.5": [[1, 0.1], [2, 0.5]],
    }
    assert left.get_xlim() == (1, 5)
    low, high = left.get_ylim()
    assert low < 2 < 4 < high
    assert Curves(1, ["loss", "seconds", "rate"]).alt == "Training curves: loss over 1 epochs."
