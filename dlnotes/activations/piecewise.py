"""Activations made of straight lines: identity, step, hard sigmoid, ReLU, leaky ReLU, maxout.

At a corner there is no derivative, so each function says which slope it uses there. It is PyTorch's choice throughout.
`jnp.where` picks one side; `jnp.maximum(x, 0.0)` would give the average of both, 1/2, at exactly 0.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float, ScalarLike

from dlnotes import _checks as checks


def identity(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Give the input back: `f(x) = x`, the activation of an output that may be any number.

    Range (-∞, ∞); derivative 1; never saturates. Alone between two layers it adds nothing: they remain one linear map.

    Raises:
        TypeError, ValueError: `x` is not floating point, is empty, or holds NaN.

    Example:
        >>> identity(jnp.array([-2.0, 0.0, 2.0]))
        Array([-2.,  0.,  2.], dtype=float32)

    Notebook: 03_activation_functions.
    """
    return checks.array("identity", x)


def step(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Fire or not: `f(x) = 1 if x >= 0 else 0`, the first model of a neuron.

    Range {0, 1}; derivative 0 everywhere (at the jump there is none; 0 is used). Saturated everywhere, so no gradient
    flows back: it cannot be trained by gradient descent.

    Raises:
        TypeError, ValueError: `x` is not floating point, is empty, or holds NaN.

    Example:
        >>> step(jnp.array([-2.0, 0.0, 2.0]))
        Array([0., 1., 1.], dtype=float32)

    Paper: McCulloch and Pitts 1943, A logical calculus of the ideas immanent in nervous activity.

    Notebook: 03_activation_functions.
    """
    x = checks.array("step", x)
    return (x >= 0).astype(x.dtype)


def hard_sigmoid(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """A sigmoid of three straight lines, cheap on a phone: `f(x) = clip(x/6 + 1/2, 0, 1)`.

    Range [0, 1]; derivative 1/6 for -3 < x < 3, else 0 (0 at both corners, as in PyTorch); saturates fully beyond ±3.
    This is PyTorch's form, and Keras's since version 3. Older Keras used `clip(0.2 x + 0.5, 0, 1)`: weights trained
    with one give other answers with the other.

    Raises:
        TypeError, ValueError: `x` is not floating point, is empty, or holds NaN.

    Example:
        >>> hard_sigmoid(jnp.array([-4.0, 0.0, 1.5, 4.0]))
        Array([0.  , 0.5 , 0.75, 1.  ], dtype=float32)

    Paper: Howard et al. 2019, Searching for MobileNetV3, section 5.2, arXiv:1905.02244.

    Notebook: 03_activation_functions.
    """
    x = checks.array("hard_sigmoid", x)
    return jnp.where(x <= -3, 0.0, jnp.where(x >= 3, 1.0, x / 6 + 0.5)).astype(x.dtype)


def relu(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Let the positive through: `f(x) = max(x, 0)`.

    Range [0, ∞), not [0, 1]; derivative 1 for x > 0, else 0 (0 at the corner, as in PyTorch). Never saturates on the
    right; on the left no gradient passes, and a unit that is negative for every example is dead.

    Raises:
        TypeError, ValueError: `x` is not floating point, is empty, or holds NaN.

    Example:
        >>> relu(jnp.array([-2.0, 0.0, 2.0]))
        Array([0., 0., 2.], dtype=float32)

    Paper: Nair and Hinton 2010, Rectified linear units improve restricted Boltzmann machines; Glorot, Bordes and Bengio
    2011, Deep sparse rectifier neural networks.

    Notebook: 03_activation_functions.
    """
    x = checks.array("relu", x)
    return jnp.where(x > 0, x, 0.0)


def leaky_relu(x: Float[Array, "*shape"], slope: ScalarLike = 0.01) -> Float[Array, "*shape"]:
    """ReLU with a little slope on the left, so that no unit dies: `f(x) = x if x > 0 else slope * x`.

    Range (-∞, ∞) for slope > 0; derivative 1 for x > 0, else `slope` (also at the corner, as in PyTorch). Never
    saturates.

    Args:
        x: Any numbers.
        slope: The slope on the left, 0 or more and usually below 1. Fixed; `layers.PReLU` learns it.

    Raises:
        TypeError, ValueError: `x` is not floating point, is empty, or holds NaN; `slope` is negative or not a number.

    Example:
        >>> leaky_relu(jnp.array([-2.0, 0.0, 2.0]), slope=0.5)
        Array([-1.,  0.,  2.], dtype=float32)

    Paper: Maas, Hannun and Ng 2013, Rectifier nonlinearities improve neural network acoustic models.

    Notebook: 03_activation_functions.
    """
    x = checks.array("leaky_relu", x)
    slope = checks.number("leaky_relu", "slope", slope, at_least=0)
    return jnp.where(x > 0, x, x * jnp.asarray(slope, x.dtype))


def maxout(x: Float[Array, "*batch n_in"], pieces: int) -> Float[Array, "*batch n_out"]:
    """Keep the largest of every `pieces` neighbouring features: `f(x)_j = max(x_{jk}, …, x_{jk+k-1})` with k = pieces.

    After a linear layer each output is the upper hull of k lines: a convex shape that is learnt. Range (-∞, ∞);
    derivative 1 for the largest and 0 for the others (shared evenly in a tie, as in PyTorch's `amax`); never saturates.

    Args:
        x: Features on the last axis, their number a multiple of `pieces`.
        pieces: How many features compete for one output, 1 or more.

    Returns:
        An array whose last axis is `pieces` times shorter.

    Raises:
        TypeError, ValueError: A width that is no multiple of `pieces`; `pieces` not a positive integer; `x` is not
            floating point, is empty, or holds NaN.

    Example:
        >>> maxout(jnp.array([1.0, 5.0, 4.0, 2.0]), pieces=2)
        Array([5., 4.], dtype=float32)

    Paper: Goodfellow et al. 2013, Maxout networks, section 3, arXiv:1302.4389.

    Notebook: 03_activation_functions.
    """
    x = checks.array("maxout", x, min_rank=1)
    pieces = checks.integer("maxout", "pieces", pieces, at_least=1)
    width = x.shape[-1]
    if width % pieces:
        raise ValueError(
            f"maxout expects a last axis that is a multiple of pieces={pieces}; got shape {x.shape}. "
            f"Let the layer before it give {pieces} numbers for every output you want."
        )
    return x.reshape(*x.shape[:-1], width // pieces, pieces).max(axis=-1)
