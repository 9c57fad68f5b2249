"""Rollouts: replayed in Gymnasium, with starts that are fresh, in pieces and whole."""

import functools

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from dlnotes.rl import CartPole, rollout


def toss(params, observation, uniform):
    return (uniform < params).astype(jnp.int32)


def lean(params, observation, uniform):
    """Push to where the pole leans: good enough for long episodes."""
    return (observation @ params > 0).astype(jnp.int32)


GOOD = jnp.array([0.05, 0.1, 1.0, 0.5])


def play(environment=None, policy=toss, params=0.5, n=6, n_steps=200, seed=0):
    environment = environment or CartPole()
    state = environment.reset(jax.random.key(seed), (n,))
    return rollout(environment, policy, jnp.asarray(params), state, jax.random.key(seed + 100), n_steps=n_steps)


def starts(played):
    """The first observations of all episodes but those that the caller began, in one table."""
    over = np.asarray(played.terminated | played.truncated)
    return np.asarray(played.observation)[1:][over[:-1]]


@pytest.mark.parametrize(("max_steps", "policy", "params"), [(500, toss, 0.5), (20, toss, 0.5), (100, lean, GOOD)])
def test_a_rollout_replayed_in_gymnasium(max_steps, policy, params):
    """The same starts and actions give the same observations, rewards and ends, episode after episode."""
    _, played = play(CartPole(max_steps=max_steps), policy, params)
    played = jax.tree.map(np.asarray, played)
    env = gymnasium.make("CartPole-v1", max_episode_steps=max_steps)
    ends = {"terminated": 0, "truncated": 0}
    for i in range(6):
        over = True
        for t in range(200):
            now = jax.tree.map(lambda part, t=t, i=i: part[t, i], played)
            if over:
                env.reset()
            env.unwrapped.state = now.observation.astype(np.float64)  # at a start; later, to drop float32's rounding
            observation, reward, terminated, truncated, _ = env.step(int(now.action))
            np.testing.assert_allclose(now.next_observation, observation, rtol=0, atol=1e-6)
            assert (now.reward, now.terminated, now.truncated) == (reward, terminated, truncated)
            over = terminated or truncated
            ends["terminated"] += terminated
            ends["truncated"] += truncated
    assert (ends["truncated"] > 5) == (max_steps < 500)
    assert (ends["terminated"] > 5) == (policy is toss)


# One draw serves 32,768 numbers, five for each environment's step: all steps at once, 25 at a time, one at a time.
@pytest.mark.parametrize(("n", "n_steps"), [(3, 101), (200, 50), (7000, 23)])
def test_each_step_goes_on_from_the_one_before(n, n_steps):
    state, played = play(n=n, n_steps=n_steps)
    assert played.observation.shape == played.next_observation.shape == (n_steps, n, 4)
    assert played.action.shape == played.reward.shape == (n_steps, n)
    over = np.asarray(played.terminated | played.truncated)
    assert over.any()
    after = np.concatenate([played.observation[1:], CartPole().observe(state)[None]])
    # The compiler may work out a state twice, for the record and for the next step, and round it in another way there.
    np.testing.assert_allclose(after[~over], np.asarray(played.next_observation)[~over], rtol=0, atol=1e-6)
    assert (np.abs(after[over]) <= 0.05).all()
    first = CartPole().observe(CartPole().reset(jax.random.key(0), (n,)))
    np.testing.assert_array_equal(played.observation[0], first)
    assert stats.kstest(starts(played)[:, 0], "uniform", (-0.05, 0.1)).pvalue > 1e-3


def test_the_clock_goes_on_from_rollout_to_rollout():
    environment = CartPole(max_steps=30)
    state = environment.reset(jax.random.key(0), (4,))
    ends = []
    for seed in range(5):
        state, played = rollout(environment, lean, GOOD, state, jax.random.key(seed), n_steps=12)
        ends.append(played.truncated)
    ends = np.concatenate(ends)
    np.testing.assert_array_equal(np.argwhere(ends[:, 0])[:, 0], [29, 59])
    assert ends.all(axis=1).sum() == 2


