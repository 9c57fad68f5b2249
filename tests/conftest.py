"""Before anything of dlnotes is imported: run its shape annotations, forbid silent dtype promotion, compile in haste.

Tests spend their time compiling programs that run once; without optimisation it takes half as long, and without the
fusion emitters, of which some versions of XLA can do without, half of that. With JAX_DISABLE_MOST_OPTIMIZATIONS=0 they
are optimised as for readers; `make test-torch` and `make test-browser` say so.
"""

import importlib.metadata
import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
os.environ.setdefault("MPLBACKEND", "agg")
if os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] == "1" and importlib.metadata.version("jax").startswith("0.10."):
    os.environ["XLA_FLAGS"] = "--xla_cpu_use_fusion_emitters=false " + os.environ.get("XLA_FLAGS", "")

import jax
import jaxtyping
import pytest

jax.config.update("jax_numpy_dtype_promotion", "strict")
jaxtyping.install_import_hook("dlnotes", "typecheck.check")


@pytest.fixture(autouse=True)
def _friendly_errors(request: pytest.FixtureRequest):
    """Tests marked `plain` see dlnotes' own errors: the shape hook steps aside for them."""
    if request.node.get_closest_marker("plain") is None:
        yield
        return
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture
def key() -> jax.Array:
    return jax.random.key(0)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--browser", action="store_true", help="also run the tests that drive a real browser")
