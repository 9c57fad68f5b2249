"""What is shown of the numbers: a table while measuring, markdown for `benchmarks/README.md`, and a picture."""

import statistics
from pathlib import Path
from typing import Any

from speed.peers import PEERS
from speed.workloads import WORKLOADS

# Okabe and Ito's colours, which all eyes can tell apart; one family, one colour.
COLOURS = {"dlnotes": "#D55E00", "torch": "#0072B2", "jax": "#999999"}


def peak(report: dict[str, Any]) -> float:
    """The most GFLOP/s any library reached in a matrix product, before or after."""
    return max((v for _, name, v in _rates(report) if name.startswith("gemm")), default=float("nan"))


def bandwidth(report: dict[str, Any]) -> float:
    """The most GB/s read and written."""
    return max((v for _, name, v in _rates(report) if name.endswith("GB/s")), default=float("nan"))


def _rates(report: dict[str, Any]):
    for when in ("before", "after"):
        for library, rates in report["machine"].get(when, {}).items():
            yield from ((library, name, value) for name, value in rates.items())


def columns(name: str, results: dict[str, Any], ceiling: float) -> list[list[str]]:
    """A header and a row per peer, as text."""
    workload = WORKLOADS[name]
    unit = "ms/step" if workload.flops else "M steps/s"
    header = ["", unit, "quiet", *(f"× {PEERS[peer].title}" for peer in workload.references)]
    header += ["GFLOP/s", "of peak", "import s", "first s", "MB", "parameters", "loss"]
    rows = [header]
    for peer, found in results.items():
        if "error" in found:
            rows.append([PEERS[peer].title, "–", found["error"]])
            continue
        ms, reference = found["ms"], [results.get(other, {}).get("ms") for other in workload.references]
        rate = workload.flops / ms / 1e6
        rows.append(
            [
                PEERS[peer].title,
                f"{ms:.3g}" if workload.flops else f"{1e-3 / ms:.3g}",
                f"{found['quiet']}/{len(found['turns'])}",
                *(f"{other / ms:.2f}" if other else "–" for other in reference),
                f"{rate:.3g}" if workload.flops else "–",
                f"{rate / ceiling:.0%}" if workload.flops and ceiling == ceiling else "–",
                f"{found['import_s']:.1f}",
                f"{found['first_step_s']:.1f}",
                f"{found['peak_mb']:.0f}",
                f"{found['parameters']:,}" if found["parameters"] else "–",
                f"{found['first_loss']:.2f} → {found['last_loss']:.2g}" if workload.flops else "–",
            ]
        )
    return rows


def as_text(name: str, results: dict[str, Any], ceiling: float) -> str:
    """For the terminal: columns under each other."""
    rows = columns(name, results, ceiling)
    full = [row for row in rows if len(row) == len(rows[0])]
    widths = [max(map(len, column)) for column in zip(*full, strict=True)]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=False)]
        cells[0] = row[0].ljust(widths[0])
        lines.append("  ".join(cells))
    return "\n".join(lines)


def as_markdown(report: dict[str, Any]) -> str:
    """The whole report: the machine, one table of times, one of everything for each workload."""
    machine, versions = report["machine"], {}
    for entry in report["workloads"].values():
        for found in entry.values():
            versions |= found.get("versions", {})
    lines = [
        f"{report['date']}: {machine['processor']}, {machine['cores']} cores, {machine['memory, GB']} GB, "
        f"{machine['system']}, Python {machine['python']}; "
        + ", ".join(f"{name} {version}" for name, version in sorted(versions.items()) if name != "dlnotes")
        + f". Peak of a float32 matrix product {peak(report):.0f} GFLOP/s, memory {bandwidth(report):.1f} GB/s.",
        "",
    ]
    networks = {name: results for name, results in report["workloads"].items() if WORKLOADS[name].flops}
    peers = [peer for peer in PEERS if any(peer in results for results in networks.values())]
    header = ["", *(PEERS[peer].title for peer in peers)]
    if networks:
        times = [_times(name, results, peers) for name, results in networks.items()]
        lines += ["Milliseconds per step, the least in bold, and seconds of the import:", ""]
        lines += _table([header, *times, ["*import*", *_imports(networks, peers)]])
    if "dlnotes" in peers:
        lines += ["", "The same in units of dlnotes' time (2.00: dlnotes is twice as fast):", ""]
        lines += _table([header, *(_ratios(name, results, peers) for name, results in networks.items())])
    for name, results in report["workloads"].items():
        rows = columns(name, results, peak(report))
        rows = [row + [""] * (len(rows[0]) - len(row)) for row in rows]
        lines += ["", f"#### {WORKLOADS[name].title}", "", *_table(rows)]
    return "\n".join(lines)


