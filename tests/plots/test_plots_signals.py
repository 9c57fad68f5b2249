"""The maps and curves of signals against depth draw the numbers they were given."""

import numpy as np

from dlnotes.plots import figure, magnitude_map, spread_by_depth


def test_a_map_has_a_column_for_each_layer_and_the_lowest_row_below():
    shares = np.zeros((4, 3))
    shares[0, 0], shares[3, 2] = 1, 0.25
    ax = magnitude_map(shares, figure(300, 200).add_subplot(), limits=(-4, 4), layer=2)
    (image,) = ax.images
    np.testing.assert_allclose(image.get_array(), np.sqrt(shares))
    assert image.get_extent() == [0.5, 3.5, -4, 4]
    assert image.origin == "lower"
    assert ax.lines[0].get_xdata()[0] == 2
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["$10^{-4}$", "$10^{0}$", "$10^{4}$"]


def test_a_curve_is_the_median_with_its_band_and_ends_where_it_is_zero():
    seeds = np.array([[1.0, 0.1, 0.01], [2.0, 0.2, 0.02], [4.0, 0.4, 0.04]])
    ax = spread_by_depth({"He": seeds, "zero": [1e-30, 0.0, 0.0]}, figure(300, 200).add_subplot(), limits=(-3, 3))
    lines = {line.get_label(): line.get_xydata() for line in ax.lines}
    np.testing.assert_allclose(lines["He"], [[1, 2], [2, 0.2], [3, 0.02]])
    np.testing.assert_allclose(lines["zero"][:, 1], [1e-3, np.nan, np.nan])
    (band,) = ax.collections
    assert {1.0, 4.0, 0.01, 0.04} <= set(np.round(band.get_paths()[0].vertices[:, 1], 6))
    assert ax.get_yscale() == "log"
    assert ax.get_ylim() == (1e-3, 1e3)
