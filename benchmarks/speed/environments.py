"""CartPole played by chance, in each library's own idiom, on one thread.

Each counts its steps and the episodes that ended, as an agent's learning curve would, and keeps nothing else. Where a
worker speaks of a loss it is the mean number of steps in an episode here: about 22 for a coin, in every library.
"""
# pyright: reportMissingImports=false

import os
from collections.abc import Callable

from speed.trainer import Trainer
from speed.workloads import Workload

Play = Callable[[], float]  # plays all steps, and gives the number of episodes that ended


def prepare(workload: Workload, setting: str) -> Trainer:
    """Make the environments."""
    if hasattr(os, "sched_setaffinity"):  # before JAX starts its threads
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    play = {"dlnotes": dlnotes, "gymnax": gymnax, "loop": loop, "vector": vector}[setting](
        workload.batch, workload.steps // workload.batch
    )

    def epoch() -> tuple[float, float]:
        mean = workload.steps / max(1.0, play())
        return mean, mean

    return Trainer(0, epoch, lambda: ())


def dlnotes(n: int, n_steps: int) -> Play:
    """One rollout, compiled."""
    import jax
    import jax.numpy as jnp

    from dlnotes.rl import CartPole, rollout

    def toss(params, observation, uniform):
        return (uniform < 0.5).astype(jnp.int32)

    @jax.jit
    def run(state, key):
        state, played = rollout(CartPole(), toss, None, state, key, n_steps=n_steps)
        return state, (played.terminated | played.truncated).sum()

    return _with_keys(run, CartPole().reset(jax.random.key(0), (n,)))


def gymnax(n: int, n_steps: int) -> Play:
    """As gymnax's guide has it: `env.step`, which draws and resets by itself, under `vmap` in a `scan`."""
    import gymnax
    import jax

    env, params = gymnax.make("CartPole-v1")

    def step(carry, key):
        state, ends = carry
        key_action, key_step = jax.random.split(key)
        actions = jax.random.randint(key_action, (n,), 0, 2)
        told = jax.vmap(env.step, (0, 0, 0, None))(jax.random.split(key_step, n), state, actions, params)
        over = told[3] | told[4] if len(told) == 6 else told[3]  # (terminated, truncated), or done before version 1
        return (told[1], ends + over.sum()), None

    @jax.jit
    def run(state, key):
        return jax.lax.scan(step, (state, 0), jax.random.split(key, n_steps))[0]

    return _with_keys(run, jax.vmap(env.reset, (0, None))(jax.random.split(jax.random.key(0), n), params)[1])


def _with_keys(run, state) -> Play:
    """Call `run(state, key)` with the state it gave last and a fresh key."""
    import jax

    calls = 0

    def play() -> float:
        nonlocal state, calls
        calls += 1
        state, ends = run(state, jax.random.fold_in(jax.random.key(1), calls))
        return float(ends)

    return play


def loop(n: int, n_steps: int) -> Play:
    """The loop of Gymnasium's basic usage, one environment."""
    import gymnasium

    env = gymnasium.make("CartPole-v1")
    env.reset(seed=0)
    env.action_space.seed(0)

    def play() -> float:
        ends = 0
        for _ in range(n_steps):
            action = env.action_space.sample()
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                ends += 1
                env.reset()
        return ends

    return play


def vector(n: int, n_steps: int) -> Play:
    """CartPole's own vector form, which steps all environments with NumPy."""
    import gymnasium

    envs = gymnasium.make_vec("CartPole-v1", num_envs=n, vectorization_mode="vector_entry_point")
    envs.reset(seed=0)
    envs.action_space.seed(0)

    def play() -> float:
        ends = 0
        for _ in range(n_steps):
            _, _, terminated, truncated, _ = envs.step(envs.action_space.sample())
            ends += int((terminated | truncated).sum())
        return ends

    return play
