"""The forward pass, seen: each neuron with its own map of the plane, and one input carried through the network."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from dlnotes import _checks as checks
from dlnotes.plots._style import FONT, figure, png
from dlnotes.plots.network import network_edges, neuron_map
from dlnotes.widgets._shell import Canvas, Control

HIDDEN = {1: (4,), 2: (4, 3), 3: (4, 4, 3)}
SEEDS = 12
SIDE = 2.0  # the maps show the inputs from -2 to 2
ACTIVATIONS = {
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "sigmoid": lambda z: 0.5 * (1 + np.tanh(z / 2)),
    "identity": lambda z: z,
}

Layers = list[tuple[np.ndarray, np.ndarray]]


def drawn_layers(depth: int, seed: int) -> Layers:
    """The weights and biases of the example network with `depth` hidden layers: normal draws, float32."""
    sizes, random = (2, *HIDDEN[depth], 1), np.random.default_rng([depth, seed])
    layers = []
    for n_in, n_out in itertools.pairwise(sizes):
        weight = random.normal(0, 1.6 / np.sqrt(n_in), (n_in, n_out)).astype(np.float32)
        layers.append((weight, random.normal(0, 0.5, n_out).astype(np.float32)))
    return layers


class ForwardPass(Canvas):
    """A small network with two inputs: every unit's output over the plane, and an input point that is dragged.

    Each unit prints its weighted sum z and its output a; the chosen unit shows the products on its edges and the whole
    sum in one line. The output unit has no activation: its z is a logit, with p = sigmoid(z).

    Args:
        network: Your own (trained) layers as pairs (weight, bias), inputs along the rows of each weight: 2 inputs,
            1 to 3 hidden layers of at most 6 units, 1 output. The seed and the number of layers are then fixed.
        **settings: Any of `activation`, `layers`, `seed`, `point`.

    Example:
        >>> figure = ForwardPass(activation="relu", layers=2, seed=3, point=[1.0, -0.5])
        >>> [len(layer) for layer in figure.numbers()["outputs"]]
        [2, 4, 3, 1]

    Notebook: 04_feedforward_networks, section "Forward propagation".
    """

    title = "Drag the point: what does each neuron make of it?"
    caption = (
        "Each square is one neuron's output for every input in the plane: blue above 0, orange below, the ring "
        "is your input. "
        "Drag in any square, or focus the picture and use the arrow keys; click a neuron (or press N) to see its sum."
    )
    script = "forward_pass.js"

    def __init__(self, network: Sequence[tuple[Any, Any]] | None = None, **settings: Any) -> None:
        self.network = None if network is None else _accept_network(network)
        controls = {
            "activation": Control.select("activation", tuple(ACTIVATIONS)),
            "layers": Control.slider("hidden layers", 1, 3, 2),
            "seed": Control.slider("weights no.", 0, SEEDS - 1, 0),
            "point": Control.data("input", [0.8, -0.6], _accept_point),
        }
        if self.network is not None:
            del controls["layers"], controls["seed"]
        super().__init__(controls, settings)

    def tables(self) -> dict[str, np.ndarray]:
        """All weights: `sizes_D` and `weights_D` (one row per seed) for each depth D, or those of the given network."""
        if self.network is not None:
            sizes = [2, *(bias.size for _, bias in self.network)]
            return {"sizes": np.array(sizes), "weights": _flat(self.network)[None]}
        tables = {}
        for depth, hidden in HIDDEN.items():
            tables[f"sizes_{depth}"] = np.array([2, *hidden, 1])
            tables[f"weights_{depth}"] = np.stack([_flat(drawn_layers(depth, seed)) for seed in range(SEEDS)])
        return tables

    @property
    def layers(self) -> Layers:
        """The (weight, bias) pairs of the network shown now."""
        if self.network is not None:
            return self.network
        settings = self.settings
        return drawn_layers(settings["layers"], settings["seed"])

    def numbers(self) -> dict[str, Any]:
        """`sums` (z) and `outputs` (a) of every unit for the present input, layer by layer, and the probability p."""
        outputs, sums = self._run(np.asarray([self.settings["point"]], np.float64))
        p = 0.5 * (1 + np.tanh(sums[-1][0, 0] / 2))
        return {
            "sums": [layer[0].tolist() for layer in sums],
            "outputs": [layer[0].tolist() for layer in outputs],
            "probability": float(p),
        }

    def fallback(self) -> bytes:
        """Every unit's map, with the edges between them, as PNG."""
        fig = figure(740.0, 470.0, layout=None)
        side = np.linspace(-SIDE, SIDE, 48)
        x, y = np.meshgrid(side, side)
        outputs, _ = self._run(np.stack([x.ravel(), y.ravel()], -1))
        numbers, point = self.numbers(), self.settings["point"]
        columns = len(outputs)
        centres = [
            [(0.08 + 0.81 * c / (columns - 1), 0.92 - 0.86 * (r + 0.44) / width[1]) for r in range(width[1])]
            for c, width in enumerate(values.shape for values in outputs)
        ]
        back = fig.add_axes((0.0, 0.0, 1.0, 1.0))
        network_edges([weight for weight, _ in self.layers], centres, back)
        back.set(xlim=(0, 1), ylim=(0, 1))
        back.set_axis_off()
        back.text(0.02, 0.95, f"{self.title}  (activation: {self.settings['activation']})", fontsize=FONT + 1)
        for c, (values, places) in enumerate(zip(outputs, centres, strict=True)):
            last = c == columns - 1
            w, h = (0.18, 0.283) if last else (0.0865, 0.136) if max(map(len, centres)) <= 4 else (0.0595, 0.0937)
            for r, (u, v) in enumerate(places):
                ax = fig.add_axes((u - w / 2, v - h / 2, w, h))
                limit = max(float(np.abs(values[:, r]).max()), 1e-6)
                neuron_map(values[:, r].reshape(48, 48), (-SIDE, SIDE, -SIDE, SIDE), limit, ax, tuple(point))
                said = f"a = {numbers['outputs'][c][r]:.2f}" if c else f"x{r + 1} = {point[r]:.2f}"
                if last:
                    said = f"z = {numbers['sums'][-1][0]:.2f}   p = {numbers['probability']:.2f}"
                back.text(u, v - h / 2 - 0.042, said, ha="center", fontsize=FONT - 1, backgroundcolor="white")
        return png(fig, level=9)

    @property
    def alt(self) -> str:
        """The figure in words."""
        numbers, settings = self.numbers(), self.settings
        layers = "; ".join(
            f"hidden layer {i + 1}: {', '.join(f'{a:.2f}' for a in values)}"
            for i, values in enumerate(numbers["outputs"][1:-1])
        )
        x1, x2 = settings["point"]
        return (
            f"A network with {settings['activation']} carries the input ({x1:.2f}, {x2:.2f}) forward. Outputs: "
            f"{layers}; "
            f"output unit: z = {numbers['sums'][-1][0]:.2f}, p = {numbers['probability']:.2f}. "
            f"Each neuron has a map of its output over the plane."
        )

    def _run(self, x: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The outputs of every layer (inputs first) and the weighted sums, for inputs in rows."""
        function, outputs, sums = ACTIVATIONS[self.settings["activation"]], [x], []
        layers = self.layers
        for i, (weight, bias) in enumerate(layers):
            sums.append(outputs[-1] @ weight + bias)
            outputs.append(sums[-1] if i == len(layers) - 1 else function(sums[-1]))
        return outputs, sums


def _accept_point(value: Any) -> list[float]:
    try:
        pair = [float(part) for part in value]
    except (TypeError, ValueError):
        pair = []
    if len(pair) != 2 or not all(abs(part) <= SIDE for part in pair):
        raise ValueError(f"ForwardPass expects point to be two numbers from {-SIDE:g} to {SIDE:g}; got {value!r}.")
    return pair


def _accept_network(network: Sequence[tuple[Any, Any]]) -> Layers:
    layers, width = [], 2
    for i, pair in enumerate(network):
        if len(pair) != 2:
            raise ValueError(f"ForwardPass expects pairs (weight, bias); layer {i} has {len(pair)} parts.")
        weight = np.asarray(checks.array("ForwardPass", pair[0], name="weight", rank=2, finite=True), np.float32)
        bias = np.asarray(checks.array("ForwardPass", pair[1], name="bias", rank=1, finite=True), np.float32)
        if weight.shape != (width, bias.size):
            wanted = f"({width}, {bias.size})"
            raise ValueError(f"ForwardPass expects the weight of layer {i} to have shape {wanted}; got {weight.shape}.")
        width = bias.size
        if width > 6:
            raise ValueError(f"ForwardPass can show at most 6 units in a layer; layer {i} has {width}.")
        layers.append((weight, bias))
    if not 2 <= len(layers) <= 4 or width != 1:
        raise ValueError(
            f"ForwardPass expects 1 to 3 hidden layers and one output; got {max(0, len(layers) - 1)} and {width}."
        )
    return layers


def _flat(layers: Layers) -> np.ndarray:
    return np.concatenate([part.ravel() for pair in layers for part in pair])
