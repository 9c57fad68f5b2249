"""The numbers drawn by plots.graph."""

import itertools

from dlnotes.plots.graph import Node, expression_graph, layered


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
    assert [text for text in texts if text] == ["x", "data 2", "grad ", "tanh", "data 0.96", "grad 1"]
    assert len(ax.patches) == 2
