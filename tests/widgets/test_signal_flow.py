"""Fifty layers against a plain loop, against the laws for their variances, and what the page makes of them."""

import functools
import io
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from dlnotes.widgets import SignalFlow, _deep_signals
from dlnotes.widgets._deep_signals import (
    ACTIVATIONS,
    BINS,
    DEPTH,
    EXAMPLES,
    HIGH,
    INITIALISATIONS,
    LOW,
    NORMALISATIONS,
    ROWS,
    WIDTH,
    Signals,
    signals,
    summary,
)

NUMPY = {
    "sigmoid": (lambda a: 1 / (1 + np.exp(-a)), lambda h: h * (1 - h)),
    "tanh": (np.tanh, lambda h: 1 - h**2),
    "ReLU": (lambda a: np.maximum(a, 0), lambda h: (h > 0).astype(float)),
}


@pytest.fixture(scope="module")
def shared():
    return SignalFlow()


def growth(curve, first=5, last=45):
    """The factor from one layer to the next, between two layers."""
    return (curve[last] / curve[first]) ** (1 / (last - first))


@functools.cache
def weights_of(initialisation):
    """Fifty weights, one after the other."""
    draw = jax.jit(lambda key: INITIALISATIONS[initialisation](key, (WIDTH, WIDTH)))
    return [np.asarray(draw(key), np.float64) for key in jax.random.split(jax.random.key(0), DEPTH)]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("initialisation", ["Xavier", "He", "orthogonal"])
def test_equal_to_a_plain_loop_with_the_chain_rule_by_hand(initialisation, activation):
    found = signals(initialisation, activation, "none")
    weights = weights_of(initialisation)
    draws = jax.random.normal(jax.random.fold_in(jax.random.key(0), DEPTH), (2, EXAMPLES, WIDTH))
    h, g = np.asarray(draws, np.float64)
    f, slope = NUMPY[activation]
    outputs = []
    for weight in weights:
        h = f(h @ weight)
        outputs.append(h)
    for given, output in zip(found.activations, outputs, strict=True):
        np.testing.assert_allclose(given, output, atol=1e-3 * output.std())
    for layer in reversed(range(DEPTH)):
        np.testing.assert_allclose(found.gradients[layer], g, atol=5e-3 * g.std())
        g = (g * slope(outputs[layer])) @ weights[layer].T


def test_normalisation_against_its_definition():
    for name, axis in (("BatchNorm", 0), ("LayerNorm", 1)):
        found = signals("large", "tanh", name).activations
        a = np.arctanh(np.clip(found[3], -1 + 1e-7, 1 - 1e-7))  # what came out of the normalisation of layer 4
        np.testing.assert_allclose(a.mean(axis), 0, atol=2e-3)
        np.testing.assert_allclose(a.std(axis), 1, rtol=5e-3)


@pytest.mark.parametrize(
    ("initialisation", "activation", "factor"),
    [
        ("He", "ReLU", 1.0),  # n · 2/n · 1/2
        ("Xavier", "ReLU", math.sqrt(1 / 2)),
        ("orthogonal", "ReLU", math.sqrt(1 / 2)),
        ("small", "ReLU", math.sqrt(100 * 0.05**2 / 2)),
        ("large", "ReLU", math.sqrt(100 * 0.3**2 / 2)),
        ("small", "tanh", math.sqrt(100 * 0.05**2)),  # tanh of a small number is that number
    ],
)
def test_growth_from_layer_to_layer_is_the_law(initialisation, activation, factor):
    curves = summary(signals(initialisation, activation, "none")).curves
    assert growth(curves["activation_std"]) == pytest.approx(factor, rel=0.08)
    assert growth(curves["gradient_std"]) == pytest.approx(1 / factor, rel=0.08)


def test_gradients_of_a_sigmoid_shrink_by_four_at_least():
    curves = summary(signals("Xavier", "sigmoid", "none")).curves
    assert growth(curves["gradient_std"], 10, 40) > 3.9  # the slope is 1/4 at most; weights of gain 1 give nothing back


def test_batch_norm_mends_the_way_up_but_relu_gradients_grow():
    """Yang et al. 2019, A mean field theory of batch normalization: by sqrt(pi / (pi - 1)) = 1.21 a layer."""
    for initialisation in ("small", "large", "He"):
        curves = summary(signals(initialisation, "ReLU", "BatchNorm")).curves
        np.testing.assert_allclose(curves["activation_std"], math.sqrt((1 - 1 / math.pi) / 2), rtol=0.12)
        assert 1 / growth(curves["gradient_std"]) == pytest.approx(math.sqrt(math.pi / (math.pi - 1)), rel=0.02)


def test_a_zero_net_is_silent():
    curves = summary(signals("zero", "tanh", "none")).curves
    assert (curves["zero"] == 1).all()
    assert (curves["gradient_zero"][:-1] == 1).all()
    assert (summary(signals("zero", "sigmoid", "BatchNorm")).curves["activation_mean"] == 0.5).all()


