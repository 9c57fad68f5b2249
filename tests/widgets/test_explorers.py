"""The activation and the loss explorer show what the functions say, in Python and in the page."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats

from dlnotes.activations import ACTIVATIONS
from dlnotes.widgets import ActivationExplorer, LossExplorer


@pytest.fixture(scope="module")
def activation() -> ActivationExplorer:
    return ActivationExplorer()


@pytest.fixture(scope="module")
def loss() -> LossExplorer:
    return LossExplorer()


def every(widget) -> list[dict]:
    """Each value of each control, from the settings the widget starts with."""
    return [{name: value} for name, control in widget.controls.items() for value in control.values]


def after(widget, settings) -> dict:
    widget.settings = settings
    return widget.numbers()


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_the_curve_is_the_function_and_its_gradient(activation, name):
    activation.settings = {"function": name, "parameter": 0.01 if name == "leaky_relu" else 1.0}
    values, slopes = activation.curve()
    xs = np.linspace(-16, 16, 1601, dtype=np.float32)
    function = ACTIVATIONS[name].function
    np.testing.assert_allclose(values, function(jnp.asarray(xs)), atol=2e-6)
    np.testing.assert_allclose(slopes, jax.jit(jax.vmap(jax.grad(function)))(xs), atol=2e-6)


@pytest.mark.parametrize(("mean", "spread"), [(0.0, 1.0), (-2.0, 0.5), (3.0, 2.0)])
def test_shares_agree_with_the_normal_distribution(activation, mean, spread):
    population = scipy.stats.norm(mean, spread)
    n = after(activation, {"function": "relu", "mean": mean, "spread": spread})
    assert n["dead"] == pytest.approx(population.cdf(0), abs=0.005)
    expected = population.expect(lambda x: max(x, 0.0), lb=0, ub=np.inf)
    assert n["mean_out"] == pytest.approx(expected, abs=0.01)
    n = after(activation, {"function": "tanh"})
    edge = np.arctanh(np.sqrt(0.95))  # where 1 - tanh² = 0.05
    assert n["saturated"] == pytest.approx(population.cdf(-edge) + population.sf(edge), abs=0.005)
    assert n["output_share"].sum() == pytest.approx(1)


def test_the_page_draws_the_same_activation_numbers(activation, page):
    activation.settings = {"function": "tanh", "parameter": 0.1, "mean": 0.0, "spread": 1.0}
    tries = [*every(activation), {"function": "leaky_relu", "parameter": 0.3, "mean": -1.0}, {"function": "elu"}]
    for settings, shown in zip(tries, page(activation, tries), strict=True):
        expected = after(activation, settings)
        assert shown["settings"] == activation.settings
        for name, value in shown["numbers"].items():
            # The share of a threshold may differ by one input in 2,000.
            assert value == pytest.approx(expected[name], abs=6e-4 if name in ("saturated", "dead") else 1e-5), settings


def test_losses_and_gradients_against_their_formulas(loss):
    z = 1.5
    n = after(loss, {"task": "classification", "prediction": z, "target": "1"})
    p = scipy.special.expit(z)
    assert n["loss"] == pytest.approx(
        {"cross-entropy": -np.log(p), "squared error of σ": (p - 1) ** 2, "hinge": 0, "perceptron": 0}, abs=1e-5
    )
    assert n["gradient"]["cross-entropy"] == pytest.approx(p - 1, abs=1e-5)
    assert n["gradient"]["squared error of σ"] == pytest.approx(2 * (p - 1) * p * (1 - p), abs=1e-5)
    n = after(loss, {"target": "0"})
    assert n["loss"]["hinge"] == pytest.approx(1 + z)
    assert n["gradient"]["perceptron"] == pytest.approx(1)


@pytest.mark.parametrize("delta", [0.1, 0.7, 3.0])
@pytest.mark.parametrize("residual", [-6.0, -0.35, 0.05, 2.0])
def test_huber_for_every_delta_from_one_table(loss, delta, residual):
    n = after(loss, {"task": "regression", "prediction": residual, "delta": delta})
    assert n["loss"]["Huber"] == pytest.approx(scipy.special.huber(delta, residual), abs=1e-3 * delta**2)
    assert n["gradient"]["Huber"] == pytest.approx(np.clip(residual, -delta, delta), abs=1e-5)
    assert n["loss"]["squared"] == pytest.approx(residual**2, abs=1e-4)
    assert n["gradient"]["squared"] == pytest.approx(2 * residual, abs=1e-4)


def test_a_saturated_sigmoid_hardly_feels_the_squared_error(loss):
    gradient = after(loss, {"task": "classification", "prediction": -6.0, "target": "1"})["gradient"]
    assert abs(gradient["squared error of σ"]) < 0.01 < 0.99 < abs(gradient["cross-entropy"])


def test_the_page_draws_the_same_losses(loss, page):
    loss.settings = {"task": "classification", "prediction": -2.0, "target": "1", "delta": 1.0}
    tries = [*every(loss), {"task": "classification", "target": "0"}, {"prediction": 0.35}]
    for settings, shown in zip(tries, page(loss, tries), strict=True):
        expected = after(loss, settings)
        for kind in ("loss", "gradient"):
            assert shown["numbers"][kind] == pytest.approx(expected[kind], abs=1e-5), settings


@pytest.mark.parametrize("kind", ["activation", "loss"])
def test_words_and_picture_follow_the_settings(kind, request):
    widget = request.getfixturevalue(kind)
    seen = set()
    for settings in every(widget)[:6]:
        widget.settings = settings
        picture = widget.fallback()
        assert picture.startswith(b"\x89PNG")
        seen.add((widget.alt, picture))
    assert len({words for words, _ in seen}) > 3
    assert len({picture for _, picture in seen}) > 3
