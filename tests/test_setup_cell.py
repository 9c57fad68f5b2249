"""The set-up cell on top of every notebook, in fresh processes: with dlnotes, without, in Colab, beside a stranger."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STANDIN = ROOT / "tests" / "standins" / "google_colab"

spec = importlib.util.spec_from_file_location("notebook_tools", ROOT / "tools" / "notebooks.py")
assert spec is not None
assert spec.loader is not None
tools = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tools)
HOME = tools.repository()

# Runs the cell where `dlnotes` is only what the folders hold. Every call of pip is written down instead of made;
# an install brings what the repository would bring.
HARNESS = """
import importlib.util, json, pathlib, subprocess, sys

folders, repository, colab, cell = json.loads(sys.argv[1])
calls, find = [], importlib.util.find_spec

def without(name, package=None):  # dlnotes is taken from the folders alone
    spec = find(name, package)
    inside = spec is None or any(str(spec.origin).startswith(folder) for folder in folders)
    return spec if inside or name != "dlnotes" else None

def pip(command, **options):
    calls.append(command)
    assert command[:3] == [sys.executable, "-m", "pip"], command
    if command[3] == "list":
        return b"numpy==2.1.3\\njax==0.7.2\\n"
    folders.append(repository)
    sys.path.insert(0, repository)

importlib.util.find_spec = without
subprocess.run = subprocess.check_output = pip
sys.path[:0] = folders
if colab:
    import google.colab
try:
    exec(compile(cell, "cell", "exec"), {"__name__": "__main__"})
finally:
    switched = colab and google.colab.output._widgets._installed_url is not None
    kept = pathlib.Path(calls[1][calls[1].index("--constraint") + 1]).read_text() if len(calls) > 1 else ""
    print(json.dumps({"pip": calls, "kept": kept, "switched": bool(switched)}))
"""


@pytest.fixture
def ours(tmp_path: Path) -> str:
    """A folder with as much of our package as the cell looks at."""
    return package(tmp_path / "ours", '__version__ = "7.8.9"\n__all__ = ["exercises"]\ndef __dir__(): return __all__\n')


@pytest.fixture
def strangers(tmp_path: Path) -> str:
    """A folder with the unrelated package of the same name."""
    return package(tmp_path / "strangers", '__version__ = "0.0.3"\ndef take_note(): ...\n')


def package(folder: Path, code: str) -> str:
    (folder / "dlnotes").mkdir(parents=True)
    (folder / "dlnotes" / "__init__.py").write_text(code)
    return str(folder)


def run_cell(folders: list[str], *, repository: str = "", colab: bool = False):
    """What the cell printed, what it did, and its last word if it failed."""
    given = json.dumps([[*folders, *([str(STANDIN)] if colab else [])], repository, colab, tools.setup_cell(HOME)])
    done = subprocess.run([sys.executable, "-c", HARNESS, given], capture_output=True, text=True)
    *printed, did = done.stdout.splitlines()
    return printed, json.loads(did), (done.stderr.strip().splitlines() or [""])[-1]


def test_where_dlnotes_is_installed_the_cell_changes_nothing(ours):
    printed, did, error = run_cell([ours])
    assert printed == ["dlnotes 7.8.9: already here."]
    assert did == {"pip": [], "kept": "", "switched": False}
    assert not error


def test_in_colab_with_dlnotes_it_installs_nothing_and_turns_on_custom_widgets(ours):
    printed, did, error = run_cell([ours], colab=True)
    assert printed == ["dlnotes 7.8.9: already here."]
    assert did == {"pip": [], "kept": "", "switched": True}
    assert not error


def test_in_colab_without_dlnotes_it_installs_ours_and_keeps_every_version(ours):
    printed, did, error = run_cell([], repository=ours, colab=True)
    listed, installed = did["pip"]
    assert listed[3:] == ["list", "--format=freeze"]
    assert installed[3] == "install"
    assert installed[-1] == f"dlnotes @ git+{HOME}"
    assert not {"--upgrade", "-U", "--force-reinstall"} & set(installed)
    assert did["kept"] == "numpy==2.1.3\njax==0.7.2\n"
    assert did["switched"]
    assert printed == [f"dlnotes 7.8.9: installed from {HOME}."]
    assert not error


def test_no_bare_name_is_ever_handed_to_pip(ours):
    """`pip install dlnotes` would bring the unrelated package of the public index."""
    _, did, _ = run_cell([], repository=ours, colab=True)
    named = [word for call in did["pip"] for word in call if word.startswith("dlnotes")]
    assert named == [f"dlnotes @ git+{HOME}"]


@pytest.mark.skipif("google.colab" in sys.modules, reason="this is Colab, or stands in for it")
def test_without_dlnotes_outside_colab_it_says_what_to_type():
    printed, did, error = run_cell([])
    assert (
        error == f"ImportError: dlnotes is not installed here; type in a terminal: pip install 'dlnotes @ git+{HOME}'"
    )
    assert did["pip"] == []
    assert printed == []


@pytest.mark.parametrize("colab", [False, True])
def test_the_unrelated_package_is_not_taken_for_ours(strangers, colab):
    printed, did, error = run_cell([strangers], colab=colab)
    assert error.startswith("ImportError: Another package called dlnotes is installed here: uninstall it")
    assert HOME in error
    assert did["pip"] == []
    assert printed == []


def test_the_real_package_is_recognised():
    done = subprocess.run([sys.executable, "-c", tools.setup_cell(HOME)], capture_output=True, text=True)
    assert done.stdout.endswith(": already here.\n"), done.stderr


def test_the_real_pip_lists_what_is_there_in_a_form_it_takes_back(tmp_path):
    """The constraint file holds each package once, each pinned: two versions of one package would be unsolvable."""
    listed = subprocess.check_output([sys.executable, "-m", "pip", "list", "--format=freeze"], text=True).splitlines()
    assert all("==" in line for line in listed)
    names = [line.split("==")[0].lower().replace("_", "-") for line in listed]
    assert len(names) == len(set(names))
