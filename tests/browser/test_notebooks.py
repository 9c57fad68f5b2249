"""Every notebook as a reader meets it: opened in JupyterLab, Run All, every figure alive."""

import re

import cases
import driver
import pytest

NOTEBOOKS = sorted(path.name for path in (driver.ROOT / "notebooks").glob("*.ipynb"))
# Words that only the text of a widget has: its name with settings, or ipywidgets' own.
BARE = re.compile(rf"^({'|'.join(cases.CASES)}|\w+View|[HV]Box|Image|HTML)\(")


@pytest.fixture
def notebook(request, lab, chromium):
    """Open, run; the kernel is stopped afterwards, whatever happened, to give its memory back."""
    notebook = driver.Notebook(chromium, lab, request.param)
    try:
        notebook.run()
        yield notebook
    finally:
        notebook.close()


@pytest.mark.parametrize("notebook", NOTEBOOKS, indirect=True)
def test_run_all(notebook):
    page, stem = notebook.page, notebook.name.removesuffix(".ipynb")
    assert notebook.errors() == []
    outputs = [output for output in notebook.outputs() if "data" in output]
    bare = [o["cell"] for o in outputs if driver.VIEW not in o["data"] and BARE.match("".join(o["data"]["text/plain"]))]
    assert not bare, f"cells {bare} show a widget's text where the widget should be"

    live = [output["cell"] for output in outputs if driver.VIEW in output["data"]]
    dead = page.evaluate(
        """(cells) => cells.filter((number) => {
            const node = jupyterapp.shell.currentWidget.content.widgets[number].node;
            const roots = [...node.querySelectorAll('.jp-OutputArea-output .jupyter-widgets, .dlnotes')];
            return !roots.some((e) => e.offsetHeight > 20 && (!e.matches('.dlnotes') || +e.dataset.drawn > 0));
        })""",
        live,
    )
    assert not dead, f"the widgets of cells {dead} are not there"
    figures = page.locator(".dlnotes")
    assert figures.count() == sum(
        "".join(output["data"]["text/plain"]).startswith(tuple(cases.CASES)) or "image/png" in output["data"]
        for output in outputs
        if driver.VIEW in output["data"]
    )
    assert page.get_by_text("Loading widget").count() == 0
    assert page.locator(".dlnotes .dl-error:not(:empty)").count() == 0

    notebook.hide_frame()
    driver.SCREENS.mkdir(parents=True, exist_ok=True)
    page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').scrollTo(0, 0)")
    page.screenshot(path=driver.SCREENS / f"{stem}_top.png")
    for i, figure in enumerate(figures.all()):
        figure.scroll_into_view_if_needed()
        figure.screenshot(path=driver.SCREENS / f"{stem}_{i}_{figure.get_attribute('data-name')}.png")
    assert notebook.trouble == []
