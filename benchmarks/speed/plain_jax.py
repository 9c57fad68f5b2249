"""JAX and nothing else: a dict of arrays, the networks as functions, one compiled step that reuses its memory.

Written as one writes it at first: convolution, pooling, scan and matrix products as `jax.lax` and `jnp` offer them.
"""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from speed.trainer import Trainer, epoch_of_steps
from speed.workloads import Workload

IMAGES = ("NHWC", "HWIO", "NHWC")
# ResNet's blocks: name and stride.
STAGES = tuple((f"s{s}b{b}", 2 if s and not b else 1) for s in range(3) for b in range(3))


def prepare(workload: Workload, setting: str) -> Trainer:
    """Draw the parameters, compile nothing yet."""
    rng, shapes, apply = np.random.default_rng(1), SHAPES[workload.name], APPLY[workload.name]
    params = {name: jnp.asarray(start(rng, name, shape)) for name, shape in shapes.items()}
    zeros = jax.tree.map(jnp.zeros_like, params)
    state = (params, zeros, jax.tree.map(jnp.copy, zeros), jnp.zeros(()), averages(shapes))

    def loss_of(params, stats, x, y):
        logits, stats = apply(params, stats, x)
        if workload.name == "xor":
            return (jax.nn.softplus(logits) - y * logits).mean(), stats
        chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), y[..., None], axis=-1)
        return -chosen.mean(), stats

    @functools.partial(jax.jit, donate_argnums=0)
    def adam_step(state, x, y):
        params, m, v, t, stats = state
        (loss, stats), g = jax.value_and_grad(loss_of, has_aux=True)(params, stats, x, y)
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g**2, v, g)
        rate, root = 1e-3 / (1 - 0.9**t), jnp.sqrt(1 - 0.999**t)
        params = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) / root + 1e-8), params, m, v)
        return (params, m, v, t, stats), loss

    def step(x, y):
        nonlocal state
        state, loss = adam_step(state, x, y)
        return loss

    batches = [jax.device_put(batch) for batch in workload.batches()]
    count = sum(p.size for p in params.values())
    return Trainer(count, epoch_of_steps(step, batches), lambda: jax.tree.leaves(state))


