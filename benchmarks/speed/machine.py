"""What the machine can do at most: `python -m speed.machine jax` (or `torch`) prints a line of JSON.

- The peak: the best of several products of square float32 matrices, by JAX and by PyTorch, in GFLOP/s.
- The memory: the best of several passes of `a = b + 3 c` over arrays larger than any cache (the "triad" of McCalpin's
  STREAM), and of `a = 3 b`, in GB/s of arrays read and written.

And how busy it is.
"""
# pyright: reportMissingImports=false

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil

SIZES = (1024, 1536, 2048)
LENGTH = 48_000_000  # float32: 192 MB an array
QUIET = 0.08  # of one core: what everything else may use while something is timed
TRIES = 4


def best(work: Callable[[], Any], times: int = 8) -> float:
    """The shortest of several runs, in seconds."""
    work()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def rates(matmul: Callable, scale: Callable, triad: Callable, array: Callable) -> dict[str, float]:
    """GFLOP/s and GB/s, with a library's own functions."""
    rng = np.random.default_rng(0)
    speeds = {}
    for n in SIZES:
        a = array(rng.standard_normal((n, n), np.float32))
        speeds[f"gemm {n}, GFLOP/s"] = 2 * n**3 / best(lambda a=a: matmul(a, a)) / 1e9
    b, c = array(np.ones(LENGTH, np.float32)), array(np.ones(LENGTH, np.float32))
    speeds["scale, GB/s"] = 2 * 4 * LENGTH / best(lambda: scale(b)) / 1e9
    speeds["triad, GB/s"] = 3 * 4 * LENGTH / best(lambda: triad(b, c)) / 1e9
    return speeds


def with_jax() -> dict[str, float]:
    """Compiled by XLA; the result's memory is used again, as in a training step."""
    import jax
    import jax.numpy as jnp

    matmul = jax.jit(lambda a, b: a @ b)
    scale = jax.jit(lambda old, b: 3 * b, donate_argnums=0, keep_unused=True)
    triad = jax.jit(lambda old, b, c: b + 3 * c, donate_argnums=0, keep_unused=True)
    out = jnp.zeros(LENGTH)

    def into(f: Callable) -> Callable:
        def run(*arrays: Any) -> None:
            nonlocal out
            out = f(out, *arrays).block_until_ready()

        return run

    return rates(lambda a, b: matmul(a, b).block_until_ready(), into(scale), into(triad), jax.device_put)


def with_torch() -> dict[str, float]:
    """Into memory that is there."""
    import torch

    torch.set_num_threads(os.cpu_count() or 1)
    out = torch.zeros(LENGTH)
    return rates(
        torch.matmul,
        lambda b: torch.mul(b, 3, out=out),
        lambda b, c: torch.add(b, c, alpha=3, out=out),
        torch.from_numpy,
    )


def describe() -> dict[str, Any]:
    """The machine and what runs on it."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory, GB": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def processor() -> str:
    """The processor's own name."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def busy() -> float:
    """CPU seconds that the machine has been busy since it was started, all cores and programs together."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    twice = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)  # these are in user and nice already
    return sum(times) - twice - idle


def measure() -> dict[str, dict[str, float]]:
    """Library -> what it reached, each in a process of its own; those that are not installed are left out.

    If something else is busy it is tried again, a few times; the best counts.
    """
    found: dict[str, dict[str, float]] = {}
    for library in ("jax", "torch"):
        command = [sys.executable, "-m", "speed.machine", library]
        for _ in range(TRIES):
            start, before = time.perf_counter(), busy() - _children()
            done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).resolve().parents[1])
            if done.returncode != 0:
                break
            rates: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
            found[library] = {name: max(rate, found.get(library, rates)[name]) for name, rate in rates.items()}
            if busy() - _children() - before < QUIET * (time.perf_counter() - start):
                break
    return found


def _children() -> float:
    """CPU seconds of the processes that this one has started and seen the end of."""
    times = os.times()
    return times.children_user + times.children_system


def main() -> None:
    """Measure with the library named."""
    print(json.dumps({"jax": with_jax, "torch": with_torch}[sys.argv[1]]()))


if __name__ == "__main__":
    main()
