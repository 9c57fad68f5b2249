"""Run, check and describe the notebooks: `python tools/notebooks.py COMMAND [NOTEBOOK …]`.

Commands (without names, each takes every notebook):
    run       execute and write back in the committed form: running again changes not one byte
    lint      the anatomy and the "never" list of the design; exits 1 with one line for each finding
    measure   execute in a fresh process; write seconds, memory and download into the header
    contents  write the table of contents, notebooks/README.md, from the headers
    address   `address URL`: write the repository's own address into pyproject.toml, badges, set-up cells and README
"""

import argparse
import contextlib
import io
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import tokenize
import tomllib
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

NEVER = {
    r"%autoreload": "reload magic hides what a fresh reader sees",
    r"%matplotlib\s+widget": "ipympl is absent in Colab",
    r"set_matplotlib_formats": "removed from IPython",
    r"jax\.tree_map": "removed from JAX: use jax.tree.map",
    r"PRNGKeyArray": "not in every JAX",
    r"\binteract(ive|ive_output)?\(": "flickers, and fails in Colab: use a figure from dlnotes.widgets",
    r"\bOutput\(\)": "fails in Colab: use widgets.Image",
    r"clear_output": "flickers, and nbval cannot compare it",
    r"drive\.mount": "reads the learner's own files",
    r"@(jax\.)?jit\(": "not in every JAX: use functools.partial(jax.jit, …)",
    r"\btooltip=|Tab\(titles=|\bStack\(|TagsInput|\.playing\b": "only in ipywidgets 8",
    r"(assert|if)\s+f?[\"'][\d.]+[\"']\s*==|==\s*f?[\"']\d+\.\d+[\"']": "compares numbers as text",
    r"pip install (-\S+ )*[\"']?dlnotes[\"']?\s*($|\n)": "that name on the public index is somebody else's package",
}


def repository() -> str:
    """The repository's own address, written once in pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]["urls"]["Repository"].rstrip("/")


def badge(name: str, address: str) -> str:
    """The Colab badge of a notebook. The link works for an address on GitHub; the text says where else to go."""
    place = address.removeprefix("https://github.com/")
    link = f"https://colab.research.google.com/github/{place}/blob/main/notebooks/{name}.ipynb"
    return f"[**Open in Colab**]({link}) · [Contents](README.md) · [Source of the package]({address}/tree/main/dlnotes)"


def setup_cell(address: str) -> str:
    """The first code cell of every notebook."""
    return f'''# Set-up. Where dlnotes is installed, this cell changes nothing.
import importlib.util
import pathlib
import subprocess
import sys

home, colab = "{address}", "google.colab" in sys.modules
here = importlib.util.find_spec("dlnotes") is not None
if colab and not here:  # install it from its own repository; every version that is there stays
    pip, kept = [sys.executable, "-m", "pip"], pathlib.Path("/tmp/kept.txt")
    kept.write_bytes(subprocess.check_output([*pip, "list", "--format=freeze"]))
    subprocess.run([*pip, "install", "--quiet", "--constraint", str(kept), f"dlnotes @ git+{{home}}"], check=True)
if colab:
    from google.colab import output

    output.enable_custom_widget_manager()
elif not here:
    raise ImportError(f"dlnotes is not installed here; type in a terminal: pip install 'dlnotes @ git+{{home}}'")
import dlnotes

if "exercises" not in dir(dlnotes):
    raise ImportError(f"Another package called dlnotes is installed here: uninstall it and restart. Ours: {{home}}")
print(f"dlnotes {{dlnotes.__version__}}:", "already here." if here else f"installed from {{home}}.")'''


# ---------------------------------------------------------------------------------------------------- committed form


def normalize(notebook: Any) -> Any:
    """The form that is committed: fixed ids, tags only, no widget views, outputs without times."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    count = 0
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index:02d}"
        tags = cell.metadata.get("tags", [])
        cell.metadata = nbformat.from_dict({"tags": sorted(tags)} if tags else {})
        cell.source = cell.source.rstrip()
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            cell.outputs = _joined([out for raw in cell.outputs if (out := _plain_output(raw, count)) is not None])
    return notebook


def _plain_output(output: Any, count: int) -> Any:
    if output.output_type in ("display_data", "execute_result"):
        output.data.pop(WIDGET_VIEW, None)
        output.metadata = nbformat.from_dict({})
        if output.output_type == "execute_result":
            output.execution_count = count
        return output if output.data else None
    return output


