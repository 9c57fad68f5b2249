"""Losses for predicting numbers: squared, absolute, and Huber's, which is squared near zero and absolute far away."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Real, ScalarLike

from dlnotes import _checks as checks
from dlnotes.losses._reduce import pair, reduce

_NAMES = ("predictions", "targets")


def mse(
    predictions: Float[Array, "*shape"], targets: Real[Array, "*shape"], *, reduction: str = "mean"
) -> Float[Array, "..."]:
    """Mean squared error: the average of `(prediction - target)²`.

    Its gradient grows with the error, so one outlier can rule the batch; the best constant prediction is the mean.

    Args:
        predictions: What the network says, in any unit.
        targets: What is true, of exactly the same shape, in the same unit.
        reduction: "mean" over all numbers, "sum", or "none".

    Returns:
        A scalar (in the unit squared), or an array of the predictions' shape for "none".

    Raises:
        TypeError, ValueError: Two shapes, integers as predictions, NaN or infinity, nothing at all, or an unknown
            reduction.

    Example:
        >>> mse(jnp.array([1.0, 2.0]), jnp.array([1.0, 4.0]))
        Array(2., dtype=float32)

    Paper: Legendre 1805 and Gauss 1809, the method of least squares.

    Notebook: 06_loss_functions.
    """
    predictions, targets = pair("mse", predictions, targets, _NAMES)
    return reduce("mse", (predictions - targets) ** 2, reduction)


def mae(
    predictions: Float[Array, "*shape"], targets: Real[Array, "*shape"], *, reduction: str = "mean"
) -> Float[Array, "..."]:
    """Mean absolute error: the average of `|prediction - target|`.

    Its gradient has the same size for every error, so outliers count little; the best constant prediction is the
    median. At an error of exactly 0 the gradient is 0, as in PyTorch.

    Args:
        predictions: What the network says, in any unit.
        targets: What is true, of exactly the same shape, in the same unit.
        reduction: "mean" over all numbers, "sum", or "none".

    Returns:
        A scalar (in the unit of the targets), or an array of the predictions' shape for "none".

    Raises:
        TypeError, ValueError: Two shapes, integers as predictions, NaN or infinity, nothing at all, or an unknown
            reduction.

    Example:
        >>> mae(jnp.array([1.0, 2.0]), jnp.array([1.0, 4.0]))
        Array(1., dtype=float32)

    Paper: Laplace 1774, the median as the point of least absolute error.

    Notebook: 06_loss_functions.
    """
    predictions, targets = pair("mae", predictions, targets, _NAMES)
    error = predictions - targets
    return reduce("mae", error * jnp.sign(error), reduction)  # |error|, whose slope at 0 is 0; that of jnp.abs is 1


def huber(
    predictions: Float[Array, "*shape"],
    targets: Real[Array, "*shape"],
    delta: ScalarLike = 1.0,
    *,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Huber's loss: with e the error, `e²/2` while |e| ≤ delta, and `delta (|e| - delta/2)` beyond.

    A smooth bowl near 0 and straight walls far away: the gradient is `e` clipped to [-delta, delta].

    Args:
        predictions: What the network says, in any unit.
        targets: What is true, of exactly the same shape, in the same unit.
        delta: Where the bowl meets the walls, above 0, in the unit of the targets.
        reduction: "mean" over all numbers, "sum", or "none".

    Returns:
        A scalar (in the unit squared), or an array of the predictions' shape for "none".

    Raises:
        TypeError, ValueError: `delta` is not above 0; two shapes, integers as predictions, NaN or infinity, nothing at
            all, or an unknown reduction.

    Example:
        >>> huber(jnp.array([0.0, 0.0]), jnp.array([1.0, 3.0]), delta=1.0, reduction="none")
        Array([0.5, 2.5], dtype=float32)

    Paper: Huber 1964, Robust estimation of a location parameter.

    Notebook: 06_loss_functions.
    """
    predictions, targets = pair("huber", predictions, targets, _NAMES)
    delta = jnp.asarray(checks.number("huber", "delta", delta, above=0), predictions.dtype)
    error = predictions - targets
    size = jnp.abs(error)
    return reduce("huber", jnp.where(size <= delta, error**2 / 2, delta * (size - delta / 2)), reduction)
