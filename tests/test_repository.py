"""The repository keeps its promises: files agree with each other, notebooks have the committed form."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

spec = importlib.util.spec_from_file_location("notebook_tools", ROOT / "tools" / "notebooks.py")
assert spec is not None
assert spec.loader is not None
tools = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tools)


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]


def test_the_conda_environment_is_in_step_with_pyproject():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text("utf8"))["dependencies"]
    wanted = {*project()["dependencies"], *project()["optional-dependencies"]["lab"], "python>=3.11"}
    assert {line for line in conda if isinstance(line, str) and line != "pip"} == wanted
    assert project()["requires-python"] == ">=3.11"


def test_the_version_is_the_same_everywhere():
    import dlnotes

    assert dlnotes.__version__ == project()["version"]


def test_importing_dlnotes_loads_no_part_of_it():
    code = "import sys, dlnotes; print([m for m in sys.modules if m.startswith('dlnotes.') or m == 'jax'])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip()
    assert loaded == "['dlnotes._compiled']"


def test_imports_go_one_way():
    """_module, _checks <- activations, losses, initializers <- layers <- models; plots and data import no models."""
    forbidden = {
        "_module.py": r"dlnotes",
        "_checks.py": r"dlnotes",
        "activations*": r"dlnotes\.(layers|models|optim|train|data|plots|widgets|exercises)",
        "losses*": r"dlnotes\.(layers|models|optim|train|data|plots|widgets|exercises)",
        "initializers*": r"dlnotes\.(layers|models|optim|train|data|plots|widgets|exercises)",
        "layers": r"dlnotes\.(models|optim|train|data|plots|widgets|exercises)",
        "models": r"dlnotes\.(optim|train|data|plots|widgets|exercises)",
        "optim": r"dlnotes\.(layers|models|train|data|plots|widgets|exercises)",
        "schedules*": r"dlnotes\.(layers|models|train|data|plots|widgets|exercises)",
        "train": r"dlnotes\.(layers|models|data|widgets|exercises)",
        "data": r"dlnotes\.(layers|models|optim|train|plots|widgets|exercises)",
        "plots": r"dlnotes\.(layers|models|optim|train|widgets|exercises)",
    }
    found = []
    for pattern, ban in forbidden.items():
        for top in (ROOT / "dlnotes").glob(pattern):
            for path in [top] if top.is_file() else top.rglob("*.py"):
                for line in path.read_text("utf8").splitlines():
                    if re.match(rf"\s*(from|import) ({ban})\b", line):
                        found.append(f"{path.relative_to(ROOT)}: {line.strip()}")
    assert not found


def test_no_package_file_is_too_long():
    lengths = {p.relative_to(ROOT): len(p.read_text("utf8").splitlines()) for p in (ROOT / "dlnotes").rglob("*.py")}
    assert not {path: n for path, n in lengths.items() if n > 400}
    assert not list(ROOT.glob("dlnotes/**/utils*.py"))


def test_nothing_installs_the_unrelated_package_of_the_public_index():
    bad = re.compile(r"pip install (?:-\S+ )*[\"']?dlnotes[\"']?(?![-./@\[\w ]| *@)")
    for path in [ROOT / "README.md", *NOTEBOOKS, *(ROOT / "dlnotes").rglob("*.py")]:
        assert not bad.search(path.read_text("utf8")), path
    assert "Private :: Do Not Upload" in project()["classifiers"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_has_the_anatomy_and_the_committed_form(path: Path):
    assert tools.lint(path) == []


def test_the_table_of_contents_is_made_from_the_headers():
    assert (ROOT / "notebooks" / "README.md").read_text("utf8") == tools.contents()


def lint_of(tmp_path: Path, change) -> str:
    notebook = nbformat.read(NOTEBOOKS[0], as_version=4)
    change(notebook)
    path = tmp_path / NOTEBOOKS[0].name
    nbformat.write(notebook, path)
    return "\n".join(tools.lint(path))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("%autoreload 2", "autoreload"),
        ("%matplotlib widget", "ipympl"),
        ("jax.tree_map(f, x)", "jax.tree.map"),
        ("@jax.jit(static_argnames='n')\ndef f(n): ...", "partial"),
        ("widgets.interact(f, x=1)", "flickers"),
        ("out = widgets.Output()", "Image"),
        ("widgets.IntSlider(tooltip='no')", "ipywidgets 8"),
        ("assert f'{x:.2f}' == '0.50'", "numbers as text"),
        ("!pip install -q dlnotes", "somebody else"),
        ("drive.mount('/content')", "own files"),
    ],
)
def test_the_lint_finds_what_must_never_be_in_a_notebook(tmp_path, source, message):
    def plant(notebook):
        tools.code_cells(notebook)[3].source = source

    assert message in lint_of(tmp_path, plant)


def test_the_lint_finds_missing_parts_and_a_changed_form(tmp_path):
    def strip(notebook):
        notebook.cells = [c for c in notebook.cells if "## Recap" not in c.source]
        tools.code_cells(notebook)[0].source += "\nprint('more')"
        tools.code_cells(notebook)[2].execution_count = None
        notebook.cells[4].metadata = {"collapsed": True}

    said = lint_of(tmp_path, strip)
    for words in ("## Recap", "not the set-up cell", "was not executed", "not in the committed form"):
        assert words in said


def test_a_fork_moves_every_address_with_one_command(tmp_path):
    import shutil

    for name in ("pyproject.toml", "README.md", "environment.yml", "tools/notebooks.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    command = [sys.executable, "tools/notebooks.py"]
    new = "https://github.com/someone/a-fork"
    subprocess.run([*command, "address", new], cwd=tmp_path, check=True)
    text = "".join(p.read_text("utf8") for p in [*tmp_path.glob("notebooks/*.ipynb"), tmp_path / "pyproject.toml"])
    assert tools.repository() not in text
    assert "colab.research.google.com/github/someone/a-fork/blob" in text
    assert subprocess.run([*command, "lint"], cwd=tmp_path, capture_output=True).returncode == 0
    refused = subprocess.run([*command, "address", "not a url"], cwd=tmp_path, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "expects a URL" in refused.stderr
