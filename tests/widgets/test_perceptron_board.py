"""The perceptron board follows the perceptron rule: as the model does, in Python and in the page."""

import json

import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.models.perceptron import Perceptron
from dlnotes.widgets import PerceptronBoard
from dlnotes.widgets.perceptron_board import EPOCHS, START, one_step, preset_points


@pytest.mark.parametrize("preset", PerceptronBoard.presets)
def test_it_makes_the_same_mistakes_as_the_model(preset):
    board = PerceptronBoard(preset=preset)
    board.run()
    rows = np.array(board.settings["points"], np.float32)
    model, history = Perceptron.init(2).fit(jnp.asarray(rows[:, :2]), jnp.asarray(rows[:, 2], jnp.int32), epochs=EPOCHS)
    shown = board.numbers()
    assert shown["mistakes"] == np.asarray(history.mistakes).tolist()
    assert shown["weight"] == np.asarray(model.weight).tolist()
    assert shown["bias"] == float(model.bias)


@pytest.mark.parametrize("preset", PerceptronBoard.presets)
def test_the_presets_are_what_they_say(preset):
    board = PerceptronBoard(preset=preset)
    board.run()
    n = board.numbers()
    assert n["done"] == (preset in ("separable", "narrow margin"))
    assert (n["wrong"] == 0) == n["done"]
    if not n["done"]:
        assert len(n["mistakes"]) == EPOCHS
        assert min(n["mistakes"]) > 0


def test_a_narrow_margin_takes_longer():
    epochs = []
    for preset in ("separable", "narrow margin"):
        board = PerceptronBoard(preset=preset)
        board.run()
        epochs.append(len(board.numbers()["mistakes"]))
    assert epochs[1] > 3 * epochs[0]


def test_a_step_adds_the_next_mistake():
    points = [[1.0, 2.0, 1.0], [3.0, 0.5, -1.0]]
    state = one_step(points, START)
    assert state == {"weight": [1.0, 2.0, 1.0], "next": 1, "mistakes": [1], "last": 0, "done": False}
    state = one_step(points, state)
    assert state["weight"] == [-2.0, 1.5, 0.0]
    assert state["mistakes"] == [2]


@pytest.mark.parametrize("preset", PerceptronBoard.presets)
def test_the_rule_in_the_page_is_the_same(preset, javascript):
    board = PerceptronBoard(preset=preset)
    points, steps = json.dumps(board.settings["points"]), 150
    walk = "let s = start(); const all = []; for (let i = 0; i < n; i++) all.push((s = oneStep(p, s))); return all;"
    in_page = javascript(board, f"((p, n) => {{ {walk} }})({points}, {steps})")
    state = START
    for shown in in_page:
        state = one_step(board.settings["points"], state)
        assert shown == state  # points on eighths: both are exact


def test_the_page_shows_the_same_numbers(page):
    board = PerceptronBoard(preset="noisy")
    tries, expected = [{}], [board.numbers()]
    for _ in range(120):
        board.step()
        tries.append({"state": board.settings["state"]})
        expected.append(board.numbers())
    board.reset()
    shown = page(board, tries)
    assert [each["numbers"] for each in shown] == expected  # eighths: both are exact


def test_a_preset_chosen_in_the_page_brings_its_points(page):
    board = PerceptronBoard(preset="noisy")
    tries = [{"preset": "XOR"}, {"preset": "separable"}]
    for settings, shown in zip(tries, page(board, tries), strict=True):
        assert shown["settings"]["points"] == preset_points(settings["preset"])
        assert shown["settings"]["state"] == START


def test_settings_restore_the_board_and_new_points_begin_anew():
    board = PerceptronBoard(preset="XOR")
    board.step()
    copy = PerceptronBoard(**board.settings)
    assert copy.settings == board.settings
    assert copy.fallback() == board.fallback()
    copy.settings = {"points": [[0.51, -0.3, 1]]}
    assert copy.settings == {"preset": "own", "points": [[0.5, -0.25, 1.0]], "state": START}
    copy.settings = {"preset": "separable"}
    assert len(copy.settings["points"]) == 20


def test_an_empty_board_and_lonely_points_never_fail():
    for points in ([], [[0.0, 0.0, 1.0]], [[1.0, 1.0, 1.0], [1.0, 1.0, -1.0]]):
        board = PerceptronBoard(points=points)
        board.step()
        board.run()
        assert board.fallback().startswith(b"\x89PNG")
        assert str(len(points)) in board.alt


@pytest.mark.plain
@pytest.mark.parametrize(
    "settings",
    [
        {"points": [[0, 0]]},
        {"points": [[0, 0, 2]]},
        {"points": [[5, 0, 1]]},
        {"points": [[float("nan"), 0, 1]]},
        {"points": "many"},
        {"preset": "xor"},
        {"state": {"weight": [0, 0, 0]}},
        {"state": START | {"weight": [0.0, float("inf"), 0.0]}},
        {"state": START | {"mistakes": []}},
    ],
)
def test_nonsense_is_refused(settings):
    with pytest.raises((TypeError, ValueError), match="PerceptronBoard"):
        PerceptronBoard(**settings)
