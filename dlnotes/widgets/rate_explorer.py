"""The rate explorer: a learning rate that is too small, right, or too large, felt on a slider.

A small network was trained for every place of the slider, with every batch size, schedule and seed, all side by side
under `vmap`. The page gets the curves once and only looks them up.
"""

from typing import Any

import numpy as np

from dlnotes.plots import _style as style
from dlnotes.plots.rates import rate_valley
from dlnotes.widgets import _rate_runs as trained
from dlnotes.widgets._shell import Canvas, Control

EVERY = 4  # the page draws the loss at every fourth step
BOTTOM, TOP = 0.06, 150.0  # the lowest and the highest loss in the picture
REGIMES = ("too small", "right", "too large")


class RateExplorer(Canvas):
    """The loss curve of a real small network for a learning rate, batch size, schedule and start of your choice.

    At the left is the loss against the step, at the right where the training ends, for every rate. A rate is *right* if
    it lies between the smallest and the largest one that end at most 0.05 above the lowest end.

    Args:
        **settings: `rate` (0.001 … 100, the largest of the schedule; the nearest of 101 that were trained is shown),
            `batch` (a name from `BATCHES`), `schedule` ("constant", "cosine" or "one cycle"), `seed` (0, 1 or 2: other
            weights at the start, other batches).

    Raises:
        TypeError, ValueError: An unknown setting, or a value out of range.

    Example:
        >>> explorer = RateExplorer(rate=0.01)
        >>> explorer.numbers()["regime"]
        'too small'
        >>> explorer.settings = {"rate": 100.0}
        >>> explorer.numbers()["regime"]
        'too large'

    Notebook: 08_learning_rate_and_tuning.
    """

    title = "Too small, right, too large: the loss of a small network over 200 steps"
    caption = (
        "Gradient descent on two moons with 2 inputs, 8 tanh units and 1 output. Drag in the right plot, or use the "
        "slider. Both axes of the loss are logarithmic: one line up is ten times more."
    )
    script = "rate_explorer.js"

    def __init__(self, **settings: Any) -> None:
        controls = {
            "rate": Control.slider("Learning rate η", trained.LOW, trained.HIGH, 0.01, log=True),
            "batch": Control.select("Batch", tuple(trained.BATCHES)),
            "schedule": Control.select("Schedule", tuple(trained.SHAPES)),
            "seed": Control.slider("Seed", 0, trained.SEEDS - 1, 0),
        }
        super().__init__(controls, settings)

    def tables(self) -> dict[str, np.ndarray]:
        """Rates; for each batch size, schedule and seed: the curves, the ends, and the edges of the right rates."""
        ends = trained.ends().reshape(-1, len(trained.RATES))
        curves = trained.runs()[..., ::EVERY].reshape(len(ends), -1)
        return {"rates": trained.RATES, "ends": ends, "edges": trained.edges(ends), "curves": curves}

    def numbers(self) -> dict[str, Any]:
        """The rate trained, its loss at the start and the end, its regime, and the best rate with its end."""
        place, curve, ends, (low, best, high) = self._now()
        return {
            "rate": float(trained.RATES[place]),
            "first": float(curve[0]),
            "end": float(ends[place]),
            "regime": REGIMES[(place >= low) + (place > high)],
            "best_rate": float(trained.RATES[best]),
            "best_end": float(ends[best]),
        }

    @property
    def alt(self) -> str:
        """The settings, where the loss goes, and how low it could go."""
        s, n = self.settings, self.numbers()
        return (
            f"A small network trained with learning rate {n['rate']:.3g} ({n['regime']}), batches of {s['batch']}, "
            f"schedule {s['schedule']}, seed {s['seed']}: in 200 steps the loss goes from {n['first']:.2f} to "
            f"{n['end']:.2f}. The best of the 101 rates ends at about {n['best_end']:.1f}."
        )

    def fallback(self) -> bytes:
        """The loss curve beside the valley, as a still picture."""
        s, n = self.settings, self.numbers()
        _, curve, ends, (low, best, high) = self._now()
        figure = style.figure(740, 360)
        left, right = figure.subplots(1, 2)
        steps = np.arange(len(curve))
        left.semilogy(steps, self._curves()[best], color=style.COLORS["green"], linestyle="--", label="the best rate")
        left.semilogy(steps, curve, color=style.COLORS["blue"], linewidth=2.2, label=f"rate {n['rate']:.3g}")
        left.set(xlabel="step", ylabel="loss over all points", ylim=(BOTTOM, TOP))
        left.set_title(f"Rate {n['rate']:.3g}: {n['regime']}", loc="left")
        left.legend(loc="upper right", frameon=False)
        edges = float(trained.RATES[low]), float(trained.RATES[high])
        rate_valley(trained.RATES, ends, right, right=edges, at=n["rate"]).set(ylim=(BOTTOM, TOP))
        right.set_title(f"{s['batch']}, {s['schedule']}, seed {s['seed']}", loc="left")
        return style.png(figure, level=9)

    def _curves(self) -> np.ndarray:
        """The curves of all rates with the present batch size, schedule and seed."""
        s = self.settings
        batch, schedule = list(trained.BATCHES).index(s["batch"]), list(trained.SHAPES).index(s["schedule"])
        return trained.runs()[batch, schedule, s["seed"]]

    def _now(self) -> tuple[int, np.ndarray, np.ndarray, tuple[int, int, int]]:
        """The place of the rate, its curve, the ends of all rates, and the edges of the right ones."""
        s = self.settings
        share = np.log(s["rate"] / trained.LOW) / np.log(trained.HIGH / trained.LOW)
        place = int(np.clip(round(trained.PLACES * float(share)), 0, trained.PLACES))
        curves = self._curves()
        ends = curves[:, -trained.LAST :].mean(-1)
        low, best, high = (int(edge) for edge in trained.edges(ends))
        return place, curves[place], ends, (low, best, high)
