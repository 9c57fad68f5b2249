"""Every layer, model, activation, loss and optimizer keeps the contract of `contract.py`, and none is forgotten."""

import contract
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contract import ACTIVATIONS, LAYERS, LOSSES, MODELS, OPTIMIZERS

from dlnotes import activations, layers, losses, models

NETS = {**LAYERS, **MODELS}
FUNCTIONS = {**ACTIVATIONS, **LOSSES}
each_net = pytest.mark.parametrize("case", NETS.values(), ids=NETS)
each_function = pytest.mark.parametrize("case", FUNCTIONS.values(), ids=FUNCTIONS)
each_optimizer = pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)


BESIDES_LAYERS = {
    "BatchStats",
    *("KeyValueCache", "LSTMState", "alibi", "attention_weights", "causal_mask", "rotary"),
    *("scaled_dot_product_attention", "sinusoidal_positions"),
}


# The perceptron learns by its own rule, not by gradients; ResNet is its blocks, which are in the table;
# LogPartition is a pair of numbers.
BESIDES_MODELS = {"LogPartition", "Perceptron", "PerceptronHistory", "ResNet", "novikoff_bound"}


@pytest.mark.parametrize(
    ("package", "table", "besides"),
    [
        (layers, LAYERS, BESIDES_LAYERS),
        (models, MODELS, BESIDES_MODELS),
        (activations, ACTIVATIONS, {"ACTIVATIONS", "Activation"}),
        (losses, LOSSES, set()),
    ],
    ids=["layers", "models", "activations", "losses"],
)
def test_nobody_is_forgotten(package, table, besides):
    assert contract.base_names(table) == set(package.__all__) - besides


@each_net
def test_layer_eager_equals_jit(case):
    layer, x, key = contract.arrange(case)
    contract.check_eager_equals_jit(case.call, layer, x, key)


@each_net
def test_layer_leaves_are_floating_and_trained(case):
    contract.check_leaves_floating_and_trained(case)


@each_net
def test_layer_tree_round_trip(case):
    contract.check_round_trip(case)


@each_net
def test_layer_gradient_by_finite_differences(case):
    contract.check_finite_differences(case)


@each_net
def test_layer_vmap_over_an_ensemble(case):
    contract.check_ensemble(case)


@each_net
def test_layer_takes_any_batch_axes(case):
    contract.check_batch_axes(case)


@each_net
def test_layer_float32_in_float32_out(case):
    layer, x, key = contract.arrange(case)
    contract.check_float32((layer, contract.compiled(case.call)(layer, x, key)))


@each_net
def test_layer_same_key_same_numbers(case):
    contract.check_same_key_same_numbers(case)


@pytest.mark.plain
@pytest.mark.parametrize("case", [c for c in LAYERS.values() if c.width], ids=[n for n, c in LAYERS.items() if c.width])
def test_layer_wrong_width(case):
    contract.check_wrong_width(case)


@each_function
def test_function_eager_equals_jit(case):
    contract.check_eager_equals_jit(case.call, *case.draw(jax.random.key(0)))


@each_function
def test_function_float32_in_float32_out(case):
    arguments = case.draw(jax.random.key(0))
    contract.check_float32(contract.compiled(case.call)(*arguments))
    contract.check_float32(jax.eval_shape(jax.grad(lambda *a: case.call(*a).sum()), *arguments))


@each_function
def test_function_gradient_by_finite_differences(case):
    first, *rest = case.draw(jax.random.key(0))
    contract.check_gradient(lambda x: case.call(x, *contract.as_float64(rest)), first)


@each_function
def test_function_keeps_float64(case):
    with contract.float64():
        arguments = contract.as_float64(case.draw(jax.random.key(0)))
        assert contract.compiled(case.call)(*arguments).dtype == jnp.float64


@each_function
@pytest.mark.parametrize("size", [0.0, 1e4, -1e4])
def test_function_is_finite_far_out(case, size):
    first, *rest = case.draw(jax.random.key(0))
    for x in (jnp.full_like(first, size), size * jnp.sign(first)):
        value, gradient = jax.value_and_grad(lambda x: case.call(x, *rest).sum())(x)
        assert bool(jnp.isfinite(value))
        assert bool(jnp.isfinite(gradient).all())


@each_function
def test_function_vmap(case):
    many = [case.draw(key) for key in jax.random.split(jax.random.key(5), 3)]
    stacked = [jnp.stack(arguments) for arguments in zip(*many, strict=True)]
    for arguments, y in zip(many, jax.vmap(case.call)(*stacked), strict=True):
        np.testing.assert_allclose(case.call(*arguments), y, rtol=2e-6, atol=1e-6)


def _params_and_grads():
    params = {"w": jnp.arange(6.0).reshape(2, 3) - 2, "b": (jnp.ones(3), jnp.array(0.5))}
    return params, jax.tree.map(lambda p: 0.1 * p + 0.3, params)


def _ten_steps(optimizer):
    params, grads = _params_and_grads()
    state = optimizer.init(params)
    for _ in range(10):
        updates, state = optimizer.update(grads, state, params)
        params = jax.tree.map(jnp.add, params, updates)
    return params, state


@each_optimizer
def test_optimizer_eager_equals_jit(make):
    contract.check_eager_equals_jit(lambda: _ten_steps(make())[0])


@each_optimizer
def test_optimizer_keeps_the_tree_and_its_dtypes(make):
    params, grads = _params_and_grads()
    optimizer = make()
    state = optimizer.init(params)
    updates, after = optimizer.update(grads, state, params)
    assert jax.tree.structure(updates) == jax.tree.structure(params)
    contract.check_float32(updates)
    assert jax.tree.structure(after) == jax.tree.structure(state)
    for old, new in zip(jax.tree.leaves(state), jax.tree.leaves(after), strict=True):
        assert (jnp.shape(old), jnp.asarray(old).dtype) == (jnp.shape(new), jnp.asarray(new).dtype)


@each_optimizer
def test_optimizer_is_a_hashable_setting_that_shows_itself(make):
    assert hash(make()) == hash(make())
    assert make() == make()
    assert type(make()).__name__ in repr(make())
