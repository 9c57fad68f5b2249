"""How far one distribution is from another."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes.activations import log_softmax
from dlnotes.losses._reduce import distribution, pair, reduce


def kl_divergence(
    logits: Float[Array, "*batch n_classes"], targets: Float[Array, "*batch n_classes"], *, reduction: str = "mean"
) -> Float[Array, "..."]:
    """Kullback-Leibler divergence: `KL(p ‖ q) = Σ_c p_c log(p_c / q_c)`, p the targets and q = softmax(logits).

    The nats lost by coding p with a code made for q: cross-entropy minus the entropy of p, so never negative, and 0
    only where q = p. It is not symmetric. Classes with p = 0 add nothing. The gradient for the logits is q - p.

    Args:
        logits: The predicted distribution's logits on the last axis. Log-probabilities are logits too.
        targets: The true probabilities, of the same shape, adding up to 1 along the last axis.
        reduction: "mean" over examples (what PyTorch calls "batchmean"; its "mean" also divides by the number of
            classes), "sum", or "none" for one number per example.

    Returns:
        A scalar in nats, or one number per example for "none".

    Raises:
        TypeError, ValueError: Targets that are no probabilities, two shapes, no class axis, integers, NaN or infinity,
            nothing at all, or an unknown reduction.

    Example:
        >>> print(f"{kl_divergence(jnp.zeros((1, 2)), jnp.array([[1.0, 0.0]])):.3f}")  # log 2
        0.693

    Paper: Kullback and Leibler 1951, On information and sufficiency.

    Notebook: 06_loss_functions.
    """
    logits = checks.array("kl_divergence", logits, name="logits", min_rank=1, finite=True)
    targets = checks.array("kl_divergence", targets, name="targets", finite=True)
    logits, targets = pair("kl_divergence", logits, targets, ("logits", "targets"))
    distribution("kl_divergence", "targets", targets)
    log_targets = jnp.log(jnp.where(targets > 0, targets, 1.0))  # 0 log 0 counts as 0
    return reduce("kl_divergence", (targets * (log_targets - log_softmax(logits))).sum(-1), reduction)
