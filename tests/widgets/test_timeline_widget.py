"""The timeline widget: every year draws, the words name what happened, the dates are those of the sources."""

import pytest

from dlnotes.widgets.timeline import FIRST, LAST, MILESTONES, ROWS, Timeline


def test_every_milestone_has_a_row_a_sentence_and_a_source():
    for one in MILESTONES:
        assert any(first <= one.year < last for first, last in ROWS)
        assert one.text.endswith(".")
        assert one.source
    assert (MILESTONES[0].year, MILESTONES[-1].year) == (FIRST, LAST)


def test_moving_the_year():
    widget = Timeline()
    pictures = set()
    for year, count, latest in (
        (FIRST, 1, ["neuron"]),
        (1984, 6, ["Neocognitron"]),
        (2018, 18, ["GPT", "BERT"]),
        (LAST, 24, ["DeepSeek-R1"]),
    ):
        widget.settings = {"year": year}
        numbers = widget.numbers()
        assert (numbers["count"], numbers["latest"]) == (count, latest)
        assert all(name in widget.alt for name in latest)
        pictures.add(widget.fallback())
    assert len(pictures) == 4
    assert "GPT" not in Timeline(year=2016).alt


def test_the_page_shows_the_same(page):
    widget, years = Timeline(), [FIRST, 1956, 1957, 2005, 2006, 2018, 2024, LAST]
    for year, shown in zip(years, page(widget, [{"year": year} for year in years]), strict=True):
        widget.settings = {"year": year}
        assert shown["numbers"] == widget.numbers()


@pytest.mark.plain
@pytest.mark.parametrize("year", [1942, 2026, 1986.5, "1986"])
def test_years_out_of_range(year):
    with pytest.raises((TypeError, ValueError), match="year"):
        Timeline(year=year)
