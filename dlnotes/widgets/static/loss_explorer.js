// Losses above, gradients below, one prediction moved through both. Python: loss_explorer.py.
const EDGE = 6, LONG = 60, CLASSIFICATION = ["cross-entropy", "squared error of σ", "hinge", "perceptron"];

export default widget((page) => {
  page.row("task", "target", "delta");
  page.row("prediction");
  const surface = page.canvas({ width: 740, height: 484 });
  const show = page.table(["Loss", "value", "gradient", "pull"]);
  const control = (name) => page.root.querySelector(`[data-control="${name}"]`);
  const xs = Array.from({ length: 1201 }, (_, i) => -EDGE + i * 0.01);
  let top = null;
  const move = (px) => page.set({ prediction: Math.max(-EDGE, Math.min(EDGE, Math.round(top.ux(px) * 20) / 20)) });
  surface.drag({ start: (px, py) => { if (px < top.left - 6 || px > top.left + top.wide + 6) return false; move(px); return true; }, move });

  page.draw(() => {
    const { task, prediction, target, delta } = page.settings, color = page.color, fit = task === "regression";
    control("target").style.display = fit ? "none" : "";
    control("delta").style.display = fit ? "" : "none";
    control("prediction").firstChild.textContent = fit ? "Residual (prediction − target)" : "Logit";
    const table = (name) => (x) => [0, 1].map((i) => interpolate(page.tables[name].row(i), -EDGE, EDGE, x));
    const huber = (x) => [0, 1].map((i) => delta ** (2 - i) * interpolate(page.tables.huber.row(i), -LONG, LONG, x / delta));
    const losses = fit
      ? [["squared", table("regression squared")], ["absolute", table("regression absolute")], ["Huber", huber]]
      : CLASSIFICATION.map((name) => [name, table(`${target} ${name}`)]);
    const looks = [[color.blue, "solid"], [color.red, "dashed"], [color.green, "dashdot"], [color.purple, "dotted"]];
    const marks = ["circle", "square", "triangle", "diamond"];

    const label = fit ? "residual: prediction − target" : "logit z (the probability of class 1 is σ(z))";
    top = surface.axes({ box: [62, 28, 662, 214], x: [-EDGE, EDGE], y: fit ? [0, 8] : [0, 6], xticks: 7, title: fit ? "Loss" : `Loss, when the truth is class ${target}`, ylabel: "loss" });
    const bottom = surface.axes({ box: [62, 292, 662, 148], x: [-EDGE, EDGE], y: fit ? [-5, 5] : [-1.25, 1.25], xticks: 7, yticks: 4, title: "Gradient: the slope of the loss", ylabel: "gradient", xlabel: label });
    bottom.hline(0, { color: color.muted });
    if (!fit) { // the side where the answer is wrong
      const wrong = target === "1" ? [-EDGE, 0] : [0, EDGE];
      top.band(...wrong);
      bottom.band(...wrong);
      top.text(target === "1" ? -5.85 : 5.85, 0.28, "wrong side", { align: target === "1" ? "left" : "right", color: color.muted });
    }
    const rows = losses.map(([, at]) => xs.map(at));
    rows.forEach((row, i) => {
      const look = { color: looks[i][0], dash: looks[i][1], width: 2.6 };
      top.line(xs, row.map((pair) => pair[0]), look);
      bottom.line(xs, row.map((pair) => pair[1]), look);
    });
    const numbers = { loss: {}, gradient: {} };
    for (const axes of [top, bottom]) axes.vline(prediction, { color: color.text, dash: "dashed", width: 1.5 });
    losses.forEach(([name, at], i) => {
      const [value, slope] = at(prediction);
      numbers.loss[name] = value;
      numbers.gradient[name] = slope;
      top.points([prediction], [value], { color: looks[i][0], mark: marks[i] });
      bottom.points([prediction], [slope], { color: looks[i][0], mark: marks[i] });
    });
    const right = fit ? 336 : target === "1" ? 520 : 150;
    surface.legend(right, 48, losses.map(([name], i) => ({ label: name, color: looks[i][0], dash: looks[i][1] })));

    const pull = (slope) => (Math.abs(slope) < 1e-6 ? "none" : `${Math.abs(slope) < 0.05 ? "hardly any" : Math.abs(slope) < 0.5 ? "some" : "strong"}, ${slope > 0 ? "← down" : "up →"}`);
    show(losses.map(([name]) => [name, fixed(numbers.loss[name], 3), fixed(numbers.gradient[name], 3), pull(numbers.gradient[name])]));
    surface.say(`${task}, ${fit ? "residual" : `target ${target}, logit`} ${fixed(prediction, 2)}: ` + losses.map(([name]) => `${name} loss ${fixed(numbers.loss[name], 3)}, gradient ${fixed(numbers.gradient[name], 3)}`).join("; "));

    const at = top.hovered() || bottom.hovered();
    if (at && Math.abs(at.x - prediction) > 0.1) {
      for (const axes of [top, bottom]) axes.vline(at.x, { color: color.muted, dash: "dotted" });
      surface.readout(at.px, at.py, [`${fit ? "residual" : "logit"} ${fixed(at.x, 2)}: loss, gradient`, ...losses.map(([name, f], i) => [`${name}: ${f(at.x).map((v) => fixed(v, 3)).join(", ")}`, looks[i][0]])]);
    }
    return numbers;
  });
});
