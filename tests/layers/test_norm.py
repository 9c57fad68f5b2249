"""LayerNorm, RMSNorm, GroupNorm, InstanceNorm: Flax's numbers in value and gradient, what each is blind to, errors."""

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import GroupNorm, InstanceNorm, LayerNorm, RMSNorm

# name: our layer for (scale, bias, epsilon), Flax's for (epsilon), shapes of inputs with 6 features
PAIRS = {
    "LayerNorm": (
        LayerNorm,
        lambda epsilon: flax.linen.LayerNorm(epsilon=epsilon, use_fast_variance=False),
        [(6,), (5, 6), (2, 3, 4, 6)],
    ),
    "RMSNorm": (
        lambda scale, bias, epsilon: RMSNorm(scale, epsilon),
        lambda epsilon: flax.linen.RMSNorm(epsilon=epsilon),
        [(6,), (5, 6), (2, 3, 4, 6)],
    ),
    "GroupNorm": (
        lambda scale, bias, epsilon: GroupNorm(scale, bias, 2, 2, epsilon),
        lambda epsilon: flax.linen.GroupNorm(num_groups=2, epsilon=epsilon, use_fast_variance=False),
        [(2, 3, 4, 6), (1, 2, 2, 6)],
    ),
    "GroupNorm, sequences": (
        lambda scale, bias, epsilon: GroupNorm(scale, bias, 3, 1, epsilon),
        lambda epsilon: flax.linen.GroupNorm(num_groups=3, epsilon=epsilon, use_fast_variance=False),
        [(2, 7, 6)],
    ),
    "InstanceNorm": (
        lambda scale, bias, epsilon: InstanceNorm(scale, bias, 2, epsilon),
        lambda epsilon: flax.linen.InstanceNorm(epsilon=epsilon, use_fast_variance=False),
        [(2, 3, 4, 6), (1, 2, 2, 6)],
    ),
}


@pytest.mark.parametrize(("name", "shape"), [(name, shape) for name, row in PAIRS.items() for shape in row[2]])
def test_equals_flax_in_value_and_gradient(name, shape):
    make, flax_make, _ = PAIRS[name]
    theirs = flax_make(0.01)

    @jax.jit
    def both(scale, bias, x, weights):
        params = {"scale": scale} if name == "RMSNorm" else {"scale": scale, "bias": bias}
        mine, pull = jax.vjp(lambda scale, bias, x: make(scale, bias, 0.01)(x), scale, bias, x)
        wanted, their_pull = jax.vjp(lambda params, x: theirs.apply({"params": params}, x), params, x)
        g_params, g_x = their_pull(weights)
        return (mine, *pull(weights)), (wanted, g_params["scale"], g_params.get("bias", jnp.zeros(6)), g_x)

    for seed in range(4):
        one, two, three, four = jax.random.split(jax.random.key(seed), 4)
        scale, bias = jax.random.normal(one, (6,)), jax.random.normal(two, (6,))
        x, weights = 1 + 2 * jax.random.normal(three, shape), jax.random.normal(four, shape)
        for ours, wanted in zip(*both(scale, bias, x, weights), strict=True):
            np.testing.assert_allclose(ours, wanted, rtol=1e-5, atol=1e-5)


def test_one_example_does_not_see_another(key):
    x = jax.random.normal(key, (3, 4, 5, 6))
    for layer in (LayerNorm.init(6), RMSNorm.init(6), GroupNorm.init(6, 3), InstanceNorm.init(6)):
        np.testing.assert_allclose(layer(x)[1], layer(x[1]), rtol=1e-5, atol=1e-5)


def test_group_norm_meets_its_neighbours(key):
    x = jax.random.normal(key, (2, 4, 5, 6))
    np.testing.assert_allclose(GroupNorm.init(6, groups=6)(x), InstanceNorm.init(6)(x), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(GroupNorm.init(6, groups=1, space=0)(x), LayerNorm.init(6)(x), rtol=1e-5, atol=1e-6)


def test_what_each_is_blind_to(key):
    x = jax.random.normal(key, (8,))
    np.testing.assert_allclose(LayerNorm.init(8)(3 + 10 * x), LayerNorm.init(8)(x), atol=1e-3)
    np.testing.assert_allclose(RMSNorm.init(8)(10 * x), RMSNorm.init(8)(x), atol=1e-3)
    assert float(jnp.abs(RMSNorm.init(8)(3 + x) - RMSNorm.init(8)(x)).max()) > 0.5, "it sees a shift"
    np.testing.assert_allclose((RMSNorm.init(8)(x) ** 2).mean(), 1, rtol=1e-4)


def test_groups_are_neighbouring_features():
    x = jnp.concatenate([jnp.zeros((2, 2, 2)), 100 * jnp.ones((2, 2, 2))], axis=-1)  # each group is constant
    np.testing.assert_allclose(GroupNorm.init(4, groups=2)(x), 0)


X = jnp.ones((2, 3, 3, 4))


@pytest.mark.plain
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: LayerNorm.init(0), "LayerNorm.init expects n_features to be an integer at least 1; got 0"),
        (lambda: LayerNorm.init(3, epsilon=-1.0), "LayerNorm expects epsilon to be a finite number above 0; got -1"),
        (lambda: LayerNorm.init(3)(X), r"LayerNorm expects an input of shape \(..., 3\); got \(2, 3, 3, 4\)"),
        (lambda: RMSNorm.init(2.0), "RMSNorm.init expects n_features to be an integer at least 1; got 2.0"),
        (lambda: RMSNorm.init(3, epsilon=0), "RMSNorm expects epsilon to be a finite number above 0; got 0"),
        (lambda: RMSNorm.init(4)(X.astype(int)), "RMSNorm expects an input of floating-point numbers; got int32"),
        (lambda: GroupNorm.init(4, groups=3), "GroupNorm expects groups to divide the 4 features; got 3"),
        (lambda: GroupNorm.init(4, groups=0), "GroupNorm expects groups to be an integer at least 1; got 0"),
        (lambda: GroupNorm.init(4, 2, space=3), "GroupNorm expects space to be an integer .* at most 2; got 3"),
        (lambda: GroupNorm.init(4, 2)(X[0, 0]), r"GroupNorm expects .* \(..., height, width, 4\); got \(3, 4\)"),
        (lambda: GroupNorm.init(4, 2, space=1)(X[0, 0, 0]), r"GroupNorm expects .* \(..., time, 4\); got \(4,\)"),
        (lambda: InstanceNorm.init(4, space=0), "InstanceNorm expects space to be an integer at least 1"),
        (lambda: InstanceNorm.init(3)(X), r"InstanceNorm expects .* \(..., height, width, 3\); got \(2, 3, 3, 4\)"),
    ],
)
def test_malformed_input_is_named(call, sentence):
    with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
        call()
