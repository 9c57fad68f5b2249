"""One contract for every layer, model, activation, loss and optimizer: a table of cases, and the promises each keeps.

A new layer is one line in `LAYERS`. `test_contract.py` fails if a public name has no line here.
"""

import contextlib
import dataclasses
import functools
import importlib
import importlib.util
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads, check_vjp

from dlnotes import activations, layers, losses, models

X64 = jax.enable_x64 if hasattr(jax, "enable_x64") else importlib.import_module("jax.experimental").enable_x64
N_ENSEMBLE = 3


class LayerCase(NamedTuple):
    """How to make a layer from a key, what shape it eats, how to call it, and whether it knows its input's width."""

    make: Callable[[jax.Array], Any]
    shape: tuple[int, ...]
    call: Callable[..., Any] = lambda layer, x, key: layer(x)
    width: bool = True  # False: any width will do


class FunctionCase(NamedTuple):
    """An activation or loss: the call on float arguments to differentiate, and how to draw those from a key."""

    call: Callable[..., Any]
    draw: Callable[[jax.Array], tuple[jax.Array, ...]]


def _dropped(layer, x, key):
    return layer(x, train=True, key=key)


def _plain(function, shape):
    """A function that takes its place among the layers: it has no numbers, and its input's width is its output's."""
    return LayerCase(lambda key: (), shape, lambda layer, x, key: function(x), width=False)


def _remembered(init, shape):
    """A stateful layer at test time, with running statistics that are not where they began."""

    def call(layer, x, key):
        return layer(x, _seen(init, x.dtype), train=False)[0]

    return LayerCase(lambda key: init(key)[0], shape, call)


def _seen(init, dtype):
    """Running statistics that differ from feature to feature, of every norm of a layer."""

    def seen(stats):
        n, shape = stats.mean.size, stats.mean.shape
        mean, variance = jnp.linspace(-0.3, 0.2, n, dtype=dtype), jnp.linspace(0.5, 1.5, n, dtype=dtype)
        return layers.BatchStats(mean.reshape(shape), variance.reshape(shape))

    return jax.tree.map(seen, init(jax.random.key(0))[1], is_leaf=lambda part: isinstance(part, layers.BatchStats))


def _learning(init, shape):
    """A stateful layer in training, for one batch of `shape`; axes before that are separate batches."""

    def call(layer, x, key):
        stats = _seen(init, x.dtype)

        def step(x):
            return layer(x, stats, train=True)[0]

        return jax.vmap(step)(x) if x.ndim > len(shape) else step(x)

    return LayerCase(lambda key: init(key)[0], shape, call)


def _embedded(layer, x, key):
    return layer(jnp.clip(jnp.floor(x) + 2, 0, 3).astype(int))  # layers of tokens: 0, 1, 2 or 3


def _read(layer, x, key):
    return layer(jnp.clip(jnp.floor(x) + 2, 0, 3).astype(int), train=False)


def _hidden(layer, x, key):
    return layer(x)[0]


def _causal(layer, x, key):
    return layer(x, causal=True)


def _stacked(layer, x, key):
    return layer(x, train=True, key=key)[0]


