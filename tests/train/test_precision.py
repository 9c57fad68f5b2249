"""In mixed precision every network computes in bfloat16, learns as in float32, and keeps float32 itself."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes import data, kernels
from dlnotes.layers import GRU, LSTM, BatchNorm, GroupNorm, InstanceNorm, LayerNorm, MultiHeadAttention, RMSNorm
from dlnotes.losses import cross_entropy, mse
from dlnotes.models import CNN, GPT, MLP, LeNet, NormMLP, ResNet, RNNClassifier
from dlnotes.optim import Adam
from dlnotes.train import Batch, fit, init_state, make_eval_step, make_train_step, mixed_precision

KEY = jax.random.key(0)
IMAGES, TOKENS = (4, 28, 28, 1), (4, 12)
FRESH = {"train": True, "key": KEY}

# name: model, shape of its input (whole numbers for tokens), options of a call, whether it has running statistics
NETWORKS = {
    "MLP": (lambda: MLP.init(KEY, (8, 16, 3)), (4, 8), {}, False),
    "NormMLP": (lambda: NormMLP.init(KEY, 8, (2, 16), 3, "batch"), (4, 8), FRESH, True),
    "CNN": (lambda: CNN.init(KEY, image=(28, 28, 1), channels=(4, 8, 8), n_hidden=8, n_out=3), IMAGES, {}, False),
    "LeNet": (lambda: LeNet.init(KEY), IMAGES, {}, False),
    "ResNet": (lambda: ResNet.cifar(KEY, depth=8, n_out=3), (4, 16, 16, 3), {"train": True}, True),
    "LSTM": (lambda: RNNClassifier.init(KEY, LSTM, n_tokens=9, n_features=4, sizes=(6, 5), n_out=3), TOKENS, {}, False),
    "GRU": (lambda: RNNClassifier.init(KEY, GRU, n_tokens=9, n_features=4, sizes=(6, 5), n_out=3), TOKENS, {}, False),
    "GPT": (lambda: GPT.init(KEY, n_tokens=9, context=12, n_features=8, n_heads=2, n_blocks=2), TOKENS, {}, False),
}


def example(shape):
    if shape is TOKENS:
        return jax.random.randint(KEY, shape, 0, 9)
    return jax.random.normal(KEY, shape)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_computes_in_bfloat16_and_its_gradient_is_float32_and_points_the_same_way(name):
    make, shape, options, has_stats = NETWORKS[name]
    model, stats = make() if has_stats else (make(), None)
    options = {"train": True} | options if name in ("LSTM", "GRU") else options
    seen = set()

    def loss(model, x, *, stats):
        logits, stats = model(x, stats, **options) if has_stats else (model(x, **options), stats)
        seen.add(logits.dtype)
        labels = jnp.arange(logits[..., 0].size).reshape(logits.shape[:-1]) % 3
        return cross_entropy(logits, labels), stats

    def slope(loss):
        return jax.jit(jax.value_and_grad(lambda model: loss(model, example(shape), stats=stats), has_aux=True))(model)

    (exact, old), gradient = slope(loss)
    assert seen == {jnp.dtype(jnp.float32)}
    seen.clear()
    (value, new), rounded = slope(mixed_precision(loss))
    assert seen == {jnp.dtype(jnp.bfloat16)}
    assert value.dtype == jnp.float32
    np.testing.assert_allclose(value, exact, rtol=0.03)
    assert {leaf.dtype for leaf in jax.tree.leaves((rounded, new))} == {jnp.dtype(jnp.float32)}
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0.1, atol=0.03), new, old)
    one, other = (np.concatenate([leaf.ravel() for leaf in jax.tree.leaves(tree)]) for tree in (gradient, rounded))
    assert one @ other > 0.98 * np.linalg.norm(one) * np.linalg.norm(other)


def normalised(layer, x, *, train):
    return layer(x, BatchNorm.init(256)[1], train=train)[0]


@pytest.mark.parametrize(
    ("layer", "call"),
    [
        (LayerNorm.init(256), lambda layer, x: layer(x)),
        (RMSNorm.init(256), lambda layer, x: layer(x)),
        (GroupNorm.init(256, groups=4, space=0), lambda layer, x: layer(x)),
        (InstanceNorm.init(256, space=1), lambda layer, x: layer(x)),
        (BatchNorm.init(256)[0], lambda layer, x: normalised(layer, x, train=True)),
        (BatchNorm.init(256)[0], lambda layer, x: normalised(layer, x, train=False)),
        (MultiHeadAttention.init(KEY, 256, n_heads=4), lambda layer, x: layer(x)),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("kernels_are", ["on", "off"])
def test_long_sums_are_made_in_float32(layer, call, kernels_are):
    # Mean 8, spread 1: added up in bfloat16, 512 such numbers would give nonsense.
    x = (8 + jax.random.normal(KEY, (2, 512, 256))).astype(jnp.bfloat16)
    with kernels.using(kernels_are):
        exact = call(layer, x.astype(jnp.float32))
        rounded = call(jax.tree.map(lambda leaf: leaf.astype(jnp.bfloat16), layer), x)
    assert rounded.dtype == jnp.bfloat16
    difference = np.abs(np.asarray(rounded, np.float32) - exact)
    assert difference.max() < 0.02 * np.abs(exact).max()


def test_targets_and_labels_are_not_rounded():
    batch = Batch(jnp.float32([0.0]), jnp.float32([1000.5]))
    loss = mixed_precision(lambda w, batch: mse(w * batch.x, batch.y))
    assert loss(jnp.float32(1.0), batch) == 1000.5**2
    seen = {}
    mixed_precision(lambda w, batch: seen.update(batch))(1 * jnp.ones(2), {"x": jnp.ones(2), "label": jnp.arange(2)})
    assert (seen["x"].dtype, seen["label"].dtype) == (jnp.bfloat16, jnp.int32)


def test_training_keeps_float32_and_learns_as_well():
    parts = data.split(data.digits(), fractions=(0.7, 0.1, 0.2), seed=0)

    def loss(model, batch, *, train):
        logits = model(batch.x.reshape(len(batch.x), -1))
        return cross_entropy(logits, batch.y), {"accuracy": (logits.argmax(-1) == batch.y).mean()}

    reached = {}
    for name, function in {"float32": loss, "mixed": mixed_precision(loss)}.items():
        model = MLP.init(KEY, (64, 32, 10))
        options = {"optimizer": Adam(1e-2), "epochs": 8, "batch_size": 64, "key": KEY, "progress": False}
        result = fit(model, function, parts.train, validation=parts.test, **options)
        assert {leaf.dtype for leaf in jax.tree.leaves(result.model)} == {jnp.dtype(jnp.float32)}
        reached[name] = result.history["validation_accuracy"][-1]
    assert reached["float32"] > 0.9
    assert abs(reached["mixed"] - reached["float32"]) < 0.03


def test_updates_too_small_for_bfloat16_are_not_lost():
    def loss(w, x):
        return (w * x).mean()

    state = init_state(jnp.float32(256.0), Adam(0.1), KEY)
    step = make_train_step(mixed_precision(loss), Adam(0.1))
    for _ in range(5):
        state, _ = step(state, jnp.ones(4))
    np.testing.assert_allclose(state.model, 255.5, atol=1e-3)
    assert jnp.bfloat16(256.0) - jnp.bfloat16(0.1) == 256.0
    said = make_eval_step(mixed_precision(loss))(state, jnp.ones(4))["loss"]
    assert said in (255.0, 256.0)  # computed with the rounded copy


@pytest.mark.plain
def test_what_does_not_fit_is_named():
    with pytest.raises(TypeError, match="loss"):
        mixed_precision(3)
    with pytest.raises(TypeError, match=r"type of floating-point numbers; got .*int32"):
        mixed_precision(lambda model, batch: 0.0, jnp.int32)
