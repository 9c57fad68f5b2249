"""The loss explorer: one prediction, moved by hand; what each loss charges for it, and which way it pulls."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dlnotes import losses
from dlnotes.activations import sigmoid
from dlnotes.plots import _style as style
from dlnotes.plots.activation import value_and_slope
from dlnotes.plots.losses import loss_table
from dlnotes.widgets._shell import Canvas, Control

EDGE = 6.0
_TARGETS = {"1": 1.0, "0": 0.0}


def _alone(loss: Any, target: float) -> Any:
    """A loss of one prediction against one target."""
    return lambda prediction: loss(prediction[None], jnp.full((1,), target, prediction.dtype))


def _squared_of_sigmoid(logits: jax.Array, targets: jax.Array) -> jax.Array:
    return losses.mse(sigmoid(logits), targets)


CLASSIFICATION = {
    "cross-entropy": losses.binary_cross_entropy,
    "squared error of σ": _squared_of_sigmoid,
    "hinge": losses.hinge,
    "perceptron": losses.perceptron,
}
SIGNED = ("hinge", "perceptron")  # these two call the classes +1 and -1


class LossExplorer(Canvas):
    """Losses and their gradients against the residual (regression) or the logit (classification).

    Args:
        **settings: `task` ("regression" or "classification"), `prediction` (-6 … 6: the residual, that is prediction
            minus target, or the logit), `target` ("1" or "0", classification only), `delta` (0.1 … 3: where Huber's
            loss turns from a parabola into a line, regression only).

    Raises:
        TypeError, ValueError: An unknown setting, or a value out of range.

    Example:
        >>> explorer = LossExplorer(task="classification", prediction=-6.0, target="1")
        >>> {name: round(slope, 3) for name, slope in explorer.numbers()["gradient"].items()}
        {'cross-entropy': -0.998, 'squared error of σ': -0.005, 'hinge': -1.0, 'perceptron': -1.0}

    Notebook: 06_loss_functions.
    """

    title = "What each loss charges for a mistake, and how hard it pulls"
    caption = (
        "Drag the dashed line, or use the slider. Below is the gradient: what the optimizer feels. In classification, "
        "go far to the wrong side: the squared error of a sigmoid hardly pulls, cross-entropy pulls with full force."
    )
    script = "loss_explorer.js"

    def __init__(self, **settings: Any) -> None:
        self._xs = np.linspace(-EDGE, EDGE, 1201, dtype=np.float32)
        # Huber's loss has a scaling law, huber(r, δ) = δ² huber(r/δ, 1), so one long table serves every δ.
        self._long = np.linspace(-60, 60, 12001, dtype=np.float32)
        self._tables = {"huber": np.stack(value_and_slope(_alone(losses.huber, 0.0), self._long))}
        for name, loss in (("squared", losses.mse), ("absolute", losses.mae)):
            self._tables[f"regression {name}"] = np.stack(value_and_slope(_alone(loss, 0.0), self._xs))
        for name, loss in CLASSIFICATION.items():
            for target, number in _TARGETS.items():
                end = 2 * number - 1 if name in SIGNED else number
                self._tables[f"{target} {name}"] = np.stack(value_and_slope(_alone(loss, end), self._xs))
        controls = {
            "task": Control.select("Task", ["classification", "regression"]),
            "prediction": Control.slider("Prediction", -EDGE, EDGE, -2.0, step=0.05),
            "target": Control.select("Target class", ["1", "0"]),
            "delta": Control.slider("Huber δ", 0.1, 3.0, 1.0, step=0.1),
        }
        super().__init__(controls, settings)

    def tables(self) -> dict[str, np.ndarray]:
        """Per loss: its value and its gradient."""
        return self._tables

    def curves(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Loss name -> its values and its gradients over -6 … 6 with the present settings."""
        now = self.settings
        if now["task"] == "classification":
            names = {name: self._tables[f"{now['target']} {name}"].astype(float) for name in CLASSIFICATION}
            return {name: (rows[0], rows[1]) for name, rows in names.items()}
        delta, huber = now["delta"], self._tables["huber"].astype(float)
        at = self._xs.astype(float) / delta
        found = {name: self._tables[f"regression {name}"].astype(float) for name in ("squared", "absolute")}
        values, slopes = (np.interp(at, self._long, row) for row in huber)
        return {name: (rows[0], rows[1]) for name, rows in found.items()} | {
            "Huber": (delta**2 * values, delta * slopes)
        }

    def numbers(self) -> dict[str, Any]:
        """`loss` and `gradient` of each loss at the prediction."""
        place, curves = self.settings["prediction"], self.curves()
        read = [{name: float(np.interp(place, self._xs, pair[i])) for name, pair in curves.items()} for i in (0, 1)]
        return {"loss": read[0], "gradient": read[1]}

    @property
    def alt(self) -> str:
        """The place and every loss there, in words."""
        now, n = self.settings, self.numbers()
        place = "residual" if now["task"] == "regression" else f"target class {now['target']}, logit"
        each = "; ".join(
            f"{name}: loss {n['loss'][name]:.3f}, gradient {n['gradient'][name]:.3f}" for name in n["loss"]
        )
        return f"Losses for {now['task']} at {place} {now['prediction']:g}. {each}."

    def fallback(self) -> bytes:
        """Loss above, gradient below, as a still picture."""
        now = self.settings
        figure = style.figure(740, 500)
        axes = figure.subplots(2, 1, sharex=True)
        label = "residual: prediction − target" if now["task"] == "regression" else "logit (before the sigmoid)"
        top, bottom = loss_table(self._xs, self.curves(), tuple(axes), at=now["prediction"], xlabel=label)
        top.set(ylim=(-0.2, 8 if now["task"] == "regression" else 6))
        bottom.set(ylim=(-5, 5) if now["task"] == "regression" else (-1.25, 1.25))
        return style.png(figure, level=9)
