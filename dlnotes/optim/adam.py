"""Adam: momentum and RMSProp together, each corrected for having started at zero; and AdamW, whose weights decay.

The letters are the paper's: `g` the gradient, `m` and `v` the running averages of `g` and `g²`, `β₁` and `β₂` the
weights of the OLD averages, `t` the number of the step counted from 1, `η` the learning rate (the paper's α).
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp

from dlnotes import _checks as checks
from dlnotes.optim._protocol import (
    Mask,
    Number,
    Rate,
    Tree,
    check_grads,
    check_rate,
    masked,
    need_params,
    rate_at,
    scale,
    zeros,
)


class AdamState(NamedTuple):
    """What Adam and AdamW remember."""

    step: jax.Array  # () int32: updates made so far, t - 1
    m: Tree  # like the parameters: the running average of gradients
    v: Tree  # like the parameters: the running average of squared gradients


@dataclass(frozen=True)
class Adam:
    """Step along the average gradient, in units of the typical gradient.

        m ← β₁ m + (1 - β₁) g            m̂ = m / (1 - β₁ᵗ)
        v ← β₂ v + (1 - β₂) g²           v̂ = v / (1 - β₂ᵗ)
        w ← w - η m̂ / (√v̂ + ε)

    Conventions: ε stands outside the root and after the correction, as in the paper's Algorithm 1, PyTorch and optax;
    TensorFlow's and Keras's ε is the paper's ε̂, before the correction. A penalty in the loss, or `L2` in a chain
    before Adam, is divided by √v̂ like any gradient, and so hardly shrinks the weights whose gradients are large:
    see `AdamW`.

    Attributes:
        learning_rate: η, at least 0; or a schedule. No step is much longer than η, whatever the size of the loss.
        beta1: β₁, in [0, 1).
        beta2: β₂, in [0, 1).
        epsilon: ε, above 0.

    Example:
        >>> optimizer = Adam(learning_rate=0.001)
        >>> g = {"w": jnp.array([100.0, -0.01])}
        >>> updates, state = optimizer.update(g, optimizer.init(g))
        >>> updates["w"].round(5)
        Array([-0.001,  0.001], dtype=float32)

    Kingma and Ba 2014, arXiv:1412.6980, Algorithm 1.

    Notebook: 07_optimizers.
    """

    learning_rate: Rate = 0.001
    beta1: Number = 0.9
    beta2: Number = 0.999
    epsilon: Number = 1e-8

    def __post_init__(self):
        who = type(self).__name__
        check_rate(who, self.learning_rate)
        checks.number(who, "beta1", self.beta1, at_least=0.0, below=1.0)
        checks.number(who, "beta2", self.beta2, at_least=0.0, below=1.0)
        checks.number(who, "epsilon", self.epsilon, above=0.0)

    def init(self, params: Tree) -> AdamState:
        """Start both averages at zero."""
        who = type(self).__name__
        return AdamState(step=jnp.zeros((), jnp.int32), m=zeros(who, params), v=zeros(who, params))

    def update(self, grads: Tree, state: AdamState, params: Tree = None) -> tuple[Tree, AdamState]:
        """Return `-η m̂ / (√v̂ + ε)`."""
        g = check_grads(type(self).__name__, grads, params, state.m)
        η, β1, β2, ε = rate_at(self.learning_rate, state.step), self.beta1, self.beta2, self.epsilon
        t = (state.step + 1).astype(η.dtype)
        m = jax.tree.map(lambda m, g: β1 * m + (1 - β1) * g, state.m, g)
        v = jax.tree.map(lambda v, g: β2 * v + (1 - β2) * g**2, state.v, g)
        m_hat = jax.tree.map(lambda m: m / (1 - β1**t).astype(m.dtype), m)
        v_hat = jax.tree.map(lambda v: v / (1 - β2**t).astype(v.dtype), v)
        direction = jax.tree.map(lambda m, v: m / (jnp.sqrt(v) + ε), m_hat, v_hat)
        return scale(-η, direction), AdamState(state.step + 1, m, v)


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam, and every weight shrinks by the same fraction, whatever its gradient.

        w ← w - η m̂ / (√v̂ + ε) - η λ w

    Conventions: the decay is *decoupled*: it goes round the division by √v̂, unlike the gradient of an L2 penalty. It
    is multiplied by the rate, as in PyTorch and optax, so one step shrinks a weight by the factor 1 - η λ; the paper's
    Algorithm 2 multiplies λ by the schedule alone, without Adam's α. λ is 0.01 here and in PyTorch, 1e-4 in optax.

    Attributes:
        learning_rate: η, at least 0; or a schedule.
        beta1: β₁, in [0, 1).
        beta2: β₂, in [0, 1).
        epsilon: ε, above 0.
        weight_decay: λ, at least 0.
        mask: Says by a leaf's name which leaves decay; all do by default.

    Example:
        >>> optimizer = AdamW(0.1, weight_decay=0.5, mask=lambda name: not name.endswith("bias"))
        >>> params = {"weight": jnp.array(2.0), "bias": jnp.array(2.0)}
        >>> updates, _ = optimizer.update(jax.tree.map(jnp.zeros_like, params), optimizer.init(params), params)
        >>> updates["weight"].round(3), abs(updates["bias"])
        (Array(-0.1, dtype=float32), Array(0., dtype=float32))

    Loshchilov and Hutter 2017, arXiv:1711.05101, Algorithm 2.

    Notebook: 07_optimizers.
    """

    weight_decay: Number = 0.01
    mask: Mask | None = None

    def __post_init__(self):
        super().__post_init__()
        checks.number("AdamW", "weight_decay", self.weight_decay, at_least=0.0)
        if self.mask is not None:
            checks.function("AdamW", "mask", self.mask)

    def update(self, grads: Tree, state: AdamState, params: Tree = None) -> tuple[Tree, AdamState]:
        """Return Adam's update less `η λ w`; it needs the parameters."""
        need_params("AdamW", params)
        updates, new_state = super().update(grads, state, params)
        η, λ = rate_at(self.learning_rate, state.step), self.weight_decay
        decay = scale(η, jax.tree.map(lambda w: λ * w, masked(self.mask, params)))
        return jax.tree.map(jnp.subtract, updates, decay), new_state
