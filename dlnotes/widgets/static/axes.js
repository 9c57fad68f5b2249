// axes.js: the small drawing library of dlnotes. It is put before each widget's own script, which ends with
//   export default widget((page) => { ...; page.draw(() => { ...; return numbers; }); });
// `page` holds the settings (synced with Python), the tables Python sent, the theme, the controls; `page.canvas(...)`
// gives a surface, `surface.axes(...)` a plot on it. Drawing is immediate: each draw starts from an empty surface.
// Without a kernel everything here still works: settings then live in the page alone.

// ---------------------------------------------------------------- colours: Okabe and Ito, for a light and a dark page
const LIGHT = {
  dark: false, text: "#222222", muted: "#5f6368", grid: "#e6e6e6", border: "#c4c7cc", background: "#ffffff",
  raised: "#f7f7f8", blue: "#0072B2", orange: "#D98200", green: "#008F68", red: "#C94F00", purple: "#B0578A",
  sky: "#3A97D0", yellow: "#A89400", shade: "rgba(213,94,0,0.10)",
};
const DARK = {
  dark: true, text: "#ececec", muted: "#a9adb3", grid: "#3a3d41", border: "#5c6066", background: "#111111",
  raised: "#2a2c30", blue: "#56B4E9", orange: "#F0A830", green: "#2CC79A", red: "#FF8A4C", purple: "#E09CC0",
  sky: "#8CCBF0", yellow: "#F0E442", shade: "rgba(255,138,76,0.16)",
};
const FONT = '13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif';
const DASHES = { solid: [], dashed: [7, 4], dotted: [2, 3], dashdot: [8, 3, 2, 3] };

function parseColor(text) {
  const made = /rgba?\(([^)]+)\)/.exec(text);
  if (made) {
    const n = made[1].split(/[\s,/]+/).map(Number);
    return n.length > 3 && n[3] === 0 ? null : n.slice(0, 3);
  }
  const hex = /^#([0-9a-f]{3,8})$/i.exec(text.trim());
  if (!hex) return null;
  const h = hex[1].length < 6 ? [...hex[1]].map((c) => c + c).join("") : hex[1];
  return [0, 2, 4].map((i) => parseInt(h.slice(i, i + 2), 16));
}
const brightness = (rgb) => (0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]) / 255;

function readTheme(element) {
  // JupyterLab's variables first, then the page's own background, then the letters' colour, then the system's wish.
  const css = getComputedStyle(element);
  let background = parseColor(css.getPropertyValue("--jp-layout-color0"));
  for (let e = element; !background && e; e = e.parentElement) background = parseColor(getComputedStyle(e).backgroundColor);
  const dark = background ? brightness(background) < 0.5 : matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = { ...(dark ? DARK : LIGHT) };
  if (background) theme.background = `rgb(${background.join(",")})`;
  const text = parseColor(css.getPropertyValue("--jp-content-font-color1"));
  if (text && Math.abs(brightness(text) - brightness(background || [255, 255, 255])) > 0.4) {
    theme.text = css.getPropertyValue("--jp-content-font-color1").trim();
  }
  return theme;
}

// Negative is orange, zero white, positive blue; t in [-1, 1].
const STOPS = [[179, 89, 0], [240, 160, 48], [255, 255, 255], [90, 169, 221], [0, 90, 148]];
function diverging(t) {
  const at = (Math.max(-1, Math.min(1, t || 0)) + 1) * 2;
  const i = Math.min(3, Math.floor(at));
  return STOPS[i].map((c, k) => Math.round(c + (at - i) * (STOPS[i + 1][k] - c)));
}
const divergingCss = (t) => `rgb(${diverging(t).join(",")})`;

