// Milestones on two rows of years: ideas above the line, limits and results below it. Python: timeline.py.
const MARKS = { idea: "circle", limit: "square", result: "triangle" };
const BOXES = [[16, 52, 706, 168], [16, 258, 706, 200]];

export default widget((page) => {
  page.row("year");
  const surface = page.canvas({ width: 740, height: 494 });
  const note = page.note();
  note.style.minHeight = "5.8em"; // two of them, in the busiest years
  const { rows, kinds } = page.spec, inks = Object.fromEntries(kinds), limits = page.spec.controls.year;
  const all = rows.flatMap((row) => row.milestones);
  let plots = [], held = null;
  const toYear = (x) => page.set({ year: Math.max(limits.minimum, Math.min(limits.maximum, Math.round(held.ux(x)))) });
  surface.drag({
    start(x, y) {
      held = plots.find((plot) => Math.abs(plot.py(0) - y) < 16);
      if (held) toYear(x);
      return held;
    },
    move: toYear,
  });

  page.draw(() => {
    const color = page.color, year = page.get("year"), past = all.filter((one) => one.year <= year);
    const latestYear = Math.max(...past.map((one) => one.year)), latest = past.filter((one) => one.year === latestYear);
    let x = 474;
    for (const [kind, ink] of kinds) {
      surface.mark(x, 14, { color: color[ink], mark: MARKS[kind], size: 6 });
      surface.text(x + 13, 18, kind);
      x += 92;
    }
    plots = rows.map(({ years: [first, last], milestones }, i) => {
      const step = last - first > 30 ? 10 : 5, ticks = [], heights = milestones.map((one) => one.level);
      for (let t = Math.ceil(first / step) * step; t <= last; t += step) ticks.push(t);
      const plot = surface.axes({
        box: BOXES[i], x: [first, last + 0.02 * (last - first)], y: [Math.min(...heights) - 0.6, Math.max(...heights) + 0.6],
        grid: false, edges: false, xticks: ticks, xformat: String, yticks: false,
      });
      const line = plot.py(0), end = plot.left + plot.wide, bottom = plot.top + plot.high;
      surface.line([[plot.left, bottom], [end, bottom]], { color: color.border, width: 1 });
      for (const t of ticks) surface.line([[plot.px(t), bottom], [plot.px(t), bottom + 4]], { color: color.border, width: 1 });
      surface.line([[plot.left, line], [end, line]], { color: color.muted, width: 2 });
      if (year > first) surface.line([[plot.left, line], [plot.px(Math.min(year, last)), line]], { color: color.sky, width: 6 });
      for (const one of milestones) {
        const at = plot.px(one.year), done = one.year <= year;
        surface.line([[at, line], [at, plot.py(one.level)]], { color: done ? color[inks[one.kind]] : color.border, width: 1.4 });
      }
      for (const one of milestones) {
        const at = plot.px(one.year), done = one.year <= year, now = one.year === latestYear;
        surface.mark(at, line, { color: done ? color[inks[one.kind]] : color.border, mark: MARKS[one.kind], size: now ? 9 : 5.5 });
        surface.text(at + 4, plot.py(one.level), `${one.year} ${one.name}`, { base: "middle", bold: now, color: done ? color.text : color.muted });
      }
      return plot;
    });
    note.replaceChildren(...latest.map((one) => element("p", { style: "margin:4px 0" }, element("b", {}, `${one.year} · ${one.name}. `), `${one.text} `, element("i", {}, `${one.source}.`))));
    surface.say(`Timeline of deep learning up to ${year}: ${past.map((one) => `${one.year} ${one.name}`).join("; ")}.`);
    return { count: past.length, latest_year: latestYear, latest: latest.map((one) => one.name) };
  });
});
