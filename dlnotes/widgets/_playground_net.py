"""The playground's computation: a small network, its data, and one jitted function that trains it.

Learning rate, batch size, L1, L2, dropout and the share of training points are arguments of that function, so moving
their sliders compiles nothing. The shape of the network, its features, activation and optimizer are compiled in.
Every random draw is keyed by the step it belongs to: a hundred steps are the same numbers in one call or in a hundred.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dlnotes import optim
from dlnotes.activations import ACTIVATIONS
from dlnotes.initializers import glorot_uniform, he_normal
from dlnotes.layers.linear import Dense
from dlnotes.losses import binary_cross_entropy, mse

N_POINTS = 500
WINDOW = 6.0
GRID = 100  # the big map is GRID x GRID, a unit's map half of that
HISTORY = 128  # epochs remembered by one call
MAX_BATCH = 100  # every batch is padded to this, so that its size may change without compiling

FEATURES: dict[str, Callable[[Any, Any], Any]] = {
    "x1": lambda x1, x2: x1,
    "x2": lambda x1, x2: x2,
    "x1²": lambda x1, x2: x1**2 / 6,  # divided by 6 so that it, too, stays within [-6, 6]
    "x2²": lambda x1, x2: x2**2 / 6,
    "x1·x2": lambda x1, x2: x1 * x2 / 6,
    "sin x1": lambda x1, x2: jnp.sin(x1),
    "sin x2": lambda x1, x2: jnp.sin(x2),
}
"""What the network may be shown of a point (x1, x2) in [-6, 6]²."""

OPTIMIZERS = ("SGD", "Momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam", "AdamW")
ACTIVATION_NAMES = ("tanh", "relu", "sigmoid", "leaky_relu", "gelu", "identity")


class Plan(NamedTuple):
    """What is fixed at compile time."""

    hidden: tuple[int, ...]
    features: tuple[str, ...]
    activation: str
    optimizer: str
    regression: bool


class Dials(NamedTuple):
    """What may change at any step without compiling."""

    learning_rate: Any
    batch_size: Any  # int, 1 … MAX_BATCH
    l1: Any
    l2: Any
    dropout: Any  # the share of hidden units silenced


class Points(NamedTuple):
    """The data: the first `n_train` points train the network, the others test it."""

    x: Any  # (N_POINTS, 2)
    y: Any  # (N_POINTS,)  0 or 1; any number for a regression
    n_train: Any  # int


class Training(NamedTuple):
    """Everything that moves."""

    layers: tuple[Dense, ...]
    opt_state: Any
    step: Any  # int: updates done
    epoch: Any  # int: passes over the training points done
    position: Any  # int: training points seen in this pass
    order: Any  # (N_POINTS,): this pass takes the training points in this order
    diverged: Any  # int: the step whose loss was not finite, or -1


class Report(NamedTuple):
    """What one call saw: the losses at the end of each epoch that it finished."""

    epochs: Any  # (HISTORY, 2) train loss, test loss
    count: Any  # int: how many rows of `epochs` are filled


def start(key: jax.Array, plan: Plan) -> Training:
    """Fresh layers (weights by Glorot and Bengio's rule, biases nought) and a fresh optimizer state."""
    return _start(key, plan)


@partial(jax.jit, static_argnames=("plan",))
def _start(key, plan):
    initial = he_normal if plan.activation in ("relu", "leaky_relu", "gelu") else glorot_uniform
    sizes = (len(plan.features), *plan.hidden, 1)
    keys = jax.random.split(key, len(sizes) - 1)
    layers = tuple(
        Dense.init(k, n_in, n_out, weight=initial) for k, n_in, n_out in zip(keys, sizes[:-1], sizes[1:], strict=True)
    )
    zero = jnp.asarray(0, jnp.int32)
    return Training(
        layers,
        _optimizer(plan, Dials(0.1, 1, 0.0, 0.0, 0.0)).init(layers),
        zero,
        zero,
        zero,
        jnp.arange(N_POINTS),
        zero - 1,
    )


def _optimizer(plan: Plan, dials: Dials) -> Any:
    if plan.optimizer == "AdamW":
        return optim.AdamW(dials.learning_rate, weight_decay=dials.l2, mask=_is_weight)
    return getattr(optim, plan.optimizer)(dials.learning_rate)


def _is_weight(name: str) -> bool:
    return name.endswith("weight")


def inputs(x: Any, features: tuple[str, ...]) -> jax.Array:
    """The chosen features of points `x` (n, 2): an array (n, features)."""
    return jnp.stack([FEATURES[name](x[:, 0], x[:, 1]) for name in features], axis=-1)


def forward(layers: tuple[Dense, ...], x: Any, plan: Plan, dropout: Any = None, key: Any = None) -> list[Any]:
    """The output of every layer for features `x`; the last is the logit (n, 1). With a key, dropout is at work."""
    activation = ACTIVATIONS[plan.activation].function
    outputs, used = [], 0
    # One draw for all units: it compiles much quicker than one for each layer.
    draws = None if key is None else jax.random.uniform(key, (x.shape[0], sum(plan.hidden)))
    for number, layer in enumerate(layers):
        x = layer(x)
        if number < len(layers) - 1:
            x = activation(x)
            if draws is not None:
                keep = draws[:, used : used + x.shape[1]] >= dropout
                x = jnp.where(keep, x / (1.0 - dropout), 0.0)
                used += x.shape[1]
        outputs.append(x)
    return outputs


def data_loss(output: Any, y: Any, regression: bool, weight: Any = None) -> jax.Array:
    """Mean loss per point: squared error for a regression, else binary cross-entropy in nats."""
    each = mse if regression else binary_cross_entropy
    losses = each(output, y, reduction="none")
    return losses.mean() if weight is None else (losses * weight).sum() / jnp.maximum(weight.sum(), 1.0)


def run(
    training: Training, points: Points, dials: Dials, key: jax.Array, n: int, plan: Plan
) -> tuple[Training, Report]:
    """Do `n` updates, fewer if the loss stops being finite or more than `HISTORY` epochs end; one jitted call."""
    return _run(training, points, dials, key, jnp.asarray(n, jnp.int32), plan)


# Compiled in half the time, run at half the speed: a reader who adds a unit waits for the compiler, not for the steps.
@partial(jax.jit, static_argnames=("plan",), compiler_options={"xla_backend_optimization_level": 0})
def _run(training, points, dials, key, n, plan):
    x = inputs(points.x, plan.features)
    is_train = (jnp.arange(x.shape[0]) < points.n_train).astype(jnp.float32)
    optimizer = _optimizer(plan, dials)

    def order_of(epoch):  # the training points in a new random order for each epoch, the others behind them
        draws = jax.random.uniform(jax.random.fold_in(key, epoch), (x.shape[0],))
        return jnp.argsort(jnp.where(is_train > 0, draws, 2.0))

    def batch_loss(layers, rows, counts, step_key):
        output = forward(layers, x[rows], plan, dials.dropout, step_key)[-1][:, 0]
        loss = data_loss(output, points.y[rows], plan.regression, counts)
        weights = [layer.weight for layer in layers]
        penalty = dials.l1 * sum(jnp.abs(w).sum() for w in weights)
        if plan.optimizer != "AdamW":  # AdamW takes L2 as decoupled weight decay
            penalty += 0.5 * dials.l2 * sum((w**2).sum() for w in weights)
        return loss + penalty

    def update(carry):
        training, report, done = carry
        order = jax.lax.cond(training.position == 0, lambda: order_of(training.epoch), lambda: training.order)
        places = training.position + jnp.arange(MAX_BATCH)
        rows = order[jnp.minimum(places, x.shape[0] - 1)]
        last = jnp.minimum(training.position + dials.batch_size, points.n_train)  # an epoch's last batch may be small
        counts = (places < last).astype(jnp.float32)
        step_key = jax.random.fold_in(jax.random.fold_in(key, 1_000_003), training.step)
        loss, grads = jax.value_and_grad(batch_loss)(training.layers, rows, counts, step_key)
        moves, opt_state = optimizer.update(grads, training.opt_state, training.layers)
        fine = jnp.isfinite(loss)
        layers = jax.tree.map(lambda p, u: jnp.where(fine, p + u, p), training.layers, moves)
        step = training.step + 1
        diverged = jnp.where(fine, training.diverged, step)
        ends = last >= points.n_train
        epoch = training.epoch + ends.astype(jnp.int32)
        both = jax.lax.cond(ends, losses, lambda layers: jnp.zeros(2), layers)
        at = jnp.where(ends, report.count, HISTORY)  # a row past the end is dropped
        report = Report(report.epochs.at[at].set(both, mode="drop"), report.count + ends.astype(jnp.int32))
        position = jnp.where(ends, 0, last)
        return Training(layers, opt_state, step, epoch, position, order, diverged), report, done + 1

    def losses(layers):
        output = forward(layers, x, plan)[-1][:, 0]
        pair = [data_loss(output, points.y, plan.regression, weight) for weight in (is_train, 1.0 - is_train)]
        return jnp.stack(pair)

    def more(carry):
        training, report, done = carry
        return (done < n) & (training.diverged < 0) & (report.count < HISTORY)

    zero = jnp.asarray(0, jnp.int32)
    first = (training, Report(jnp.zeros((HISTORY, 2)), zero), zero)
    training, report, _ = jax.lax.while_loop(more, update, first)
    return training, report


class View(NamedTuple):
    """What the picture needs: maps over the window, row 0 at the bottom, and the losses now."""

    units: Any  # (hidden units, GRID / 2, GRID / 2), layer after layer
    output: Any  # (GRID, GRID)  2p - 1 in [-1, 1]; the value itself for a regression
    losses: Any  # (2,)  train, test
    accuracy: Any  # (2,)  train, test (nought for a regression)


@partial(jax.jit, static_argnames=("plan",))
def view(layers: tuple[Dense, ...], points: Points, plan: Plan) -> View:
    """Every unit's map, the output's map, and the losses of the network as it stands."""
    side = (jnp.arange(GRID, dtype=jnp.float32) + 0.5) / GRID * (2.0 * WINDOW) - WINDOW
    where = jnp.stack(jnp.meshgrid(side, side), axis=-1).reshape(-1, 2)
    *hidden, logit = forward(layers, inputs(where, plan.features), plan)
    # the mean of each 2 x 2 block: a unit's map is drawn small
    maps = [h.T.reshape(-1, GRID // 2, 2, GRID // 2, 2).mean((2, 4)) for h in hidden]
    units = jnp.concatenate(maps) if maps else jnp.zeros((0, GRID // 2, GRID // 2))
    output = logit if plan.regression else jnp.tanh(0.5 * logit)  # 2 sigmoid(z) - 1

    at_points = forward(layers, inputs(points.x, plan.features), plan)[-1][:, 0]
    is_train = (jnp.arange(points.x.shape[0]) < points.n_train).astype(jnp.float32)
    right = ((at_points > 0) == (points.y > 0.5)).astype(jnp.float32)
    sets = (is_train, 1.0 - is_train)
    losses = [data_loss(at_points, points.y, plan.regression, weight) for weight in sets]
    accuracy = [(right * weight).sum() / jnp.maximum(weight.sum(), 1.0) for weight in sets]
    return View(units, output.reshape(GRID, GRID), jnp.stack(losses), jnp.stack(accuracy))


def feature_maps(features: tuple[str, ...] = tuple(FEATURES)) -> np.ndarray:
    """Each feature's own map over the window: (features, GRID / 2, GRID / 2), float32."""
    side = (np.arange(GRID // 2, dtype=np.float32) + 0.5) / (GRID // 2) * (2.0 * WINDOW) - WINDOW
    where = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    return np.asarray(inputs(where, features), np.float32).T.reshape(-1, GRID // 2, GRID // 2)
