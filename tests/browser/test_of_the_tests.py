"""The checks at work on widgets that are broken on purpose: each must be caught, and the healthy one must pass."""

from typing import Any

import checks
import driver
import pytest

# One slider, one number, one line across the picture. What differs is the JavaScript.
WIDGETS = '''
import numpy as np
from dlnotes.plots import _style as style
from dlnotes.widgets._shell import STATIC, Canvas, Control, Picture

PAGE = """
export default widget((page) => {
  page.row("height");
  const surface = page.canvas({ width: 300, height: 150, label: "A line" });
  let first = null;
  page.draw(() => {
    const height = page.get("height");
    DO
    surface.line([[0, 150 - 12 * shown], [300, 150 - 12 * shown]], { color: page.color.blue });
    surface.text(10, 20, "height " + shown);
    return { twice: 2 * shown };
  });
});
"""
PARTS = {
    "Healthy": "const shown = height;",
    "Raises": "const shown = height; if (height === 7) throw new Error('seven is too much');",
    "DrawsNothing": "return { twice: 2 * height }; const shown = 0;",
    "Stale": "first ??= height; const shown = first;",
    "StalePicture": "",
}
WORDS = "the same picture, whatever the slider says"


class Line(Canvas):
    title = "A line"

    def __init__(self, **settings):
        super().__init__({"height": Control.slider("Height", 0, 10, 2)}, settings)

    def numbers(self):
        return {"twice": 2 * self.settings["height"]}

    def fallback(self):
        return style.png(style.figure(30, 20))


class FlatPicture(Picture):
    title = "A line that stays"
    size = (300, 150)

    def __init__(self, **settings):
        super().__init__({"height": Control.slider("Height", 0, 10, 2)}, settings)

    def build(self, figure):
        figure.subplots().plot([0, 1], [2, 2])

    def draw(self, height):
        pass

    def numbers(self):
        return {"twice": 2 * self.settings["height"]}


def make(name):
    if name == "StalePicture":
        return type(name, (FlatPicture,), {})()
    script = FOLDER / f"{name}.js"
    script.write_text(PAGE.replace("DO", PARTS[name]))
    return type(name, (Line,), {"script": str(script)})()
'''
NAMES = ("Healthy", "Raises", "DrawsNothing", "Stale", "StalePicture")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return f"import pathlib\nFOLDER = pathlib.Path({str(tmp_path_factory.mktemp('scripts'))!r})\n{WIDGETS}"


@pytest.fixture(scope="module")
def ward(opened, folder, source):
    driver.write_notebook(folder / "ward.ipynb", [source, *(f'make("{name}")' for name in NAMES)])
    notebook = opened("ward.ipynb")
    notebook.run()
    assert not notebook.errors()
    return notebook


def examine(notebook: driver.Notebook, source: str, name: str) -> None:
    """What test_widgets.py does with every widget."""
    notebook.trouble.clear()
    figure, space = checks.Figure(notebook, name), {}
    exec(source, space)
    widget: Any = space["make"](name)
    checks.is_shown(figure)
    checks.has_names(figure)
    checks.control_moves(figure, widget, "height")
    checks.shows_the_truth(figure, lambda: widget, patience=5)
    checks.sweep(figure, widget, "height")
    checks.shows_the_truth(figure, lambda: widget, patience=5)


def test_a_healthy_widget_passes(ward, source):
    examine(ward, source, "Healthy")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Raises", "seven is too much"),
        ("DrawsNothing", "a picture is empty"),
        ("Stale", "the picture is the same as before"),
        ("StalePicture", "the picture is the same as before"),
    ],
)
def test_a_broken_widget_is_caught(ward, source, name, words):
    with pytest.raises(AssertionError, match=words):
        examine(ward, source, name)


def test_stale_numbers_are_caught(ward, source):
    figure, space = checks.Figure(ward, "Stale"), {}
    exec(source, space)
    ward.trouble.clear()
    figure.input("height").fill("8")
    with pytest.raises(AssertionError, match=r"twice: 4 against 16"):
        checks.shows_the_truth(figure, lambda: space["make"]("Stale"), patience=2)
