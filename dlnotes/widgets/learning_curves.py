"""Learning curves that diagnose: underfitting, overfitting or a good fit, seen in the function and in the two curves.

A small network was trained for every depth, width, number of examples and noise, all side by side under `vmap`. The
page gets the curves once and only looks them up.
"""

from typing import Any

import numpy as np

from dlnotes.plots import _style as style
from dlnotes.widgets import _fit_runs as trained
from dlnotes.widgets._shell import Canvas, Control

REGIMES = ("good fit", "underfitting", "overfitting")
NEAR = 0.06  # an error so little above the noise's own is as good as that
TOP = 0.8  # the highest error in the picture
STEPS = np.arange(trained.EVERY, trained.STEPS + 1, trained.EVERY)


class LearningCurves(Canvas):
    """A real small network learns a wave from noisy examples; you choose its depth and width, the examples and noise.

    At the left are the examples, the wave and the function learnt; at the right the mean squared error on the examples
    and on 200 held-out ones, over the training and for all numbers of examples. Nobody can predict the noise, so the
    error on held-out examples cannot fall below noise² for long. It is a *good fit* if it ends at most 0.06 above; else
    *underfitting* if the training error, too, is more than 0.06 above, and *overfitting* if it is not.

    Args:
        **settings: `depth` (1, 2 or 3 hidden layers), `width` (a name from `WIDTHS`: "1 unit" … "16 units"), `examples`
            (a name from `SIZES`: "8 examples" … "64 examples"), `noise` (standard deviation, 0 … 0.4; the
            nearest of 0, 0.2 and 0.4 is shown).

    Raises:
        TypeError, ValueError: An unknown setting, or a value out of range.

    Example:
        >>> curves = LearningCurves(width="1 unit")
        >>> curves.numbers()["regime"]
        'underfitting'
        >>> curves.settings = {"width": "16 units", "depth": 3, "examples": "8 examples", "noise": 0.4}
        >>> curves.numbers()["regime"]
        'overfitting'

    Notebook: 09_generalisation.
    """

    title = "Which disease is it? A small network learns a wave from noisy examples"
    caption = (
        "One input, tanh layers, one output, 400 steps of Adam. Every combination was really trained. The dotted line "
        "is the noise's own error: nobody can predict that part."
    )
    script = "learning_curves.js"

    def __init__(self, **settings: Any) -> None:
        controls = {
            "depth": Control.slider("Hidden layers", trained.DEPTHS[0], trained.DEPTHS[-1], 2),
            "noise": Control.slider("Noise", 0.0, trained.NOISES[-1], trained.NOISES[1], step=trained.NOISES[1]),
            "width": Control.select("Width", tuple(trained.WIDTHS), "8 units"),
            "examples": Control.select("Learn from", tuple(trained.SIZES), "64 examples"),
        }
        super().__init__(controls, settings)

    def tables(self) -> dict[str, np.ndarray]:
        """Inputs and their noise; for each combination, in one row: the two curves, the function and the regime."""
        x, drawn = trained.points()
        runs = {name: table.reshape(-1, table.shape[-1]) for name, table in trained.runs().items()}
        return {
            "x": x[: trained.MOST],
            "drawn": drawn[: trained.MOST],
            "sizes": np.array(list(trained.SIZES.values())),
            "noises": np.array(trained.NOISES),
            "grid": trained.GRID,
            "truth": np.asarray(trained.truth(trained.GRID)),
            "truth_at_x": np.asarray(trained.truth(x[: trained.MOST])),
            "regimes": self._regimes().ravel(),
            **runs,
        }

    def numbers(self) -> dict[str, Any]:
        """Both errors at the end, the noise's own, the lowest validation error with its step, and the regime."""
        place = self._place()
        curve = trained.runs()["validation"][place]
        return {
            "train": float(trained.runs()["train"][place][-1]),
            "validation": float(curve[-1]),
            "floor": trained.NOISES[place[3]] ** 2,
            "lowest": float(curve.min()),
            "lowest_step": int(STEPS[curve.argmin()]),
            "regime": REGIMES[self._regimes()[place]],
        }

    @property
    def alt(self) -> str:
        """The settings, where both errors end, and the regime."""
        s, n = self.settings, self.numbers()
        return (
            f"A network with {s['depth']} hidden layer{'s' * (s['depth'] > 1)} of {s['width']} learns a wave from "
            f"{s['examples']} with noise {trained.NOISES[self._place()[3]]:g}: {n['regime']}. The error ends at "
            f"{n['train']:.2f} on the examples and at {n['validation']:.2f} on held-out ones; the noise alone has "
            f"{n['floor']:.2f}."
        )

    def fallback(self) -> bytes:
        """The function, the two curves and the ends, as a still picture."""
        s, n = self.settings, self.numbers()
        place = self._place()
        figure = style.figure(740, 400)
        grid = figure.add_gridspec(2, 2, width_ratios=(1.15, 1))
        left, above, below = (figure.add_subplot(grid[where]) for where in (np.s_[:, 0], np.s_[0, 1], np.s_[1, 1]))
        x, drawn = trained.points()
        count, noise = trained.SIZES[s["examples"]], trained.NOISES[place[3]]
        y = np.asarray(trained.truth(x[:count])) + noise * drawn[:count]
        left.plot(trained.GRID, trained.truth(trained.GRID), color=style.MUTED, linestyle="--", label="the wave")
        learnt = trained.runs()["learnt"][place]
        left.plot(trained.GRID, learnt, color=style.COLORS["green"], linewidth=2.4, label="learnt")
        left.plot(x[:count], y, "o", color=style.COLORS["blue"], markeredgecolor="white", label="examples")
        left.set(xlabel="input", ylabel="output", xlim=(-1, 1), ylim=(-2, 2.3))
        left.set_title(f"{n['regime'].capitalize()}", loc="left")
        left.legend(loc="upper left", frameon=False, ncols=3, columnspacing=1.0, handlelength=1.4)
        sizes = list(trained.SIZES.values())
        for name, color, dash, mark in (("train", "blue", "-", "o"), ("validation", "red", "--", "s")):
            table = trained.runs()[name]
            look = {"color": style.COLORS[color], "linestyle": dash, "linewidth": 2}
            above.plot(STEPS, table[place], label="the examples" if name == "train" else "held out", **look)
            below.plot(sizes, table[place[0], place[1], :, place[3], -1], marker=mark, **look)
        for ax in (above, below):
            ax.axhline(n["floor"], color=style.MUTED, linestyle=":")
            ax.set(ylabel="error", ylim=(0, TOP))
        above.set(xlabel="step", xlim=(0, trained.STEPS))
        above.legend(frameon=False, ncols=2)
        below.set_xscale("log", base=2)
        below.set_xticks(sizes, [str(size) for size in sizes])
        below.set(xlabel="examples to learn from")
        below.axvline(count, color=style.MUTED, linewidth=1)
        return style.png(figure, level=9)

    def _place(self) -> tuple[int, int, int, int]:
        """Where the present combination stands in the tables."""
        s = self.settings
        noise = round(s["noise"] / trained.NOISES[1])
        return s["depth"] - 1, list(trained.WIDTHS).index(s["width"]), list(trained.SIZES).index(s["examples"]), noise

    @staticmethod
    def _regimes() -> np.ndarray:
        """For every combination, its place in `REGIMES`."""
        floor, runs = np.square(trained.NOISES), trained.runs()
        train, validation = runs["train"][..., -1] - floor, runs["validation"][..., -1] - floor
        return np.where(validation <= NEAR, 0, np.where(train > NEAR, 1, 2))
