"""What JAX compiles in a notebook is kept on disk: the second time, a notebook takes about half as long.

Where: the folder `compiled` in the cache folder of dlnotes (`dlnotes.data.cache_dir`: the environment variable
DLNOTES_CACHE, or your system's place for caches). How much: 512 MB, then what was used least recently goes; it may be
deleted at any time. Not kept is what takes less than 0.1 s to compile. Only Jupyter's kernels do it, when `dlnotes` is
imported. The environment variable DLNOTES_KEEP_COMPILED=off prevents it, and a folder chosen with JAX's own
JAX_COMPILATION_CACHE_DIR comes first.
"""

import os
import sys

LIMIT = 512 * 2**20  # bytes
WORTH_KEEPING = 0.1  # seconds of compiling


def keep_compiled() -> bool:
    """Tell JAX to keep what it compiles, in a notebook; return whether it does so now.

    A folder that cannot be written does no harm: JAX then compiles each time, and warns.
    """
    if "ipykernel" not in sys.modules or os.environ.get("DLNOTES_KEEP_COMPILED") == "off":
        return False
    import jax

    from dlnotes.data import cache_dir

    if jax.config.jax_compilation_cache_dir is not None:
        return False
    jax.config.update("jax_compilation_cache_dir", str(cache_dir() / "compiled"))
    jax.config.update("jax_compilation_cache_max_size", LIMIT)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", WORTH_KEEPING)
    return True
