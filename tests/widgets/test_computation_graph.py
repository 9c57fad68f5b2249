"""ComputationGraph: data and gradients at every step, compared with jax.grad."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.autodiff import Value
from dlnotes.widgets.computation_graph import PRESETS, ComputationGraph

FORMULAS = {
    "one neuron": lambda w1, x1, w2, x2, b: jnp.tanh(w1 * x1 + w2 * x2 + b),
    "a reused variable": lambda x, y: x * y + x,
    "two layers and a loss": lambda w2, w1, x, b1, b2, t: (w2 * jnp.tanh(w1 * x + b1) + b2 - t) ** 2,
}


@pytest.mark.parametrize("graph", PRESETS)
@pytest.mark.parametrize("moved", [{}, {"w1": -1.5, "x": 0.7, "b": 2.0}])
def test_graph_gradients_equal_jax(graph, moved):
    figure = ComputationGraph(graph=graph, inputs=moved)
    figure.settings = {"step": figure.controls["step"].maximum}
    shown = figure.numbers()
    inputs = {v.label: v.data for v in figure.values() if not v.op}
    for name in set(moved) & set(inputs):
        assert inputs[name] == moved[name]
    result, slopes = jax.value_and_grad(lambda given: FORMULAS[graph](**given))(inputs)
    np.testing.assert_allclose(shown["data"][-1], result, rtol=1e-5)
    for name, slope in slopes.items():
        np.testing.assert_allclose(shown["grad"][shown["names"].index(name)], slope, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("graph", PRESETS)
def test_graph_steps_reveal_one_thing_at_a_time(graph):
    figure = ComputationGraph(graph=graph)
    known, phases = [], []
    for step in range(figure.numbers()["steps"] + 1):
        figure.settings = {"step": step}
        n = figure.numbers()
        known.append(sum(v is not None for v in n["data"]) + sum(v is not None for v in n["grad"]))
        phases.append(n["sentence"].split(":")[0].split()[0])
    assert all(0 <= b - a <= 1 for a, b in itertools.pairwise(known))
    assert known[-1] == 2 * len(n["names"])
    assert phases[0] == "The"
    assert phases[-1] == "Backward"
    assert phases.index("Backward") > phases.index("Forward")


def test_a_reused_variable_adds_up():
    figure = ComputationGraph(graph="a reused variable", step=6)
    assert "local slope × gradient = -3 × 1 = -3, -2 in all" in figure.numbers()["sentence"]


def test_graph_of_ones_own_with_every_operation():
    x, y = Value(0.7, label="x"), Value(1.3, label="y")
    out = ((x * x + y**3 - x / y).exp().log() * 2).tanh() + (-x).sigmoid() + y.relu()
    figure = ComputationGraph(out, inputs={"x": 0.2}, step=10_000)

    def formula(x, y):
        return jnp.tanh((x * x + y**3 - x / y) * 2) + jax.nn.sigmoid(-x) + jax.nn.relu(y)

    slopes = jax.grad(formula, (0, 1))(0.2, 1.3)
    n = figure.numbers()
    np.testing.assert_allclose(n["data"][-1], formula(0.2, 1.3), rtol=1e-5)
    for name, slope in zip("xy", slopes, strict=True):
        np.testing.assert_allclose(n["grad"][n["names"].index(name)], slope, rtol=1e-4)
    assert (x.data, x.grad) == (0.7, 0.0)  # the reader's own values stay as they were
    assert figure.view.page["graphs"]["yours"]["nodes"][0]["label"] == "x"


def test_graph_without_a_result_says_so():
    figure = ComputationGraph(Value(2.0, label="x").log(), inputs={"x": -1.0}, step=1)
    assert figure.numbers()["sentence"].startswith("No result: log expects a number above 0")
    assert figure.fallback()[:4] == b"\x89PNG"


@pytest.mark.plain
def test_graph_refuses_what_it_cannot_show():
    x = Value(1.0, label="x")
    with pytest.raises(TypeError, match=r"a Value of dlnotes.autodiff; got 3"):
        ComputationGraph(3)
    with pytest.raises(ValueError, match="labelled input"):
        ComputationGraph(Value(1.0) + 2)
    with pytest.raises(ValueError, match="each label once"):
        ComputationGraph(x + Value(2.0, label="x"))
    with pytest.raises(ValueError, match="at most 30 values; got 42"):
        ComputationGraph(sum([x] * 40, Value(0.0)))
    with pytest.raises(ValueError, match="got 'sin'"):
        ComputationGraph(Value(0.0, "sin", (x,), (1.0,)))
    with pytest.raises(ValueError, match="chosen to be one of"):
        ComputationGraph(chosen="q")
    with pytest.raises(ValueError, match=r"inputs\['x1'\]"):
        ComputationGraph(inputs={"x1": 99.0})
    with pytest.raises(TypeError, match="a dict of label and number"):
        ComputationGraph(inputs=[1.0])
