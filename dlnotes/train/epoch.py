"""A whole epoch: shuffle, then a step for every batch, each compiled once.

The data lie on the device, and a step gathers its batch there. All steps run in one compiled loop without coming back
to Python, because calling a small model's step would cost many times what it computes (for a network of 33 numbers,
more than thirty times); where a compiled loop would be the slower way, they are called one by one (see
`kernels/loop.py`).

If the batch size does not divide the number of examples, the last, smaller batch is one more step (it is compiled once
too, and counts by its size in the means). Training stops by itself at a step whose loss is not finite, before the bad
update is made.

The loop's bounds are numbers known at run time. `fit` runs an epoch in a few pieces, to move its progress bar and hear
Ctrl-C, with the one program that also runs it whole. However it is cut, the numbers are the same to the last bit.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from dlnotes import _checks as checks
from dlnotes import kernels
from dlnotes.train.batch import as_examples, check_batch_size, length
from dlnotes.train.loss import Asked, read
from dlnotes.train.order import shuffled
from dlnotes.train.step import TrainState, backward, check_optimizer, measure, take_step, update


class Totals(NamedTuple):
    """What an epoch has added up so far.

    Attributes:
        sums: For each metric, the sum over batches; a smaller batch weighs less.
        weight: The number of batches in it.
        bad: int32[], the step (counted from 0 in the whole training) whose loss was not finite, or -1.
    """

    sums: dict[str, jax.Array]
    weight: jax.Array
    bad: jax.Array

    def means(self) -> dict[str, float]:
        """Each metric's mean over the examples."""
        sums, weight = jax.device_get((self.sums, self.weight))
        return {name: float(total / np.maximum(weight, 1e-9)) for name, total in sums.items()}


class Loop:
    """The compiled pieces of an epoch, for one loss, optimizer, batch size and set of devices."""

    def __init__(self, loss: Asked, optimizer: Any, batch_size: int, mesh: Mesh | None = None) -> None:
        self.loss, self.optimizer, self.batch_size, self.mesh = loss, optimizer, batch_size, mesh
        self._step = jax.jit(functools.partial(take_step, loss, optimizer))
        self._metrics: dict[Any, dict[str, Any]] = {}  # what a step reports, for each form of batch
        self._steps = kernels.compile_loop(self._turn, _is_well, several_devices=mesh is not None)
        self.rest = jax.jit(self._rest, donate_argnums=(0, 1), compiler_options=kernels.compiler_options())

    def run(self, state: TrainState, totals: Totals, examples: Any, order: jax.Array, first: int, last: int):
        """Steps `first` … `last - 1` of an epoch: batch i is the i-th slice of `order`. Uses up state and totals."""
        return self._steps(first, last, (state, totals), examples, order)

    def place(self, tree: Any) -> Any:
        """Put a copy of everything on every device; without several devices, leave it where it is."""
        return tree if self.mesh is None else jax.device_put(tree, NamedSharding(self.mesh, PartitionSpec()))

    def zeros(self, state: TrainState, examples: Any) -> Totals:
        """Totals of nothing. The loss is traced here first, so a mistake in it shows up before training."""
        batch = jax.tree.map(lambda a: jax.ShapeDtypeStruct((self.batch_size, *a.shape[1:]), a.dtype), examples)
        form = jax.tree.structure(batch), tuple((a.shape, a.dtype) for a in jax.tree.leaves(batch))
        if form not in self._metrics:
            self._metrics[form] = jax.eval_shape(self._step, state, batch)[1]
        sums = {name: jnp.zeros((), value.dtype) for name, value in self._metrics[form].items()}
        return self.place(Totals(sums, jnp.zeros((), jnp.float32), jnp.full((), -1, jnp.int32)))

    def _turn(self, i: Any, now: tuple[TrainState, Totals], examples: Any, order: jax.Array):
        chosen = jax.lax.dynamic_slice_in_dim(order, i * self.batch_size, self.batch_size)
        return self._guarded(*now, take(examples, chosen, self.mesh), 1.0)

    def _rest(self, state: TrainState, totals: Totals, examples: Any, order: jax.Array):
        """The step on the last, smaller batch."""
        left = length(examples) % self.batch_size
        return self._guarded(state, totals, take(examples, order[-left:], None), left / self.batch_size)

    def _guarded(self, state: TrainState, totals: Totals, batch: Any, weight: float):
        """One step, and its numbers added to the totals.

        If its loss is not finite, or that of a step before was not, nothing changes but `bad`: the state at hand is the
        one to be looked at.
        """
        gradient, stats, metrics = backward(self.loss, state, batch)
        finite, well = jnp.isfinite(metrics["loss"]), totals.bad < 0

        def go_on(now, gradient, stats, metrics):
            state, totals = now
            sums = {name: total + weight * metrics[name] for name, total in totals.sums.items()}
            after = self._settle(update(self.optimizer, state, gradient, stats))
            return after, totals._replace(sums=sums, weight=totals.weight + weight)

        after = kernels.update_if(finite & well, go_on, (state, totals), gradient, stats, metrics)
        return after[0], after[1]._replace(bad=jnp.where(finite | ~well, totals.bad, state.step))

    def _settle(self, state: TrainState) -> TrainState:
        """On several devices the new state is whole on each, as the old one was."""
        if self.mesh is None:
            return state
        everywhere = NamedSharding(self.mesh, PartitionSpec())
        return jax.tree.map(lambda leaf: jax.lax.with_sharding_constraint(leaf, everywhere), state)


