// optimizer_race.js: draws the surface, the walks, their heights and the phase diagram; Python computes the walks.

const RACE_STYLE = `
.dl-race .dl-stage { display: flex; flex-wrap: wrap; gap: 8px 12px; }
.dl-race .dl-left { flex: 0 1 448px; min-width: 0; }
.dl-race .dl-right { display: flex; flex-wrap: wrap; gap: 4px 12px; flex: 1 1 300px; align-items: flex-start; align-content: flex-start; }
.dl-race .dl-racers { display: grid; grid-template-columns: repeat(auto-fill, minmax(142px, 1fr)); gap: 6px; margin: 4px 0 8px; }
.dl-race > .dl-row { gap: 6px 12px; }
.dl-race > .dl-row input[type="range"] { width: 104px; }
.dl-race .dl-racers button { display: grid; grid-template-columns: 30px 1fr; gap: 0 8px; align-items: center; text-align: left; padding: 3px 8px; line-height: 1.25; }
.dl-race .dl-racers button[aria-pressed="false"] { opacity: 0.55; border-style: dashed; }
.dl-race .dl-racers button[aria-pressed="true"] { box-shadow: none; border-color: var(--dl-border); }
.dl-race .dl-racers canvas { grid-row: 1 / 3; width: 30px; height: 18px; border-radius: 0; }
.dl-race .dl-racers small { font-size: 12px; color: var(--dl-muted); font-variant-numeric: tabular-nums; }
.dl-race .dl-scrub { display: flex; gap: 10px; align-items: center; margin: 2px 0 6px; }
.dl-race .dl-scrub .dl-control { flex: 1; }
.dl-race .dl-scrub input[type="range"] { flex: 1; width: auto; min-width: 60px; }
.dl-race .dl-scrub button { min-width: 92px; font-weight: 600; }
`;
const RACER_LOOKS = [
  { ink: "text", dash: "solid", mark: "circle" }, { ink: "blue", dash: "solid", mark: "square" },
  { ink: "sky", dash: "dashed", mark: "diamond" }, { ink: "green", dash: "dashdot", mark: "triangle" },
  { ink: "purple", dash: "dotted", mark: "circle", hollow: true }, { ink: "red", dash: "solid", mark: "diamond", hollow: true },
];
const SURFACE_TITLES = { bowl: "The bowl from above", ravine: "The ravine from above", Rosenbrock: "Rosenbrock's valley from above", saddle: "The saddle from above", Beale: "Beale's function from above" };
const REGIME_NAMES = ["monotone", "oscillating", "diverging"];

// Marching squares: the line z = level through a grid, as pairs of points in grid units.
function contourSegments(z, rows, columns, level) {
  const out = [];
  for (let r = 0; r + 1 < rows; r++) for (let k = 0; k + 1 < columns; k++) {
    const corners = [[k, r], [k + 1, r], [k + 1, r + 1], [k, r + 1]];
    const values = corners.map(([x, y]) => z[y * columns + x] - level), cuts = [];
    for (let i = 0; i < 4; i++) {
      const a = values[i], b = values[(i + 1) % 4];
      if (a < 0 === b < 0) continue;
      const t = a / (a - b), [p, q] = [corners[i], corners[(i + 1) % 4]];
      cuts.push([p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])]);
    }
    for (let i = 0; i + 1 < cuts.length; i += 2) out.push([cuts[i], cuts[i + 1]]);
  }
  return out;
}

