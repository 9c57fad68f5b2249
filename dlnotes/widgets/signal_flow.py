"""The signal flow: fifty layers at once, the numbers on their way up and the gradients on their way back.

The page draws; the net is computed here by dlnotes' own initializers, activations and normalisations whenever one of
them is chosen anew. Moving through the layers asks nothing.
"""

from typing import Any, ClassVar

import numpy as np

from dlnotes import _checks as checks
from dlnotes.plots import _style as style
from dlnotes.plots import signals as plots
from dlnotes.plots.seeds import seed_bands
from dlnotes.widgets._deep_signals import (
    ACTIVATIONS,
    DEPTH,
    HIGH,
    INITIALISATIONS,
    LOW,
    NORMALISATIONS,
    Summary,
    signals,
    summary,
)
from dlnotes.widgets._shell import Canvas, Control

CHOICES = ("initialisation", "activation", "normalisation", "seed")


class SignalFlow(Canvas):
    """Every layer's activations and gradients in a net of fifty layers, before any training.

    128 inputs of standard normal numbers go up through 50 layers of 100 units without biases, `h = f(norm(h W))`. Then
    one standard normal number for each output goes back. Weights: "small" has the standard deviation 0.05, "large" 0.3,
    Xavier 0.1, He 0.14; "orthogonal" is a rotation (gain 1). BatchNorm and LayerNorm begin with scale 1 and bias 0.

    Args:
        **settings: `initialisation` ("zero", "small", "large", "Xavier", "He", "orthogonal"), `activation` ("sigmoid",
            "tanh", "ReLU"), `normalisation` ("none", "BatchNorm", "LayerNorm"), `layer`
            (1 … 50), `seed` (of all that is drawn: 0, 1, …).

    Raises:
        TypeError, ValueError: An unknown setting, or a value it does not take.

    Example:
        >>> flow = SignalFlow(initialisation="Xavier", activation="ReLU", layer=30)
        >>> flow.numbers()["activation_std"] < 1e-3  # each layer halves the variance
        True
        >>> flow.settings = {"initialisation": "He"}
        >>> 0.1 < flow.numbers()["activation_std"] < 10
        True

    Paper: after Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks,
    figures 6 and 7; He, Zhang, Ren and Sun 2015, arXiv:1502.01852.

    Notebook: 10_initialisation_and_normalisation.
    """

    title: ClassVar[str] = "Fifty layers, untrained: the signal on its way up, the gradient on its way back"
    caption: ClassVar[str] = (
        "Each column of a map is one layer. Strong colour is where its numbers lie, on a scale of powers of ten; "
        "the strip below each map shows how many are exactly 0. Choose a layer with the slider, or in a map."
    )
    script: ClassVar[str] = "signal_flow.js"

    def __init__(self, **settings: Any) -> None:
        controls = {
            "initialisation": Control.select("Initialisation", tuple(INITIALISATIONS), "small"),
            "activation": Control.select("Activation", tuple(ACTIVATIONS), "tanh"),
            "normalisation": Control.select("Normalisation", tuple(NORMALISATIONS), "none"),
            "layer": Control.slider("Layer", 1, DEPTH, 30),
            "seed": Control.data("Seed", 0, _seed),
        }
        self._known: tuple[Any, Any] | None = None
        super().__init__(controls, settings)

    def summary(self) -> Summary:
        """Curves, maps and histograms of all layers with the present settings."""
        s = self.settings if hasattr(self, "view") else self._start
        return self._found(*(s[name] for name in CHOICES))

    def numbers(self) -> dict[str, Any]:
        """The chosen layer's standard deviations, mean and shares; and both standard deviations of every layer."""
        curves, layer = self.summary().curves, self.settings["layer"] - 1
        return {name: float(curve[layer]) for name, curve in curves.items()} | {
            "activation_stds": curves["activation_std"],
            "gradient_stds": curves["gradient_std"],
        }

    def over_seeds(self, seeds: int = 3) -> dict[str, np.ndarray]:
        """The curves of several nets with the present choices: name -> (seeds, layers), the seeds 0, 1, …

        Args:
            seeds: How many nets.

        Raises:
            TypeError, ValueError: Not a positive integer.

        Example:
            >>> SignalFlow(initialisation="He", activation="ReLU").over_seeds(2)["activation_std"].shape
            (2, 50)
        """
        count = checks.integer("SignalFlow.over_seeds", "seeds", seeds, at_least=1)
        s = self.settings
        drawn = (s["initialisation"], s["activation"], s["normalisation"])
        nets = [summary(signals(*drawn, seed)).curves for seed in range(count)]
        return {name: np.stack([curves[name] for curves in nets]) for name in nets[0]}

    @property
    def alt(self) -> str:
        """The choices, and what they do to the first, the chosen and the last layer."""
        s, n = self.settings, self.numbers()
        up, back = n["activation_stds"], n["gradient_stds"]
        return (
            f"{DEPTH} untrained layers, {s['initialisation']} initialisation, {s['activation']}, normalisation "
            f"{s['normalisation']}. Standard deviation of the activations: {up[0]:.2g} in layer 1, "
            f"{n['activation_std']:.2g} in layer {s['layer']}, {up[-1]:.2g} in layer {DEPTH}; of the gradients: "
            f"{back[-1]:.2g} in layer {DEPTH}, {n['gradient_std']:.2g} in layer {s['layer']}, {back[0]:.2g} in layer "
            f"1. In layer {s['layer']}, {n['zero']:.0%} of the activations are exactly 0 and {n['saturated']:.0%} of "
            f"the units are saturated (slope below 0.05)."
        )

    def fallback(self) -> bytes:
        """Both maps, the standard deviations, and the chosen layer's two histograms, as a still picture."""
        s, (curves, maps, bars) = self.settings, self.summary()
        fig = style.figure(760, 480)
        axes = fig.subplot_mosaic("AAABBB;AAABBB;AAABBB;SSUUGG;SSUUGG")
        for name, map_, title in zip("AB", maps, ("Activations, upwards →", "← Gradients, back down"), strict=True):
            plots.magnitude_map(map_, axes[name], limits=(LOW, HIGH), layer=s["layer"])
            axes[name].set_title(title)
        both = {"activations": curves["activation_std"], "gradients": curves["gradient_std"]}
        seed_bands({name: np.clip(curve, 10.0**LOW, 10.0**HIGH) for name, curve in both.items()}, axes["S"])
        axes["S"].set(title="standard deviation", yscale="log", ylim=(10.0**LOW, 10.0**HIGH), xlabel="layer")
        for name, (low, high, *shares), of in zip("UG", bars[:, s["layer"] - 1], both, strict=True):
            axes[name].stairs(shares, np.linspace(low, high, len(shares) + 1), fill=True, color=style.COLORS["sky"])
            axes[name].set(title=f"{of} of layer {s['layer']}", xlim=(low, high))
            axes[name].locator_params(nbins=3)
        fig.suptitle(f"{s['initialisation']} · {s['activation']} · normalisation: {s['normalisation']}")
        return style.png(fig, level=9)

    def tables(self) -> dict[str, np.ndarray]:
        """What the page draws at first: curves (6, layers), maps and histograms."""
        return dict(zip(("first_curves", "first_maps", "first_bars"), _arrays(self.summary()), strict=True))

    def answer(self, question: dict[str, Any], buffers: list[Any]) -> tuple[dict[str, Any], list[np.ndarray]]:
        """The same for the choices in the question, which may be newer than the synced ones."""
        asked = [self.controls[name].check(type(self).__name__, name, question[name]) for name in CHOICES]
        return {}, _arrays(self._found(*asked))

    def _found(self, *choices: Any) -> Summary:
        if self._known is None or self._known[0] != choices:
            self._known = (choices, summary(signals(*choices)))
        return self._known[1]


def _seed(value: Any) -> int:
    return checks.integer("SignalFlow", "seed", value, at_least=0)


def _arrays(found: Summary) -> list[np.ndarray]:
    return [np.stack(list(found.curves.values())), found.maps, found.bars]