// ---------------------------------------------------------------- numbers
function niceTicks(low, high, count = 5) {
  const span = high - low;
  if (!(span > 0) || !isFinite(span)) return [low];
  const rough = span / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999) || 10 * power;
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * span; i++) ticks.push(+(i * step).toPrecision(12));
  return ticks;
}
// 3 significant digits, a true minus sign, no "-0".
function format(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  const text = size >= 1e5 || size < 1e-4 ? value.toExponential(Math.max(0, digits - 1)) : String(+value.toPrecision(digits));
  return text.replace("-", "−").replace("e+", "e");
}
const fixed = (value, places = 2) => (isFinite(value) ? value.toFixed(places).replace(/^-(0(\.0*)?)$/, "$1").replace("-", "−") : format(value));
// A table of y over evenly spaced x in [low, high], read between its points.
function interpolate(table, low, high, x) {
  const at = ((x - low) / (high - low)) * (table.length - 1);
  const i = Math.max(0, Math.min(table.length - 2, Math.floor(at)));
  return table[i] + (at - i) * (table[i + 1] - table[i]);
}
// A seeded stream in [0, 1) (mulberry32) and a normal draw from it.
function stream(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const normal = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

// ---------------------------------------------------------------- elements
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  // JupyterLab takes the arrow keys unless the very element that has the focus says this (a parent is not enough).
  if (["input", "select", "button", "canvas", "textarea"].includes(tag)) made.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "html") made.innerHTML = value;
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// ---------------------------------------------------------------- the page: settings, controls, redraw
function widget(setup) {
  return {
    render({ model, el }) {
      const page = new Page(model, el);
      try {
        setup(page);
        page.drawNow();
      } catch (error) {
        page.fail(error);
      }
      return () => page.close();
    },
  };
}

