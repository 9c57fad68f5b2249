"""The table of gains: where the marks stand, what is written, and the verdict."""

import numpy as np
import pytest

from dlnotes import plots
from dlnotes.plots.gains import VERDICTS, verdict

ROWS = {"data": [4.0, 5.0, 6.0], "nothing much": [-0.5, 0.0, 1.1], "flips": [-3.0, -1.0, -2.0]}


def test_marks_words_and_verdicts():
    ax = plots.gain_table(ROWS, title="points")
    marks = {line.get_label(): line for line in ax.lines if line.get_label() in ROWS}
    for row, (name, values) in enumerate(ROWS.items()):
        np.testing.assert_array_equal(marks[name].get_xydata(), [[value, row] for value in values])
    assert [text.get_text() for text in ax.texts] == ["+5.0 ± 1.0", "+0.2 ± 0.8", "−2.0 ± 1.0"]
    assert [marks[name].get_marker() for name in ROWS] == [VERDICTS[v][1] for v in ("better", "not clear", "worse")]
    assert [label.get_text() for label in ax.get_yticklabels()] == list(ROWS)
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first on top
    assert ax.get_title() == "points"


def test_for_a_loss_less_is_better():
    ax = plots.gain_table(ROWS, less_is_better=True, places=2)
    marks = {line.get_label(): line.get_marker() for line in ax.lines}
    assert marks["data"] == VERDICTS["worse"][1]
    assert marks["flips"] == VERDICTS["better"][1]
    assert ax.texts[2].get_text() == "−2.00 ± 1.00"
    assert verdict([0.0, 1.0]) == "not clear"  # a zero is no gain
    assert plots.gain_table({"a": [-0.01, -0.02]}).texts[0].get_text() == "+0.0 ± 0.0"  # no minus before a zero


@pytest.mark.plain
@pytest.mark.parametrize(
    ("found", "options", "says"),
    [
        ({}, {}, "at least one name"),
        ({"a": [[1.0, 2.0]]}, {}, "shape"),
        ({"a": [1.0, np.nan]}, {}, "finite"),
        ({"a": [1.0]}, {"places": -1}, "places"),
    ],
)
def test_malformed(found, options, says):
    with pytest.raises(ValueError, match=says):
        plots.gain_table(found, **options)
