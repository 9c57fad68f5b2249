// Ten Gibbs chains of a restricted Boltzmann machine, walked in the page. Python: dreaming_machine.py and _dreams.py.
const CHAINS = 10, STEPS = 300, TILE = 74, TOP = 28;
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

export default widget((page) => {
  page.row("steps", "start");
  page.row("temperature", "seed");
  const surface = page.canvas({ width: 740, height: 416 });
  const note = page.note();
  const { weight, visible_bias, hidden_bias, images, band } = page.tables;
  const [nVisible, nHidden] = weight.shape, [count, height, width] = images.shape;
  const columns = new Float64Array(nVisible * nHidden); // the weights once more, one row for each hidden unit
  for (let i = 0; i < nVisible; i++) for (let j = 0; j < nHidden; j++) columns[j * nVisible + i] = weight.data[i * nHidden + j];

  // field += change · row: what one unit that changed does to all units of the other layer
  function push(field, rows, unit, change) {
    const n = field.length, base = unit * n;
    for (let k = 0; k < n; k++) field[k] += change * rows[base + k];
  }
  function chain(number, start, temperature) {
    const random = stream(number), coins = Array.from({ length: nVisible }, random);
    const v = Float64Array.from(start === "data" ? images.row(Math.floor(coins[0] * count)) : coins.map((u) => +(u < 0.5)));
    const h = new Float64Array(nHidden), up = Float64Array.from(hidden_bias.data), down = Float64Array.from(visible_bias.data);
    v.forEach((ink, i) => ink && push(up, weight.data, i, ink));
    const made = { pictures: [Uint8Array.from(v, (ink) => Math.round(255 * ink))], energies: [] };
    const energy = () => made.energies.push(-v.reduce((sum, ink, i) => sum + ink * visible_bias.data[i], 0) - up.reduce((sum, x) => sum + softplus(x), 0));
    energy();
    made.step = () => {
      for (let j = 0; j < nHidden; j++) {
        const on = +(random() < sigmoid(up[j] / temperature));
        if (on !== h[j]) push(down, columns, j, on - h[j]);
        h[j] = on;
      }
      const picture = new Uint8Array(nVisible);
      for (let i = 0; i < nVisible; i++) {
        const p = sigmoid(down[i] / temperature), on = +(random() < p);
        if (on !== v[i]) push(up, weight.data, i, on - v[i]);
        v[i] = on;
        picture[i] = Math.round(255 * p);
      }
      made.pictures.push(picture);
      energy();
    };
    return made;
  }

  // The chains of these settings, as far as they have been asked for.
  let walked = { key: "" };
  function walk(steps) {
    const [start, temperature, seed] = ["start", "temperature", "seed"].map((name) => page.get(name));
    const key = JSON.stringify([start, temperature, seed]);
    if (walked.key !== key) walked = { key, chains: Array.from({ length: CHAINS }, (_, c) => chain(seed * CHAINS + c, start, temperature)) };
    for (const one of walked.chains) while (one.energies.length <= steps) one.step();
    return walked.chains;
  }

  let plot = null;
  const toStep = (x) => page.set({ steps: Math.max(0, Math.min(STEPS, Math.round(plot.ux(x)))) });
  surface.drag({
    start(x, y) {
      const inside = x >= plot.left - 6 && x <= plot.left + plot.wide + 6 && y >= plot.top && y <= plot.top + plot.high;
      if (inside) toStep(x);
      return inside;
    },
    move: toStep,
  });

  const sheet = document.createElement("canvas");
  Object.assign(sheet, { width, height });
  page.draw(() => {
    const steps = page.get("steps"), chains = walk(steps), color = page.color, c = surface.context;
    const energies = chains.map((one) => one.energies.slice(0, steps + 1)), now = energies.map((e) => e[steps]);
    const p = surface.pointer, pointed = p && p.y >= TOP && p.y < TOP + TILE ? Math.floor(p.x / TILE) : -1;

    // Where each chain is: dark ink on white paper in either theme.
    surface.text(0, 16, `ten chains after ${steps} step${steps === 1 ? "" : "s"}`, { bold: true });
    const shown = chains.map((one) => one.pictures[steps]), scale = (TILE - 4) / Math.max(width, height);
    shown.forEach((picture, k) => {
      const ink = sheet.getContext("2d"), image = ink.createImageData(width, height);
      picture.forEach((byte, i) => image.data.set([255 - byte, 255 - byte, 255 - byte, 255], 4 * i));
      ink.putImageData(image, 0, 0);
      c.imageSmoothingEnabled = false;
      c.drawImage(sheet, k * TILE + 2, TOP + 2, width * scale, height * scale);
      c.lineWidth = k === pointed ? 3 : 1;
      c.strokeStyle = k === pointed ? color.red : color.border;
      c.strokeRect(k * TILE + 2, TOP + 2, width * scale, height * scale);
    });

    // How deep each of them is. The first steps may fall in from above; the axis grows by whole bands.
    const [low, high] = band.data, wide = Math.max(high - low, 1e-6), after = energies.flatMap((e) => e.slice(Math.min(5, steps)));
    const bottom = low - wide * Math.ceil(Math.max(low - Math.min(...after), 0) / wide + 0.2);
    const top = high + wide * Math.ceil(Math.max(Math.max(...after) - high, 0) / wide + 0.2);
    plot = surface.axes({ box: [72, 128, 654, 236], x: [0, STEPS], y: [bottom, top], xlabel: "Gibbs steps", ylabel: "free energy, nats", ygap: 54 });
    c.globalAlpha = 0.25;
    c.fillStyle = color.sky;
    c.fillRect(plot.left, plot.py(high), plot.wide, plot.py(low) - plot.py(high));
    c.globalAlpha = 1;
    surface.text(plot.left + plot.wide - 6, plot.py(high) - 6, "90 of 100 data", { align: "right", color: color.blue, halo: true });
    const xs = Array.from({ length: steps + 1 }, (_, i) => i);
    energies.forEach((e, k) => k !== pointed && plot.line(xs, e, { color: color.muted, width: 1, alpha: 0.8 }));
    if (energies[pointed]) plot.line(xs, energies[pointed], { color: color.red, width: 2.5 });
    plot.vline(steps, { color: color.red, dash: "dashed" });
    plot.points(now.map(() => steps), now, { color: now.map((_, k) => (k === pointed ? color.red : color.text)), size: 4 });
    surface.node.style.cursor = plot.hovered() ? "ew-resize" : "default";

    const inside = now.filter((e) => e >= low && e <= high).length;
    note.textContent = `${inside} of the ${CHAINS} chains lie where 90 of 100 data do (${fixed(low, 0)} to ${fixed(high, 0)} nats).`;
    surface.say(`Ten pictures that Gibbs chains have reached from ${page.get("start")} after ${steps} steps; ${note.textContent}`);
    return { free_energy: now, ink: shown.map((picture) => picture.reduce((a, b) => a + b, 0) / picture.length / 255), data: [...band.data] };
  });
});
