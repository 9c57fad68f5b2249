"""A real JupyterLab and a real Chromium, once for all browser tests.

These run only with `--browser` (make test-browser): they need Chromium, which pip cannot bring.
"""

import pathlib
import shutil

import driver
import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here = pathlib.Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("browser")
            if not config.getoption("--browser"):
                item.add_marker(pytest.mark.skip(reason="opens a browser: make test-browser"))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The folder JupyterLab serves: a copy of the notebooks, so that a run changes nothing in the repository."""
    folder = tmp_path_factory.mktemp("served")
    for path in (driver.ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="session")
def lab(folder: pathlib.Path, tmp_path_factory: pytest.TempPathFactory):
    """The address of a JupyterLab on 127.0.0.1 that serves `folder`."""
    with driver.jupyterlab(folder, tmp_path_factory.mktemp("jupyter")) as base:
        yield base


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium under Playwright."""
    try:
        with driver.chromium() as browser:
            yield browser
    except RuntimeError as error:
        pytest.fail(str(error))


@pytest.fixture(scope="module")
def opened(lab, chromium):
    """`opened(name)`: that notebook, open and its kernel idle; closed and its kernel stopped at the module's end."""
    open_: list[driver.Notebook] = []

    def opened(name: str, **options) -> driver.Notebook:
        open_.append(driver.Notebook(chromium, lab, name, **options))
        return open_[-1]

    yield opened
    for notebook in open_:
        notebook.close()