LAYERS = {
    "BasicBlock": _remembered(lambda key: layers.BasicBlock.init(key, 2, 3, stride=2), (2, 4, 3, 2)),
    "BasicBlock, training": _learning(lambda key: layers.BasicBlock.init(key, 2, 2), (3, 4, 3, 2)),
    "BatchNorm": _remembered(lambda key: layers.BatchNorm.init(4), (5, 4)),
    "BatchNorm, training": _learning(lambda key: layers.BatchNorm.init(4), (5, 3, 4)),
    "Bidirectional": LayerCase(lambda key: layers.Bidirectional.init(key, layers.GRU, 4, 3), (2, 5, 4), _hidden),
    "Bottleneck": _remembered(lambda key: layers.Bottleneck.init(key, 4, 8, stride=2), (2, 4, 3, 4)),
    "Bottleneck, ResNeXt": _learning(lambda key: layers.Bottleneck.resnext(key, 4, 8, cardinality=2), (3, 3, 3, 4)),
    "Conv1d": LayerCase(lambda key: layers.Conv1d.init(key, 4, 3, 3), (2, 6, 4)),
    "Conv2d": LayerCase(lambda key: layers.Conv2d.init(key, 3, 2, 3), (2, 5, 4, 3)),
    "Conv2d, every setting": LayerCase(
        lambda key: layers.Conv2d.init(key, 4, 6, (3, 2), 2, ((1, 0), (2, 1)), (2, 1), 2, bias=False), (2, 7, 6, 4)
    ),
    "ConvNorm": _remembered(lambda key: layers.ConvNorm.init(key, 2, 3, 3), (2, 4, 3, 2)),
    "ConvTranspose1d": LayerCase(lambda key: layers.ConvTranspose1d.init(key, 3, 2, 3, 2), (2, 4, 3)),
    "ConvTranspose2d": LayerCase(lambda key: layers.ConvTranspose2d.init(key, 3, 2, 3, 2, "same"), (2, 3, 3, 3)),
    "Dense": LayerCase(lambda key: layers.Dense.init(key, 4, 3), (5, 4)),
    "DropPath": LayerCase(lambda key: layers.DropPath(0.4), (5, 4), _dropped, width=False),
    "Dropout": LayerCase(lambda key: layers.Dropout(0.4), (5, 4), _dropped, width=False),
    "Embedding": LayerCase(lambda key: layers.Embedding.init(key, 4, 3), (5, 4), _embedded, width=False),
    "GRU": LayerCase(lambda key: layers.GRU.init(key, 4, 3), (2, 5, 4), _hidden),
    "GRU, reset before": LayerCase(lambda key: layers.GRU.init(key, 4, 3, reset_after=False), (2, 5, 4), _hidden),
    "GroupNorm": LayerCase(lambda key: layers.GroupNorm.init(6, groups=2), (2, 3, 4, 6)),
    "GroupNorm, features": LayerCase(lambda key: layers.GroupNorm.init(6, groups=2, space=0), (5, 6)),
    "InstanceNorm": LayerCase(lambda key: layers.InstanceNorm.init(3), (2, 3, 4, 3)),
    "InstanceNorm, sequences": LayerCase(lambda key: layers.InstanceNorm.init(3, space=1), (2, 5, 3)),
    "LSTM": LayerCase(lambda key: layers.LSTM.init(key, 4, 3), (2, 5, 4), _hidden),
    "LayerNorm": LayerCase(lambda key: layers.LayerNorm.init(4), (5, 4)),
    "Maxout": LayerCase(lambda key: layers.Maxout.init(key, 4, 3, pieces=2), (5, 4)),
    "MultiHeadAttention": LayerCase(lambda key: layers.MultiHeadAttention.init(key, 4, 2), (2, 3, 4)),
    "MultiHeadAttention, grouped, causal, no bias": LayerCase(
        lambda key: layers.MultiHeadAttention.init(key, 4, 4, n_kv_heads=2, bias=False), (2, 3, 4), _causal
    ),
    "PReLU": LayerCase(lambda key: layers.PReLU.init(4), (5, 4)),
    "PReLU, one slope": LayerCase(lambda key: layers.PReLU.init(), (5, 4), width=False),
    "PreActivationBlock": _remembered(lambda key: layers.PreActivationBlock.init(key, 2, 3, stride=2), (2, 4, 3, 2)),
    "RMSNorm": LayerCase(lambda key: layers.RMSNorm.init(4), (5, 4)),
    "Repeated": LayerCase(
        lambda key: layers.Repeated.init(key, lambda key: layers.Dense.init(key, 4, 4), 3), (5, 4), width=False
    ),
    "SimpleRNN": LayerCase(lambda key: layers.SimpleRNN.init(key, 4, 3), (2, 5, 4), _hidden),
    "Stacked": LayerCase(lambda key: layers.Stacked.init(key, layers.LSTM, (4, 3, 2), 0.3), (2, 5, 4), _stacked),
    "average_pool": _plain(lambda x: layers.average_pool(x, 2, padding="same"), (2, 5, 4, 3)),
    "average_pool, sequences": _plain(lambda x: layers.average_pool(x, (3,), stride=1), (2, 5, 3)),
    "global_average_pool": _plain(layers.global_average_pool, (2, 3, 4, 3)),
    "max_pool": _plain(lambda x: layers.max_pool(x, 2), (2, 4, 5, 3)),
    "max_pool, sequences": _plain(lambda x: layers.max_pool(x, (3,), stride=2, padding=1), (2, 5, 3)),
}

MODELS = {
    "CNN": LayerCase(lambda key: models.CNN.init(key, (10, 9, 2), (3, 2), 4, 3), (2, 10, 9, 2)),
    "DBN": LayerCase(lambda key: models.DBN.init(key, (4, 3, 2)), (5, 4), lambda dbn, x, key: dbn.reconstruct(x)),
    "GPT": LayerCase(lambda key: models.GPT.init(key, 4, 5, 6, 2, 2), (2, 5), _embedded, width=False),
    "GPT, repeated": LayerCase(lambda key: models.GPT.init(key, 4, 5, 6, 2, 2, True), (2, 5), _embedded, width=False),
    "GPTBlock": LayerCase(lambda key: models.GPTBlock.init(key, 6, 2), (2, 3, 6)),
    "LeNet": LayerCase(models.LeNet.init, (2, 28, 28, 1)),
    "MLP": LayerCase(lambda key: models.MLP.init(key, (4, 8, 3), activation=activations.tanh), (5, 4)),
    "NormMLP": _remembered(lambda key: models.NormMLP.init(key, 4, (2, 8), 2), (5, 4)),
    "NormMLP, training": _learning(lambda key: models.NormMLP.init(key, 4, (2, 3), 2), (5, 4)),
    "NormMLP, layer": _remembered(lambda key: models.NormMLP.init(key, 4, (3, 3), 2, "layer"), (5, 4)),
    "RBM": LayerCase(lambda key: models.RBM.init(key, 4, 3), (5, 4), lambda rbm, x, key: rbm.free_energy(x)),
    "RNNClassifier": LayerCase(
        lambda key: models.RNNClassifier.init(key, layers.GRU, 4, 3, (3, 2), 2), (2, 5), _read, width=False
    ),
}


