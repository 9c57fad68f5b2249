"""SimpleRNN, LSTM and GRU: Flax's numbers, the formula step by step, and padding that changes nothing."""

import dataclasses

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.activations import relu
from dlnotes.layers import GRU, LSTM, LSTMState, SimpleRNN
from dlnotes.layers.recurrent import Recurrent

KINDS = {"SimpleRNN": SimpleRNN, "LSTM": LSTM, "GRU": GRU}
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
BATCH, TIME, N_IN, N = 3, 6, 4, 5


def noisy(layer, seed):
    """The same layer with every number drawn anew, biases too."""
    rng = np.random.default_rng(seed)
    return jax.tree.map(lambda p: jnp.asarray(rng.normal(size=p.shape) / 2, p.dtype), layer)


def close(one, two, atol=1e-6):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=atol), one, two)


def random_state(layer, seed):
    return noisy(layer.start((BATCH,)), seed + 100)


def gates(layer, names, start, bias):
    """A dlnotes matrix cut into Flax's dense layers."""
    matrix = getattr(layer, start)
    parts = jnp.split(matrix, len(names), axis=1)
    biases = jnp.split(layer.bias, len(names))
    return {n: {"kernel": w, **({"bias": b} if bias else {})} for n, w, b in zip(names, parts, biases, strict=True)}


def as_flax(layer):
    if isinstance(layer, SimpleRNN):
        return flax.linen.SimpleCell(N), gates(layer, ["i"], "weight", True) | {"h": {"kernel": layer.recurrent}}
    if isinstance(layer, LSTM):
        from_x = gates(layer, ["ii", "if", "ig", "io"], "weight", False)
        return flax.linen.LSTMCell(N), from_x | gates(layer, ["hi", "hf", "hg", "ho"], "recurrent", True)
    params = gates(layer, ["ir", "iz", "in"], "weight", True) | gates(layer, ["hr", "hz", "hn"], "recurrent", False)
    params["hn"]["bias"] = layer.recurrent_bias
    return flax.linen.GRUCell(N), params


def carry(state):
    return (state.cell, state.hidden) if isinstance(state, LSTMState) else state


def score(outputs, state, pull):
    return jnp.vdot(outputs, pull) + sum(jnp.sin(part).sum() for part in jax.tree.leaves(state))


@each_kind
@pytest.mark.parametrize("reverse", [False, True])
def test_equals_flax(kind, reverse, key):
    """A dozen draws, each with its own lengths and starting state: values and gradients within 1e-5."""

    @jax.jit
    def ours(layer, x, state, lengths, pull):
        def loss(layer, x, state):
            h, last = layer(x, state, mask=jnp.arange(TIME) < lengths[:, None], reverse=reverse)
            real = (jnp.arange(TIME) < lengths[:, None])[..., None]
            return score(jnp.where(real, h, 0), last, pull), (h, last)

        return jax.value_and_grad(loss, argnums=(0, 1, 2), has_aux=True)(layer, x, state)

    @jax.jit
    def theirs(layer, x, state, lengths, pull):
        def loss(layer, x, state):
            cell, params = as_flax(layer)
            rnn = flax.linen.RNN(cell, return_carry=True, reverse=reverse, keep_order=True)
            last, h = rnn.apply({"params": {"cell": params}}, x, initial_carry=carry(state), seq_lengths=lengths)
            real = (jnp.arange(TIME) < lengths[:, None])[..., None]
            return score(jnp.where(real, h, 0), last, pull), (h, last)

        return jax.value_and_grad(loss, argnums=(0, 1, 2), has_aux=True)(layer, x, state)

    for seed in range(12):
        rng = np.random.default_rng(seed)
        layer = noisy(kind.init(key, N_IN, N), seed)
        x, pull = (jnp.asarray(rng.normal(size=(BATCH, TIME, n)), jnp.float32) for n in (N_IN, N))
        lengths = jnp.asarray(rng.integers(1, TIME + 1, BATCH))
        arguments = (layer, x, random_state(layer, seed), lengths, pull)
        (our_loss, (h, last)), our_slopes = ours(*arguments)
        (their_loss, (their_h, their_last)), their_slopes = theirs(*arguments)
        np.testing.assert_allclose(our_loss, their_loss, rtol=1e-5, atol=1e-5)
        real = (jnp.arange(TIME) < lengths[:, None])[..., None]
        np.testing.assert_allclose(jnp.where(real, h - their_h, 0), 0, atol=1e-6)
        close(carry(last), their_last)
        close(our_slopes, their_slopes, 1e-5)