def start(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Scales at one, biases at zero, tables at 0.02, weights at a size that keeps the signal's."""
    if len(shape) == 1:
        return np.full(shape, name.endswith("scale"), np.float32)
    std = 0.02 if name in ("tokens", "positions") else math.prod(shape[:-1]) ** -0.5
    return std * rng.standard_normal(shape, np.float32)


# The networks. `apply(p, stats, x)` gives the logits and the new running averages.


def mlp(p, stats, x):
    h = jax.nn.relu(x @ p["w1"] + p["b1"])
    h = jax.nn.relu(h @ p["w2"] + p["b2"])
    return h @ p["w3"] + p["b3"], stats


def xor(p, stats, x):
    return jnp.tanh(x @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"], stats


def conv(x, w, stride=1, padding="VALID"):
    return lax.conv_general_dilated(x, w, (stride, stride), padding, dimension_numbers=IMAGES)


def max_pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def average_pool(x):
    return lax.reduce_window(x, 0.0, lax.add, (1, 2, 2, 1), (1, 2, 2, 1), "VALID") / 4


def cnn(p, stats, x):
    h = max_pool(jax.nn.relu(conv(x, p["c1"]) + p["d1"]))
    h = max_pool(jax.nn.relu(conv(h, p["c2"]) + p["d2"]))
    h = jax.nn.relu(conv(h, p["c3"]) + p["d3"]).reshape(len(x), -1)
    h = jax.nn.relu(h @ p["w1"] + p["b1"])
    return h @ p["w2"] + p["b2"], stats


def lenet(p, stats, x):
    h = average_pool(jnp.tanh(conv(x, p["c1"], padding="SAME") + p["d1"]))
    h = average_pool(jnp.tanh(conv(h, p["c2"]) + p["d2"])).reshape(len(x), -1)
    h = jnp.tanh(h @ p["w1"] + p["b1"])
    h = jnp.tanh(h @ p["w2"] + p["b2"])
    return h @ p["w3"] + p["b3"], stats


def resnet20(p, stats, x):
    new = {}

    def conv_norm(name, x, stride=1):
        x = conv(x, p[name], stride, "SAME")
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        old_mean, old_variance = stats[name]
        new[name] = 0.9 * old_mean + 0.1 * mean, 0.9 * old_variance + 0.1 * variance
        return (x - mean) * lax.rsqrt(variance + 1e-5) * p[f"{name} scale"] + p[f"{name} bias"]

    h = jax.nn.relu(conv_norm("stem", x))
    for name, stride in STAGES:
        inner = conv_norm(f"{name}c2", jax.nn.relu(conv_norm(f"{name}c1", h, stride)))
        h = jax.nn.relu(inner + (conv_norm(f"{name}short", h, stride) if stride > 1 else h))
    return h.mean((1, 2)) @ p["w"] + p["b"], new


def lstm(p, stats, x):
    def step(state, x_t, w, u, b):
        h, c = state
        i, f, g, o = jnp.split(x_t @ w + h @ u + b, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    h = p["tokens"][x].swapaxes(0, 1)
    for layer in "12":
        w, u, b = p[f"w{layer}"], p[f"u{layer}"], p[f"b{layer}"]
        zeros = jnp.zeros((len(x), u.shape[0]))
        _, h = lax.scan(lambda s, x_t, w=w, u=u, b=b: step(s, x_t, w, u, b), (zeros, zeros), h)
    return h[-1] @ p["w"] + p["b"], stats


def gru(p, stats, x):
    def step(h, x_t, w, u, b, d):
        x_r, x_z, x_n = jnp.split(x_t @ w + b, 3, axis=-1)
        h_r, h_z, h_n = jnp.split(h @ u, 3, axis=-1)
        r, z = jax.nn.sigmoid(x_r + h_r), jax.nn.sigmoid(x_z + h_z)
        h = (1 - z) * jnp.tanh(x_n + r * (h_n + d)) + z * h
        return h, h

    h = p["tokens"][x].swapaxes(0, 1)
    for layer in "12":
        w, u, b, d = p[f"w{layer}"], p[f"u{layer}"], p[f"b{layer}"], p[f"d{layer}"]
        zeros = jnp.zeros((len(x), u.shape[0]))
        _, h = lax.scan(lambda s, x_t, w=w, u=u, b=b, d=d: step(s, x_t, w, u, b, d), zeros, h)
    return h[-1] @ p["w"] + p["b"], stats


def gpt(p, stats, x):
    batch, time = x.shape
    causal = jnp.tril(jnp.ones((time, time), bool))

    def norm(name, x):
        x = x - x.mean(-1, keepdims=True)
        return x * lax.rsqrt((x**2).mean(-1, keepdims=True) + 1e-5) * p[f"{name} scale"] + p[f"{name} bias"]

    def attention(name, x):
        q, k, v = (
            (x @ p[name + part] + p.get(f"{name}{part} bias", 0.0)).reshape(batch, time, 4, 32).swapaxes(1, 2)
            for part in "qkv"
        )
        scores = jnp.where(causal, q @ k.swapaxes(2, 3) / 32**0.5, -jnp.inf)
        heads = (jax.nn.softmax(scores) @ v).swapaxes(1, 2).reshape(batch, time, 128)
        return heads @ p[f"{name}o"] + p[f"{name}o bias"]

    h = p["tokens"][x] + p["positions"]
    for block in "1234":
        h = h + attention(block, norm(f"{block}n1", h))
        inner = jax.nn.gelu(norm(f"{block}n2", h) @ p[f"{block}up"] + p[f"{block}up bias"])
        h = h + inner @ p[f"{block}down"] + p[f"{block}down bias"]
    return norm("last", h) @ p["tokens"].T, stats


APPLY = {f.__name__: f for f in (mlp, xor, cnn, lenet, resnet20, lstm, gru, gpt)}

# The shapes of their parameters.


def dense(i: int | str, n_in: int, n_out: int) -> dict[str, tuple[int, ...]]:
    return {f"w{i}": (n_in, n_out), f"b{i}": (n_out,)}


def conv_bias(i: int, kernel: int, n_in: int, n_out: int) -> dict[str, tuple[int, ...]]:
    return {f"c{i}": (kernel, kernel, n_in, n_out), f"d{i}": (n_out,)}


def conv_norm(name: str, kernel: int, n_in: int, n_out: int) -> dict[str, tuple[int, ...]]:
    return {name: (kernel, kernel, n_in, n_out), f"{name} scale": (n_out,), f"{name} bias": (n_out,)}


def resnet_shapes() -> dict[str, tuple[int, ...]]:
    shapes, before = conv_norm("stem", 3, 3, 16), 16
    for i, (name, stride) in enumerate(STAGES):
        width = (16, 32, 64)[i // 3]
        shapes |= conv_norm(f"{name}c1", 3, before, width) | conv_norm(f"{name}c2", 3, width, width)
        shapes |= conv_norm(f"{name}short", 1, before, width) if stride > 1 else {}
        before = width
    return shapes | dense("", 64, 10)


def recurrent_shapes(gates: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {"tokens": (10_000, 64)}
    for i, (n_in, n_hidden) in {1: (64, 64), 2: (64, 32)}.items():
        shapes |= {f"w{i}": (n_in, gates * n_hidden), f"u{i}": (n_hidden, gates * n_hidden)}
        shapes |= {f"b{i}": (gates * n_hidden,)} | ({f"d{i}": (n_hidden,)} if gates == 3 else {})
    return shapes | dense("", 32, 2)


def gpt_shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {"tokens": (65, 128), "positions": (128, 128)}
    for block in "1234":
        sizes = {"q": (128, 128), "v": (128, 128), "o": (128, 128), "up": (128, 512), "down": (512, 128)}
        shapes |= {block + part: size for part, size in sizes.items()} | {f"{block}k": (128, 128)}  # no bias for k
        shapes |= {f"{block}{part} bias": size[1:] for part, size in sizes.items()}
        shapes |= {f"{block}{part}": (128,) for part in ("n1 scale", "n1 bias", "n2 scale", "n2 bias")}
    return shapes | {"last scale": (128,), "last bias": (128,)}


SHAPES: dict[str, dict[str, tuple[int, ...]]] = {
    "mlp": dense(1, 784, 512) | dense(2, 512, 512) | dense(3, 512, 10),
    "xor": dense(1, 2, 8) | dense(2, 8, 1),
    "cnn": conv_bias(1, 3, 1, 32)
    | conv_bias(2, 3, 32, 64)
    | conv_bias(3, 3, 64, 64)
    | dense(1, 576, 64)
    | dense(2, 64, 10),
    "lenet": conv_bias(1, 5, 1, 6) | conv_bias(2, 5, 6, 16) | dense(1, 400, 120) | dense(2, 120, 84) | dense(3, 84, 10),
    "resnet20": resnet_shapes(),
    "lstm": recurrent_shapes(4),
    "gru": recurrent_shapes(3),
    "gpt": gpt_shapes(),
}


def averages(shapes: dict[str, tuple[int, ...]]) -> dict[str, Any]:
    """Running mean and variance for every normalised convolution."""
    found = [name for name in shapes if f"{name} scale" in shapes and len(shapes[name]) == 4]
    return {name: (jnp.zeros(shapes[name][-1]), jnp.ones(shapes[name][-1])) for name in found}