def _row(key):
    return (2 * jax.random.normal(key, (3, 6)),)


def _pair(key):
    one, two = jax.random.split(key)
    return 2 * jax.random.normal(one, (5, 3)), jax.random.normal(two, (5, 3))


def _soft(key):
    logits, targets = _pair(key)
    return logits, jax.nn.softmax(targets)


_SIDES = jnp.array([[1, -1, 1]] * 4 + [[-1, -1, 1]])
_LABELS = jnp.array([0, 2, 1, 1, 0])

ACTIVATIONS = {
    **{name: FunctionCase(row.function, _row) for name, row in activations.ACTIVATIONS.items()},
    "gelu, tanh form": FunctionCase(lambda x: activations.gelu(x, approximate=True), _row),
    "log_softmax": FunctionCase(activations.log_softmax, _row),
    "maxout": FunctionCase(lambda x: activations.maxout(x, 3), _row),
    "softmax": FunctionCase(activations.softmax, _row),
    "softmax, first axis": FunctionCase(lambda x: activations.softmax(x, axis=0), _row),
}

LOSSES = {
    "binary_cross_entropy": FunctionCase(
        lambda z, t: losses.binary_cross_entropy(z, jax.nn.sigmoid(t), label_smoothing=0.1, positive_weight=3.0), _pair
    ),
    "cross_entropy": FunctionCase(lambda z, t: losses.cross_entropy(z, _LABELS), _pair),
    "cross_entropy, every setting": FunctionCase(
        lambda z, t: losses.cross_entropy(
            z, _LABELS, label_smoothing=0.2, class_weights=jnp.array([1, 2, 3], z.dtype), reduction="sum"
        ),
        _pair,
    ),
    "cross_entropy, soft targets": FunctionCase(losses.cross_entropy, _soft),
    "hinge": FunctionCase(lambda z, t: losses.hinge(z, _SIDES), _pair),
    "huber": FunctionCase(lambda y, t: losses.huber(y, t, 0.7), _pair),
    "kl_divergence": FunctionCase(losses.kl_divergence, _soft),
    "mae": FunctionCase(losses.mae, _pair),
    "mse": FunctionCase(losses.mse, _pair),
    "perceptron": FunctionCase(lambda z, t: losses.perceptron(z, _SIDES), _pair),
}


def _optimizers() -> dict[str, Any]:
    """Every public optimizer of `dlnotes.optim`, with its defaults and a rate of 0.01 where it takes one."""
    if importlib.util.find_spec("dlnotes.optim") is None:
        return {}
    optim = importlib.import_module("dlnotes.optim")
    by_hand = {"Chain": lambda: optim.Chain(optim.ClipByGlobalNorm(1.0), optim.SGD(0.01))}
    found = {}
    for name in getattr(optim, "__all__", ()):
        kind = getattr(optim, name)
        if not (isinstance(kind, type) and dataclasses.is_dataclass(kind) and hasattr(kind, "update")):
            continue
        required = [p for p in inspect.signature(kind).parameters.values() if p.default is p.empty]
        found[name] = by_hand[name] if name in by_hand else lambda kind=kind, n=len(required): kind(*[0.01] * n)
    return found


OPTIMIZERS = _optimizers()


def base_names(table: dict[str, Any]) -> set[str]:
    """The public names a table covers: what stands before the comma."""
    return {name.split(",")[0] for name in table}


@contextlib.contextmanager
def float64():
    """Double precision, for finite differences that mean something."""
    with X64(True):
        yield


def as_float64(tree):
    return jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf), jnp.float64), tree)


def check_gradient(call, *arguments, modes=("fwd", "rev")):
    """Forward and reverse derivatives against finite differences, in float64."""
    with float64():
        compiled = jax.jit(lambda *a: call(*jax.tree.map(jnp.asarray, a)))
        check_grads(compiled, as_float64(arguments), order=1, modes=modes, eps=1e-6, rtol=1e-5, atol=1e-7)