def _times(name: str, results: dict[str, Any], peers: list[str]) -> list[str]:
    cells = [results.get(peer, {}).get("ms") for peer in peers]
    fastest = min((ms for ms in cells if ms is not None), default=None)
    texts = ["–" if ms is None else f"{ms:.3g}" for ms in cells]
    return [WORKLOADS[name].title, *(f"**{t}**" if ms == fastest else t for t, ms in zip(texts, cells, strict=True))]


def _ratios(name: str, results: dict[str, Any], peers: list[str]) -> list[str]:
    ours, cells = results.get("dlnotes", {}).get("ms"), [results.get(peer, {}).get("ms") for peer in peers]
    return [WORKLOADS[name].title, *("–" if None in (ms, ours) else f"{ms / ours:.2f}" for ms in cells)]


def _imports(networks: dict[str, Any], peers: list[str]) -> list[str]:
    """The median over the workloads: the very first import reads the library from the disk."""
    found = [[results.get(peer, {}).get("import_s") for results in networks.values()] for peer in peers]
    found = [[seconds for seconds in of if seconds is not None] for of in found]
    return [f"{statistics.median(of):.2f}" if of else "–" for of in found]


def _table(rows: list[list[str]]) -> list[str]:
    lines = ["| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows]
    return [lines[0], "|---" + "|--:" * (len(rows[0]) - 1) + "|", *lines[1:]]


def plot(report: dict[str, Any], path: Path) -> None:
    """A panel per workload: each peer's time per step, in units of the second reference's."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = list(report["workloads"])
    n_columns = min(4, len(names))
    n_rows = -(-len(names) // n_columns)
    figure, axes = plt.subplots(
        n_rows, n_columns, figsize=(3.4 * n_columns, 2.7 * n_rows), layout="constrained", squeeze=False
    )
    for ax, name in zip(axes.flat, names, strict=False):
        draw(ax, name, report["workloads"][name])
    for ax in axes.flat[len(names) :]:
        ax.set_axis_off()
    figure.savefig(path, dpi=150)
    plt.close(figure)


def draw(ax: Any, name: str, results: dict[str, Any]) -> Any:
    """One panel: horizontal bars, shorter is faster, the number of milliseconds beside each."""
    workload = WORKLOADS[name]
    measured = {peer: found["ms"] for peer, found in results.items() if "ms" in found}
    unit = measured.get(workload.references[1]) or max(measured.values(), default=1.0)
    for i, (peer, ms) in enumerate(measured.items()):
        family = peer.split("-")[0]
        plain = peer == "dlnotes-plain"
        colour = COLOURS.get(family, COLOURS["jax"])
        ax.barh(i, ms / unit, color="white" if plain else colour, edgecolor=colour, hatch="////" if plain else None)
        ax.annotate(
            f"{ms:.3g} ms",
            (ms / unit, i),
            (3, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},  # the dotted line stops at the number
        )
    ax.axvline(1, color="black", linewidth=0.8, linestyle=":")
    ax.set_yticks(range(len(measured)), [PEERS[peer].title for peer in measured], fontsize=7)
    ax.invert_yaxis()
    ax.margins(x=0.18)
    ax.set_title(workload.title, fontsize=8)
    ax.set_xlabel(f"time of a step, {PEERS[workload.references[1]].title} = 1", fontsize=7)
    ax.tick_params(axis="x", labelsize=7)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