def numpy_step(layer, h, x):
    """The GRU of Cho et al. 2014, the reset gate before the product, written from the paper."""
    w, u, b = (np.asarray(part, np.float64) for part in (layer.weight, layer.recurrent, layer.bias))
    logistic = lambda v: 1 / (1 + np.exp(-v))  # noqa: E731
    r = logistic(x @ w[:, :N] + h @ u[:, :N] + b[:N])
    z = logistic(x @ w[:, N : 2 * N] + h @ u[:, N : 2 * N] + b[N : 2 * N])
    new = np.tanh(x @ w[:, 2 * N :] + (r * h) @ u[:, 2 * N :] + b[2 * N :] + np.asarray(layer.recurrent_bias))
    return z * h + (1 - z) * new


def test_gru_with_the_reset_gate_before(key):
    for seed in range(12):
        layer = noisy(GRU.init(key, N_IN, N, reset_after=False), seed)
        x = np.random.default_rng(seed).normal(size=(BATCH, TIME, N_IN)).astype("float32")
        h, expected = layer(jnp.asarray(x))[0], np.zeros((BATCH, N))
        for t in range(TIME):
            expected = numpy_step(layer, expected, x[:, t])
            np.testing.assert_allclose(h[:, t], expected, rtol=1e-5, atol=1e-6)
        after = dataclasses.replace(layer, reset_after=True)
        assert jnp.abs(after(jnp.asarray(x))[0] - h).max() > 1e-3, "the two are different layers"
        opened = jnp.where(jnp.arange(3 * N) < N, 100.0, layer.bias)  # r = 1: then they are the same
        layer, after = (dataclasses.replace(one, bias=opened) for one in (layer, after))
        np.testing.assert_allclose(layer(jnp.asarray(x))[0], after(jnp.asarray(x))[0], rtol=1e-5, atol=1e-6)


@each_kind
def test_the_call_is_the_step_repeated(kind, key):
    layer, x = noisy(kind.init(key, N_IN, N), 0), jax.random.normal(key, (BATCH, TIME, N_IN))
    h, last = layer(x)
    state = layer.start((BATCH,))
    for t in range(TIME):
        state = layer.step(state, x[:, t] @ layer.weight + layer.bias)
        np.testing.assert_allclose(h[:, t], layer.hidden(state), rtol=1e-5, atol=1e-6)
    close(last, state)


@each_kind
def test_a_sequence_in_two_pieces(kind, key):
    layer, x = noisy(kind.init(key, N_IN, N), 1), jax.random.normal(key, (BATCH, TIME, N_IN))
    whole, last = layer(x)
    first, state = layer(x[:, :2])
    second, end = layer(x[:, 2:], state)
    np.testing.assert_allclose(jnp.concatenate([first, second], 1), whole, rtol=1e-5, atol=1e-6)
    close(end, last)


@each_kind
def test_padding_changes_nothing(kind, key):
    """Neither how much there is, nor what it holds, nor where it stands; the state waits, and is given out again."""
    layer, x = noisy(kind.init(key, N_IN, N), 2), jax.random.normal(key, (TIME, N_IN))
    state = jax.tree.map(lambda part: part[0], random_state(layer, 2))
    plain, last = layer(x, state)
    steps = np.array([0, 9, 1, 2, 9, 9, 3, 4, 5, 9])  # 9 is padding: before, between and after
    mask = jnp.asarray(steps != 9)
    for rubbish in (0.0, -7.0, jnp.inf):
        padded = jnp.where(mask[:, None], x[jnp.minimum(steps, TIME - 1)], rubbish)
        h, end = layer(padded, state, mask=mask)
        close((h[np.flatnonzero(mask)], end), (plain, last))
        np.testing.assert_array_equal(h[jnp.array([1, 4, 5, 9])], h[jnp.array([0, 3, 3, 8])])
        backwards, end = layer(padded, state, mask=mask, reverse=True)
        expected, expected_end = layer(x[::-1], state)
        close((backwards[np.flatnonzero(mask)], end), (expected[::-1], expected_end))
        np.testing.assert_array_equal(backwards[9], layer.hidden(state))

    def loss(layer, x, mask):
        return (layer(x, mask=mask)[0][-1] ** 2).sum()

    short = jax.grad(loss)(layer, x, None)
    slopes, into = jax.grad(loss, argnums=(0, 1))(layer, padded, mask)
    close(slopes, short, 1e-5)
    assert not into[~mask].any()
    assert into[0].any()


