"""The learning curves' computation: one small network trained for every depth, width, number of examples and noise.

All of them go through one compiled loop under `vmap`. To have one shape, every network is made with three layers of 16
units: a mask switches the units off that a narrower one lacks, and a shallower one skips its last layers. An example
that is not used counts 0 in the loss.
"""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

DEPTHS = (1, 2, 3)
WIDTHS = {"1 unit": 1, "2 units": 2, "4 units": 4, "8 units": 8, "16 units": 16}
SIZES = {"8 examples": 8, "16 examples": 16, "32 examples": 32, "64 examples": 64}
NOISES = (0.0, 0.2, 0.4)
WIDE, MOST, HELD = 16, 64, 200  # the widest network, the most examples, those held out for validation
STEPS, EVERY, RATE = 400, 10, 0.03
GRID = np.linspace(-1, 1, 101, dtype=np.float32)  # where the page draws the function learnt


def truth(x):
    """What is to be learnt: a wave and a half over [-1, 1]."""
    return 0.8 * jnp.sin(1.5 * jnp.pi * x)


def points() -> tuple[np.ndarray, np.ndarray]:
    """Inputs, and one standard normal number for each: (264,) both. The first 64 are to learn from, the rest to check.

    A target is `truth(x) + noise · number`.
    """
    rng = np.random.default_rng(4)
    return rng.uniform(-1, 1, MOST + HELD).astype(np.float32), rng.normal(size=MOST + HELD).astype(np.float32)


def start() -> np.ndarray:
    """Weights before training, all in one row; the bends of the first layer lie all over [-1, 1]."""
    rng = np.random.default_rng(1)
    first = [4 * rng.normal(size=WIDE), rng.uniform(-4, 4, WIDE)]
    later = [np.append(rng.normal(size=WIDE**2), np.zeros(WIDE)) for _ in DEPTHS[1:]]
    return np.concatenate([*first, *later, rng.normal(size=WIDE), [0]]).astype(np.float32)


def network(w, x, depth, width):
    """One output for each input: `depth` layers of `width` tanh units, then a weighted sum."""
    square = WIDE**2 + WIDE
    scale = jnp.where(jnp.arange(float(WIDE)) < width, width**-0.5, 0.0)  # the weights are drawn for one unit
    h = jnp.tanh(x[:, None] * w[:WIDE] + w[WIDE : 2 * WIDE])
    for layer in DEPTHS[1:]:
        own = w[2 * WIDE + (layer - 2) * square :][:square]
        deeper = jnp.tanh(h * scale @ own[: WIDE**2].reshape(WIDE, WIDE) + own[WIDE**2 :])
        h = jnp.where(depth >= layer, deeper, h)
    return h * scale @ w[-WIDE - 1 : -1] + w[-1]


@cache
def runs() -> dict[str, np.ndarray]:
    """Every training, on the leading axes (depths, widths, sizes, noises).

    Returns:
        "train" and "validation": the mean squared error after every tenth step, (…, 40); "learnt": the function at
        the end on `GRID`, (…, 101). All float32.

    Example:
        >>> runs()["train"].shape
        (3, 5, 4, 3, 40)

    Notebook: 09_generalisation.
    """
    axes = (DEPTHS, tuple(WIDTHS.values()), tuple(SIZES.values()), NOISES)
    grids = np.meshgrid(*(np.asarray(axis, np.float32) for axis in axes), indexing="ij")
    found = _all(start(), *points(), *(grid.ravel() for grid in grids))
    return {name: np.asarray(table).reshape(*grids[0].shape, -1) for name, table in found.items()}


@jax.jit
def _all(first, x, drawn, depths, widths, sizes, noises):
    def train(depth, width, size, noise):
        y = truth(x) + noise * drawn
        share = jnp.where(jnp.arange(float(MOST)) < size, 1 / size, 0.0)

        def cost(w):
            return share @ (network(w, x[:MOST], depth, width) - y[:MOST]) ** 2

        def step(state, t):  # Adam, with a rate that falls along a cosine
            w, m, v = state
            g = jax.grad(cost)(w)
            m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g**2
            rate = RATE * (1 + jnp.cos(jnp.pi * t / STEPS)) / 2
            ratio = m / (1 - 0.9 ** (t + 1)) / (jnp.sqrt(v / (1 - 0.99 ** (t + 1))) + 1e-8)
            return (w - rate * ratio, m, v), None

        def ten_steps(state, t):
            state, _ = jax.lax.scan(step, state, t + jnp.arange(float(EVERY)))
            missed = (network(state[0], x, depth, width) - y) ** 2
            return state, (share @ missed[:MOST], missed[MOST:].mean())

        zeros = jnp.zeros_like(first)
        (w, _, _), (on_train, on_held) = jax.lax.scan(ten_steps, (first, zeros, zeros), jnp.arange(0.0, STEPS, EVERY))
        return {"train": on_train, "validation": on_held, "learnt": network(w, GRID, depth, width)}

    return jax.vmap(train)(depths, widths, sizes, noises)
