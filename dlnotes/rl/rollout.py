"""A rollout: many environments played for many steps, compiled into one loop."""

import functools
import math
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from dlnotes import _checks as checks
from dlnotes.rl.environment import Environment, State

DRAWN_AT_ONCE = 2**15
"""Random numbers drawn in one call: enough to be quick, few enough (128 KiB) to stay in the processor's cache."""


@runtime_checkable
class Policy(Protocol):
    """How to act: `policy(params, observation, uniform) -> action`."""

    def __call__(self, params: Any, observation: jax.Array, uniform: jax.Array, /) -> jax.Array:
        """Choose an action for each environment.

        Args:
            params: A model, a table, anything; what is learned.
            observation: Shape (n_environments, n_observations).
            uniform: A random number in [0, 1) for each environment. One is enough for any choice among n actions: it
                falls into one of n pieces of [0, 1), as long as the actions are probable.

        Returns:
            Integers of shape (n_environments,).
        """
        ...


class Transition(NamedTuple):
    """What happened; every array begins with (n_steps, n_environments).

    Attributes:
        observation: What the agent saw.
        action: What it did.
        reward: What it got for that.
        terminated: Whether that ended the episode by the rules.
        truncated: Whether the time limit was reached.
        next_observation: What it saw then: the last of the old episode, not the first of a new one.
    """

    observation: jax.Array
    action: jax.Array
    reward: jax.Array
    terminated: jax.Array
    truncated: jax.Array
    next_observation: jax.Array


@functools.partial(jax.jit, static_argnames=("environment", "policy", "n_steps"))
def rollout(
    environment: Environment, policy: Policy, params: Any, state: State, key: jax.Array, *, n_steps: int
) -> tuple[State, Transition]:
    """Play a batch of environments; where an episode ends, a new one begins with the next step.

    All is one loop in the compiled program (`lax.scan`), so Python is called once and not once a step. Drawing random
    numbers costs more than CartPole's physics, and in small pieces many times more: they are drawn for a long stretch
    of steps in one call, then the stretch is played. What the caller does not use (the observations, say) is not even
    computed, if the call stands in a function under `jax.jit`.

    Args:
        environment: What to play.
        policy: `policy(params, observation, uniform) -> action`; a named function, since a fresh lambda would compile
            anew at every call.
        params: What the policy is given, such as a model.
        state: Where to begin, of shape (n_environments,): `environment.reset(key, (64,))`, or what the last rollout
            returned.
        key: A random key, a fresh one for every call.
        n_steps: Steps for each environment; at least 1. A stretch divides it: round numbers are quickest, large primes
            slowest.

    Returns:
        The state after the last step, and what happened.

    Raises:
        TypeError, ValueError: Not a key, or `n_steps` not a positive integer; what the environment says of the state
            and of the policy's actions.

    Example:
        >>> from dlnotes.rl import CartPole
        >>> def toss(params, observation, uniform):
        ...     return (uniform < 0.5).astype(int)
        >>> state = CartPole().reset(jax.random.key(0), shape=(64,))
        >>> state, played = rollout(CartPole(), toss, None, state, jax.random.key(1), n_steps=100)
        >>> played.observation.shape
        (100, 64, 4)
        >>> steps_per_episode = played.reward.sum() / played.terminated.sum()
        >>> bool(18 < steps_per_episode < 27)
        True
    """
    checks.key("rollout", key)
    checks.integer("rollout", "n_steps", n_steps, at_least=1)
    shape = environment.observe(state).shape[:-1]
    n_uniform = 1 + environment.n_start  # for the policy, and for a new start

    def play(state: State, uniform: jax.Array) -> tuple[State, Transition]:
        observation = environment.observe(state)
        action = policy(params, observation, uniform[0])
        state, step = environment.step(state, action)
        over = step.terminated | step.truncated
        state = jax.tree.map(functools.partial(jnp.where, over), environment.start(uniform[1:]), state)
        return state, Transition(observation, action, step.reward, step.terminated, step.truncated, step.observation)

    def stretch(state: State, key: jax.Array) -> tuple[State, Transition]:
        uniform = jax.random.uniform(key, (length, n_uniform, *shape))
        return jax.lax.scan(play, state, uniform)

    longest = max(1, DRAWN_AT_ONCE // (n_uniform * math.prod(shape)))
    length = max(n for n in range(1, min(longest, n_steps) + 1) if n_steps % n == 0)
    state, played = jax.lax.scan(stretch, state, jax.random.split(key, n_steps // length))
    return state, jax.tree.map(lambda part: part.reshape(n_steps, *part.shape[2:]), played)
