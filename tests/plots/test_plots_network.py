"""The numbers drawn by plots.network."""

import numpy as np

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
