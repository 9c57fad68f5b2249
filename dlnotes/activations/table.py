"""What is worth knowing about each element-wise activation, as data for figures, widgets and exercises."""

from collections.abc import Callable
from typing import Any, NamedTuple

from dlnotes.activations.piecewise import hard_sigmoid, identity, leaky_relu, relu, step
from dlnotes.activations.smooth import elu, gelu, selu, sigmoid, silu, softplus, tanh


class Activation(NamedTuple):
    """One activation and its facts.

    Attributes:
        function: `x -> f(x)`, element by element, at its default settings.
        range: The values it can take, as an interval; "{0, 1}" for just these two.
        derivative: Its slope, as a formula in plain text.
        saturates: Where the slope dies away, in words.
        formula: The formula in LaTeX.
        paper: Who used it first or made it known.

    Example:
        >>> ACTIVATIONS["tanh"].range
        '(-1, 1)'

    Notebook: 03_activation_functions.
    """

    function: Callable[..., Any]
    range: str
    derivative: str
    saturates: str
    formula: str
    paper: str


ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(identity, "(-∞, ∞)", "1", "nowhere", r"x", "no one's; a linear output"),
    "step": Activation(
        step,
        "{0, 1}",
        "0 (none at x = 0)",
        "everywhere: it cannot be trained by gradient descent",
        r"1 \text{ if } x \geq 0 \text{ else } 0",
        "McCulloch and Pitts 1943",
    ),
    "sigmoid": Activation(
        sigmoid,
        "(0, 1)",
        "σ(x) (1 - σ(x)), at most 1/4",
        "on both sides: below 0.001 beyond ±7",
        r"\sigma(x) = \frac{1}{1 + e^{-x}}",
        "Rumelhart, Hinton and Williams 1986",
    ),
    "hard_sigmoid": Activation(
        hard_sigmoid,
        "[0, 1]",
        "1/6 if -3 < x < 3 else 0",
        "on both sides: exactly 0 beyond ±3",
        r"\min(\max(x/6 + 1/2,\, 0),\, 1)",
        "Howard et al. 2019, arXiv:1905.02244",
    ),
    "tanh": Activation(
        tanh,
        "(-1, 1)",
        "1 - tanh(x)², at most 1",
        "on both sides: below 0.001 beyond ±4.2",
        r"\tanh x = \frac{e^x - e^{-x}}{e^x + e^{-x}}",
        "LeCun, Bottou, Orr and Müller 1998",
    ),
    "relu": Activation(
        relu,
        "[0, ∞)",
        "1 if x > 0 else 0",
        "on the left: exactly 0 (a unit negative for all examples is dead)",
        r"\max(x, 0)",
        "Nair and Hinton 2010; Glorot, Bordes and Bengio 2011",
    ),
    "leaky_relu": Activation(
        leaky_relu,
        "(-∞, ∞)",
        "1 if x > 0 else 0.01",
        "nowhere, but the slope on the left is small",
        r"x \text{ if } x > 0 \text{ else } 0.01\,x",
        "Maas, Hannun and Ng 2013",
    ),
    "elu": Activation(
        elu,
        "(-1, ∞)",
        "1 if x > 0 else exp(x)",
        "on the left: below 0.001 beyond -7",
        r"x \text{ if } x > 0 \text{ else } e^x - 1",
        "Clevert, Unterthiner and Hochreiter 2015, arXiv:1511.07289",
    ),
    "selu": Activation(
        selu,
        "(-1.7581, ∞)",
        "1.0507 if x > 0 else 1.7581 exp(x)",
        "on the left: below 0.001 beyond -7.5",
        r"1.0507\,x \text{ if } x > 0 \text{ else } 1.7581\,(e^x - 1)",
        "Klambauer, Unterthiner, Mayr and Hochreiter 2017, arXiv:1706.02515",
    ),
    "softplus": Activation(
        softplus,
        "(0, ∞)",
        "σ(x)",
        "on the left: below 0.001 beyond -7",
        r"\log(1 + e^x)",
        "Dugas, Bengio, Bélisle, Nadeau and Garcia 2000",
    ),
    "silu": Activation(
        silu,
        "[-0.2785, ∞)",
        "σ(x) (1 + x (1 - σ(x)))",
        "on the left: within 0.001 of 0 beyond -9",
        r"x\,\sigma(x)",
        "Elfwing, Uchibe and Doya 2017, arXiv:1702.03118",
    ),
    "gelu": Activation(
        gelu,
        "[-0.17, ∞)",
        "Φ(x) + x φ(x)",
        "on the left: within 0.001 of 0 beyond -3.9",
        r"x\,\Phi(x) = \tfrac{x}{2}\left(1 + \operatorname{erf}\tfrac{x}{\sqrt 2}\right)",
        "Hendrycks and Gimpel 2016, arXiv:1606.08415",
    ),
}
