"""A notebook keeps what it compiled for the next time; nothing else does, and nobody who chose otherwise."""

import os
import subprocess
import sys

import pytest

from dlnotes._compiled import LIMIT

RUN = """
import dlnotes
import jax
from jax import monitoring

seen = []
monitoring.register_event_listener(lambda event, **_: seen.append(event))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)  # this machine may be quick
jax.jit(lambda x: jax.numpy.sin(x @ x).sum())(jax.numpy.eye(9))
print(jax.config.jax_compilation_cache_dir, jax.config.jax_compilation_cache_max_size)
print(seen.count("/jax/compilation_cache/cache_hits"))
"""


def run(folder, code=RUN, **settings):
    """What a fresh process prints: the folder, its limit, and how often something compiled before was found."""
    ours = ("JAX_COMPILATION_CACHE_DIR", "DLNOTES_KEEP_COMPILED", "JAX_DISABLE_MOST_OPTIMIZATIONS", "XLA_FLAGS")
    clean = {name: value for name, value in os.environ.items() if name not in ours}
    environment = clean | {"DLNOTES_CACHE": str(folder)} | settings
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_second_time_it_is_found(tmp_path):
    kept = str(tmp_path / "compiled")
    *where, found = run(tmp_path, "import ipykernel\n" + RUN)
    assert (where, found) == ([kept, str(LIMIT)], "0")
    assert list((tmp_path / "compiled").glob("*-cache"))
    *where, found = run(tmp_path, "import ipykernel\n" + RUN)
    assert (where, found != "0") == ([kept, str(LIMIT)], True)


@pytest.mark.parametrize(
    ("settings", "folder"),
    [({"DLNOTES_KEEP_COMPILED": "off"}, "None"), ({"JAX_COMPILATION_CACHE_DIR": "/nowhere"}, "/nowhere")],
)
def test_other_wishes_come_first(tmp_path, settings, folder):
    code = "import ipykernel, dlnotes, jax\nprint(jax.config.jax_compilation_cache_dir)"
    assert run(tmp_path, code, **settings) == [folder]
    assert not list(tmp_path.iterdir())


def test_a_script_keeps_nothing(tmp_path):
    assert run(tmp_path, "import dlnotes, sys\nprint('jax' in sys.modules)") == ["False"]
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_does_no_harm(tmp_path):
    (tmp_path / "a file").touch()
    code = "import ipykernel, dlnotes, jax\nprint(jax.jit(lambda x: x + 1)(1.0))"
    assert run(tmp_path / "a file", code) == ["2.0"]
