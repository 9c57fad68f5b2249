"""ForwardPass, ComputationGraph, FiniteDifference: every control through all its values; words, picture, view."""

import itertools
import json

import pytest

from dlnotes.widgets.computation_graph import ComputationGraph
from dlnotes.widgets.finite_difference import FiniteDifference
from dlnotes.widgets.forward_pass import ForwardPass

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