def arrange(case: LayerCase):
    """A layer, an input and a key: the same in every test, so that what is compiled for one serves the others."""
    layer = case.make(jax.random.key(1))
    x = jax.random.normal(jax.random.key(2), case.shape)
    return layer, x, jax.random.key(3)


@functools.cache
def compiled(call):
    """`jax.jit`, once for all tests: most of their time goes into compiling."""
    return jax.jit(call)


@functools.cache
def loss_and_gradient(case: LayerCase):
    """Compiled: an uneven sum of a layer's outputs (no gradient cancels by symmetry), its gradient for layer and x."""

    def loss(layer_and_x, key):
        y = case.call(*layer_and_x, key)
        return jnp.vdot(jnp.linspace(0.1, 1, y.size, dtype=y.dtype), y)

    return jax.jit(jax.value_and_grad(loss))


def check_eager_equals_jit(call, *arguments):
    eager, together = call(*arguments), compiled(call)(*arguments)
    for one, other in zip(jax.tree.leaves(eager), jax.tree.leaves(together), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-6, atol=1e-6)


def check_float32(tree):
    for leaf in jax.tree.leaves(tree):
        assert leaf.dtype == jnp.float32


def check_leaves_floating_and_trained(case: LayerCase):
    layer, x, key = arrange(case)
    for path, leaf in jax.tree_util.tree_leaves_with_path(layer):
        assert jnp.issubdtype(leaf.dtype, jnp.floating), path
    with float64():
        gradient = loss_and_gradient(case)(as_float64((layer, x)), key)[1][0]
    for (path, slope), leaf in zip(jax.tree_util.tree_leaves_with_path(gradient), jax.tree.leaves(layer), strict=True):
        assert slope.shape == leaf.shape, path
        assert (np.asarray(slope) != 0).any(), f"{jax.tree_util.keystr(path)} receives no gradient"


def check_round_trip(case: LayerCase):
    layer, x, key = arrange(case)
    leaves, shape = jax.tree.flatten(layer)
    again = jax.tree.unflatten(shape, leaves)
    assert repr(again) == repr(layer)
    assert jax.tree.structure(again) == shape
    np.testing.assert_array_equal(compiled(case.call)(again, x, key), compiled(case.call)(layer, x, key))


def check_finite_differences(case: LayerCase):
    """The gradient only: a rule written for the way back (dlnotes.kernels) says nothing about the way forward."""
    layer, x, key = arrange(case)
    both = loss_and_gradient(case)

    def value(layer_and_x):
        return both(jax.tree.map(jnp.asarray, layer_and_x), key)[0]

    def value_and_pullback(layer_and_x):
        y, gradient = both(layer_and_x, key)
        return y, lambda above: (jax.tree.map(lambda slope: np.asarray(slope) * float(above), gradient),)

    with float64():
        check_vjp(value, value_and_pullback, (as_float64((layer, x)),), eps=1e-6, rtol=1e-5, atol=1e-7)


def check_ensemble(case: LayerCase):
    keys = jax.random.split(jax.random.key(4), N_ENSEMBLE)
    _, x, key = arrange(case)
    members = [case.make(one) for one in keys]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *members)
    together = jax.vmap(lambda layer: compiled(case.call)(layer, x, key), axis_size=N_ENSEMBLE)(stacked)
    for member, y in zip(members, together, strict=True):
        np.testing.assert_allclose(compiled(case.call)(member, x, key), y, rtol=2e-6, atol=1e-6)


def check_batch_axes(case: LayerCase):
    """Any leading axes: two batches stacked give the two answers stacked (layers that draw noise differ by design)."""
    layer, x, key = arrange(case)
    call = compiled(case.call)
    y, together = call(layer, x, key), call(layer, jnp.stack([x, -x]), key)
    assert together.shape == (2, *y.shape)
    if jnp.array_equal(y, call(layer, x, jax.random.key(99))):
        np.testing.assert_allclose(together, jnp.stack([y, call(layer, -x, key)]), rtol=2e-6, atol=1e-6)


def check_wrong_width(case: LayerCase):
    layer, x, key = arrange(case)
    wide = jnp.ones((*x.shape[:-1], x.shape[-1] + 1))
    name = type(layer).__name__
    with pytest.raises(ValueError, match=name) as error:
        case.call(layer, wide, key)
    said = str(error.value)
    assert said.startswith(f"{name} expects an input of shape (")
    assert f"{x.shape[-1]})" in said, "the width it wants"
    assert str(wide.shape) in said, "the shape that came"


def check_same_key_same_numbers(case: LayerCase):
    first, second = (case.make(jax.random.key(7)) for _ in range(2))
    for one, two in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True):
        np.testing.assert_array_equal(one, two)
    _, x, key = arrange(case)
    call = compiled(case.call)
    np.testing.assert_array_equal(call(first, x, key), call(second, x, key))