class Page {
  constructor(model, el) {
    this.model = model;
    this.spec = model.get("page");
    this.cleanups = [];
    this.painters = [];
    this.surfaces = [];
    this.drawn = 0;
    this.pending = 0;
    this.asking = new Map();
    this.asked = 0;
    this.root = element("div", { class: "dlnotes", "data-lm-suppress-shortcuts": "true", "data-name": this.spec.name, "data-drawn": 0 });
    if (this.spec.title) this.root.append(element("div", { class: "dl-title" }, this.spec.title));
    if (this.spec.caption) this.root.append(element("p", { class: "dl-caption" }, this.spec.caption));
    el.append(this.root);
    this.readTheme();
    this.readTables();
    for (const name of Object.keys(this.spec.controls)) this.on(`change:${name}`, () => this.refresh());
    this.on("change:tables", () => { this.readTables(); this.refresh(); });
    this.on("msg:custom", (message, buffers) => this.answered(message, buffers));
    this.watchTheme();
  }
  // -- settings
  get(name) { return this.model.get(name); }
  get settings() { return Object.fromEntries(Object.keys(this.spec.controls).map((name) => [name, this.get(name)])); }
  set(values) {
    for (const [name, value] of Object.entries(values)) this.model.set(name, value);
    this.unsaved = true; // saved once the frame is drawn, so that what the frame asks of Python goes first
    this.refresh();
  }
  save() {
    this.unsaved = false;
    try { this.model.save_changes(); } catch (error) { /* a page without a kernel keeps its own settings */ }
  }
  on(event, callback) {
    this.model.on(event, callback);
    this.cleanups.push(() => this.model.off(event, callback));
  }
  listen(target, event, callback, options) {
    target.addEventListener(event, callback, options);
    this.cleanups.push(() => target.removeEventListener(event, callback, options));
  }
  // -- tables: name -> { data: Float32Array, shape, row(i) }
  readTables() {
    this.spec = this.model.get("page");
    const raw = this.model.get("tables");
    const bytes = raw && raw.buffer ? raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength) : raw || new ArrayBuffer(0);
    const all = new Float32Array(bytes);
    this.tables = {};
    for (const [name, [offset, shape]] of Object.entries(this.spec.shapes || {})) {
      const data = all.subarray(offset, offset + shape.reduce((a, b) => a * b, 1));
      const width = shape.slice(1).reduce((a, b) => a * b, 1);
      this.tables[name] = { data, shape, row: (i) => data.subarray(i * width, (i + 1) * width) };
    }
  }
  // -- asking Python: resolves to { reply, arrays, bytes }, or to null if a newer question was asked with the same `about`
  ask(question, about = "", buffers = []) {
    const slot = this.asking.get(about) || { busy: false, next: null };
    this.asking.set(about, slot);
    return new Promise((resolve, reject) => {
      if (slot.next) slot.next.resolve(null);
      slot.next = { question, buffers, resolve, reject };
      this.sendNext(slot);
    });
  }
  sendNext(slot) {
    if (slot.busy || !slot.next) return;
    slot.busy = { ...slot.next, id: `${++this.asked}-${Math.random().toString(36).slice(2)}` };
    slot.next = null;
    this.root.setAttribute("aria-busy", true);
    this.model.send({ ask: slot.busy.id, question: slot.busy.question }, undefined, slot.busy.buffers);
  }
  answered(message, buffers) {
    for (const slot of this.asking.values()) {
      if (!slot.busy || slot.busy.id !== message.answer) continue;
      const { resolve, reject } = slot.busy;
      slot.busy = false;
      if (message.error) { this.fail(message.error); reject(new Error(message.error)); }
      else if (message.nobody) resolve(null); // a page without a kernel
      else {
        const bytes = (buffers || []).map((b) => (b.buffer ? b.buffer.slice(b.byteOffset, b.byteOffset + b.byteLength) : b));
        resolve({ reply: message.reply, bytes, arrays: bytes.map((b) => (b.byteLength % 4 ? null : new Float32Array(b))) });
      }
      this.sendNext(slot);
    }
    this.root.setAttribute("aria-busy", [...this.asking.values()].some((slot) => slot.busy));
  }
  // -- theme
  readTheme() {
    const theme = readTheme(this.root);
    const changed = JSON.stringify(theme) !== JSON.stringify(this.color);
    this.color = theme;
    const names = { text: "text", muted: "muted", border: "border", raised: "raised", accent: "blue", red: "red" };
    for (const [css, name] of Object.entries(names)) this.root.style.setProperty(`--dl-${css}`, theme[name]);
    return changed;
  }
  watchTheme() {
    // The theme's style sheet arrives a little after the attribute that announces it.
    const look = () => [0, 60, 300, 1000].forEach((wait) => setTimeout(() => this.readTheme() && this.refresh(), wait));
    const watcher = new MutationObserver(look);
    const filter = { attributes: true, attributeFilter: ["class", "style", "data-theme", "data-jp-theme-light", "data-jp-theme-name"] };
    watcher.observe(document.documentElement, filter);
    watcher.observe(document.body, filter);
    const media = matchMedia("(prefers-color-scheme: dark)");
    this.listen(media, "change", look);
    this.listen(window, "resize", () => this.refresh());
    this.cleanups.push(() => watcher.disconnect());
    look();
  }
  // -- drawing
  draw(painter) { this.painters.push(painter); }
  refresh() {
    if (!this.pending && !this.closed) this.pending = requestAnimationFrame(() => this.drawNow());
  }
  drawNow() {
    cancelAnimationFrame(this.pending);
    this.pending = 0;
    if (this.closed) return;
    try {
      for (const surface of this.surfaces) surface.begin();
      for (const sync of this.syncs || []) sync();
      const numbers = Object.assign({}, ...this.painters.map((paint) => paint() || {}));
      this.root.dataset.settings = JSON.stringify(this.settings);
      this.root.dataset.numbers = JSON.stringify(numbers);
      this.root.dataset.drawn = ++this.drawn;
    } catch (error) {
      this.fail(error);
    }
    if (this.unsaved) this.save();
  }
  fail(error) {
    console.error(error);
    if (!this.trouble) this.root.append((this.trouble = element("div", { class: "dl-error", role: "alert" })));
    this.trouble.textContent = `This figure has stopped: ${error.message || error}`;
  }
  close() {
    this.closed = true;
    if (this.unsaved) this.save();
    cancelAnimationFrame(this.pending);
    for (const undo of this.cleanups.splice(0)) undo();
    this.root.remove();
  }
  // -- controls, built from what Python declared
  row(...items) {
    const row = element("div", { class: "dl-row" }, ...items.map((item) => (typeof item === "string" ? this.control(item) : item)));
    this.root.append(row);
    return row;
  }
  control(name) {
    const spec = this.spec.controls[name];
    const made = { slider: makeSlider, select: makeSelect, toggle: makeToggle }[spec.kind](this, name, spec);
    made.node.dataset.control = name;
    (this.syncs ||= []).push(made.sync);
    made.sync();
    return made.node;
  }
  button(label, onclick, options = {}) {
    return element("button", { type: "button", "aria-label": options.hint || label, title: options.hint, class: options.main && "dl-main", onclick: () => { onclick(); this.refresh(); } }, label);
  }
  note(options = {}) {
    const note = element("div", { class: "dl-note", "aria-live": options.quiet ? "off" : "polite" });
    this.root.append(note);
    return note;
  }
  // table(["loss", "value"]) -> (rows) => shows them
  table(head) {
    const body = element("tbody");
    this.root.append(element("table", { class: "dl-table" }, element("thead", {}, element("tr", {}, ...head.map((h) => element("th", {}, h)))), body));
    return (rows) => body.replaceChildren(...rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, ...[cell].flat())))));
  }
  canvas(options) {
    const surface = new Surface(this, options);
    this.surfaces.push(surface);
    return surface;
  }
}

