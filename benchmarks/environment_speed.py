"""How many steps of CartPole a second, here and in other libraries, in one run on one thread.

    python benchmarks/environment_speed.py [--rounds N] [--json FILE]

One environment, 64 and 1,024 at once, actions by chance, episodes begun anew as they end. The libraries take turns in
processes of their own, as those of train_speed.py do; a turn in which something else was busy is marked, and the median
of the others counts. A library that is not installed is named and left out.
"""

import argparse
import datetime
import json
from pathlib import Path
from typing import Any

from speed import machine, turns
from speed.peers import PEERS
from speed.workloads import ENVIRONMENTS


def main() -> None:
    """Measure, print a table in markdown, and write what was asked for."""
    parser = argparse.ArgumentParser(description="Million CartPole steps a second beside other libraries'.")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each library (default 9)")
    parser.add_argument("--seconds", type=float, default=0.7, help="of a turn (default 0.7)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers here")
    options = parser.parse_args()
    found = {}
    for name, workload in ENVIRONMENTS.items():
        print(workload.title, flush=True)
        found[name] = turns.compare(workload, list(workload.peers), options.rounds, options.seconds)
    now = datetime.datetime.now().astimezone().isoformat(" ", "minutes")
    about = machine.describe()
    versions = {
        lib: v for results in found.values() for r in results.values() for lib, v in r.get("versions", {}).items()
    }
    print(f"\n{now}: {about['processor']}, one thread; {', '.join(f'{k} {v}' for k, v in sorted(versions.items()))}.\n")
    print("\n".join(table(found)))
    if options.json:
        options.json.write_text(
            json.dumps({"date": now, "machine": about, "workloads": found}, indent=1) + "\n", "utf8"
        )


def table(found: dict[str, dict[str, Any]]) -> list[str]:
    """Rows of markdown: each library's million steps a second, and dlnotes' in units of the others'."""
    titles = [ENVIRONMENTS[name].title for name in found]
    rows = [["million steps a second", *titles], ["---", *["--:"] * len(titles)]]
    peers = list(dict.fromkeys(peer for results in found.values() for peer in results))
    rates = {peer: [_rate(results.get(peer, {})) for results in found.values()] for peer in peers}
    for peer in peers:
        rows.append([PEERS[peer].title, *("–" if rate is None else f"{rate:.3g}" for rate in rates[peer])])
    loop = rates.get("gymnasium", [None])[0]  # one environment: nothing else makes sense of a loop
    for peer in peers[1:]:
        theirs = [loop] * len(titles) if peer == "gymnasium" else rates[peer]
        pairs = zip(rates[peers[0]], theirs, strict=True)
        rows.append(
            [
                f"dlnotes / {PEERS[peer].title}",
                *(f"{ours / other:.1f}" if ours and other else "–" for ours, other in pairs),
            ]
        )
    return ["| " + " | ".join(row) + " |" for row in rows]


def _rate(result: dict[str, Any]) -> float | None:
    return 1e-3 / result["ms"] if "ms" in result else None


if __name__ == "__main__":
    main()
