// Secants at the left, the error against the step at the right. Python sent every error; nothing is computed here but
// the curves and the lines. Python: finite_difference.py.
const RULES = { "sin(x)": Math.sin, "exp(x)": Math.exp, "x³": (x) => x * x * x, "tanh(x)": Math.tanh };
const X = 1, WIDTH = 1.2, FLOOR = 1e-13, METHODS = ["forward", "central"];

export default widget((page) => {
  page.row("function", "precision", "step");
  const surface = page.canvas({ width: 740, height: 366, focusable: true });
  const show = page.table(["Method", "difference", "error", "best h"]);
  const steps = page.tables.steps.data, logs = Array.from(steps, Math.log10);
  const nearest = (log) => logs.reduce((best, value, i) => (Math.abs(value - log) < Math.abs(logs[best] - log) ? i : best), 0);
  const options = (name) => page.spec.controls[name].options;
  let right = null;

  const moveTo = (i) => page.set({ step: +steps[Math.max(0, Math.min(steps.length - 1, i))].toPrecision(3) });
  const move = (px) => moveTo(nearest(right.ux(px)));
  surface.drag({ start: (px) => { if (px < right.left) return false; move(px); return true; }, move });
  page.listen(surface.node, "keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    moveTo(nearest(Math.log10(page.get("step"))) + by);
  });

  page.draw(() => {
    const color = page.color, f = RULES[page.get("function")], slope = page.spec.slopes[options("function").indexOf(page.get("function"))];
    const which = options("function").indexOf(page.get("function")) * options("precision").length + options("precision").indexOf(page.get("precision"));
    const at = nearest(Math.log10(page.get("step"))), h = 10 ** logs[at], count = steps.length;
    const errors = page.tables.errors.row(which), theory = page.tables.theory.row(which);
    const looks = { forward: { color: color.red, dash: "solid", mark: "circle" }, central: { color: color.blue, dash: "dashed", mark: "square" } };

    // -- the function, its tangent, and the secant of each method
    const grid = Array.from({ length: 121 }, (_, i) => X - WIDTH + (i * WIDTH) / 60), values = grid.map(f);
    const margin = 0.15 * (Math.max(...values) - Math.min(...values));
    const left = surface.axes({ box: [46, 28, 266, 284], x: [X - WIDTH, X + WIDTH], y: [Math.min(...values) - margin, Math.max(...values) + margin], xlabel: "x", title: `f(x) = ${page.get("function")} at x = 1` });
    left.line(grid, values, { color: color.text, width: 2 });
    left.line(grid, grid.map((x) => f(X) + slope * (x - X)), { color: color.muted, dash: "dotted", width: 1.6 });
    for (const [name, low] of [["forward", X], ["central", X - h]]) {
      const rise = (f(X + h) - f(low)) / (X + h - low);
      left.line(grid, grid.map((x) => f(low) + rise * (x - low)), { ...looks[name], width: 1.8 });
      left.points([low, X + h], [f(low), f(X + h)], { ...looks[name], size: 5 });
    }
    surface.legend(54, 48, [{ label: "f", color: color.text }, { label: "tangent", color: color.muted, dash: "dotted" }, ...METHODS.map((name) => ({ label: name, ...looks[name], mark: undefined }))]);

    // -- the errors
    const power = (v) => "10" + String(Math.round(Math.log10(v))).replace(/[-0-9]/g, (d) => (d === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]));
    right = surface.axes({ box: [398, 28, 330, 284], x: [-13.15, 0.15], y: [0.7 * FLOOR, 30], ylog: true, ygap: 46, xticks: [-12, -9, -6, -3, 0], yticks: [1e-12, 1e-9, 1e-6, 1e-3, 1], xformat: (e) => power(10 ** e), yformat: power, xlabel: "step h", ylabel: "absolute error", title: `Error in ${page.get("precision")}` });
    const numbers = { h, derivative: slope };
    METHODS.forEach((name, k) => {
      const mine = errors.subarray(k * count, (k + 1) * count), expected = theory.subarray(k * count, (k + 1) * count);
      const best = expected.reduce((low, value, i) => (value < expected[low] ? i : low), 0);
      right.line(logs, Array.from(mine, (e) => Math.max(Math.abs(e), FLOOR)), { ...looks[name], width: 1.3, alpha: 0.8 });
      right.line(logs, expected, { color: looks[name].color, dash: "dotted", width: 2.4 });
      right.points([logs[best]], [expected[best]], { color: looks[name].color, mark: "star", size: 9 });
      numbers[name] = slope + mine[at];
      numbers[`${name}_error`] = Math.abs(mine[at]);
      numbers[`best_${name}_step`] = 10 ** logs[best];
    });
    right.vline(logs[at], { color: color.muted });
    for (const name of METHODS) right.points([logs[at]], [Math.max(numbers[`${name}_error`], FLOOR)], { ...looks[name], size: 6, edge: color.text });
    surface.text(right.left + 8, right.top + right.high - 24, "rounding", { color: color.muted });
    surface.text(right.left + 8, right.top + right.high - 8, "wins", { color: color.muted });
    surface.text(right.left + right.wide - 8, right.top + right.high - 24, "truncation", { color: color.muted, align: "right" });
    surface.text(right.left + right.wide - 8, right.top + right.high - 8, "wins", { color: color.muted, align: "right" });

    const digits = (value) => String(+value.toPrecision(9)).replace("-", "−"), e = (value) => value.toExponential(1).replace("-", "−");
    show([...METHODS.map((name) => [`${name} (${looks[name].dash} line)`, digits(numbers[name]), e(numbers[`${name}_error`]), `about ${e(numbers[`best_${name}_step`])}`]), ["true derivative", digits(slope), "", ""]]);
    surface.say(`${page.get("function")} at x = 1 in ${page.get("precision")} with step ${e(h)}: forward error ${e(numbers.forward_error)}, central error ${e(numbers.central_error)}.`);
    const there = right.hovered();
    if (there) {
      const i = nearest(there.x);
      surface.readout(there.px, there.py, [[`h = ${e(10 ** logs[i])}`, color.muted], ...METHODS.map((name, k) => [`${name} error ${e(Math.abs(errors[k * count + i]))}`, looks[name].color])]);
    }
    return numbers;
  });
});