// The spec is read again at every use, so that Python may change limits and options while the page is open.
function makeSlider(page, name, spec) {
  const positions = spec.log ? 100 : Math.round((spec.maximum - spec.minimum) / spec.step);
  const place = (v) => (spec.log ? (Math.log(v / spec.minimum) / Math.log(spec.maximum / spec.minimum)) * positions : (v - spec.minimum) / spec.step);
  const value = (p) => {
    if (p >= positions) return spec.maximum;
    if (p <= 0) return spec.minimum;
    return +(spec.log ? spec.minimum * (spec.maximum / spec.minimum) ** (p / positions) : spec.minimum + p * spec.step).toPrecision(spec.log ? 3 : 12);
  };
  const shown = element("span", { class: "dl-value" });
  const input = element("input", { type: "range", min: 0, max: positions, step: 1, "aria-label": spec.label, name });
  input.addEventListener("input", () => page.set({ [name]: value(+input.value) }));
  const regime = (v) => (spec.regimes || []).filter(([, from]) => v >= from).map(([label]) => label).pop();
  const places = spec.log ? null : spec.whole ? 0 : Math.max(0, Math.ceil(-Math.log10(spec.step) - 1e-9));
  const sync = () => {
    const v = page.get(name), said = places === null ? format(v) : fixed(v, Math.min(places, 4));
    if (document.activeElement !== input || Math.round(place(v)) !== +input.value) input.value = Math.round(place(v));
    input.setAttribute("aria-valuetext", said + (regime(v) ? `, ${regime(v)}` : ""));
    shown.replaceChildren(said, ...(regime(v) ? [element("span", { class: "dl-regime" }, ` ${regime(v)}`)] : []));
  };
  return { node: element("label", { class: "dl-control" }, element("span", {}, spec.label), input, shown), sync };
}
function makeSelect(page, name, spec) {
  const input = element("select", { "aria-label": spec.label, name }, ...spec.options.map((o) => element("option", { value: o }, o.replaceAll("_", " "))));
  input.addEventListener("change", () => page.set({ [name]: input.value }));
  return { node: element("label", { class: "dl-control" }, element("span", {}, spec.label), input), sync: () => { input.value = page.get(name); } };
}
function makeToggle(page, name, spec) {
  const input = element("input", { type: "checkbox", "aria-label": spec.label, name });
  input.addEventListener("change", () => page.set({ [name]: input.checked }));
  return { node: element("label", { class: "dl-control" }, input, element("span", {}, spec.label)), sync: () => { input.checked = page.get(name); } };
}

