"""CartPole: keep a pole upright by pushing the cart on which it stands."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Integer

from dlnotes import _checks as checks
from dlnotes.rl.environment import Step


class CartPoleState(NamedTuple):
    """Where the cart and the pole are, and how they move; every array has the shape of the batch.

    Attributes:
        position: x of the cart, in metres, 0 in the middle.
        velocity: Of the cart, in metres per second.
        angle: θ of the pole, in radians, 0 upright, positive to the right.
        angular_velocity: ω of the pole, in radians per second.
        steps: int32, steps taken in this episode.
    """

    position: jax.Array
    velocity: jax.Array
    angle: jax.Array
    angular_velocity: jax.Array
    steps: jax.Array


@dataclass(frozen=True)
class CartPole:
    """A pole on a cart, a push to the left or to the right at every step, and a reward of 1 for each step survived.

    With F the push, M and m the masses of cart and pole, l half the pole's length and g gravity:

        a = (F + m l ω² sin θ) / (M + m)                                  the cart, if the pole had no say
        α = (g sin θ - a cos θ) / (l (4/3 - m cos² θ / (M + m)))          the pole's angular acceleration
        b = a - m l α cos θ / (M + m)                                     the cart's acceleration

    and a step of Euler's method, in which the old velocities move the old places:

        x ← x + τ v      v ← v + τ b      θ ← θ + τ ω      ω ← ω + τ α

    These are the equations of the paper without its friction. The numbers, the order of Euler's method, the limits and
    the reward are those of Gymnasium's CartPole-v1: the step in which the pole falls still gives 1, and 500 is the
    longest episode, so that 500 is also the best return.

    Attributes:
        gravity: g, in metres per second squared.
        cart_mass: M, in kilograms.
        pole_mass: m, in kilograms.
        half_length: l, half the length of the pole, in metres.
        force: The size of a push, in newtons.
        time_step: τ, in seconds.
        max_position: How far from the middle the cart may be, in metres.
        max_angle: How far from upright the pole may be, in radians.
        max_start: The four numbers of a first state are uniform between this and its negative.
        max_steps: Steps after which an episode is cut off.

    Raises:
        TypeError, ValueError: A number that is not finite and positive (gravity may be 0), or `max_steps` not an
            integer.

    Example:
        >>> environment = CartPole()
        >>> state = environment.reset(jax.random.key(0), shape=(3,))
        >>> environment.observe(state).shape
        (3, 4)
        >>> state, step = environment.step(state, jnp.array([0, 1, 1]))
        >>> step.reward
        Array([1., 1., 1.], dtype=float32)

    Paper: Barto, Sutton and Anderson 1983, Neuronlike adaptive elements that can solve difficult learning control
    problems, IEEE Transactions on Systems, Man and Cybernetics 13, appendix.
    """

    gravity: float = 9.8
    cart_mass: float = 1.0
    pole_mass: float = 0.1
    half_length: float = 0.5
    force: float = 10.0
    time_step: float = 0.02
    max_position: float = 2.4
    max_angle: float = math.radians(12)
    max_start: float = 0.05
    max_steps: int = 500

    n_observations: ClassVar[int] = 4
    n_actions: ClassVar[int] = 2
    n_start: ClassVar[int] = 4

    def __post_init__(self) -> None:
        """Check every number."""
        checks.number("CartPole", "gravity", self.gravity, at_least=0)
        positive = "cart_mass pole_mass half_length force time_step max_position max_angle max_start".split()
        for name in positive:
            checks.number("CartPole", name, getattr(self, name), above=0)
        checks.integer("CartPole", "max_steps", self.max_steps, at_least=1)

    def reset(self, key: jax.Array, shape: Sequence[int] = ()) -> CartPoleState:
        """Draw first states: four numbers each, uniform in ±max_start.

        Args:
            key: A random key.
            shape: The axes of the batch: `()` for one cart, `(64,)` for sixty-four.

        Raises:
            TypeError, ValueError: Not a key; a shape that is not a sequence of positive integers.
        """
        checks.key("CartPole.reset", key)
        shape = checks.sizes("CartPole.reset", "shape", shape, at_least=0)
        return self.start(jax.random.uniform(key, (self.n_start, *shape)))

    def start(self, uniform: Float[Array, "4 *batch"]) -> CartPoleState:
        """Make first states of uniform random numbers in [0, 1)."""
        position, velocity, angle, angular_velocity = self.max_start * (2 * uniform - 1)
        return CartPoleState(position, velocity, angle, angular_velocity, jnp.zeros(uniform.shape[1:], jnp.int32))

    def observe(self, state: CartPoleState) -> Float[Array, "*batch 4"]:
        """All but the clock: position, velocity, angle, angular velocity, on the last axis."""
        return jnp.stack(state[:4], axis=-1)

    def step(self, state: CartPoleState, action: Integer[Array, "*batch"]) -> tuple[CartPoleState, Step]:
        """Push the carts once, and let `time_step` seconds pass.

        It says when an episode has ended and does not begin a new one; `dlnotes.rl.rollout` does. A step from a state
        after the end goes on with the same physics.

        Args:
            state: Where they are.
            action: 0 pushes to the left, 1 to the right. Inside `jax.jit` the actions cannot be looked at: 0 pushes to
                the left, all else to the right.

        Returns:
            The next state, and the observation, reward and ends that belong to it.

        Raises:
            TypeError: A state of other than floating-point numbers, or actions that are not integers.
            ValueError: State and actions of different shapes, an action other than 0 and 1, NaN in the state.
        """
        x, v, θ, ω, steps = _checked(state)
        action = checks.indices("CartPole", action, self.n_actions, name="actions")
        checks.same_shape("CartPole", x, action, ("a state", "actions"))
        g, M, m, length, τ = self.gravity, self.cart_mass, self.pole_mass, self.half_length, self.time_step
        force = jnp.where(action == 0, -self.force, self.force).astype(x.dtype)
        sin, cos = jnp.sin(θ), jnp.cos(θ)
        a = (force + m * length * ω**2 * sin) / (M + m)
        α = (g * sin - a * cos) / (length * (4 / 3 - m * cos**2 / (M + m)))
        b = a - m * length * α * cos / (M + m)
        state = CartPoleState(x + τ * v, v + τ * b, θ + τ * ω, ω + τ * α, steps + 1)
        terminated = (jnp.abs(state.position) > self.max_position) | (jnp.abs(state.angle) > self.max_angle)
        truncated = state.steps >= self.max_steps
        return state, Step(self.observe(state), jnp.ones_like(x), terminated, truncated)


def _checked(state: CartPoleState) -> CartPoleState:
    """A state of four arrays of floating-point numbers and one of integers, all of one shape."""
    if not isinstance(state, CartPoleState):
        raise TypeError(f"CartPole expects a CartPoleState, such as CartPole().reset(key); got {type(state).__name__}.")
    for name, value in zip(state._fields[:4], state, strict=False):
        checks.array("CartPole", value, name=name)
    checks.indices("CartPole", state.steps, 2**31, name="steps")
    for name, value in zip(state._fields[1:], state[1:], strict=True):
        checks.same_shape("CartPole", state.position, value, ("position", name))
    return state
