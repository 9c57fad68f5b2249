"""Flax NNX and optax, as Flax's guides write it: modules, `nnx.Optimizer`, one step under `nnx.jit`.

`nnx.cached_partial` spares each step the walk through the module's graph; Flax's page on performance advises it.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from speed.trainer import Trainer, epoch_of_steps
from speed.workloads import Workload


def prepare(workload: Workload, setting: str) -> Trainer:
    """Build the network."""
    model = MODELS[workload.name](nnx.Rngs(1))
    optimizer = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)

    def loss_of(model, x, y):
        logits = model(x)
        if workload.name == "xor":
            return optax.sigmoid_binary_cross_entropy(logits, y).mean()
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    @partial(nnx.jit, donate_argnames=("model", "optimizer"))
    def train_step(model, optimizer, x, y):
        loss, grads = nnx.value_and_grad(loss_of)(model, x, y)
        optimizer.update(model, grads)
        return loss

    step = nnx.cached_partial(train_step, model, optimizer)
    batches = [jax.device_put(batch) for batch in workload.batches()]
    count = sum(p.size for p in jax.tree.leaves(nnx.state(model, nnx.Param)))
    return Trainer(
        count,
        epoch_of_steps(step, batches),
        lambda: jax.tree.leaves((nnx.state(model, (nnx.Param, nnx.BatchStat)), nnx.state(optimizer))),
    )


def mlp(rngs: nnx.Rngs) -> nnx.Module:
    return nnx.Sequential(
        nnx.Linear(784, 512, rngs=rngs),
        nnx.relu,
        nnx.Linear(512, 512, rngs=rngs),
        nnx.relu,
        nnx.Linear(512, 10, rngs=rngs),
    )


def xor(rngs: nnx.Rngs) -> nnx.Module:
    return nnx.Sequential(nnx.Linear(2, 8, rngs=rngs), jnp.tanh, nnx.Linear(8, 1, rngs=rngs))


def flatten(x: jax.Array) -> jax.Array:
    return x.reshape(len(x), -1)


def cnn(rngs: nnx.Rngs) -> nnx.Module:
    conv = partial(nnx.Conv, kernel_size=(3, 3), padding="VALID", rngs=rngs)
    linear = partial(nnx.Linear, rngs=rngs)
    pool = partial(nnx.max_pool, window_shape=(2, 2), strides=(2, 2))
    return nnx.Sequential(
        *(conv(1, 32), nnx.relu, pool, conv(32, 64), nnx.relu, pool, conv(64, 64), nnx.relu, flatten),
        *(linear(576, 64), nnx.relu, linear(64, 10)),
    )


def lenet(rngs: nnx.Rngs) -> nnx.Module:
    conv, linear = partial(nnx.Conv, kernel_size=(5, 5), rngs=rngs), partial(nnx.Linear, rngs=rngs)
    pool = partial(nnx.avg_pool, window_shape=(2, 2), strides=(2, 2))
    return nnx.Sequential(
        *(conv(1, 6), jnp.tanh, pool, conv(6, 16, padding="VALID"), jnp.tanh, pool, flatten),
        *(linear(400, 120), jnp.tanh, linear(120, 84), jnp.tanh, linear(84, 10)),
    )


class ConvNorm(nnx.Module):
    def __init__(self, n_in: int, n_out: int, kernel: int, stride: int, rngs: nnx.Rngs) -> None:
        self.conv = nnx.Conv(n_in, n_out, (kernel, kernel), strides=(stride, stride), use_bias=False, rngs=rngs)
        self.norm = nnx.BatchNorm(n_out, momentum=0.9, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.norm(self.conv(x))


class ResidualBlock(nnx.Module):
    def __init__(self, n_in: int, n_out: int, stride: int, rngs: nnx.Rngs) -> None:
        self.first = ConvNorm(n_in, n_out, 3, stride, rngs)
        self.second = ConvNorm(n_out, n_out, 3, 1, rngs)
        self.shortcut = None if n_in == n_out else ConvNorm(n_in, n_out, 1, stride, rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        shortcut = x if self.shortcut is None else self.shortcut(x)
        return nnx.relu(self.second(nnx.relu(self.first(x))) + shortcut)


def resnet20(rngs: nnx.Rngs) -> nnx.Module:
    blocks, before = [], 16
    for width in (16, 32, 64):
        for _ in range(3):
            blocks.append(ResidualBlock(before, width, 1 if before == width else 2, rngs))
            before = width
    stem = (ConvNorm(3, 16, 3, 1, rngs), nnx.relu)
    return nnx.Sequential(*stem, *blocks, lambda h: h.mean((1, 2)), nnx.Linear(64, 10, rngs=rngs))


class Reader(nnx.Module):
    """Two recurrent layers on an embedding; the classes from the last state."""

    def __init__(self, cell: type, rngs: nnx.Rngs) -> None:
        self.embedding = nnx.Embed(10_000, 64, rngs=rngs)
        self.first: Any = nnx.RNN(cell(64, 64, rngs=rngs))  # gives an array, or with other settings a pair
        self.second: Any = nnx.RNN(cell(64, 32, rngs=rngs))
        self.output = nnx.Linear(32, 2, rngs=rngs)

    def __call__(self, tokens: jax.Array) -> jax.Array:
        h = self.second(self.first(self.embedding(tokens)))
        return self.output(h[:, -1])


class Block(nnx.Module):
    def __init__(self, width: int, heads: int, rngs: nnx.Rngs) -> None:
        self.norm1 = nnx.LayerNorm(width, rngs=rngs)
        self.attention = nnx.MultiHeadAttention(heads, width, decode=False, rngs=rngs)
        self.norm2 = nnx.LayerNorm(width, rngs=rngs)
        self.up = nnx.Linear(width, 4 * width, rngs=rngs)
        self.down = nnx.Linear(4 * width, width, rngs=rngs)

    def __call__(self, x: jax.Array, mask: jax.Array) -> jax.Array:
        x = x + self.attention(self.norm1(x), mask=mask)
        return x + self.down(nnx.gelu(self.up(self.norm2(x))))


class GPT(nnx.Module):
    def __init__(self, rngs: nnx.Rngs, n_tokens: int = 65, context: int = 128, width: int = 128) -> None:
        small = nnx.initializers.normal(0.02)
        self.tokens = nnx.Embed(n_tokens, width, embedding_init=small, rngs=rngs)
        self.positions = nnx.Embed(context, width, embedding_init=small, rngs=rngs)
        self.blocks = nnx.List([Block(width, 4, rngs) for _ in range(4)])
        self.norm = nnx.LayerNorm(width, rngs=rngs)

    def __call__(self, tokens: jax.Array) -> jax.Array:
        mask = nnx.make_causal_mask(tokens)
        h = self.tokens(tokens) + self.positions(jnp.arange(tokens.shape[1]))
        for block in self.blocks:
            h = block(h, mask)
        return self.tokens.attend(self.norm(h))


MODELS = {
    "mlp": mlp,
    "xor": xor,
    "cnn": cnn,
    "lenet": lenet,
    "resnet20": resnet20,
    "lstm": lambda rngs: Reader(nnx.OptimizedLSTMCell, rngs),
    "gru": lambda rngs: Reader(nnx.GRUCell, rngs),
    "gpt": GPT,
}
