"""The MLP: forward and gradient equal Flax's, and as good as scikit-learn's on the same digits."""

import warnings

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from dlnotes.activations import relu, tanh
from dlnotes.initializers import glorot_uniform
from dlnotes.models import MLP
from dlnotes.optim import L2, Adam, Chain, apply_updates


def cross_entropy(logits, labels):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1))


def flax_twin(mlp, sizes, activation):
    class Twin(nn.Module):
        @nn.compact
        def __call__(self, x):
            for i, size in enumerate(sizes[1:]):
                x = nn.Dense(size, name=f"layer{i}")(x)
                x = activation(x) if i < len(sizes) - 2 else x
            return x

    params = {f"layer{i}": {"kernel": layer.weight, "bias": layer.bias} for i, layer in enumerate(mlp.layers)}
    return Twin(), {"params": params}


@pytest.mark.parametrize(("activation", "theirs"), [(relu, nn.relu), (tanh, nn.tanh)])
@pytest.mark.parametrize("sizes", [(5, 3), (5, 8, 6, 3)])
def test_forward_and_gradient_equal_flax(key, activation, theirs, sizes):
    mlp = MLP.init(key, sizes, activation)
    mlp = jax.tree.map(lambda w: w + 0.1, mlp)  # biases off zero
    x = jax.random.normal(jax.random.key(1), (7, 5))
    labels = jnp.arange(7) % 3
    twin, params = flax_twin(mlp, sizes, theirs)
    np.testing.assert_allclose(mlp(x), twin.apply(params, x), rtol=1e-6, atol=1e-6)
    ours = jax.jit(jax.grad(lambda m: cross_entropy(m(x), labels)))(mlp)
    flax = jax.jit(jax.grad(lambda p: cross_entropy(twin.apply(p, x), labels)))(params)["params"]
    for i, layer in enumerate(ours.layers):
        np.testing.assert_allclose(layer.weight, flax[f"layer{i}"]["kernel"], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(layer.bias, flax[f"layer{i}"]["bias"], rtol=1e-5, atol=1e-6)


def test_activations_are_every_layers_output(key):
    mlp = MLP.init(key, (4, 6, 5, 2), tanh)
    x = jax.random.normal(key, (3, 4))
    outputs = mlp.activations(x)
    assert [h.shape for h in outputs] == [(3, 6), (3, 5), (3, 2)]
    np.testing.assert_array_equal(outputs[-1], mlp(x))
    np.testing.assert_allclose(outputs[0], jnp.tanh(x @ mlp.layers[0].weight + mlp.layers[0].bias), rtol=1e-6)
    np.testing.assert_allclose(outputs[1], jnp.tanh(mlp.layers[1](outputs[0])), rtol=1e-6)
    assert (jnp.abs(outputs[-1]) > 1).any() or not jnp.allclose(outputs[-1], jnp.tanh(mlp.layers[2](outputs[1])))


def test_contract(key):
    mlp = MLP.init(key, (4, 6, 2))
    x = jax.random.normal(key, (2, 3, 4))
    np.testing.assert_allclose(jax.jit(lambda m, x: m(x))(mlp, x), mlp(x), rtol=1e-6)
    assert mlp(x).shape == (2, 3, 2)
    assert mlp(x).dtype == jnp.float32
    leaves, tree = jax.tree.flatten(mlp)
    assert len(leaves) == 4
    assert jax.tree.unflatten(tree, leaves).activation is relu
    many = jax.vmap(lambda k: MLP.init(k, (4, 6, 2)))(jax.random.split(key, 5))
    assert jax.vmap(lambda m: m(x))(many).shape == (5, 2, 3, 2)
    again = MLP.init(key, (4, 6, 2))
    assert all((a == b).all() for a, b in zip(leaves, jax.tree.leaves(again), strict=True))
    assert not jnp.array_equal(mlp.layers[0].weight[:2, :2], mlp.layers[1].weight[:2, :2])  # keys are split


def ours_on_digits(train, test, seed, epochs, batch=100):
    x, y = train
    mlp = MLP.init(jax.random.key(seed), (64, 32, 10), weight=glorot_uniform)
    optimizer = Chain(L2(1e-4 / batch), Adam(0.001))  # scikit-learn divides its alpha by the size of the batch

    def step(carry, rows):
        mlp, state = carry
        grads = jax.grad(lambda m: cross_entropy(m(x[rows]), y[rows]))(mlp)
        updates, state = optimizer.update(grads, state, mlp)
        return (apply_updates(mlp, updates), state), None

    @jax.jit
    def run(mlp):
        def epoch(carry, key):
            rows = jax.random.permutation(key, len(x))[: len(x) // batch * batch].reshape(-1, batch)
            return jax.lax.scan(step, carry, rows)[0], None

        keys = jax.random.split(jax.random.key(100 + seed), epochs)
        return jax.lax.scan(epoch, (mlp, optimizer.init(mlp)), keys)[0][0]

    return float(jnp.mean(jnp.argmax(run(mlp)(test[0]), axis=1) == test[1]))


def test_reaches_what_sklearn_reaches_on_digits():
    x, y = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(x / 16, y, test_size=0.25, random_state=0, stratify=y)
    train_x, test_x = train_x.astype(np.float32), test_x.astype(np.float32)
    seeds, epochs = range(3), 20
    theirs = []
    for seed in seeds:
        model = MLPClassifier((32,), batch_size=100, max_iter=epochs, random_state=seed, n_iter_no_change=epochs)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            theirs.append(model.fit(train_x, train_y).score(test_x, test_y))
    train, test = [tuple(map(jnp.asarray, part)) for part in ((train_x, train_y), (test_x, test_y))]
    ours = [ours_on_digits(train, test, seed, epochs) for seed in seeds]
    # Means over three seeds of 450 test digits; one seed differs from another by about a per cent.
    assert np.mean(theirs) > 0.9
    assert np.mean(ours) >= np.mean(theirs) - 0.015


@pytest.mark.torch
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_forward_and_gradient_equal_torch(key, activation):
    torch = pytest.importorskip("torch")
    mlp = jax.tree.map(lambda w: w + 0.1, MLP.init(key, (5, 8, 3), {"relu": relu, "tanh": tanh}[activation]))
    x, labels = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32), np.arange(7) % 3
    layers = []
    for layer in mlp.layers:
        linear = torch.nn.Linear(*layer.weight.shape)
        linear.weight.data = torch.tensor(np.array(layer.weight).T.copy())
        linear.bias.data = torch.tensor(np.array(layer.bias))
        layers += [linear, {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}[activation]()]
    twin = torch.nn.Sequential(*layers[:-1])
    logits = twin(torch.tensor(x))
    np.testing.assert_allclose(mlp(jnp.asarray(x)), logits.detach().numpy(), rtol=1e-5, atol=1e-6)
    torch.nn.functional.cross_entropy(logits, torch.tensor(labels)).backward()
    grads = jax.grad(lambda m: cross_entropy(m(jnp.asarray(x)), jnp.asarray(labels)))(mlp)
    for ours, theirs in zip(grads.layers, layers[::2], strict=True):
        np.testing.assert_allclose(ours.weight, theirs.weight.grad.numpy().T, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(ours.bias, theirs.bias.grad.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MLP.init(jax.random.key(0), (4,)), "MLP.init expects sizes"),
        (lambda: MLP.init(jax.random.key(0), (4, 0, 2)), r"expects sizes\[1\] .* got 0"),
        (lambda: MLP.init(jax.random.key(0), (4, 2.5)), r"expects sizes\[1\] .* got 2.5"),
        (lambda: MLP.init(jax.random.key(0), 4), "MLP.init expects sizes"),
        (lambda: MLP.init(0, (4, 2)), "MLP.init expects one random key"),
        (lambda: MLP.init(jax.random.key(0), (4, 2), "relu"), "expects activation to be a function; got 'relu'"),
        (lambda: MLP.init(jax.random.key(0), (4, 2))(jnp.ones((3, 5))), r"MLP expects .*\(..., 4\); got \(3, 5\)"),
        (lambda: MLP.init(jax.random.key(0), (4, 2))(jnp.full((3, 4), jnp.nan)), "MLP expects .* without NaN"),
        (lambda: MLP.init(jax.random.key(0), (4, 2))(jnp.ones((3, 4), jnp.int32)), "MLP expects .* got int32"),
    ],
)
def test_errors(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()