def _joined(outputs: list[Any]) -> list[Any]:
    """Printed text in one piece: how the kernel happened to cut it is a matter of timing."""
    whole: list[Any] = []
    for output in outputs:
        if output.output_type == "stream" and whole and whole[-1].get("name") == output.name:
            whole[-1].text += output.text
        else:
            whole.append(output)
    return whole


def write(notebook: Any, path: Path) -> None:
    """Write in one go, ending in one newline."""
    path.write_text(nbformat.writes(notebook, indent=1).rstrip("\n") + "\n", "utf8")


def execute(path: Path, keep_widgets: bool = False) -> Any:
    """A notebook after a fresh kernel has run it from top to bottom. Raises at the first error."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=keep_widgets,
        resources={"metadata": {"path": str(FOLDER)}},
    )
    client.execute()
    return notebook


def run(paths: list[Path]) -> None:
    """Execute each notebook and write it in the committed form."""
    for path in paths:
        start = time.perf_counter()
        write(normalize(execute(path)), path)
        print(f"{path.name}: {time.perf_counter() - start:.1f} s")


# -------------------------------------------------------------------------------------------------------------- lint


def code_cells(notebook: Any) -> list[Any]:
    """The code cells that hold code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def code_lines(source: str) -> int:
    """Lines of a cell that hold code, not comments or blanks."""
    with contextlib.suppress(tokenize.TokenError, IndentationError, SyntaxError):
        skip = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        return len({line for t in tokens if t.type not in skip for line in range(t.start[0], t.end[0] + 1)})
    return sum(bool(line.strip()) for line in source.splitlines())


def header(notebook: Any) -> str:
    """The cell that says what a notebook gives, needs and costs; empty if there is none."""
    return next((c.source for c in notebook.cells if c.cell_type == "markdown" and "**It takes**" in c.source), "")


def lint(path: Path) -> list[str]:
    """What a notebook lacks or does that it must not, one sentence each."""
    notebook = nbformat.read(path, as_version=4)
    cells, code = notebook.cells, code_cells(notebook)
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    text, address, found = "\n".join(texts), repository(), []

    def want(condition: bool, message: str) -> None:
        if not condition:
            found.append(f"{path.name}: {message}")

    want(bool(cells) and cells[0].source.startswith("# "), "the first cell is not a title")
    want(
        bool(texts) and badge(path.stem, address) in texts[0],
        "the first cell has no badge line",
    )
    want(bool(code) and code[0].source == setup_cell(address), "the first code cell is not the set-up cell")
    for words in ("**You will be able to**", "**You need**", "**It takes**"):
        want(words in header(notebook), f"the header lacks {words}")
    want(bool(re.search(r"\*\*It takes\*\* about \d+ s and [\d,]+ MB", header(notebook))), "the header is not measured")
    for words in ("## Exercises", "## Recap", "## References", "Often said, not quite so"):
        want(words in text, f"there is no section {words!r}")
    want("redict" in text, "no question asks to predict before running")
    lines = sum(code_lines(cell.source) for cell in code[1:])
    words = len(re.findall(r"\w[\w'’-]*", re.sub(r"\]\([^)]*\)|\$[^$]*\$", " ", text)))
    want(12 <= len(code) <= 27, f"{len(code)} code cells; the design asks for 12 to 25")
    want(lines <= 170, f"{lines} lines of code; the design asks for at most about 150")
    want(700 <= words <= 2000, f"{words} words; the design asks for 800 to 1,500")
    want(len(re.findall(r"\bcheck\(", "\n".join(c.source for c in code))) >= 3, "fewer than three checked exercises")
    want(not re.search(r"!\[[^\]]*\]\(http|<img[^>]+http", text), "a picture by URL: it fails without the network")
    for cell in code:
        for pattern, why in NEVER.items():
            want(not re.search(pattern, cell.source), f"{cell.id} uses {pattern!r}: {why}")
        want(cell.execution_count is not None, f"{cell.id} was not executed, so nbval would not compare it")
        for output in cell.outputs:
            want(output.output_type != "error", f"{cell.id} stores an error")
            data = output.get("data", {})
            words_for_it = data.get("text/plain", "").strip()
            bare = "image/png" in data and (not words_for_it or words_for_it.startswith("<"))
            want(not bare, f"{cell.id}: a picture without a text alternative (figure.describe)")
    committed = nbformat.writes(notebook, indent=1).rstrip("\n") + "\n"
    want(committed == nbformat.writes(normalize(notebook), indent=1).rstrip("\n") + "\n", "not in the committed form")
    return found


