"""The map of sizes, the bands and the dots draw the numbers they were given."""

import numpy as np
import pytest

from dlnotes.plots import figure, magnitude_map, seed_bands, seed_dots


def test_a_map_has_a_column_for_each_layer_and_the_lowest_row_below():
    shares = np.zeros((4, 3))
    shares[0, 0], shares[3, 2] = 1, 0.25
    ax = magnitude_map(shares, figure(300, 200).add_subplot(), limits=(-4, 4), layer=2)
    (image,) = ax.images
    np.testing.assert_allclose(image.get_array(), np.sqrt(shares))
    assert list(image.get_extent()) == [0.5, 3.5, -4, 4]
    assert image.origin == "lower"
    assert ax.lines[0].get_xdata()[0] == 2


def test_a_band_is_the_median_between_the_lowest_and_the_highest():
    seeds = np.array([[1.0, 0.1, 0.01], [2.0, 0.2, 0.02], [4.0, 0.4, 0.04]])
    ax = seed_bands({"He": seeds, "alone": [5, 6, 7]}, x=[0.1, 1, 10], title="T", xscale="log", yscale="log")
    assert (ax.get_title(), ax.get_yscale()) == ("T", "log")
    lines = {line.get_label(): line for line in ax.lines}
    np.testing.assert_allclose(lines["He"].get_xydata(), [[0.1, 2], [1, 0.2], [10, 0.02]])
    np.testing.assert_allclose(lines["alone"].get_ydata(), [5, 6, 7])
    (band,) = ax.collections
    assert {1.0, 4.0, 0.01, 0.04} <= set(np.round(band.get_paths()[0].vertices[:, 1], 6))
    assert ax.get_xscale() == "log"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["He", "alone"]
    assert {lines[name].get_linestyle() for name in lines} == {"-", "--"}  # told apart without colour
    np.testing.assert_allclose(seed_bands({"a": [3, 4]}).lines[0].get_xdata(), [1, 2])


def test_dots_stand_in_rows_from_the_top():
    ax = seed_dots({"first": [0.5, 0.7, 0.6], "second": [1, 1, 4]}, figure(300, 200).add_subplot(), xlabel="x")
    assert ax.get_xlabel() == "x"
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[0.5, 0], [0.7, 0], [0.6, 0]])
    np.testing.assert_allclose(ax.lines[1].get_xydata(), [[1, 1], [1, 1], [4, 1]])
    assert [text.get_text() for text in ax.texts] == ["0.6 ± 0.1", "2 ± 2"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["first", "second"]
    low, high = ax.get_ylim()
    assert low > high, "the first row is on top"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: seed_bands({}), "seed_bands expects at least one name"),
        (lambda: seed_bands({"a": 3.0}), r"the numbers of 'a' in shape \(seeds, n\) or \(n,\); got \(\)"),
        (lambda: seed_dots({"a": [[1, 2]]}), r"in shape \(seeds,\); got \(1, 2\)"),
        (lambda: seed_dots({"a": []}), r"got \(0,\)"),
        (lambda: seed_dots({"a": [1, np.nan]}), "finite numbers for 'a'"),
        (lambda: seed_bands({"a": [[1, 2]]}, x=[1]), r"1 numbers for each seed of 'a', as x has; got \(1, 2\)"),
        (lambda: magnitude_map([1, 2], limits=(0, 4)), r"of shape \(rows, layers\); got \(2,\)"),
    ],
)
def test_malformed_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
