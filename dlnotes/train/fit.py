"""`fit`: train a model in a notebook, watch it, stop it when you like, and lose nothing."""

import contextlib
import dataclasses
import os
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from dlnotes import _checks as checks
from dlnotes.train import checkpoint as checkpoints
from dlnotes.train.batch import as_examples, check_batch_size, extreme_batch, length
from dlnotes.train.diagnose import explain
from dlnotes.train.epoch import Loop, Totals, make_evaluate, mesh_of, take
from dlnotes.train.interrupt import Interrupt
from dlnotes.train.loss import Asked, read
from dlnotes.train.order import shuffled
from dlnotes.train.progress import Bar
from dlnotes.train.step import TrainState, copy, init_state
from dlnotes.train.stop import notebook_kernel

PIECE = 0.25  # seconds: about how often a running epoch comes back to Python


@dataclasses.dataclass(frozen=True, repr=False)
class FitResult:
    """What training gave.

    Attributes:
        model: The trained model: the best epoch's with `patience`, otherwise the last.
        stats: The running statistics that belong to it.
        history: Name -> one float64 for each epoch: "loss" and each metric (means over the epoch's batches, while the
            model was changing), "validation_loss" and so on (after the epoch), "seconds", "rate" (examples a second).
        stopped: Why it ended: "epochs" (all done), "patience" (no better for so long), "button", "interrupted"
            (Ctrl-C), "not finite" (in the error's `.result`).
        best_epoch: The epoch, counted from 1, of the lowest validation loss (training loss without validation); 0
            before the first epoch is over.
        state: The last `TrainState`, with the optimizer's memory.
    """

    model: Any
    stats: Any
    history: dict[str, np.ndarray]
    stopped: str
    best_epoch: int
    state: TrainState

    def __repr__(self) -> str:
        epochs = len(self.history["loss"])
        last = [f"{name.replace('_', ' ')} {values[-1]:.3f}" for name, values in self.history.items() if epochs]
        words = [f"{epochs} epoch{'s' * (epochs != 1)}", *last[:-2], f"best epoch {self.best_epoch}"]
        return f"FitResult({', '.join(words)}, stopped by {self.stopped!r})"


