"""The parent's side: a workload's peers take turns, round after round, and every turn is watched for noise.

All of them live at once and sleep while one works. So whatever the machine does in these minutes, getting warmer,
throttled or visited, it does to all alike. A turn is quiet if everything else on the machine took less than 8 % of one
core meanwhile; only quiet turns count, unless there was none. Who had too few quiet ones gets up to twice as many more.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from speed.machine import QUIET, busy
from speed.peers import PEERS
from speed.workloads import Workload

BENCHMARKS = Path(__file__).resolve().parents[1]


class Worker:
    """A child process that trains one workload with one peer."""

    def __init__(self, workload: str, peer: str) -> None:
        self.peer = peer
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed by `end`)
        paths = [str(BENCHMARKS), str(BENCHMARKS.parent), os.environ.get("PYTHONPATH", "")]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
        environment.pop("JAX_COMPILATION_CACHE_DIR", None)  # the first step is to be compiled
        command = [sys.executable, "-m", "speed.worker", workload, peer]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=self.errors, text=True, env=environment, cwd=BENCHMARKS.parent
        )
        self.watched = psutil.Process(self.process.pid)

    def hear(self) -> dict[str, Any]:
        """Wait for the next line; `{"error": ...}` if the process is gone."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        self.process.wait()
        self.errors.seek(0)
        said = self.errors.read().strip().splitlines()[-1:] or ["no word"]
        return {"error": f"ended with code {self.process.returncode}: {said[0]}"}

    def ask(self, **message: Any) -> dict[str, Any]:
        """Send a line and wait for the answer."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return self.hear()

    def turn(self, seconds: float) -> dict[str, Any]:
        """One turn: ms per step, and what share of a core everything else took meanwhile."""
        try:
            before = others(self.watched)
            start = time.perf_counter()
            answer = self.ask(seconds=seconds)
            wall = time.perf_counter() - start
            return answer | {"others": (others(self.watched) - before) / wall}
        except psutil.Error:
            return self.hear()

    def end(self) -> None:
        """Let it go."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.errors):
            if pipe is not None:
                pipe.close()


def others(process: psutil.Process) -> float:
    """CPU seconds that the whole machine but this process has been busy."""
    own = process.cpu_times()
    return busy() - own.user - own.system


def compare(workload: Workload, peers: list[str], rounds: int, seconds: float) -> dict[str, dict[str, Any]]:
    """Peer -> what was measured, or `{"error": why not}`."""
    workers, results = [], {}
    try:
        for peer in peers:
            workers.append(worker := Worker(workload.name, peer))
            results[peer] = worker.hear()
            note = results[peer].get("error") or "first step {first_step_s:.1f} s, loss {first_loss:.3f}".format(
                **results[peer]
            )
            print(f"  {PEERS[peer].title:16} {note}", flush=True)
        ready = [worker for worker in workers if "error" not in results[worker.peer]]
        turns: dict[str, list[dict[str, Any]]] = {worker.peer: [] for worker in ready}
        for i in range(3 * rounds):
            for worker in ready if i % 2 else ready[::-1]:
                if i < rounds or 2 * n_quiet(turns[worker.peer]) < rounds:
                    turns[worker.peer].append(worker.turn(seconds))
        for worker in ready:
            results[worker.peer] |= summary(turns[worker.peer]) | worker.ask(end=True)
    finally:
        for worker in workers:
            worker.end()
    return results


def n_quiet(turns: list[dict[str, Any]]) -> int:
    """How many turns were quiet."""
    return sum(turn.get("others", math.inf) < QUIET for turn in turns)


def summary(turns: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of the quiet turns, or of all if none was quiet; and all of them."""
    broken = [turn["error"] for turn in turns if "error" in turn]
    if broken:
        return {"error": broken[0]}
    quiet = [turn["ms"] for turn in turns if turn["others"] < QUIET]
    return {"ms": statistics.median(quiet or [turn["ms"] for turn in turns]), "quiet": n_quiet(turns), "turns": turns}
