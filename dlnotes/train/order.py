"""The order in which an epoch takes its examples: drawn by JAX, sorted by NumPy."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dlnotes.train.step import SHUFFLE


def shuffled(key: jax.Array, epoch: int, n: int) -> jax.Array:
    """Give the order of the examples in an epoch: int32[n].

    It is `jax.random.permutation(fold_in(fold_in(key, SHUFFLE), epoch), n)`, number for number. There every place
    draws a random number, and the places are sorted by it; from 1,626 places on, where some may draw the same, twice.
    But XLA's sort calls a comparison for every pair it looks at, NumPy's uses the processor's vectors: 60,000 examples
    take 3 ms instead of 33.
    """
    order = places = np.arange(n, dtype=np.uint64)
    for drawn in jax.device_get(_draws(key, epoch, n)):
        # The number in the upper half, its place in the lower: one sort of plain numbers, equal ones in their order.
        order = order[np.sort((drawn.astype(np.uint64) << 32) | places) & 0xFFFFFFFF]
    return jnp.asarray(order.astype(np.int32))


@functools.partial(jax.jit, static_argnums=2)
def _draws(key: jax.Array, epoch: Any, n: int) -> list[jax.Array]:
    """What the places draw in each round: uint32[n]. As many rounds as n^3 needs words of 32 bits."""
    key, draws = jax.random.fold_in(jax.random.fold_in(key, SHUFFLE), epoch), []
    for _ in range(int(np.ceil(3 * np.log(max(1, n)) / np.log(np.iinfo(np.uint32).max)))):
        key, now = jax.random.split(key)
        draws.append(jax.random.bits(now, (n,), jnp.uint32))
    return draws