def fit(
    model: Any,
    loss: Callable,
    data: Any,
    *,
    optimizer: Any,
    epochs: int,
    batch_size: int,
    key: jax.Array,
    validation: Any = None,
    metrics: dict[str, Callable] | None = None,
    stats: Any = None,
    patience: int | None = None,
    checkpoint: str | os.PathLike | None = None,
    devices: Any = None,
    live: bool = True,
    progress: bool = True,
    on_epoch: Callable[[FitResult], Any] | None = None,
) -> FitResult:
    """Train `model` on `data`, epoch after epoch, and give back the trained model with its history.

    In a notebook a bar, a stop button and growing curves are shown; in a terminal the bar. The stop button ends
    training after the running epoch, Ctrl-C (the kernel's interrupt button) within it; both keep all that was learnt.

    The steps run in one compiled loop, or are called one by one where that is faster (on a CPU, if the model has a
    `lax.conv` of its own). The numbers are the same: see `dlnotes.train.epoch`.

    Args:
        model: A module, or any tree of floating-point arrays. It is copied, never changed.
        loss: `loss(model, batch)`, perhaps with `key`, `train` or `stats`; returns the loss, or the loss and a dict of
            metrics, and the new stats if it asked for them: see `dlnotes.train.loss`.
        data: Something with `.x` and `.y`, a tuple or dict of arrays, or one array: see `dlnotes.train.batch`.
        optimizer: From `dlnotes.optim` or optax.
        epochs: How often to go through the data, counted from the very start even if a checkpoint is resumed.
        batch_size: Examples in a step. The last batch of an epoch may be smaller; it is used too.
        key: A random key, for the shuffles and for what the loss draws.
        validation: Data that are never trained on, to be evaluated after every epoch with `train=False`.
        metrics: Name -> `metric(model, batch)`, evaluated after every epoch on the training and the validation data.
            Each costs a forward pass over them; what the loss has at hand anyway is cheaper returned by the loss.
        stats: Running statistics to start from, if the loss asks for `stats`.
        patience: Stop after so many epochs without a lower validation loss, and return the best epoch's model.
        checkpoint: A file, written after every epoch. If it exists, training goes on from there, bit for bit as if it
            had never stopped; a checkpoint of another model, optimizer or data is refused.
        devices: Several devices to share each batch: their number, or a list from `jax.devices()`.
        live: Draw the curves while training (in a notebook only).
        progress: Show a progress bar.
        on_epoch: Called after every epoch with the `FitResult` so far.

    Returns:
        The trained model, its stats, the history, and why training ended.

    Raises:
        NonFiniteLoss: The loss became NaN or infinite. The message says at which step, in which leaves, and what to
            try; `.result` has the last good model.
        TypeError, ValueError: Data of different lengths, labels out of range (if the loss checks them, as those of
            `dlnotes.losses` do), a batch size out of range, a loss that asks for an unknown
            name or returns something else, a checkpoint of another training.

    Example:
        >>> from dlnotes.optim import SGD
        >>> x = np.linspace(-1, 1, 64, dtype=np.float32)
        >>> def loss(model, batch):
        ...     return ((model["slope"] * batch.x + model["height"] - batch.y) ** 2).mean()
        >>> start = {"slope": jax.numpy.zeros(()), "height": jax.numpy.zeros(())}
        >>> result = fit(start, loss, (x, 3 * x + 1), optimizer=SGD(0.2), epochs=20, batch_size=16,
        ...              key=jax.random.key(0), progress=False)
        >>> round(float(result.model["slope"]), 2), round(float(result.model["height"]), 2)
        (3.0, 1.0)

    Notebook: 00_start_here.
    """
    epochs = checks.integer("fit", "epochs", epochs, at_least=0)
    if patience is not None:
        patience = checks.integer("fit", "patience", patience, at_least=1)
    state = init_state(model, optimizer, key, stats)
    examples = as_examples("fit", data)
    held_out = None if validation is None else as_examples("fit", validation, "validation")
    batch_size = check_batch_size("fit", batch_size, examples)
    _check_values(read(loss), state, examples, batch_size, train=True)
    if held_out is not None:
        _check_values(read(loss), state, held_out, min(batch_size, length(held_out)), train=False)
    training = _Training(loss, optimizer, batch_size, metrics or {}, devices, examples, held_out, state, patience)
    if checkpoint is not None:
        training.use_checkpoint(checkpoint)
    return training.run(epochs, live=live, progress=progress, on_epoch=on_epoch)


def _check_values(loss: Asked, state: TrainState, examples: Any, size: int, *, train: bool) -> None:
    """Under jit nobody sees that a label is out of range, so trace the loss once with whole numbers one can look at.

    Only what depends on nothing but them is computed here; for all the rest the shapes suffice.
    """
    leaves, form = jax.tree.flatten(extreme_batch(examples, size))
    whole = [jax.numpy.issubdtype(leaf.dtype, jax.numpy.integer) for leaf in leaves]
    if not any(whole):
        return

    def look(model, stats, key, others):
        given = iter(others)
        batch = form.unflatten([leaf if known else next(given) for leaf, known in zip(leaves, whole, strict=True)])
        with jax.ensure_compile_time_eval():
            return loss.loss(model, batch, stats, key=key, train=train)

    others = [leaf for leaf, known in zip(leaves, whole, strict=True) if not known]
    jax.eval_shape(look, state.model, state.stats, jax.random.fold_in(state.key, 0), others)


