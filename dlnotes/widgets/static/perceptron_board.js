// The perceptron rule between points that can be dragged. Python: perceptron_board.py, which has the same rule.
const LIMIT = 4, GRAIN = 8, EPOCHS = 100;
const start = () => ({ weight: [0, 0, 0], next: 0, mistakes: [0], last: -1, done: false });

function oneStep(points, state) {
  let at = state.next, counts = [...state.mistakes];
  const [w1, w2, b] = state.weight;
  while (!state.done && points.length) {
    if (at >= points.length) { // an epoch is over
      if (counts[counts.length - 1] === 0) return { ...state, next: 0, mistakes: counts, last: -1, done: true };
      if (counts.length === EPOCHS) break;
      at = 0;
      counts = [...counts, 0];
    }
    const [x1, x2, y] = points[at];
    at += 1;
    if (y * (w1 * x1 + w2 * x2 + b) <= 0) {
      counts[counts.length - 1] += 1;
      return { weight: [w1 + y * x1, w2 + y * x2, b + y], next: at, mistakes: counts, last: at - 1, done: false };
    }
  }
  return { ...state, next: at, mistakes: counts, last: -1 };
}

const perceptronBoard = (page) => {
  let chosen = -1, held = -1, timer = null, adding = 1, plane = null, message = "";
  const snap = (v) => Math.max(-LIMIT, Math.min(LIMIT, Math.round(v * GRAIN) / GRAIN));
  const change = (points, options = {}) => {
    page.set({ points, state: options.keep ? page.get("state") : start(), preset: "own" });
  };
  const stop = () => { clearInterval(timer); timer = null; };
  const act = () => {
    const state = oneStep(page.get("points"), page.get("state"));
    page.set({ state });
    return state;
  };
  // Points are compared, never changed in place: the model notices only a new list.
  const replaced = (i, row) => page.get("points").map((old, k) => (k === i ? row : old));
  const flip = () => { if (chosen >= 0) change(replaced(chosen, page.get("points")[chosen].map((v, k) => (k === 2 ? -v : v)))); };
  const remove = () => { if (chosen >= 0) { const at = chosen; chosen = -1; change(page.get("points").filter((_, i) => i !== at)); } };
  const add = (x, y) => { if (page.get("points").length < 60) { chosen = page.get("points").length; change([...page.get("points"), [snap(x), snap(y), adding]]); } };

  const preset = page.control("preset");
  page.on("change:preset", () => {
    const name = page.get("preset"), table = page.tables[name];
    if (!table) return;
    const points = Array.from({ length: table.shape[0] }, (_, i) => [...table.row(i)]);
    if (JSON.stringify(points) === JSON.stringify(page.get("points"))) return;
    chosen = -1;
    page.set({ points, state: start() });
  });
  const step = page.button("Step", () => { stop(); act(); }, { main: true, hint: "Correct the next mistake" });
  const run = page.button("Run", () => {
    if (timer) return stop();
    timer = setInterval(() => { if (act().last < 0) { stop(); page.refresh(); } }, 160);
  }, { hint: "Correct one mistake after another, or stop" });
  const reset = page.button("Reset line", () => { stop(); page.set({ state: start() }); }, { hint: "Back to w = 0 and b = 0" });
  const flipper = page.button("Flip", flip, { hint: "Give the chosen point the other class" });
  const remover = page.button("Remove", remove, { hint: "Remove the chosen point" });
  const kind = page.button("", () => { adding = -adding; }, { hint: "Class of the points you add with a click" });
  page.row(preset, step, run, reset);
  page.row(kind, flipper, remover);
  const surface = page.canvas({ width: 740, height: 456, focusable: true });
  const note = page.note();
  page.cleanups.push(stop);

  const nearest = (px, py) => {
    let best = -1, distance = 16;
    page.get("points").forEach(([x, y], i) => {
      const d = Math.hypot(plane.px(x) - px, plane.py(y) - py);
      if (d < distance) [best, distance] = [i, d];
    });
    return best;
  };
  surface.drag({
    start(px, py) {
      if (px < plane.left || px > plane.left + plane.wide || py < plane.top || py > plane.top + plane.high) return false;
      stop();
      held = nearest(px, py);
      if (held < 0) { add(plane.ux(px), plane.uy(py)); held = chosen; }
      chosen = held;
      surface.node.focus({ preventScroll: true });
      return true;
    },
    move(px, py) {
      const old = page.get("points")[held];
      if (!old) return;
      const row = [snap(plane.ux(px)), snap(plane.uy(py)), old[2]];
      if (row[0] !== old[0] || row[1] !== old[1]) change(replaced(held, row));
    },
    end() { held = -1; },
  });
  page.listen(surface.node, "keydown", (event) => {
    const points = page.get("points"), moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const row = points[chosen];
    if (event.key === "." && points.length) chosen = (chosen + 1) % points.length;
    else if (event.key === "," && points.length) chosen = (chosen - 1 + points.length) % points.length;
    else if (moves[event.key] && row) change(replaced(chosen, [snap(row[0] + moves[event.key][0] / GRAIN), snap(row[1] + moves[event.key][1] / GRAIN), row[2]]));
    else if (event.key.toLowerCase() === "f") flip();
    else if (event.key === "Delete" || event.key === "Backspace") remove();
    else return;
    event.preventDefault();
    event.stopPropagation();
    page.refresh();
  });

  page.draw(() => {
    const color = page.color, { points, state } = page.settings, [w1, w2, b] = state.weight;
    const before = state.last >= 0 && points[state.last] ? [w1 - points[state.last][2] * points[state.last][0], w2 - points[state.last][2] * points[state.last][1], b - points[state.last][2]] : null;
    if (chosen >= points.length) chosen = -1;
    run.textContent = timer ? "Stop" : "Run";
    kind.textContent = adding > 0 ? "Click adds: ● +1" : "Click adds: ■ −1";
    flipper.disabled = remover.disabled = chosen < 0;

    plane = surface.axes({ box: [52, 12, 392, 392], x: [-LIMIT, LIMIT], y: [-LIMIT, LIMIT], xticks: 8, yticks: 8, xlabel: "x₁", ylabel: "x₂", ygap: 34 });
    const size = Math.hypot(w1, w2);
    const line = (u, v, c, look) => {
      const n = Math.hypot(u, v);
      if (n < 1e-12) return;
      const [fx, fy] = [(-c * u) / n ** 2, (-c * v) / n ** 2], [tx, ty] = [(-v / n) * 40, (u / n) * 40];
      plane.line([fx - tx, fx + tx], [fy - ty, fy + ty], look);
    };
    if (size > 0) {
      // Both half planes: a wide square on each side of the line.
      plane.clip(() => {
        const c = surface.context, [ux, uy] = [w1 / size, w2 / size], [fx, fy] = [(-b * w1) / size ** 2, (-b * w2) / size ** 2];
        for (const [way, tint] of [[1, color.blue], [-1, color.orange]]) {
          c.globalAlpha = color.dark ? 0.22 : 0.14;
          c.fillStyle = tint;
          c.beginPath();
          for (const [along, out] of [[-40, 0], [40, 0], [40, 40], [-40, 40]]) c.lineTo(plane.px(fx - uy * along + ux * way * out), plane.py(fy + ux * along + uy * way * out));
          c.fill();
        }
      });
      if (before) line(...before, { color: color.muted, dash: "dashed", width: 1.6 });
      line(w1, w2, b, { color: color.text, width: 2.6 });
      const [fx, fy] = [(-b * w1) / size ** 2, (-b * w2) / size ** 2];
      if (Math.abs(fx) < LIMIT && Math.abs(fy) < LIMIT) {
        plane.arrow(fx, fy, fx + (w1 / size) * 0.9, fy + (w2 / size) * 0.9, { color: color.text, width: 2.2 });
        plane.text(fx + (w1 / size) * 1.2, fy + (w2 / size) * 1.2, "w", { bold: true, align: "center", base: "middle", halo: true });
      }
    }
    let wrong = 0;
    points.forEach(([x, y, label], i) => {
      const miss = label * (w1 * x + w2 * y + b) <= 0;
      wrong += miss;
      if (miss) surface.context.setLineDash([]);
      const ring = (radius, ink, dash) => {
        const turn = Array.from({ length: 33 }, (_, k) => [plane.px(x) + radius * Math.cos((k * Math.PI) / 16), plane.py(y) + radius * Math.sin((k * Math.PI) / 16)]);
        surface.line(turn, { color: ink, width: 1.8, dash });
      };
      surface.mark(plane.px(x), plane.py(y), { color: label > 0 ? color.blue : color.orange, mark: label > 0 ? "circle" : "square", size: 7 });
      if (miss) ring(11, color.red);
      if (i === state.last) ring(15, color.text, "dotted");
      if (i === chosen) ring(19, color.text);
    });

    // Right: the mistakes of each epoch, and the correction as a sum of vectors.
    const shown = state.mistakes.slice(-25), first = state.mistakes.length - shown.length;
    const counts = surface.axes({ box: [512, 30, 214, 120], x: [first + 0.4, first + Math.max(shown.length, 8) + 0.6], y: [0, Math.max(4, ...shown) * 1.1], xticks: niceTicks(first + 1, first + Math.max(shown.length, 8), 4).filter(Number.isInteger), yticks: niceTicks(0, Math.max(4, ...shown), 3).filter(Number.isInteger), xlabel: "epoch", title: "Mistakes per epoch", ygap: 30 });
    counts.bars(shown.map((_, i) => first + i + 0.5).concat(first + shown.length + 0.5), shown, { color: color.red, gap: 2 });
    const reach = Math.max(2, ...[[w1, w2], before || [0, 0]].flat().map(Math.abs)) * 1.25, box = 174;
    const sum = surface.axes({ box: [532, 240, box, box - 10], x: [-reach, reach], y: [-reach, reach], xticks: 4, yticks: 4, title: "The last correction" });
    sum.hline(0, { color: color.muted, width: 1 });
    sum.vline(0, { color: color.muted, width: 1 });
    if (before) {
      const [, , label] = points[state.last];
      const ink = label > 0 ? color.blue : color.orange;
      surface.legend(476, 446, [{ label: "before", color: color.muted, dash: "dashed" }, { label: label > 0 ? "+ x" : "− x", color: ink }, { label: "w now", color: color.text }], { across: true });
      sum.arrow(0, 0, before[0], before[1], { color: color.muted, width: 2, dash: "dashed" });
      sum.arrow(before[0], before[1], w1, w2, { color: ink, width: 2.6 });
    }
    sum.arrow(0, 0, w1, w2, { color: color.text, width: 2.6 });

    const sign = (v) => (v < 0 ? "−" : "+");
    const rule = `${format(w1, 4)} x₁ ${sign(w2)} ${format(Math.abs(w2), 4)} x₂ ${sign(b)} ${format(Math.abs(b), 4)} = 0`;
    if (state.done) message = "A whole epoch without a mistake: done.";
    else if (state.mistakes.length >= EPOCHS && state.last < 0) message = `${EPOCHS} epochs, and still mistakes: no line may separate these points.`;
    else if (before) message = `Point ${state.last + 1} (dotted ring) was wrong, so w became w ${points[state.last][2] > 0 ? "+" : "−"} x.`;
    else message = size === 0 ? "w = 0: every point counts as wrong. Press Step." : "";
    note.replaceChildren(element("b", {}, rule), ` · wrong side: ${wrong} of ${points.length} · ${message}`);
    const said = `${points.length} points; line ${rule}; wrong side ${wrong}; mistakes per epoch ${state.mistakes.slice(-10).join(", ")}. ${message}`;
    surface.say(chosen >= 0 && points[chosen] ? `Point ${chosen + 1} at ${points[chosen][0]}, ${points[chosen][1]}, class ${points[chosen][2]}. ${said}` : said);
    return { weight: [w1, w2], bias: b, mistakes: state.mistakes, wrong, done: state.done };
  });
};

export default widget(perceptronBoard);
