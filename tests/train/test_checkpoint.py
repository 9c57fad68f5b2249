"""Checkpoints: resumed to the bit, refused when they belong elsewhere, whole after a kill at any instant."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes import tree
from dlnotes.optim import Adam
from dlnotes.train import fit

X = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
Y = X.sum(1)


def make_model():
    return {"weight": jnp.zeros(4), "bias": jnp.zeros(())}


def loss(model, batch, *, key, train):
    x = batch.x + 0.1 * jax.random.normal(key, batch.x.shape) if train else batch.x
    error = x @ model["weight"] + model["bias"] - batch.y
    return (error**2).mean(), {"error": jnp.abs(error).mean()}


def train(checkpoint=None, model=None, data=(X, Y), **options):
    settings = {
        "optimizer": Adam(0.05), "epochs": 6, "batch_size": 10, "key": jax.random.key(0), "progress": False,
        "validation": (X[:9], Y[:9]), "patience": 50,
    }  # fmt: skip
    return fit(model or make_model(), loss, data, checkpoint=checkpoint, **(settings | options))


def bits(result):
    """Every bit of a result but the clock's."""
    kept = {name: values for name, values in result.history.items() if name not in ("seconds", "rate")}
    state = result.state._replace(key=jax.random.key_data(result.state.key))
    leaves = tree.named_leaves({"model": result.model, "state": state, "history": kept})
    return {name: np.asarray(leaf).tobytes() for name, leaf in leaves.items()} | {"best": result.best_epoch}


@pytest.mark.parametrize("patience", [50, None])
def test_three_epochs_stop_three_more_are_six_to_the_bit(tmp_path, patience):
    path = tmp_path / "run.safetensors"
    straight = train(patience=patience)
    half = train(path, epochs=3, patience=patience)
    assert bits(half) != bits(straight)
    resumed = train(path, patience=patience)
    assert bits(resumed) == bits(straight)
    assert resumed.history["seconds"][:3].tolist() == half.history["seconds"].tolist()
    assert bits(train(path, patience=patience)) == bits(straight)  # nothing left to do


def test_stopped_early_stays_stopped(tmp_path):
    path = tmp_path / "run.safetensors"
    options = {"patience": 2, "validation": (X[:9], -Y[:9]), "epochs": 40}
    first = train(path, **options)
    again = train(path, **options)
    assert first.stopped == again.stopped == "patience"
    assert bits(first) == bits(again) == bits(train(**options))


@pytest.fixture(scope="module")
def one_epoch(tmp_path_factory):
    path = tmp_path_factory.mktemp("checkpoint") / "run.safetensors"
    train(path, epochs=1)
    return path.read_bytes()


@pytest.mark.plain
@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"batch_size": 9}, "batch_size: 10 there, 9 here"),
        ({"optimizer": Adam(0.04)}, "optimizer"),
        (
            {"model": {"weight": jnp.zeros(4), "bias": jnp.zeros(1)}},
            r"model: .*bias float32\[\] there, bias float32\[1\]|model",
        ),
        ({"data": (X + 1, Y)}, "data"),
        ({"validation": None}, "validation"),
        ({"key": jax.random.key(1)}, "key"),
        ({"patience": None}, "best weights kept: True there, False here"),
        ({"metrics": {"worst": lambda model, batch: 0.0}}, "recorded"),
    ],
)
def test_another_training_is_refused(tmp_path, one_epoch, options, named):
    path = tmp_path / "run.safetensors"
    path.write_bytes(one_epoch)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=rf"checkpoint of another training.*Different: .*{named}.*Delete the file"):
        train(path, **options)
    assert path.read_bytes() == before


@pytest.mark.plain
def test_a_file_that_is_no_checkpoint_is_refused_and_kept(tmp_path):
    path = tmp_path / "model.safetensors"
    tree.save(path, make_model())
    with pytest.raises(ValueError, match="is not a checkpoint written by fit"):
        train(path)
    path.write_bytes(b"half a file")
    with pytest.raises(ValueError, match="not a safetensors file"):
        train(path)
    assert path.read_bytes() == b"half a file"


CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
from test_checkpoint import train
print("ready", flush=True)
train(sys.argv[2], epochs=1_000_000, patience=None)
"""


def test_a_kill_at_any_instant_leaves_a_good_checkpoint(tmp_path):
    path = tmp_path / "run.safetensors"
    draw, epochs = random.Random(0), [0]
    for _ in range(3):
        command = [sys.executable, "-c", CHILD, __file__.rpartition("/")[0], str(path)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE)
        child.stdout.readline()
        deadline = time.monotonic() + 60
        stamp = path.stat().st_mtime_ns if path.exists() else None
        while not path.exists() or path.stat().st_mtime_ns == stamp:  # until it writes
            assert time.monotonic() < deadline
            assert child.poll() is None
            time.sleep(0.002)
        time.sleep(draw.uniform(0.0, 0.15))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        epochs.append(len(json.loads(tree.metadata(path)["history"])["loss"]))
        assert epochs[-1] > epochs[-2]
    total = epochs[-1] + 2
    assert bits(train(path, epochs=total, patience=None)) == bits(train(epochs=total, patience=None))


def test_a_kill_between_writing_and_replacing_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "run.safetensors"
    half = train(path, epochs=2)

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        train(path)
    monkeypatch.undo()
    assert bits(train(path, epochs=2)) == bits(half)
    assert os.listdir(tmp_path) == ["run.safetensors"]