export default widget((page) => {
  page.root.classList.add("dl-race");
  page.root.append(element("style", {}, RACE_STYLE));
  const racers = page.spec.racers || ["SGD", "Momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam"];
  const surfaces = page.spec.controls.surface.options, steps = page.spec.controls.step.maximum;
  const table = (name) => page.tables[name].row(surfaces.indexOf(page.get("surface")));
  let walks = { paths: page.tables.first_paths.data, heights: page.tables.first_heights.data, surface: page.get("surface") };
  let playing = false, asked = "";
  const drawn = {}; // what stays the same as long as the surface does: its shade and its contour lines

  // ------------------------------------------------------------ the walks: ask only for what is newest
  function follow() {
    const question = { surface: page.get("surface"), start: page.get("start"), learning_rate: page.get("learning_rate"), momentum: page.get("momentum") };
    const key = JSON.stringify(question);
    if (key === asked) return;
    asked = key;
    page.ask(question, "walks").then((got) => {
      if (!got) return;
      walks = { paths: got.arrays[0], heights: got.arrays[1], surface: question.surface };
      page.refresh();
    }, () => {});
  }
  const setPlain = page.set.bind(page);
  page.set = (values) => { // a new surface brings its own start and rate
    if (values.surface && values.surface !== page.get("surface")) {
      const [x, y, rate] = page.tables.presets.row(surfaces.indexOf(values.surface));
      values = { start: [+x.toPrecision(5), +y.toPrecision(5)], learning_rate: +rate.toPrecision(5), step: steps, ...values };
    }
    if ("step" in values) playing = false;
    setPlain(values);
  };

  // ------------------------------------------------------------ what stands where
  page.row("surface", "learning_rate", "momentum");
  const about = element("p", { class: "dl-caption", "aria-live": "polite" });
  page.root.append(about);
  const left = element("div", { class: "dl-left" }), right = element("div", { class: "dl-right" });
  page.root.append(element("div", { class: "dl-stage" }, left, right));
  const map = page.canvas({ width: 448, height: 352, parent: left, focusable: true, label: "The surface and the walks" });
  const play = page.button("▶ Play", () => {
    if (!playing && page.get("step") >= steps) page.model.set("step", 0);
    playing = !playing;
    if (playing) requestAnimationFrame(tick); else page.save();
  }, { main: true, hint: "Play or pause" });
  left.append(element("div", { class: "dl-scrub" }, play, page.control("step")));
  const chips = racers.map((name, i) => {
    const swatch = element("canvas", { width: 60, height: 36, "aria-hidden": "true" }), value = element("small");
    const button = element("button", { type: "button", "aria-label": `Show ${name}`, onclick: () => {
      const shown = page.get("shown");
      page.set({ shown: racers.filter((other) => (other === name ? !shown.includes(name) : shown.includes(other))) });
    } }, swatch, element("span", {}, name), value);
    return { button, swatch, value, name, i };
  });
  const chipsTitle = element("div", { class: "dl-caption" });
  left.append(chipsTitle);
  left.append(element("div", { class: "dl-racers" }, ...chips.map((chip) => chip.button)));
  const curve = page.canvas({ width: 300, height: 224, parent: right, label: "Height against step" });
  const plane = page.canvas({ width: 300, height: 292, parent: right, focusable: true, label: "Phase diagram" });
  page.root.append(element("p", { class: "dl-caption" },
    "Drag the white ring (or use the arrow keys on the map) to start elsewhere. Click in the phase diagram, or move in it with the arrow keys, to set learning rate and momentum together; "
    + "it tells what Momentum does on a quadratic as curved as this surface is at its lowest point (β = 0 is SGD). The star there is Polyak's best pair. Stars on the map are the lowest points."));

  let before = 0;
  function tick(now) {
    if (!playing || page.closed) return;
    const moved = before ? Math.min(4, Math.max(1, Math.round((now - before) / 22))) : 1;
    before = now;
    const step = Math.min(steps, page.get("step") + moved);
    page.model.set("step", step);
    if (step >= steps) { playing = false; before = 0; page.save(); }
    page.refresh();
    if (playing) requestAnimationFrame(tick);
  }

  // ------------------------------------------------------------ moving the start, the rate and the momentum
  let axes = null, loss = null, phase = null;
  const toWindow = (x, y) => {
    const [a, b, c, d] = table("windows");
    return [+Math.max(a, Math.min(b, x)).toPrecision(4), +Math.max(c, Math.min(d, y)).toPrecision(4)];
  };
  map.drag({
    start: (x, y) => axes && Math.hypot(axes.px(page.get("start")[0]) - x, axes.py(page.get("start")[1]) - y) < 18,
    move: (x, y) => page.set({ start: toWindow(axes.ux(x), axes.uy(y)) }),
  });
  page.listen(map.node, "keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const [a, b] = table("windows"), [x, y] = page.get("start"), far = (b - a) / 60;
    page.set({ start: toWindow(x + step[0] * far, y + step[1] * far) });
  });
  const spec = page.spec.controls.learning_rate, lowest = Math.log10(spec.minimum), highest = Math.log10(spec.maximum);
  const topMomentum = page.spec.controls.momentum.maximum;
  const setBoth = (logRate, momentum) => page.set({
    learning_rate: Math.max(spec.minimum, Math.min(spec.maximum, +(10 ** logRate).toPrecision(3))),
    momentum: +Math.max(0, Math.min(topMomentum, momentum)).toFixed(2),
  });
  plane.drag({
    start: (x, y) => { if (!phase || x < phase.left || y > phase.top + phase.high || y < phase.top) return false; setBoth(phase.ux(x), phase.uy(y)); return true; },
    move: (x, y) => setBoth(phase.ux(x), phase.uy(y)),
  });
  page.listen(plane.node, "keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!step) return;
    event.preventDefault();
    setBoth(Math.log10(page.get("learning_rate")) + step[0] * 0.04, page.get("momentum") + step[1] * 0.01);
  });
  curve.drag({
    start: (x) => { if (!loss || x < loss.left) return false; scrub(x); return true; },
    move: (x) => scrub(x),
  });
  const scrub = (x) => page.set({ step: Math.max(0, Math.min(steps, Math.round(loss.ux(x)))) });

  // ------------------------------------------------------------ drawing
  const look = (i) => ({ ...RACER_LOOKS[i], color: page.color[RACER_LOOKS[i].ink] });
  const height = (i, step) => walks.heights[i * (steps + 1) + step];
  const point = (i, step) => [walks.paths[2 * (i * (steps + 1) + step)], walks.paths[2 * (i * (steps + 1) + step) + 1]];
  const star = (surface, x, y, size) => surface.mark(x, y, { mark: "star", size, color: "#ffffff", edge: "#222222" });
  function drawMap(shown) {
    const [a, b, low, high] = table("windows"), color = page.color, z = table("heights"), [, rows, columns] = page.tables.heights.shape;
    const name = page.get("surface"), base = table("presets")[3];
    axes = map.axes({ box: [40, 28, 400, 300], x: [a, b], y: [low, high], xticks: 6, yticks: 5, grid: false, edges: false, title: SURFACE_TITLES[name] || name });
    const shade = (drawn[`${name}-shade`] ||= z.map((v) => Math.cbrt(Math.max(0, v - base))));
    const deep = color.dark ? [30, 44, 58] : [214, 230, 243], pale = color.dark ? [16, 18, 20] : [255, 255, 255];
    axes.heat(shade, rows, columns, { key: `${name} ${color.dark}`, map: (t) => deep.map((v, k) => v + (pale[k] - v) * Math.min(1, t * 1.1)) });
    const c = map.context;
    axes.clip(() => {
      c.strokeStyle = color.muted;
      table("levels").forEach((level, n) => {
        const line = (drawn[`${name}-${n}`] ||= new Path2D(contourSegments(z, rows, columns, level).map((pair) => pair.map(
          ([k, r], end) => `${"ML"[end]}${axes.left + (k / (columns - 1)) * axes.wide} ${axes.top + axes.high - (r / (rows - 1)) * axes.high}`).join("")).join("")));
        c.globalAlpha = 0.55;
        c.lineWidth = 0.9;
        c.stroke(line);
      });
      c.globalAlpha = 1;
      const minima = table("minima");
      for (let k = 0; k < minima.length; k += 2) star(map, axes.px(minima[k]), axes.py(minima[k + 1]), 9);
    });
    const step = page.get("step");
    for (const i of shown) {
      const xs = [], ys = [];
      for (let s = 0; s <= step; s++) { const [x, y] = point(i, s); xs.push(x); ys.push(y); }
      axes.line(xs, ys, { ...look(i), width: 2 });
    }
    for (const i of shown) {
      let s = step;
      while (s > 0 && !isFinite(point(i, s)[0])) s--;
      const [x, y] = point(i, s);
      axes.points([x], [y], { ...look(i), size: 6 });
    }
    const [x, y] = page.get("start");
    map.mark(axes.px(x), axes.py(y), { color: color.text, size: 8, hollow: true });
    map.text(axes.px(x), axes.py(y) - 14, "start", { align: "center", halo: true });
    c.strokeStyle = color.muted;
    c.lineWidth = 1;
    c.strokeRect(40, 28, 400, 300);
    const at = axes.hovered();
    if (at) {
      const k = Math.round(((at.x - a) / (b - a)) * (columns - 1)), r = Math.round(((at.y - low) / (high - low)) * (rows - 1));
      map.readout(at.px, at.py, [[`x ${fixed(at.x)}, y ${fixed(at.y)}`, color.muted], `height ${format(z[r * columns + k] - base)}`]);
    }
    map.node.style.cursor = at && Math.hypot(at.px - axes.px(x), at.py - axes.py(y)) < 18 ? "grab" : "crosshair";
  }
  function drawCurve(shown) {
    const color = page.color, step = page.get("step");
    let most = 1e-3, least = 1;
    for (const i of shown) for (let s = 0; s <= steps; s++) { const h = height(i, s); if (isFinite(h)) { if (h > most) most = h; if (h < least) least = h; } }
    const top = 10 ** Math.ceil(Math.log10(Math.min(most, 1e6))), bottom = 10 ** Math.max(-9, Math.min(Math.log10(top) - 2, Math.floor(Math.log10(Math.max(least, 1e-9)))));
    const first = Math.round(Math.log10(bottom)), last = Math.round(Math.log10(top)), skip = Math.ceil((last - first) / 5), ticks = [];
    for (let e = first; e <= last; e += skip) ticks.push(10 ** e);
    const power = (v) => "10" + String(Math.round(Math.log10(v))).replace(/[-0-9]/g, (d) => ({ "-": "⁻" })[d] || "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]);
    loss = curve.axes({ box: [52, 28, 232, 150], x: [0, 1.02 * steps], y: [bottom, top], ylog: true, yticks: ticks, yformat: power, xticks: 4, xlabel: "step", title: "Height above the lowest point" });
    const xs = Array.from({ length: steps + 1 }, (_, s) => s);
    for (const i of shown) {
      const ys = xs.map((s) => (isFinite(height(i, s)) ? Math.max(bottom, height(i, s)) : NaN));
      loss.line(xs, ys, { ...look(i), width: 2, alpha: 0.3 });
      loss.line(xs.slice(0, step + 1), ys.slice(0, step + 1), { ...look(i), width: 2 });
    }
    loss.vline(step, { color: color.muted });
    for (const i of shown) if (isFinite(height(i, step))) loss.points([step], [Math.max(bottom, height(i, step))], { ...look(i), size: 5 });
    const at = loss.hovered();
    if (at) {
      const s = Math.round(at.x);
      loss.vline(s, { color: color.text, width: 1, dash: "dotted" });
      curve.readout(at.px, at.py, [[`step ${s}`, color.muted], ...shown.map((i) => [`${racers[i]} ${isFinite(height(i, s)) ? format(height(i, s)) : "diverged"}`, look(i).color])]);
    }
  }
  const speedColor = (rate) => { // dark = fast: by the steps it takes to gain a digit, 1 to 10,000
    if (!(rate < 1)) return page.color.dark ? [72, 52, 38] : [246, 222, 200];
    const t = Math.max(0, Math.min(1, Math.log10(-1 / Math.log10(Math.max(rate, 1e-9))) / 4));
    const fast = page.color.dark ? [120, 200, 250] : [0, 70, 125], slow = page.color.dark ? [24, 34, 44] : [236, 244, 250];
    return fast.map((v, k) => v + (slow[k] - v) * t);
  };
  const phaseCell = (x, y) => {
    const [, rows, columns] = page.tables.rates.shape;
    const k = Math.max(0, Math.min(columns - 1, Math.round(((x - lowest) / (highest - lowest)) * (columns - 1))));
    const r = Math.max(0, Math.min(rows - 1, Math.round((y / topMomentum) * (rows - 1))));
    return { rate: table("rates")[r * columns + k], regime: REGIME_NAMES[table("regimes")[r * columns + k]] };
  };
  const perDigit = (rate) => (rate < 1 ? `a digit in ${format(Math.ceil(-1 / Math.log10(rate)))} steps` : "never arrives");
  function drawPhase() {
    const color = page.color, [, rows, columns] = page.tables.rates.shape, c = plane.context;
    phase = plane.axes({ box: [52, 28, 232, 186], x: [lowest, highest], y: [0, topMomentum], xticks: [-4, -3, -2, -1, 0], xformat: (e) => format(10 ** e), yticks: [0, 0.25, 0.5, 0.75], grid: false, xlabel: "learning rate η", ylabel: "momentum β", ygap: 38, title: "What Momentum does here" });
    phase.heat(table("rates"), rows, columns, { limit: 1, map: speedColor, smooth: true, key: `${page.get("surface")} ${color.dark}` });
    phase.clip(() => { // the borders of the regimes, and hatching where it diverges
      const regimes = table("regimes"), steepest = table("curvatures")[1];
      const at = (p) => [phase.left + ((p[0] + 0.5) / columns) * phase.wide, phase.top + phase.high - ((p[1] + 0.5) / rows) * phase.high];
      const betas = Array.from({ length: 200 }, (_, i) => (topMomentum * i) / 199);
      for (const border of [(b) => (1 - Math.sqrt(b)) ** 2, (b) => 2 * (1 + b)]) // the direction of largest curvature decides
        phase.line(betas.map((b) => Math.log10(border(b) / steepest)), betas, { color: color.text, width: 1.4 });
      c.strokeStyle = color.red;
      c.globalAlpha = 0.5;
      c.lineWidth = 1;
      c.beginPath();
      for (let r = 0; r < rows; r += 5) for (let k = 0; k < columns; k += 5) if (regimes[r * columns + k] === 2) { const [x, y] = at([k, r]); c.moveTo(x - 4, y + 4); c.lineTo(x + 4, y - 4); }
      c.stroke();
      c.globalAlpha = 1;
    });
    const labels = table("labels");
    REGIME_NAMES.forEach((name, n) => {
      const [row, column] = [labels[2 * n], labels[2 * n + 1]];
      if (!isFinite(row)) return;
      const half = 6 + c.measureText(name).width / 2, x = phase.left + (column / columns) * phase.wide;
      const narrow = x + half > phase.left + phase.wide || x - half < phase.left;
      plane.text(x, phase.top + phase.high - (row / rows) * phase.high, name, { align: "center", base: "middle", halo: true, turn: narrow });
    });
    const [bestRate, bestMomentum] = table("best");
    star(plane, phase.px(Math.log10(bestRate)), phase.py(bestMomentum), 7);
    const x = Math.log10(page.get("learning_rate")), y = page.get("momentum"), here = phaseCell(x, y);
    phase.vline(x, { color: color.text, width: 1, dash: "dotted" });
    phase.hline(y, { color: color.text, width: 1, dash: "dotted" });
    plane.mark(phase.px(x), phase.py(y), { color: color.red, size: 6, edge: "#ffffff" });
    plane.text(52, 270, `Here: ${here.regime}, × ${fixed(here.rate, 3)} per step`, {});
    plane.text(52, 287, perDigit(here.rate), { color: color.muted });
    const at = phase.hovered();
    if (at) {
      const there = phaseCell(at.x, at.y);
      plane.readout(at.px, at.py, [[`η ${format(10 ** at.x)}, β ${fixed(at.y)}`, color.muted], `${there.regime}, × ${fixed(there.rate, 3)} per step`, perDigit(there.rate)]);
    }
    plane.say(`Phase diagram. Learning rate ${format(page.get("learning_rate"))}, momentum ${fixed(y)}: ${here.regime}, factor ${fixed(here.rate, 3)} per step.`);
    return here;
  }
  page.draw(() => {
    follow();
    const ready = walks.surface === page.get("surface"); // else the walks of this surface are on their way
    const shown = racers.map((_, i) => i).filter((i) => ready && page.get("shown").includes(racers[i])), step = page.get("step");
    if (page.spec.about && about.textContent !== page.spec.about[page.get("surface")]) about.textContent = page.spec.about[page.get("surface")];
    play.textContent = playing ? "❚❚ Pause" : "▶ Play";
    play.setAttribute("aria-pressed", String(playing));
    drawMap(shown);
    drawCurve(shown);
    const here = drawPhase(), said = [];
    chipsTitle.textContent = `Height after ${step} steps; click to hide or show`;
    for (const { button, swatch, value, i, name } of chips) {
      button.setAttribute("aria-pressed", String(page.get("shown").includes(name)));
      value.textContent = !ready ? "…" : isFinite(height(i, step)) ? format(height(i, step)) : "diverged";
      if (shown.includes(i)) said.push(`${name} ${value.textContent}`);
      const c = swatch.getContext("2d");
      c.clearRect(0, 0, 60, 36);
      c.save();
      c.scale(2, 2);
      const pen = { context: c, page };
      Surface.prototype.line.call(pen, [[1, 9], [29, 9]], { ...look(i), width: 2 });
      Surface.prototype.mark.call(pen, 15, 9, { ...look(i), size: 4.5 });
      c.restore();
    }
    map.say(`The ${page.get("surface")} after ${step} steps from (${format(page.get("start")[0])}, ${format(page.get("start")[1])}): ${said.join(", ")}.`);
    return { step, playing, ready, regime: here.regime, rate: here.rate, ...Object.fromEntries(racers.map((name, i) => [name, isFinite(height(i, step)) ? height(i, step) : null])) };
  });
});
