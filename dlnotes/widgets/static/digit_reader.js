// The network's forward pass in the page: 784 pixels in, ten probabilities out, at every movement of a slider.
const SIDE = 28, SCALE = 10, CELL = 6;

export default widget((page) => {
  const depth = Object.keys(page.tables).filter((name) => name.startsWith("weight")).length;
  const layers = [...Array(depth).keys()].map((i) => ({ weight: page.tables[`weight${i}`], bias: page.tables[`bias${i}`].data }));

  page.row("example", "turn");
  page.row("move", "noise");
  const example = page.root.querySelector('[data-control="example"] input');
  page.listen(example, "input", () => page.set({ ink: [] }));
  page.row(
    page.button("Wipe the page and draw", () => page.set({ ink: Array(SIDE * SIDE).fill(0), turn: 0, move: 0, noise: 0 })),
    page.button("Next mistake", () => nextMistake(), { hint: "Jump to the next digit that the network reads wrongly" }),
    page.button("Straighten", () => page.set({ turn: 0, move: 0, noise: 0 })),
  );
  const surface = page.canvas({ width: 730, height: 318, label: "" });
  const note = page.note();

  // ---- the picture as the network gets it
  const source = () => (page.get("ink").length ? page.get("ink") : page.tables.images.row(page.get("example")));
  function picture(from, turn, move, noise) {
    const angle = (turn * Math.PI) / 180, c = Math.cos(angle), s = Math.sin(angle), mid = (SIDE - 1) / 2, out = new Float32Array(SIDE * SIDE);
    const at = (r, k) => (r < 0 || k < 0 || r >= SIDE || k >= SIDE ? 0 : from[r * SIDE + k]);
    for (let r = 0; r < SIDE; r++) for (let k = 0; k < SIDE; k++) {
      const y = r - mid, x = k - mid - move;
      const fr = c * y + s * x + mid, fk = -s * y + c * x + mid, r0 = Math.floor(fr), k0 = Math.floor(fk), a = fr - r0, b = fk - k0;
      const value = (1 - a) * ((1 - b) * at(r0, k0) + b * at(r0, k0 + 1)) + a * ((1 - b) * at(r0 + 1, k0) + b * at(r0 + 1, k0 + 1));
      out[r * SIDE + k] = Math.max(0, Math.min(1, value + noise * page.tables.noise.data[r * SIDE + k]));
    }
    return out;
  }
  function forward(x) {
    const outputs = [];
    layers.forEach(({ weight, bias }, i) => {
      const [rows, columns] = weight.shape, y = Float64Array.from(bias);
      for (let r = 0; r < rows; r++) if (x[r] !== 0) {
        const v = x[r], base = r * columns;
        for (let k = 0; k < columns; k++) y[k] += v * weight.data[base + k];
      }
      if (i < depth - 1) for (let k = 0; k < columns; k++) y[k] = Math.max(0, y[k]);
      outputs.push((x = y));
    });
    const top = Math.max(...x), e = Array.from(x, (v) => Math.exp(v - top)), sum = e.reduce((a, b) => a + b);
    return { hidden: outputs.slice(0, -1), probabilities: e.map((v) => v / sum) };
  }
  const best = (p) => p.indexOf(Math.max(...p));
  function nextMistake() {
    const n = page.tables.images.shape[0];
    for (let i = 1; i <= n; i++) {
      const k = (page.get("example") + i) % n;
      if (best(forward(page.tables.images.row(k)).probabilities) !== page.tables.labels.data[k]) {
        return page.set({ example: k, ink: [], turn: 0, move: 0, noise: 0 });
      }
    }
  }

  // ---- drawing with the mouse: a soft round brush on the untransformed page
  let last = null;
  function paint(x, y) {
    const ink = Array.from(source(), (v) => Math.round(v * 1000) / 1000), [k1, r1] = [x / SCALE, (y - 26) / SCALE], [k0, r0] = last || [k1, r1];
    const steps = Math.max(1, Math.ceil(Math.hypot(k1 - k0, r1 - r0) * 3));
    for (let t = 0; t <= steps; t++) {
      const ck = k0 + ((k1 - k0) * t) / steps, cr = r0 + ((r1 - r0) * t) / steps;
      for (let r = Math.floor(cr - 2); r <= cr + 2; r++) for (let k = Math.floor(ck - 2); k <= ck + 2; k++) {
        if (r < 0 || k < 0 || r >= SIDE || k >= SIDE) continue;
        const dark = Math.max(0, Math.min(1, 1.9 - Math.hypot(k + 0.5 - ck, r + 0.5 - cr)));
        ink[r * SIDE + k] = Math.max(ink[r * SIDE + k], Math.round(dark * 1000) / 1000);
      }
    }
    last = [k1, r1];
    page.set({ ink, turn: 0, move: 0, noise: 0 });
  }
  const inside = (x, y) => x >= 0 && x < SIDE * SCALE && y >= 26 && y < 26 + SIDE * SCALE;
  surface.drag({ start: (x, y) => { last = null; if (inside(x, y)) paint(x, y); return inside(x, y); }, move: paint, end: () => (last = null) });

  page.draw(() => {
    const drawing = page.get("ink").length > 0;
    const x = picture(source(), page.get("turn"), page.get("move"), page.get("noise"));
    const { hidden, probabilities } = forward(x), answer = best(probabilities);
    const label = drawing ? -1 : page.tables.labels.data[page.get("example")];
    const { context: c } = surface, color = page.color;
    // The picture: dark ink on white paper in either theme.
    surface.text(0, 16, drawing ? "your drawing" : `the picture: meant as a ${label}`, { bold: true });
    for (let i = 0; i < x.length; i++) {
      const shade = Math.round(255 * (1 - x[i]));
      c.fillStyle = `rgb(${shade},${shade},${shade})`;
      c.fillRect((i % SIDE) * SCALE, 26 + Math.floor(i / SIDE) * SCALE, SCALE + 0.5, SCALE + 0.5);
    }
    c.strokeStyle = color.border;
    c.strokeRect(0.5, 26.5, SIDE * SCALE - 1, SIDE * SCALE - 1);
    // The hidden layers: one square a unit, the bluer the more active.
    let top = 26;
    hidden.forEach((values, i) => {
      surface.text(312, top - 10, `layer ${i + 1}: ${values.length} units`, { bold: true });
      const most = Math.max(1e-6, ...values), strong = color.dark ? [86, 180, 233] : [0, 90, 160], weak = color.dark ? [40, 42, 46] : [238, 240, 243];
      values.forEach((v, k) => {
        const t = v / most;
        c.fillStyle = `rgb(${strong.map((s, j) => Math.round(weak[j] + t * (s - weak[j]))).join(",")})`;
        c.fillRect(312 + (k % 16) * CELL, top + Math.floor(k / 16) * CELL, CELL - 1, CELL - 1);
      });
      top += Math.ceil(values.length / 16) * CELL + 44;
    });
    // The ten probabilities.
    surface.text(470, 16, "how probable it finds each digit", { bold: true });
    probabilities.forEach((p, digit) => {
      const y = 26 + digit * 28;
      surface.text(470, y + 19, String(digit), { bold: digit === answer });
      c.fillStyle = color.grid;
      c.fillRect(490, y + 5, 172, 18);
      c.fillStyle = digit === answer ? (label < 0 || digit === label ? color.blue : color.red) : color.muted;
      c.fillRect(490, y + 5, 172 * p, 18);
      if (digit === label) surface.text(664, y + 19, "◂", { size: 13 });
      surface.text(730, y + 19, `${(100 * p).toFixed(p > 0.9995 ? 0 : 1)} %`, { align: "right", bold: digit === answer });
    });
    const verdict = label < 0 ? "" : answer === label ? ", and that is right" : `, but it was meant as a ${label}`;
    note.textContent = `It reads a ${answer} with probability ${fixed(probabilities[answer], 2)}${verdict}.`;
    surface.say(`${drawing ? "Your drawing" : `A handwritten ${label}`}; ${note.textContent}`);
    return { probabilities: probabilities.map((p) => +p.toPrecision(6)), answer, label };
  });
});
