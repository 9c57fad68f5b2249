"""How time and memory of a training step grow, and how long it takes to compile.

    python benchmarks/cost_scaling.py [--only NAME ...] [--rounds N] [--json FILE] [--plot FILE]
    python benchmarks/cost_scaling.py --table FILE [--plot FILE]

One size is moved at a time around a small network: width, depth, batch, length of the text, and number of simulated
devices that share the batch. Every setting is measured in a fresh process, once in each round, and the median of the
rounds in which nothing else was busy counts. Beside it stands what `scaling/theory.py` says it should be. Then the time
to compile a GPT and a ResNet against their depth, blocks one by one and as one loop.
"""

import argparse
import dataclasses
import datetime
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from scaling import report
from scaling.sweeps import SWEEPS
from scaling.theory import Setting
from speed import machine
from speed.turns import QUIET

BENCHMARKS = Path(__file__).resolve().parent
PATIENCE = 300  # seconds: simulated devices can lock each other for good


def main() -> None:
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description="Time, memory and compilation of a training step against its sizes.")
    parser.add_argument("--only", nargs="+", default=list(SWEEPS), choices=list(SWEEPS), metavar="NAME")
    parser.add_argument("--rounds", type=int, default=3, help="times that each setting is measured (default 3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers here")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw them, PNG or SVG")
    parser.add_argument("--table", type=Path, metavar="FILE", help="measure nothing: show this JSON again")
    options = parser.parse_args()
    found = json.loads(options.table.read_text("utf8")) if options.table else measure(options)
    print("\n" + report.as_markdown(found))
    if options.plot:
        report.plot(found, options.plot)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Round after round; the JSON file is written after each, so that a broken run is not lost."""
    now = datetime.datetime.now().astimezone().isoformat(" ", "minutes")
    found: dict[str, Any] = {"date": now, "machine": machine.describe(), "sweeps": {}}
    runs: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for round_ in range(options.rounds):
        for name in options.only:
            sweep = SWEEPS[name]
            for i, setting in enumerate(sweep.settings):
                if sweep.only_compile and any(map(is_quiet, runs.get((name, i), []))):
                    continue  # the seconds of compiling are long enough to be measured once
                result = run(setting, sweep.only_compile)
                runs.setdefault((name, i), []).append(result)
                print(f"round {round_ + 1}, {name}: {sweep.values[i]}: {result}", file=sys.stderr, flush=True)
        found["sweeps"] = {
            name: [summary(runs[name, i]) | {"value": value} for i, value in enumerate(SWEEPS[name].values)]
            for name in options.only
            if (name, 0) in runs
        }
        if options.json:
            options.json.write_text(json.dumps(found, indent=1) + "\n", "utf8")
    return found


def run(setting: Setting, only_compile: bool) -> dict[str, Any]:
    """One measurement in a process of its own, with nothing compiled before."""
    paths = os.pathsep.join(filter(None, [str(BENCHMARKS), str(BENCHMARKS.parent), os.environ.get("PYTHONPATH", "")]))
    environment = os.environ | {"PYTHONPATH": paths, "JAX_PLATFORMS": "cpu"}
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)
    told = json.dumps(dataclasses.asdict(setting) | {"only_compile": only_compile})
    command = [sys.executable, "-m", "scaling.worker", told]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return {"error": f"no answer in {PATIENCE} s"}
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or [f"code {done.returncode}"])[-1]}
    return json.loads(done.stdout.splitlines()[-1])


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The median over the quiet rounds, or over all if none was quiet; an error only if no round went well."""
    good = [run for run in runs if "error" not in run]
    if not good:
        return {"error": runs[0]["error"]}
    counted = [run for run in good if is_quiet(run)] or good
    medians = {}
    for name in good[0]:
        values = [run[name] for run in counted if run[name] is not None]
        medians[name] = statistics.median(values) if values else None
    return medians | {"quiet": sum(map(is_quiet, good)), "rounds": len(runs)}


def is_quiet(run: dict[str, Any]) -> bool:
    """Whether it went well, and everything else took less than `QUIET` of a core meanwhile."""
    return run.get("others", float("inf")) < QUIET


if __name__ == "__main__":
    main()
