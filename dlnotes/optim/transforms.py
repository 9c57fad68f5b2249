"""What is done to gradients on their way to an optimizer: clipping, penalties; and `Chain`, which puts them in order.

Each has the optimizer's protocol but no learning rate: gradients go in, gradients come out.

    Chain(ClipByGlobalNorm(1.0), L2(1e-4), SGD(0.1))
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from dlnotes import _checks as checks
from dlnotes.optim._protocol import Mask, Number, Optimizer, Tree, check_grads, check_leaves, masked, need_params


class NoState(NamedTuple):
    """A transform without memory."""


class _Stateless:
    """`init` for transforms that remember nothing."""

    def init(self, params: Tree) -> NoState:
        """Nothing to remember."""
        check_leaves(type(self).__name__, params, "parameter")
        return NoState()


@dataclass(frozen=True)
class ClipByValue(_Stateless):
    """Cut every element of the gradient to [-c, c]: `g ← min(max(g, -c), c)`.

    The direction changes, since only the large elements are cut; `ClipByGlobalNorm` keeps it.

    Attributes:
        limit: c, above 0.

    Example:
        >>> clip = ClipByValue(1.0)
        >>> g = {"w": jnp.array([-3.0, 0.5])}
        >>> clip.update(g, clip.init(g))[0]
        {'w': Array([-1. ,  0.5], dtype=float32)}

    Mikolov 2012, "Statistical language models based on neural networks".

    Notebook: 07_optimizers.
    """

    limit: Number

    def __post_init__(self):
        checks.number("ClipByValue", "limit", self.limit, above=0.0)

    def update(self, grads: Tree, state: NoState, params: Tree = None) -> tuple[Tree, NoState]:
        """Return the clipped gradients."""
        g = check_grads("ClipByValue", grads, params)
        return jax.tree.map(lambda g: jnp.clip(g, -self.limit, self.limit), g), state


@dataclass(frozen=True)
class ClipByGlobalNorm(_Stateless):
    """Shorten the whole gradient to length c if it is longer: `g ← g · min(1, c / ‖g‖)`.

    `‖g‖` is the root of the sum of squares over every element of every leaf, so the direction stays.

    Conventions: the clipped gradient has length c exactly, as in the paper and optax; PyTorch divides by ‖g‖ + 1e-6.

    Attributes:
        limit: c, above 0.

    Example:
        >>> clip = ClipByGlobalNorm(1.0)
        >>> g = {"b": jnp.array(3.0), "w": jnp.array(4.0)}
        >>> {name: round(float(leaf), 3) for name, leaf in clip.update(g, clip.init(g))[0].items()}
        {'b': 0.6, 'w': 0.8}

    Pascanu, Mikolov and Bengio 2012, arXiv:1211.5063, Algorithm 1.

    Notebook: 07_optimizers.
    """

    limit: Number

    def __post_init__(self):
        checks.number("ClipByGlobalNorm", "limit", self.limit, above=0.0)

    def update(self, grads: Tree, state: NoState, params: Tree = None) -> tuple[Tree, NoState]:
        """Return the clipped gradients."""
        g = check_grads("ClipByGlobalNorm", grads, params)
        norm = global_norm(g)
        shorten = jnp.where(norm > self.limit, self.limit / norm, 1.0)
        return jax.tree.map(lambda g: g * shorten.astype(g.dtype), g), state


def global_norm(tree: Tree) -> jax.Array:
    """The length of a tree taken as one long vector: `√(Σ g²)` over every element of every leaf; shape ().

    Example:
        >>> float(global_norm({"b": jnp.array(3.0), "w": jnp.array([4.0, 0.0])}))
        5.0
    """
    squares = [jnp.sum(jnp.square(jnp.asarray(leaf, jnp.result_type(float)))) for leaf in jax.tree.leaves(tree)]
    return jnp.sqrt(sum(squares, jnp.zeros(())))


@dataclass(frozen=True)
class L1(_Stateless):
    """Add the gradient of the penalty `λ Σ |w|`: `g ← g + λ sign(w)`, with sign(0) = 0.

    The pull to zero is equally strong however small the weight, so many weights come to (nearly) zero.

    Attributes:
        strength: λ, at least 0.
        mask: Says by a leaf's name which leaves are penalised; all are by default.

    Example:
        >>> penalty = L1(0.5)
        >>> w = {"w": jnp.array([2.0, 0.0, -0.1])}
        >>> penalty.update(jax.tree.map(jnp.zeros_like, w), penalty.init(w), w)[0]
        {'w': Array([ 0.5,  0. , -0.5], dtype=float32)}

    Tibshirani 1996, "Regression shrinkage and selection via the lasso".

    Notebook: 07_optimizers.
    """

    strength: Number
    mask: Mask | None = None

    def __post_init__(self):
        checks.number("L1", "strength", self.strength, at_least=0.0)
        if self.mask is not None:
            checks.function("L1", "mask", self.mask)

    def update(self, grads: Tree, state: NoState, params: Tree = None) -> tuple[Tree, NoState]:
        """Return `g + λ sign(w)`; it needs the parameters."""
        need_params("L1", params)
        g = check_grads("L1", grads, params)
        return jax.tree.map(lambda g, w: g + self.strength * jnp.sign(w), g, masked(self.mask, params)), state


@dataclass(frozen=True)
class L2(_Stateless):
    """Add the gradient of the penalty `λ/2 Σ w²`: `g ← g + λ w`.

    Conventions: with the half, as in PyTorch's `weight_decay` and `optax.add_decayed_weights`; Keras's `l2(λ)` is
    without it, so its λ is half of this one. Before plain SGD this is weight decay, the factor 1 - η λ at each step.
    Before Adam it is not, since Adam divides it by √v̂: decoupled decay is `AdamW`.

    Attributes:
        strength: λ, at least 0.
        mask: Says by a leaf's name which leaves are penalised; all are by default.

    Example:
        >>> penalty = L2(0.5)
        >>> w = {"w": jnp.array([2.0, 0.0, -4.0])}
        >>> penalty.update(jax.tree.map(jnp.zeros_like, w), penalty.init(w), w)[0]
        {'w': Array([ 1.,  0., -2.], dtype=float32)}

    Krogh and Hertz 1991, "A simple weight decay can improve generalization".

    Notebook: 07_optimizers.
    """

    strength: Number
    mask: Mask | None = None

    def __post_init__(self):
        checks.number("L2", "strength", self.strength, at_least=0.0)
        if self.mask is not None:
            checks.function("L2", "mask", self.mask)

    def update(self, grads: Tree, state: NoState, params: Tree = None) -> tuple[Tree, NoState]:
        """Return `g + λ w`; it needs the parameters."""
        need_params("L2", params)
        g = check_grads("L2", grads, params)
        return jax.tree.map(lambda g, w: g + self.strength * w, g, masked(self.mask, params)), state


@dataclass(frozen=True, init=False)
class Chain:
    """One after another: what the first returns is the gradient of the next, and the last one's updates come out.

    Order matters: clip before the penalty or after it, but both before the optimizer, which brings rate and sign.

    Attributes:
        links: Optimizers and transforms, ours or optax's, at least one.

    Example:
        >>> from dlnotes.optim import SGD
        >>> optimizer = Chain(ClipByGlobalNorm(1.0), SGD(learning_rate=0.1))
        >>> g = {"w": jnp.array([30.0, 40.0])}
        >>> updates, state = optimizer.update(g, optimizer.init(g))
        >>> [f"{u:.2f}" for u in updates["w"]]
        ['-0.06', '-0.08']

    Notebook: 07_optimizers.
    """

    links: tuple[Any, ...]

    def __init__(self, *links: Optimizer):
        if not links:
            raise ValueError("Chain expects at least one optimizer or transform; got none.")
        for i, link in enumerate(links):
            if isinstance(link, type) or not (hasattr(link, "init") and hasattr(link, "update")):
                raise TypeError(
                    f"Chain expects optimizers and transforms, which have init and update; got {link!r} at position "
                    f"{i}. Give an object such as SGD(0.1)."
                )
        object.__setattr__(self, "links", links)

    def __repr__(self) -> str:
        return f"Chain({', '.join(map(repr, self.links))})"

    def init(self, params: Tree) -> tuple[Any, ...]:
        """One state for each link."""
        return tuple(link.init(params) for link in self.links)

    def update(self, grads: Tree, state: tuple[Any, ...], params: Tree = None) -> tuple[Tree, tuple[Any, ...]]:
        """Pass the gradients through every link in order."""
        if len(state) != len(self.links):
            raise ValueError(f"Chain has {len(self.links)} links but got a state for {len(state)}. Call init again.")
        states = []
        for link, link_state in zip(self.links, state, strict=True):
            grads, link_state = link.update(grads, link_state, params)
            states.append(link_state)
        return grads, tuple(states)
