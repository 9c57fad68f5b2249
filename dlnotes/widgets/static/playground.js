// playground.js: draws the network and asks Python for the next steps when the last ones have arrived.

const NET = { width: 490, height: 492, left: 92, right: 458, top: 84, bottom: 478 };
const STYLE = `
.dl-playground .dl-groups { display: grid; grid-template-columns: repeat(auto-fit, minmax(152px, 1fr)); gap: 8px 20px; margin: 4px 0 8px; }
.dl-playground .dl-group { display: flex; flex-direction: column; gap: 5px; border: 0; margin: 0; padding: 0; min-width: 0; }
.dl-playground .dl-group legend { font-weight: 600; padding: 0; margin-bottom: 3px; }
.dl-playground .dl-group .dl-control { display: grid; grid-template-columns: 1fr auto; gap: 0 8px; }
.dl-playground .dl-group .dl-control input[type="range"] { grid-row: 2; grid-column: 1 / 3; width: 100%; }
.dl-playground .dl-group .dl-control .dl-value { text-align: right; }
.dl-playground .dl-group .dl-control:has(input[type="checkbox"]) { grid-template-columns: auto 1fr; }
.dl-playground .dl-group select { grid-row: 2; grid-column: 1 / 3; width: 100%; min-width: 0; padding: 1px 6px; min-height: 27px; }
.dl-playground .dl-bar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; margin: 6px 0; font-variant-numeric: tabular-nums; }
.dl-playground .dl-bar .dl-play { min-width: 92px; font-weight: 600; }
.dl-playground .dl-count { margin-left: 8px; }
.dl-playground .dl-count b { font-weight: 600; display: inline-block; min-width: 2.9em; margin: 0 3px; }
.dl-playground .dl-stage { display: flex; flex-wrap: wrap; gap: 8px; }
.dl-playground .dl-net { position: relative; flex: 0 1 490px; }
.dl-playground .dl-side { display: flex; flex-wrap: wrap; gap: 8px; flex: 1 1 262px; align-items: flex-start; align-content: flex-start; }
.dl-playground .dl-over { position: absolute; transform: translate(-50%, -50%); display: flex; align-items: center; gap: 5px; white-space: nowrap; }
.dl-playground .dl-over button { min-height: 22px; width: 22px; padding: 0; line-height: 1; border-radius: 11px; }
.dl-playground .dl-over b { min-width: 0.7em; text-align: center; font-weight: 600; }
.dl-playground button.dl-feature { position: absolute; transform: translateY(-50%); background: none; border-color: transparent; box-shadow: none; min-height: 0; padding: 0; }
.dl-playground .dl-edit { position: absolute; z-index: 2; width: 236px; padding: 8px 10px; border: 1px solid var(--dl-border); border-radius: 8px; background: var(--dl-raised); box-shadow: 0 4px 16px rgba(0,0,0,0.25); }
.dl-playground .dl-edit > div { display: flex; gap: 6px; align-items: center; justify-content: space-between; margin-bottom: 6px; }
.dl-playground .dl-edit input[type="number"] { font: inherit; width: 84px; color: inherit; background: transparent; border: 1px solid var(--dl-border); border-radius: 6px; padding: 3px 6px; }
.dl-playground .dl-edit input[type="range"] { width: 100%; }
.dl-playground .dl-edit select { max-width: 150px; }
.dl-playground .dl-edit button { min-height: 24px; padding: 0 8px; }
`;
const RAMP = Uint8ClampedArray.from({ length: 257 * 3 }, (_, i) => diverging((Math.floor(i / 3) - 128) / 128)[i % 3]);

