"""What to say when the loss is not finite: which step, which leaves, what to try."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from dlnotes import tree
from dlnotes.train.loss import Asked
from dlnotes.train.step import TrainState


class NonFiniteLoss(FloatingPointError):
    """The loss became NaN or infinite, and training stopped before the update that would have spread it.

    Attributes:
        step: The step, counted from 0 over the whole training.
        epoch: The epoch, counted from 1.
        leaves: Names of the leaves with NaN or infinities: "model.layers.0.weight", "gradient.…".
        result: A `FitResult` with the last model whose numbers are all finite, and the history so far.
    """

    def __init__(self, message: str, *, step: int, epoch: int, leaves: tuple[str, ...], result: Any = None) -> None:
        super().__init__(message)
        self.step, self.epoch, self.leaves, self.result = step, epoch, leaves, result


def not_finite(named: dict[str, Any]) -> dict[str, str]:
    """The leaves that hold NaN or infinities, each with how many of what."""
    found = {}
    for name, leaf in named.items():
        values = np.asarray(leaf)
        if values.dtype.kind not in "fcV":
            continue
        values = values.astype(np.float32) if values.dtype.kind == "V" else values
        nan, inf = int(np.isnan(values).sum()), int(np.isinf(values).sum())
        if nan or inf:
            parts = [f"{n} {word}" for n, word in ((nan, "NaN"), (inf, "inf")) if n]
            found[name] = f"{name} ({' and '.join(parts)} of {values.size})"
    return found


def explain(loss: Asked, state: TrainState, batch: Any, epoch: int, place: str) -> NonFiniteLoss:
    """Look at the state and the batch of the step whose loss was not finite.

    Args:
        loss: The loss function.
        state: The state before that step.
        batch: The step's batch.
        epoch: Counted from 1.
        place: "batch 3 of 32".
    """
    key = jax.random.fold_in(state.key, state.step)

    def value(model, batch, stats, key):
        return loss.loss(model, batch, stats, key=key, train=True)[0]

    rest = (batch, state.stats, key)
    number, gradient = jax.jit(jax.value_and_grad(value))(state.model, *rest)
    model = not_finite(tree.named_leaves(state.model))
    grads = not_finite(tree.named_leaves(gradient))
    step = int(state.step)
    words = [f"the loss became {float(number):g} at step {step} (epoch {epoch}, {place})."]
    if model:
        words.append(f"The model held it before this step: {_first(model)}; the update of the step before made it.")
    elif grads:
        words.append(f"The model was finite; the gradient is not: {_first(grads)}.")
    else:
        words.append("Model and gradient are finite: the loss itself overflowed, or divides by zero.")
    words.append(_complaint(value, state.model, *rest))
    words.append(
        "Try a learning rate ten times smaller; clip the gradient (optim.ClipByGlobalNorm); scale the inputs to "
        "about -1 … 1; look for log, sqrt or a division of numbers that can be 0, and for labels out of range. "
        "The last good model and the history are in this error's `.result`."
    )
    leaves = tuple(f"model.{name}" for name in model) + tuple(f"gradient.{name}" for name in grads)
    return NonFiniteLoss(" ".join(filter(None, words)), step=step, epoch=epoch, leaves=leaves)


def _complaint(value: Callable, *inputs: Any) -> str:
    """Run the loss uncompiled: its own checks see the numbers then, and may name the mistake (labels out of range)."""
    try:
        value(*inputs)
    except (TypeError, ValueError, FloatingPointError) as error:
        return f"Run outside jit, the loss says: {error}"
    return ""


def _first(found: dict[str, str], most: int = 6) -> str:
    more = len(found) - most
    return ", ".join(list(found.values())[:most]) + (f" and {more} more leaves" if more > 0 else "")
