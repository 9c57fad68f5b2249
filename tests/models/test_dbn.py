"""The deep belief net: its parts put together as the paper says, its dreams by the exact distribution."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.activations import sigmoid
from dlnotes.initializers import normal
from dlnotes.models import DBN, MLP, RBM
from dlnotes.models.rbm import states


def noisy(key, *sizes) -> DBN:
    """Machines with weights and biases far from zero."""
    machines = []
    for n_visible, n_hidden in itertools.pairwise(sizes):
        key, draw, up, down = jax.random.split(key, 4)
        rbm = RBM.init(draw, n_visible, n_hidden, normal(0.8))
        machines.append(RBM(rbm.weight, jax.random.normal(up, (n_visible,)), jax.random.normal(down, (n_hidden,))))
    return DBN(tuple(machines))


def test_sizes_of_the_machines(key):
    dbn = DBN.init(key, (6, 5, 4, 2))
    assert [rbm.weight.shape for rbm in dbn.machines] == [(6, 5), (5, 4), (4, 2)]
    assert not jnp.array_equal(dbn.machines[0].weight[:4, :2], dbn.machines[1].weight[:4, :2])  # keys are split
    assert len(jax.tree.leaves(dbn)) == 9


def test_up_and_down_go_through_every_machine(key):
    dbn = noisy(key, 6, 5, 4)
    v = jax.random.uniform(key, (3, 6))
    first, second = dbn.machines
    np.testing.assert_allclose(dbn(v), second(first(v)), rtol=1e-6)
    np.testing.assert_allclose(dbn.reconstruct(v), first.visible(second.visible(dbn(v))), rtol=1e-6)


def test_unfolded_it_is_an_mlp_with_its_weights(key):
    dbn = noisy(key, 6, 5, 4)
    mlp = dbn.to_mlp(jax.random.key(1), 3)
    v = jax.random.uniform(key, (7, 6))
    assert isinstance(mlp, MLP)
    assert mlp.activation is sigmoid
    np.testing.assert_allclose(mlp.activations(v)[-2], dbn(v), rtol=1e-6)
    assert mlp(v).shape == (7, 3)
    assert not mlp.layers[-1].bias.any()
    assert jnp.abs(mlp.layers[-1].weight).max() <= np.sqrt(6 / 7)


def test_greedy_gives_each_machine_what_the_one_below_says_and_a_key_of_its_own(key):
    seen = []

    def train(rbm, v, key):
        seen.append((rbm, v, key))
        return jax.tree.map(lambda leaf: leaf + 0.5, rbm)

    data = jax.random.uniform(key, (9, 6))
    dbn = DBN.greedy(key, data, (6, 5, 4), train)
    (first, v0, key0), (second, v1, key1) = seen
    assert (first.weight.shape, second.weight.shape) == ((6, 5), (5, 4))
    np.testing.assert_array_equal(v0, data)
    np.testing.assert_allclose(dbn.machines[0].weight, first.weight + 0.5, rtol=1e-6)
    np.testing.assert_allclose(v1, dbn.machines[0](data), rtol=1e-6)  # by the trained machine, not the drawn one
    assert not jnp.array_equal(jax.random.key_data(key0), jax.random.key_data(key1))


def test_greedy_runs_under_jit_and_vmap_over_seeds(key):
    data = jax.random.uniform(key, (9, 6))

    def train(rbm, v, key):
        grad = jax.grad(lambda m: m.contrastive_divergence(v, key=key))(rbm)
        return jax.tree.map(lambda leaf, g: leaf - 0.1 * g, rbm, grad)

    keys = jax.random.split(key, 3)
    many = jax.jit(jax.vmap(lambda k: DBN.greedy(k, data, (6, 5, 4), train)))(keys)
    alone = DBN.greedy(keys[1], data, (6, 5, 4), train)
    np.testing.assert_allclose(many.machines[1].weight[1], alone.machines[1].weight, rtol=1e-5, atol=1e-6)


def joint(rbm: RBM) -> np.ndarray:
    """p(v, h) of every state of a small machine."""
    v, h = states(rbm.weight.shape[0]), states(rbm.weight.shape[1])
    energy = rbm.energy(jnp.repeat(v[:, None], len(h), 1), jnp.repeat(h[None], len(v), 0))
    return np.exp(-np.asarray(energy, np.float64)) / np.exp(-np.asarray(energy, np.float64)).sum()


@pytest.mark.parametrize("sizes", [(5, 3), (5, 4, 3, 3)])
def test_dreams_have_the_exact_marginals_of_the_net(sizes):
    dbn, n = noisy(jax.random.key(2), *sizes), 20_000
    # Exactly: the hidden units of the top machine by its joint distribution, then each layer given the one above.
    p_h = joint(dbn.machines[-1]).sum(0)
    for rbm in reversed(dbn.machines):
        one = np.asarray(rbm.visible(states(rbm.weight.shape[1])), np.float64)  # (states of h, units of v)
        v = np.asarray(states(rbm.weight.shape[0]))
        mean, p_h = p_h @ one, np.where(v[None] == 1, one[:, None], 1 - one[:, None]).prod(-1).T @ p_h
    dreams = jax.jit(lambda key: dbn.sample(n, key=key, steps=100))(jax.random.key(3))
    assert dreams.shape == (n, sizes[0])
    np.testing.assert_allclose(dreams.mean(0), mean, atol=4.5 * 0.5 / np.sqrt(n))


def test_every_dream_has_its_own_chain_and_another_key_dreams_otherwise(key):
    dbn = noisy(key, 6, 5, 4)
    dreams = dbn.sample(8, key=key, steps=5)
    assert len(np.unique(np.asarray(dreams), axis=0)) > 1
    np.testing.assert_array_equal(dreams, dbn.sample(8, key=key, steps=5))
    assert not jnp.array_equal(dreams, dbn.sample(8, key=jax.random.key(9), steps=5))


@pytest.mark.plain
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d: DBN.init(jax.random.key(0), (6,)), "DBN.init expects sizes"),
        (lambda d: DBN.init(jax.random.key(0), (6, 0)), r"sizes\[1\] to be an integer at least 1"),
        (lambda d: DBN.init(3, (6, 5)), "one random key"),
        (lambda d: d(jnp.ones((2, 5))), r"DBN expects an input of shape \(..., 6\); got \(2, 5\)"),
        (lambda d: d.reconstruct(jnp.ones((2, 5))), "DBN expects an input"),
        (lambda d: d.sample(0, key=jax.random.key(0)), "n to be an integer at least 1"),
        (lambda d: d.sample(2, key=jax.random.key(0), steps=2.5), "steps to be an integer"),
        (lambda d: d.to_mlp(jax.random.key(0), 0), "n_out"),
        (lambda d: DBN.greedy(jax.random.key(0), jnp.ones((2, 5)), (6, 4), lambda m, v, key: m), "DBN.greedy expects"),
        (lambda d: DBN.greedy(jax.random.key(0), jnp.ones((2, 6)), (6, 4), "cd"), "train to be a function"),
        (lambda d: DBN.greedy(jax.random.key(0), jnp.ones((2, 6)), (6, 4), lambda m, v, key: 3), "result.model"),
    ],
)
def test_what_does_not_fit_is_named(key, call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call(noisy(key, 6, 5, 4))
