"""Parallel coordinates and the valley of rates, judged by the numbers they drew."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from dlnotes import plots

SETTINGS = {"rate": [0.01, 0.1, 1.0, 0.1], "momentum": [0.9, 0.0, 0.45, 0.9]}
SCORE = [0.5, 0.3, np.nan, 1.3]


def test_each_training_is_a_line_through_its_values():
    ax = plots.parallel_coordinates(SETTINGS, SCORE, log=["rate"])
    heights = np.array([line.get_ydata() for line in ax.lines])
    np.testing.assert_allclose(heights[:4, 0], [0, 0.5, 1, 0.5], atol=1e-12)
    np.testing.assert_allclose(heights[:4, 1], [1, 0, 0.5, 1], atol=1e-12)
    np.testing.assert_allclose(heights[:4, 2], [0.8, 1, 0, 0], atol=1e-12)  # a low loss is high up, NaN at the bottom
    assert all(line.get_xdata().tolist() == [0, 1, 2] for line in ax.lines)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["rate", "momentum", "validation loss"]


def test_the_best_is_marked_by_more_than_colour_and_lies_on_top():
    ax = plots.parallel_coordinates(SETTINGS, SCORE, log=["rate"])
    *trainings, best = ax.lines
    np.testing.assert_allclose(best.get_xydata(), trainings[1].get_xydata())
    assert best.get_marker() == "*"
    assert best.get_linewidth() > max(line.get_linewidth() for line in trainings)
    assert best.get_zorder() > max(line.get_zorder() for line in trainings)
    bold = [text.get_text() for text in ax.texts if text.get_weight() == "bold"]
    assert bold == ["0.1", "0", "0.3"]
    assert [line.get_linestyle() for line in trainings] == ["-", "-", ":", "-"]


def test_better_is_darker_and_above():
    ax = plots.parallel_coordinates({"a": np.arange(6.0)}, [3, 1, 2, 5, 4, 0.5])
    lines = ax.lines[:6]
    order = np.argsort([3, 1, 2, 5, 4, 0.5])
    brightness = np.array([np.dot(to_rgb(line.get_color()), [0.299, 0.587, 0.114]) for line in lines])[order]
    assert (np.diff(brightness) > 0).all()
    assert (np.diff(np.array([line.get_zorder() for line in lines])[order]) < 0).all()


def test_an_accuracy_is_better_when_higher_and_a_column_of_one_value_stands_in_the_middle():
    ax = plots.parallel_coordinates({"rate": [2.0, 2.0]}, [0.2, 0.9], lower_is_better=False, label="accuracy")
    np.testing.assert_allclose(ax.lines[2].get_ydata(), [0.5, 1.0])
    ticks = [text.get_text() for text in ax.texts if text.get_weight() != "bold"]
    assert ticks == ["1", "2", "3", "0.2", "0.55", "0.9"]


def test_a_logarithmic_axis_says_the_middle_that_it_has():
    ax = plots.parallel_coordinates({"rate": [0.01, 1.0]}, [0.1, 10.0], log=["rate", "validation loss"])
    ticks = [text.get_text() for text in ax.texts if text.get_weight() != "bold"]
    assert ticks == ["0.01", "0.1", "1", "10", "1", "0.1"]


def test_the_valley_has_gaps_where_it_exploded_and_names_its_parts():
    rates = [0.01, 0.1, 1.0, 10.0]
    ax = plots.rate_valley(rates, [0.9, 0.2, np.inf, np.nan], right=(0.05, 0.2), at=0.15)
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), rates)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [0.9, 0.2, np.nan, np.nan])
    assert [text.get_text() for text in ax.texts] == ["too small", "right", "too large"]
    assert ax.lines[-1].get_xydata().tolist() == [[0.1, 0.2]]
    assert ax.get_xscale() == ax.get_yscale() == "log"


@pytest.mark.plain
@pytest.mark.parametrize(
    "call",
    [
        lambda: plots.parallel_coordinates({}, [1.0]),
        lambda: plots.parallel_coordinates([1.0], [1.0]),
        lambda: plots.parallel_coordinates({"a": [1.0, 2.0]}, [1.0]),
        lambda: plots.parallel_coordinates({"a": [np.nan]}, [1.0]),
        lambda: plots.parallel_coordinates({"a": ["x"]}, [1.0]),
        lambda: plots.parallel_coordinates({"a": [1.0]}, [np.nan]),
        lambda: plots.parallel_coordinates({"a": [1.0]}, [1.0], log=["b"]),
        lambda: plots.parallel_coordinates({"a": [0.0]}, [1.0], log=["a"]),
        lambda: plots.rate_valley([0.1, 1.0], [1.0]),
        lambda: plots.rate_valley([1.0, 0.1], [1.0, 1.0]),
        lambda: plots.rate_valley([0.0, 0.1], [1.0, 1.0]),
        lambda: plots.rate_valley([0.1], [1.0], right=(0.0, 1.0)),
        lambda: plots.rate_valley([0.1], [1.0], at=-1.0),
    ],
)
def test_malformed_input_is_named(call):
    with pytest.raises((TypeError, ValueError), match="expects"):
        call()
