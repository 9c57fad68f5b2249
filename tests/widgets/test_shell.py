"""The base of every live figure: settings, errors, words, a still picture, and the bundle a notebook stores."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from dlnotes.widgets._shell import Canvas, Control, Picture


class Sine(Picture):
    title = "A sine"
    size = (300, 200)
    blit = True

    def __init__(self, **settings):
        controls = {
            "rate": Control.slider("Rate", 0.1, 10.0, 1.0, log=True),
            "count": Control.slider("Count", 1, 5, 2),
            "kind": Control.select("Kind", ["sine", "cosine"]),
            "flip": Control.toggle("Flip"),
            "seen": Control.data("Seen", [], list),
        }
        super().__init__(controls, settings)

    def build(self, figure):
        (self.line,) = figure.subplots().plot([0, 6], [-1, 1])

    def moving(self):
        return (self.line,) if self.blit else ()

    def draw(self, *, rate, count, kind, flip, seen):
        x = np.linspace(0, 6, 50)
        self.line.set_data(x, (-1 if flip else 1) * getattr(np, kind[:3])(rate * count * x))

    def numbers(self):
        return {"y": self.line.get_ydata()}


class Dot(Canvas):
    title = "A dot"
    script = "dot.js"

    def __init__(self, **settings):
        super().__init__({"place": Control.slider("Place", 0.0, 1.0, 0.5)}, settings)

    def tables(self):
        return {"one": np.arange(3.0), "two": np.ones((2, 2))}

    def numbers(self):
        return dict(self.settings)

    def fallback(self):
        return b"picture"

    def answer(self, question, buffers):
        return {"double": 2 * question["n"]}, [np.array([1.0, 2.0])]


@pytest.fixture
def dot(tmp_path, monkeypatch):
    for name, text in {"axes.js": "// axes", "dot.js": "export default {}", "picture.js": "", "shell.css": ""}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr("dlnotes.widgets._shell.STATIC", tmp_path)
    return Dot()


def test_a_control_knows_what_a_test_should_try():
    assert Control.slider("n", 1, 5, 2).values == (1, 3, 5)
    assert Control.slider("r", 0.01, 1.0, 0.1, log=True).values == pytest.approx((0.01, 0.1, 1.0))
    assert Control.slider("x", -1.0, 1.0, 0.0, step=0.1).values == (-1.0, 0.0, 1.0)
    assert Control.select("k", ["a", "b"]).values == ("a", "b")
    assert Control.toggle("t").values == (False, True)
    assert Control.slider("n", 1, 5, 2).whole
    assert not Control.slider("n", 1.0, 5.0, 2.0).whole


def test_every_control_of_a_picture_moves_it():
    sine = Sine()
    for name, control in sine.controls.items():
        for value in control.values:
            sine.settings = {name: value}
            assert sine.settings[name] == value
    np.testing.assert_allclose(sine.numbers()["y"], -np.cos(50 * np.linspace(0, 6, 50)))


def test_settings_restore_a_picture_exactly():
    first = Sine(rate=2.5, kind="cosine", flip=True, seen=[1, 2])
    second = Sine()
    assert first.fallback() != second.fallback()
    second.settings = first.settings
    assert first.fallback() == second.fallback()


def test_a_moved_slider_of_the_view_counts_and_blitting_changes_no_pixel():
    class Whole(Sine):
        blit = False

    with_blit, without = Sine(), Whole()
    for sine in (with_blit, without):
        sine.view.rate = 3.0  # what the page does
        assert sine.settings["rate"] == 3.0
    pixels = [np.asarray(Image.open(io.BytesIO(sine.fallback()))).astype(int) for sine in (with_blit, without)]
    assert pixels[0].shape == (200, 300, 3)
    # The frame lies over the line in one and under it in the other; nothing else may differ.
    assert np.mean(np.abs(pixels[0] - pixels[1]).max(-1) > 8) < 0.01


def test_a_picture_answers_its_page_with_what_was_asked_even_before_the_settings_arrive(monkeypatch):
    sine, sent = Sine(), []
    monkeypatch.setattr(sine.view, "send", lambda content, buffers=None: sent.append((content, buffers)))
    asked = {**sine.settings, "rate": 2.5, "kind": "cosine"}
    sine._message(sine.view, {"ask": "1", "question": {"settings": asked}}, [])
    (content, (picture,)) = sent[0]
    other = Sine(rate=2.5, kind="cosine")
    assert np.array_equal(*(np.asarray(Image.open(io.BytesIO(png))) for png in (picture, other.fallback())))
    assert content["answer"] == "1"
    assert content["reply"]["alt"] == other.alt
    np.testing.assert_allclose(content["reply"]["numbers"]["y"], other.numbers()["y"])
    assert sine.settings == Sine().settings  # those come by themselves, and then it draws them
    assert sine.fallback() == Sine().fallback()
    with pytest.raises(ValueError, match="rate"):
        sine._message(sine.view, {"ask": "2", "question": {"settings": {"rate": 99.0}}}, [])
    assert sent[1][0]["answer"] == "2"
    assert "rate" in sent[1][0]["error"]


def test_refresh_tells_the_page_to_ask_again(monkeypatch):
    sine, sent = Sine(), []
    monkeypatch.setattr(sine.view, "send", lambda content, buffers=None: sent.append(content))
    before = sine.fallback()
    sine.line.axes.set_facecolor("#ff0000")
    assert sine.fallback() == before  # the still part is drawn once
    sine.refresh()
    assert sine.fallback() != before
    assert sent == [{"event": "moved"}]


@pytest.mark.plain
@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"rat": 1.0}, ValueError, "Sine has no setting 'rat'. Its settings are: rate, count, kind, flip, seen."),
        ({"rate": 11.0}, ValueError, "rate to be a finite number at least 0.1 and at most 10; got 11"),
        ({"rate": "fast"}, TypeError, "got 'fast'"),
        ({"count": 2.5}, TypeError, "count to be an integer"),
        ({"kind": "cosin"}, ValueError, "Did you mean 'cosine'?"),
        ({"flip": 1}, TypeError, "flip to be True or False"),
        (3, TypeError, "settings as a dict such as {'rate': 1.0}"),
    ],
)
def test_settings_that_do_not_fit_say_so_and_change_nothing(settings, error, words):
    sine = Sine()
    before = sine.settings
    with pytest.raises(error) as raised:
        sine.settings = settings
    assert words in str(raised.value)
    assert sine.settings == before


def test_what_a_notebook_stores(dot):
    for widget, picture in ((Sine(), Sine().fallback()), (dot, b"picture")):
        data, _ = widget._repr_mimebundle_()
        assert data["text/plain"] == widget.alt
        assert base64.b64decode(data["image/png"]) == picture
        assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == widget.view.model_id
        assert not hasattr(widget, "_ipython_display_")  # ipywidgets 7 would show that, and nothing else


def test_a_canvas_keeps_page_and_settings_in_step(dot):
    dot.view.place = 0.25  # what the page does
    assert dot.settings == {"place": 0.25}
    dot.settings = {"place": 1.0}
    assert dot.view.place == 1.0
    assert dot.view._esm == "// axes\nexport default {}"
    assert dot.view.page["controls"]["place"]["maximum"] == 1.0


def test_a_canvas_packs_its_tables(dot):
    assert dot.view.page["shapes"] == {"one": [0, [3]], "two": [3, [2, 2]]}
    np.testing.assert_array_equal(np.frombuffer(dot.view.tables, np.float32), [0, 1, 2, 1, 1, 1, 1])


def test_a_canvas_answers_its_page(dot, monkeypatch):
    sent = []
    monkeypatch.setattr(dot.view, "send", lambda content, buffers=None: sent.append((content, buffers)))
    dot._message(dot.view, {"ask": "7", "question": {"n": 4}}, [])
    assert sent[0][0] == {"answer": "7", "reply": {"double": 8}}
    np.testing.assert_array_equal(np.frombuffer(sent[0][1][0], np.float32), [1, 2])
    with pytest.raises(KeyError):
        dot._message(dot.view, {"ask": "8", "question": {}}, [])
    assert sent[1][0] == {"answer": "8", "error": "KeyError: 'n'"}
    dot._message(dot.view, {"something": "else"}, [])
    assert len(sent) == 2


@pytest.mark.plain
def test_a_canvas_refuses_names_that_every_widget_has():
    class Wrong(Dot):
        script = "activation_explorer.js"

        def __init__(self):
            Canvas.__init__(self, {"layout": Control.toggle("Layout")}, {})

    with pytest.raises(ValueError, match="cannot call a setting 'layout'"):
        Wrong()
