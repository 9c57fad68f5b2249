"""ForwardPass, ComputationGraph, FiniteDifference: every control driven, every number shown compared with JAX."""

import itertools
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.autodiff import Value
from dlnotes.widgets.computation_graph import PRESETS, ComputationGraph
from dlnotes.widgets.finite_difference import FUNCTIONS, FiniteDifference
from dlnotes.widgets.forward_pass import ACTIVATIONS, SEEDS, ForwardPass

KINDS = (ForwardPass, ComputationGraph, FiniteDifference)


@pytest.mark.parametrize("kind", KINDS)
def test_every_control_through_all_its_values(kind):
    figure = kind()
    assert sum(control.kind != "data" for control in figure.controls.values()) <= 4
    names = list(figure.controls)
    for values in itertools.product(*(figure.controls[name].values for name in names)):
        wanted = dict(zip(names, values, strict=True))
        figure.settings = wanted
        assert figure.settings == pytest.approx(wanted) if kind is FiniteDifference else figure.settings == wanted
        assert len(figure.alt) > 60
        json.dumps(figure.numbers())
    assert kind(**figure.settings).settings == figure.settings


@pytest.mark.parametrize("kind", KINDS)
def test_shown_with_words_picture_and_view(kind):
    data, _ = kind()._repr_mimebundle_()
    assert data["text/plain"] == kind().alt
    assert data["image/png"].startswith("iVBOR")
    assert "application/vnd.jupyter.widget-view+json" in data
    assert kind().fallback() == kind().fallback()


@pytest.mark.plain
@pytest.mark.parametrize("kind", KINDS)
def test_wrong_settings_are_named(kind):
    with pytest.raises(ValueError, match=f"{kind.__name__} has no setting 'colour'"):
        kind().settings = {"colour": 1}
    with pytest.raises(TypeError, match="settings as a dict"):
        kind().settings = 3


# ---------------------------------------------------------------- ForwardPass

JAX_RULES = {
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "leaky_relu": lambda z: jax.nn.leaky_relu(z, 0.01),
    "sigmoid": jax.nn.sigmoid,
    "identity": lambda z: z,
}


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_forward_pass_equals_jax(activation, layers):
    figure = ForwardPass(activation=activation, layers=layers, seed=5, point=[0.4, -1.7])
    x, numbers = jnp.array([0.4, -1.7]), figure.numbers()
    for i, (weight, bias) in enumerate(figure.layers):
        z = x @ weight + bias
        np.testing.assert_allclose(numbers["sums"][i], z, rtol=1e-5, atol=1e-6)
        x = z if i == layers else JAX_RULES[activation](z)
        np.testing.assert_allclose(numbers["outputs"][i + 1], x, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(numbers["probability"], jax.nn.sigmoid(z[0]), rtol=1e-5)


def test_forward_pass_sends_the_weights_it_names():
    figure = ForwardPass(layers=3, seed=SEEDS - 1)
    tables = figure.tables()
    assert tables["sizes_3"].tolist() == [2, 4, 4, 3, 1]
    flat = np.concatenate([part.ravel() for pair in figure.layers for part in pair])
    np.testing.assert_array_equal(tables["weights_3"][SEEDS - 1], flat)
    assert not np.array_equal(tables["weights_3"][0], tables["weights_3"][1])


def test_forward_pass_of_a_network_of_ones_own():
    layers = [(np.ones((2, 3)), np.zeros(3)), (jnp.ones((3, 1)), jnp.array([0.5]))]
    figure = ForwardPass(layers, activation="relu", point=[1.0, 0.5])
    assert set(figure.settings) == {"activation", "point"}
    assert figure.numbers()["outputs"] == [[1.0, 0.5], [1.5, 1.5, 1.5], [5.0]]
    assert figure.tables()["sizes"].tolist() == [2, 3, 1]
    assert figure.fallback()[:4] == b"\x89PNG"


@pytest.mark.plain
@pytest.mark.parametrize(
    ("network", "message"),
    [
        ([(np.ones((3, 2)), np.zeros(2))], r"layer 0 to have shape \(2, 2\); got \(3, 2\)"),
        ([(np.ones((2, 1)), np.zeros(1))], "1 to 3 hidden layers"),
        ([(np.ones((2, 7)), np.zeros(7)), (np.ones((7, 1)), np.zeros(1))], "at most 6 units"),
        ([(np.full((2, 3), np.nan), np.zeros(3)), (np.ones((3, 1)), np.zeros(1))], "without NaN"),
        ([(np.ones((2, 3)),)], "1 parts"),
    ],
)
def test_forward_pass_refuses_what_it_cannot_show(network, message):
    with pytest.raises(ValueError, match=message):
        ForwardPass(network)


@pytest.mark.plain
@pytest.mark.parametrize("point", [[3.0, 0.0], [0.0], "ab", [0.0, float("nan")], None])
def test_forward_pass_refuses_points_outside(point):
    with pytest.raises(ValueError, match="two numbers from -2 to 2"):
        ForwardPass(point=point)


# ---------------------------------------------------------------- ComputationGraph

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


# ---------------------------------------------------------------- FiniteDifference


RULES = {"sin(x)": jnp.sin, "exp(x)": jnp.exp, "x³": lambda x: x**3, "tanh(x)": jnp.tanh}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_derivatives_equal_jax(function):
    slope = jax.grad(RULES[function])
    curve = FUNCTIONS[function]
    np.testing.assert_allclose(curve.slope, slope(1.0), rtol=1e-6)
    np.testing.assert_allclose(curve.second, jax.grad(slope)(1.0), rtol=1e-5)
    np.testing.assert_allclose(curve.third, jax.grad(jax.grad(slope))(1.0), rtol=1e-5)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_errors_follow_the_theory(function, precision):
    eps = float(np.finfo(precision).eps)
    at = {h: FiniteDifference(function, precision, h).numbers() for h in (1e-2, 1e-13)}
    curve = FUNCTIONS[function]
    central = abs(curve.third) * 1e-4 / 6
    assert at[1e-2]["central_error"] == pytest.approx(central, rel=0.1, abs=200 * eps)
    assert at[1e-2]["forward_error"] == pytest.approx(abs(curve.second) * 1e-2 / 2, rel=0.1)
    assert at[1e-13]["central_error"] > 1e-5  # rounding has taken over
    best = at[1e-2]["best_central_step"]
    assert best == pytest.approx((3 * eps / 2 * abs(curve.function(1.0) / curve.third)) ** (1 / 3), rel=0.1)
    near = FiniteDifference(function, precision, best).numbers()
    assert near["central_error"] < 0.01 * max(at[1e-2]["forward_error"], at[1e-13]["central_error"])


def test_the_picture_shows_the_point():
    figure = FiniteDifference(step=0.01)
    before, drawn = figure.fallback(), [line.get_xydata().tolist() for line in figure.right.lines]
    n = figure.numbers()
    for name in ("forward", "central"):
        assert [[0.01, n[f"{name}_error"]]] in drawn
    figure.settings = {"step": 0.001}
    assert figure.fallback() != before
    assert f"{figure.numbers()['central']:.9g}" in figure.words()
