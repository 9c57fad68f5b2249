"""Stacked and Bidirectional: Flax's two directions, dropout between the layers only, states in and out."""

import dataclasses

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import GRU, LSTM, Bidirectional, Dropout, SimpleRNN, Stacked


def close(one, two):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), one, two)


def test_bidirectional_equals_flax(key):
    def flax_cell(layer):
        return {"i": {"kernel": layer.weight, "bias": layer.bias}, "h": {"kernel": layer.recurrent}}

    rnn = flax.linen.Bidirectional(flax.linen.RNN(flax.linen.SimpleCell(4)), flax.linen.RNN(flax.linen.SimpleCell(4)))

    @jax.jit
    def theirs(layer, x, lengths):
        cells = {"forward_rnn": layer.forward, "backward_rnn": layer.backward}
        params = {name: {"cell": flax_cell(cell)} for name, cell in cells.items()}
        return rnn.apply({"params": params}, x, seq_lengths=lengths)

    for seed in range(12):
        layer = Bidirectional.init(jax.random.key(seed), SimpleRNN, 3, 4)
        x = jax.random.normal(jax.random.key(100 + seed), (2, 5, 3))
        lengths = jnp.array([5, 1 + seed % 5])
        mask = jnp.arange(5) < lengths[:, None]
        h, _ = layer(x, mask=mask)
        expected = theirs(layer, x, lengths)
        close(jnp.where(mask[..., None], h, 0), jnp.where(mask[..., None], expected, 0))


def test_the_backward_half_reads_the_sequence_reversed(key):
    layer, x = Bidirectional.init(key, LSTM, 3, 4), jax.random.normal(key, (2, 5, 3))
    state = jax.tree.map(lambda part: part + 0.5, (layer.forward.start((2,)), layer.backward.start((2,))))
    h, (end, beginning) = layer(x, state)
    forward, forward_end = layer.forward(x, state[0])
    backward, backward_end = layer.backward(x[:, ::-1], state[1])
    close(h, jnp.concatenate([forward, backward[:, ::-1]], axis=-1))
    close((end, beginning), (forward_end, backward_end))
    assert jnp.abs(layer.forward.weight - layer.backward.weight).max() > 0.1


def test_stacked_is_one_layer_after_the_other(key):
    layer, x = Stacked.init(key, GRU, (3, 4, 5), dropout=0.5), jax.random.normal(key, (2, 6, 3))
    mask = jnp.array([[True] * 6, [True] * 4 + [False] * 2])
    states = (jnp.full((2, 4), 0.3), jnp.full((2, 5), -0.3))
    h, after = layer(x, states, train=False, mask=mask)
    low, first = layer.layers[0](x, states[0], mask=mask)
    high, second = layer.layers[1](low, states[1], mask=mask)
    close((h, after), (high, (first, second)))


def test_the_last_states_begin_the_next_piece(key):
    layer, x = Stacked.init(key, LSTM, (3, 4, 4)), jax.random.normal(key, (2, 6, 3))
    whole, end = layer(x, train=False)
    first, states = layer(x[:, :2], train=False)
    second, last = layer(x[:, 2:], states, train=False)
    close(jnp.concatenate([first, second], axis=1), whole)
    close(last, end)


def test_dropout_falls_between_layers_only(key):
    x = jax.random.normal(key, (4, 6, 3))
    two = Stacked.init(key, SimpleRNN, (3, 50, 4), dropout=0.5)
    low, _ = two.layers[0](x)
    # The upper layer shows its input as it comes: the identity and no recurrence.
    upper = SimpleRNN(jnp.eye(50), jnp.zeros((50, 50)), jnp.zeros(50), activation=jnp.negative)
    shown, states = dataclasses.replace(two, layers=(two.layers[0], upper))(x, train=True, key=jax.random.key(1))
    kept = shown != 0
    np.testing.assert_allclose(shown, jnp.where(kept, -2 * low, 0), rtol=1e-6)
    assert 0.4 < kept.mean() < 0.6
    assert not (kept[:, :1] == kept).all(), "a new mask at every time step"
    close(states[0], low[:, -1])  # nothing is dropped within a layer
    one = Stacked.init(key, SimpleRNN, (3, 4), dropout=0.5)  # nothing in between: no key is needed
    close(one(x, train=True), one(x, train=False))
    close(two(x, train=False), dataclasses.replace(two, dropout=Dropout(0))(x, train=True))
    three = Stacked.init(key, SimpleRNN, (3, 9, 9, 9), dropout=0.5)
    layers = (three.layers[0], *[SimpleRNN(jnp.eye(9), jnp.zeros((9, 9)), jnp.zeros(9), jnp.negative)] * 2)
    h, states = dataclasses.replace(three, layers=layers)(x, train=True, key=jax.random.key(1))
    assert 0.15 < (h != 0).mean() < 0.35, "each gap drops its own half"


def test_init_draws_widths_in_turn(key):
    layer = Stacked.init(key, LSTM, (3, 4, 5), bidirectional=True, forget_bias=2)
    assert [pair.n_in for pair in layer.layers] == [3, 8]
    assert layer.layers[1].backward.bias[5] == 2
    assert layer(jnp.ones((7, 3)), train=False)[0].shape == (7, 10)
    one, two = Stacked.init(key, GRU, (4, 4, 4)).layers
    assert jnp.abs(one.weight - two.weight).max() > 0.1


@pytest.mark.plain
def test_what_is_wrong_is_named(key):
    layer, x = Stacked.init(key, GRU, (3, 4, 5), dropout=0.5), jnp.ones((2, 6, 3))
    for call, sentence in [
        (lambda: layer(x, train=True), "Dropout expects a random key in training; got none"),
        (lambda: layer(x), "train"),
        (lambda: layer(x, train=1), "Stacked expects train to be True or False; got 1"),
        (lambda: layer(x, [None], train=False), "Stacked expects one state for each of its 2 layers; got 1"),
        (lambda: layer(x[..., :2], train=False), r"Stacked expects an input of shape \(_, 3\); got \(2, 6, 2\)"),
        (lambda: Bidirectional.init(key, GRU, 3, 4)(x[..., :2]), r"Bidirectional expects an input of shape \(_, 3\)"),
        (lambda: Stacked.init(key, GRU, (3,)), "Stacked.init expects sizes to be a sequence of at least 2"),
        (lambda: Stacked.init(3, GRU, (3, 4)), "Stacked.init expects one random key"),
        (lambda: Stacked.init(key, GRU, (3, 4), dropout=1), "Dropout expects rate to be a finite number"),
    ]:
        with pytest.raises((TypeError, ValueError), match=sentence):
            call()