def make_train_epoch(
    loss: Callable, optimizer: Any, batch_size: int, *, devices: Any = None
) -> Callable[[TrainState, Any, int], tuple[TrainState, dict[str, float]]]:
    """Make a function `(state, data, epoch) -> (state, means)` that trains on all of `data` once and uses up the state.

    Args:
        loss: `loss(model, batch)`, perhaps with `key`, `train` or `stats`: see `dlnotes.train.loss`.
        optimizer: From `dlnotes.optim` or optax.
        batch_size: Examples in a step, over all devices together.
        devices: Several devices to share each batch: their number, or a list from `jax.devices()`. The result is
            that of one device, up to rounding.

    Returns:
        The function. `epoch` decides the shuffle: the order is drawn with `fold_in(fold_in(key, 2**31 - 1), epoch)`.
        `means` are the epoch's mean loss and metrics; the loss is not finite there if training stopped on the way.

    Example:
        >>> from dlnotes.optim import SGD
        >>> from dlnotes.train import init_state
        >>> train_epoch = make_train_epoch(lambda w, batch: ((w - batch) ** 2).mean(), SGD(0.25), batch_size=2)
        >>> state = init_state(jnp.array(1.0), SGD(0.25), jax.random.key(0))
        >>> state, means = train_epoch(state, np.full(5, 3.0, np.float32), epoch=0)
        >>> float(state.model), int(state.step)
        (2.75, 3)

    Notebook: 07_optimizers.
    """
    check_optimizer("make_train_epoch", optimizer)
    batch_size = checks.integer("make_train_epoch", "batch_size", batch_size, at_least=1)
    loop = Loop(read(loss), optimizer, batch_size, mesh_of("make_train_epoch", devices, batch_size))

    def train_epoch(state: TrainState, data: Any, epoch: int) -> tuple[TrainState, dict[str, float]]:
        examples = as_examples("train_epoch", data)
        check_batch_size("train_epoch", batch_size, examples)
        state, examples = loop.place((state, examples))
        order = loop.place(shuffled(state.key, epoch, length(examples)))
        steps, left = divmod(length(examples), batch_size)
        state, totals = loop.run(state, loop.zeros(state, examples), examples, order, 0, steps)
        if left:
            jax.block_until_ready(totals)  # collectives dispatched ahead can wait for each other for ever
            state, totals = loop.rest(state, totals, examples, order)
        means = totals.means()
        return state, means if int(totals.bad) < 0 else means | {"loss": float("nan")}

    return train_epoch