// ---------------------------------------------------------------- a surface: one sharp <canvas>
class Surface {
  // options: width, height (CSS pixels), label (text alternative), hover (redraw when the pointer moves)
  constructor(page, options) {
    Object.assign(this, { page, pointer: null, hover: true, ...options });
    this.node = element("canvas", { role: "img", "aria-label": options.label || page.spec.title, tabindex: options.focusable ? 0 : null });
    this.node.style.width = `${this.width}px`;
    (options.parent || page.root).append(this.node);
    this.context = this.node.getContext("2d");
    const move = (event) => {
      this.pointer = this.at(event);
      if (this.hover) page.refresh();
    };
    page.listen(this.node, "pointermove", move);
    page.listen(this.node, "pointerdown", move);
    page.listen(this.node, "pointerleave", () => { this.pointer = null; if (this.hover) page.refresh(); });
  }
  at(event) {
    const box = this.node.getBoundingClientRect();
    return { x: ((event.clientX - box.left) / box.width) * this.width, y: ((event.clientY - box.top) / box.height) * this.height };
  }
  // Text alternative, kept up to date by the widget.
  say(text) { if (this.node.getAttribute("aria-label") !== text) this.node.setAttribute("aria-label", text); }
  // start(x, y, event) -> truthy to take hold; move(x, y, event); end(); all in CSS pixels.
  drag({ start, move, end = () => {} }) {
    let held = false;
    this.node.style.touchAction = "none";
    this.page.listen(this.node, "pointerdown", (event) => {
      const p = this.at(event);
      held = Boolean(start(p.x, p.y, event));
      if (held) { this.node.setPointerCapture(event.pointerId); this.page.refresh(); }
    });
    this.page.listen(this.node, "pointermove", (event) => {
      if (!held) return;
      const p = this.at(event);
      move(p.x, p.y, event);
      this.page.refresh();
    });
    const stop = () => { if (held) { held = false; end(); this.page.refresh(); } };
    this.page.listen(this.node, "pointerup", stop);
    this.page.listen(this.node, "pointercancel", stop);
  }
  begin() {
    const ratio = Math.max(1, window.devicePixelRatio || 1);
    const [w, h] = [Math.round(this.width * ratio), Math.round(this.height * ratio)];
    if (this.node.width !== w || this.node.height !== h) Object.assign(this.node, { width: w, height: h });
    const c = this.context;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.fillStyle = this.page.color.background;
    c.fillRect(0, 0, this.width, this.height);
    c.lineJoin = c.lineCap = "round";
    c.font = FONT;
  }
  // options: box [left, top, width, height] of the plot itself; x, y: [low, high]; xlabel, ylabel, title;
  // xticks, yticks: numbers, count of ticks, or false; xformat, yformat: number -> text; grid: false; ylog: true.
  axes(options) { return new Axes(this, options); }
  text(x, y, text, options = {}) {
    const c = this.context;
    c.save();
    c.font = options.bold ? `600 ${FONT}` : FONT;
    if (options.size) c.font = c.font.replace(/\d+px/, `${options.size}px`);
    c.fillStyle = options.color || this.page.color.text;
    c.textAlign = options.align || "left";
    c.textBaseline = options.base || "alphabetic";
    c.translate(x, y);
    if (options.turn) c.rotate(-Math.PI / 2);
    if (options.halo) { c.lineWidth = 4; c.strokeStyle = this.page.color.background; c.strokeText(text, 0, 0); }
    c.fillText(text, 0, 0);
    c.restore();
  }
  line(points, options = {}) { // in pixels
    const c = this.context;
    c.save();
    c.strokeStyle = options.color || this.page.color.text;
    c.lineWidth = options.width || 2;
    c.globalAlpha = options.alpha ?? 1;
    c.setLineDash(DASHES[options.dash] || options.dash || []);
    c.beginPath();
    points.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
    c.stroke();
    c.restore();
  }
  arrow(x0, y0, x1, y1, options = {}) {
    const length = Math.hypot(x1 - x0, y1 - y0), size = Math.min(options.head || 9, length);
    if (length < 1) return;
    const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length], c = this.context;
    this.line([[x0, y0], [x1 - ux * size * 0.8, y1 - uy * size * 0.8]], options);
    c.save();
    c.fillStyle = options.color || this.page.color.text;
    c.globalAlpha = options.alpha ?? 1;
    c.beginPath();
    c.moveTo(x1, y1);
    c.lineTo(x1 - ux * size - uy * size * 0.5, y1 - uy * size + ux * size * 0.5);
    c.lineTo(x1 - ux * size + uy * size * 0.5, y1 - uy * size - ux * size * 0.5);
    c.fill();
    c.restore();
  }
  // A small box of text beside (x, y); entries are strings or [text, colour].
  readout(x, y, lines) {
    const c = this.context, color = this.page.color;
    const entries = lines.map((line) => (Array.isArray(line) ? line : [line, color.text]));
    c.save();
    c.font = FONT;
    const width = Math.max(...entries.map(([text]) => c.measureText(text).width)) + 16, height = entries.length * 18 + 10;
    let left = x + 14, top = y - height - 8;
    if (left + width > this.width - 2) left = x - 14 - width;
    if (top < 2) top = Math.min(y + 14, this.height - height - 2);
    c.fillStyle = color.raised;
    c.strokeStyle = color.border;
    c.lineWidth = 1;
    c.beginPath();
    c.roundRect(Math.max(2, left), top, width, height, 5);
    c.fill();
    c.stroke();
    c.restore();
    entries.forEach(([text, ink], i) => this.text(Math.max(2, left) + 8, top + 18 * i + 19, text, { color: ink }));
  }
  // entries: { label, color, dash, mark }; from (x, y) downwards, or to the right.
  legend(x, y, entries, options = {}) {
    for (const { label, color, dash, mark, fill } of entries) {
      if (fill) { this.context.fillStyle = fill; this.context.fillRect(x, y - 9, 24, 11); }
      else if (mark) this.mark(x + 12, y - 4, { color, mark });
      else this.line([[x, y - 4], [x + 24, y - 4]], { color, dash, width: 2.5 });
      this.text(x + 31, y, label, {});
      if (options.across) x += 31 + this.context.measureText(label).width + 18;
      else y += 20;
    }
  }
  mark(x, y, { color, mark = "circle", size = 6, edge, alpha = 1, hollow = false } = {}) {
    const c = this.context;
    c.save();
    c.globalAlpha = alpha;
    c.beginPath();
    if (mark === "square") c.rect(x - size * 0.9, y - size * 0.9, size * 1.8, size * 1.8);
    else if (mark === "triangle") { c.moveTo(x, y - size * 1.15); c.lineTo(x + size * 1.1, y + size * 0.85); c.lineTo(x - size * 1.1, y + size * 0.85); c.closePath(); }
    else if (mark === "star") {
      for (let k = 0; k < 10; k++) { const r = k % 2 ? size * 0.45 : size, a = (Math.PI * k) / 5 - Math.PI / 2; c.lineTo(x + r * Math.cos(a), y + r * Math.sin(a)); }
      c.closePath();
    } else if (mark === "diamond") { c.moveTo(x, y - size * 1.2); c.lineTo(x + size * 1.2, y); c.lineTo(x, y + size * 1.2); c.lineTo(x - size * 1.2, y); c.closePath(); }
    else c.arc(x, y, size, 0, 2 * Math.PI);
    c.fillStyle = hollow ? this.page.color.background : color;
    c.fill();
    c.lineWidth = hollow ? 2.5 : 1.2;
    c.strokeStyle = edge || (hollow ? color : this.page.color.background);
    c.stroke();
    c.restore();
  }
}

