"""Every live figure in a real JupyterLab: moved by mouse and by keyboard, compared with Python, in both themes."""

import cases
import checks
import driver
import pytest

from dlnotes import widgets


@pytest.fixture(scope="module")
def gallery(opened, folder):
    """A notebook that shows every widget, each in a cell of its own."""
    driver.write_notebook(folder / "gallery.ipynb", [cases.IMPORTS, *(case.make for case in cases.CASES.values())])
    notebook = opened("gallery.ipynb")
    notebook.run()
    assert not notebook.errors()
    notebook.hide_frame()
    driver.SCREENS.mkdir(parents=True, exist_ok=True)
    return notebook


@pytest.fixture(params=list(cases.CASES))
def figure(request, gallery):
    return checks.Figure(gallery, request.param)


def test_every_widget_is_tried():
    assert set(cases.CASES) == cases.every_widget() >= set(widgets.__all__)


def test_it_is_there_has_names_and_is_reached_by_tab(figure):
    checks.is_shown(figure)
    figure.page.evaluate("() => document.activeElement.blur()")
    figure.root.screenshot(path=driver.SCREENS / f"{figure.name}_light.png")
    checks.has_names(figure)
    checks.is_reached_by_tab(figure)
    checks.is_legible(figure)
    checks.fits(figure)
    checks.shows_the_truth(figure, lambda: cases.make(figure.name), cases.CASES[figure.name].truth)


def test_it_moves_and_shows_what_python_says(figure):
    case, widget = cases.CASES[figure.name], cases.make(figure.name)

    def right() -> None:
        checks.shows_the_truth(figure, lambda: widget, case.truth)

    for drag in case.drags:
        was = figure.settings
        places = drag.start(was), drag.end(was)
        checks.moves(
            figure,
            lambda d=drag, p=places: checks.drag(figure, d.canvas, *p),
            lambda s, d=drag, w=was: s[d.setting] != w[d.setting] and d.right(s),
            f"a drag of {drag.setting}",
        )
        right()
    for press in case.keys:
        was = figure.settings
        checks.moves(
            figure,
            lambda p=press: checks.press(figure, p.canvas, p.keys),
            lambda s, p=press, w=was: p.right(w, s),
            f"the keys {press.keys}",
        )
        right()
    for name, control in widget.controls.items():
        if control.kind == "data":
            continue
        if name in case.first:
            other, value = case.first[name]
            figure.input(other).select_option(value)
            figure.settle()
        checks.control_moves(figure, widget, name, still=name in case.still)
        right()
        checks.sweep(figure, widget, name)
        right()
        checks.never_queues(figure, widget, name)
        right()


def test_it_is_legible_in_the_dark(gallery):
    gallery.theme("Dark")
    try:
        for name in cases.CASES:
            figure = checks.Figure(gallery, name)
            checks.is_shown(figure)
            checks.is_legible(figure)
            figure.root.screenshot(path=driver.SCREENS / f"{name}_dark.png")
    finally:
        gallery.theme("Light")


def test_it_fits_a_narrow_window(gallery):
    gallery.page.set_viewport_size({"width": 800, "height": 1600})
    try:
        gallery.page.wait_for_timeout(500)
        for name in cases.CASES:
            figure = checks.Figure(gallery, name)
            checks.is_shown(figure)
            checks.fits(figure)
            figure.root.screenshot(path=driver.SCREENS / f"{name}_800.png")
    finally:
        gallery.page.set_viewport_size({"width": 1280, "height": 1000})