def test_the_summary_counts():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 20, 10)).astype(np.float32)
    values[0], values[1, :10], values[2, 0, 0] = 0, 0, 1e30
    slopes = np.full_like(values, 0.5)
    slopes[2, :5] = -0.01
    curves, maps, bars = summary(Signals(values, values * 0 + 1e-20, slopes))
    np.testing.assert_allclose(curves["zero"], [1, 0.5, 0])
    np.testing.assert_allclose(curves["saturated"], [0, 0, 0.25])
    np.testing.assert_allclose(maps[0].sum(0), [0, 0.5, 1])
    assert maps[0, -1, 2] == pytest.approx(1 / 200), "1e30 is counted at the upper edge"
    np.testing.assert_allclose(maps[1, 0], 1, err_msg="1e-20 is counted at the lower edge")
    row = math.floor((math.log10(abs(values[1, 10, 0])) - LOW) * ROWS / (HIGH - LOW))
    assert maps[0, row, 1] >= 1 / 200
    assert bars.shape == (2, 3, 2 + BINS)
    assert bars[0, 1, 2:].sum() == pytest.approx(0.5, abs=0.02)
    assert (bars[:, :, 1] > bars[:, :, 0]).all()


def test_every_choice_gives_finite_numbers(shared):
    for initialisation in INITIALISATIONS:
        for activation in ACTIVATIONS:
            for normalisation in NORMALISATIONS:
                found = shared._found(initialisation, activation, normalisation, 0)
                assert all(np.isfinite(curve).all() for curve in found.curves.values())
                assert np.isfinite(found.bars).all()


def test_settings_round_trip_and_the_answer_is_what_the_page_began_with(shared):
    shared.settings = {"initialisation": "He", "activation": "ReLU", "normalisation": "none", "layer": 12, "seed": 3}
    kept, numbers = shared.settings, shared.numbers()
    shared.settings = {"initialisation": "zero"}
    assert shared.numbers()["activation_std"] == 0
    reply, arrays = shared.answer({name: kept[name] for name in kept if name != "layer"}, [])
    assert reply == {}
    for given, first in zip(arrays, SignalFlow(**kept).tables().values(), strict=True):
        np.testing.assert_array_equal(given, first)
    shared.settings = kept | {"seed": 4}
    assert shared.numbers()["activation_std"] != numbers["activation_std"]
    shared.settings = kept
    assert shared.numbers()["activation_std"] == numbers["activation_std"]
    assert numbers["activation_std"] == numbers["activation_stds"][11]


def test_several_seeds_are_the_nets_of_those_seeds(shared):
    shared.settings = {"initialisation": "Xavier", "activation": "tanh", "normalisation": "none", "seed": 7}
    found = shared.over_seeds(2)
    assert shared.settings["seed"] == 7
    for seed in range(2):
        shared.settings = {"seed": seed}
        np.testing.assert_array_equal(found["activation_std"][seed], shared.numbers()["activation_stds"])
    with pytest.raises(ValueError, match=r"SignalFlow\.over_seeds expects seeds"):
        shared.over_seeds(0)


def test_the_page_draws_the_same_numbers(shared, page):
    settings = {"initialisation": "large", "activation": "tanh", "normalisation": "LayerNorm", "layer": 7}
    flow = SignalFlow(**settings)
    tries = [{"layer": layer} for layer in (1, 7, 50)]
    for change, shown in zip(tries, page(flow, tries), strict=True):
        flow.settings = change
        expected = flow.numbers()
        assert shown["settings"] == flow.settings
        assert set(shown["numbers"]) == set(expected)
        for name, value in shown["numbers"].items():
            np.testing.assert_allclose(value, expected[name], rtol=1e-6, atol=1e-8, err_msg=name)


def test_words_and_picture_follow_the_settings(shared):
    shared.settings = {"initialisation": "small", "activation": "tanh", "normalisation": "none", "layer": 30}
    assert "small initialisation, tanh, normalisation none" in shared.alt
    assert "0.48 in layer 1" in shared.alt or "0.4" in shared.alt
    before = shared.fallback()
    assert np.asarray(Image.open(io.BytesIO(before))).shape == (480, 760, 3)
    shared.settings = {"layer": 2}
    assert shared.fallback() != before
    assert "in layer 2" in shared.alt


@pytest.mark.plain
@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"initialisation": "Kaiming"}, ValueError, "initialisation"),
        ({"activation": "relu"}, ValueError, "one of 'sigmoid', 'tanh', 'ReLU'"),
        ({"layer": 51}, ValueError, "layer"),
        ({"layer": 1.5}, TypeError, "layer"),
        ({"seed": -1}, ValueError, "seed"),
        ({"depth": 10}, ValueError, "no setting"),
    ],
)
def test_malformed_settings(shared, settings, error, says):
    kept = shared.settings
    with pytest.raises(error, match=says):
        shared.settings = settings
    assert shared.settings == kept


def test_jit_compiles_once(monkeypatch):
    traced = []

    def up_and_back(*arguments):
        traced.append(len(arguments))
        return plain(*arguments)

    plain = _deep_signals._up_and_back.__wrapped__
    monkeypatch.setattr(_deep_signals, "_up_and_back", jax.jit(up_and_back))
    for choices in (("He", "ReLU", "none"), ("small", "tanh", "BatchNorm"), ("zero", "sigmoid", "LayerNorm")):
        signals(*choices)
    assert len(traced) == 1
    assert jnp.isfinite(jnp.asarray(signals("He", "ReLU", "none").gradients)).all()
