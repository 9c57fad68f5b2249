// Left: the examples, the wave and the function learnt. Right: the error over the training, and where it ends for every
// number of examples. All trainings came from Python; nothing is computed here. Python: learning_curves.py.
const REGIMES = ["good fit", "underfitting", "overfitting"], ADVICE = ["", "a wider or deeper network", "more examples, or to stop there"];

export default widget((page) => {
  page.row("depth", "noise");
  page.row("width", "examples");
  const surface = page.canvas({ width: 740, height: 410 });
  const note = page.note();
  const at = (name) => page.spec.controls[name].options.indexOf(page.get(name));

  page.draw(() => {
    const color = page.color, { x, drawn, sizes, noises, grid, truth, truth_at_x: middle, regimes } = Object.fromEntries(
      Object.entries(page.tables).map(([name, table]) => [name, table.data]));
    const widths = page.spec.controls.width.options.length, size = at("examples"), level = Math.round(page.get("noise") / noises[1]);
    const row = (examples) => (((page.get("depth") - 1) * widths + at("width")) * sizes.length + examples) * noises.length + level;
    const now = row(size), train = page.tables.train.row(now), held = page.tables.validation.row(now), last = train.length - 1;
    const steps = Array.from(train, (_, i) => 10 * (i + 1)), floor = noises[level] ** 2, regime = REGIMES[regimes[now]];
    let best = 0;
    held.forEach((value, i) => { if (value < held[best]) best = i; });
    const numbers = { train: train[last], validation: held[last], floor, lowest: held[best], lowest_step: steps[best], regime };
    const ink = [color.green, color.orange, color.red][regimes[now]];

    const left = surface.axes({ box: [48, 30, 330, 330], x: [-1, 1], y: [-2, 2], xticks: 4, yticks: 4, xlabel: "input", ylabel: "output", ygap: 34 });
    surface.text(left.left, left.top - 9, regime.toUpperCase(), { bold: true, color: ink });
    const count = sizes[size], y = Array.from(middle.subarray(0, count), (m, i) => m + noises[level] * drawn[i]);
    left.line(grid, truth, { color: color.muted, dash: "dashed", width: 2 });
    left.line(grid, page.tables.learnt.row(now), { color: color.green, width: 3 });
    left.points(x.subarray(0, count), y, { color: color.blue, size: 4.5 });
    surface.legend(60, 50, [{ label: "the wave", color: color.muted, dash: "dashed" }, { label: "learnt", color: color.green }, { label: "examples", color: color.blue, mark: "circle" }], { across: true });

    const error = { y: [0, 0.8], yticks: [0, 0.2, 0.4, 0.6, 0.8], ylabel: "error", ygap: 34 };
    const two = [{ color: color.blue, width: 2.5 }, { color: color.red, width: 2.5, dash: "dashed" }];
    const above = surface.axes({ box: [446, 30, 282, 136], x: [0, 400], xticks: 4, title: "Error while it learns", ...error });
    const below = surface.axes({ box: [446, 224, 282, 136], x: [2.8, 6.2], xticks: Array.from(sizes, Math.log2), xformat: (e) => String(Math.round(2 ** e)), xlabel: "examples to learn from", title: "Where it ends, with other data", ...error });
    for (const plot of [above, below]) plot.hline(floor, { color: color.muted, dash: "dotted", width: 1.6 });
    above.line(steps, train, two[0]);
    above.line(steps, held, two[1]);
    above.points([steps[best]], [held[best]], { color: color.red, mark: "star", size: 9 });
    surface.legend(548, 46, [{ label: "on the examples", ...two[0] }, { label: "on held-out ones", ...two[1] }]);
    const places = Array.from(sizes, Math.log2), ends = (name) => places.map((_, i) => page.tables[name].row(row(i))[last]);
    below.vline(places[size], { color: color.muted, dash: "dotted" });
    [["train", "circle"], ["validation", "square"]].forEach(([name, mark], i) => {
      below.line(places, ends(name), two[i]);
      below.points(places, ends(name), { color: two[i].color, mark, size: 5 });
    });

    const fell = regimes[now] === 2 ? ` It was lowest at step ${steps[best]} (★), with ${fixed(held[best], 2)}.` : "";
    const advice = regimes[now] ? ` What may help: ${ADVICE[regimes[now]]}.` : "";
    const words = `${regime}: the error ends at ${fixed(train[last], 2)} on the examples and at ${fixed(held[last], 2)} on held-out ones; the noise alone has ${fixed(floor, 2)}.${fell}${advice}`;
    note.textContent = words[0].toUpperCase() + words.slice(1);
    surface.say(`${page.get("depth")} hidden layer${page.get("depth") > 1 ? "s" : ""} of ${page.get("width")}, ${page.get("examples")}, noise ${format(noises[level])}. ${words}`);
    const here = above.hovered(), there = below.hovered();
    if (here) {
      const i = Math.max(0, Math.min(last, Math.round(here.x / 10) - 1));
      above.vline(steps[i], { color: color.muted, dash: "dotted" });
      surface.readout(here.px, here.py, [[`step ${steps[i]}`, color.muted], [`examples: ${fixed(train[i], 3)}`, color.blue], [`held out: ${fixed(held[i], 3)}`, color.red]]);
    } else if (there) {
      const i = places.reduce((near, place, k) => (Math.abs(place - there.x) < Math.abs(places[near] - there.x) ? k : near), 0);
      surface.readout(there.px, there.py, [[`${sizes[i]} examples`, color.muted], [`examples: ${fixed(ends("train")[i], 3)}`, color.blue], [`held out: ${fixed(ends("validation")[i], 3)}`, color.red]]);
    }
    return numbers;
  });
});
