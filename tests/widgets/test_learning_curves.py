"""The learning curves against Adam written out with NumPy, their page against Python, and what the diagnoses mean."""

import itertools

import numpy as np
import pytest

from dlnotes.widgets import LearningCurves
from dlnotes.widgets import _fit_runs as trained
from dlnotes.widgets.learning_curves import NEAR, REGIMES


@pytest.fixture(scope="module")
def curves() -> LearningCurves:
    return LearningCurves()


def by_hand(depth: int, width: int, size: int, noise: float, steps: int) -> tuple[list, list]:
    """Both errors after every tenth step, with layers of exactly `width` units and the chain rule written out."""
    wide, drawn = trained.WIDE, trained.start().astype(float)
    x, e = (part.astype(float) for part in trained.points())
    y = 0.8 * np.sin(1.5 * np.pi * x) + noise * e
    square = wide**2 + wide
    weights, biases = [drawn[:width][None]], [drawn[wide : wide + width]]
    for layer in range(1, depth):
        own = drawn[2 * wide + (layer - 1) * square :][:square]
        weights.append(own[: wide**2].reshape(wide, wide)[:width, :width] / np.sqrt(width))
        biases.append(own[wide**2 :][:width])
    weights.append(drawn[-wide - 1 : -1][:width, None] / np.sqrt(width))
    biases.append(drawn[-1:])
    # The page's weights are drawn for one unit and scaled in the network: Adam's step on them is scaled as well.
    scales = [1.0] + [1 / np.sqrt(width)] * depth
    m = [np.zeros_like(p) for p in weights + biases]
    v = [np.zeros_like(p) for p in weights + biases]
    scales += [1.0] * (depth + 1)

    def forward(inputs):
        seen = [inputs[:, None]]
        for w, b in zip(weights[:-1], biases[:-1], strict=True):
            seen.append(np.tanh(seen[-1] @ w + b))
        return seen, (seen[-1] @ weights[-1] + biases[-1])[:, 0]

    train, held = [], []
    for t in range(steps):
        seen, out = forward(x[:size])
        back = (2 * (out - y[:size]) / size)[:, None]
        gw, gb = [], []
        for layer in reversed(range(depth + 1)):
            gw.insert(0, seen[layer].T @ back)
            gb.insert(0, back.sum(0))
            back = (back @ weights[layer].T) * (1 - seen[layer] ** 2)
        rate = trained.RATE * (1 + np.cos(np.pi * t / trained.STEPS)) / 2
        for i, (parameter, g) in enumerate(zip(weights + biases, gw + gb, strict=True)):
            g = g * scales[i]
            m[i], v[i] = 0.9 * m[i] + 0.1 * g, 0.99 * v[i] + 0.01 * g**2
            ratio = m[i] / (1 - 0.9 ** (t + 1)) / (np.sqrt(v[i] / (1 - 0.99 ** (t + 1))) + 1e-8)
            parameter -= rate * scales[i] * ratio
        if (t + 1) % 10 == 0:
            train.append(float(np.mean((forward(x[:size])[1] - y[:size]) ** 2)))
            held.append(float(np.mean((forward(x[64:])[1] - y[64:]) ** 2)))
    return train, held


@pytest.mark.parametrize(("depth", "width", "size", "noise"), [(1, 16, 8, 0.0), (2, 4, 32, 0.2), (3, 8, 64, 0.4)])
def test_the_curves_are_adam_on_a_network_of_that_size(depth, width, size, noise):
    train, held = by_hand(depth, width, size, noise, steps=60)
    at = depth - 1, list(trained.WIDTHS.values()).index(width), list(trained.SIZES.values()).index(size)
    runs = {name: table[(*at, trained.NOISES.index(noise))] for name, table in trained.runs().items()}
    np.testing.assert_allclose(runs["train"][:6], train, rtol=5e-3, atol=1e-5)
    np.testing.assert_allclose(runs["validation"][:6], held, rtol=5e-3, atol=1e-5)


def test_a_diagnosis_is_what_the_two_errors_say():
    seen = set()
    for place in itertools.product(*map(range, (3, 5, 4, 3))):
        floor = trained.NOISES[place[3]] ** 2
        train, held = (float(trained.runs()[name][place][-1]) for name in ("train", "validation"))
        regime = REGIMES[LearningCurves._regimes()[place]]
        seen.add(regime)
        assert (regime == "good fit") == (held <= floor + NEAR)
        assert regime != "underfitting" or train > floor + NEAR
        assert regime != "overfitting" or train <= floor + NEAR
    assert seen == set(REGIMES)


def test_what_the_notebook_tells(curves):
    curves.settings = {"width": "1 unit", "depth": 2, "examples": "64 examples", "noise": 0.2}
    assert curves.numbers()["regime"] == "underfitting"
    curves.settings = {"width": "16 units"}
    assert curves.numbers()["regime"] == "good fit"
    curves.settings = {"examples": "8 examples", "noise": 0.4}
    n = curves.numbers()
    assert n["regime"] == "overfitting"
    assert n["lowest_step"] < 100
    assert n["lowest"] < 0.8 * n["validation"]
    curves.settings = {"examples": "64 examples"}
    assert curves.numbers()["validation"] < 0.8 * n["validation"]


def test_the_page_shows_the_same(curves, page):
    curves.settings = {name: control.default for name, control in curves.controls.items()}
    tries = [{name: value} for name, control in curves.controls.items() for value in control.values]
    tries += [{"depth": 3, "width": "16 units", "examples": "8 examples", "noise": 0.4}]
    for settings, shown in zip(tries, page(curves, tries), strict=True):
        curves.settings = settings
        assert shown["settings"] == curves.settings
        expected = curves.numbers()
        assert shown["numbers"].pop("regime") == expected.pop("regime"), settings
        assert shown["numbers"] == pytest.approx(expected, rel=1e-5, abs=1e-7), settings


def test_every_control_through_all_its_values(curves):
    assert len(curves.controls) == 4
    for values in itertools.product(*(control.values for control in curves.controls.values())):
        wanted = dict(zip(curves.controls, values, strict=True))
        curves.settings = wanted
        assert curves.settings == pytest.approx(wanted)
        assert curves.numbers()["regime"] in curves.alt
    assert LearningCurves(**curves.settings).settings == curves.settings


def test_words_and_picture(curves):
    curves.settings = {"depth": 1, "width": "1 unit"}
    bundle, _ = curves._repr_mimebundle_()
    assert bundle["text/plain"] == curves.alt
    assert "1 hidden layer of 1 unit learns a wave" in curves.alt
    before = curves.fallback()
    assert before == curves.fallback()
    assert before.startswith(b"\x89PNG")
    curves.settings = {"width": "16 units"}
    assert curves.fallback() != before
    assert "1 hidden layer of 16 units" in curves.alt


@pytest.mark.plain
@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"depth": 0}, ValueError, "depth"),
        ({"depth": 1.5}, TypeError, "depth"),
        ({"width": "3 units"}, ValueError, "width"),
        ({"examples": "64"}, ValueError, "examples"),
        ({"noise": 0.5}, ValueError, "noise"),
        ({"noise": float("nan")}, ValueError, "noise"),
        ({"rate": 0.1}, ValueError, "no setting"),
    ],
)
def test_malformed_settings(curves, settings, error, says):
    kept = curves.settings
    with pytest.raises(error, match=says):
        curves.settings = settings
    assert curves.settings == kept
