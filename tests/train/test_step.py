"""One step and one epoch against the same computation written out, and eight devices against one."""

import os
import subprocess
import sys
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes.optim import SGD, Adam, Momentum
from dlnotes.train import (
    TrainState,
    init_state,
    make_eval_step,
    make_evaluate,
    make_train_epoch,
    make_train_step,
)
from dlnotes.train import order as orders
from dlnotes.train.order import shuffled
from dlnotes.train.step import SHUFFLE

RNG = np.random.default_rng(0)
X = RNG.normal(size=(37, 5)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int32)


def make_model():
    return {"w": jax.random.normal(jax.random.key(3), (5, 4)) * 0.5, "v": jnp.ones((4, 2)) * 0.1}


def loss(model, batch, *, key, train):
    hidden = jnp.tanh(batch.x @ model["w"])
    if train:
        hidden = hidden * jax.random.bernoulli(key, 0.8, hidden.shape).astype(hidden.dtype)
    logits = hidden @ model["v"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, batch.y).mean(), {
        "accuracy": (logits.argmax(-1) == batch.y).mean()
    }


def same(one, other, **tolerance):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, **({"rtol": 0, "atol": 0} | tolerance)), one, other)


class Pair(NamedTuple):
    x: object
    y: object


def by_hand(model, optimizer, batches, key):
    @jax.jit
    def one(model, opt_state, batch, key):
        value, grads = jax.value_and_grad(lambda m: loss(m, batch, key=key, train=True)[0])(model)
        updates, opt_state = optimizer.update(grads, opt_state, model)
        return optax.apply_updates(model, updates), opt_state, value

    opt_state, losses = optimizer.init(model), []
    for step, batch in enumerate(batches):
        model, opt_state, value = one(model, opt_state, batch, jax.random.fold_in(key, step))
        losses.append(float(value))
    return model, opt_state, losses


@pytest.mark.parametrize("optimizer", [Adam(1e-2), Momentum(0.1)])
def test_steps_equal_the_same_written_out(key, optimizer):
    batches = [Pair(X[i : i + 8], Y[i : i + 8]) for i in range(0, 32, 8)]
    model = make_model()
    state, step, losses = init_state(model, optimizer, key), make_train_step(loss, optimizer), []
    for batch in batches:
        state, metrics = step(state, batch)
        losses.append(float(metrics["loss"]))
    expected, opt_state, expected_losses = by_hand(model, optimizer, batches, key)
    same(state.model, expected, rtol=1e-5, atol=1e-6)
    same(state.opt_state, opt_state, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-5)
    assert int(state.step) == 4


def test_the_state_is_donated_but_never_the_callers_model(key):
    model, optimizer = make_model(), Adam(1e-2)
    state = init_state(model, optimizer, key)
    make_train_step(loss, optimizer)(state, Pair(X, Y))
    assert state.model["w"].is_deleted()
    assert not model["w"].is_deleted()
    assert float(jax.random.uniform(key)) >= 0  # the key too is still ours


