"""A rate of its own for every parameter: AdaGrad, RMSProp and AdaDelta divide by the size of past gradients.

The letters are the same all through: `w` a parameter, `g` its gradient, `η` the learning rate, `ε` a small number that
keeps the division finite, `ρ` the weight of the OLD running average. Squares, roots and quotients are elementwise.

Where ε stands is a convention, and libraries differ: outside the root, `g / (√s + ε)`, it limits the magnification to
`1 / ε`; inside, `g / √(s + ε)`, to `1 / √ε`, so that the same ε = 1e-8 is 1e-4 in effect. With `epsilon_in_root` both
can be had. Adam and AdamW are in `adam.py`.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp

from dlnotes import _checks as checks
from dlnotes.optim._protocol import Number, Rate, Tree, check_grads, check_rate, rate_at, scale, zeros


class AdaGradState(NamedTuple):
    """What AdaGrad remembers."""

    step: jax.Array  # () int32: updates made so far
    squares: Tree  # like the parameters: s, the sum of all squared gradients


class RMSPropState(NamedTuple):
    """What RMSProp remembers."""

    step: jax.Array  # () int32: updates made so far
    squares: Tree  # like the parameters: s, the running average of squared gradients


class AdaDeltaState(NamedTuple):
    """What AdaDelta remembers."""

    step: jax.Array  # () int32: updates made so far
    squares: Tree  # like the parameters: E[g²], the running average of squared gradients
    moves: Tree  # like the parameters: E[Δ²], the running average of squared updates


def divide_by_root(g: jax.Array, s: jax.Array, ε: Number, epsilon_in_root: bool) -> jax.Array:
    """`g / √(s + ε)`, or `g / (√s + ε)`."""
    return g / jnp.sqrt(s + ε) if epsilon_in_root else g / (jnp.sqrt(s) + ε)


@dataclass(frozen=True)
class AdaGrad:
    """Divide by the root of the sum of all squared gradients: rare features keep large steps.

        s ← s + g²
        w ← w - η g / (√s + ε)

    The sum only grows, so every rate shrinks towards nothing, like `1 / √step` for steady gradients.

    Conventions: the sum starts at `initial`, 0 in the paper and in PyTorch, 0.1 in optax and Keras. ε stands outside
    the root (the paper's δ, PyTorch); optax has it inside, and 1e-7: `AdaGrad(η, initial=0.1, epsilon=1e-7,
    epsilon_in_root=True)` equals `optax.adagrad(η)`.

    Attributes:
        learning_rate: η, at least 0; or a schedule.
        initial: Where the sum of squares starts, at least 0.
        epsilon: ε, above 0.
        epsilon_in_root: Whether ε is added to s, and not to its root.

    Example:
        >>> optimizer = AdaGrad(learning_rate=1.0)
        >>> g = {"w": jnp.array([100.0, 0.01])}
        >>> updates, state = optimizer.update(g, optimizer.init(g))
        >>> updates["w"].round(3)
        Array([-1., -1.], dtype=float32)

    Duchi, Hazan and Singer 2011, "Adaptive subgradient methods for online learning and stochastic optimization", the
    diagonal form of Figure 1.

    Notebook: 07_optimizers.
    """

    learning_rate: Rate
    initial: Number = 0.0
    epsilon: Number = 1e-10
    epsilon_in_root: bool = False

    def __post_init__(self):
        check_rate("AdaGrad", self.learning_rate)
        checks.number("AdaGrad", "initial", self.initial, at_least=0.0)
        checks.number("AdaGrad", "epsilon", self.epsilon, above=0.0)

    def init(self, params: Tree) -> AdaGradState:
        """Start the sums at `initial`."""
        squares = jax.tree.map(lambda w: w + jnp.asarray(self.initial, w.dtype), zeros("AdaGrad", params))
        return AdaGradState(step=jnp.zeros((), jnp.int32), squares=squares)

    def update(self, grads: Tree, state: AdaGradState, params: Tree = None) -> tuple[Tree, AdaGradState]:
        """Return `-η g / (√s + ε)`."""
        g = check_grads("AdaGrad", grads, params, state.squares)
        η = rate_at(self.learning_rate, state.step)
        s = jax.tree.map(lambda s, g: s + g**2, state.squares, g)
        direction = jax.tree.map(lambda g, s: divide_by_root(g, s, self.epsilon, self.epsilon_in_root), g, s)
        return scale(-η, direction), AdaGradState(state.step + 1, s)


@dataclass(frozen=True)
class RMSProp:
    """AdaGrad that forgets: divide by the root of a running average of squared gradients.

        s ← ρ s + (1 - ρ) g²
        w ← w - η g / (√s + ε)

    It is not weight decay: what decays is the memory of old gradients, and no weight is pulled to zero.

    Conventions: ρ is 0.9 in the lecture, optax and Keras, 0.99 in PyTorch. ε stands outside the root, as in PyTorch;
    optax's default has it inside (`eps_in_sqrt=True`), which is `epsilon_in_root=True` here. The average starts at
    zero and is not corrected for it, so the first step is `1 / √(1 - ρ)` times too long: about 3 η for ρ = 0.9.

    Attributes:
        learning_rate: η, at least 0; or a schedule.
        decay: ρ, in [0, 1): the weight of the old average.
        epsilon: ε, above 0.
        epsilon_in_root: Whether ε is added to s, and not to its root.

    Example:
        >>> optimizer = RMSProp(learning_rate=1.0, decay=0.75)
        >>> g = {"w": jnp.array([100.0, 0.01])}
        >>> updates, state = optimizer.update(g, optimizer.init(g))
        >>> updates["w"].round(3)
        Array([-2., -2.], dtype=float32)

    Tieleman and Hinton 2012, Lecture 6.5, "Neural networks for machine learning".

    Notebook: 07_optimizers.
    """

    learning_rate: Rate
    decay: Number = 0.9
    epsilon: Number = 1e-8
    epsilon_in_root: bool = False

    def __post_init__(self):
        check_rate("RMSProp", self.learning_rate)
        checks.number("RMSProp", "decay", self.decay, at_least=0.0, below=1.0)
        checks.number("RMSProp", "epsilon", self.epsilon, above=0.0)

    def init(self, params: Tree) -> RMSPropState:
        """Start the averages at zero."""
        return RMSPropState(step=jnp.zeros((), jnp.int32), squares=zeros("RMSProp", params))

    def update(self, grads: Tree, state: RMSPropState, params: Tree = None) -> tuple[Tree, RMSPropState]:
        """Return `-η g / (√s + ε)`."""
        g = check_grads("RMSProp", grads, params, state.squares)
        η, ρ = rate_at(self.learning_rate, state.step), self.decay
        s = jax.tree.map(lambda s, g: ρ * s + (1 - ρ) * g**2, state.squares, g)
        direction = jax.tree.map(lambda g, s: divide_by_root(g, s, self.epsilon, self.epsilon_in_root), g, s)
        return scale(-η, direction), RMSPropState(state.step + 1, s)


@dataclass(frozen=True)
class AdaDelta:
    """RMSProp whose rate is the size of its own past updates, so that the units of the step are those of the weight.

        E[g²] ← ρ E[g²] + (1 - ρ) g²
        Δ     = √(E[Δ²] + ε) / √(E[g²] + ε) · g
        E[Δ²] ← ρ E[Δ²] + (1 - ρ) Δ²
        w     ← w - η Δ

    Conventions: ε is inside both roots, everywhere, and it is what starts the motion: the first step is of order √ε.
    The paper has no rate (η = 1, the default here and in PyTorch); Keras has 0.001. ρ is 0.95 in the paper's
    experiments, 0.9 here and in optax and PyTorch.

    Attributes:
        learning_rate: η, at least 0; or a schedule.
        decay: ρ, in [0, 1): the weight of the old averages.
        epsilon: ε, above 0.

    Example:
        >>> optimizer = AdaDelta(decay=0.75)
        >>> g = {"w": jnp.array([100.0, 1.0])}
        >>> updates, state = optimizer.update(g, optimizer.init(g))
        >>> updates["w"].round(4)
        Array([-0.002, -0.002], dtype=float32)

    Zeiler 2012, arXiv:1212.5701, Algorithm 1.

    Notebook: 07_optimizers.
    """

    learning_rate: Rate = 1.0
    decay: Number = 0.9
    epsilon: Number = 1e-6

    def __post_init__(self):
        check_rate("AdaDelta", self.learning_rate)
        checks.number("AdaDelta", "decay", self.decay, at_least=0.0, below=1.0)
        checks.number("AdaDelta", "epsilon", self.epsilon, above=0.0)

    def init(self, params: Tree) -> AdaDeltaState:
        """Start both averages at zero."""
        squares, moves = zeros("AdaDelta", params), zeros("AdaDelta", params)
        return AdaDeltaState(step=jnp.zeros((), jnp.int32), squares=squares, moves=moves)

    def update(self, grads: Tree, state: AdaDeltaState, params: Tree = None) -> tuple[Tree, AdaDeltaState]:
        """Return `-η Δ`."""
        g = check_grads("AdaDelta", grads, params, state.squares)
        η, ρ, ε = rate_at(self.learning_rate, state.step), self.decay, self.epsilon
        squares = jax.tree.map(lambda s, g: ρ * s + (1 - ρ) * g**2, state.squares, g)
        Δ = jax.tree.map(lambda m, s, g: jnp.sqrt(m + ε) / jnp.sqrt(s + ε) * g, state.moves, squares, g)
        moves = jax.tree.map(lambda m, Δ: ρ * m + (1 - ρ) * Δ**2, state.moves, Δ)
        return scale(-η, Δ), AdaDeltaState(state.step + 1, squares, moves)
