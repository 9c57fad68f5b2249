"""The child process: `python -m speed.worker WORKLOAD PEER` trains one network with one library when it is told to.

It says over its pipe, a line of JSON each time, when it is ready; then it sleeps until the parent asks for a turn
(`{"seconds": 0.7}`), trains about so long, in whole epochs and at least three steps, and answers with the time. On
`{"end": true}` it tells what it needed, and is gone.
"""

import importlib
import importlib.metadata
import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

from speed.peers import PEERS, Peer
from speed.workloads import ENVIRONMENTS, WORKLOADS


def main() -> None:
    """Serve the parent until it says that this was all."""
    pipe = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not stand between our lines

    def say(**message: Any) -> None:
        print(json.dumps(message), file=pipe)

    workload, peer = (WORKLOADS | ENVIRONMENTS)[sys.argv[1]], PEERS[sys.argv[2]]
    if peer.setting == "plain":
        os.environ["DLNOTES_KERNELS"] = "off"
    os.environ["KERAS_BACKEND"] = "jax"
    try:
        start = time.perf_counter()
        for library in peer.libraries:
            importlib.import_module(library)
        imported = time.perf_counter()
        trainer = importlib.import_module(f"speed.{peer.module}").prepare(workload, peer.setting)
        built = time.perf_counter()
        first_loss, _ = trainer.epoch()
        first = time.perf_counter() - built
        seconds, last_loss = warm_up(trainer.epoch)
    except Exception as error:
        say(error=f"{type(error).__name__}: {error}".splitlines()[0])
        raise
    say(
        import_s=imported - start,
        first_step_s=max(0.0, first - seconds * (workload.steps - 1) / workload.steps),
        parameters=trainer.parameters,
        first_loss=first_loss,
        versions=versions(peer),
    )

    for line in sys.stdin:
        asked = json.loads(line)
        if "end" in asked:
            say(peak_mb=peak_mb(), last_loss=last_loss, denormal=denormal(trainer.numbers()))
            return
        epochs = max(math.ceil(3 / workload.steps), round(asked["seconds"] / seconds))
        start = time.perf_counter()
        for _ in range(epochs):
            _, last_loss = trainer.epoch()
        took = time.perf_counter() - start
        seconds = took / epochs
        say(ms=1000 * seconds / workload.steps, steps=epochs * workload.steps)


def warm_up(epoch: Any, least: float = 1.0) -> tuple[float, float]:
    """Train for a second, at least one epoch; give the seconds of an epoch and the last loss."""
    times, loss = [], 0.0
    while sum(times) < least:
        start = time.perf_counter()
        _, loss = epoch()
        times.append(time.perf_counter() - start)
    return min(times), loss


def versions(peer: Peer) -> dict[str, str]:
    """Each library's version."""
    names = {library.split(".")[0] for library in peer.libraries} | ({"jax"} if "jax" in sys.modules else set())
    found = {}
    for name in sorted(names):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:  # used from its folder
            found[name] = getattr(sys.modules[name], "__version__", "?")
    return found


def peak_mb() -> float:
    """The most memory this process has held, in megabytes."""
    status = Path("/proc/self/status")
    if status.exists():  # not getrusage: that remembers the parent's too
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / 1024 / (1024 if sys.platform == "darwin" else 1)


def denormal(numbers: Any) -> int:
    """How many floats are too small for float32's normal form: arithmetic with those can be many times slower."""
    import numpy as np

    arrays = [array for array in map(np.asarray, numbers) if array.dtype == np.float32]
    bits = [array.reshape(-1).view(np.uint32) & 0x7FFFFFFF for array in arrays]  # a comparison might see zeros
    return sum(int(((b > 0) & (b < 0x00800000)).sum()) for b in bits)


if __name__ == "__main__":
    main()
