// A formula as a graph, stepped forward and backward. Data, local slopes and gradients are computed here.
const OPERATIONS = { // [value, slope towards each parent], from the parents' numbers
  "+": (a, b) => [a + b, [1, 1]],
  "-": (a, b) => [a - b, [1, -1]],
  "*": (a, b) => [a * b, [b, a]],
  "/": (a, b) => [a / b, [1 / b, -a / b / b]],
  neg: (a) => [-a, [-1]],
  exp: (a) => [Math.exp(a), [Math.exp(a)]],
  log: (a) => (a > 0 ? [Math.log(a), [1 / a]] : [NaN, [NaN]]),
  tanh: (a) => [Math.tanh(a), [1 - Math.tanh(a) ** 2]],
  relu: (a) => [Math.max(a, 0), [a > 0 ? 1 : 0]],
  sigmoid: (a) => { const y = (1 + Math.tanh(a / 2)) / 2; return [y, [y * (1 - y)]]; },
};
const RULES = { // the local slope in words, for the parent with number k; a, b: the parents' names
  "+": () => "1", "-": (k) => (k ? "−1" : "1"), "*": (k, a, b) => `the other factor, ${k ? a : b}`,
  "/": (k, a, b) => (k ? `−${a} / ${b}²` : `1 / ${b}`), neg: () => "−1", exp: () => "the result itself", log: (k, a) => `1 / ${a}`,
  tanh: () => "1 − tanh²", relu: () => "1 above 0, else 0", sigmoid: () => "s (1 − s)",
};
const operate = (op, numbers) => {
  if (!op.startsWith("**")) return OPERATIONS[op](...numbers);
  const n = +op.slice(2);
  return [numbers[0] ** n, [n ? n * numbers[0] ** (n - 1) : 0]];
};
const WIDE = 748, BOX = 86, TALL = 62;

// Places around a point, the nearest first: where a label might go.
const NEARBY = Array.from({ length: 21 * 21 }, (_, n) => [((n % 21) - 10) * 6, (Math.floor(n / 21) - 10) * 6]).sort((a, b) => Math.hypot(...a) - Math.hypot(...b));

