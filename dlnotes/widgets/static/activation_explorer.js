// Three linked panels: the curve over the inputs, the inputs below, the outputs beside. Python: activation_explorer.py.
const EDGE = 16, SATURATED = 0.05, DEAD = 1e-6, BOUNDED = ["step", "sigmoid", "hard_sigmoid", "tanh"];

function curveOf(rows, parameter) {
  if (rows.shape[0] === 2) return [rows.row(0), rows.row(1)];
  const mix = (a, b) => Float64Array.from(a, (v, i) => (1 - parameter) * v + parameter * b[i]);
  return [mix(rows.row(0), rows.row(2)), mix(rows.row(1), rows.row(3))];
}

function histogram(values, low, high, bins) {
  const counts = new Float64Array(bins), width = (high - low) / bins;
  for (const v of values) {
    const i = v === high ? bins - 1 : Math.floor((v - low) / width);
    if (i >= 0 && i < bins) counts[i] += 1 / values.length;
  }
  return counts;
}
const evenly = (low, high, count) => Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));

export default widget((page) => {
  page.row("function", "parameter");
  page.row("mean", "spread");
  const surface = page.canvas({ width: 740, height: 474 });
  const parameter = page.root.querySelector('[data-control="parameter"]');
  const xs = evenly(-EDGE, EDGE, page.tables.quantiles && page.tables["curve tanh"].shape[1]);
  const shown = xs.map((x, i) => i).filter((i) => Math.abs(xs[i]) <= 6.0001), near = shown.map((i) => xs[i]);

  page.draw(() => {
    const { function: name, parameter: value, mean, spread } = page.settings, color = page.color;
    const rows = page.tables[`curve ${name}`], has = rows.shape[0] === 4;
    parameter.style.opacity = has ? 1 : 0.4;
    parameter.querySelector("input").disabled = !has;
    parameter.firstChild.textContent = name === "elu" ? "α" : "Slope";
    const [values, slopes] = curveOf(rows, value);
    const f = (x) => interpolate(values, -EDGE, EDGE, x), slope = (x) => interpolate(slopes, -EDGE, EDGE, x);
    const inputs = Float64Array.from(page.tables.quantiles.data, (z) => mean + spread * z);
    const outputs = inputs.map(f), gradients = inputs.map((x) => Math.abs(slope(x)));
    const average = (list) => list.reduce((a, b) => a + b, 0) / list.length;
    const share = (limit) => gradients.reduce((n, g) => n + (g < limit), 0) / gradients.length;
    const out = average(outputs);
    const numbers = {
      mean_out: out, spread_out: Math.sqrt(average(outputs.map((y) => (y - out) ** 2))),
      mean_slope: average(gradients), saturated: share(SATURATED), dead: share(DEAD),
    };

    const [low, high] = BOUNDED.includes(name) ? [-1.25, 1.25] : [-2, 6];
    const inShare = histogram(inputs, -6, 6, 48), outShare = histogram(outputs, low, high, 40);
    const percent = (v) => `${Math.round(v * 100)} %`;
    const main = surface.axes({ box: [58, 30, 430, 262], x: [-6, 6], y: [low, high], xticks: 7, yticks: 6, ylabel: "output", title: `${name.replaceAll("_", " ")} and its derivative` });
    const side = surface.axes({ box: [512, 30, 214, 262], x: [0, Math.max(0.12, Math.max(...outShare)) * 1.08], y: [low, high], xticks: 3, yticks: 6, yformat: () => "", xformat: (v) => (v ? percent(v) : ""), xlabel: "share of outputs", title: "Outputs" });
    const below = surface.axes({ box: [58, 350, 430, 78], x: [-6, 6], y: [0, Math.max(0.06, Math.max(...inShare)) * 1.1], xticks: 7, yticks: 2, yformat: percent, xlabel: "input", title: "Inputs" });

    // Where the slope is small.
    const bars = evenly(-6, 6, 49);
    let from = null;
    for (const i of [...shown, null]) {
      const flat = i !== null && Math.abs(slopes[i]) < SATURATED;
      if (flat && from === null) from = xs[i];
      if (!flat && from !== null) {
        const to = i === null ? 6 : xs[i - 1];
        main.band(from, to);
        below.band(from, to);
        from = null;
      }
    }
    main.hline(0, { color: color.muted });
    // Nine of the inputs on their way.
    for (let k = 0; k < 9; k++) {
      const x = inputs[Math.floor(((k + 0.5) / 9) * inputs.length)], y = f(x);
      if (Math.abs(x) > 6) continue;
      const thin = { color: color.blue, width: 1, alpha: 0.5 };
      surface.line([[main.px(x), 350], [main.px(x), main.py(Math.max(low, Math.min(high, y)))]], thin);
      if (y < high && y > low) surface.line([[main.px(x), main.py(y)], [512, main.py(y)]], thin);
    }
    below.bars(bars, inShare, { color: color.sky });
    side.bars(evenly(low, high, 41), outShare, { color: color.blue, sideways: true });
    main.line(near, shown.map((i) => slopes[i]), { color: color.red, dash: "dashed", width: 2.2 });
    main.line(near, shown.map((i) => values[i]), { color: color.blue, width: 3 });
    surface.legend(70, 50, [{ label: "f", color: color.blue }, { label: "f′", color: color.red, dash: "dashed" }, { label: "saturated", fill: color.shade }]);

    // The numbers.
    const said = [
      ["saturated", percent(numbers.saturated)], ["no gradient at all", percent(numbers.dead)],
      ["mean |f′|", fixed(numbers.mean_slope, 3)], ["mean of outputs", fixed(numbers.mean_out, 2)], ["spread of outputs", fixed(numbers.spread_out, 2)],
    ];
    said.forEach(([label, text], i) => {
      surface.text(516, 362 + i * 22, label, { color: color.muted });
      surface.text(726, 362 + i * 22, text, { align: "right", bold: true, size: 14 });
    });
    surface.say(`${name}: ${said.map(([label, text]) => `${label} ${text}`).join(", ")}.`);

    const at = main.hovered() || below.hovered();
    if (at) {
      main.vline(at.x, { color: color.muted, dash: "dotted" });
      main.points([at.x], [f(at.x)], { color: color.blue });
      main.points([at.x], [slope(at.x)], { color: color.red, mark: "square", size: 5 });
      surface.readout(main.px(at.x), main.py(Math.max(low, Math.min(high, f(at.x)))), [`input ${fixed(at.x, 2)}`, [`f = ${fixed(f(at.x), 3)}`, color.blue], [`f′ = ${fixed(slope(at.x), 3)}`, color.red]]);
    }
    return numbers;
  });
});
