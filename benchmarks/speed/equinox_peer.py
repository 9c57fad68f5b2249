"""Equinox and optax, as Equinox's examples write it: a module for one example, `vmap` over the batch, `filter_jit`."""
# pyright: reportMissingImports=false

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

from speed.trainer import Trainer, epoch_of_steps
from speed.workloads import Workload


def prepare(workload: Workload, setting: str) -> Trainer:
    """Build the network."""
    model, stats = eqx.nn.make_with_state(MODELS[workload.name])(jax.random.key(1))
    optimizer = optax.adam(1e-3)
    opt_state = optimizer.init(eqx.filter(model, eqx.is_inexact_array))

    def loss_of(model, stats, x, y):
        logits, stats = jax.vmap(model, axis_name="batch", in_axes=(0, None), out_axes=(0, None))(x, stats)
        if workload.name == "xor":
            return optax.sigmoid_binary_cross_entropy(logits, y).mean(), stats
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean(), stats

    @eqx.filter_jit(donate="all-except-first")
    def train_step(batch, model, stats, opt_state):
        (loss, stats), grads = eqx.filter_value_and_grad(loss_of, has_aux=True)(model, stats, *batch)
        updates, opt_state = optimizer.update(grads, opt_state)
        return loss, eqx.apply_updates(model, updates), stats, opt_state

    def step(x, y):
        nonlocal model, stats, opt_state
        loss, model, stats, opt_state = train_step((x, y), model, stats, opt_state)
        return loss

    batches = workload.batches()
    if batches[0][0].ndim == 4:
        batches = [(np.ascontiguousarray(x.transpose(0, 3, 1, 2)), y) for x, y in batches]  # channels first
    batches = [jax.device_put(batch) for batch in batches]
    count = sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array)))
    return Trainer(
        count,
        epoch_of_steps(step, batches),
        lambda: jax.tree.leaves(eqx.filter((model, stats, opt_state), eqx.is_array)),
    )


def act(f) -> eqx.nn.Lambda:
    return eqx.nn.Lambda(f)


def mlp(key) -> eqx.Module:
    a, b, c = jax.random.split(key, 3)
    relu, linear = act(jax.nn.relu), eqx.nn.Linear
    return eqx.nn.Sequential([linear(784, 512, key=a), relu, linear(512, 512, key=b), relu, linear(512, 10, key=c)])


def xor(key) -> eqx.Module:
    a, b = jax.random.split(key)
    return eqx.nn.Sequential([eqx.nn.Linear(2, 8, key=a), act(jnp.tanh), eqx.nn.Linear(8, 1, key=b)])


def cnn(key) -> eqx.Module:
    keys = iter(jax.random.split(key, 5))
    relu, pool = act(jax.nn.relu), eqx.nn.MaxPool2d(2, 2)
    return eqx.nn.Sequential(
        [
            *(eqx.nn.Conv2d(1, 32, 3, key=next(keys)), relu, pool),
            *(eqx.nn.Conv2d(32, 64, 3, key=next(keys)), relu, pool),
            *(eqx.nn.Conv2d(64, 64, 3, key=next(keys)), relu, act(jnp.ravel)),
            *(eqx.nn.Linear(576, 64, key=next(keys)), relu, eqx.nn.Linear(64, 10, key=next(keys))),
        ]
    )


def lenet(key) -> eqx.Module:
    keys = iter(jax.random.split(key, 5))
    tanh, pool, linear = act(jnp.tanh), eqx.nn.AvgPool2d(2, 2), eqx.nn.Linear
    return eqx.nn.Sequential(
        [
            *(eqx.nn.Conv2d(1, 6, 5, padding="SAME", key=next(keys)), tanh, pool),
            *(eqx.nn.Conv2d(6, 16, 5, key=next(keys)), tanh, pool, act(jnp.ravel)),
            *(linear(400, 120, key=next(keys)), tanh, linear(120, 84, key=next(keys)), tanh),
            linear(84, 10, key=next(keys)),
        ]
    )


