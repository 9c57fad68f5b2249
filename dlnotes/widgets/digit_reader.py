"""A trained network in the reader's hands: turn a digit, blur it with noise, or draw one, and watch the answer."""

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from dlnotes import _checks as checks
from dlnotes.activations import relu
from dlnotes.models.mlp import MLP
from dlnotes.plots import _style as style
from dlnotes.plots.probabilities import probability_bars
from dlnotes.widgets._shell import Canvas, Control

SIDE = 28


class DigitReader(Canvas):
    """The probabilities that a trained MLP gives to the ten digits, for a picture that the reader changes.

    The page holds the network's weights and runs the forward pass itself (about 240,000 multiplications, a
    millisecond), so the figure needs no kernel once it is shown.

    Args:
        model: An `MLP` of 784 inputs, ReLU, 10 outputs.
        images: Pictures to choose from, shape (n, 28, 28, 1) or (n, 28, 28), ink in [0, 1].
        labels: What each picture is meant to be, shape (n,), 0 to 9.
        **settings: `example` (which picture), `turn` (degrees, counter-clockwise), `move` (pixels to the right),
            `noise` (0 none, 1 as strong as ink), `ink` (784 numbers drawn by the reader, or an empty list).

    Raises:
        TypeError, ValueError: Another model, shape or range.

    Notebook: 00_start_here.
    """

    script = "digit_reader.js"
    title: ClassVar[str] = "What does the network read?"
    caption: ClassVar[str] = (
        "Pick a digit it has never seen, turn it, push it, add noise. Or wipe the page and draw one with the mouse."
    )

    def __init__(self, model: MLP, images: Any, labels: Any, **settings: Any) -> None:
        images = np.asarray(checks.array("DigitReader", images, name="images", min_rank=3), np.float32)
        if images.size != len(images) * SIDE * SIDE:
            raise ValueError(f"DigitReader expects images of shape (n, 28, 28, 1); got {images.shape}.")
        if not isinstance(model, MLP) or model.activation is not relu or model.layers[0].weight.shape[0] != SIDE**2:
            raise ValueError("DigitReader expects an MLP with 784 inputs and the activation relu; got " + repr(model))
        if model.layers[-1].weight.shape[1] != 10:
            raise ValueError(f"DigitReader expects a network with 10 outputs; got {model.layers[-1].weight.shape[1]}.")
        self.model = model
        self.images = images.reshape(len(images), SIDE, SIDE)
        self.labels = np.asarray(checks.labels("DigitReader", labels, 10, shape=(len(images),)))
        self._noise = np.random.default_rng(0).normal(size=(SIDE, SIDE)).astype(np.float32)
        controls = {
            "example": Control.slider("digit", 0, len(images) - 1, 0),
            "turn": Control.slider("turn (degrees)", -180, 180, 0),
            "move": Control.slider("push right (pixels)", -10, 10, 0),
            "noise": Control.slider("noise", 0.0, 1.0, 0.0, step=0.02),
            "ink": Control.data("your drawing", [], _ink),
        }
        super().__init__(controls, settings)

    def tables(self) -> dict[str, np.ndarray]:
        """The network's numbers, the pictures, one fixed field of noise."""
        layers = {
            f"{name}{i}": np.asarray(getattr(layer, name))
            for i, layer in enumerate(self.model.layers)
            for name in ("weight", "bias")
        }
        return layers | {"images": self.images, "labels": self.labels, "noise": self._noise}

    def picture(self) -> np.ndarray:
        """What the network is given with the present settings, shape (28, 28), ink in [0, 1]."""
        now = self.settings
        source = np.asarray(now["ink"], np.float32).reshape(SIDE, SIDE) if now["ink"] else self.images[now["example"]]
        angle, centre = np.deg2rad(now["turn"]), (SIDE - 1) / 2
        rows, columns = np.mgrid[:SIDE, :SIDE] - centre
        columns = columns - now["move"]
        where = [
            np.cos(angle) * rows + np.sin(angle) * columns + centre,
            -np.sin(angle) * rows + np.cos(angle) * columns + centre,
        ]
        turned = jax.scipy.ndimage.map_coordinates(jnp.asarray(source), [jnp.asarray(w, jnp.float32) for w in where], 1)
        return np.clip(np.asarray(turned) + now["noise"] * self._noise, 0, 1)

    def numbers(self) -> dict[str, Any]:
        """The ten probabilities, the answer, and the label (-1 for a drawing)."""
        logits = self.model(jnp.asarray(self.picture().reshape(1, -1)))[0]
        probabilities = np.asarray(jax.nn.softmax(logits))
        label = -1 if self.settings["ink"] else int(self.labels[self.settings["example"]])
        return {"probabilities": probabilities, "answer": int(probabilities.argmax()), "label": label}

    @property
    def alt(self) -> str:
        """The picture and the answer in words."""
        now, said = self.settings, self.numbers()
        what = "a drawing" if said["label"] < 0 else f"a handwritten {said['label']}"
        return (
            f"DigitReader: {what}, turned by {now['turn']} degrees, pushed by {now['move']} pixels, noise "
            f"{now['noise']:.2f}; ten bars show how probable the network finds each digit."
        )

    def fallback(self) -> bytes:
        """The picture and the ten bars."""
        said = self.numbers()
        figure = style.figure(720, 300)
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.6))
        left.imshow(self.picture(), cmap="gray_r", vmin=0, vmax=1)
        left.set_axis_off()
        left.set_title("the picture" if said["label"] < 0 else f"meant: {said['label']}", loc="left")
        probability_bars(said["probabilities"], right, label=said["label"])
        return style.png(figure)


def _ink(value: Any) -> list[float]:
    """784 numbers in [0, 1], or none."""
    values = np.asarray(value, np.float64).ravel()
    if values.size not in (0, SIDE * SIDE) or not np.all((values >= 0) & (values <= 1)):
        raise ValueError(f"DigitReader expects ink to be 784 numbers in [0, 1], or []; got {values.size} numbers.")
    return [float(round(v, 3)) for v in values]