class _Training:
    """One call of `fit`: the state, the history and the best model while it goes on."""

    def __init__(self, loss, optimizer, batch_size, metrics, devices, examples, held_out, state, patience) -> None:
        mesh = mesh_of("fit", devices, batch_size)
        self.loss, self.optimizer, self.patience, self.path = read(loss), optimizer, patience, None
        self.loop = Loop(self.loss, optimizer, batch_size, mesh)
        self.state, self.examples = self.loop.place((state, examples))
        self.held_out = None if held_out is None else self.loop.place(held_out)
        self.n = length(examples)
        self.steps, self.left = divmod(self.n, batch_size)
        self.zeros = self.loop.zeros(self.state, self.examples)
        self.evaluate = make_evaluate(loss, batch_size, metrics=metrics, devices=devices)
        own = list(self.zeros.sums)
        if both := set(own) & set(metrics):
            raise ValueError(f"fit has two metrics named {min(both)!r}: one returned by the loss, one in metrics.")
        self.metrics = list(metrics)
        train = ["loss", *(name for name in own if name != "loss"), *metrics]
        columns = train + [f"validation_{name}" for name in train if held_out is not None] + ["seconds", "rate"]
        self.history: dict[str, list[float]] = {name: [] for name in columns}
        self.watched = "loss" if held_out is None else "validation_loss"
        self.good = self.best = copy((self.state.model, self.state.stats))
        self.pace = 1

    @property
    def done(self) -> int:
        return len(self.history["loss"])

    @property
    def best_epoch(self) -> int:
        return int(np.argmin(self.history[self.watched])) + 1 if self.done else 0

    @property
    def is_stale(self) -> bool:
        return self.patience is not None and self.done - self.best_epoch >= self.patience and self.done > 0

    def use_checkpoint(self, path: str | os.PathLike) -> None:
        """Write to this file from now on; if it is there already, go on from what it holds."""
        self.path = path
        self.setup = checkpoints.describe_setup(
            self.state, self.optimizer, self.loss, self.examples, self.held_out, list(self.history),
            batch_size=self.loop.batch_size, **{"best weights kept": self.patience is not None},
        )  # fmt: skip
        if os.path.exists(path):
            saved, self.history = checkpoints.read(path, self._saved(), self.setup)
            self.state = self.loop.place(copy(saved.state))
            if saved.best is not None:
                self.best = self.loop.place(saved.best)
            self.good = copy((self.state.model, self.state.stats))

    def run(self, epochs: int, *, live: bool, progress: bool, on_epoch: Callable | None) -> FitResult:
        kernel = notebook_kernel() if live or progress else None
        with contextlib.ExitStack() as stack:
            bar = Bar(epochs, self.n, min(self.done, epochs), notebook=kernel is not None) if progress else None
            panel = None
            if kernel is not None:
                from dlnotes.train.live import Curves, Panel

                curves = Curves(epochs, list(self.history)) if live else None
                panel = stack.enter_context(Panel(kernel, epochs, bar, curves))
            if bar:
                stack.callback(bar.close)
            interrupt = stack.enter_context(Interrupt())
            stopped = "epochs"
            try:
                while self.done < epochs and stopped == "epochs":
                    if self.is_stale:
                        stopped = "patience"
                    elif not self._epoch(bar, panel, interrupt):
                        stopped = "interrupted"
                    else:
                        self._after_epoch(bar, panel, on_epoch)
                        stopped = "button" if panel and panel.stop.poll() else stopped
                        stopped = "interrupted" if interrupt.asked else stopped
            finally:
                if panel:
                    panel.finish(self.history)
        if self.is_stale and stopped == "epochs" and self.done < epochs:
            stopped = "patience"
        return self.result(stopped)

    def _epoch(self, bar: Any, panel: Any, interrupt: Interrupt) -> bool:
        """One epoch in pieces of about `PIECE` seconds; False if Ctrl-C came before its end."""
        began, first, totals = time.perf_counter(), 0, copy(self.zeros)
        start = int(self.state.step)
        order = self.loop.place(shuffled(self.state.key, self.done, self.n))
        while first < self.steps + bool(self.left):
            if interrupt.asked:
                return False
            piece_began = time.perf_counter()
            if first < self.steps:
                last = min(first + self.pace, self.steps)
                self.state, totals = self.loop.run(self.state, totals, self.examples, order, first, last)
            else:
                last = first + 1
                self.state, totals = self.loop.rest(self.state, totals, self.examples, order)
            if int(totals.bad) >= 0:  # also waits for the piece to end
                self._not_finite(int(totals.bad) - start, order)
            took = time.perf_counter() - piece_began
            if last - first == self.pace:
                self.pace = (
                    self.pace * 4 if took < PIECE / 3 else max(1, self.pace // 2) if took > 2 * PIECE else self.pace
                )
            if bar:
                done = min(last * self.loop.batch_size, self.n) - first * self.loop.batch_size
                bar.forward(done)
            if panel:
                panel.stop.poll()
            first = last
        self._record(totals, time.perf_counter() - began)
        return True

    def _record(self, totals: Totals, seconds: float) -> None:
        """Add an epoch to the history; remember the model if it is the best."""
        numbers = totals.means()
        if self.metrics:
            after = self.evaluate(self.state, self.examples)
            numbers |= {name: after[name] for name in self.metrics}
        if self.held_out is not None:
            numbers |= {f"validation_{name}": value for name, value in self.evaluate(self.state, self.held_out).items()}
        numbers |= {"seconds": seconds, "rate": self.n / seconds}
        for name, values in self.history.items():
            values.append(numbers[name])
        if not not_finite_anywhere(self.state.model):
            self.good = copy((self.state.model, self.state.stats))
        if self.patience is not None and self.best_epoch == self.done:
            self.best = copy((self.state.model, self.state.stats))

    def _after_epoch(self, bar: Any, panel: Any, on_epoch: Callable | None) -> None:
        if self.path is not None:
            checkpoints.write(self.path, self._saved(), self.history, self.setup)
        if bar:
            bar.say({name: values[-1] for name, values in self.history.items()})
            bar.epoch(self.done)
        if panel:
            panel.show(self.history)
        if on_epoch:
            on_epoch(self.result("epochs", copied=True))

    def _saved(self) -> checkpoints.Saved:
        return checkpoints.Saved(self.state, self.best if self.patience is not None else None)

    def _not_finite(self, index: int, order: jax.Array) -> None:
        """Explain a loss that is not finite, at batch `index` of this epoch."""
        size = self.loop.batch_size
        batch = take(self.examples, order[index * size : (index + 1) * size], None)
        place = f"batch {index + 1} of {self.steps + bool(self.left)}"
        error = explain(self.loss, self.state, batch, self.done + 1, place)
        good = (self.state.model, self.state.stats) if not not_finite_anywhere(self.state.model) else self.good
        error.result = dataclasses.replace(self.result("not finite"), model=good[0], stats=good[1])
        raise error

    def result(self, stopped: str, *, copied: bool = False) -> FitResult:
        """What there is so far; copied if training goes on, which would take these arrays away."""
        state = self.state if self.loop.mesh is None else jax.device_put(self.state, self.loop.mesh.devices.flat[0])
        model, stats = self.best if self.patience is not None and self.done else (state.model, state.stats)
        if self.loop.mesh is not None:
            model, stats = jax.device_put((model, stats), self.loop.mesh.devices.flat[0])
        if copied:
            state, model, stats = copy((state, model, stats))
        history = {name: np.array(values) for name, values in self.history.items()}
        return FitResult(model, stats, history, stopped, self.best_epoch, state)


def not_finite_anywhere(model: Any) -> bool:
    """Whether any leaf holds NaN or an infinity."""
    return not all(np.isfinite(leaf).all() for leaf in jax.device_get(jax.tree.leaves(model)))
