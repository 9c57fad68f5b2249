"""The optimizer race: six optimizers walk down one surface, and a phase diagram says what to expect.

The page draws; the walks are computed here by dlnotes' own optimizers, all six in one jitted scan, whenever the start,
the learning rate, the momentum or the surface changes. A question that a newer one has overtaken is never asked.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from dlnotes import _checks as checks
from dlnotes.plots import _style as style
from dlnotes.plots import phase
from dlnotes.plots import race as plots
from dlnotes.plots.surfaces import SURFACES, curvatures, grid
from dlnotes.widgets._race_paths import RACERS, STEPS, race
from dlnotes.widgets._shell import Canvas, Control

RATES = np.logspace(-4, np.log10(4.0), 120)
MOMENTA = np.linspace(0.0, 0.99, 80)


class OptimizerRace(Canvas):
    """Six optimizers on one surface, from one start, at one learning rate.

    Momentum is the β of Momentum and Nesterov, and β₁ of Adam. The phase diagram is that of Momentum on a quadratic as
    curved as the surface is at its lowest point: exact for the bowl and the ravine, near the minimum for the others.

    Args:
        **settings: Where to start: any of `race.settings`. A surface without `start` or `learning_rate` brings its own.

    Raises:
        ValueError, TypeError: A setting that does not exist, or a value it does not take.

    Example:
        >>> race = OptimizerRace(surface="ravine", learning_rate=0.05, momentum=0.8)
        >>> race.numbers()["regime"]
        'oscillating'
        >>> race.numbers()["heights"]["SGD"] < 1e-3
        True

    After Alec Radford's animations (2014) and Gabriel Goh, "Why Momentum Really Works", Distill (2017).

    Notebook: 07_optimizers.
    """

    title: ClassVar[str] = "Optimizer race: drag the start, and find the rate at which each one arrives first"
    script: ClassVar[str] = "optimizer_race.js"

    def __init__(self, **settings: Any) -> None:
        controls = {
            "surface": Control.select("Surface", tuple(SURFACES), "ravine"),
            "learning_rate": Control.slider("Learning rate η", 1e-4, 4.0, SURFACES["ravine"].learning_rate, log=True),
            "momentum": Control.slider("Momentum β", 0.0, 0.99, 0.9, step=0.01),
            "step": Control.slider("Step", 0, STEPS, STEPS),
            "start": Control.data("Start", list(SURFACES["ravine"].start), _start),
            "shown": Control.data("Shown", list(RACERS), _shown),
        }
        self._known: tuple[Any, Any] | None = None
        super().__init__(controls, _with_surface(settings))
        about = {name: surface.about for name, surface in SURFACES.items()}
        self.view.set_trait("page", {**self.view.trait_values()["page"], "about": about, "racers": list(RACERS)})

    def walks(self) -> tuple[np.ndarray, np.ndarray]:
        """The paths (6, steps + 1, 2) and heights above the lowest point (6, steps + 1) with the present settings."""
        s = self.settings if hasattr(self, "view") else self._start
        question = (s["surface"], tuple(s["start"]), s["learning_rate"], s["momentum"])
        if self._known is None or self._known[0] != question:
            self._known = (question, race(*question))
        return self._known[1]

    def numbers(self) -> dict[str, Any]:
        """Each racer's height at the step shown, and what the phase diagram says about Momentum."""
        s, (_, heights) = self.settings, self.walks()
        curved = curvatures(SURFACES[s["surface"]])
        here = s["learning_rate"], s["momentum"]
        at_step = (float(h) for h in heights[:, s["step"]])
        return {
            "heights": {name: h if np.isfinite(h) else None for name, h in zip(RACERS, at_step, strict=True)},
            "rate": float(phase.momentum_rate(*here, curved)),
            "regime": phase.REGIMES[int(phase.momentum_regime(*here, curved))],
            "curvatures": curved,
        }

    @property
    def alt(self) -> str:
        """Who stands where at the step shown."""
        s, n = self.settings, self.numbers()
        shown = [(name, n["heights"][name]) for name in s["shown"]]
        told = ", ".join(f"{name} {'diverged' if height is None else f'{height:.3g}'}" for name, height in shown)
        x, y = s["start"]
        return (
            f"Optimizer race on the {s['surface']} from ({x:.3g}, {y:.3g}), learning rate {s['learning_rate']:.3g}, "
            f"momentum {s['momentum']:.2f}. Height above the lowest point after {s['step']} steps: {told}. "
            f"Phase diagram of Momentum: {n['regime']}, factor {n['rate']:.3f} per step."
        )

    def fallback(self) -> bytes:
        """The walks, the heights against the step, and the phase diagram, as a still picture."""
        s, (paths, heights) = self.settings, self.walks()
        rows = [RACERS.index(name) for name in s["shown"]]
        surface = SURFACES[s["surface"]]
        fig = style.figure(760, 430)
        axes = fig.subplot_mosaic([["map", "heights"], ["map", "phase"]], width_ratios=[1.5, 1])
        plots.walks(surface, paths[rows], s["shown"], axes["map"], step=s["step"])
        plots.heights(heights[rows], s["shown"], axes["heights"], step=s["step"])
        here = s["learning_rate"], s["momentum"]
        phase.phase_diagram(RATES, MOMENTA, curvatures(surface), axes["phase"], here=here)
        if rows:
            axes["map"].legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3, frameon=False)
        axes["map"].set_title(f"{surface.name}, step {s['step']}")
        return style.png(fig)

    def tables(self) -> dict[str, np.ndarray]:
        """What the page draws from: the surfaces, their phase diagrams, and the first walks."""
        tables: dict[str, list[Any]] = {name: [] for name in ("heights", "levels", "windows", "minima", "presets")}
        phases: dict[str, list[Any]] = {name: [] for name in ("rates", "regimes", "labels", "best", "curvatures")}
        for surface in SURFACES.values():
            curved = curvatures(surface)
            tables["heights"].append(grid(surface)[2])
            tables["levels"].append(plots.levels(surface))
            tables["windows"].append(surface.window)
            tables["minima"].append((surface.minima * 2)[:2])
            tables["presets"].append((*surface.start, surface.learning_rate, surface.lowest))
            rate, regime = phase.phase_table(RATES, MOMENTA, curved)
            phases["rates"].append(rate)
            phases["regimes"].append(regime)
            places = [phase.label_place(regime == number) or (np.nan, np.nan) for number in range(3)]
            phases["labels"].append(places)
            phases["curvatures"].append(curved)
            phases["best"].append(phase.best_momentum(curved))
        paths, heights = self.walks()
        first = {"first_paths": paths, "first_heights": heights}
        return {name: np.array(rows, np.float32) for name, rows in (tables | phases).items()} | first

    def answer(self, question: dict[str, Any], buffers: list[Any]) -> tuple[dict[str, Any], list[np.ndarray]]:
        """The walks for the settings in the question, which may be newer than the synced ones."""
        who = type(self).__name__
        asked = ("surface", "start", "learning_rate", "momentum")
        values = [self.controls[name].check(who, name, question[name]) for name in asked]
        return {}, list(race(*values))

    def _write(self, values: dict[str, Any]) -> None:
        super()._write(_with_surface(values, self.settings["surface"]))


def _with_surface(values: Any, present: str = "ravine") -> Any:
    """A new surface brings its own start and rate, unless they are given too."""
    surface = values.get("surface")
    if surface == present or surface not in SURFACES:
        return values
    return {"start": list(SURFACES[surface].start), "learning_rate": SURFACES[surface].learning_rate, **values}


def _start(value: Any) -> list[float]:
    if isinstance(value, str) or not isinstance(value, Sequence) or len(value) != 2:
        raise ValueError(f"OptimizerRace expects start to be two numbers, such as [-2.0, 1.0]; got {value!r}.")
    bounds = {"at_least": -100, "at_most": 100}
    return [float(checks.number("OptimizerRace", f"start[{i}]", v, **bounds)) for i, v in enumerate(value)]


def _shown(value: Any) -> list[str]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(f"OptimizerRace expects shown to be a list of names, such as ['SGD', 'Adam']; got {value!r}.")
    chosen = [checks.choice("OptimizerRace", "shown", name, RACERS) for name in value]
    return [name for name in RACERS if name in chosen]
