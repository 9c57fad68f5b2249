// The forward pass: a map for every neuron, the edges between them, one input carried through. All computed here.
const RULES = {
  tanh: Math.tanh,
  relu: (z) => Math.max(z, 0),
  leaky_relu: (z) => (z > 0 ? z : 0.01 * z),
  sigmoid: (z) => 0.5 * (1 + Math.tanh(z / 2)),
  identity: (z) => z,
};
const SIDE = 2, CELLS = 40, WIDE = 740, HIGH = 456, TOP = 34;

export default widget((page) => {
  const canvas = page.canvas({ width: WIDE, height: HIGH, focusable: true });
  const note = page.note();
  note.style.minHeight = "4.4em";
  const own = !page.spec.controls.layers;
  const flow = { at: Infinity }; // how far the signal has come, in layers; Infinity: all the way
  const send = page.button("Send the signal", () => {
    const start = performance.now();
    const tick = (now) => {
      flow.at = (now - start) / 700;
      if (flow.at > net().sizes.length) flow.at = Infinity;
      else if (!page.closed) requestAnimationFrame(tick);
      page.refresh();
    };
    requestAnimationFrame(tick);
  }, { main: true, hint: "Send the signal from the inputs to the output" });
  page.row("activation", ...(own ? [] : ["layers", "seed"]), send);

  // -- the network that the settings name: sizes, and layers of { weight(i, j), bias(j) }
  const net = () => {
    const depth = own ? "" : `_${page.get("layers")}`;
    const sizes = [...page.tables[`sizes${depth}`].data];
    const numbers = page.tables[`weights${depth}`].row(own ? 0 : page.get("seed"));
    let offset = 0;
    const layers = sizes.slice(1).map((n, l) => {
      const from = offset, m = sizes[l];
      offset += m * n + n;
      return { m, n, weight: (i, j) => numbers[from + i * n + j], bias: (j) => numbers[from + m * n + j] };
    });
    return { sizes, layers };
  };
  const run = ({ layers }, rule, point) => {
    const outputs = [point], sums = [null];
    layers.forEach(({ m, n, weight, bias }, l) => {
      const z = Array.from({ length: n }, (_, j) => {
        let sum = bias(j);
        for (let i = 0; i < m; i++) sum += outputs[l][i] * weight(i, j);
        return sum;
      });
      sums.push(z);
      outputs.push(l === layers.length - 1 ? z : z.map(rule));
    });
    return { outputs, sums };
  };
  // -- maps: one picture per unit, made again only when network or activation change
  let maps = { key: "" };
  const makeMaps = (network, rule, key) => {
    if (maps.key === key) return maps;
    const values = network.sizes.map((n) => Array.from({ length: n }, () => new Float32Array(CELLS * CELLS)));
    for (let r = 0; r < CELLS; r++) for (let c = 0; c < CELLS; c++) {
      const x = -SIDE + ((c + 0.5) / CELLS) * 2 * SIDE, y = -SIDE + ((r + 0.5) / CELLS) * 2 * SIDE;
      run(network, rule, [x, y]).outputs.forEach((layer, l) => layer.forEach((a, j) => { values[l][j][r * CELLS + c] = a; }));
    }
    const pictures = values.map((layer) => layer.map((map) => {
      const limit = Math.max(1e-6, map.reduce((m, v) => Math.max(m, Math.abs(v)), 0));
      const sheet = Object.assign(document.createElement("canvas"), { width: CELLS, height: CELLS });
      const image = sheet.getContext("2d").createImageData(CELLS, CELLS);
      for (let r = 0; r < CELLS; r++) for (let c = 0; c < CELLS; c++) {
        image.data.set([...diverging(map[r * CELLS + c] / limit), 255], ((CELLS - 1 - r) * CELLS + c) * 4);
      }
      sheet.getContext("2d").putImageData(image, 0, 0);
      return sheet;
    }));
    return (maps = { key, pictures });
  };
  // -- where each unit stands
  const places = (sizes) => {
    const most = Math.max(...sizes), small = most > 4 ? 46 : 62, big = 148, columns = sizes.length;
    return sizes.map((n, l) => {
      const size = l === columns - 1 ? big : small;
      const left = 26 + ((WIDE - 52 - big) * l) / (columns - 1);
      return Array.from({ length: n }, (_, j) => {
        const pitch = (HIGH - TOP) / n, middle = TOP + pitch * (j + 0.5) - 14;
        return { l, j, size, left, top: middle - size / 2, x: left + size / 2, y: middle };
      });
    });
  };
  const unitAt = (x, y) => places(net().sizes).flat().find((u) => x >= u.left && x <= u.left + u.size && y >= u.top && y <= u.top + u.size);
  const chosen = { l: -1, j: 0 };
  const choice = (sizes) => (chosen.l < 1 || chosen.l >= sizes.length || chosen.j >= sizes[chosen.l] ? { l: sizes.length - 1, j: 0 } : chosen);

  const clampTo = (v) => Math.max(-SIDE, Math.min(SIDE, +v.toFixed(3)));
  let held = null;
  const moveTo = (x, y) => page.set({ point: [clampTo(-SIDE + ((x - held.left) / held.size) * 2 * SIDE), clampTo(SIDE - ((y - held.top) / held.size) * 2 * SIDE)] });
  canvas.drag({
    start: (x, y) => {
      held = unitAt(x, y);
      if (held) { if (held.l > 0) Object.assign(chosen, { l: held.l, j: held.j }); moveTo(x, y); }
      return held;
    },
    move: moveTo,
  });
  page.listen(canvas.node, "keydown", (event) => {
    const step = event.shiftKey ? 0.5 : 0.1, [x, y] = page.get("point");
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
    if (moves) page.set({ point: [clampTo(x + moves[0]), clampTo(y + moves[1])] });
    else if (event.key === "n" || event.key === "N") {
      const units = places(net().sizes).flat().filter((u) => u.l > 0), now = choice(net().sizes);
      const at = units.findIndex((u) => u.l === now.l && u.j === now.j);
      Object.assign(chosen, { l: units[(at + 1) % units.length].l, j: units[(at + 1) % units.length].j });
      page.refresh();
    } else return;
    event.preventDefault();
  });

  page.draw(() => {
    const network = net(), { sizes, layers } = network, rule = RULES[page.get("activation")], point = page.get("point");
    const { outputs, sums } = run(network, rule, point), spots = places(sizes), color = page.color, c = canvas.context;
    const { pictures } = makeMaps(network, rule, JSON.stringify([page.get("activation"), own || page.get("layers"), own || page.get("seed")]));
    const last = sizes.length - 1, focus = choice(sizes), name = (l, j) => (l === 0 ? `x${"₁₂"[j]}` : l === last ? "output" : `h${sub(l)},${sub(j + 1)}`);
    const lit = (l) => flow.at >= l;
    const largest = Math.max(...layers.flatMap(({ m, n, weight }) => Array.from({ length: m * n }, (_, k) => Math.abs(weight(Math.floor(k / n), k % n)))));
    // edges
    layers.forEach(({ m, n, weight }, l) => {
      for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) {
        const a = spots[l][i], b = spots[l + 1][j], w = weight(i, j), mine = focus.l === l + 1 && focus.j === j;
        const from = [a.left + a.size, a.y], to = [b.left, l + 1 === last ? b.y + (i - (m - 1) / 2) * 22 : b.y];
        const options = { color: w >= 0 ? color.blue : color.orange, dash: w >= 0 ? "solid" : [6, 4], width: 0.7 + 4 * Math.abs(w) / largest, alpha: lit(l + 1) ? (mine ? 1 : 0.38) : 0.12 };
        canvas.line([from, to], options);
        const t = flow.at - l;
        if (t > 0 && t < 1) canvas.mark(from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1]), { color: options.color, size: 3 + 3 * Math.min(1, Math.abs(outputs[l][i] * w)) });
      }
    });
    // units
    spots.flat().forEach((u) => {
      const on = lit(u.l), mine = u.l === focus.l && u.j === focus.j;
      c.save();
      c.globalAlpha = on ? 1 : 0.25;
      c.imageSmoothingEnabled = true;
      c.drawImage(pictures[u.l][u.j], u.left, u.top, u.size, u.size);
      c.restore();
      c.lineWidth = mine ? 3 : 1;
      c.strokeStyle = mine ? color.text : color.border;
      c.strokeRect(u.left, u.top, u.size, u.size);
      const px = u.left + ((point[0] + SIDE) / (2 * SIDE)) * u.size, py = u.top + ((SIDE - point[1]) / (2 * SIDE)) * u.size;
      if (on) canvas.mark(px, py, { color: "#ffffff", edge: "#111111", size: u.l === last ? 6 : 4 });
      const a = outputs[u.l][u.j], below = u.top + u.size + 15;
      if (!on) return;
      if (u.l === 0) canvas.text(u.x, below, `${name(0, u.j)} = ${fixed(a)}`, { align: "center", halo: true });
      else if (u.l === last) canvas.text(u.x, below + 2, `z = ${fixed(a)}    p = s(z) = ${fixed(1 / (1 + Math.exp(-a)))}`, { align: "center", halo: true });
      else {
        canvas.text(u.x, below - 1, `z ${fixed(sums[u.l][u.j])}`, { align: "center", halo: true, size: 12, color: color.muted });
        canvas.text(u.x, below + 13, `a ${fixed(a)}`, { align: "center", halo: true, size: 12, bold: true });
      }
    });
    // products on the edges of the chosen unit
    const layer = layers[focus.l - 1], goal = spots[focus.l][focus.j];
    if (lit(focus.l)) for (let i = 0; i < layer.m; i++) {
      const a = spots[focus.l - 1][i], t = 0.5, y0 = a.y, y1 = focus.l === last ? goal.y + (i - (layer.m - 1) / 2) * 22 : goal.y;
      canvas.text(a.left + a.size + t * (goal.left - a.left - a.size), y0 + t * (y1 - y0) + 4, `× ${fixed(layer.weight(i, focus.j))}`, { align: "center", halo: true, size: 12, bold: true });
    }
    // column heads
    spots.forEach((column, l) => canvas.text(column[0].x, 16, l === 0 ? "inputs" : l === last ? "output" : `hidden layer ${l}`, { align: "center", bold: true }));
    // the sum, in full
    const terms = Array.from({ length: layer.m }, (_, i) => `${bracket(layer.weight(i, focus.j))}·${bracket(outputs[focus.l - 1][i])}`);
    const z = sums[focus.l][focus.j], a = outputs[focus.l][focus.j], rulename = page.get("activation").replace("_", " ");
    note.replaceChildren(
      element("b", {}, `${name(focus.l, focus.j)}: `),
      `z = ${terms.join(" + ")} + ${bracket(layer.bias(focus.j))} = ${fixed(z)}`,
      element("br"),
      focus.l === last ? `no activation at the output; p = sigmoid(z) = ${fixed(1 / (1 + Math.exp(-z)), 3)}` : `a = ${rulename}(${fixed(z)}) = ${fixed(a, 3)}`,
      element("br"),
      "Lines: blue and solid carry a positive weight, orange and dashed a negative one; the thicker, the larger.",
    );
    const p = 1 / (1 + Math.exp(-sums[last][0]));
    canvas.say(`${page.spec.title} Input ${fixed(point[0])}, ${fixed(point[1])}. Output z ${fixed(sums[last][0])}, p ${fixed(p)}. Chosen: ${name(focus.l, focus.j)}, z ${fixed(z)}, output ${fixed(a)}.`);
    return { outputs, sums: sums.slice(1), probability: p, chosen: [focus.l, focus.j] };
  });
});

const sub = (n) => "₀₁₂₃₄₅₆₇₈₉"[n];
const bracket = (v) => (v < 0 ? `(${fixed(v)})` : fixed(v));