// ---------------------------------------------------------------- axes on a surface, in the units of the data
class Axes {
  constructor(surface, options) {
    Object.assign(this, { surface, grid: true, xticks: 5, yticks: 5, xformat: format, yformat: format, ...options });
    [this.left, this.top, this.wide, this.high] = this.box;
    this.frame();
  }
  px(x) { return this.left + ((x - this.x[0]) / (this.x[1] - this.x[0])) * this.wide; }
  py(y) {
    const t = this.ylog ? Math.log(Math.max(y, 1e-300) / this.y[0]) / Math.log(this.y[1] / this.y[0]) : (y - this.y[0]) / (this.y[1] - this.y[0]);
    return this.top + this.high - t * this.high;
  }
  // Pixels to data.
  ux(px) { return this.x[0] + ((px - this.left) / this.wide) * (this.x[1] - this.x[0]); }
  uy(py) {
    const t = (this.top + this.high - py) / this.high;
    return this.ylog ? this.y[0] * (this.y[1] / this.y[0]) ** t : this.y[0] + t * (this.y[1] - this.y[0]);
  }
  // The pointer in data units if it is inside the plot, else null.
  hovered() {
    const p = this.surface.pointer;
    const inside = p && p.x >= this.left && p.x <= this.left + this.wide && p.y >= this.top && p.y <= this.top + this.high;
    return inside ? { x: this.ux(p.x), y: this.uy(p.y), px: p.x, py: p.y } : null;
  }
  frame() {
    const s = this.surface, color = s.page.color, bottom = this.top + this.high, right = this.left + this.wide;
    const list = (ticks, range) => (ticks === false ? [] : Array.isArray(ticks) ? ticks : niceTicks(range[0], range[1], ticks));
    const logs = () => { const t = []; for (let e = Math.ceil(Math.log10(this.y[0]) - 1e-9); 10 ** e <= this.y[1] * 1.000001; e++) t.push(10 ** e); return t; };
    const xs = list(this.xticks, this.x), ys = this.ylog && !Array.isArray(this.yticks) && this.yticks !== false ? logs() : list(this.yticks, this.y);
    if (this.grid) {
      for (const x of xs) s.line([[this.px(x), this.top], [this.px(x), bottom]], { color: color.grid, width: 1 });
      for (const y of ys) s.line([[this.left, this.py(y)], [right, this.py(y)]], { color: color.grid, width: 1 });
    }
    if (this.edges !== false) s.line([[this.left, this.top], [this.left, bottom], [right, bottom]], { color: color.muted, width: 1 });
    for (const x of xs) s.text(this.px(x), bottom + 17, this.xformat(x), { align: "center", color: color.muted });
    for (const y of ys) s.text(this.left - 7, this.py(y), this.yformat(y), { align: "right", base: "middle", color: color.muted });
    if (this.xlabel) s.text(this.left + this.wide / 2, bottom + 36, this.xlabel, { align: "center" });
    if (this.ylabel) s.text(this.left - (this.ygap || 40), this.top + this.high / 2, this.ylabel, { align: "center", turn: true });
    if (this.title) s.text(this.left, this.top - 9, this.title, { bold: true });
  }
  clip(paint) {
    const c = this.surface.context;
    c.save();
    c.beginPath();
    c.rect(this.left - 1, this.top - 1, this.wide + 2, this.high + 2);
    c.clip();
    paint();
    c.restore();
  }
  // NaN breaks the line.
  line(xs, ys, options = {}) {
    this.clip(() => {
      let run = [];
      for (let i = 0; i <= xs.length; i++) {
        if (i < xs.length && isFinite(ys[i]) && isFinite(xs[i])) run.push([this.px(xs[i]), Math.max(-1e4, Math.min(1e4, this.py(ys[i])))]);
        else { if (run.length > 1) this.surface.line(run, options); run = []; }
      }
    });
  }
  // Between ys and base (a number or an array).
  area(xs, ys, { base = 0, color, alpha = 0.2 } = {}) {
    this.clip(() => {
      const c = this.surface.context, low = (i) => (typeof base === "number" ? base : base[i]);
      c.globalAlpha = alpha;
      c.fillStyle = color;
      c.beginPath();
      for (let i = 0; i < xs.length; i++) c.lineTo(this.px(xs[i]), this.py(ys[i]));
      for (let i = xs.length - 1; i >= 0; i--) c.lineTo(this.px(xs[i]), this.py(low(i)));
      c.fill();
    });
  }
  band(x0, x1, { color, alpha = 1 } = {}) {
    this.clip(() => {
      const c = this.surface.context;
      c.globalAlpha = alpha;
      c.fillStyle = color || this.surface.page.color.shade;
      c.fillRect(this.px(x0), this.top, this.px(x1) - this.px(x0), this.high);
    });
  }
  vline(x, options = {}) { this.clip(() => this.surface.line([[this.px(x), this.top], [this.px(x), this.top + this.high]], { width: 1.2, ...options })); }
  hline(y, options = {}) { this.clip(() => this.surface.line([[this.left, this.py(y)], [this.left + this.wide, this.py(y)]], { width: 1.2, ...options })); }
  points(xs, ys, options = {}) { this.clip(() => { for (let i = 0; i < xs.length; i++) this.surface.mark(this.px(xs[i]), this.py(ys[i]), { ...options, color: Array.isArray(options.color) ? options.color[i] : options.color }); }); }
  // edges has one more number than heights; sideways: bars grow to the right and edges run along y.
  bars(edges, heights, { color, sideways = false, colors, gap = 0.5 } = {}) {
    this.clip(() => {
      const c = this.surface.context;
      for (let i = 0; i < heights.length; i++) {
        c.fillStyle = colors ? colors[i] : color;
        if (sideways) c.fillRect(this.px(0), this.py(edges[i + 1]) + gap / 2, this.px(heights[i]) - this.px(0), this.py(edges[i]) - this.py(edges[i + 1]) - gap);
        else c.fillRect(this.px(edges[i]) + gap / 2, this.py(heights[i]), this.px(edges[i + 1]) - this.px(edges[i]) - gap, this.py(0) - this.py(heights[i]));
      }
    });
  }
  // values: rows * columns numbers, the first row at the bottom (y low); `limit`: the value shown as full colour.
  heat(values, rows, columns, { limit, smooth = true, alpha = 1, map = diverging, key } = {}) {
    const sheet = (this.surface.sheet ||= document.createElement("canvas"));
    if (key === undefined || sheet.key !== key) {
      const top = limit || Math.max(1e-12, values.reduce((m, v) => Math.max(m, Math.abs(v)), 0));
      Object.assign(sheet, { width: columns, height: rows, key });
      const c = sheet.getContext("2d"), image = c.createImageData(columns, rows);
      for (let r = 0; r < rows; r++) for (let k = 0; k < columns; k++) {
        const at = ((rows - 1 - r) * columns + k) * 4, rgb = map(values[r * columns + k] / top);
        image.data.set([rgb[0], rgb[1], rgb[2], 255], at);
      }
      c.putImageData(image, 0, 0);
    }
    this.clip(() => {
      const to = this.surface.context;
      to.globalAlpha = alpha;
      to.imageSmoothingEnabled = smooth;
      to.drawImage(sheet, this.left, this.top, this.wide, this.high);
    });
  }
  arrow(x0, y0, x1, y1, options = {}) { this.surface.arrow(this.px(x0), this.py(y0), this.px(x1), this.py(y1), options); }
  text(x, y, text, options = {}) { this.surface.text(this.px(x), this.py(y), text, options); }
}
