// Two maps of fifty layers, their standard deviations, and one layer's histograms. Python: signal_flow.py.
const CURVES = ["activation_std", "gradient_std", "activation_mean", "zero", "gradient_zero", "saturated"];
const LOW = -12, HIGH = 8, TICKS = [-12, -8, -4, 0, 4, 8];
const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
const power = (exponent) => "10" + [...String(exponent)].map((c) => RAISED[c]).join("");

export default widget((page) => {
  page.row("initialisation", "activation", "normalisation");
  page.row("layer");
  const surface = page.canvas({ width: 740, height: 486, focusable: true });
  const note = page.note();
  const choices = () => ({ initialisation: page.get("initialisation"), activation: page.get("activation"), normalisation: page.get("normalisation"), seed: page.get("seed") });
  const first = page.tables, depth = first.first_curves.shape[1], rows = first.first_maps.shape[1], bins = first.first_bars.shape[2] - 2;
  let drawn = { of: choices(), curves: first.first_curves.data, maps: first.first_maps.data, bars: first.first_bars.data };
  let asked = JSON.stringify(drawn.of), plots = [];

  // Only another net is asked for; another layer of this one is here already.
  function follow() {
    const question = choices(), key = JSON.stringify(question);
    if (key === asked) return;
    asked = key;
    page.ask(question, "net").then((got) => {
      if (!got) return;
      drawn = { of: question, curves: got.arrays[0], maps: got.arrays[1], bars: got.arrays[2] };
      page.refresh();
    }, () => {});
  }
  const toLayer = (layer) => page.set({ layer: Math.max(1, Math.min(depth, Math.round(layer))) });
  let held = null;
  surface.drag({
    start(x, y) {
      held = plots.find((p) => x >= p.left - 4 && x <= p.left + p.wide + 4 && y >= p.top && y <= p.top + p.high + 14);
      if (held) toLayer(held.ux(x));
      return held;
    },
    move: (x) => toLayer(held.ux(x)),
  });
  page.listen(surface.node, "keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    toLayer(page.get("layer") + step);
  });

  page.draw(() => {
    follow();
    const color = page.color, layer = page.get("layer"), at = layer - 1;
    const curve = (i) => drawn.curves.subarray(i * depth, (i + 1) * depth);
    const numbers = Object.fromEntries(CURVES.map((name, i) => [name, curve(i)[at]]));
    const inks = [color.blue, color.red];
    const pale = parseColor(color.background) || [255, 255, 255];
    const deep = color.dark ? [[150, 210, 250], [255, 175, 120]] : [[0, 58, 102], [140, 50, 0]];
    const shade = (which) => (t) => { const s = Math.sqrt(Math.max(0, Math.min(1, t))); return deep[which].map((v, k) => pale[k] + s * (v - pale[k])); };
    const layers = Array.from({ length: depth }, (_, i) => i + 1), xticks = [1, 10, 20, 30, 40, 50].filter((x) => x <= depth);

    // The two maps, each with its strip of zeros.
    plots = ["Activations, on their way up →", "← Gradients, on their way back"].map((title, which) => {
      const left = 62 + which * 362, zeros = curve(which ? 4 : 3);
      const plot = surface.axes({ box: [left, 26, 306, 206], x: [0.5, depth + 0.5], y: [LOW, HIGH], xticks: false, yticks: TICKS, yformat: power, grid: false, edges: false, title });
      plot.heat(drawn.maps.subarray(which * rows * depth, (which + 1) * rows * depth), rows, depth, { limit: 0.36, smooth: false, map: shade(which) });
      const c = surface.context, wide = plot.wide / depth;
      zeros.forEach((share, i) => {
        c.fillStyle = `rgb(${shade(which)(share).map(Math.round).join(",")})`;
        c.fillRect(left + i * wide, 236, wide + 0.5, 12);
      });
      c.strokeStyle = color.border;
      c.lineWidth = 1;
      c.strokeRect(left, 26, plot.wide, 206);
      c.strokeRect(left, 236, plot.wide, 12);
      surface.line([[left, plot.py(0)], [left + plot.wide, plot.py(0)]], { color: color.muted, width: 1, dash: "dotted" });
      surface.text(left - 7, 242, "= 0", { align: "right", base: "middle", color: color.muted });
      for (const x of xticks) surface.text(plot.px(x), 265, String(x), { align: "center", color: color.muted });
      if (!which) surface.text(left + plot.wide + 28, 265, "layer", { align: "center" });
      surface.line([[plot.px(layer), 26], [plot.px(layer), 248]], { color: color.text, width: 1.6 });
      return plot;
    });

    // Standard deviations.
    const spread = surface.axes({ box: [62, 316, 236, 122], x: [1, depth], y: [10 ** LOW, 10 ** HIGH], ylog: true, yticks: [-12, -4, 0, 4].map((e) => 10 ** e), yformat: (v) => power(Math.round(Math.log10(v))), xticks, xlabel: "layer", title: "Standard deviation" });
    inks.forEach((ink, which) => {
      const values = Array.from(curve(which), (v) => (v > 0 ? Math.max(10 ** LOW, Math.min(10 ** HIGH, v)) : NaN));
      spread.line(layers, values, { color: ink, width: 2.5, dash: which ? "dashed" : "solid" });
      if (isFinite(values[at])) spread.points([layer], [values[at]], { color: ink, mark: which ? "square" : "circle", size: 5 });
    });
    spread.vline(layer, { color: color.muted });
    surface.legend(214, 307, [{ label: "up", color: inks[0] }, { label: "back", color: inks[1], dash: "dashed" }], { across: true });

    // One layer's histograms.
    const few = (v) => format(v, 2);
    ["activations", "gradients"].forEach((name, which) => {
      const from = (which * depth + at) * (bins + 2), low = drawn.bars[from], high = drawn.bars[from + 1];
      const shares = drawn.bars.subarray(from + 2, from + 2 + bins), top = Math.max(0.02, ...shares) * 1.08;
      const box = [346 + which * 200, 316, 178, 122], middle = (low + high) / 2;
      const plot = surface.axes({ box, x: [low, high], y: [0, top], xticks: [low, middle, high], xformat: () => "", yticks: false, grid: false, title: `Layer ${layer}: ${name}` });
      const edges = Array.from({ length: bins + 1 }, (_, i) => low + ((high - low) * i) / bins);
      plot.bars(edges, shares, { color: inks[which] });
      const zero = Math.abs(low) < 1e-9 * Math.abs(high) ? 0 : low;
      [[zero, "left"], [Math.abs(middle) < 0.02 * (high - low) ? 0 : middle, "center"], [high, "right"]].forEach(([v, align], i) => surface.text(box[0] + (i * box[2]) / 2, 455, few(v), { align, color: color.muted }));
      const none = numbers[which ? "gradient_zero" : "zero"];
      if (none > 0.0005) surface.text(box[0] + box[2] - 2, 334, `exactly 0: ${Math.round(none * 100)} %`, { align: "right", color: color.muted, halo: true });
    });

    const where = plots.concat(spread).map((p) => p.hovered()).find(Boolean);
    if (where) {
      const i = Math.max(1, Math.min(depth, Math.round(where.x))) - 1;
      surface.readout(where.px, where.py, [[`layer ${i + 1}`, color.muted], [`activations: std ${format(curve(0)[i])}`, inks[0]], [`gradients: std ${format(curve(1)[i])}`, inks[1]]]);
    }
    surface.node.style.cursor = plots.some((p) => p.hovered()) ? "ew-resize" : "default";
    const percent = (v) => `${Math.round(v * 100)} %`;
    const said = [["activations", `mean ${fixed(numbers.activation_mean, 2)}, standard deviation ${format(numbers.activation_std)}`], ["saturated", percent(numbers.saturated)], ["gradients", `standard deviation ${format(numbers.gradient_std)}`]];
    note.replaceChildren(`Layer ${layer}: `, ...said.flatMap(([label, text], i) => [i ? "; " : "", `${label} `, element("b", {}, text)]), ".");
    surface.say(`${drawn.of.initialisation}, ${drawn.of.activation}, normalisation ${drawn.of.normalisation}. Layer ${layer}: ${said.map((pair) => pair.join(" ")).join("; ")}.`);
    return { ...numbers, activation_stds: [...curve(0)], gradient_stds: [...curve(1)] };
  });
});
