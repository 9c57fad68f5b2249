"""The phase diagram's theory against what the optimizer really does."""

import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes import optim
from dlnotes.plots import figure, phase


def walk(eta, beta, curvature, steps):
    """Position and velocity of dlnotes' Momentum on a quadratic, as float64 would do it: rescaled at each step."""
    optimizer, c = optim.Momentum(eta, beta), jnp.asarray(curvature, jnp.float32)
    w = jnp.ones(len(curvature))
    state, log_size = optimizer.init(w), np.zeros(len(curvature))
    logs = [log_size]
    for _ in range(steps):
        update, state = optimizer.update(c * w, state, w)
        w = w + update
        size = jnp.sqrt(w**2 + (eta * state.velocity) ** 2)  # the iteration is linear: keep its state near one
        w, state = w / size, state._replace(velocity=state.velocity / size)
        log_size = log_size + np.log(np.asarray(size, float))
        logs.append(log_size)
    return np.array(logs)


@pytest.mark.parametrize(
    ("eta", "beta", "curvature"),
    [(0.1, 0.0, [1.0]), (1.7, 0.0, [1.0]), (2.2, 0.0, [1.0]), (0.02, 0.9, [1, 25]), (0.5, 0.5, [1.0, 3.0]),
     (0.08, 0.3, [1, 25]), (0.15, 0.9, [1, 25]), (0.2, 0.9, [1, 25]), (0.005, 0.2, [1.0, 25.0])],
)  # fmt: skip
def test_rate_is_what_the_iterations_show(eta, beta, curvature):
    logs = walk(eta, beta, curvature, 240)
    measured = np.exp((logs[240] - logs[80]) / 160).max()
    assert measured == pytest.approx(float(phase.momentum_rate(eta, beta, curvature)), rel=0.01)


@pytest.mark.parametrize(
    ("eta", "beta", "regime"), [(0.05, 0.3, 0), (0.05, 0.9, 1), (1.5, 0.0, 1), (3.9, 0.9, 2), (2.1, 0.0, 2)]
)
def test_regime_is_what_the_iterations_show(eta, beta, regime):
    optimizer, w = optim.Momentum(eta, beta), jnp.ones(())
    state, path = optimizer.init(w), []
    for _ in range(60):
        update, state = optimizer.update(w, state, w)
        w = w + update
        path.append(float(w))
    seen = 2 if abs(path[-1]) > 1 else int(min(path) < 0)
    assert seen == regime == int(phase.momentum_regime(eta, beta, [1.0]))


def test_polyaks_pair_beats_its_neighbours():
    eta, beta, rate = phase.best_momentum([1, 25])
    assert rate == pytest.approx(float(phase.momentum_rate(eta, beta, [1, 25])), rel=1e-6)
    for other in ((eta * 1.1, beta), (eta * 0.9, beta), (eta, beta + 0.05), (eta, beta - 0.05)):
        assert float(phase.momentum_rate(*other, [1, 25])) > rate + 0.005


def test_the_drawing_shows_the_table():
    rates, momenta = np.logspace(-3, 0, 40), np.linspace(0, 0.95, 30)
    ax = phase.phase_diagram(rates, momenta, [1, 25], figure(400, 300).add_subplot(), here=(0.02, 0.9))
    rate, regime = phase.phase_table(rates, momenta, [1, 25])
    drawn = np.asarray(ax.collections[0].get_array()).reshape(30, 40)
    inside = regime < 2
    np.testing.assert_allclose(
        10 ** (-1 / 10 ** drawn[inside & (rate < 0.999)]), rate[inside & (rate < 0.999)], rtol=1e-6
    )
    assert {text.get_text() for text in ax.texts} >= set(phase.REGIMES)
    np.testing.assert_allclose(ax.lines[-1].get_xydata(), [[0.02, 0.9]])


def test_label_place():
    inside = np.zeros((9, 9), bool)
    inside[2:7, 1:8] = True
    row, column = phase.label_place(inside)
    assert row == 4
    assert 3 <= column <= 5
    assert phase.label_place(np.zeros((5, 5), bool)) is None


@pytest.mark.plain
@pytest.mark.parametrize(
    ("eta", "beta", "curvature"),
    [
        (0.0, 0.5, [1]),
        (-1, 0.5, [1]),
        (float("nan"), 0.5, [1]),
        (0.1, 1.0, [1]),
        (0.1, -0.1, [1]),
        (0.1, 0.5, []),
        (0.1, 0.5, [0.0]),
    ],
)
def test_malformed(eta, beta, curvature):
    with pytest.raises(ValueError, match="expects"):
        phase.momentum_rate(eta, beta, curvature)