@pytest.mark.parametrize("batch_size", [8, 37, 1])
def test_an_epoch_is_its_steps_the_smaller_last_batch_too(key, batch_size):
    optimizer, model = Adam(1e-2), make_model()
    train_epoch = make_train_epoch(loss, optimizer, batch_size)
    state, means = train_epoch(init_state(model, optimizer, key), (X, Y), 2)
    order = np.asarray(shuffled(key, 2, 37))
    assert sorted(order.tolist()) == list(range(37))
    chosen = [order[i : i + batch_size] for i in range(0, 37, batch_size)]
    expected, opt_state, losses = by_hand(model, optimizer, [Pair(X[c], Y[c]) for c in chosen], key)
    same(state.model, expected, rtol=1e-4, atol=1e-5)
    same(state.opt_state, opt_state, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(means["loss"], np.average(losses, weights=[len(c) for c in chosen]), rtol=1e-5)
    assert int(state.step) == len(chosen)


@pytest.mark.parametrize("n", [1, 2, 37, 5_000, 70_000])
def test_the_order_is_the_permutation_of_jax(key, n):
    own = jax.random.fold_in(jax.random.fold_in(key, SHUFFLE), 3)
    assert (np.asarray(shuffled(key, 3, n)) == np.asarray(jax.random.permutation(own, n))).all()


def test_equal_draws_keep_their_order(key, monkeypatch):
    monkeypatch.setattr(orders, "_draws", lambda *_: [np.array([2, 1, 2, 1, 0], np.uint32)])
    assert shuffled(key, 0, 5).tolist() == [4, 1, 3, 0, 2]


def test_epochs_are_shuffled_differently_and_repeatably(key):
    orders = [np.asarray(shuffled(key, epoch, 100)) for epoch in (0, 1, 0)]
    assert (orders[0] == orders[2]).all()
    assert (orders[0] != orders[1]).any()


def test_evaluation_does_not_train_and_equals_the_whole_at_once(key):
    state = init_state(make_model(), SGD(0.1), key)
    means = make_evaluate(loss, 8, metrics={"size": lambda model, batch: jnp.abs(batch.x).mean()})(state, (X, Y))
    whole, beside = loss(state.model, Pair(X, Y), key=key, train=False)
    np.testing.assert_allclose(
        [means["loss"], means["accuracy"], means["size"]], [whole, beside["accuracy"], np.abs(X).mean()], rtol=1e-6
    )
    metrics = make_eval_step(loss)(state, Pair(X, Y))
    np.testing.assert_allclose(metrics["loss"], whole, rtol=1e-6)
    assert not state.model["w"].is_deleted()


def test_stats_are_carried_and_checked(key):
    def counting(model, batch, *, stats, train):
        return (model * batch).sum(), {}, {"seen": stats["seen"] + int(train)}

    state = init_state(jnp.ones(()), SGD(0.0), key, stats={"seen": jnp.zeros((), jnp.int32)})
    state, _ = make_train_epoch(counting, SGD(0.0), 4)(state, np.ones(10, np.float32), 0)
    assert int(state.stats["seen"]) == 3

    def growing(model, batch, *, stats):
        return model.sum(), {}, {"seen": jnp.ones(2)}

    with pytest.raises(
        TypeError, match=r"stats returned by the loss must keep .* seen from \(\(\), .*int32.* to \(\(2,\)"
    ):
        make_train_step(growing, SGD(0.0))(init_state(jnp.ones(()), SGD(0.0), key, state.stats), 0.0)


@pytest.mark.plain
def test_mistakes_are_named(key):
    with pytest.raises(TypeError, match="expects an optimizer with init"):
        make_train_step(loss, 0.1)
    with pytest.raises(TypeError, match="leaves are all floating-point"):
        init_state({"w": jnp.ones(2, jnp.int32)}, SGD(0.1), key)
    with pytest.raises(TypeError, match="one random key"):
        init_state(make_model(), SGD(0.1), 0)
    with pytest.raises(ValueError, match="batch_size to be at most the number of examples, 37; got 38"):
        make_train_epoch(loss, SGD(0.1), 38)(init_state(make_model(), SGD(0.1), key), (X, Y), 0)
    for bad in (0, -1, 2.0, True, "8", None):
        with pytest.raises((TypeError, ValueError), match="batch_size"):
            make_train_epoch(loss, SGD(0.1), bad)
    with pytest.raises(ValueError, match="devices"):
        make_train_epoch(loss, SGD(0.1), 8, devices=10_000)


@pytest.mark.plain
@settings(max_examples=200, deadline=None)
@given(n=st.integers(0, 5), m=st.integers(0, 5), bad=st.sampled_from([None, np.nan, np.inf, "text"]))
def test_malformed_data_are_named(n, m, bad):
    from dlnotes.train.batch import as_examples

    x, y = np.zeros((n, 2), np.float32), np.zeros(m, np.int32)
    if bad == "text":
        x = x.astype(str)
    elif bad is not None and n:
        x[-1, -1] = bad
    if n == m > 0 and bad is None:
        assert as_examples("fit", (x, y)).x.shape == (n, 2)
    else:
        with pytest.raises((TypeError, ValueError), match="fit expects"):
            as_examples("fit", (x, y))


EIGHT_DEVICES = """
import jax, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from dlnotes.optim import Adam
from test_step import X, Y, loss, make_model
from dlnotes.train import fit, init_state, make_train_epoch
assert len(jax.devices()) == 8
results = []
train_epoch = make_train_epoch(loss, Adam(1e-2), 8, devices=8)
state = init_state(make_model(), Adam(1e-2), jax.random.key(0))
for epoch in range(3):
    state, means = train_epoch(state, (X, Y), epoch)
    jax.block_until_ready(state)
for devices in (None, 8):
    options = dict(optimizer=Adam(1e-2), epochs=3, batch_size=8, key=jax.random.key(0), progress=False)
    result = fit(make_model(), loss, (X, Y), validation=(X, Y), devices=devices, **options)
    results.append((result.model, result.history["loss"], result.history["validation_loss"]))
    assert len(result.model["w"].devices()) == 1
one, eight = results
jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), one, eight)
jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), one[0], state.model)
try:
    make_train_epoch(loss, Adam(1e-2), 12, devices=8)
except ValueError as error:
    assert "multiple of the number of devices, 8; got 12" in str(error)
print("equal", len(state.model["w"].devices()))
"""


def test_eight_devices_equal_one():
    env = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", EIGHT_DEVICES, os.path.dirname(__file__)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert done.stdout == "equal 8\n", done.stderr[-3000:]


def test_state_is_a_plain_tree(key):
    state = init_state(make_model(), Adam(1e-2), key)
    assert isinstance(state, TrainState)
    assert state._fields == ("model", "stats", "opt_state", "key", "step")