// One map (rows * rows numbers, the first row at the bottom) painted onto its own little canvas.
function paintMap(canvas, values, limit, twoColours = false) {
  const side = Math.round(Math.sqrt(values.length));
  if (canvas.width !== side || canvas.height !== side) Object.assign(canvas, { width: side, height: side });
  const context = canvas.getContext("2d"), image = context.createImageData(side, side), pixels = image.data;
  for (let row = 0, at = 0; row < side; row++) {
    for (let column = 0, from = (side - 1 - row) * side; column < side; column++, from++, at += 4) {
      let value = values[from];
      if (value !== value) { pixels[at] = pixels[at + 1] = pixels[at + 2] = 128; pixels[at + 3] = 255; continue; }
      value = twoColours ? (value > 0 ? 0.6 : -0.6) : Math.max(-1, Math.min(1, value / limit));
      const k = 3 * Math.round(128 + 128 * value);
      pixels[at] = RAMP[k]; pixels[at + 1] = RAMP[k + 1]; pixels[at + 2] = RAMP[k + 2]; pixels[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}
const largest = (values) => { let m = 1; for (const v of values) if (v > m) m = v; else if (-v > m) m = -v; return m; };

export default widget((page) => {
  page.root.classList.add("dl-playground");
  page.root.append(element("style", {}, STYLE));
  const names = ["x1", "x2", "x1²", "x2²", "x1·x2", "sin x1", "sin x2"];
  const exact = { "x1²": "x1² / 6", "x2²": "x2² / 6", "x1·x2": "x1 · x2 / 6" };
  const state = { playing: false, busy: false, waiting: false, run: 0, history: [], last: null, chunk: 5, hover: null, picked: null, edge: null };
  const images = { features: names.map(() => document.createElement("canvas")), units: [], output: document.createElement("canvas") };
  const todo = { steps: 0, changes: {} };
  let net = null; // what Python last sent

  // ------------------------------------------------------------ talking with Python: one question at a time
  function want(question) {
    Object.assign(todo, question, { due: true });
    pump();
  }
  async function pump() {
    if (state.busy || page.closed || !(todo.due || state.playing)) return;
    const question = { ...todo, run: state.run, rows: state.history.length };
    if (state.playing && !question.steps) question.steps = stepsPerFrame();
    delete question.due;
    for (const name of Object.keys(todo)) delete todo[name];
    Object.assign(todo, { steps: 0, changes: {} });
    state.busy = true;
    const slow = setTimeout(() => { state.waiting = true; page.refresh(); }, 500);
    try {
      const got = await page.ask(question);
      if (got) receive(got.reply, got.arrays, question.steps);
    } catch (error) {
      state.playing = false;
    }
    clearTimeout(slow);
    state.busy = state.waiting = false;
    if (todo.due) pump();
    else if (state.playing) setTimeout(() => requestAnimationFrame(pump), page.get("speed") === "slow" ? 160 : 0);
    page.refresh();
  }
  function stepsPerFrame() {
    const speed = page.get("speed"), epoch = net ? Math.ceil(net.n_train / page.get("batch_size")) : 10;
    if (speed === "slow") return 1;
    return Math.max(1, Math.round(speed === "normal" ? Math.min(epoch, state.chunk) : state.chunk));
  }
  function receive(reply, [units, output, flat, rows, cloud], asked) {
    if (reply.run !== state.run) { // a new start: keep the finished curve to compare with
      if (state.history.length > 3) state.last = state.history;
      state.history = [];
      state.points = cloud;
      state.run = reply.run;
      if (net && net.hidden.length !== reply.hidden.length) state.picked = null;
    }
    for (let i = 0; i < rows.length; i += 3) state.history.push([rows[i], rows[i + 1], rows[i + 2]]);
    if (asked > 0) state.chunk = Math.max(1, Math.min(2000, state.chunk * (reply.ms > 24 ? 0.75 : reply.ms < 14 ? 1.3 : 1)));
    const sizes = [reply.features.length, ...reply.hidden, 1];
    net = { ...reply, sizes, maps: [], output, weights: [], biases: [] };
    const half = (reply.grid / 2) ** 2;
    for (let layer = 0, at = 0, unit = 0; layer < sizes.length - 1; layer++) {
      const n = sizes[layer] * sizes[layer + 1];
      net.weights.push(flat.subarray(at, at + n));
      net.biases.push(flat.subarray(at + n, at + n + sizes[layer + 1]));
      at += n + sizes[layer + 1];
      if (layer < reply.hidden.length) {
        net.maps.push([]);
        for (let j = 0; j < reply.hidden[layer]; j++, unit++) net.maps[layer].push(units.subarray(unit * half, (unit + 1) * half));
      }
    }
    net.maps.flat().forEach((map, i) => paintMap((images.units[i] ||= document.createElement("canvas")), map, largest(map)));
    if (reply.diverged !== null) state.playing = false;
    if (state.picked && !(state.picked.column < sizes.length && state.picked.row < sizes[state.picked.column])) state.picked = null;
    state.edge = null;
    if (editor) editor.follow();
  }
  const setPlain = page.set.bind(page);
  page.set = (values) => {
    setPlain(values);
    want({ changes: { ...todo.changes, ...values } });
  };
  page.on("msg:custom", (message) => { if (message.event === "moved") want({}); });

  // ------------------------------------------------------------ controls
  const group = (title, ...controls) => element("fieldset", { class: "dl-group" }, element("legend", {}, title), ...controls.map((name) => page.control(name)));
  page.root.append(element("div", { class: "dl-groups" },
    group("Data", "dataset", "noise", "train_share", "seed"),
    group("Training", "optimizer", "learning_rate", "batch_size", "speed"),
    group("Regularisation", "l1", "l2", "dropout"),
    group("Network and map", "activation", "show_test", "discretise")));
  const play = page.button("▶ Play", () => { state.playing = !state.playing; pump(); }, { main: true, hint: "Play or pause" });
  play.classList.add("dl-play");
  const halt = (question) => () => { state.playing = false; want(question); };
  const count = element("span", { class: "dl-count" });
  page.root.append(element("div", { class: "dl-bar" }, play,
    page.button("Step", halt({ steps: 1 }), { hint: "One update, on one batch" }),
    page.button("Epoch", halt({ epoch: true }), { hint: "On to the end of this pass over the training points" }),
    page.button("Reset", halt({ reset: true }), { hint: "Back to step 0, with the same first weights" }), count));
  const note = element("div", { class: "dl-error", role: "alert" });
  page.root.append(note);

  const box = element("div", { class: "dl-net" }), side = element("div", { class: "dl-side" });
  page.root.append(element("div", { class: "dl-stage" }, box, side));
  const drawing = page.canvas({ width: NET.width, height: NET.height, parent: box, focusable: true, label: "The network" });
  const chart = page.canvas({ width: 262, height: 306, parent: side, label: "What the network answers" });
  const curve = page.canvas({ width: 262, height: 178, parent: side, label: "Loss against epoch" });
  page.root.append(element("p", { class: "dl-caption" },
    "Lines are weights: thick = large, blue and solid = positive, orange and dashed = negative. Click a line or a unit to change its numbers; "
    + "point at a unit to see its map large. Click a feature to switch it on or off. Keyboard: arrows move between units, Enter edits."));

  // ------------------------------------------------------------ where things are
  const columnX = (column) => NET.left + (column / (net.sizes.length - 1)) * (NET.right - NET.left);
  const count_ = (column) => (column === 0 ? names.length : net.sizes[column]);
  const place = (column, row) => {
    const n = count_(column), gap = Math.min(56, (NET.bottom - NET.top) / n), middle = (NET.top + NET.bottom) / 2;
    return [columnX(column), middle + (row - (n - 1) / 2) * gap];
  };
  const size = () => 38;
  const sourcePlace = (layer, i) => place(layer, layer === 0 ? names.indexOf(net.features[i]) : i);
  function bend(layer, i, j) { // the four points of a weight's curve
    const [x0, y0] = sourcePlace(layer, i), [x1, y1] = place(layer + 1, j), half = size() / 2;
    const [a, b] = [x0 + half, x1 - half], middle = (a + b) / 2;
    return [[a, y0], [middle, y0], [middle, y1], [b, y1]];
  }
  const onBend = ([p, q, r, s], t) => [0, 1].map((k) => (1 - t) ** 3 * p[k] + 3 * (1 - t) ** 2 * t * q[k] + 3 * (1 - t) * t * t * r[k] + t ** 3 * s[k]);
  const unitName = (column, row) => (column === net.sizes.length - 1 ? "output" : `layer ${column}, unit ${row + 1}`);
  const sourceName = (layer, i) => (layer === 0 ? net.features[i] : `unit ${i + 1}`);

  function under(x, y) { // what the pointer is on: a unit, or else the nearest weight
    for (let column = 1; column < net.sizes.length; column++) for (let row = 0; row < net.sizes[column]; row++) {
      const [cx, cy] = place(column, row);
      if (Math.abs(x - cx) <= size() / 2 + 2 && Math.abs(y - cy) <= size() / 2 + 2) return { unit: { column, row } };
    }
    let best = null, near = 7;
    net.weights.forEach((_, layer) => {
      if (x < columnX(layer) || x > columnX(layer + 1)) return;
      for (let i = 0; i < net.sizes[layer]; i++) for (let j = 0; j < net.sizes[layer + 1]; j++) {
        const points = bend(layer, i, j);
        for (let k = 0; k <= 24; k++) {
          const [px, py] = onBend(points, k / 24), away = Math.hypot(px - x, py - y);
          if (away < near) [best, near] = [{ edge: { layer, i, j } }, away];
        }
      }
    });
    return best || {};
  }
  page.listen(drawing.node, "click", (event) => {
    if (!net) return;
    const { x, y } = drawing.at(event), hit = under(x, y);
    if (hit.unit) openEditor(hit.unit.column - 1, hit.unit.row, null, x, y);
    else if (hit.edge) openEditor(hit.edge.layer, hit.edge.j, hit.edge.i, x, y);
    else closeEditor();
    page.refresh();
  });
  page.listen(drawing.node, "keydown", (event) => {
    if (!net) return;
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const at = state.picked || { column: 1, row: 0 };
    if (step) {
      const column = state.picked ? Math.max(1, Math.min(net.sizes.length - 1, at.column + step[0])) : 1;
      state.picked = { column, row: Math.max(0, Math.min(net.sizes[column] - 1, at.row + (state.picked ? step[1] : 0))) };
    } else if (event.key === "Enter" && state.picked) {
      const [x, y] = place(at.column, at.row);
      openEditor(at.column - 1, at.row, null, x, y);
    } else if (event.key === "Escape") {
      state.picked = null;
      closeEditor();
    } else return;
    event.preventDefault();
    event.stopPropagation();
    page.refresh();
  });
  page.listen(drawing.node, "blur", () => { state.picked = null; page.refresh(); });

  // ------------------------------------------------------------ the little editor of a weight or a bias
  let editor = null;
  function closeEditor() {
    if (editor) editor.node.remove();
    editor = null;
  }
  function openEditor(layer, unit, source, x, y) {
    closeEditor();
    const run = state.run;
    const choose = element("select", { "aria-label": "Which number" }, element("option", { value: "bias" }, "bias"),
      ...Array.from({ length: net.sizes[layer] }, (_, i) => element("option", { value: i }, `weight of ${sourceName(layer, i)}`)));
    choose.value = source === null ? "bias" : source;
    const number = element("input", { type: "number", step: 0.1, min: -1000, max: 1000, "aria-label": "Value" });
    const slider = element("input", { type: "range", min: -5, max: 5, step: 0.05, "aria-label": "Value" });
    const value = () => (choose.value === "bias" ? net.biases[layer][unit] : net.weights[layer][+choose.value * net.sizes[layer + 1] + unit]);
    const show = () => { if (document.activeElement !== number) number.value = +value().toFixed(3); if (document.activeElement !== slider) slider.value = value(); };
    const change = (input, other) => () => {
      const wanted = +input.value;
      if (input.value === "" || !isFinite(wanted) || Math.abs(wanted) > 1000) return;
      other.value = wanted;
      want({ edit: { layer, unit, source: choose.value === "bias" ? null : +choose.value, value: wanted } });
    };
    number.addEventListener("input", change(number, slider));
    slider.addEventListener("input", change(slider, number));
    choose.addEventListener("change", show);
    const node = element("div", { class: "dl-edit", role: "dialog", "aria-label": `Numbers of ${unitName(layer + 1, unit)}` },
      element("div", {}, element("b", {}, unitName(layer + 1, unit)), element("button", { type: "button", "aria-label": "Close", onclick: () => { closeEditor(); page.refresh(); } }, "×")),
      element("div", {}, choose, number), slider);
    node.style.left = `${Math.max(0, Math.min(NET.width - 240, x - 118))}px`;
    node.style.top = `${y + 24 > NET.height - 110 ? y - 140 : y + 24}px`;
    node.addEventListener("keydown", (event) => { if (event.key === "Escape") { closeEditor(); drawing.node.focus(); page.refresh(); } });
    box.append(node);
    editor = { node, layer, unit, choose, follow: () => (state.run === run ? show() : closeEditor()) };
    show();
    number.focus({ preventScroll: true });
    number.select();
  }

  // ------------------------------------------------------------ buttons that lie on the drawing
  const over = element("div");
  box.append(over);
  let laid = "";
  function layButtons() {
    const hidden = page.get("hidden"), features = page.get("features"), key = JSON.stringify([hidden, features, net.sizes]);
    if (key === laid || hidden.length + 2 !== net.sizes.length) return;
    laid = key;
    const focused = document.activeElement && over.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
    const at = (x, y) => `left:${(100 * x) / NET.width}%;top:${(100 * y) / NET.height}%`;
    const small = (text, label, values, off) => element("button", { type: "button", "aria-label": label, title: label, disabled: off, onclick: () => page.set(values) }, text);
    const middle = (NET.left + NET.right) / 2;
    const nodes = [element("div", { class: "dl-over", style: at(middle, 15) },
      small("−", "Remove a hidden layer", { hidden: hidden.slice(0, -1) }, hidden.length === 0), element("b", {}, String(hidden.length)),
      small("+", "Add a hidden layer", { hidden: [...hidden, hidden.at(-1) || 4] }, hidden.length === 5), element("span", {}, hidden.length === 1 ? "hidden layer" : "hidden layers"))];
    hidden.forEach((n, layer) => {
      const with_ = (m) => ({ hidden: hidden.map((old, i) => (i === layer ? m : old)) });
      nodes.push(element("div", { class: "dl-over", style: at(columnX(layer + 1), 48) },
        small("−", `One unit fewer in layer ${layer + 1}`, with_(n - 1), n === 1), element("b", {}, String(n)),
        small("+", `One unit more in layer ${layer + 1}`, with_(n + 1), n === 8)));
    });
    names.forEach((name, row) => {
      const on = features.includes(name), [x, y] = place(0, row), half = size() / 2;
      const button = element("button", { type: "button", class: "dl-feature", "aria-pressed": String(on), "aria-label": `Feature ${name}`, title: exact[name] || name,
        style: `left:2px;top:${(100 * y) / NET.height}%;width:${(100 * (x + half)) / NET.width}%;height:${(100 * (size() + 6)) / NET.height}%`,
        onclick: () => { const next = names.filter((other) => (other === name ? !on : features.includes(other))); if (next.length) page.set({ features: next }); } });
      button.addEventListener("pointerenter", () => { state.feature = row; page.refresh(); });
      button.addEventListener("pointerleave", () => { state.feature = null; page.refresh(); });
      nodes.push(button);
    });
    over.replaceChildren(...nodes);
    if (focused) [...over.querySelectorAll("button")].find((b) => b.getAttribute("aria-label") === focused)?.focus({ preventScroll: true });
  }

  // ------------------------------------------------------------ drawing
  function weightLook(value) {
    return { color: value >= 0 ? page.color.blue : page.color.orange, width: Math.min(8, 0.5 + 2.2 * Math.abs(value)), dash: value >= 0 ? [] : [6, 4] };
  }
  function drawNet() {
    const c = drawing.context, color = page.color, s = size();
    const pointer = drawing.pointer, hit = pointer && !state.feature ? under(pointer.x, pointer.y) : {};
    state.hover = hit.unit || null;
    const lit = hit.edge || (editor && editor.choose.value !== "bias" ? { layer: editor.layer, i: +editor.choose.value, j: editor.unit } : null);
    drawing.text(4, 53, "features", { color: color.muted });
    drawing.text(NET.right, 53, "output", { color: color.muted, align: "center" });
    const focus = state.hover || state.picked;
    net.weights.forEach((weights, layer) => {
      for (let i = 0; i < net.sizes[layer]; i++) for (let j = 0; j < net.sizes[layer + 1]; j++) {
        const value = weights[i * net.sizes[layer + 1] + j], look = weightLook(value || 0), [p, q, r, t] = bend(layer, i, j);
        const mine = lit && lit.layer === layer && lit.i === i && lit.j === j;
        const related = !focus || (focus.column === layer + 1 && focus.row === j) || (focus.column === layer && layer > 0 && focus.row === i);
        c.save();
        c.globalAlpha = mine ? 1 : related ? 0.85 : 0.22;
        c.strokeStyle = mine ? color.text : look.color;
        c.lineWidth = mine ? look.width + 2 : look.width;
        c.lineCap = "butt";
        c.setLineDash(look.dash);
        c.beginPath();
        c.moveTo(...p);
        c.bezierCurveTo(...q, ...r, ...t);
        c.stroke();
        c.restore();
      }
    });
    const node = (image, x, y, { alpha = 1, strong = false } = {}) => {
      c.save();
      c.globalAlpha = alpha;
      c.fillStyle = color.background;
      c.fillRect(x - s / 2 - 1, y - s / 2 - 1, s + 2, s + 2);
      c.drawImage(image, x - s / 2, y - s / 2, s, s);
      c.lineWidth = strong ? 3 : 1.2;
      c.strokeStyle = strong ? color.text : color.muted;
      c.strokeRect(x - s / 2, y - s / 2, s, s);
      c.restore();
    };
    names.forEach((name, row) => {
      const [x, y] = place(0, row), on = net.features.includes(name);
      node(images.features[row], x, y, { alpha: on ? 1 : 0.35, strong: state.feature === row });
      drawing.text(x - s / 2 - 8, y, name, { align: "right", base: "middle", color: on ? color.text : color.muted, bold: on });
    });
    for (let column = 1, k = 0; column < net.sizes.length; column++) for (let row = 0; row < net.sizes[column]; row++) {
      const [x, y] = place(column, row), isOutput = column === net.sizes.length - 1;
      const strong = focus && focus.column === column && focus.row === row;
      node(isOutput ? images.output : images.units[k++], x, y, { strong });
      const bias = net.biases[column - 1][row], look = weightLook(bias);
      c.fillStyle = look.color; // the bias: a small mark at the lower left, a square if positive, a bar if negative
      c.strokeStyle = color.background;
      c.lineWidth = 1.5;
      const [w, h] = bias >= 0 ? [8, 8] : [11, 4];
      c.fillRect(x - s / 2 - 4, y + s / 2 - h + 4, w, h);
      c.strokeRect(x - s / 2 - 4, y + s / 2 - h + 4, w, h);
    }
    if (state.waiting) drawing.text(NET.width / 2, NET.height - 6, "Python is at work…", { align: "center", bold: true, halo: true });
    if (hit.edge && pointer) {
      const { layer, i, j } = hit.edge, value = net.weights[layer][i * net.sizes[layer + 1] + j];
      drawing.readout(pointer.x, pointer.y, [[`${sourceName(layer, i)} → ${unitName(layer + 1, j)}`, color.muted], `weight ${fixed(value, 3)}`]);
    } else if (focus) {
      const [x, y] = place(focus.column, focus.row);
      drawing.readout(x + s / 2 - 8, y, [[unitName(focus.column, focus.row), color.muted], `bias ${fixed(net.biases[focus.column - 1][focus.row], 3)}`]);
    }
    const found = net.diverged === null ? "" : " " + net.message;
    drawing.say(`Network ${net.sizes.join("-")}. ${focus ? `Selected: ${unitName(focus.column, focus.row)}, bias ${fixed(net.biases[focus.column - 1][focus.row], 3)}.` : ""}${found}`);
  }
  function shownMap() { // what the big map shows: the thing pointed at, or the answer
    const focus = state.hover || state.picked, features = page.tables.features;
    if (typeof state.feature === "number") {
      const name = names[state.feature];
      return { title: `Feature ${exact[name] || name}`, values: features.row(state.feature), limit: 6, image: images.features[state.feature], unit: true };
    }
    if (focus && focus.column < net.sizes.length - 1) {
      const values = net.maps[focus.column - 1][focus.row], before = net.hidden.slice(0, focus.column - 1).reduce((a, b) => a + b, 0);
      const name = unitName(focus.column, focus.row);
      return { title: name[0].toUpperCase() + name.slice(1), values, limit: largest(values), image: images.units[before + focus.row], unit: true };
    }
    return { title: net.regression ? "The network's answer" : "Answer: chance of blue", values: net.output, limit: 1, image: images.output };
  }
  function drawMap() {
    const color = page.color, shown = shownMap();
    const axes = chart.axes({ box: [28, 30, 226, 226], x: [-6, 6], y: [-6, 6], xticks: [-6, -3, 0, 3, 6], yticks: [-6, -3, 0, 3, 6], grid: false, edges: false, title: shown.title });
    const c = chart.context;
    c.imageSmoothingEnabled = !page.get("discretise") || shown.unit;
    c.drawImage(shown.image, 28, 30, 226, 226);
    axes.clip(() => {
      const points = state.points || [];
      for (let pass = 0; pass < 2; pass++) for (let i = 0; i < points.length; i += 3) {
        const isTest = i / 3 >= net.n_train;
        if (isTest !== (pass === 0) || (isTest && !page.get("show_test"))) continue;
        const y = net.regression ? points[i + 2] : points[i + 2] > 0.5 ? 0.75 : -0.75;
        chart.mark(axes.px(points[i]), axes.py(points[i + 1]), { color: divergingCss(y), mark: isTest ? "square" : "circle", size: isTest ? 2.3 : 2.8, edge: isTest ? "#222222" : "#ffffff" });
      }
    });
    c.strokeStyle = color.muted;
    c.lineWidth = 1;
    c.strokeRect(28, 30, 226, 226);
    const ends = shown.unit ? [format(-shown.limit), format(shown.limit)] : net.regression ? ["−1", "1"] : ["0 %", "100 %"];
    chart.text(28, 298, ends[0], { color: color.muted });
    const from = 28 + 8 + c.measureText(ends[0]).width;
    for (let i = 0; i < 44; i++) { c.fillStyle = divergingCss((i - 21.5) / 21.5); c.fillRect(from + i, 288, 1.5, 10); }
    chart.text(from + 52, 298, ends[1], { color: color.muted });
    chart.mark(174, 293, { color: page.color.muted, size: 4, edge: "#ffffff" });
    chart.text(182, 298, "train", {});
    if (page.get("show_test")) { chart.mark(220, 293, { color: page.color.muted, mark: "square", size: 3.4, edge: color.text }); chart.text(228, 298, "test", {}); }
    const at = axes.hovered();
    if (at) {
      const side_ = Math.round(Math.sqrt(shown.values.length)), cell = (t) => Math.max(0, Math.min(side_ - 1, Math.floor(((t + 6) / 12) * side_)));
      const value = shown.values[cell(at.y) * side_ + cell(at.x)];
      const said = shown.unit || net.regression ? `value ${fixed(value, 3)}` : `chance of blue ${fixed(50 * (1 + value), 1)} %`;
      chart.readout(at.px, at.py, [[`x1 ${fixed(at.x)}, x2 ${fixed(at.y)}`, color.muted], said]);
    }
    chart.say(`${shown.title} over x1 and x2 from −6 to 6. Test loss ${format(net.test_loss)}.`);
  }
  function drawCurve() {
    const color = page.color, rows = state.history, last = state.last || [];
    const end = Math.max(1, rows.length ? rows.at(-1)[0] : 1, last.length ? Math.min(last.at(-1)[0], 4 * Math.max(10, rows.at(-1)?.[0] || 0)) : 0);
    let top = 0.05;
    for (const run of [rows, last]) for (const [, train, test] of run) for (const v of [train, test]) if (isFinite(v) && v > top) top = v;
    top = Math.min(top, 20 * Math.max(0.05, rows.length && isFinite(rows[0][1]) ? rows[0][1] : 1)) * 1.05;
    const axes = curve.axes({ box: [40, 30, 214, 102], x: [0, end], y: [0, top], xticks: 4, yticks: 3, xlabel: "epoch", title: "Loss" });
    const draw = (run, k, look) => {
      const stride = Math.max(1, Math.ceil(run.length / 500)), kept = run.filter((_, i) => i % stride === 0 || i === run.length - 1);
      axes.line(kept.map((r) => r[0]), kept.map((r) => r[k]), look);
    };
    if (last.length) draw(last, 2, { color: color.muted, width: 1.2, alpha: 0.7, dash: "dotted" });
    draw(rows, 1, { color: color.blue, width: 2 });
    draw(rows, 2, { color: color.red, width: 2, dash: "dashed" });
    let x = 92;
    for (const [label, ink, dash] of [["train", color.blue], ["test", color.red, "dashed"], ...(last.length ? [["last", color.muted, "dotted"]] : [])]) {
      curve.line([[x, 17], [x + 18, 17]], { color: ink, dash, width: 2 });
      curve.text(x + 22, 21, label, {});
      x += 58;
    }
    const at = axes.hovered();
    if (at && rows.length) {
      const row = rows.reduce((a, b) => (Math.abs(b[0] - at.x) < Math.abs(a[0] - at.x) ? b : a));
      axes.vline(row[0], { color: color.muted, width: 1 });
      curve.readout(axes.px(row[0]), at.py, [[`epoch ${row[0]}`, color.muted], [`train ${fixed(row[1], 4)}`, color.blue], [`test ${fixed(row[2], 4)}`, color.red]]);
    }
    curve.say(`Loss after ${fixed(net.epoch, 1)} epochs: train ${format(net.train_loss)}, test ${format(net.test_loss)}.`);
  }
  names.forEach((_, i) => paintMap(images.features[i], page.tables.features.row(i), i < 5 ? 6 : 1));
  page.draw(() => {
    play.textContent = state.playing ? "❚❚ Pause" : "▶ Play";
    play.setAttribute("aria-pressed", String(state.playing));
    if (!net) {
      drawing.text(NET.width / 2, NET.height / 2, "Waiting for Python. Run this cell to bring the figure to life.", { align: "center", color: page.color.muted });
      return {};
    }
    paintMap(images.output, net.output, 1, page.get("discretise"));
    layButtons();
    drawNet();
    drawMap();
    drawCurve();
    const right = net.test_accuracy === null ? [] : ["  test right ", element("b", {}, `${fixed(100 * net.test_accuracy, 1)} %`)];
    count.replaceChildren("epoch ", element("b", {}, fixed(net.epoch, 1)), " loss: train ", element("b", {}, net.train_loss === null ? "∞" : fixed(net.train_loss, 3)),
      " test ", element("b", {}, net.test_loss === null ? "∞" : fixed(net.test_loss, 3)), ...right);
    if (note.textContent !== net.message) note.textContent = net.message;
    return { step: net.step, epoch: net.epoch, train_loss: net.train_loss, test_loss: net.test_loss, ms: net.ms, playing: state.playing, run: net.run };
  });
  want({});
});