def conv_norm(n_in: int, n_out: int, kernel: int, stride: int, key) -> eqx.nn.Sequential:
    conv = eqx.nn.Conv2d(n_in, n_out, kernel, stride, padding=kernel // 2, use_bias=False, key=key)
    return eqx.nn.Sequential([conv, eqx.nn.BatchNorm(n_out, axis_name="batch", momentum=0.9, mode="batch")])


class ResidualBlock(eqx.nn.StatefulLayer):
    first: eqx.nn.Sequential
    second: eqx.nn.Sequential
    shortcut: eqx.nn.Sequential | None

    def __init__(self, n_in: int, n_out: int, stride: int, key) -> None:
        a, b, c = jax.random.split(key, 3)
        self.first = conv_norm(n_in, n_out, 3, stride, a)
        self.second = conv_norm(n_out, n_out, 3, 1, b)
        self.shortcut = None if n_in == n_out else conv_norm(n_in, n_out, 1, stride, c)

    def __call__(self, x, state, *, key=None):
        h, state = self.first(x, state)
        h, state = self.second(jax.nn.relu(h), state)
        if self.shortcut is not None:
            x, state = self.shortcut(x, state)
        return jax.nn.relu(h + x), state


def resnet20(key) -> eqx.Module:
    keys = iter(jax.random.split(key, 11))
    layers, before = [conv_norm(3, 16, 3, 1, next(keys)), act(jax.nn.relu)], 16
    for width in (16, 32, 64):
        for _ in range(3):
            layers.append(ResidualBlock(before, width, 1 if before == width else 2, next(keys)))
            before = width
    mean = act(lambda h: h.mean((1, 2)))
    return eqx.nn.Sequential([*layers, mean, eqx.nn.Linear(64, 10, key=next(keys))])


class Reader(eqx.Module):
    """Two recurrent layers on an embedding; the classes from the last state."""

    embedding: eqx.nn.Embedding
    cells: list
    output: eqx.nn.Linear

    def __init__(self, cell: type, key) -> None:
        a, b, c, d = jax.random.split(key, 4)
        self.embedding = eqx.nn.Embedding(10_000, 64, key=a)
        self.cells = [cell(64, 64, key=b), cell(64, 32, key=c)]
        self.output = eqx.nn.Linear(32, 2, key=d)

    def __call__(self, tokens, stats):
        h = jax.vmap(self.embedding)(tokens)
        for cell in self.cells:
            zeros = jnp.zeros(cell.hidden_size)
            start = (zeros, zeros) if isinstance(cell, eqx.nn.LSTMCell) else zeros

            def step(state, x, cell=cell):
                state = cell(x, state)
                return state, state[0] if isinstance(state, tuple) else state

            _, h = lax.scan(step, start, h)
        return self.output(h[-1]), stats


class Block(eqx.Module):
    norm1: eqx.nn.LayerNorm
    attention: eqx.nn.MultiheadAttention
    norm2: eqx.nn.LayerNorm
    up: eqx.nn.Linear
    down: eqx.nn.Linear

    def __init__(self, width: int, heads: int, key) -> None:
        a, b, c = jax.random.split(key, 3)
        bias = {f"use_{part}_bias": True for part in ("query", "key", "value", "output")}
        self.norm1, self.norm2 = eqx.nn.LayerNorm(width), eqx.nn.LayerNorm(width)
        self.attention = eqx.nn.MultiheadAttention(heads, width, key=a, **bias)
        self.up, self.down = eqx.nn.Linear(width, 4 * width, key=b), eqx.nn.Linear(4 * width, width, key=c)

    def __call__(self, x, mask):
        h = jax.vmap(self.norm1)(x)
        x = x + self.attention(h, h, h, mask)
        h = jax.nn.gelu(jax.vmap(self.up)(jax.vmap(self.norm2)(x)))
        return x + jax.vmap(self.down)(h)


class GPT(eqx.Module):
    tokens: eqx.nn.Embedding
    positions: jax.Array
    blocks: list
    norm: eqx.nn.LayerNorm

    def __init__(self, key, n_tokens: int = 65, context: int = 128, width: int = 128) -> None:
        a, b, *keys = jax.random.split(key, 6)
        self.tokens = eqx.nn.Embedding(weight=0.02 * jax.random.normal(a, (n_tokens, width)))
        self.positions = 0.02 * jax.random.normal(b, (context, width))
        self.blocks = [Block(width, 4, k) for k in keys]
        self.norm = eqx.nn.LayerNorm(width)

    def __call__(self, tokens, stats):
        mask = jnp.tril(jnp.ones((len(tokens), len(tokens)), bool))
        h = jax.vmap(self.tokens)(tokens) + self.positions
        for block in self.blocks:
            h = block(h, mask)
        return jax.vmap(self.norm)(h) @ self.tokens.weight.T, stats


MODELS = {
    "mlp": mlp,
    "xor": xor,
    "cnn": cnn,
    "lenet": lenet,
    "resnet20": resnet20,
    "lstm": lambda key: Reader(eqx.nn.LSTMCell, key),
    "gru": lambda key: Reader(eqx.nn.GRUCell, key),
    "gpt": GPT,
}
