"""Gradient descent and its two forms with memory: SGD, Momentum, Nesterov.

The letters are the same all through: `w` a parameter, `g` its gradient, `η` the learning rate, `μ` the momentum, `v`
the velocity. "Stochastic" lies in the gradient, taken on a batch of examples, and not in these formulas.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp

from dlnotes import _checks as checks
from dlnotes.optim._protocol import Number, Rate, Tree, check_grads, check_leaves, check_rate, rate_at, scale, zeros


class SGDState(NamedTuple):
    """What SGD remembers."""

    step: jax.Array  # () int32: updates made so far, which a schedule asks for


class MomentumState(NamedTuple):
    """What Momentum and Nesterov remember."""

    step: jax.Array  # () int32: updates made so far
    velocity: Tree  # like the parameters: v, a decaying sum of past gradients


@dataclass(frozen=True)
class SGD:
    """Gradient descent: a step straight downhill.

        w ← w - η g

    Attributes:
        learning_rate: η, at least 0; or a schedule, a function of the step (0 at the first update).

    Raises:
        TypeError, ValueError: A negative or NaN rate; in `update`, gradients with NaN (seen outside `jit` only), or
            whose tree is not that of the parameters.

    Example:
        >>> optimizer = SGD(learning_rate=0.1)
        >>> params = {"w": jnp.array([1.0, 2.0])}
        >>> state = optimizer.init(params)
        >>> updates, state = optimizer.update({"w": jnp.array([10.0, -10.0])}, state, params)
        >>> updates
        {'w': Array([-1.,  1.], dtype=float32)}

    Robbins and Monro 1951, "A stochastic approximation method".

    Notebook: 07_optimizers.
    """

    learning_rate: Rate

    def __post_init__(self):
        check_rate("SGD", self.learning_rate)

    def init(self, params: Tree) -> SGDState:
        """Start counting steps."""
        check_leaves("SGD", params, "parameter")
        return SGDState(step=jnp.zeros((), jnp.int32))

    def update(self, grads: Tree, state: SGDState, params: Tree = None) -> tuple[Tree, SGDState]:
        """Return `-η g`."""
        g = check_grads("SGD", grads, params)
        η = rate_at(self.learning_rate, state.step)
        return scale(-η, g), SGDState(state.step + 1)


@dataclass(frozen=True)
class Momentum:
    """A heavy ball: gradients that agree add up, gradients that alternate cancel.

        v ← μ v + (1 - τ) g
        w ← w - η v

    Conventions: the rate stands outside the velocity, as in PyTorch and optax; in Polyak's and Sutskever's form
    `v ← μ v - η g` it stands inside. The two agree while η is constant; when a schedule lowers η, this form slows the
    ball at once. Without dampening (τ = 0, the default) a steady gradient is magnified `1 / (1 - μ)` times, tenfold for
    μ = 0.9. With dampening τ = μ the velocity is an average of gradients, as in Adam. PyTorch leaves its very first
    step undampened; here every step is dampened alike.

    Attributes:
        learning_rate: η, at least 0; or a schedule.
        momentum: μ, in [0, 1): the part of the velocity that is kept. 0 gives SGD.
        dampening: τ, in [0, 1]: the part of each new gradient that is left out.

    Example:
        >>> optimizer = Momentum(learning_rate=1.0, momentum=0.5)
        >>> g = {"w": jnp.array(1.0)}
        >>> first, state = optimizer.update(g, optimizer.init(g))
        >>> second, state = optimizer.update(g, state)
        >>> float(first["w"]), float(second["w"])
        (-1.0, -1.5)

    Polyak 1964, "Some methods of speeding up the convergence of iteration methods".

    Notebook: 07_optimizers.
    """

    learning_rate: Rate
    momentum: Number = 0.9
    dampening: Number = 0.0

    def __post_init__(self):
        check_rate("Momentum", self.learning_rate)
        checks.number("Momentum", "momentum", self.momentum, at_least=0.0, below=1.0)
        checks.number("Momentum", "dampening", self.dampening, at_least=0.0, at_most=1.0)

    def init(self, params: Tree) -> MomentumState:
        """Start at rest."""
        return MomentumState(step=jnp.zeros((), jnp.int32), velocity=zeros("Momentum", params))

    def update(self, grads: Tree, state: MomentumState, params: Tree = None) -> tuple[Tree, MomentumState]:
        """Return `-η v`."""
        g = check_grads("Momentum", grads, params, state.velocity)
        η, μ, τ = rate_at(self.learning_rate, state.step), self.momentum, self.dampening
        v = jax.tree.map(lambda v, g: μ * v + (1 - τ) * g, state.velocity, g)
        return scale(-η, v), MomentumState(state.step + 1, v)


@dataclass(frozen=True)
class Nesterov:
    """Momentum that looks ahead: the new gradient counts once more, as if it were taken where the ball will be.

        v ← μ v + g
        w ← w - η (g + μ v)

    Conventions: Nesterov's own scheme takes the gradient at `w - η μ v`. This is the form of Sutskever 2013 rewritten
    by Bengio 2012 in the looked-ahead point, so that the gradient is taken where the parameters are; PyTorch and optax
    use it too. No dampening.

    Attributes:
        learning_rate: η, at least 0; or a schedule.
        momentum: μ, in [0, 1). 0 gives SGD.

    Example:
        >>> optimizer = Nesterov(learning_rate=1.0, momentum=0.5)
        >>> g = {"w": jnp.array(1.0)}
        >>> first, state = optimizer.update(g, optimizer.init(g))
        >>> second, state = optimizer.update(g, state)
        >>> float(first["w"]), float(second["w"])
        (-1.5, -1.75)

    Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", eq. 3-4; Bengio et al.
    2012, arXiv:1212.0901, section 3.5.

    Notebook: 07_optimizers.
    """

    learning_rate: Rate
    momentum: Number = 0.9

    def __post_init__(self):
        check_rate("Nesterov", self.learning_rate)
        checks.number("Nesterov", "momentum", self.momentum, at_least=0.0, below=1.0)

    def init(self, params: Tree) -> MomentumState:
        """Start at rest."""
        return MomentumState(step=jnp.zeros((), jnp.int32), velocity=zeros("Nesterov", params))

    def update(self, grads: Tree, state: MomentumState, params: Tree = None) -> tuple[Tree, MomentumState]:
        """Return `-η (g + μ v)`."""
        g = check_grads("Nesterov", grads, params, state.velocity)
        η, μ = rate_at(self.learning_rate, state.step), self.momentum
        v = jax.tree.map(lambda v, g: μ * v + g, state.velocity, g)
        ahead = jax.tree.map(lambda v, g: g + μ * v, v, g)
        return scale(-η, ahead), MomentumState(state.step + 1, v)
