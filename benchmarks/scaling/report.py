"""What is shown of the numbers: tables in markdown, and a picture with both axes logarithmic.

A straight line there is a power law, and its slope is the exponent. The slopes are fitted to the upper half of the
values, where what does not grow (starting a step, the interpreter) weighs least.
"""

from pathlib import Path
from typing import Any

import numpy as np

from scaling.sweeps import SWEEPS
from scaling.theory import flops, megabytes

# Okabe and Ito's colours, which all eyes can tell apart.
MEASURED, PLANNED, THEORY = "#D55E00", "#0072B2", "#999999"


def slope(values: Any, costs: Any) -> float:
    """The exponent of a power law through the upper half of the points."""
    half = len(values) // 2
    return float(np.polyfit(np.log(values[half:]), np.log(costs[half:]), 1)[0])


def columns(name: str, rows: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    """Measured and expected, one array each, of the values that could be measured."""
    settings = dict(zip(SWEEPS[name].values, SWEEPS[name].settings, strict=True))
    good = [row for row in rows if "error" not in row]
    told = {key: np.array([row[key] or np.nan for row in good], float) for key in ("value", "ms", "xla_mb", "rss_mb")}
    counted = [(flops(settings[row["value"]]) / 1e9, megabytes(settings[row["value"]])) for row in good]
    gflop, theory_mb = np.array(counted).T
    return told | {"gflop": gflop, "theory_mb": theory_mb}


def as_markdown(found: dict[str, Any]) -> str:
    """A table for each sweep, with the slopes in its last row; one for compiling."""
    about, lines = found["machine"], []
    lines += [f"{found['date']}: {about['processor']}, {about['cores']} cores, Python {about['python']}."]
    for name, rows in found["sweeps"].items():
        if SWEEPS[name].only_compile:
            continue
        c = columns(name, rows)
        lines += ["", f"**{name}** ({SWEEPS[name].title})", ""]
        lines += [f"| {name} | ms | quiet | GFLOP counted | GFLOP/s | MB, formula | MB, XLA's plan | MB, resident |"]
        lines += ["|--:" * 8 + "|"]
        quiet = [f"{row['quiet']}/{row['rounds']}" for row in rows if "error" not in row]
        for value, ms, q, gflop, theory, xla, rss in zip(
            c["value"], c["ms"], quiet, c["gflop"], c["theory_mb"], c["xla_mb"], c["rss_mb"], strict=True
        ):
            rate = 1e3 * gflop / ms
            lines += [
                f"| {value:,.0f} | {ms:.3g} | {q} | {gflop:.3g} | {rate:.3g} | {theory:.4g} | {xla:.4g} | {rss:.4g} |"
            ]
        s = {key: f"{slope(c['value'], c[key]):.2f}" for key in ("ms", "gflop", "theory_mb", "xla_mb", "rss_mb")}
        lines += [f"| exponent | {s['ms']} | | {s['gflop']} | | {s['theory_mb']} | {s['xla_mb']} | {s['rss_mb']} |"]
        lines += [f"\n{row['value']}: {row['error']}" for row in rows if "error" in row]
    lines += _compiling(found["sweeps"])
    return "\n".join(lines)


def _compiling(sweeps: dict[str, Any]) -> list[str]:
    lines = []
    for network in ("gpt", "resnet"):
        names = [name for name in sweeps if name.startswith(network)]
        if not names:
            continue
        title = SWEEPS[names[0]].title
        values = SWEEPS[names[0]].values
        lines += ["", f"**Seconds to trace and compile** a training step, in brackets of all cores ({title})", ""]
        lines += ["| depth | " + " | ".join(f"{value}" for value in values) + " |", "|---" + "|--:" * len(values) + "|"]
        for name in names:
            cells = [_seconds(row) for row in sweeps[name]]
            lines += [f"| {name.split(', ')[1]} | " + " | ".join(cells) + " |"]
    return lines


def _seconds(row: dict[str, Any]) -> str:
    return row.get("error") or f"{row['trace_s'] + row['compile_s']:.1f} ({row['cpu_s']:.1f})"


def plot(found: dict[str, Any], path: Path) -> None:
    """Time above, memory in the middle, compiling below; only the rows that there is something for."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = [name for name in found["sweeps"] if not SWEEPS[name].only_compile]
    compiled = [n for n in ("gpt", "resnet") if any(name.startswith(n) for name in found["sweeps"])]
    n_rows, n = 2 * bool(names) + bool(compiled), max(len(names), len(compiled))
    figure, axes = plt.subplots(n_rows, n, figsize=(2.9 * n, 2.7 * n_rows), layout="constrained", squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    for i, name in enumerate(names):
        c = columns(name, found["sweeps"][name])
        draw_time(axes[0, i], name, c)
        draw_memory(axes[1, i], name, c)
    for i, network in enumerate(compiled):
        draw_compiling(axes[-1, i], {k: v for k, v in found["sweeps"].items() if k.startswith(network)})
    figure.savefig(path, dpi=150)
    plt.close(figure)


def draw_time(ax: Any, name: str, c: dict[str, np.ndarray]) -> None:
    """Milliseconds, and the counted arithmetic at the best rate reached."""
    best = np.max(c["gflop"] / c["ms"])
    ax.plot(c["value"], c["gflop"] / best, ":", color=THEORY, label=f"arithmetic, {slope(c['value'], c['gflop']):.2f}")
    ax.plot(c["value"], c["ms"], "o-", color=MEASURED, label=f"measured, {slope(c['value'], c['ms']):.2f}")
    _finish(ax, SWEEPS[name].title, name, "ms per step")


def draw_memory(ax: Any, name: str, c: dict[str, np.ndarray]) -> None:
    """Megabytes by the formula, in XLA's plan, and in the process."""
    for key, label, style, colour in (
        ("theory_mb", "formula", ":", THEORY),
        ("xla_mb", "XLA's plan", "s-", PLANNED),
        ("rss_mb", "resident", "o-", MEASURED),
    ):
        ax.plot(c["value"], c[key], style, color=colour, label=f"{label}, {slope(c['value'], c[key]):.2f}")
    _finish(ax, "", name, "MB at most")


def draw_compiling(ax: Any, sweeps: dict[str, Any]) -> None:
    """Seconds against depth, block by block and as a loop."""
    for (name, rows), colour in zip(sweeps.items(), (PLANNED, MEASURED), strict=False):
        good = [row for row in rows if "error" not in row]
        seconds = [row["trace_s"] + row["compile_s"] for row in good]
        ax.plot([row["value"] for row in good], seconds, "o-", color=colour, label=name.split(", ")[1])
    title = SWEEPS[next(iter(sweeps))].title
    _finish(ax, f"{title}: compiling", "depth", "seconds")


def _finish(ax: Any, title: str, x: str, y: str) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter

    ax.set_axis_on()
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:,g}")
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_title(title, fontsize=8)
    ax.set_xlabel(x, fontsize=8)
    ax.set_ylabel(y, fontsize=8)
    ax.tick_params(labelsize=7)
    ax.grid(alpha=0.25)
    ax.legend(fontsize=7, frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
