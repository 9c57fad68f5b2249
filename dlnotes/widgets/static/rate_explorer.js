// Left: the loss against the step. Right: where the training ends, for every rate. All curves came from Python; nothing
// is computed here. Python: rate_explorer.py.
const BOTTOM = 0.06, TOP = 150, REGIMES = ["too small", "right", "too large"];

export default widget((page) => {
  page.row("rate", "seed");
  page.row("batch", "schedule");
  const surface = page.canvas({ width: 740, height: 370, focusable: true });
  const note = page.note();
  const { minimum, maximum } = page.spec.controls.rate, places = page.tables.rates.data.length - 1;
  const options = (name) => page.spec.controls[name].options;
  const log = (rate) => Math.log10(rate);
  const nearest = (rate) => Math.max(0, Math.min(places, Math.round((places * log(rate / minimum)) / log(maximum / minimum))));
  const moveTo = (place) => page.set({ rate: +(minimum * (maximum / minimum) ** (Math.max(0, Math.min(places, place)) / places)).toPrecision(3) });
  let right = null;

  const move = (px) => moveTo(nearest(10 ** right.ux(px)));
  surface.drag({ start: (px) => { if (px < right.left - 8) return false; move(px); return true; }, move });
  page.listen(surface.node, "keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    moveTo(nearest(page.get("rate")) + by);
  });

  page.draw(() => {
    const { batch, schedule, seed, rate } = page.settings, color = page.color;
    const seeds = page.tables.ends.shape[0] / (options("batch").length * options("schedule").length);
    const which = (options("batch").indexOf(batch) * options("schedule").length + options("schedule").indexOf(schedule)) * seeds + seed;
    const rates = page.tables.rates.data, ends = page.tables.ends.row(which), [low, best, high] = page.tables.edges.row(which);
    const all = page.tables.curves.row(which), count = all.length / rates.length, place = nearest(rate);
    const curve = (i) => all.subarray(i * count, (i + 1) * count), steps = Array.from({ length: count }, (_, i) => (200 * i) / (count - 1));
    const regime = REGIMES[(place >= low) + (place > high)], said = format(rates[place]);
    const numbers = { rate: rates[place], first: curve(place)[0], end: ends[place], regime, best_rate: rates[best], best_end: ends[best] };
    const power = (v) => (v >= 1 ? String(Math.round(v)) : String(+v.toPrecision(2)));
    const loss = { y: [BOTTOM, TOP], ylog: true, yticks: [0.1, 1, 10, 100], yformat: power };

    const left = surface.axes({ box: [58, 28, 300, 288], x: [0, 200], xticks: 5, xlabel: "step", ylabel: "loss over all points", title: `η = ${said}: ${regime}`, ...loss });
    left.line(steps, curve(best), { color: color.green, dash: "dashed", width: 2 });
    left.line(steps, curve(place), { color: color.blue, width: 2.8 });
    surface.legend(140, 48, [{ label: `this rate, ${said}`, color: color.blue }, { label: `the best rate, ${format(rates[best])}`, color: color.green, dash: "dashed" }]);

    right = surface.axes({ box: [424, 28, 304, 288], x: [log(minimum), log(maximum)], xticks: [-3, -2, -1, 0, 1, 2], xformat: (e) => power(10 ** e), xlabel: "learning rate η", ylabel: "loss at the end", title: "Where it ends, for every rate", ...loss });
    const at = Array.from(rates, log), half = (at[1] - at[0]) / 2;
    const [from, to] = [at[low] - half, at[high] + half];
    right.area([from, to], [TOP, TOP], { base: BOTTOM, color: color.green, alpha: 0.16 });
    const top = right.top + 16, name = (x, text, align) => surface.text(x, top, text, { align, color: text === regime ? color.text : color.muted, bold: text === regime, halo: true });
    name(right.px(from) - 6, REGIMES[0], "right");
    name((right.px(from) + right.px(to)) / 2, REGIMES[1], "center");
    name(right.px(to) + 6, REGIMES[2], "left");
    right.line(at, ends, { color: color.text, width: 1.8 });
    right.points([at[best]], [ends[best]], { color: color.green, mark: "star", size: 10 });
    right.vline(at[place], { color: color.muted, dash: "dotted" });
    right.points([at[place]], [ends[place]], { color: color.blue, size: 7 });

    const words = `η = ${said} is ${regime}: the loss goes from ${fixed(numbers.first, 2)} to ${fixed(numbers.end, 2)}. Best (★): η = ${format(rates[best])}, which ends at ${fixed(numbers.best_end, 2)}.`;
    note.textContent = words;
    surface.say(`${batch}, ${schedule}, seed ${seed}. ${words}`);
    const there = right.hovered(), here = left.hovered();
    if (there) {
      const i = nearest(10 ** there.x);
      surface.readout(there.px, there.py, [[`η = ${format(rates[i])}`, color.muted], `ends at ${format(ends[i])}`]);
    } else if (here) {
      const i = Math.round((here.x / 200) * (count - 1));
      left.vline(steps[i], { color: color.muted, dash: "dotted" });
      surface.readout(here.px, here.py, [[`step ${steps[i]}`, color.muted], [`this rate: ${format(curve(place)[i])}`, color.blue], [`the best: ${format(curve(best)[i])}`, color.green]]);
    }
    return numbers;
  });
});
