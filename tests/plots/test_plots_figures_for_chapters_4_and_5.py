"""The numbers drawn by the network, graph and finite-difference plots."""

import itertools

import numpy as np
import pytest

from dlnotes.plots.finite_difference import difference_errors, secants
from dlnotes.plots.graph import Node, expression_graph, layered
from dlnotes.plots.network import network_edges, neuron_map


def test_neuron_map_draws_the_values_with_a_symmetric_scale():
    values = np.arange(12.0).reshape(3, 4) - 6
    ax = neuron_map(values, (-1.0, 1.0, -2.0, 2.0), 6.0, point=(0.5, -1.0))
    (image,) = ax.get_images()
    np.testing.assert_array_equal(image.get_array(), values)
    assert image.get_clim() == (-6.0, 6.0)
    assert image.origin == "lower"
    assert ax.lines[0].get_xydata().tolist() == [[0.5, -1.0]]


def test_network_edges_tell_sign_by_dash_and_size_by_width():
    ax = network_edges([np.array([[2.0], [-1.0]])], [[(0.0, 0.0), (0.0, 1.0)], [(1.0, 0.5)]])
    plus, minus = ax.lines
    assert plus.get_xydata().tolist() == [[0, 0], [1, 0.5]]
    assert (plus.get_linestyle(), minus.get_linestyle()) == ("-", "--")
    assert plus.get_linewidth() == 4.5
    assert minus.get_linewidth() == 2.5
    assert plus.get_color() != minus.get_color()


def test_layered_places_children_right_of_parents_and_apart():
    parents = [[], [], [0, 1], [], [2, 3], [4, 0], [5]]
    places = layered(parents)
    assert len(set(places)) == len(places)
    for node, above in enumerate(parents):
        assert all(places[parent][0] < places[node][0] for parent in above)
    for column in {c for c, _ in places}:
        rows = sorted(r for c, r in places if c == column)
        assert all(b - a > 0.999 for a, b in itertools.pairwise(rows))
    assert min(r for _, r in places) == 0
    assert places[3][0] == places[4][0] - 1  # an input stands beside what uses it


def test_expression_graph_prints_data_and_gradient():
    ax = expression_graph([Node("x", 2.0, None, ()), Node("tanh", 0.964, 1.0, (0,))])
    texts = [text.get_text() for text in ax.texts]
    assert [text for text in texts if text] == ["x", "data 2", "grad ", "tanh", "data 0.964", "grad 1"]
    assert len(ax.patches) == 2


def test_difference_errors_draws_what_it_is_given():
    steps = np.array([1e-3, 1e-2, 1e-1])
    errors = {"forward": steps * 2, "central": steps**2}
    bounds = {"forward": steps * 3, "central": steps**2 * 4}
    marks = {"forward": (1e-2, 0.5), "central": (1e-1, 0.25)}
    ax = difference_errors(steps, errors, bounds, marks, {"forward": (1e-3, 7.0), "central": (1e-3, 8.0)})
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    drawn = [line.get_xydata().tolist() for line in ax.lines]
    for name in ("forward", "central"):
        for curve in (errors, bounds):
            assert np.column_stack([steps, curve[name]]).tolist() in drawn
        assert [list(marks[name])] in drawn
    assert [[1e-3, 7.0]] in drawn
    assert [[1e-3, 8.0]] in drawn


@pytest.mark.parametrize("h", [1.0, 1e-3, 1e-18])
def test_secants_go_through_their_two_points(h):
    ax = secants(np.exp, 1.0, h, np.e)
    lines = {line.get_label(): line.get_xydata() for line in ax.lines}
    if h == 1e-18:  # both points are one number: no line
        assert np.isnan(lines["forward"][:, 1]).all()
        return
    for name, left, right in (("forward", 1.0, 1 + h), ("central", 1 - h, 1 + h)):
        x, y = lines[name].T
        rise = (np.exp(right) - np.exp(left)) / (right - left)
        np.testing.assert_allclose(y, np.exp(left) + rise * (x - left), rtol=1e-9)
