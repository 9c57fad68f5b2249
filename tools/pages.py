"""The published pages: `python tools/pages.py execute [--stale] | build | check`.

    execute   run every notebook and keep what it shows, its live figures included, in build/executed; its words must be
              those committed. With --stale, only the notebooks older there than themselves or the package
    build     lay the executed notebooks out as a static site, build/site, and check its links
    check     every link inside build/site leads somewhere; no page loads anything from elsewhere

A figure drawn in JavaScript lives on the page without a kernel: its settings, tables and code are written into the page
and docs/_static/live.js plays the part of the notebook. A figure drawn in Python stands still there, and says so.
"""

import html
import json
import re
import shutil
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import nbformat

import notebooks

ROOT = notebooks.ROOT
EXECUTED, SOURCE, SITE = (ROOT / "build" / name for name in ("executed", "pages", "site"))
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"


# ----------------------------------------------------------------------------------------------------------- execute


def execute(only_stale: bool) -> None:
    """Run the notebooks; one line for each, and what is wrong with it."""
    EXECUTED.mkdir(parents=True, exist_ok=True)
    package = max(path.stat().st_mtime for path in (ROOT / "dlnotes").rglob("*.*") if "__pycache__" not in path.parts)
    paths = sorted(notebooks.FOLDER.glob("*.ipynb"))
    if only_stale:
        paths = [path for path in paths if _written(EXECUTED / path.name) < max(package, _written(path))]
    failed, began = 0, time.perf_counter()
    for path in paths:
        start = time.perf_counter()
        try:
            executed = notebooks.execute(path, keep_widgets=True)
            wrong = _differences(executed, nbformat.read(path, as_version=4))
        except Exception as error:
            executed, wrong = None, str(error)
        if executed:
            nbformat.write(executed, EXECUTED / path.name)
        failed += bool(wrong)
        print(f"{path.name}: {wrong or 'passed'} ({time.perf_counter() - start:.1f} s)", flush=True)
    print(f"{len(paths) - failed} passed, {failed} failed in {time.perf_counter() - began:.0f} s")
    sys.exit(bool(failed))


def _written(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0


def _differences(executed: Any, committed: Any) -> str:
    """The first cell that says something else than is committed."""
    for ours, theirs in zip(executed.cells, committed.cells, strict=True):
        if _words(ours) != _words(theirs):
            return f"{theirs.id} says {_words(ours)!r}; committed is {_words(theirs)!r}"
    return ""


def _words(cell: Any) -> list[str]:
    outputs = cell.get("outputs", [])
    said = ["".join(o.text for o in outputs if o.output_type == "stream")]
    said += [o.data.get("text/plain", "") for o in outputs if "data" in o]
    return [re.sub(r"0x[0-9a-f]{6,}", "ADDRESS", text) for text in said if text]


# ------------------------------------------------------------------------------------------------------------- build


def build() -> None:
    """Write the pages' source and let Sphinx lay it out; any warning is an error."""
    paths = sorted(notebooks.FOLDER.glob("*.ipynb"))
    if missing := [path.name for path in paths if not (EXECUTED / path.name).exists()]:
        sys.exit(f"not executed yet: {', '.join(missing)}; run: python tools/pages.py execute")
    for folder in (SOURCE, SITE, SOURCE.with_name("doctrees")):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", SOURCE)
    for path in paths:
        notebook = page(nbformat.read(EXECUTED / path.name, as_version=4))
        nbformat.write(notebook, SOURCE / path.name)
    contents = notebooks.contents().split("\n", 1)[1]
    start = (SOURCE / "index.md").read_text("utf8")
    (SOURCE / "index.md").write_text(start.replace("CONTENTS", contents.strip()), "utf8")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q", "-j", "2"]
    command += ["-d", str(SOURCE.with_name("doctrees"))]
    if subprocess.run([*command, str(SOURCE), str(SITE)]).returncode:
        sys.exit("the site has warnings, see above")
    check()


def page(notebook: Any) -> Any:
    """An executed notebook as the site shows it: live figures where the page can draw them, still ones elsewhere."""
    state = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    notebook.metadata.pop("widgets", None)
    notebooks.code_cells(notebook)[0].metadata["tags"] = ["hide-cell"]  # the set-up: folded away
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace("](README.md)", "](index.md)")
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            view = data.pop(notebooks.WIDGET_VIEW, None)
            if "image/png" in data:
                data["text/html"] = _figure(data, state.get(view["model_id"]) if view else None, live=view is not None)
                del data["image/png"]
    return notebook


def _figure(data: dict[str, Any], model: dict[str, Any] | None, live: bool) -> str:
    """A picture with its words, and what the page needs to draw it live; if only Python can, a line that says so."""
    words = html.escape(data.get("text/plain", ""), quote=True)
    parts = [f'<img alt="{words}" src="data:image/png;base64,{"".join(data["image/png"].split())}">']
    if model and model["model_module"] == "anywidget":
        parts.append(f'<script type="application/json">{_state(model)}</script>')
    elif live:
        parts.append("<figcaption>A still picture: Python computes this figure. It moves in the notebook.</figcaption>")
    return f'<figure class="dl-figure">{"".join(parts)}</figure>'


def _state(model: dict[str, Any]) -> str:
    """What the JavaScript of an anywidget gets from its model, as JSON that may stand inside a page."""
    inherited = {"layout", "tabbable", "tooltip"}
    state = {k: v for k, v in model["state"].items() if k in ("_esm", "_css") or not (k[0] == "_" or k in inherited)}
    buffers = {buffer["path"][0]: buffer["data"] for buffer in model.get("buffers", [])}
    return json.dumps({"state": state, "buffers": buffers}).replace("</", "<\\/")


# ------------------------------------------------------------------------------------------------------------- check


class _Links(HTMLParser):
    """What a page points at, what it loads, and the places in it that can be pointed at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect one tag."""
        given = {name: value for name, value in attrs if value is not None}
        self.places.update(given[name] for name in ("id", "name") if name in given)
        if "href" in given:
            (self.loads if tag == "link" and given.get("rel") != "canonical" else self.links).add(given["href"])
        if "src" in given and not given["src"].startswith("data:"):
            self.loads.add(given["src"])


def check() -> None:
    """Every link inside the site leads to a page and a place that exist; nothing is loaded from elsewhere."""
    pages = {path: _Links(path.read_text("utf8")) for path in SITE.rglob("*.html") if "_static" not in path.parts}
    found, count = [], 0
    for path, seen in pages.items():
        where = path.relative_to(SITE)
        found += [f"{where} loads {url} from elsewhere" for url in seen.loads if re.match(r"(https?:)?//", url)]
        for url in seen.links | seen.loads:
            if re.match(r"(\w+:|//)", url):
                continue
            count += 1
            name, place = urldefrag(unquote(url))
            target = (path.parent / name.split("?")[0]).resolve() if name else path
            if not target.exists():
                found.append(f"{where} points to {url}, which does not exist")
            elif place and target in pages and place not in pages[target].places:
                found.append(f"{where} points to {url}: the page is there, the place is not")
    print("\n".join(found) or f"{len(pages)} pages, {count} links inside the site: all lead somewhere")
    if found:
        sys.exit(1)


def main() -> None:
    """Read the command line."""
    match sys.argv[1:]:
        case ["execute"]:
            execute(only_stale=False)
        case ["execute", "--stale"]:
            execute(only_stale=True)
        case ["build"]:
            build()
        case ["check"]:
            check()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