def make_evaluate(
    loss: Callable, batch_size: int, *, metrics: dict[str, Callable] | None = None, devices: Any = None
) -> Callable[[TrainState, Any], dict[str, float]]:
    """Make a function `(state, data) -> means`: the mean loss and metrics over all of `data`, with `train=False`.

    Args:
        loss: As in `make_train_epoch`.
        batch_size: Examples at a time; the last, smaller batch counts by its size.
        metrics: Name -> `metric(model, batch)`, each a mean over the batch's examples (a mean of batches' F1 scores
            is not the F1 score of all).
        devices: As in `make_train_epoch`.

    Example:
        >>> from dlnotes.optim import SGD
        >>> from dlnotes.train import init_state
        >>> evaluate = make_evaluate(lambda w, batch: ((w - batch) ** 2).mean(), batch_size=2)
        >>> evaluate(init_state(jnp.array(1.0), SGD(0.1), jax.random.key(0)), np.full(5, 3.0, np.float32))
        {'loss': 4.0}
    """
    batch_size = checks.integer("make_evaluate", "batch_size", batch_size, at_least=1)
    asked, extra = read(loss), {name: read(metric, f"metric {name!r}") for name, metric in (metrics or {}).items()}
    mesh = mesh_of("make_evaluate", devices, batch_size)

    @jax.jit
    def total(model, stats, key, examples):
        size = min(batch_size, length(examples))
        steps, left = divmod(length(examples), size)

        def add(i, sums):
            batch = take(examples, i * size + jnp.arange(size), mesh if size == batch_size else None)
            numbers = measure(asked, extra, model, stats, key, batch)
            return {name: sums[name] + numbers[name] for name in sums}

        first = jax.tree.map(lambda leaf: leaf[:size], examples)
        shapes = jax.eval_shape(functools.partial(measure, asked, extra, model, stats, key), first)
        sums = {name: jnp.zeros((), value.dtype) for name, value in shapes.items()}
        sums = jax.lax.fori_loop(0, steps, add, sums)
        if left:
            last = jax.tree.map(lambda leaf: leaf[-left:], examples)
            numbers = measure(asked, extra, model, stats, key, last)
            sums = {name: sums[name] + numbers[name] * (left / size) for name in sums}
        return {name: value / (steps + left / size) for name, value in sums.items()}

    def evaluate(state: TrainState, data: Any) -> dict[str, float]:
        examples = as_examples("evaluate", data)
        if mesh is not None:
            examples = jax.device_put(examples, NamedSharding(mesh, PartitionSpec()))
        means = jax.device_get(total(state.model, state.stats, state.key, examples))
        return {name: float(value) for name, value in means.items()}

    return evaluate


def take(examples: Any, chosen: jax.Array, mesh: Mesh | None) -> Any:
    """The chosen examples; with a mesh, an equal part of them on each device."""
    batch = jax.tree.map(lambda leaf: leaf[chosen], examples)
    if mesh is None:
        return batch
    parts = NamedSharding(mesh, PartitionSpec("batch"))
    return jax.tree.map(lambda leaf: jax.lax.with_sharding_constraint(leaf, parts), batch)


def mesh_of(who: str, devices: Any, batch_size: int) -> Mesh | None:
    """The devices in a row named "batch"; `None` for one device."""
    if devices is None:
        return None
    if not isinstance(devices, (list, tuple)):
        number = checks.integer(who, "devices", devices, at_least=1, at_most=len(jax.devices()))
        devices = jax.devices()[:number]
    if batch_size % len(devices):
        raise ValueError(
            f"{who} expects batch_size to be a multiple of the number of devices, {len(devices)}; got {batch_size}. "
            f"Use batch_size={len(devices) * max(1, batch_size // len(devices))}."
        )
    return Mesh(np.array(devices), ("batch",)) if len(devices) > 1 else None


def _is_well(now: tuple[TrainState, Totals]) -> jax.Array:
    return now[1].bad < 0
