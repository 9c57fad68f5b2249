"""A real JupyterLab in a real Chromium, driven from Python; shared by the browser tests and benchmarks/widget_latency.

JupyterLab is started with `expose_app_in_browser`, so that `window.jupyterapp` runs its commands and says how things
stand: waiting for the kernel and for Run All is then exact, where watching the page's prompts is guesswork.
"""

import base64
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import nbformat

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCREENS = ROOT / "build" / "screens"
PATIENCE = 300  # seconds; for a machine that is busy with other things
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --force-color-profile=srgb"
).split()
SETTINGS = {
    # Cells off screen must be in the page, or waiting for them times out.
    "notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"},
    "apputils-extension/notification.jupyterlab-settings": {"fetchNews": "false", "checkForUpdates": False},
}
VIEW = "application/vnd.jupyter.widget-view+json"


@contextlib.contextmanager
def jupyterlab(folder: pathlib.Path, home: pathlib.Path) -> Iterator[str]:
    """JupyterLab on 127.0.0.1, serving `folder`, its own settings and log in `home`. Gives its address."""
    for name, values in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {
        **os.environ,
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JAX_PLATFORMS": "cpu",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
    command += ["--IdentityProvider.token=browser-test", "--allow-root", f"--ServerApp.root_dir={folder}"]
    command += ["--LabApp.expose_app_in_browser=True"]
    with (home / "log.txt").open("w") as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=subprocess.STDOUT)
        base = f"http://127.0.0.1:{port}"
        try:
            _wait_for(f"{base}/api?token=browser-test", server, home / "log.txt")
            yield base
        finally:
            server.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(20)
            server.kill()


def _wait_for(url: str, server: subprocess.Popen, log: pathlib.Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.3)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """Debian's Chromium under Playwright; RuntimeError where there is none."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise RuntimeError("Chromium is missing (Debian and Ubuntu: apt-get install chromium).")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise RuntimeError("Playwright is missing: pip install -e '.[browser]'.") from error
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET, timeout=1000 * PATIENCE)
        yield browser
        browser.close()


def write_notebook(path: pathlib.Path, cells: list[str]) -> None:
    """A notebook of code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)


class Notebook:
    """One notebook, open in JupyterLab.

    Attributes:
        page: Playwright's page.
        trouble: What the browser's console reported as errors.
    """

    def __init__(self, browser: Any, base: str, name: str, *, width: int = 1280, height: int = 1000) -> None:
        self.trouble: list[str] = []
        self.name = name
        self.page = browser.new_page(viewport={"width": width, "height": height})
        self.page.set_default_timeout(1000 * PATIENCE)
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("console", lambda said: said.type == "error" and self.trouble.append(said.text))
        self.page.goto(f"{base}/lab/tree/{name}?token=browser-test&reset")
        self.page.wait_for_function("name => window.jupyterapp?.shell.currentWidget?.context?.path === name", arg=name)
        state = self.page.wait_for_function(
            "() => document.querySelector('.jp-Dialog')?.innerText"
            " || (jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle' && 'idle')"
        ).json_value()
        assert state == "idle", f"{name}: JupyterLab asks the reader something before the notebook can run: {state!r}"
        self._await("panel.context.ready.then(() => panel.sessionContext.ready)", "the notebook to open")

    def command(self, name: str, **arguments: Any) -> Any:
        """Run one of JupyterLab's commands and wait until it is done."""
        return self._await(f"app.commands.execute('{name}', {json.dumps(arguments)})", name)

    def run(self) -> None:
        """Run All, and wait until the last cell is done and its widgets have arrived."""
        self.command("notebook:clear-all-cell-outputs")
        self.command("notebook:run-all-cells")
        self.page.wait_for_function(
            "() => !/Loading widget/.test(document.querySelector('.jp-Notebook').innerText)"
            " && [...document.querySelectorAll('.dlnotes')].every(e => +e.dataset.drawn > 0)"
        )

    def outputs(self) -> list[dict[str, Any]]:
        """Every output of every code cell as JupyterLab holds it, with `cell` (its number) added."""
        return self.page.evaluate(
            """() => jupyterapp.shell.currentWidget.content.widgets.flatMap((cell, number) => cell.model.type === 'code'
                ? cell.model.outputs.toJSON().map((output) => ({...output, cell: number})) : [])"""
        )

    def errors(self) -> list[str]:
        """What cells reported: exceptions, and anything on standard error."""
        found = []
        for output in self.outputs():
            if output["output_type"] == "error":
                found.append(f"cell {output['cell']}: {output['ename']}: {output['evalue']}")
            elif output.get("name") == "stderr":
                text = output["text"]
                found.append(f"cell {output['cell']} on stderr: {text if isinstance(text, str) else ''.join(text)}")
        return found

    def theme(self, name: str) -> None:
        """ "Light" or "Dark"; waits until the page has it."""
        self.command("apputils:change-theme", theme=f"JupyterLab {name}")
        self.page.wait_for_function(
            f"() => document.body.dataset.jpThemeLight === '{str(name == 'Light').lower()}'"
            " && [...document.styleSheets].length > 0"
        )
        self.page.wait_for_timeout(1300)  # the figures look at the new colours for a second

    def hide_frame(self) -> None:
        """Close the side bar, so that the notebook has the window's width."""
        self.command("application:toggle-left-area") if self.page.locator("#jp-left-stack:visible").count() else None

    def close(self) -> None:
        """Shut the kernel down and close the page."""
        with contextlib.suppress(Exception):
            self._await("panel.sessionContext.shutdown()", "the kernel to stop")
        self.page.close()

    def _await(self, promise: str, what: str) -> Any:
        """The value of a promise in the page, `app` and `panel` (the notebook) at hand; an error if it never comes."""
        return self.page.evaluate(
            f"""() => {{
                const app = window.jupyterapp, panel = app.shell.currentWidget;
                const late = new Promise((_, no) => setTimeout(() => no(new Error("waited too long for " + {what!r})),
                                                               {1000 * PATIENCE}));
                return Promise.race([late, Promise.resolve({promise}).then((v) => (typeof v === 'object' ? null : v))]);
            }}"""
        )


def picture_bytes(page: Any, image: Any) -> bytes:
    """The bytes behind an <img> with a blob address."""
    text = image.evaluate(
        """async (e) => {
            const blob = await (await fetch(e.src)).blob();
            return new Promise((yes) => {
                const reader = new FileReader();
                reader.onload = () => yes(reader.result.split(",")[1]);
                reader.readAsDataURL(blob);
            });
        }"""
    )
    return base64.b64decode(text)