export default widget((page) => {
  const graph = () => page.spec.graphs[page.get("graph")];
  const count = () => graph().plan.length;
  const now = () => Math.min(page.get("step"), count());
  const labels = () => graph().nodes.filter((n) => !n.op && n.label).map((n) => n.label);
  const chosen = () => (labels().includes(page.get("chosen")) ? page.get("chosen") : labels()[0]);
  const inputOf = (node) => (!node.op && node.label in page.get("inputs") ? page.get("inputs")[node.label] : node.data);
  const value = () => inputOf(graph().nodes.find((n) => !n.op && n.label === chosen()));
  const setValue = (v) => page.set({ inputs: { ...page.get("inputs"), [chosen()]: +Math.max(-10, Math.min(10, v)).toFixed(4) } });

  // -- controls
  let playing = 0;
  const stop = () => { clearInterval(playing); playing = 0; play.textContent = "Play"; };
  const goto = (step) => page.set({ step: Math.max(0, Math.min(count(), step)) });
  page.cleanups.push(() => clearInterval(playing));
  const back = page.button("Back", () => { stop(); goto(now() - 1); }, { hint: "Back one step" });
  const next = page.button("Step", () => { stop(); goto(now() + 1); }, { main: true, hint: "Step on" });
  const play = page.button("Play", () => {
    if (playing) return stop();
    if (now() >= count()) goto(0);
    play.textContent = "Pause";
    playing = setInterval(() => { if (now() >= count()) stop(); else goto(now() + 1); page.refresh(); }, 900);
  }, { hint: "Play or pause" });
  const reset = page.button("Reset", () => { stop(); page.set({ step: 0, inputs: {} }); }, { hint: "Reset to step 0 and the first inputs" });
  const slide = element("input", { type: "range", min: 0, step: 1, "aria-label": "step", name: "step" });
  const slideShown = element("span", { class: "dl-value" });
  slide.addEventListener("input", () => { stop(); goto(+slide.value); });
  if (Object.keys(page.spec.graphs).length > 1) {
    const formula = page.control("graph");
    formula.querySelector("select").addEventListener("change", () => { stop(); page.set({ step: 0 }); });
    page.row(formula, back, next, play, reset);
  } else page.row(back, next, play, reset);
  page.row(element("label", { class: "dl-control" }, element("span", {}, "step"), slide, slideShown));
  const pick = element("select", { "aria-label": "input to move", name: "chosen" });
  pick.addEventListener("change", () => page.set({ chosen: pick.value }));
  const move = element("input", { type: "range", "aria-label": "value of the input", name: "value" });
  const moveShown = element("span", { class: "dl-value" });
  move.addEventListener("input", () => setValue(+move.value));
  const canvas = page.canvas({ width: WIDE, height: 330, focusable: true });
  const note = page.note();
  note.style.minHeight = "3em";
  page.row(element("label", { class: "dl-control" }, element("span", {}, "move the input"), pick), element("label", { class: "dl-control" }, move, moveShown));
  (page.syncs ||= []).push(() => {
    slide.max = count();
    slide.value = now();
    slideShown.textContent = `${now()} of ${count()}`;
    if ([...pick.options].map((o) => o.value).join() !== labels().join()) pick.replaceChildren(...labels().map((l) => element("option", { value: l }, l)));
    pick.value = chosen();
    const limit = Math.max(3, Math.min(10, Math.ceil(Math.abs(value()))));
    Object.assign(move, { min: -limit, max: limit, step: 0.1 });
    move.value = value();
    moveShown.textContent = format(value());
    move.setAttribute("aria-valuetext", `${chosen()} is ${format(value())}`);
  });

  // -- the numbers at a step
  const compute = () => {
    const { nodes, plan } = graph(), all = [], slopes = [];
    for (const node of nodes) {
      const [y, s] = node.op ? operate(node.op, node.parents.map((p) => all[p])) : [inputOf(node), []];
      all.push(y);
      slopes.push(s);
    }
    const data = nodes.map((node, i) => (node.op ? null : all[i])), grad = nodes.map(() => null);
    for (const [kind, i, k] of plan.slice(0, now())) {
      if (kind === "forward") data[i] = all[i];
      else if (kind === "seed") grad[i] = 1;
      else { const p = nodes[i].parents[k]; grad[p] = (grad[p] || 0) + slopes[i][k] * grad[i]; }
    }
    return { nodes, plan, data, grad, slopes, step: now() ? plan[now() - 1] : null };
  };
  // -- places
  const layout = () => {
    const { nodes } = graph(), columns = Math.max(...nodes.map((n) => n.column)), rows = Math.max(...nodes.map((n) => n.row));
    const across = Math.min(170, (Math.max(WIDE, columns * 100 + BOX + 24) - BOX - 24) / Math.max(1, columns)), down = 84;
    const wide = Math.max(WIDE, columns * across + BOX + 24), left = (wide - columns * across) / 2;
    return { wide, high: rows * down + TALL + 60, place: (n) => [left + n.column * across, 32 + TALL / 2 + n.row * down] };
  };
  const nodeAt = (x, y) => {
    const { place } = layout();
    return graph().nodes.find((n) => { const [u, v] = place(n); return Math.abs(x - u) <= BOX / 2 && Math.abs(y - v) <= TALL / 2; });
  };
  page.listen(canvas.node, "click", (event) => {
    const p = canvas.at(event), node = nodeAt(p.x, p.y);
    if (node && !node.op && node.label) page.set({ chosen: node.label });
  });
  page.listen(canvas.node, "keydown", (event) => {
    const all = labels(), acts = {
      ArrowRight: () => goto(now() + 1), ArrowLeft: () => goto(now() - 1), Home: () => goto(0), End: () => goto(count()),
      ArrowUp: () => setValue(value() + 0.1), ArrowDown: () => setValue(value() - 0.1),
      n: () => page.set({ chosen: all[(all.indexOf(chosen()) + 1) % all.length] }),
    };
    const act = acts[event.key];
    if (!act) return;
    stop();
    act();
    event.preventDefault();
  });

  page.draw(() => {
    const { nodes, data, grad, slopes, step } = compute(), { wide, high, place } = layout(), color = page.color, c = canvas.context;
    if (canvas.width !== wide || canvas.height !== high) {
      Object.assign(canvas, { width: wide, height: high });
      canvas.node.style.width = `${wide}px`;
      canvas.begin();
    }
    back.disabled = now() === 0;
    next.disabled = now() === count();
    const backward = step && step[0] === "backward";
    const active = (i) => step && (step[1] === i || (backward && nodes[step[1]].parents[step[2]] === i));
    // edges
    nodes.forEach((node, i) => node.parents.forEach((p, k) => {
      const [x1, y1] = place(node), [x0, y0] = place(nodes[p]);
      const forward = step && step[0] === "forward" && step[1] === i, mine = backward && step[1] === i && step[2] === k;
      const twice = node.parents.indexOf(p) !== node.parents.lastIndexOf(p) ? (k ? 12 : -12) : 0;
      const ink = mine ? color.red : forward ? color.blue : color.muted, from = [x0 + BOX / 2, y0 + twice], to = [x1 - BOX / 2, y1 + twice + (node.parents.length > 1 && !twice ? (k - 0.5) * 16 : 0)];
      const bend = Math.max(12, (to[0] - from[0]) / 2);
      c.save();
      c.strokeStyle = ink;
      c.globalAlpha = mine || forward ? 1 : 0.55;
      c.lineWidth = mine || forward ? 3 : 1.5;
      if (mine) c.setLineDash([7, 4]);
      c.beginPath();
      c.moveTo(...from);
      c.bezierCurveTo(from[0] + bend, from[1], to[0] - bend, to[1], ...to);
      c.stroke();
      c.restore();
      if (mine) canvas.arrow(from[0] + 12, from[1], from[0], from[1], { color: ink, width: 3, head: 11 });
      else canvas.arrow(to[0] - 10, to[1], to[0], to[1], { color: ink, width: forward ? 3 : 1.5, head: 8, alpha: forward ? 1 : 0.55 });
    }));
    // boxes
    nodes.forEach((node, i) => {
      const [x, y] = place(node), left = x - BOX / 2, top = y - TALL / 2, mine = !node.op && node.label === chosen();
      c.save();
      c.fillStyle = color.raised;
      c.strokeStyle = active(i) ? (backward || step[0] === "seed" ? color.red : color.blue) : mine ? color.orange : color.border;
      c.lineWidth = active(i) || mine ? 3 : 1.3;
      c.beginPath();
      c.roundRect(left, top, BOX, TALL, 8);
      c.fill();
      if (!node.op) { c.globalAlpha = 0.16; c.fillStyle = color.orange; c.fill(); c.globalAlpha = 1; }
      c.stroke();
      c.restore();
      canvas.text(x, top + 17, pretty(node.name), { align: "center", bold: true });
      const row = (label, number, ink, at) => {
        canvas.text(left + 7, at, label, { size: 12, color: color.muted });
        c.font = FONT.replace("13px", "600 12px");
        const shown = number === null ? "" : [3, 2, 1].map((digits) => format(number, digits)).find((t) => c.measureText(t).width < BOX - 50) || format(number, 1);
        canvas.text(left + BOX - 7, at, shown, { size: 12, color: ink, align: "right", bold: true });
      };
      row("data", data[i], color.blue, top + 36);
      row("grad", grad[i], color.red, top + 53);
    });
    // the local slope on the edge being walked
    let said = ["The inputs are known, nothing else yet. Press Step (or the right arrow key on the picture)."];
    if (step && step[0] === "forward") {
      const node = nodes[step[1]], parents = node.parents.map((p) => format(data[p]));
      const symbol = { "+": " + ", "-": " − ", "*": " × ", "/": " ÷ " }[node.op];
      const formula = symbol ? parents.map((t) => (t.startsWith("−") ? `(${t})` : t)).join(symbol) : node.op.startsWith("**") ? `(${parents[0]})^${node.op.slice(2)}` : `${node.op}(${parents[0]})`;
      said = [element("b", {}, "Forward: "), `${formula} = ${format(data[step[1]])}`];
    } else if (step && step[0] === "seed") {
      said = [element("b", {}, "Turn round: "), "the result changes 1 to 1 with itself, so its gradient is 1. Now back, edge by edge."];
    } else if (step) {
      const [, i, k] = step, node = nodes[i], p = node.parents[k], slope = slopes[i][k], added = slope * grad[i];
      const [x1, y1] = place(node), [x0, y0] = place(nodes[p]), text = `× ${format(slope)}`;
      c.save();
      c.font = FONT;
      const width = c.measureText(text).width + 16, middle = [(x0 + x1) / 2, (y0 + y1) / 2];
      const [mx, my] = NEARBY.map(([dx, dy]) => [middle[0] + dx, middle[1] + dy]).find(([x, y]) => // hides no box
        y > 14 && y < high - 14 && nodes.every((n) => {
          const [u, v] = place(n);
          return Math.abs(x - u) >= (BOX + width) / 2 + 2 || Math.abs(y - v) >= (TALL + 23) / 2 + 2;
        })) || middle;
      c.fillStyle = color.red;
      c.beginPath();
      c.roundRect(mx - width / 2, my - 12, width, 23, 11);
      c.fill();
      c.restore();
      canvas.text(mx, my + 4, text, { align: "center", bold: true, color: color.dark ? "#111111" : "#ffffff" });
      const names = node.parents.map((q) => pretty(nodes[q].label || nodes[q].name));
      const rule = node.op.startsWith("**") ? `${node.op.slice(2)} × ${names[0]}^${node.op.slice(2) - 1}` : RULES[node.op](k, ...names);
      const before = grad[p] - added, total = Math.abs(before) > 1e-12 ? ` Added to ${format(before)} from the other path: ${format(grad[p])}.` : "";
      said = [element("b", {}, "Backward: "), `the local slope of ${pretty(node.name)} towards ${pretty(nodes[p].name)} is ${rule}${rule === format(slope) ? "" : `: ${format(slope)}`}.`, element("br"),
        element("b", {}, "Chain rule: "), `slope × gradient that arrives = ${paren(slope)} × ${paren(grad[i])} = ${format(added)}.${total}`];
    }
    note.replaceChildren(...said);
    canvas.say(`Step ${now()} of ${count()}. ${note.textContent} ${nodes.map((n, i) => `${n.name}: data ${data[i] === null ? "unknown" : format(data[i])}, grad ${grad[i] === null ? "unknown" : format(grad[i])}`).join("; ")}`);
    return { data, grad, step: now(), steps: count() };
  });
});

const paren = (v) => (v < 0 ? `(${format(v)})` : format(v));
const pretty = (name) => name.replace(/([a-z])(\d)/g, (_, letter, digit) => letter + "₀₁₂₃₄₅₆₇₈₉"[digit]).replace("( )^2", "( )²").replace("( )^3", "( )³");
