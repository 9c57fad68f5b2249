"""Activations without jumps: sigmoid, tanh, softplus, ELU, SELU, SiLU, GELU.

Each is written so that neither the value nor the gradient breaks at large inputs. The usual trap is 0 · ∞: a formula
whose value is right at x = -10,000 while its gradient, taken piece by piece, is NaN.
"""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, ScalarLike

from dlnotes import _checks as checks

_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


def sigmoid(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Squash a number into a probability: `σ(x) = 1 / (1 + exp(-x))`.

    Range (0, 1), in float32 [0, 1]; derivative σ(x) σ(-x), at most 1/4; saturates on both sides (below 0.001 beyond
    ±7), so a deep stack of sigmoids passes little gradient.

    Raises:
        TypeError, ValueError: `x` is not floating point, is empty, or holds NaN.

    Example:
        >>> print(sigmoid(jnp.array([-1e4, 0.0, 1e4])))
        [0.  0.5 1. ]

    Paper: Rumelhart, Hinton and Williams 1986, Learning representations by back-propagating errors, eq. 2.

    Notebook: 03_activation_functions.
    """
    return _sigmoid(checks.array("sigmoid", x))


@jax.custom_jvp
def _sigmoid(x):
    return 1 / (1 + jnp.exp(-x))


@_sigmoid.defjvp
def _sigmoid_derivative(primals, tangents):
    # Written by hand: one exponential, which is what costs here, serves y = σ(x) and its slope, e y² with e = exp(-x).
    # The usual y (1 - y) has no digits left where y is close to 1. Far down, before e becomes infinite and infinity * 0
    # not a number, e is held: the slope is then below 1e-34, in float64 below 1e-277.
    (x,), (dx,) = primals, tangents
    e = jnp.exp(-jnp.maximum(x, -0.9 * math.log(jnp.finfo(jnp.result_type(x)).max)))
    y = 1 / (1 + e)
    return y, dx * (e * y * y)


def tanh(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """A sigmoid centred at zero: `tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x)) = 2 σ(2x) - 1`.

    Range (-1, 1), in float32 [-1, 1]; derivative 1 - tanh(x)², 1 at most; saturates on both sides (below 0.001 beyond
    ±4.2).

    Raises:
        TypeError, ValueError: `x` is not floating point, is empty, or holds NaN.

    Example:
        >>> print(tanh(jnp.array([-1e4, 0.0, 1e4])))
        [-1.  0.  1.]

    Paper: LeCun, Bottou, Orr and Müller 1998, Efficient BackProp, section 4.4.

    Notebook: 03_activation_functions.
    """
    return jnp.tanh(checks.array("tanh", x))


def softplus(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """A ReLU with a rounded corner: `f(x) = log(1 + exp(x))`.

    Range (0, ∞); derivative σ(x); saturates on the left only. Computed as `logaddexp(x, 0)`, because `exp(x)` overflows
    above 88 in float32.

    Raises:
        TypeError, ValueError: `x` is not floating point, is empty, or holds NaN.

    Example:
        >>> [f"{y:.3f}" for y in softplus(jnp.array([-1e4, 0.0, 1e4]))]
        ['0.000', '0.693', '10000.000']

    Paper: Dugas, Bengio, Bélisle, Nadeau and Garcia 2000, Incorporating second-order functional knowledge for better
    option pricing.

    Notebook: 03_activation_functions.
    """
    return jnp.logaddexp(checks.array("softplus", x), 0.0)


def elu(x: Float[Array, "*shape"], alpha: ScalarLike = 1.0) -> Float[Array, "*shape"]:
    """Linear on the right, levelling off at -alpha on the left: `f(x) = x if x > 0 else alpha * (exp(x) - 1)`.

    Range (-alpha, ∞); derivative 1 for x > 0, else alpha · exp(x) (so `alpha` at 0, as in PyTorch); saturates on the
    left only. Smooth for alpha = 1; any other alpha leaves a corner at 0.

    Args:
        x: Any numbers.
        alpha: How far down the left side goes, 0 or more.

    Raises:
        TypeError, ValueError: `x` is not floating point, is empty, or holds NaN; `alpha` is negative or not a number.

    Example:
        >>> print(elu(jnp.array([-1e4, 0.0, 2.0])))
        [-1.  0.  2.]

    Paper: Clevert, Unterthiner and Hochreiter 2015, section 3, arXiv:1511.07289.

    Notebook: 03_activation_functions.
    """
    x = checks.array("elu", x)
    alpha = checks.number("elu", "alpha", alpha, at_least=0)
    return _elu(x, jnp.asarray(alpha, x.dtype))


def _elu(x, alpha):
    # The inner `where` keeps exp away from large x, whose infinite slope would reach the gradient as 0 * infinity.
    return jnp.where(x > 0, x, alpha * jnp.expm1(jnp.where(x > 0, 0.0, x)))


def selu(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """An ELU scaled so that signals keep mean 0 and variance 1: `f(x) = 1.0507 * elu(x, alpha=1.6733)`.

    Range (-1.758, ∞); derivative 1.0507 for x > 0, else 1.7581 · exp(x) (1.7581 at 0, as in PyTorch); saturates on the
    left only. It holds mean and variance with `lecun_normal` weights and inputs of mean 0 and variance 1.

    Raises:
        TypeError, ValueError: `x` is not floating point, is empty, or holds NaN.

    Example:
        >>> [f"{y:.3f}" for y in selu(jnp.array([-1e4, 0.0, 1.0]))]
        ['-1.758', '0.000', '1.051']

    Paper: Klambauer, Unterthiner, Mayr and Hochreiter 2017, Self-normalizing neural networks, eq. 2, arXiv:1706.02515.

    Notebook: 03_activation_functions.
    """
    return _SELU_SCALE * _elu(checks.array("selu", x), _SELU_ALPHA)


def silu(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """A number times its own gate: `f(x) = x σ(x)`, also called swish.

    Range [-0.2785, ∞), lowest at x = -1.278; derivative σ(x) (1 + x σ(-x)), which is negative left of that point;
    saturates at 0 on the left only.

    Raises:
        TypeError, ValueError: `x` is not floating point, is empty, or holds NaN.

    Example:
        >>> [f"{y:.3f}" for y in silu(jnp.array([-4.0, 0.0, 4.0]))]
        ['-0.072', '0.000', '3.928']

    Paper: Elfwing, Uchibe and Doya 2017, arXiv:1702.03118; Ramachandran, Zoph and Le 2017, arXiv:1710.05941.

    Notebook: 03_activation_functions.
    """
    x = checks.array("silu", x)
    return x * _sigmoid(x)


def gelu(x: Float[Array, "*shape"], approximate: bool = False) -> Float[Array, "*shape"]:
    """A number times the chance that a normal draw lies below it: `f(x) = x Φ(x) = x (1 + erf(x/√2)) / 2`.

    Range [-0.17, ∞), lowest at x = -0.752; derivative Φ(x) + x φ(x), with φ the normal density; saturates at 0 on the
    left only. With `approximate`, `x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`, which differs by 0.0005 at most: it is
    what GPT-2 and BERT's first code used. The default is exact, as in PyTorch; `jax.nn.gelu` approximates by default.

    Args:
        x: Any numbers.
        approximate: Whether to use the tanh form.

    Raises:
        TypeError, ValueError: `x` is not floating point, is empty, or holds NaN; `approximate` is not True or False.

    Example:
        >>> [f"{y:.3f}" for y in gelu(jnp.array([-2.0, 0.0, 2.0]))]
        ['-0.046', '0.000', '1.954']

    Paper: Hendrycks and Gimpel 2016, section 2, arXiv:1606.08415.

    Notebook: 03_activation_functions.
    """
    x = checks.array("gelu", x)
    if not isinstance(approximate, bool):
        raise TypeError(f"gelu expects approximate to be True or False; got {approximate!r}.")
    if approximate:
        return x * (1 + jnp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2
    # erfc(-z) = 1 + erf(z), without losing the digits of a small result when z is far below zero.
    return x * jax.scipy.special.erfc(-x / math.sqrt(2)) / 2
