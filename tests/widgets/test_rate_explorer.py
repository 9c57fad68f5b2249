"""The rate explorer against plain gradient descent with NumPy, and its page against Python."""

import itertools

import jax
import numpy as np
import pytest

from dlnotes import data, schedules
from dlnotes.widgets import RateExplorer
from dlnotes.widgets import _rate_runs as trained


@pytest.fixture(scope="module")
def explorer() -> RateExplorer:
    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", False)  # 2,727 trainings run longer than they compile
    trained.runs()
    jax.config.update("jax_disable_most_optimizations", before)
    return RateExplorer()


def by_hand(rate: float, batch: int, schedule, seed: int, steps: int) -> list[float]:
    """The losses of the first steps, with the chain rule written out."""
    points, w = data.moons(64, noise=0.8, seed=1), trained.start(seed).astype(float)
    x, y, shares = points.x.astype(float), points.y.astype(float), trained.shares(batch, seed)
    seen = []
    for step in range(steps):
        first, bias, second = w[:16].reshape(2, 8), w[16:24], w[24:32]
        hidden = np.tanh(x @ first + bias)
        z = hidden @ second + w[32]
        seen.append(float(np.mean(np.logaddexp(0, z) - y * z)))
        at_z = shares[step] * (1 / (1 + np.exp(-z)) - y)
        at_hidden = at_z[:, None] * second * (1 - hidden**2)
        slope = np.concatenate([(x.T @ at_hidden).ravel(), at_hidden.sum(0), at_z @ hidden, [at_z.sum()]])
        w = w - rate * float(schedule(step)) * slope
    return seen


@pytest.mark.parametrize(
    ("batch", "schedule", "seed", "rate"),
    [
        ("all 64 points", "constant", 0, 0.1),
        ("8 points", "cosine", 1, 1.0),
        ("1 point", "one cycle", 2, 0.1),
        ("1 point", "constant", 0, 0.01),
    ],
)
def test_the_curves_are_gradient_descent(explorer, batch, schedule, seed, rate):
    explorer.settings = {"batch": batch, "schedule": schedule, "seed": seed, "rate": rate}
    shapes = {
        "constant": lambda step: 1.0,
        "cosine": schedules.cosine(1.0, steps=200),
        "one cycle": schedules.one_cycle(1.0, steps=200),
    }
    place = int(np.argmin(abs(trained.RATES - rate)))
    used = float(trained.RATES[place])
    expected = by_hand(used, trained.BATCHES[batch], shapes[schedule], seed, 200)
    np.testing.assert_allclose(explorer._curves()[place, :200], expected, rtol=2e-3)
    n = explorer.numbers()
    assert n["rate"] == pytest.approx(used)
    assert n["first"] == pytest.approx(expected[0], rel=1e-4)
    assert n["end"] == pytest.approx(np.mean(explorer._curves()[place, -20:]), rel=1e-4)


@pytest.mark.parametrize("batch", [64, 8, 1])
def test_a_batch_has_its_size_and_an_epoch_sees_each_point_once(batch):
    table = trained.shares(batch, seed=2)
    assert table.shape == (200, 64)
    assert ((table > 0).sum(1) == batch).all()
    np.testing.assert_allclose(table.sum(1), 1, rtol=1e-6)
    np.testing.assert_allclose(table[: 64 // batch].sum(0), 1 / batch)


def test_for_every_choice_there_are_three_regimes_and_a_best_rate_between():
    ends = trained.ends()
    low, best, high = np.moveaxis(trained.edges(ends), -1, 0)
    assert (low > 0).all()
    assert (low <= best).all()
    assert (best <= high).all()
    assert (high < trained.PLACES).all()
    for setting in itertools.product(range(3), repeat=3):
        row = ends[setting]
        assert row[best[setting]] == row.min()
        assert row[: low[setting]].min() > row.min() + trained.NEAR
        assert row[high[setting] + 1 :].min() > row.min() + trained.NEAR
        assert max(row[low[setting]], row[high[setting]]) <= row.min() + trained.NEAR


def test_what_the_notebook_tells_about_batches_and_schedules():
    ends = trained.ends()
    rates = trained.RATES[ends.argmin(-1)]
    assert (rates[0, 0] > 2 * rates[1, 0]).all()  # small batches want small rates
    assert (rates[1, 0] > rates[2, 0] / 2).all()
    assert (ends.min(-1)[1, 0] > ends.min(-1)[1, 1] + 0.03).all()  # and a falling rate makes up for them


def test_the_regime_follows_the_rate(explorer):
    explorer.settings = {"batch": "all 64 points", "schedule": "constant", "seed": 0}
    seen = []
    for rate in trained.RATES.tolist():
        explorer.settings = {"rate": rate}
        seen.append(explorer.numbers()["regime"])
        assert explorer.numbers()["rate"] == pytest.approx(rate)
    assert [name for name, _ in itertools.groupby(seen)] == ["too small", "right", "too large"]
    explorer.settings = {"rate": 0.0101}  # between two that were trained
    assert explorer.numbers()["rate"] == pytest.approx(0.01)


def test_the_page_shows_the_same(explorer, page):
    explorer.settings = {name: control.default for name, control in explorer.controls.items()}
    tries = [{name: value} for name, control in explorer.controls.items() for value in control.values]
    tries += [{"rate": float(rate)} for rate in trained.RATES[::7]]
    for settings, shown in zip(tries, page(explorer, tries), strict=True):
        explorer.settings = settings
        assert shown["settings"] == explorer.settings
        expected = explorer.numbers()
        assert shown["numbers"].pop("regime") == expected.pop("regime"), settings
        assert shown["numbers"] == pytest.approx(expected, rel=1e-5), settings


def test_every_control_through_all_its_values(explorer):
    assert len(explorer.controls) == 4
    seen = set()
    for values in itertools.product(*(control.values for control in explorer.controls.values())):
        wanted = dict(zip(explorer.controls, values, strict=True))
        explorer.settings = wanted
        assert explorer.settings == pytest.approx(wanted)
        seen.add(explorer.alt)
    assert len(seen) == 81
    assert RateExplorer(**explorer.settings).settings == explorer.settings


def test_words_and_picture(explorer):
    explorer.settings = {"rate": 0.01, "seed": 0}
    bundle, _ = explorer._repr_mimebundle_()
    assert bundle["text/plain"] == explorer.alt
    assert "too small" in explorer.alt
    before = explorer.fallback()
    assert before == explorer.fallback()
    assert before.startswith(b"\x89PNG")
    explorer.settings = {"rate": 50.0}
    assert explorer.fallback() != before


@pytest.mark.plain
@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"rate": 0.0}, ValueError, "rate"),
        ({"rate": float("nan")}, ValueError, "rate"),
        ({"batch": "7 points"}, ValueError, "batch"),
        ({"schedule": "cosinus"}, ValueError, "Did you mean 'cosine'"),
        ({"seed": 3}, ValueError, "seed"),
        ({"seed": 0.5}, TypeError, "seed"),
        ({"momentum": 0.9}, ValueError, "no setting"),
    ],
)
def test_malformed_settings(explorer, settings, error, says):
    kept = explorer.settings
    with pytest.raises(error, match=says):
        explorer.settings = settings
    assert explorer.settings == kept
