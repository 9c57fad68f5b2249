"""Do the headers still tell the truth? `python benchmarks/notebook_costs.py [--json FILE] [NOTEBOOK …]`.

Runs each notebook in a fresh process, compilation included, as `python tools/notebooks.py measure` does, and prints its
seconds and megabytes beside those that its header promises. A ratio beyond 1.5 is marked; nothing is written into a
notebook. Times are of this machine at this moment: look at the load before believing a mark.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOL = ROOT / "tools" / "notebooks.py"
PROMISE = re.compile(r"\*\*It takes\*\* about (\d+) s and ([\d,]+) MB")
DRIFT = 1.5


def promised(path: Path) -> tuple[float, float]:
    """Seconds and megabytes in a notebook's header."""
    found = PROMISE.search(path.read_text("utf8"))
    if not found:
        sys.exit(f"{path.name} has no measured header; run: python tools/notebooks.py measure {path}")
    return float(found[1]), float(found[2].replace(",", ""))


def measured(path: Path) -> tuple[float, float]:
    """Seconds and megabytes now, in a process of its own and without anything compiled before."""
    probe = subprocess.run([sys.executable, TOOL, "_probe", path], capture_output=True, text=True)
    if probe.returncode:
        sys.exit(f"{path.name} did not run:\n{probe.stderr}")
    cost = json.loads(probe.stdout.splitlines()[-1])
    return cost["seconds"], cost["megabytes"]


def main() -> None:
    """Print a line for each notebook; write them as JSON if asked."""
    parser = argparse.ArgumentParser(description="Seconds and megabytes of each notebook beside its header's.")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    parser.add_argument("notebooks", nargs="*", type=Path)
    options = parser.parse_args()
    paths = options.notebooks or sorted((ROOT / "notebooks").glob("*.ipynb"))
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print(f"{'':32} {'seconds':>8} {'header':>7} {'ratio':>6} {'MB':>7} {'header':>7} {'ratio':>6}")
    rows = {}
    for path in paths:
        (seconds, megabytes), (said_seconds, said_megabytes) = measured(path), promised(path)
        time_ratio, memory_ratio = seconds / said_seconds, megabytes / said_megabytes
        rows[path.stem] = {"seconds": seconds, "megabytes": megabytes, "time": time_ratio, "memory": memory_ratio}
        mark = "" if max(time_ratio, 1 / time_ratio, memory_ratio) < DRIFT else "  drifted"
        print(
            f"{path.stem:32} {seconds:8.1f} {said_seconds:7.0f} {time_ratio:6.2f} "
            f"{megabytes:7.0f} {said_megabytes:7.0f} {memory_ratio:6.2f}{mark}",
            flush=True,
        )
    if options.json:
        options.json.write_text(json.dumps({"load": os.getloadavg()[0], "notebooks": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