def test_every_start_is_fresh_and_uniform():
    _, played = play(n=100, n_steps=500)
    table = starts(played)
    assert len(table) > 1500
    assert len(np.unique(table, axis=0)) == len(table), "per episode and per environment"
    for column in table.T:
        assert stats.kstest(column, "uniform", (-0.05, 0.1)).pvalue > 1e-3
    assert np.abs(np.corrcoef(table.T) - np.eye(4)).max() < 0.08
    _, again = play(n=100, n_steps=500)
    np.testing.assert_array_equal(starts(again), table)
    state = CartPole().reset(jax.random.key(0), (100,))
    _, other = rollout(CartPole(), toss, jnp.asarray(0.5), state, jax.random.key(7), n_steps=500)
    assert len(np.unique(np.concatenate([table, starts(other)]), axis=0)) == len(table) + len(starts(other))


def test_the_policys_number_is_uniform_fresh_and_not_the_starts():
    def reveal(params, observation, uniform):
        return (uniform * 2**20).astype(jnp.int32)  # CartPole takes all but 0 for a push to the right

    _, played = play(policy=reveal, n=50, n_steps=400)
    uniform = np.asarray(played.action) / 2**20
    assert stats.kstest(uniform.ravel(), "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(uniform[1:].ravel(), uniform[:-1].ravel())[0, 1]) < 0.03
    assert np.abs(np.corrcoef(uniform.T) - np.eye(50)).max() < 0.25
    over = np.asarray(played.terminated)[:-1]
    for draws in (uniform[:-1][over], uniform[1:][over]):
        for column in starts(played).T:
            assert abs(np.corrcoef(draws, column)[0, 1]) < 0.12


def test_params_reach_the_policy_and_may_be_an_ensemble():
    chances = jnp.array([0.1, 0.5, 0.9])
    keys = jax.random.split(jax.random.key(3), 3)
    state = CartPole().reset(jax.random.key(0), (20,))
    run = functools.partial(rollout, CartPole(), toss, n_steps=100)
    _, played = jax.vmap(lambda chance, key: run(chance, state, key))(chances, keys)
    np.testing.assert_allclose(played.action.mean((1, 2)), chances, atol=0.05)
    _, alone = run(chances[1], state, keys[1])
    np.testing.assert_array_equal(played.action[1], alone.action)
    np.testing.assert_allclose(played.observation[1], alone.observation, rtol=2e-5, atol=1e-5)


def test_inside_jit_and_with_any_batch_axes():
    def score(state, key):
        return rollout(CartPole(), toss, jnp.asarray(0.5), state, key, n_steps=60)[1].terminated.sum()

    state = CartPole().reset(jax.random.key(0), (2, 3))
    outside = score(state, jax.random.key(1))
    assert int(outside) == int(jax.jit(score)(state, jax.random.key(1))) > 6
    one = CartPole().reset(jax.random.key(0))
    _, played = rollout(CartPole(), toss, jnp.asarray(0.5), one, jax.random.key(1), n_steps=60)
    assert played.observation.shape == (60, 4)
    assert played.reward.shape == (60,)


def _called(policy=toss, key=None, n_steps=3):
    state = CartPole().reset(jax.random.key(0), (3,))
    return lambda: rollout(
        CartPole(), policy, jnp.asarray(0.5), state, jax.random.key(0) if key is None else key, n_steps=n_steps
    )


@pytest.mark.plain
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (_called(key=jnp.zeros(3)), "rollout expects one random key"),
        (_called(n_steps=0), "rollout expects n_steps to be an integer at least 1; got 0"),
        (_called(n_steps=2.0), "rollout expects n_steps to be an integer"),
        (_called(lambda params, observation, uniform: uniform), "CartPole expects integer actions; got float32"),
        (
            _called(lambda params, observation, uniform: jnp.zeros((3, 1), int)),
            r"CartPole expects a state and actions of one shape; got \(3,\) and \(3, 1\)",
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()
