"""A loss asks for what it needs by naming it; anything else is told plainly."""

import functools

import jax.numpy as jnp
import pytest

from dlnotes.train.loss import read


def call(function, stats="old", train=True):
    return read(function).loss("model", "batch", stats, key="key", train=train)


def test_only_what_is_named_is_given():
    seen = {}

    def loss(model, batch, *, key, train):
        seen.update(model=model, batch=batch, key=key, train=train)
        return 1.0, {"accuracy": jnp.array(True)}

    value, (metrics, stats) = call(loss)
    assert seen == {"model": "model", "batch": "batch", "key": "key", "train": True}
    assert (float(value), float(metrics["accuracy"]), stats) == (1.0, 1.0, "old")
    assert metrics["accuracy"].dtype == value.dtype == jnp.float32


def test_every_form_of_loss():
    assert float(call(lambda model, batch: 2)[0]) == 2.0
    assert float(call(lambda model, batch, train: float(train), train=False)[0]) == 0.0
    assert call(lambda model, batch, *, stats: (1.0, {}, "new"))[1] == ({}, "new")
    assert read(functools.partial(lambda model, batch, *, weight, key: 0.0, weight=1.0)).asks == ("key",)
    assert read(lambda model, batch, *, scale=2.0: scale).asks == ()


@pytest.mark.plain
@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda model: 0.0, r"begin `def loss\(model, batch`; got \(model\)"),
        (lambda model, batch, *, rng: 0.0, "asks for 'rng', which training cannot give. It can ask for `key`"),
        ("mse", "expects loss to be a function"),
        (lambda model, batch: jnp.ones(3), r"one number; got an array of shape \(3,\). Take its mean"),
        (lambda model, batch: None, "one number; got a NoneType"),
        (lambda model, batch: (1.0, 2.0), "metrics as a dict"),
        (lambda model, batch: (1.0, {"a": jnp.ones(2)}), "the metric 'a' of this loss is expected to be one number"),
        (lambda model, batch: (1.0, {"loss": 1.0}), "recorded as 'loss' already"),
        (lambda model, batch: (1.0, {}, "new"), "To return stats, ask for them"),
        (lambda model, batch, stats: (1.0, {}), "Return the new stats too"),
        (lambda model, batch: (), "expected to return loss or"),
    ],
)
def test_mistakes_are_named(loss, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call(loss)