# ------------------------------------------------------------------------------- what it gives and what it costs


def measure(paths: list[Path]) -> None:
    """Run each notebook in a fresh process and write its seconds and peak memory into its header."""
    for path in paths:
        probe = subprocess.run([sys.executable, __file__, "_probe", str(path)], capture_output=True, text=True)
        if probe.returncode:
            sys.exit(f"{path.name} did not run:\n{probe.stderr}")
        cost = json.loads(probe.stdout.splitlines()[-1])
        seconds, memory = max(5, 5 * round(cost["seconds"] / 5)), 100 * -(-int(cost["megabytes"]) // 100)
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            cell.source = re.sub(
                r"\*\*It takes\*\*[^\n]*",
                f"**It takes** about {seconds} s and {memory:,} MB on 2 cores; download: 0 MB.",
                cell.source,
            )
        write(notebook, path)
        print(f"{path.name}: {cost['seconds']:.1f} s, {cost['megabytes']:.0f} MB")


def _probe(path: Path) -> None:
    with tempfile.TemporaryDirectory() as empty:  # the first time counts: nothing has been compiled before
        os.environ |= {"JAX_COMPILATION_CACHE_DIR": empty, "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1"}
        start = time.perf_counter()
        execute(path)
        seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024}))


def contents() -> str:
    """The table of contents as Markdown, made from the notebooks' own headers."""
    rows = []
    for path in sorted(FOLDER.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        title = notebook.cells[0].source.splitlines()[0].removeprefix("# ").strip()
        said = header(notebook)
        parts = [re.search(rf"\*\*{name}\*\*[:\s]*(.*?)(?=\n\n|\n\*\*|$)", said, re.S) for name in _HEADINGS]
        gives, needs, takes = (" ".join(p.group(1).split()) if p else "" for p in parts)
        rows.append(f"| [{title}]({path.name}) | {gives} | {needs} | {takes} |")
    return "\n".join(["# Contents", "", _INTRODUCTION, "", "| chapter | you will be able to | you need | it takes |",
                      "|---|---|---|---|", *rows, ""])  # fmt: skip


_HEADINGS = ("You will be able to", "You need", "It takes")
_INTRODUCTION = (
    "Read in order or jump in: each notebook runs alone, on data that comes with the installation, with the network "
    "unplugged. Times are measured on 2 processor cores from a fresh start, compilation included. Written by "
    "`python tools/notebooks.py contents`."
)


def move(address: str) -> None:
    """Write a fork's own address wherever the old one stands."""
    old, new = repository(), address.rstrip("/")
    if not re.fullmatch(r"https://[\w.-]+(/[\w.-]+)+", new):
        sys.exit(f"address expects a URL such as https://github.com/you/dlnotes; got {address!r}")
    short_old, short_new = old.removeprefix("https://github.com/"), new.removeprefix("https://github.com/")
    for path in (
        ROOT / "pyproject.toml",
        ROOT / "README.md",
        ROOT / "environment.yml",
        *sorted(FOLDER.glob("*.ipynb")),
    ):
        text = path.read_text("utf8")
        text = text.replace(
            f"colab.research.google.com/github/{short_old}/", f"colab.research.google.com/github/{short_new}/"
        )
        path.write_text(re.sub(re.escape(old) + r"(?![\w-])", new, text), "utf8")
    print(f"the repository's address is now {new}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "lint", "measure", "contents", "address", "_probe"])
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    if given.command == "address":
        return move(*given.names)
    paths = [Path(name) for name in given.names] or sorted(FOLDER.glob("*.ipynb"))
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        sys.exit(f"no such notebook: {', '.join(missing)}")
    if given.command == "lint":
        findings = [line for path in paths for line in lint(path)]
        print("\n".join(findings) or f"{len(paths)} notebooks: nothing found")
        sys.exit(bool(findings))
    if given.command == "contents":
        (FOLDER / "README.md").write_text(contents(), "utf8")
        return None
    return {"run": run, "measure": measure, "_probe": lambda paths: _probe(paths[0])}[given.command](paths)


if __name__ == "__main__":
    main()
