"""CartPole against Gymnasium's CartPole-v1, step by step and episode by episode; first states; errors."""

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contract import float64
from scipy import stats

from dlnotes.rl import CartPole, CartPoleState, Environment

N = 3000
# Far beyond both limits, so that about half of the steps end an episode.
REACH = np.array([3.0, 3.0, 0.3, 3.0])


def gym_step(env, state, action):
    """One step of Gymnasium's own from a state of our choice."""
    env.unwrapped.state = np.asarray(state, np.float64)
    env.unwrapped.steps_beyond_terminated = None
    return env.step(int(action))


def state_of(numbers, steps=0):
    """Rows of position, velocity, angle, angular velocity as a state."""
    numbers = jnp.asarray(numbers)
    return CartPoleState(*jnp.moveaxis(numbers, -1, 0), jnp.full(numbers.shape[:-1], steps, jnp.int32))


@pytest.fixture
def cases():
    draw = np.random.default_rng(0)
    numbers = draw.uniform(-REACH, REACH, (N, 4)).astype(np.float32)
    return numbers, draw.integers(0, 2, N)


def test_a_step_equals_gymnasiums(cases):
    numbers, actions = cases
    env = gymnasium.make("CartPole-v1").unwrapped
    expected = [gym_step(env, *case) for case in zip(numbers, actions, strict=True)]
    after, step = CartPole().step(state_of(numbers), jnp.asarray(actions))
    np.testing.assert_allclose(step.observation, [e[0] for e in expected], rtol=0, atol=1e-6)
    np.testing.assert_array_equal(step.reward, [e[1] for e in expected])
    np.testing.assert_array_equal(step.terminated, [e[2] for e in expected])
    assert 0.2 < step.terminated.mean() < 0.8
    assert not step.truncated.any()
    np.testing.assert_array_equal(CartPole().observe(after), step.observation)
    np.testing.assert_array_equal(after.steps, 1)


def test_whole_episodes_equal_gymnasiums():
    """In float64, where nothing builds up: every observation from the first to the last of 200 random episodes."""
    env = gymnasium.make("CartPole-v1")
    draw = np.random.default_rng(1)
    lengths = []
    with float64():
        take = jax.jit(CartPole().step)
        for episode in range(200):
            env.reset(seed=episode)
            state = state_of(env.unwrapped.state)
            terminated = truncated = False
            while not (terminated or truncated):
                action = int(draw.integers(2))
                observation, reward, terminated, truncated, _ = env.step(action)
                state, step = take(state, jnp.asarray(action))
                np.testing.assert_allclose(step.observation, observation, rtol=0, atol=1e-6)
                assert (float(step.reward), bool(step.terminated), bool(step.truncated)) == (
                    reward,
                    terminated,
                    truncated,
                )
            lengths.append(int(state.steps))
    assert min(lengths) < 12
    assert max(lengths) > 50


def test_an_episode_that_does_not_fall_is_cut_off_at_500_steps():
    env = gymnasium.make("CartPole-v1")
    observation, _ = env.reset(seed=0)
    state, take, ends = state_of(observation), jax.jit(CartPole().step), []
    for t in range(1, 501):
        action = int(observation[2] + 0.5 * observation[3] + 0.05 * observation[0] + 0.1 * observation[1] > 0)
        state, step = take(state_of(env.unwrapped.state.astype(np.float32))._replace(steps=state.steps), action)
        observation, _, terminated, truncated, _ = env.step(action)
        np.testing.assert_allclose(step.observation, observation, rtol=0, atol=1e-6)
        assert (bool(step.terminated), bool(step.truncated)) == (terminated, truncated)
        ends.append(bool(step.truncated))
        assert int(state.steps) == t
    assert ends == [False] * 499 + [True]


def test_the_old_velocities_move_the_old_places():
    """Explicit Euler: the push does not change where cart and pole are after one step, only how they move."""
    state = state_of(jnp.array([[0.1, 0.5, -0.1, 1.5]] * 2))
    _, step = CartPole().step(state, jnp.array([0, 1]))
    left, right = np.asarray(step.observation)
    np.testing.assert_allclose(left[[0, 2]], [0.1 + 0.02 * 0.5, -0.1 + 0.02 * 1.5], rtol=1e-6)
    np.testing.assert_array_equal(left[[0, 2]], right[[0, 2]])
    assert left[1] < 0.5 < right[1]
    assert left[3] > 1.5 > right[3]


def test_other_numbers_are_gymnasiums_with_the_same_numbers(cases):
    numbers, actions = (part[:300] for part in cases)
    env = gymnasium.make("CartPole-v1").unwrapped
    env.gravity, env.masscart, env.masspole, env.length, env.force_mag, env.tau = 3.7, 2.0, 0.4, 0.8, 6.0, 0.05
    env.total_mass, env.polemass_length, env.x_threshold, env.theta_threshold_radians = 2.4, 0.32, 1.0, 0.1
    expected = [gym_step(env, *case) for case in zip(numbers, actions, strict=True)]
    _, step = CartPole(3.7, 2.0, 0.4, 0.8, 6.0, 0.05, 1.0, 0.1).step(state_of(numbers), jnp.asarray(actions))
    np.testing.assert_allclose(step.observation, [e[0] for e in expected], rtol=0, atol=1e-6)
    np.testing.assert_array_equal(step.terminated, [e[2] for e in expected])


