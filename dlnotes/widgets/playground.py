"""The playground: a small network that trains before your eyes, every part of which can be changed.

The page draws; the training is done here, by dlnotes' own layers, losses and optimizers, a few steps at a time. The
page asks for the next steps only when the last ones have arrived: pausing is instant, and other cells can run between.
"""

import threading
import time
from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from dlnotes import _checks as checks
from dlnotes.plots import _style as style
from dlnotes.plots import playground as plots
from dlnotes.widgets import _playground_net as net
from dlnotes.widgets._playground_data import DATASETS, REGRESSION, points
from dlnotes.widgets._shell import Canvas, Control

MAX_LAYERS, MAX_UNITS = 5, 8
AFRESH = ("dataset", "noise", "train_share", "features", "hidden", "activation", "optimizer", "seed")


class Playground(Canvas):
    """A network of up to five hidden layers on two-dimensional data, trained live.

    Changing the data, the network, the optimizer or the seed starts afresh; learning rate, batch size and
    regularisation act at once. The same settings and the same number of steps give the same picture.

    Args:
        **settings: Where to start: any of `playground.settings`.

    Attributes:
        losses: The train and test loss at the end of every epoch so far: "epoch", "train", "test" (float32 arrays).

    Raises:
        ValueError, TypeError: A setting that does not exist, or a value it does not take.

    Example:
        >>> playground = Playground(dataset="circles", hidden=[4], optimizer="Adam", learning_rate=0.03)
        >>> playground.step(600)
        >>> playground.numbers()["step"], playground.numbers()["test_accuracy"] > 0.9
        (600, True)

    After "A Neural Network Playground" by Smilkov and Carter (2016), arXiv:1708.03788.

    Notebook: 04_feedforward_networks.
    """

    title: ClassVar[str] = "Playground: press Play and watch each unit find its part of the answer"
    script: ClassVar[str] = "playground.js"

    def __init__(self, **settings: Any) -> None:
        self._lock = threading.RLock()
        self._stale, self._run = True, 0
        controls = {
            "dataset": Control.select("Data set", DATASETS, "circles"),
            "noise": Control.slider("Noise", 0.0, 2.0, 0.3, step=0.1),
            "train_share": Control.slider("Share for training", 0.1, 0.9, 0.5, step=0.1),
            "seed": Control.slider("Seed", 0, 20, 0),
            "features": Control.data("Features", ["x1", "x2"], _features),
            "hidden": Control.data("Hidden layers", [4, 2], _hidden),
            "activation": Control.select("Activation", net.ACTIVATION_NAMES, "tanh"),
            "optimizer": Control.select("Optimizer", net.OPTIMIZERS, "SGD"),
            "learning_rate": Control.slider("Learning rate", 0.0001, 10.0, 0.1, log=True),
            "batch_size": Control.slider("Batch size", 1, net.MAX_BATCH, 10),
            "l1": Control.slider("L1", 0.0, 0.1, 0.0, step=0.001),
            "l2": Control.slider("L2", 0.0, 0.1, 0.0, step=0.001),
            "dropout": Control.slider("Dropout", 0.0, 0.8, 0.0, step=0.05),
            "speed": Control.select("Speed", ("slow", "normal", "fast"), "normal"),
            "discretise": Control.toggle("Two colours only"),
            "show_test": Control.toggle("Show test points", True),
        }
        self._ahead: dict[str, Any] = {}  # what the page asked with, before its own settings message arrives
        super().__init__(controls, settings)
        self.view.observe(self._arrived, names=list(controls))

    # -- from Python
    def step(self, n: int = 1) -> None:
        """Do `n` updates, each on one batch; fewer if the loss stops being finite."""
        checks.integer("Playground.step", "n", n, at_least=0)
        self._advance(n)
        self._tell()

    def reset(self) -> None:
        """Back to step 0 with the present settings: the same points and the same first weights."""
        with self._lock:
            self._stale = True
        self._tell()

    def set_weight(self, layer: int, source: int, unit: int, value: float) -> None:
        """Set one weight. All three count from 0; the last layer is the output. Training goes on from there."""
        self._edit("set_weight", layer, source, unit, value)

    def set_bias(self, layer: int, unit: int, value: float) -> None:
        """Set one bias."""
        self._edit("set_bias", layer, None, unit, value)

    @property
    def losses(self) -> dict[str, np.ndarray]:
        """Train and test loss at the start and at the end of every epoch since."""
        with self._lock:
            self._ready()
            rows = np.array(self._history, np.float32).reshape(-1, 3)
        return {"epoch": rows[:, 0], "train": rows[:, 1], "test": rows[:, 2]}

    @property
    def weights(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The (weight, bias) of each layer, the output last."""
        with self._lock:
            self._ready()
            return [(np.asarray(layer.weight), np.asarray(layer.bias)) for layer in self._training.layers]

    def numbers(self) -> dict[str, Any]:
        """Step, epoch, losses and accuracies now; `diverged`: the step whose loss was not finite, or None."""
        with self._lock:
            self._ready()
            view, now = self._view(), self._training
            epoch = float(now.epoch) + float(now.position) / self._n_train
            diverged = int(now.diverged)
            train, test = (float(loss) for loss in view.losses)
            right = [None, None] if self._plan.regression else [float(a) for a in view.accuracy]
            return {
                "step": int(now.step),
                "epoch": round(epoch, 4),
                "train_loss": train,
                "test_loss": test,
                "train_accuracy": right[0],
                "test_accuracy": right[1],
                "diverged": None if diverged < 0 else diverged,
                "parameters": sum(w.size + b.size for w, b in self.weights),
            }

    @property
    def message(self) -> str:
        """What to say when training has failed; empty while all is well."""
        step = self.numbers()["diverged"]
        if step is None:
            return ""
        return f"Diverged at step {step}: the loss is no longer finite. Lower the learning rate, then press Reset."

    @property
    def alt(self) -> str:
        """The network, what it learns from, and how well it does."""
        s, n = self.settings, self.numbers()
        shape = "-".join(map(str, (len(s["features"]), *s["hidden"], 1)))
        task = "" if n["test_accuracy"] is None else f", {n['test_accuracy']:.0%} of the test points right"
        return (
            f"Playground: a {shape} network ({s['activation']}) on {s['dataset']} with {s['optimizer']} at "
            f"learning rate {s['learning_rate']:.3g}. After {n['step']} steps ({n['epoch']:.1f} epochs): train loss "
            f"{n['train_loss']:.3f}, test loss {n['test_loss']:.3f}{task}. {self.message}"
        ).strip()

    def fallback(self) -> bytes:
        """The network with its maps, the map of its answer, and the losses, as a still picture."""
        with self._lock:
            self._ready()
            view, s = self._view(), self.settings
            history = self.losses
            fig = style.figure(760, 400)
            axes = fig.subplot_mosaic([["net", "map"], ["net", "loss"]], width_ratios=[1.7, 1], height_ratios=[1.5, 1])
            cuts = np.cumsum(s["hidden"])[:-1]
            maps = np.split(np.asarray(view.units), cuts) if s["hidden"] else []
            shown = net.feature_maps(tuple(s["features"]))
            plots.network_diagram(shown, maps, [w for w, _ in self.weights], axes["net"], s["features"])
            target = self._y if self._plan.regression else 2.0 * self._y - 1.0
            cut = self._n_train
            test = (self._x[cut:], target[cut:]) if s["show_test"] else None
            train = (self._x[:cut], target[:cut])
            plots.decision_map(view.output, axes["map"], train=train, test=test, discrete=s["discretise"])
            plots.losses(history["epoch"], history["train"], history["test"], axes["loss"])
            fig.suptitle(self.message or f"After {self.numbers()['step']} steps", fontsize=12)
        return style.png(fig)

    # -- for the page
    def tables(self) -> dict[str, np.ndarray]:
        """Each feature's map, which never changes."""
        return {"features": net.feature_maps()}

    def answer(self, question: dict[str, Any], buffers: list[Any]) -> tuple[dict[str, Any], list[np.ndarray]]:
        """One frame: apply the page's changes, do the steps it asks for, and send what it draws."""
        began = time.perf_counter()
        with self._lock:
            self._ahead |= self._checked(question.get("changes") or {})
            if question.get("reset"):
                self._stale = True
            edit = question.get("edit")
            if edit:
                source = edit.get("source")
                self._edit("edit", edit["layer"], source, edit["unit"], edit["value"], tell=False)
            steps = checks.integer("Playground", "steps", question.get("steps", 0), at_least=0, at_most=100_000)
            if question.get("epoch"):
                self._to_epoch_end()
            self._advance(steps)
            view, now = self._view(), self.numbers()
            flat = [part.ravel() for pair in self.weights for part in pair]
            fresh = question.get("run") != self._run
            rows = np.array(self._history[0 if fresh else int(question.get("rows", 0)) :], np.float32)
            cloud = np.column_stack([self._x, self._y]) if fresh else np.zeros(0, np.float32)
            reply = now | {
                "run": self._run,
                "hidden": list(self._plan.hidden),
                "features": list(self._plan.features),
                "regression": self._plan.regression,
                "n_train": self._n_train,
                "grid": net.GRID,
                "message": self.message,
                "rows": len(self._history),
            }
            for name, value in reply.items():  # JSON knows no NaN
                if isinstance(value, float) and not np.isfinite(value):
                    reply[name] = None
            arrays = [np.asarray(view.units), np.asarray(view.output), np.concatenate(flat), rows, cloud]
            reply["ms"] = 1000.0 * (time.perf_counter() - began)
        return reply, arrays

    # -- inside
    def _read(self) -> dict[str, Any]:
        with self._lock:
            return super()._read() | self._ahead

    def _write(self, values: dict[str, Any]) -> None:
        with self._lock:
            super()._write(values)
            self._ahead.clear()
            self._stale = True
        self._tell()

    def _arrived(self, change: Any) -> None:
        with self._lock:
            self._ahead.pop(change["name"], None)

    def _tell(self) -> None:
        """Let an open page know that Python has moved on."""
        self.view.send({"event": "moved"})

    def _ready(self) -> None:
        """Draw the points and the first weights anew if a setting that they hang on has changed."""
        s = self.settings
        wanted = [s[name] for name in AFRESH]
        if not self._stale and wanted == self._built:
            return
        self._built = wanted
        self._plan = net.Plan(
            tuple(s["hidden"]), tuple(s["features"]), s["activation"], s["optimizer"], s["dataset"] in REGRESSION
        )
        self._x, self._y = points(s["dataset"], net.N_POINTS, s["noise"], s["seed"])
        self._n_train = round(net.N_POINTS * s["train_share"])
        self._points = net.Points(jnp.asarray(self._x), jnp.asarray(self._y), jnp.asarray(self._n_train, jnp.int32))
        weights_key, self._key = jax.random.split(jax.random.key(s["seed"]))
        self._training = net.start(weights_key, self._plan)
        self._run += 1
        self._seen: Any = None
        self._stale = False
        self._history = [[0.0, *(float(loss) for loss in self._view().losses)]]

    def _view(self) -> net.View:
        if self._seen is None:
            self._seen = jax.device_get(
                net.view(self._training.layers, self._points, self._plan._replace(optimizer=""))
            )
        return self._seen

    def _advance(self, n: int) -> None:
        with self._lock:
            self._ready()
            s = self.settings
            f32 = (jnp.asarray(s[name], jnp.float32) for name in ("learning_rate", "l1", "l2", "dropout"))
            rate, l1, l2, dropout = f32
            dials = net.Dials(rate, jnp.asarray(s["batch_size"], jnp.int32), l1, l2, dropout)
            goal = int(self._training.step) + n
            while int(self._training.step) < goal and int(self._training.diverged) < 0:
                before, left = int(self._training.epoch), goal - int(self._training.step)
                self._training, report = net.run(self._training, self._points, dials, self._key, left, self._plan)
                for i, (train, test) in enumerate(np.asarray(report.epochs)[: int(report.count)]):
                    self._history.append([before + i + 1.0, float(train), float(test)])
                self._seen = None

    def _to_epoch_end(self) -> None:
        self._ready()
        left = self._n_train - int(self._training.position)
        self._advance(-(-left // self.settings["batch_size"]))

    def _edit(self, what: str, layer: int, source: int | None, unit: int, value: float, *, tell: bool = True) -> None:
        who = f"Playground.{what}"
        with self._lock:
            self._ready()
            layers = list(self._training.layers)
            layer = checks.integer(who, "layer", layer, at_least=0, at_most=len(layers) - 1)
            n_in, n_out = layers[layer].weight.shape
            unit = checks.integer(who, "unit", unit, at_least=0, at_most=n_out - 1)
            value = float(checks.number(who, "value", value, at_least=-1000, at_most=1000))
            old = layers[layer]
            if source is None:
                layers[layer] = type(old)(old.weight, old.bias.at[unit].set(value))
            else:
                source = checks.integer(who, "source", source, at_least=0, at_most=n_in - 1)
                layers[layer] = type(old)(old.weight.at[source, unit].set(value), old.bias)
            self._training = self._training._replace(layers=tuple(layers))
            self._seen = None
        if tell:
            self._tell()


def _features(value: Any) -> list[str]:
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        raise ValueError(
            f"Playground expects features to be a list of at least one name, such as ['x1', 'x2']; got {value!r}."
        )
    chosen = [checks.choice("Playground", "features", name, net.FEATURES) for name in value]
    return [name for name in net.FEATURES if name in chosen]


def _hidden(value: Any) -> list[int]:
    if isinstance(value, str) or not isinstance(value, Sequence) or len(value) > MAX_LAYERS:
        raise ValueError(
            f"Playground expects hidden to be a list of at most {MAX_LAYERS} numbers of units, such as [4, 2]; "
            f"got {value!r}."
        )
    return [checks.integer("Playground", f"hidden[{i}]", n, at_least=1, at_most=MAX_UNITS) for i, n in enumerate(value)]
