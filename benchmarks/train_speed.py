"""How long a training step takes, here and in other libraries, in one run.

    python benchmarks/train_speed.py [--workload NAME ...] [--peer NAME ...] [--rounds N] [--json FILE] [--plot FILE]
    python benchmarks/train_speed.py --table FILE [--plot FILE]

Each workload's peers train in processes of their own, alive together, and take turns of about 0.7 s; a turn in which
something else was busy is marked and not counted. Beside the milliseconds of a step: the import, the first step with
its compilation, the memory, the arithmetic done and the machine's own peak, measured before and after. A library that
is not installed is named and left out. The method and the last numbers are in benchmarks/README.md.
"""

import argparse
import datetime
import json
from pathlib import Path

from speed import machine, report, turns
from speed.peers import PEERS
from speed.workloads import WORKLOADS


def main() -> None:
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description="Milliseconds per training step beside other libraries'.")
    parser.add_argument("--workload", nargs="+", default=list(WORKLOADS), choices=list(WORKLOADS), metavar="NAME")
    parser.add_argument("--peer", nargs="+", default=list(PEERS), choices=list(PEERS), metavar="NAME")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each peer (default 9)")
    parser.add_argument("--seconds", type=float, default=0.7, help="of a turn (default 0.7)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers here")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw them, PNG or SVG")
    parser.add_argument("--table", type=Path, metavar="FILE", help="measure nothing: print this JSON as markdown")
    options = parser.parse_args()

    if options.table:
        found = json.loads(options.table.read_text("utf8"))
        print(report.as_markdown(found))
    else:
        found = measure(options)
    if options.plot:
        report.plot(found, options.plot)


def measure(options: argparse.Namespace) -> dict:
    """One workload after the other; the JSON file grows with each, so that a broken run is not lost."""
    now = datetime.datetime.now().astimezone().isoformat(" ", "minutes")
    settings = {"rounds": options.rounds, "seconds": options.seconds}
    found = {"date": now, "settings": settings, "machine": machine.describe(), "workloads": {}}

    def save() -> None:
        if options.json:
            options.json.write_text(json.dumps(found, indent=1) + "\n", "utf8")

    found["machine"]["before"] = machine.measure()
    print(_rates(found["machine"]["before"]))
    for name in options.workload:
        workload = WORKLOADS[name]
        print(f"\n{workload.title} ({name}): {workload.flops / 1e6:.4g} MFLOP a step", flush=True)
        peers = [peer for peer in workload.peers if peer in options.peer]
        found["workloads"][name] = turns.compare(workload, peers, options.rounds, options.seconds)
        print("\n" + report.as_text(name, found["workloads"][name], report.peak(found)), flush=True)
        save()
    found["machine"]["after"] = machine.measure()
    print("\nafterwards: " + _rates(found["machine"]["after"]))
    save()
    return found


def _rates(rates: dict[str, dict[str, float]]) -> str:
    parts = [f"{library}: " + ", ".join(f"{n} {v:.4g}" for n, v in of.items()) for library, of in rates.items()]
    return "; ".join(parts) or "the machine's peak was not measured: neither JAX nor PyTorch is there"


if __name__ == "__main__":
    main()
