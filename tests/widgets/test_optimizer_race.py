"""The race, driven without a browser, and its walks against optax."""

import io

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from PIL import Image

from dlnotes.plots import figure
from dlnotes.plots import race as plots
from dlnotes.plots.surfaces import SURFACES
from dlnotes.widgets._race_paths import RACERS, race
from dlnotes.widgets.optimizer_race import OptimizerRace

PEERS = {
    "SGD": lambda rate, beta: optax.sgd(rate),
    "Momentum": lambda rate, beta: optax.sgd(rate, momentum=beta),
    "Nesterov": lambda rate, beta: optax.sgd(rate, momentum=beta, nesterov=True),
    "Adam": lambda rate, beta: optax.adam(rate, b1=beta),
}


@pytest.fixture(scope="module")
def shared():
    return OptimizerRace()


@pytest.mark.parametrize("name", PEERS)
def test_walks_are_optaxs(name):
    surface = SURFACES["ravine"]
    paths, heights = race("ravine", surface.start, 0.02, 0.8, steps=40)
    rule, w = PEERS[name](0.02, 0.8), jnp.asarray(surface.start)
    state = rule.init(w)
    for step in range(41):
        row = RACERS.index(name)
        np.testing.assert_allclose(paths[row, step], w, atol=2e-5)
        assert heights[row, step] == pytest.approx(float(surface.height(w[0], w[1])), rel=1e-3, abs=1e-5)
        slope = jax.grad(lambda p: surface.height(p[0], p[1]))(w)
        with jax.numpy_dtype_promotion("standard"):
            update, state = rule.update(slope, state)
        w = w + update


def test_a_walk_that_leaves_the_world_is_nan_and_the_others_go_on():
    paths, heights = race("ravine", (-2.0, 1.0), 0.5, 0.5)
    assert np.isnan(paths[RACERS.index("SGD"), -1]).all()
    assert np.isnan(heights[RACERS.index("SGD"), -1])
    assert np.isfinite(heights[RACERS.index("AdaGrad")]).all()
    assert np.nanmin(heights) >= 0


def test_settings_round_trip_and_what_a_new_surface_brings(shared):
    shared.settings = {"surface": "saddle"}
    assert shared.settings["start"] == list(SURFACES["saddle"].start)
    assert shared.settings["learning_rate"] == SURFACES["saddle"].learning_rate
    shared.settings = {"surface": "bowl", "start": [1.0, 1.0], "learning_rate": 0.1, "momentum": 0.5, "step": 7}
    saved, numbers = shared.settings, shared.numbers()
    assert numbers["heights"]["SGD"] == pytest.approx(0.81**7, rel=1e-4)
    shared.settings = {"surface": "Beale", "shown": ["SGD"]}
    shared.settings = saved
    assert shared.settings == saved
    assert shared.numbers() == numbers
    assert OptimizerRace(surface="Rosenbrock").settings["start"] == [-1.2, 1.0]


def test_every_control_through_its_range(shared):
    for surface in SURFACES:
        for name, control in shared.controls.items():
            for value in control.values if control.kind == "slider" else ():
                shared.settings = {n: c.default for n, c in shared.controls.items()} | {"surface": surface, name: value}
                said = shared.numbers()
                assert said["regime"] in ("monotone", "oscillating", "diverging")
                assert all(h is None or h >= 0 for h in said["heights"].values())
    assert "300 steps" not in OptimizerRace(step=5).alt


def test_the_page_is_answered_for_what_it_asks(shared):
    question = {"surface": "bowl", "start": [1, -1], "learning_rate": 0.2, "momentum": 0.3}
    reply, (paths, heights) = shared.answer(question, [])
    assert reply == {}
    assert (paths.shape, heights.shape, paths.dtype) == ((6, 301, 2), (6, 301), np.float32)
    np.testing.assert_allclose(paths[0, 1], [0.8, -0.8], atol=1e-6)


def test_pictures_and_words(shared):
    shared.settings = {"surface": "ravine", "step": 100, "shown": ["SGD", "Adam"]}
    assert "after 100 steps: SGD" in shared.alt
    assert shared._repr_mimebundle_()[0]["text/plain"] == shared.alt
    before = shared.fallback()
    picture = np.asarray(Image.open(io.BytesIO(before)))
    assert picture.shape == (430, 760, 3)
    shared.settings = {"shown": []}
    assert shared.fallback() != before


def test_plots_draw_the_numbers():
    paths, heights = race("ravine", (-2.0, 1.0), 0.5, 0.5)
    ax = plots.walks(SURFACES["ravine"], paths, RACERS, figure(400, 300).add_subplot(), step=50)
    lines = {line.get_label(): line.get_xydata() for line in ax.lines}
    np.testing.assert_allclose(lines["AdaGrad"], paths[RACERS.index("AdaGrad"), :51])
    assert len(lines["SGD"]) < 51  # it left the world
    assert np.isfinite(lines["SGD"]).all()
    ax = plots.heights(heights, RACERS, figure(400, 300).add_subplot(), step=50)
    lines = {line.get_label(): line.get_xydata() for line in ax.lines}
    np.testing.assert_allclose(lines["Adam"][:, 1], np.maximum(heights[RACERS.index("Adam")], 1e-12))
    assert ax.get_yscale() == "log"


@pytest.mark.plain
@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"surface": "hill"}, ValueError, "surface"),
        ({"learning_rate": 0.0}, ValueError, "learning_rate"),
        ({"momentum": 1.0}, ValueError, "momentum"),
        ({"start": [1.0]}, ValueError, "two numbers"),
        ({"start": [1.0, float("nan")]}, ValueError, r"start\[1\]"),
        ({"start": "ab"}, ValueError, "two numbers"),
        ({"shown": "Adam"}, TypeError, "list of names"),
        ({"shown": ["Adan"]}, ValueError, "Did you mean 'Adam'"),
        ({"step": 1.5}, TypeError, "integer"),
        ({"speed": 1}, ValueError, "no setting"),
    ],
)
def test_malformed_settings(shared, settings, error, says):
    kept = shared.settings
    with pytest.raises(error, match=says):
        shared.settings = settings
    assert shared.settings == kept
