"""A population: one network trained many times side by side, each time with other settings, for several starts.

`vmap` turns the settings into one more axis of every array, so a hundred trainings are one compiled loop. Whatever is a
number inside the computation can be a setting: rate, momentum, weight decay, dropout, label smoothing. A width cannot:
it changes the shapes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dlnotes import _checks as checks
from dlnotes.train.batch import as_examples, check_batch_size, length

BLOCK, STRETCH = 16, 100  # networks and steps in one compiled piece: one compilation serves populations of all sizes


class Crowd(NamedTuple):
    """The networks of a population, at some step.

    Attributes:
        model: Every leaf has two axes in front: (starts, networks, …).
        velocity: The momentum's memory, of the same form.
        step: How many steps they have taken.
    """

    model: Any
    velocity: Any
    step: int

    def keep(self, chosen: Any) -> "Crowd":
        """Those networks alone whose numbers are `chosen`, of shape (starts, kept)."""
        rows, columns = np.arange(len(chosen))[:, None], np.asarray(chosen)
        model, velocity = jax.tree.map(lambda leaf: leaf[rows, columns], (self.model, self.velocity))
        return Crowd(model, velocity, self.step)

    def each(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """`function(model, *arguments)` of every network: results have the axes (starts, networks) in front."""
        return _each(function, len(arguments))(self.model, *arguments)


@dataclass(frozen=True, eq=False)
class Population:
    """Gradient descent with momentum `v ← μ v + g + λ w`, `w ← w - η(t) v`, for many η, μ and λ at once.

    All networks that begin at one start see the same batches and the same random keys, so that only their settings
    tell them apart.

    Attributes:
        loss: `loss(model, batch, setting, key)` of a batch: a number. `setting` holds the settings of this one network,
            `key` is the step's.
        starts: Models of one form: where each repetition begins.
        data: What batches are drawn from: something with `.x` and `.y`, or a pair (x, y).
        batch_size: Examples a step, drawn with replacement.
        steps: The longest training.
        seed: Of the batches and keys.

    Raises:
        TypeError, ValueError: Not a function, no start, a size that does not fit; in `train` a setting that is not
            finite or of another shape, no `rate`, or more steps than `steps`.

    Example:
        >>> def loss(w, batch, setting, key):
        ...     return jnp.mean((w * batch.x - batch.y) ** 2)
        >>> x = np.ones(8, np.float32)
        >>> population = Population(loss, [jnp.zeros(())], (x, 2 * x), batch_size=4, steps=100, seed=0)
        >>> crowd, losses = population.train({"rate": [[0.0, 0.25, 1.5]]}, np.ones(3))
        >>> crowd.model
        Array([[ 0.  ,  1.75, 18.  ]], dtype=float32)
        >>> losses.shape
        (1, 3, 3)

    Notebook: 08_learning_rate_and_tuning.
    """

    loss: Callable[..., Any]
    starts: Sequence[Any]
    data: Any
    batch_size: int
    steps: int
    seed: int

    def __post_init__(self) -> None:
        checks.function("Population", "loss", self.loss)
        if isinstance(self.starts, jax.Array) or not isinstance(self.starts, Sequence) or not self.starts:
            raise TypeError(f"Population expects starts to be a list of models; got {type(self.starts).__name__}.")
        check_batch_size("Population", self.batch_size, as_examples("Population", self.data))
        checks.integer("Population", "steps", self.steps, at_least=1)
        checks.integer("Population", "seed", self.seed, at_least=0)

    def train(self, settings: Mapping[str, Any], schedule: Any, after: Crowd | None = None) -> tuple[Crowd, np.ndarray]:
        """Train a network for every setting, from every start.

        Args:
            settings: Name -> numbers of shape (starts, networks). `rate` is needed; `momentum` and `decay` are 0 unless
                given; all of them reach the loss.
            schedule: (steps,) or (networks, steps): what the rate is multiplied by at each step.
            after: Go on from here instead of from the starts.

        Returns:
            The networks, and the batch's loss before each step: (starts, networks, steps).
        """
        crowd, settings, factors = self._read(settings, schedule, after)
        begin, networks, seen = crowd.step, settings["rate"].shape[1], []
        for first in range(0, factors.shape[-1], STRETCH):
            now = factors[..., first : first + STRETCH]
            steps = slice(begin + first, begin + first + now.shape[-1])
            draws = self._draws[0][:, steps], self._draws[1][:, steps]
            state = crowd.model, crowd.velocity
            blocks = [self._together(*_block((*state, settings, now), at), *draws) for at in range(0, networks, BLOCK)]
            model, velocity, here = jax.tree.map(lambda *parts: jnp.concatenate(parts, axis=1), *blocks)
            crowd = Crowd(model, velocity, steps.stop)
            seen.append(np.asarray(here))
        return crowd, np.concatenate(seen, axis=-1)

    def _read(self, settings: Any, schedule: Any, after: Crowd | None) -> tuple[Crowd, dict[str, np.ndarray], Any]:
        if not isinstance(settings, Mapping) or "rate" not in settings:
            raise TypeError(f"Population expects settings as a dict with a 'rate'; got {settings!r}.")
        rows = {name: np.asarray(values, np.float32) for name, values in settings.items()}
        for name, values in rows.items():
            if values.ndim != 2 or len(values) != len(self.starts) or values.shape != rows["rate"].shape:
                raise ValueError(
                    f"Population expects {name} of shape (starts, networks) with {len(self.starts)} starts, one shape "
                    f"for all settings; got {values.shape}, and {rows['rate'].shape} for rate."
                )
            if not np.isfinite(values).all():
                raise ValueError(f"Population expects finite settings; {name} has {values[~np.isfinite(values)][0]}.")
        size = rows["rate"].shape
        if after is None:
            stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *self.starts)
            wide = jax.tree.map(lambda a: jnp.broadcast_to(a[:, None], (*size, *a.shape[1:])), stacked)
            after = Crowd(wide, jax.tree.map(jnp.zeros_like, wide), 0)
        factors = np.asarray(schedule, np.float32)
        if factors.ndim not in (1, 2) or (factors.ndim == 2 and len(factors) != size[1]):
            raise ValueError(
                f"Population expects a schedule of shape (steps,) or ({size[1]}, steps); got {factors.shape}."
            )
        if after.step + factors.shape[-1] > self.steps:
            raise ValueError(
                f"Population expects at most {self.steps} steps in all; got {after.step} + {factors.shape[-1]}. "
                "Make it with more steps."
            )
        return after, rows, np.broadcast_to(factors, (*size, factors.shape[-1]))

    @cached_property
    def _examples(self) -> Any:
        return as_examples("Population", self.data)

    @cached_property
    def _draws(self) -> tuple[np.ndarray, jax.Array]:
        """The examples of every batch, and a key for every step: (starts, steps, …)."""
        size = (len(self.starts), self.steps)
        rows = np.random.default_rng(self.seed).integers(length(self._examples), size=(*size, self.batch_size))
        return rows, jax.random.split(jax.random.key(self.seed), size)

    @cached_property
    def _together(self) -> Callable[..., Any]:
        """`_one` for all networks of a start, for all starts."""
        return jax.jit(jax.vmap(jax.vmap(self._one, (0, 0, 0, 0, None, None))))

    def _one(self, model: Any, velocity: Any, setting: Any, factors: Any, rows: Any, keys: Any) -> Any:
        def step(carry, now):
            (w, v), (factor, row, key) = carry, now
            batch = jax.tree.map(lambda leaf: leaf[row], self._examples)
            here, g = jax.value_and_grad(self.loss)(w, batch, setting, key)
            momentum, decay = setting.get("momentum", 0.0), setting.get("decay", 0.0)
            v = jax.tree.map(lambda v, g, w: momentum * v + g + decay * w, v, g, w)
            return (jax.tree.map(lambda w, v: w - setting["rate"] * factor * v, w, v), v), here

        (model, velocity), losses = jax.lax.scan(step, (model, velocity), (factors, rows, keys))
        return model, velocity, losses


def _block(tree: Any, at: int) -> Any:
    """BLOCK networks, from number `at` on."""
    return jax.tree.map(lambda leaf: leaf[:, at : at + BLOCK], tree)


@cache
def _each(function: Callable[..., Any], others: int) -> Callable[..., Any]:
    shared = (None,) * others
    return jax.jit(jax.vmap(jax.vmap(function, (0, *shared)), (0, *shared)))