def test_init(key):
    for layer, n_gates in ((SimpleRNN.init(key, 3, 8), 1), (GRU.init(key, 3, 8), 3), (LSTM.init(key, 3, 8), 4)):
        squares = jnp.split(layer.recurrent, n_gates, axis=1)
        for square in squares:
            np.testing.assert_allclose(square.T @ square, jnp.eye(8), atol=1e-5)
        assert n_gates == 1 or jnp.abs(squares[0] - squares[1]).max() > 0.1
        assert (layer.n_in, layer.n_hidden, layer.weight.shape) == (3, 8, (3, 8 * n_gates))
        assert layer.weight.std() > 0.1
    np.testing.assert_array_equal(layer.bias, [0] * 8 + [1] * 8 + [0] * 16)
    assert not LSTM.init(key, 3, 8, forget_bias=0).bias.any()
    np.testing.assert_allclose(LSTM.init(key, 3, 2, forget_bias=2.5).bias, [0, 0, 2.5, 2.5, 0, 0, 0, 0])
    assert SimpleRNN.init(key, 3, 8, activation=relu).activation is relu


def test_the_forget_gate_keeps_the_cell(key):
    layer = LSTM.init(key, 3, 4, forget_bias=100)
    layer = dataclasses.replace(layer, bias=layer.bias.at[:4].set(-100))  # and the input gate is closed
    state = LSTMState(jnp.zeros(4), jnp.array([1.0, -2.0, 3.0, 0.5]))
    np.testing.assert_array_equal(layer(jax.random.normal(key, (50, 3)), state)[1].cell, state.cell)


def test_a_plain_pair_is_a_state_too(key):
    layer, x = LSTM.init(key, N_IN, N), jax.random.normal(key, (BATCH, TIME, N_IN))
    state = random_state(layer, 3)
    _, last = layer(x, tuple(state))
    assert isinstance(last, LSTMState)
    close(last, layer(x, state)[1])


def test_another_activation(key):
    layer, x = SimpleRNN.init(key, 3, 4, activation=relu), jax.random.normal(key, (7, 3))
    h, last = layer(x)
    np.testing.assert_allclose(h[0], jnp.maximum(x[0] @ layer.weight, 0), rtol=1e-5, atol=1e-6)
    assert last.shape == (4,)


@pytest.mark.plain
@each_kind
def test_what_is_wrong_is_named(kind, key):
    layer, x = kind.init(key, N_IN, N), jnp.ones((BATCH, TIME, N_IN))
    name = kind.__name__
    with pytest.raises(ValueError, match=rf"^{name} expects an input of shape \(_, 4\); got \(3, 5\)"):
        layer(jnp.ones((3, 5)))
    with pytest.raises(ValueError, match=rf"^{name} expects an input of shape \(_, 4\); got \(4,\)"):
        layer(jnp.ones(4))
    with pytest.raises(ValueError, match=rf"^{name} expects an input without NaN"):
        layer(x.at[0, 0, 0].set(jnp.nan))
    with pytest.raises(TypeError, match=rf"^{name} expects a mask of True and False, .*; got float32"):
        layer(x, mask=jnp.ones((BATCH, TIME)))
    with pytest.raises(ValueError, match=rf"^{name} expects a mask of shape \(3, 6\); got \(6, 3\)"):
        layer(x, mask=jnp.ones((TIME, BATCH), bool))
    with pytest.raises(ValueError, match=rf"^{name} expects a state of shape .*\(3, 5\).* for this input; got "):
        layer(x, layer.start((2,)))
    with pytest.raises(ValueError, match=rf"^{name} expects a state of shape "):
        layer(x, (jnp.zeros((3, 5)),))
    with pytest.raises(ValueError, match=rf"^{name}\.init expects n_hidden to be an integer at least 1; got 0"):
        kind.init(key, 4, 0)
    with pytest.raises(TypeError, match=rf"^{name}\.init expects one random key"):
        kind.init(None, 4, 5)


@pytest.mark.plain
def test_a_layer_without_a_step(key):
    with pytest.raises(TypeError, match=r"abstract method '?step"):
        Recurrent()
    with pytest.raises(TypeError, match=r"^SimpleRNN\.init expects activation to be a function; got 3"):
        SimpleRNN.init(key, 3, 4, activation=3)
    with pytest.raises(TypeError, match=r"^LSTM\.init expects forget_bias to be a finite number; got 'x'"):
        LSTM.init(key, 3, 4, forget_bias="x")
    with pytest.raises(TypeError, match=r"^GRU\.init expects reset_after to be True or False; got 'before'"):
        GRU.init(key, 3, 4, reset_after="before")
