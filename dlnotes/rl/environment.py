"""What every environment has in common: the protocol, and what a step tells.

An environment holds no state: the state goes in and comes out, as a NamedTuple with one array for each quantity. All
these arrays have the same axes, one place for each environment that is played; a single one has no axis at all.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

import jax

State: TypeAlias = Any
"""A NamedTuple of arrays with the shape of the batch, `()` for one environment, `(64,)` for sixty-four."""


class Step(NamedTuple):
    """What the agent learns from one step.

    Two ways to end are kept apart. After `terminated` there is no future, and its value is 0. After `truncated` the
    clock ran out in the middle of play: the future would have gone on, and an agent must still estimate its value from
    `observation`.

    Attributes:
        observation: What the agent sees now, after its action; shape (*batch, n_observations).
        reward: What it got for the action; shape (*batch).
        terminated: Whether the episode has ended by the rules; bool, shape (*batch).
        truncated: Whether it has reached its time limit; bool, shape (*batch). Both may be true.
    """

    observation: jax.Array
    reward: jax.Array
    terminated: jax.Array
    truncated: jax.Array


@runtime_checkable
class Environment(Protocol):
    """Anything with these three sizes and four functions; frozen and hashable, so that `jax.jit` can take it as static.

    Attributes:
        n_observations: Numbers that the agent sees.
        n_actions: Actions that it can choose from, 0 … n_actions - 1.
        n_start: Uniform random numbers that make a first state.
    """

    @property
    def n_observations(self) -> int: ...  # noqa: D102

    @property
    def n_actions(self) -> int: ...  # noqa: D102

    @property
    def n_start(self) -> int: ...  # noqa: D102

    def reset(self, key: jax.Array, shape: Sequence[int] = ()) -> State:
        """Draw first states with the axes `shape`."""
        ...

    def start(self, uniform: jax.Array) -> State:
        """Make first states of uniform numbers in [0, 1), shape (n_start, *batch)."""
        ...

    def observe(self, state: State) -> jax.Array:
        """Return what the agent sees, shape (*batch, n_observations)."""
        ...

    def step(self, state: State, action: jax.Array) -> tuple[State, Step]:
        """Return the next state and what the agent learns."""
        ...
