"""dlnotes in other worlds, each in its own fresh virtual environment: `python tools/lanes.py [LANE …]`.

    colab     Python 3.13 and Colab's versions: the built wheel, a stand-in for google.colab; tests, every notebook
    newest    Python 3.13 and the newest version of everything: tests, a sample of the notebooks
    lowest    Python 3.11 and each lower bound of pyproject.toml made exact: tests, a sample of the notebooks
    pytorch   `make test-torch`: layers, losses and models beside PyTorch's
    offline   the environment of `make test` with the network cut off: every notebook

The first three do not see this repository's package: it is installed as a wheel, and tests and notebooks are copied
elsewhere. Two lanes run at a time. What they say is kept in build/lanes/LANE.log and shown when a lane fails.
"""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "lanes"
STANDIN = ROOT / "tests" / "standins" / "google_colab"
AT_A_TIME = 2

# Old packages warn about newer ones: only a warning that dlnotes itself causes is an error here.
WARNINGS = "filterwarnings=default\nerror:::dlnotes"
PYTEST = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", WARNINGS]
UNITS = [*PYTEST, "-m", "not torch", "--ignore=tests/test_repository.py", "tests"]
NBVAL = "--nbval --nbval-current-env --nbval-cell-timeout 180 --nbval-sanitize-with".split()
NOTEBOOKS = [*PYTEST, *NBVAL, str(ROOT / "tests" / "nbval.cfg"), "."]


@dataclasses.dataclass(frozen=True)
class Lane:
    """One world: which Python, which versions, and every how many-th notebook is run.

    Lanes with the same JAX use what one of them has compiled, if they name the same `cache`; those that name none, what
    `make test` has. A lane that makes no environment has its own way to go.
    """

    name: str
    python: str = ""
    every: int = 1
    go: Callable[[IO[str]], bool] | None = None
    constraints: Path | None = None
    colab: bool = False
    cache: str = ""


def lowest_bounds() -> Path:
    """The lower bounds of pyproject.toml as a file of exact versions."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    path = LOGS / "lowest-constraints.txt"
    path.write_text("\n".join(re.sub(r"\[.*?\]", "", line).replace(">=", "==") for line in wanted) + "\n")
    return path


def find_python(version: str) -> str:
    """The command of a Python that can make virtual environments: on the path, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [shutil.which(f"python{version}"), shutil.which("python3")]
    candidates += sorted(map(str, pyenv.glob(f"versions/{version}*/bin/python")), reverse=True)
    probe = "import ensurepip, sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != sys.argv[1])"
    for python in filter(None, candidates):
        # A pyenv shim exists for versions that are not switched on, and then fails.
        if subprocess.run([python, "-c", probe, version], capture_output=True).returncode == 0:
            return python
    raise FileNotFoundError(
        f"no Python {version} (with venv) on the path or among pyenv's: try pyenv install {version}"
    )


def compiled(name: str) -> dict[str, str]:
    """Settings that keep what JAX compiles: tests and notebooks of a lane share it, which halves a notebook's time."""
    return {
        "JAX_COMPILATION_CACHE_DIR": str(ROOT / "build" / "jax" / name),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }


def run(lane: Lane) -> bool:
    """Make the environment, run the tests, run the notebooks; one closing line."""
    start, log = time.monotonic(), LOGS / f"{lane.name}.log"
    with log.open("w") as out, tempfile.TemporaryDirectory() as elsewhere:
        try:
            passed = lane.go(out) if lane.go else _in_its_own_environment(lane, Path(elsewhere), out)
        except (OSError, subprocess.CalledProcessError) as error:
            print(error, file=out)
            passed = False
    counts = re.findall(r"^=* ?(\d+ (?:passed|failed).*?|no tests ran) in [\d.]+", log.read_text("utf8"), re.M)
    said = "; ".join(counts) or "nothing ran"
    if not passed:
        print(
            f"---- {lane.name}, the end of {log.relative_to(ROOT)}\n"
            + "\n".join(log.read_text("utf8").splitlines()[-150:])
        )
    minutes = (time.monotonic() - start) / 60
    print(f"lane {lane.name}: {'passed' if passed else 'FAILED'} in {minutes:.1f} min ({said})", flush=True)
    return passed


def _in_its_own_environment(lane: Lane, elsewhere: Path, out: IO[str]) -> bool:
    place = ROOT / f".venv-{lane.name}"
    python = str(place / "bin" / "python")

    units, notebooks = elsewhere / "units", elsewhere / "notebooks"
    units.mkdir()
    notebooks.mkdir()

    def call(*command: str, cwd: Path = elsewhere, check: bool = True) -> bool:
        print("$", *command, file=out, flush=True)
        env = {**os.environ, **compiled(lane.cache or cwd.name), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        env.pop("PYTHONPATH", None)
        return not subprocess.run(
            command, cwd=cwd, env=env, stdout=out, stderr=subprocess.STDOUT, check=check
        ).returncode

    call(find_python(lane.python), "-m", "venv", "--clear", str(place))
    pins = ["--constraint", str(lane.constraints)] if lane.constraints else []
    call(python, "-m", "pip", "install", "--quiet", *pins, f"{ROOT}[test]")
    call(python, "-m", "pip", "list", "--format=freeze")
    if lane.colab:  # as in Colab, every process has google.colab loaded
        packages = next(place.glob("lib/python*/site-packages"))
        shutil.copytree(STANDIN, packages, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        (packages / "google_colab.pth").write_text("import google.colab\n")
    for name in ("tests", "tools", "benchmarks", "pyproject.toml", "README.md"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, units / name)
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb"))[:: lane.every]:
        shutil.copy(notebook, notebooks)
    units_passed = call(python, *UNITS, cwd=units, check=False)
    return call(python, *NOTEBOOKS, cwd=notebooks, check=False) and units_passed


def _pytorch(out: IO[str]) -> bool:
    return subprocess.run(["make", "test-torch"], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT).returncode == 0


def _offline(out: IO[str]) -> bool:
    """Through tools/pages.py, which keeps what the notebooks show: `make site` then only has to lay it out."""
    command = [sys.executable, "tools/offline.py", sys.executable, "tools/pages.py", "execute"]
    env = {**os.environ, **compiled("notebooks")}  # as `make notebooks` has filled it
    return subprocess.run(command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT).returncode == 0


def main() -> None:
    """Run the lanes named, or all."""
    LOGS.mkdir(parents=True, exist_ok=True)
    lanes = [
        Lane("colab", "3.13", constraints=ROOT / "tests" / "colab-constraints.txt", colab=True, cache="colab"),
        Lane("newest", "3.13", every=4),
        Lane("pytorch", go=_pytorch),
        Lane("lowest", "3.11", every=4, constraints=lowest_bounds(), cache="colab"),  # the lowest JAX is Colab's
        Lane("offline", go=_offline),
    ]
    names = [lane.name for lane in lanes]
    chosen = sys.argv[1:] or names
    if unknown := set(chosen) - set(names):
        sys.exit(f"unknown lane {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        passed = list(pool.map(run, [lane for lane in lanes if lane.name in chosen]))
    sys.exit(not all(passed))


if __name__ == "__main__":
    main()
