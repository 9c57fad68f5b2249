"""Optimizers: each is a frozen dataclass with optax's `init` and `update`, in the symbols of its paper."""

from dlnotes.optim._protocol import Optimizer, apply_updates
from dlnotes.optim.adam import Adam, AdamState, AdamW
from dlnotes.optim.adaptive import AdaDelta, AdaDeltaState, AdaGrad, AdaGradState, RMSProp, RMSPropState
from dlnotes.optim.gradient import SGD, Momentum, MomentumState, Nesterov, SGDState
from dlnotes.optim.transforms import L1, L2, Chain, ClipByGlobalNorm, ClipByValue, NoState, global_norm

__all__ = [
    "AdaDelta",
    "AdaDeltaState",
    "AdaGrad",
    "AdaGradState",
    "Adam",
    "AdamState",
    "AdamW",
    "Chain",
    "ClipByGlobalNorm",
    "ClipByValue",
    "L1",
    "L2",
    "Momentum",
    "MomentumState",
    "Nesterov",
    "NoState",
    "Optimizer",
    "RMSProp",
    "RMSPropState",
    "SGD",
    "SGDState",
    "apply_updates",
    "global_norm",
]
