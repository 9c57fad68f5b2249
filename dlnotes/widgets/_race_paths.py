"""The optimizer race's computation: six walks over a surface in one jitted scan, by dlnotes' own optimizers.

Start, learning rate and momentum are arguments of the compiled function, so dragging a slider compiles nothing.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dlnotes import optim
from dlnotes.plots import surfaces

RACERS = ("SGD", "Momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam")
STEPS = 300
FAR = 1e4  # a walk that leaves [-FAR, FAR] has diverged: it stops, and its later numbers are NaN


def racer(name: str, learning_rate: Any, momentum: Any) -> Any:
    """The optimizer of that name; `momentum` is β of Momentum and Nesterov, and β₁ of Adam."""
    if name in ("Momentum", "Nesterov"):
        return getattr(optim, name)(learning_rate, momentum)
    if name == "Adam":
        return optim.Adam(learning_rate, momentum)
    return getattr(optim, name)(learning_rate)


def race(
    surface: str, start: Any, learning_rate: Any, momentum: Any, steps: int = STEPS
) -> tuple[np.ndarray, np.ndarray]:
    """All six walks from `start`.

    Args:
        surface: A name from `dlnotes.plots.surfaces.SURFACES`.
        start: Where they begin: (x, y).
        learning_rate: The one rate for all, above 0.
        momentum: In [0, 1).
        steps: How many steps each takes.

    Returns:
        Paths (racers, steps + 1, 2) and heights above the lowest point (racers, steps + 1), float32; NaN after a walk
        has left the world.

    Example:
        >>> paths, heights = race("bowl", (1.0, 1.0), 0.1, 0.9, steps=20)
        >>> paths.shape, heights.shape
        ((6, 21, 2), (6, 21))
        >>> [round(float(h), 3) for h in heights[0, :3]]     # SGD on a bowl: times 0.81 at each step
        [1.0, 0.81, 0.656]

    Notebook: 07_optimizers.
    """
    where, rate, beta = (jnp.asarray(value, jnp.float32) for value in (start, learning_rate, momentum))
    paths, heights = _race(where, rate, beta, surface, steps)
    return np.asarray(paths), np.asarray(heights)


@partial(jax.jit, static_argnames=("surface", "steps"))
def _race(start, learning_rate, momentum, surface, steps):
    land = surfaces.get(surface)

    def height(point):
        return land.height(point[0], point[1])

    slope = jax.grad(height)
    racers = [racer(name, learning_rate, momentum) for name in RACERS]

    def step(carry, _):
        moved = []
        for optimizer, (point, state) in zip(racers, carry, strict=True):
            update, state = optimizer.update(slope(point), state, point)
            there = point + update
            there = jnp.where(jnp.all(jnp.abs(there) < FAR), there, jnp.nan)
            moved.append((there, state))
        return tuple(moved), jnp.stack([point for point, _ in moved])

    begin = tuple((start, optimizer.init(start)) for optimizer in racers)
    _, points = jax.lax.scan(step, begin, length=steps)
    paths = jnp.concatenate([jnp.broadcast_to(start, (1, len(RACERS), 2)), points]).swapaxes(0, 1)
    heights = jax.vmap(jax.vmap(height))(paths) - land.lowest
    return paths, jnp.maximum(heights, 0.0)
