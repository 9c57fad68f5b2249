"""One training step: the gradient of the loss on a batch, the optimizer's move, the next state.

Everything that changes while training is in one `TrainState`; a step is a function from state to state, compiled once.
The state is donated: its memory is reused for the next one, so that a step needs no second copy of model and moments.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from dlnotes import _checks as checks
from dlnotes import kernels
from dlnotes.optim import apply_updates
from dlnotes.train.loss import Asked, read, scalar

# Numbers folded into the key that no step ever reaches.
SHUFFLE, EVALUATE = 2**31 - 1, 2**31 - 2


class TrainState(NamedTuple):
    """All that changes while training.

    Attributes:
        model: The numbers being trained.
        stats: Running statistics, such as batch normalisation's; `None` without any.
        opt_state: What the optimizer remembers.
        key: A random key that stays the same: a step uses `fold_in(key, step)`.
        step: int32[], steps done.
    """

    model: Any
    stats: Any
    opt_state: Any
    key: jax.Array
    step: jax.Array


def copy(tree: Any) -> Any:
    """Every array anew, so that donating the copy leaves the original alone."""
    return jax.device_put(tree, may_alias=False)


def init_state(model: Any, optimizer: Any, key: jax.Array, stats: Any = None) -> TrainState:
    """Make the state before the first step. The arrays are copies: donating them never takes the caller's model away.

    Args:
        model: A module, or any tree of floating-point arrays.
        optimizer: From `dlnotes.optim` or optax: anything with `init(params)` and `update(grads, state, params)`.
        key: A random key.
        stats: Running statistics, if the loss asks for them.

    Raises:
        TypeError: Something that is not an optimizer or not a key, or a model that holds no floating-point arrays.
    """
    checks.key("init_state", key)
    check_optimizer("init_state", optimizer)
    leaves = jax.tree.leaves(model)
    if not leaves or not all(jnp.issubdtype(jnp.result_type(leaf), jnp.floating) for leaf in leaves):
        raise TypeError(
            f"init_state expects a model whose leaves are all floating-point arrays; got {model!r}. "
            f"Mark what is not trained with `static()`."
        )
    model = jax.tree.map(jnp.asarray, model)
    return copy(TrainState(model, stats, jax.jit(optimizer.init)(model), key, jnp.zeros((), jnp.int32)))


def make_train_step(loss: Callable, optimizer: Any) -> Callable[[TrainState, Any], tuple[TrainState, dict]]:
    """Make a compiled function `(state, batch) -> (state, metrics)` that takes one step and uses up the state given.

    Args:
        loss: `loss(model, batch)`, perhaps with `key`, `train` or `stats`: see `dlnotes.train.loss`.
        optimizer: From `dlnotes.optim` or optax.

    Returns:
        The step. Its metrics hold "loss" and whatever the loss returned beside it.

    Example:
        >>> from dlnotes.optim import SGD
        >>> step = make_train_step(lambda w, batch: ((w - batch) ** 2).mean(), SGD(0.25))
        >>> state = init_state(jnp.array(1.0), SGD(0.25), jax.random.key(0))
        >>> state, metrics = step(state, jnp.array([3.0]))
        >>> float(metrics["loss"]), float(state.model), int(state.step)
        (4.0, 2.0, 1)

    Notebook: 07_optimizers.
    """
    check_optimizer("make_train_step", optimizer)
    asked = read(loss)
    take = functools.partial(take_step, asked, optimizer)
    alone = jax.jit(take, donate_argnums=0, compiler_options=kernels.compiler_options())

    def train_step(state: TrainState, batch: Any) -> tuple[TrainState, dict]:
        # Inside another jit the outer one has the say about the compiler.
        return take(state, batch) if checks.is_traced(state.step) else alone(state, batch)

    return train_step


def make_eval_step(loss: Callable) -> Callable[[TrainState, Any], dict]:
    """Make a compiled function `(state, batch) -> metrics` with `train=False`. It changes nothing and donates nothing.

    A loss that asks for a key gets the same one every time, so that two evaluations can be compared.
    """
    asked = read(loss)
    return jax.jit(lambda state, batch: measure(asked, {}, state.model, state.stats, state.key, batch))


def take_step(loss: Asked, optimizer: Any, state: TrainState, batch: Any) -> tuple[TrainState, dict]:
    """The step itself, not compiled: forward, backward, update."""
    gradient, stats, metrics = backward(loss, state, batch)
    return update(optimizer, state, gradient, stats), metrics


def backward(loss: Asked, state: TrainState, batch: Any) -> tuple[Any, Any, dict]:
    """Forward and backward: the gradient of the loss, the new running statistics, the loss and what came beside it."""
    key = jax.random.fold_in(state.key, state.step)

    def objective(model):
        return loss.loss(model, batch, state.stats, key=key, train=True)

    (value, (metrics, stats)), gradient = jax.value_and_grad(objective, has_aux=True)(state.model)
    _same_form("stats returned by the loss", state.stats, stats)
    return gradient, stats, {"loss": value, **metrics}


def update(optimizer: Any, state: TrainState, gradient: Any, stats: Any) -> TrainState:
    """The optimizer's move."""
    updates, opt_state = optimizer.update(gradient, state.opt_state, state.model)
    _same_form("the optimizer's state", state.opt_state, opt_state)
    return TrainState(apply_updates(state.model, updates), stats, opt_state, state.key, state.step + 1)


def measure(loss: Asked, metrics: dict[str, Asked], model: Any, stats: Any, key: Any, batch: Any) -> dict:
    """The loss of a batch, what the loss returned beside it, and further metrics, all with `train=False`."""
    key = jax.random.fold_in(key, EVALUATE)
    value, (beside, _) = loss.loss(model, batch, stats, key=key, train=False)
    return {"loss": value, **beside} | extra_metrics(metrics, model, stats, key, batch)


def extra_metrics(metrics: dict[str, Asked], model: Any, stats: Any, key: Any, batch: Any) -> dict:
    """Each metric function's number on a batch."""
    return {
        name: scalar(f"the metric {name!r}", metric(model, batch, stats, key=key, train=False))
        for name, metric in metrics.items()
    }


def check_optimizer(who: str, optimizer: Any) -> None:
    """Something with optax's two functions."""
    if not (callable(getattr(optimizer, "init", None)) and callable(getattr(optimizer, "update", None))):
        raise TypeError(
            f"{who} expects an optimizer with init(params) and update(grads, state, params), such as "
            f"dlnotes.optim.Adam(1e-3) or optax.adam(1e-3); got {optimizer!r}."
        )


def _same_form(who: str, old: Any, new: Any) -> None:
    """A loop keeps its state's structure, shapes and dtypes; say which leaf does not."""
    from dlnotes import tree

    before, after = ({n: (x.shape, x.dtype) for n, x in tree.named_leaves(t).items()} for t in _arrays(old, new))
    if jax.tree.structure(old) != jax.tree.structure(new) or before != after:
        changed = [n for n in sorted(before.keys() | after.keys()) if before.get(n) != after.get(n)]
        raise TypeError(
            f"{who} must keep the structure, shapes and dtypes they had before the step; changed: "
            + ("; ".join(f"{n} from {before.get(n)} to {after.get(n)}" for n in changed) or "the structure")
            + "."
        )


def _arrays(*trees: Any) -> tuple[Any, ...]:
    return tuple(jax.tree.map(jnp.asarray, tree) for tree in trees)
