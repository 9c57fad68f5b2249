"""Recurrent layers equal PyTorch's, one and two layers, both directions, packed sequences: 1e-5, float64 1e-10."""

import contract
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import GRU, LSTM, Bidirectional, LSTMState, SimpleRNN, Stacked

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch
BATCH, TIME, N_IN, N = 4, 6, 3, 5
KINDS = {"SimpleRNN": (SimpleRNN, torch.nn.RNN), "LSTM": (LSTM, torch.nn.LSTM), "GRU": (GRU, torch.nn.GRU)}


def copied(kind, theirs, suffix):
    """One direction of one of PyTorch's layers; its two biases become one, but for the GRU's candidate."""
    weight, recurrent, b, c = (
        jnp.asarray(getattr(theirs, f"{name}_{suffix}").detach().numpy())
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    if kind is GRU:
        return GRU(weight.T, recurrent.T, b + c.at[2 * N :].set(0), c[2 * N :])
    return kind(weight.T, recurrent.T, b + c)


def stacked(kind, theirs):
    layers = []
    for i in range(theirs.num_layers):
        one = copied(kind, theirs, f"l{i}")
        layers.append(Bidirectional(one, copied(kind, theirs, f"l{i}_reverse")) if theirs.bidirectional else one)
    return Stacked(tuple(layers), Stacked.init(jax.random.key(0), kind, (1, 1)).dropout)


def states_like_torch(states):
    """PyTorch stacks (layer and direction, batch, hidden), for an LSTM in a tuple of two."""
    parts = jax.tree.leaves(states, is_leaf=lambda s: isinstance(s, LSTMState))
    if isinstance(parts[0], LSTMState):
        return jnp.stack([p.hidden for p in parts]), jnp.stack([p.cell for p in parts])
    return (jnp.stack(parts),)


@jax.jit
def ours(layer, x, mask, pull):
    def loss(layer, x):
        h, states = layer(x, train=False, mask=mask)
        states = states_like_torch(states)
        return jnp.vdot(h, pull) + sum(jnp.sin(part).sum() for part in states), (h, states)

    return jax.value_and_grad(loss, argnums=(0, 1), has_aux=True)(layer, x)


def check(kind, peer, n_layers, bidirectional, packed, seed, dtype, atol):
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    theirs = peer(N_IN, N, n_layers, bidirectional=bidirectional, batch_first=True, dtype=getattr(torch, dtype))
    x = rng.normal(size=(BATCH, TIME, N_IN)).astype(dtype)
    lengths = rng.integers(1, TIME + 1, BATCH) if packed else np.full(BATCH, TIME)
    lengths[0] = TIME
    real = (np.arange(TIME) < lengths[:, None])[..., None]
    pull = np.where(real, rng.normal(size=(BATCH, TIME, N * (1 + bidirectional))), 0).astype(dtype)

    x_torch = torch.tensor(x, requires_grad=True)
    fed = torch.nn.utils.rnn.pack_padded_sequence(x_torch, lengths, batch_first=True, enforce_sorted=False)
    out, last = theirs(fed)
    out, _ = torch.nn.utils.rnn.pad_packed_sequence(out, batch_first=True)
    last = last if isinstance(last, tuple) else (last,)
    ((out * torch.tensor(pull)).sum() + sum(torch.sin(part).sum() for part in last)).backward()

    mask = jnp.asarray(real[..., 0]) if packed else None
    (_, (h, states)), (slopes, into) = ours(stacked(kind, theirs), jnp.asarray(x), mask, jnp.asarray(pull))
    np.testing.assert_allclose(np.where(real, h, 0), out.detach(), rtol=0, atol=atol)
    for one, two in zip(states, last, strict=True):
        np.testing.assert_allclose(one, two.detach(), rtol=0, atol=atol)
    np.testing.assert_allclose(into, x_torch.grad, rtol=10 * atol, atol=10 * atol)
    for i, layer in enumerate(slopes.layers):
        pairs = {"": layer.forward, "_reverse": layer.backward} if bidirectional else {"": layer}
        for direction, slope in pairs.items():
            for name, ours_now in (("weight_ih", slope.weight.T), ("weight_hh", slope.recurrent.T)):
                wanted = getattr(theirs, f"{name}_l{i}{direction}").grad
                np.testing.assert_allclose(ours_now, wanted, rtol=10 * atol, atol=10 * atol)
            wanted = getattr(theirs, f"bias_ih_l{i}{direction}").grad
            np.testing.assert_allclose(slope.bias, wanted, rtol=10 * atol, atol=10 * atol)
            if kind is GRU:
                wanted = getattr(theirs, f"bias_hh_l{i}{direction}").grad[2 * N :]
                np.testing.assert_allclose(slope.recurrent_bias, wanted, rtol=10 * atol, atol=10 * atol)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("n_layers", "bidirectional", "packed"),
    [(1, False, False), (2, False, True), (2, True, True)],
)
def test_equals_pytorch(name, n_layers, bidirectional, packed):
    for seed in range(12):
        check(*KINDS[name], n_layers, bidirectional, packed, seed, "float32", 1e-6)


@pytest.mark.parametrize("name", KINDS)
def test_equals_pytorch_in_float64(name):
    with contract.float64():
        check(*KINDS[name], 2, True, True, 9, "float64", 1e-12)


def test_a_relu_network_equals_pytorch():
    from dlnotes.activations import relu

    theirs = torch.nn.RNN(N_IN, N, nonlinearity="relu", batch_first=True)
    ours = copied(SimpleRNN, theirs, "l0")
    ours = SimpleRNN(ours.weight, ours.recurrent, ours.bias, relu)
    x = np.random.default_rng(0).normal(size=(BATCH, TIME, N_IN)).astype("float32")
    np.testing.assert_allclose(ours(jnp.asarray(x))[0], theirs(torch.tensor(x))[0].detach(), rtol=1e-5, atol=1e-6)
