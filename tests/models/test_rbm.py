"""The Boltzmann machine against brute force over all states, and against scikit-learn's."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.neural_network import BernoulliRBM

from dlnotes.initializers import normal
from dlnotes.models import RBM
from dlnotes.models.rbm import states
from dlnotes.optim import SGD, Adam, apply_updates
from dlnotes.train import fit

N_VISIBLE, N_HIDDEN = 5, 3


@pytest.fixture(scope="module")
def rbm() -> RBM:
    """A small machine whose weights and biases are far from zero."""
    drawn = RBM.init(jax.random.key(1), N_VISIBLE, N_HIDDEN, normal(1.0))
    return RBM(drawn.weight, jnp.linspace(-1, 1, N_VISIBLE), jnp.linspace(0.7, -0.5, N_HIDDEN))


@pytest.fixture(scope="module")
def truth(rbm):
    """p(v, h) of every state in float64, by the definition alone: an array of 2⁵ × 2³, and its states."""
    w, a, b = (np.asarray(leaf, np.float64) for leaf in (rbm.weight, rbm.visible_bias, rbm.hidden_bias))
    vs = np.array(list(itertools.product([0, 1], repeat=N_VISIBLE)), np.float64)
    hs = np.array(list(itertools.product([0, 1], repeat=N_HIDDEN)), np.float64)
    energy = np.array([[-(a @ v) - b @ h - sum(v[i] * w[i, j] * h[j] for i in range(N_VISIBLE)
                        for j in range(N_HIDDEN)) for h in hs] for v in vs])  # fmt: skip
    weight = np.exp(-energy)
    return {"v": vs, "h": hs, "energy": energy, "p": weight / weight.sum(), "log_z": np.log(weight.sum())}


def f32(x):
    return jnp.asarray(x, jnp.float32)


def test_states_are_all_states_once():
    assert sorted(map(tuple, np.asarray(states(4)))) == list(itertools.product([0.0, 1.0], repeat=4))
    assert states(0).shape == (1, 0)


def test_energy_free_energy_and_conditionals_equal_brute_force(rbm, truth):
    v, h = f32(truth["v"]), f32(truth["h"])
    grid_v, grid_h = jnp.repeat(v[:, None], len(h), 1), jnp.repeat(h[None], len(v), 0)
    np.testing.assert_allclose(rbm.energy(grid_v, grid_h), truth["energy"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(rbm.free_energy(v), -np.log(np.exp(-truth["energy"]).sum(1)), rtol=1e-5, atol=1e-6)
    given_v = truth["p"] / truth["p"].sum(1, keepdims=True)
    given_h = truth["p"] / truth["p"].sum(0, keepdims=True)
    np.testing.assert_allclose(rbm(v), given_v @ truth["h"], rtol=1e-5)
    np.testing.assert_allclose(rbm.visible(h), given_h.T @ truth["v"], rtol=1e-5)
    np.testing.assert_allclose(rbm.reconstruct(v), rbm.visible(rbm(v)), rtol=1e-6)


def test_the_exact_partition_function_equals_brute_force_from_either_side(rbm, truth):
    assert float(rbm.log_partition()) == pytest.approx(truth["log_z"], rel=1e-6)
    turned = RBM(rbm.weight.T, rbm.hidden_bias, rbm.visible_bias)
    assert float(turned.log_partition()) == pytest.approx(truth["log_z"], rel=1e-6)
    p = jnp.exp(-rbm.free_energy(f32(truth["v"])) - rbm.log_partition())
    np.testing.assert_allclose(p, truth["p"].sum(1), rtol=1e-4)


@pytest.mark.parametrize("n_hidden", [1, 12, 14])
def test_in_pieces_or_at_once_the_partition_function_is_the_same(n_hidden):
    rbm = RBM.init(jax.random.key(2), 17, n_hidden, normal(0.5))
    turned = RBM(rbm.weight.T, rbm.hidden_bias, rbm.visible_bias)
    whole = jax.nn.logsumexp(-turned.free_energy(states(n_hidden)))
    assert float(jax.jit(RBM.log_partition)(rbm)) == pytest.approx(float(whole), rel=1e-5)


@pytest.mark.parametrize("mean", [None, "data"])
def test_the_annealed_estimate_agrees_with_the_exact_sum_within_its_error(mean):
    # Twelve machines of 30 x 12: their deviations, in units of the error each claims, are a standard normal's.
    def deviation(key):
        drawn, noise, run = jax.random.split(key, 3)
        rbm = RBM.init(drawn, 30, 12, normal(0.7))
        rbm = RBM(rbm.weight, jax.random.normal(noise, (30,)), rbm.hidden_bias)
        first = None if mean is None else jax.nn.sigmoid(rbm.visible_bias)
        estimate = rbm.annealed_log_partition(run, chains=100, steps=200, mean=first)
        return (estimate.value - rbm.log_partition()) / estimate.error, estimate.error

    deviations, errors = jax.jit(jax.vmap(deviation))(jax.random.split(jax.random.key(3), 12))
    assert errors.max() < 0.5
    assert np.abs(deviations).max() < 4
    assert 0.3 < np.sqrt(np.mean(deviations**2)) < 1.7


def test_annealing_with_one_step_is_plain_importance_sampling(rbm):
    estimate = rbm.annealed_log_partition(jax.random.key(0), chains=20_000, steps=1)
    assert float(estimate.value) == pytest.approx(float(rbm.log_partition()), abs=4 * float(estimate.error))
    assert 0 < estimate.error < 0.05


def test_the_gap_with_exact_samples_has_the_gradient_of_the_likelihood(rbm, truth):
    data = f32(truth["v"][[3, 17, 30, 30]])
    exact = jax.grad(lambda m: -(-m.free_energy(data) - m.log_partition()).mean())(rbm)
    # The expectation over p(v) of the gradient that each single sample gives.
    alone = jax.vmap(lambda v: jax.grad(lambda m: m.gap(data, v[None]))(rbm))(f32(truth["v"]))
    ours = jax.tree.map(lambda g: jnp.tensordot(f32(truth["p"].sum(1)), g, axes=1), alone)
    for one, two in zip(jax.tree.leaves(ours), jax.tree.leaves(exact), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)


def test_contrastive_divergence_is_the_formula_of_the_paper(rbm, truth):
    data, key = f32(truth["v"][::4]), jax.random.key(5)
    grad = jax.grad(lambda m: m.contrastive_divergence(data, key=key, steps=3))(rbm)
    after = rbm.gibbs(data, key=key, steps=3)
    assert not jnp.array_equal(after, data)
    n = len(data)
    np.testing.assert_allclose(grad.weight, -(data.T @ rbm(data) - after.T @ rbm(after)) / n, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(grad.visible_bias, -(data - after).mean(0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(grad.hidden_bias, -(rbm(data) - rbm(after)).mean(0), rtol=1e-5, atol=1e-6)


def test_persistent_chains_go_on_where_they_were(rbm, truth):
    data, key = f32(truth["v"][:4]), jax.random.key(6)
    chains = f32(truth["v"][20:27])
    loss, moved = rbm.persistent(data, chains, key=key, steps=2)
    np.testing.assert_array_equal(moved, rbm.gibbs(chains, key=key, steps=2))
    assert float(loss) == pytest.approx(float(rbm.gap(data, moved)), rel=1e-6)


def test_a_long_chain_forgets_its_start_and_has_the_exact_marginals(rbm, truth):
    p = truth["p"].sum(1)
    pairs = np.einsum("s,si,sj->ij", p, truth["v"], truth["v"])  # p(vᵢ = vⱼ = 1), and p(vᵢ = 1) on the diagonal
    n = 20_000
    go_on = jax.jit(lambda v: rbm.gibbs(v, key=jax.random.key(7), steps=100))
    for start in (np.zeros, np.ones):
        v = np.asarray(go_on(start((n, N_VISIBLE), np.float32)))
        assert set(np.unique(v)) == {0.0, 1.0}
        np.testing.assert_allclose(v.T @ v / n, pairs, atol=4.5 * 0.5 / np.sqrt(n))


def test_one_step_is_a_pair_of_tosses_with_the_conditionals(rbm):
    n = 40_000
    v = jnp.tile(jnp.array([1.0, 0, 1, 1, 0]), (n, 1))
    after = rbm.gibbs(v, key=jax.random.key(8))
    hs = states(N_HIDDEN)
    p_h = jnp.where(hs == 1, rbm(v[0]), 1 - rbm(v[0])).prod(-1)
    np.testing.assert_allclose(after.mean(0), p_h @ rbm.visible(hs), atol=4.5 * 0.5 / np.sqrt(n))
    np.testing.assert_array_equal(rbm.gibbs(v, key=jax.random.key(8), steps=0), v)


def sklearn_twin(rbm: RBM) -> BernoulliRBM:
    twin = BernoulliRBM(n_components=N_HIDDEN, learning_rate=0.1)
    twin.components_ = np.asarray(rbm.weight.T, np.float64)
    twin.intercept_hidden_ = np.asarray(rbm.hidden_bias, np.float64)
    twin.intercept_visible_ = np.asarray(rbm.visible_bias, np.float64)
    return twin


def test_free_energy_and_hidden_means_equal_scikit_learns(rbm):
    twin = sklearn_twin(rbm)
    v = np.random.default_rng(0).uniform(size=(20, N_VISIBLE))
    np.testing.assert_allclose(rbm.free_energy(f32(v)), twin._free_energy(v), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(rbm(f32(v)), twin.transform(v), rtol=1e-5)
    # Its score is n · log σ(F(v with one bit turned) − F(v)); the seed says which bit.
    bits, seed = (v > 0.5).astype(np.float64), 3
    turned = bits.copy()
    places = (np.arange(20), np.random.RandomState(seed).randint(0, N_VISIBLE, 20))
    turned[places] = 1 - turned[places]
    twin.random_state = seed
    ours = N_VISIBLE * jax.nn.log_sigmoid(rbm.free_energy(f32(turned)) - rbm.free_energy(f32(bits)))
    np.testing.assert_allclose(ours, twin.score_samples(bits), rtol=1e-4, atol=1e-5)


def test_a_step_of_persistent_cd_is_scikit_learns(rbm):
    twin, rng = sklearn_twin(rbm), np.random.RandomState(0)
    data = (np.random.default_rng(1).uniform(size=(6, N_VISIBLE)) > 0.5).astype(np.float64)
    twin.h_samples_ = (np.random.default_rng(2).uniform(size=(6, N_HIDDEN)) > 0.5).astype(np.float64)
    samples = twin._sample_visibles(twin.h_samples_, np.random.RandomState(0))  # what _fit will draw with this seed
    twin._fit(data, rng)
    gradient = jax.grad(lambda m: m.gap(f32(data), f32(samples)))(rbm)
    updates, _ = SGD(0.1).update(gradient, SGD(0.1).init(rbm), rbm)
    after = apply_updates(rbm, updates)
    np.testing.assert_allclose(after.weight, twin.components_.T, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(after.visible_bias, twin.intercept_visible_, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(after.hidden_bias, twin.intercept_hidden_, rtol=1e-5, atol=1e-6)


def bars(n: int) -> np.ndarray:
    """Pictures of 4 x 4 with one row or one column of ink."""
    rng = np.random.default_rng(0)
    pictures = np.zeros((n, 4, 4), np.float32)
    for picture, line, upright in zip(pictures, rng.integers(4, size=n), rng.integers(2, size=n), strict=True):
        (picture.T if upright else picture)[line] = 1
    return pictures.reshape(n, 16)


def cd(rbm, v, *, key):
    return rbm.contrastive_divergence(v, key=key)


def pcd(rbm, v, *, key, stats):
    loss, chains = rbm.persistent(v, stats, key=key, steps=5)
    return loss, {}, chains


@pytest.mark.parametrize(
    ("loss", "stats", "rate", "epochs"), [(cd, None, 0.05, 24), (pcd, jnp.zeros((100, 16)), 0.01, 60)]
)
def test_in_training_the_exact_likelihood_rises_towards_the_best_there_is(loss, stats, rate, epochs):
    data = bars(400)
    likelihood = jax.jit(lambda rbm: (-rbm.free_energy(jnp.asarray(data))).mean() - rbm.log_partition())
    start, seen = RBM.init(jax.random.key(0), 16, 8), []
    fit(
        start, loss, data, stats=stats, optimizer=Adam(rate), epochs=epochs, batch_size=20, key=jax.random.key(1),
        live=False, progress=False, on_epoch=lambda result: seen.append(float(likelihood(result.model))),
    )  # fmt: skip
    best = -np.log(8)  # eight pictures, each as often
    assert float(likelihood(start)) == pytest.approx(-16 * np.log(2), abs=0.1)
    assert -16 * np.log(2) < seen[0] < seen[epochs // 2] - 1.5 < seen[-1] - 1.5 < best - 1.5
    assert seen[-1] > best - 2


def test_gradients_under_vmap_and_jit_train_many_machines_at_once():
    data = jnp.asarray(bars(60))
    many = jax.vmap(lambda key: RBM.init(key, 16, 4))(jax.random.split(jax.random.key(0), 3))
    grads = jax.jit(jax.vmap(lambda m, key: jax.grad(lambda m: m.contrastive_divergence(data, key=key, steps=2))(m)))(
        many, jax.random.split(jax.random.key(1), 3)
    )
    for i in range(3):
        one, key = jax.tree.map(lambda leaf, i=i: leaf[i], many), jax.random.split(jax.random.key(1), 3)[i]
        alone = jax.grad(lambda m, key=key: m.contrastive_divergence(data, key=key, steps=2))(one)
        np.testing.assert_allclose(grads.weight[i], alone.weight, rtol=1e-5, atol=1e-6)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: RBM.init(jax.random.key(0), 0, 3), "n_visible to be an integer at least 1"),
        (lambda m: RBM.init(jax.random.key(0), 4, 2.5), "n_hidden to be an integer"),
        (lambda m: RBM.init(7, 4, 2), "one random key"),
        (lambda m: m(jnp.ones((2, 4))), r"RBM expects an input of shape \(..., 5\); got \(2, 4\)"),
        (lambda m: m.free_energy(jnp.ones((2, 4))), "RBM expects an input of shape"),
        (lambda m: m.free_energy(jnp.full((2, 5), jnp.nan)), "without NaN"),
        (lambda m: m(jnp.ones((2, 5), int)), "floating-point"),
        (lambda m: m.energy(jnp.ones((2, 5)), jnp.ones((2, 5))), r"RBM.energy expects an input of shape \(..., 3\)"),
        (lambda m: m.visible(jnp.ones((2, 5))), r"RBM.visible expects an input of shape \(..., 3\)"),
        (lambda m: m.gibbs(jnp.ones((2, 5)), key=jax.random.key(0), steps=-1), "steps to be an integer at least 0"),
        (lambda m: m.gibbs(jnp.ones((2, 5)), key=0), "RBM.gibbs expects one random key"),
        (lambda m: m.contrastive_divergence(jnp.ones((2, 3)), key=jax.random.key(0)), "got \\(2, 3\\)"),
        (lambda m: RBM.init(jax.random.key(0), 30, 21).log_partition(), "at most 20 units.*annealed_log_partition"),
        (lambda m: m.annealed_log_partition(jax.random.key(0), chains=1), "chains to be an integer at least 2"),
        (lambda m: m.annealed_log_partition(jax.random.key(0), steps=0), "steps to be an integer at least 1"),
        (lambda m: m.annealed_log_partition(jax.random.key(0), mean=jnp.ones(4)), "shape \\(..., 5\\)"),
        (lambda m: m.annealed_log_partition(jax.random.key(0), mean=2 * jnp.ones(5)), "a share of the data"),
    ],
)
def test_what_does_not_fit_is_named(rbm, call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call(rbm)
