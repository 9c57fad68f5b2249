"""From a moved slider to the new picture: `python benchmarks/widget_latency.py [--json FILE] [--only NAME ...]`.

In a real JupyterLab and Chromium (as in tests/browser), for every live figure: the median and the 95th percentile of 20
moves; how many new pictures a second there are while a slider is dragged for two seconds, one event per frame of the
screen; and how long after the drag's last event the last picture comes (a queue of stale pictures would show there).
Beside them, in the same run, the usual way: `ipywidgets.interact` and inline matplotlib, a curve of 400 points, 400 by
240 pixels. A time ends when the new pixels are in the page: the drawing code has returned, or the image is decoded.
"""

import argparse
import importlib
import json
import os
import pathlib
import statistics
import sys
import tempfile
from typing import Any

BROWSER = pathlib.Path(__file__).resolve().parents[1] / "tests" / "browser"
sys.path.insert(0, str(BROWSER))
cases: Any = importlib.import_module("cases")
driver: Any = importlib.import_module("driver")

MOVES, DRAG = 20, 2000  # moves; milliseconds
REFERENCE = """\
%matplotlib inline
import matplotlib.pyplot as plt
from ipywidgets import interact

xs = np.linspace(0, 6, 400)

def show(phase=3.0):
    plt.figure(figsize=(4, 2.4))
    plt.plot(xs, np.sin(xs + phase))
    plt.show()

interact(show, phase=(0.0, 6.0, 0.05));
"""

# `watch(act)` gives the time from `act()` to the last new picture, and the times of all of them.
FIGURE = """
(root, [control]) => {
    const input = root.querySelector(`[name="${control}"]`), range = input.type === 'range';
    const count = range ? +input.max - +input.min : input.options.length - 1;
    let at = range ? +input.value - +input.min : input.selectedIndex, way = 1;
    const move = (far) => {
        at += way * (range ? Math.max(1, Math.round(count * far)) : 1);
        if (at > count || at < 0) { way = -way; at = Math.max(0, Math.min(count, at + 2 * way)); }
        if (range) input.value = +input.min + at; else input.selectedIndex = at;
        input.dispatchEvent(new Event(range ? 'input' : 'change', { bubbles: true }));
    };
    const listen = (tell) => {
        let shown = root.dataset.numbers;
        const eye = new MutationObserver((records) => {
            if (records.some((r) => r.attributeName === 'data-numbers')) tell(root.dataset.numbers !== shown);
            shown = root.dataset.numbers;
        });
        eye.observe(root, { attributes: true, attributeFilter: ['data-numbers'] });
        return eye;
    };
    return { move, listen, busy: () => root.getAttribute('aria-busy') === 'true' };
}
"""
INTERACT = """
(area) => {
    const handle = area.querySelector('.noUi-handle');
    let way = 'ArrowRight', steps = 60;
    const move = () => {
        if (steps++ >= 115) { way = way === 'ArrowRight' ? 'ArrowLeft' : 'ArrowRight'; steps = 0; }
        handle.dispatchEvent(new KeyboardEvent('keydown', { key: way, bubbles: true }));
    };
    const listen = (tell) => {
        const eye = new MutationObserver((records) => {
            for (const record of records) for (const node of record.addedNodes) {
                const image = node.matches?.('img') ? node : node.querySelector?.('img');
                if (image) image.decode().then(() => tell(true), () => {});
            }
        });
        eye.observe(area, { childList: true, subtree: true });
        return eye;
    };
    return { move, listen, busy: () => false };
}
"""
MEASURE = """
async (element, [way, what, moves, drag, quiet]) => {
    const { move, listen, busy } = eval(way)(element, what);
    const sleep = (ms) => new Promise((go) => setTimeout(go, ms)), frame = () => new Promise(requestAnimationFrame);
    const watch = async (act) => {
        let last = 0, fresh = 0, drawn = 0;
        const eye = listen((isNew) => { last = performance.now(); drawn++; fresh += isNew; });
        const start = performance.now();
        const began = await act(start);
        const from = began || start;
        const before = { fresh };
        let idle = performance.now(); // since when nothing is under way
        while (performance.now() - from < 30000) {
            await sleep(10);
            if (busy() || performance.now() - last < quiet || !drawn) idle = performance.now();
            if (performance.now() - idle > quiet) break;
        }
        eye.disconnect();
        return { time: last - from, fresh, during: before.fresh, seconds: (from - start) / 1000 };
    };
    const times = [];
    for (let i = 0; i < moves + 2; i++) {
        const { time } = await watch(() => move(0.1));
        if (i > 1) times.push(time); // two to warm up
    }
    const dragged = await watch(async (start) => {
        let last = start;
        while (performance.now() - start < drag) { await frame(); last = performance.now(); move(0.01); }
        return last;
    });
    return { times, rate: dragged.during / dragged.seconds, after: Math.max(0, dragged.time) };
}
"""


def measure(names: list[str]) -> dict[str, dict[str, float]]:
    """Name -> median, p95 (ms), rate (pictures a second), after (ms)."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, home = pathlib.Path(scratch, "served"), pathlib.Path(scratch, "home")
        folder.mkdir()
        cells = [cases.IMPORTS, REFERENCE, *(cases.CASES[name].make for name in names)]
        driver.write_notebook(folder / "latency.ipynb", cells)
        with driver.jupyterlab(folder, home) as base, driver.chromium() as browser:
            notebook = driver.Notebook(browser, base, "latency.ipynb")
            notebook.run()
            if notebook.errors():
                sys.exit("\n".join(notebook.errors()))
            area = notebook.page.locator(".jp-OutputArea:has(.noUi-handle)").first
            # How long to wait for one more picture: interact does not say whether it is still at work.
            results = {"interact": _measured(notebook, area, INTERACT, [], 1000)}
            for name in names:
                root = notebook.page.locator(f'.dlnotes[data-name="{name}"]')
                results[name] = _measured(notebook, root, FIGURE, [cases.CASES[name].slider], 150)
            notebook.close()
    return results


def _measured(notebook: Any, element: Any, way: str, what: list[str], quiet: int) -> dict[str, float]:
    element.scroll_into_view_if_needed()
    notebook.page.wait_for_timeout(500)
    got = element.evaluate(MEASURE, [way.strip(), what, MOVES, DRAG, quiet])
    times = sorted(got["times"])
    p95 = statistics.quantiles(times, n=20, method="inclusive")[18]
    return {"median": statistics.median(times), "p95": p95, "rate": got["rate"], "after": got["after"]}


def main() -> None:
    """Print the table; write it as JSON if asked."""
    parser = argparse.ArgumentParser(description="Slider event to new picture, for every live figure.")
    parser.add_argument("--json", type=pathlib.Path, help="also write the numbers here")
    parser.add_argument("--only", nargs="+", default=list(cases.CASES), choices=list(cases.CASES), metavar="NAME")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    try:
        results = measure(options.only)
    except RuntimeError as error:
        sys.exit(f"widget_latency: {error}")
    reference = results["interact"]["median"]
    print(f"load before / after: {load:.1f} / {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print(f"{'':20} {'median ms':>9} {'95 % ms':>9} {'pictures/s':>11} {'last after ms':>14} {'of interact':>12}")
    for name, row in results.items():
        share = row["median"] / reference
        print(
            f"{name:20} {row['median']:9.1f} {row['p95']:9.1f} {row['rate']:11.1f} {row['after']:14.1f} {share:12.2f}"
        )
    if options.json:
        options.json.write_text(json.dumps({"load": load, "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
