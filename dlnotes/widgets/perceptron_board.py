"""The perceptron board: two classes of points that can be dragged, and the perceptron rule at work between them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dlnotes import _checks as checks
from dlnotes.plots import _style as style
from dlnotes.plots.perceptron import mistakes, perceptron_board
from dlnotes.widgets._shell import Canvas, Control

LIMIT, GRAIN, EPOCHS = 4.0, 8, 100  # the plane is -4 … 4; points sit on eighths, so that every sum is exact
START = {"weight": [0.0, 0.0, 0.0], "next": 0, "mistakes": [0], "last": -1, "done": False}


def preset_points(name: str) -> list[list[float]]:
    """The points of a preset: rows `[x1, x2, class]` with class +1 or -1, on a grid of eighths."""
    if name == "XOR":
        return [[2.0, 2.0, -1.0], [-2.0, 2.0, 1.0], [-2.0, -2.0, -1.0], [2.0, -2.0, 1.0]]
    draw = np.random.default_rng(7)
    count, gap = (10, {"separable": 0.5, "narrow margin": 0.1, "noisy": -0.9}[name])
    normal = np.array([0.6, 0.8])
    rows: list[list[float]] = []
    while len(rows) < 2 * count:
        label = 1.0 if len(rows) % 2 == 0 else -1.0
        x = np.round(draw.uniform(-3.6, 3.6, 2) * GRAIN) / GRAIN
        side = label * (x @ normal - 1.2)
        apart = all(np.hypot(*(x - row[:2])) > 0.55 for row in rows)
        near = side < gap + 0.5 if name == "narrow margin" and len(rows) < 10 else True
        if side > gap and apart and near:
            rows.append([float(x[0]), float(x[1]), label])
    return rows


def one_step(points: list[list[float]], state: Mapping[str, Any]) -> dict[str, Any]:
    """Look at the points in turn until one is on the wrong side, and add it to the weights: `w += y x`, `b += y`.

    Args:
        points: Rows `[x1, x2, y]`.
        state: `weight` (w1, w2, b), `next` (the point to look at), `mistakes` (one count per epoch), `last` (the point
            of the latest mistake, -1 if none), `done` (a whole epoch went by without a mistake).

    Returns:
        The state after it. The same rule runs in the page; a test holds the two together.
    """
    w1, w2, b = state["weight"]
    at, counts = state["next"], list(state["mistakes"])
    while not state["done"] and points:
        if at >= len(points):  # an epoch is over
            if counts[-1] == 0:
                return {"weight": [w1, w2, b], "next": 0, "mistakes": counts, "last": -1, "done": True}
            if len(counts) == EPOCHS:
                break
            at, counts = 0, [*counts, 0]
        x1, x2, y = points[at]
        at += 1
        if y * (w1 * x1 + w2 * x2 + b) <= 0:
            counts[-1] += 1
            return {
                "weight": [w1 + y * x1, w2 + y * x2, b + y],
                "next": at,
                "mistakes": counts,
                "last": at - 1,
                "done": False,
            }
    return {**state, "next": at, "mistakes": counts, "last": -1}


class PerceptronBoard(Canvas):
    """Drag the points, press Step, and watch the line move after each mistake.

    With the mouse: drag a point; click an empty place to add one of the class chosen. With the keyboard: Tab to the
    board, `.` and `,` choose a point, the arrows move it, F flips it, Delete removes it.

    Args:
        **settings: `preset` ("separable", "narrow margin", "noisy", "XOR", or "own" to keep `points`), `points` (rows
            `[x1, x2, class]`, -4 … 4, rounded to eighths, class +1 or -1), `state` (see `one_step`).

    Raises:
        TypeError, ValueError: An unknown setting, or points and states that make no sense.

    Example:
        >>> board = PerceptronBoard(preset="separable")
        >>> board.run()
        >>> board.numbers()["mistakes"][-1], board.numbers()["done"]
        (0, True)

    Notebook: 02_neuron_and_perceptron.
    """

    title = "A perceptron learns only from its mistakes"
    caption = (
        "Step finds the next point on the wrong side and adds it to w (or takes it away). Drag points to make it easy "
        "or impossible; click an empty place to add one."
    )
    script = "perceptron_board.js"
    presets = ("separable", "narrow margin", "noisy", "XOR")

    def __init__(self, **settings: Any) -> None:
        controls = {
            "preset": Control.select("Points", [*self.presets, "own"]),
            "points": Control.data("Points", preset_points(self.presets[0]), _points),
            "state": Control.data("State", dict(START), _state),
        }
        super().__init__(controls, _filled(settings))

    def tables(self) -> dict[str, np.ndarray]:
        """The points of every preset."""
        return {name: np.array(preset_points(name)) for name in self.presets}

    def step(self) -> None:
        """Correct the next mistake."""
        now = self.settings
        self.settings = {"state": one_step(now["points"], now["state"])}

    def run(self) -> None:
        """Correct mistakes until an epoch has none, or 100 epochs have passed."""
        now = self.settings
        points, state = now["points"], one_step(now["points"], now["state"])
        while state["last"] >= 0:
            state = one_step(points, state)
        self.settings = {"state": state}

    def reset(self) -> None:
        """Back to `w = 0`, `b = 0`; the points stay."""
        self.settings = {"state": dict(START)}

    def numbers(self) -> dict[str, Any]:
        """`weight`, `bias`, `mistakes` per epoch, `wrong` (points on the wrong side or on the line), `done`."""
        now = self.settings
        rows, state = np.array(now["points"], dtype=float).reshape(-1, 3), now["state"]
        w1, w2, b = state["weight"]
        wrong = int((rows[:, 2] * (rows[:, 0] * w1 + rows[:, 1] * w2 + b) <= 0).sum())
        return {
            "weight": [w1, w2],
            "bias": b,
            "mistakes": list(state["mistakes"]),
            "wrong": wrong,
            "done": state["done"],
        }

    @property
    def alt(self) -> str:
        """The line and the count of mistakes, in words."""
        n, now = self.numbers(), self.settings
        ending = "A whole epoch without a mistake: it has converged." if n["done"] else ""
        return (
            f"{len(now['points'])} points of two classes ({now['preset']}). The line is {n['weight'][0]:g} x1 + "
            f"{n['weight'][1]:g} x2 + {n['bias']:g} = 0. Wrong side: {n['wrong']}. Mistakes in epochs 1 to "
            f"{len(n['mistakes'])}: {', '.join(map(str, n['mistakes'][:20]))}. {ending}"
        ).strip()

    def fallback(self) -> bytes:
        """The plane and the mistakes per epoch as a still picture."""
        n, rows = self.numbers(), np.array(self.settings["points"], dtype=float).reshape(-1, 3)
        figure = style.figure(740, 430)
        plane, counts = figure.subplots(1, 2, width_ratios=(3, 2))
        perceptron_board(rows[:, :2], rows[:, 2], n["weight"], n["bias"], plane, limit=LIMIT)
        mistakes(n["mistakes"], counts)
        return style.png(figure, level=9)

    def _write(self, values: dict[str, Any]) -> None:
        super()._write(_filled(values))


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """A preset brings its points; new points begin from zero unless a state comes with them."""
    filled = dict(values)
    if filled.get("preset") in PerceptronBoard.presets and "points" not in filled:
        filled["points"] = preset_points(filled["preset"])
    if "points" in filled:
        filled.setdefault("state", dict(START))
        filled.setdefault("preset", "own")
    return filled


def _points(rows: Any) -> list[list[float]]:
    """At most 60 rows `[x1, x2, class]` as plain floats, rounded to eighths."""
    try:
        table = np.asarray(rows, dtype=float).reshape(-1, 3) if len(rows) else np.zeros((0, 3))
    except (TypeError, ValueError) as error:
        raise TypeError(f"PerceptronBoard expects points as rows [x1, x2, class]; got {rows!r}.") from error
    if not np.isin(table[:, 2], (-1, 1)).all() or len(table) > 60:
        raise ValueError("PerceptronBoard expects at most 60 points, each of class +1 or -1.")
    if not (np.abs(table[:, :2]) <= LIMIT).all():
        raise ValueError(
            f"PerceptronBoard expects points between -{LIMIT:g} and {LIMIT:g}; got {table[:, :2].tolist()}."
        )
    table[:, :2] = np.round(table[:, :2] * GRAIN) / GRAIN
    return table.tolist()


def _state(state: Any) -> dict[str, Any]:
    """A state with the parts `one_step` needs."""
    if not isinstance(state, Mapping) or set(state) != set(START):
        raise ValueError(f"PerceptronBoard expects a state with {', '.join(START)}; got {state!r}.")
    weight = [float(checks.number("PerceptronBoard", "weight", value)) for value in state["weight"]]
    counts = [checks.integer("PerceptronBoard", "mistakes", count, at_least=0) for count in state["mistakes"]]
    if len(weight) != 3 or not counts:
        raise ValueError(f"PerceptronBoard expects three weights (w1, w2, b) and at least one epoch; got {state!r}.")
    return {
        "weight": weight,
        "next": checks.integer("PerceptronBoard", "next", state["next"], at_least=0),
        "mistakes": counts,
        "last": checks.integer("PerceptronBoard", "last", state["last"], at_least=-1),
        "done": bool(state["done"]),
    }