def test_first_states_are_uniform_and_fresh(key):
    state = CartPole().reset(key, (2000,))
    numbers = np.asarray(CartPole().observe(state))
    for column in numbers.T:
        assert stats.kstest(column, "uniform", (-0.05, 0.1)).pvalue > 1e-3
    assert np.abs(np.corrcoef(numbers.T) - np.eye(4)).max() < 0.1
    assert len(np.unique(numbers, axis=0)) == 2000
    np.testing.assert_array_equal(state.steps, 0)
    np.testing.assert_array_equal(CartPole().observe(CartPole().reset(key, (2000,))), numbers)
    other = CartPole().observe(CartPole().reset(jax.random.key(1), (2000,)))
    assert abs(np.corrcoef(other[:, 0], numbers[:, 0])[0, 1]) < 0.1
    wide = CartPole(max_start=0.2).reset(key, (2000,))
    np.testing.assert_allclose(CartPole().observe(wide), 4 * numbers, rtol=1e-5)


def test_any_batch_axes_jit_and_vmap(cases):
    numbers, actions = cases[0][:24], jnp.asarray(cases[1][:24])
    environment = CartPole()
    flat = environment.step(state_of(numbers), actions)
    block = environment.step(state_of(numbers.reshape(2, 3, 4, 4)), actions.reshape(2, 3, 4))
    compiled = jax.jit(environment.step)(state_of(numbers), actions)
    mapped = jax.vmap(environment.step)(state_of(numbers), actions)
    for one, a, b, c in zip(*map(jax.tree.leaves, (flat, block, compiled, mapped)), strict=True):
        np.testing.assert_array_equal(a.reshape(one.shape), one)
        np.testing.assert_allclose(b, one, rtol=2e-6, atol=1e-6)
        np.testing.assert_allclose(c, one, rtol=2e-6, atol=1e-6)
    alone, step = environment.step(jax.tree.map(lambda part: part[5], state_of(numbers)), actions[5])
    assert alone.position.shape == step.reward.shape == ()
    np.testing.assert_allclose(step.observation, flat[1].observation[5], rtol=2e-6)


def test_dtypes():
    state, step = CartPole().step(CartPole().reset(jax.random.key(0), (2,)), jnp.array([0, 1]))
    assert [str(part.dtype) for part in (*state, *step)] == ["float32"] * 4 + ["int32"] + ["float32"] * 2 + ["bool"] * 2
    with float64():
        _, step = CartPole().step(CartPole().reset(jax.random.key(0), (2,)), jnp.array([0, 1]))
        assert step.observation.dtype == step.reward.dtype == jnp.float64


def test_it_is_a_hashable_environment_that_shows_itself():
    assert isinstance(CartPole(), Environment)
    assert hash(CartPole()) == hash(CartPole(gravity=9.8))
    assert CartPole() != CartPole(gravity=1.6)
    assert "gravity=9.8, cart_mass=1.0, pole_mass=0.1, half_length=0.5" in repr(CartPole())


def _stepped(action=None, **changes):
    state = CartPole().reset(jax.random.key(0), (3,))
    return lambda: CartPole().step(state._replace(**changes), jnp.array([0, 1, 1]) if action is None else action)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_stepped(jnp.ones(3)), r"CartPole expects integer actions; got float32"),
        (_stepped(jnp.array([0, 1, 2])), r"CartPole expects actions in 0 … 1; got 2"),
        (_stepped(jnp.array([0, -1, 1])), r"CartPole expects actions in 0 … 1; got -1"),
        (_stepped(jnp.array([0, 1])), r"CartPole expects a state and actions of one shape; got \(3,\) and \(2,\)"),
        (_stepped("left"), r"CartPole expects actions of numbers; got 'left'"),
        (_stepped(angle=jnp.zeros(2)), r"CartPole expects position and angle of one shape; got \(3,\) and \(2,\)"),
        (_stepped(steps=jnp.zeros((), int)), r"CartPole expects position and steps of one shape"),
        (_stepped(steps=jnp.zeros(3)), r"CartPole expects integer steps; got float32"),
        (_stepped(velocity=jnp.zeros(3, int)), r"CartPole expects a velocity of floating-point numbers; got int32"),
        (_stepped(angle=jnp.array([0, jnp.nan, 0])), r"CartPole expects an angle without NaN"),
        (lambda: CartPole().step((0.0,) * 5, jnp.array(0)), r"CartPole expects a CartPoleState.*; got tuple"),
        (lambda: CartPole().reset(0), r"CartPole.reset expects one random key"),
        (lambda: CartPole().reset(jax.random.key(0), 5), r"CartPole.reset expects shape to be a sequence"),
        (lambda: CartPole().reset(jax.random.key(0), (0,)), r"CartPole.reset expects shape\[0\] to be"),
        (lambda: CartPole(gravity=-1), r"CartPole expects gravity to be .* at least 0; got -1"),
        (lambda: CartPole(half_length=0), r"CartPole expects half_length to be .* above 0; got 0"),
        (lambda: CartPole(max_angle=float("nan")), r"CartPole expects max_angle"),
        (lambda: CartPole(force="strong"), r"CartPole expects force to be .* got 'strong'"),
        (lambda: CartPole(max_steps=500.0), r"CartPole expects max_steps to be an integer at least 1; got 500.0"),
    ],
)
def test_errors(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()
