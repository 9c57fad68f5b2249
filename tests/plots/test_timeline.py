"""The timeline draws each milestone once, at its year, without labels on top of each other."""

import pytest

from dlnotes.plots import _style as style
from dlnotes.plots.timeline import Milestone, timeline
from dlnotes.widgets.timeline import MILESTONES, ROWS


def drawn(milestones, now, years):
    return timeline(milestones, now, style.figure(740, 260).subplots(), years=years)


def test_dots_stand_at_their_years():
    ax = drawn(MILESTONES, 2025, ROWS[0])
    wanted = [one.year for one in MILESTONES if ROWS[0][0] <= one.year < ROWS[0][1]]
    dots = [line.get_xdata()[0] for line in ax.lines if line.get_marker() in "os^"]
    assert dots == wanted
    assert [int(text.get_text()[:5]) for text in ax.texts] == wanted


@pytest.mark.parametrize("now", [1943, 1986, 2018, 2025])
@pytest.mark.parametrize("years", ROWS)
def test_labels_never_overlap_and_stay_inside_and_no_stem_crosses_them(now, years):
    ax = drawn(MILESTONES, now, years)
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    for i, box in enumerate(boxes):
        assert box.x0 >= 0
        assert box.x1 <= 740
        assert not any(box.overlaps(other) for other in boxes[:i]), ax.texts[i].get_text()
    for stem in (line for line in ax.lines if len(set(line.get_xdata())) == 1 and len(line.get_xdata()) == 2):
        (x0, y0), (_x1, y1) = ax.transData.transform(stem.get_xydata())
        crossed = [box for box in boxes if box.x0 + 2 < x0 < box.x1 and min(y0, y1) < box.y0 and box.y1 < max(y0, y1)]
        assert not crossed


def test_the_future_is_pale_and_the_latest_is_bold():
    steps = [Milestone(year, str(i), "idea", "", "") for i, year in enumerate((1943, 1957, 1957, 1969))]
    ax = drawn(steps, 1960, (1940, 1980))
    assert [text.get_fontweight() for text in ax.texts] == ["normal", "bold", "bold", "normal"]
    assert [text.get_color() == style.INK for text in ax.texts] == [True, True, True, False]


@pytest.mark.parametrize(
    ("milestones", "years", "message"),
    [
        ([], (1940, 2000), "at least one milestone"),
        ([Milestone(1969, "b", "idea", "", ""), Milestone(1943, "a", "idea", "", "")], (1940, 2000), "Sort them"),
        ([Milestone(1943, "a", "idea", "", "")], (2000, 1940), "first < last"),
        ([Milestone(1943, "a", "rumour", "", "")], (1940, 2000), "rumour"),
    ],
)
@pytest.mark.plain
def test_malformed(milestones, years, message):
    with pytest.raises(ValueError, match=message):
        drawn(milestones, 1990, years)
