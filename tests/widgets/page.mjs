// A page without a browser: enough of the DOM for a widget's own script to run under node and say which numbers it draws.
// Input (stdin): { esm, state, tables (base64), tries: [{ setting: value }, ...] }. Output: one { numbers } per try.
const any = new Proxy(function () {}, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => 0 : key === Symbol.iterator ? function* () {} : any),
  set: () => true, apply: () => any, construct: () => any,
});
const made = [];
const create = () => {
  const own = { dataset: {}, parentElement: null };
  made.push(own);
  return new Proxy(own, { get: (target, key) => (key in target ? target[key] : any), set: (target, key, value) => ((target[key] = value), true) });
};
const frames = [];
Object.assign(globalThis, {
  document: { createElement: create, documentElement: any, body: any, activeElement: null },
  window: { devicePixelRatio: 1, addEventListener() {}, removeEventListener() {} },
  getComputedStyle: () => any,
  matchMedia: () => ({ matches: false, addEventListener() {}, removeEventListener() {} }),
  MutationObserver: class { observe() {} disconnect() {} },
  requestAnimationFrame: (draw) => frames.push(draw),
  cancelAnimationFrame() {},
});
let text = "";
for await (const part of process.stdin) text += part;
const { esm, state, tables, tries } = JSON.parse(text);
const bytes = Buffer.from(tables, "base64");
state.tables = new DataView(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const listeners = {};
const model = {
  get: (name) => state[name],
  set(name, value) {
    if (JSON.stringify(state[name]) === JSON.stringify(value)) return;
    state[name] = value;
    (listeners[`change:${name}`] || []).forEach((listener) => listener());
  },
  save_changes() {}, send() {}, off() {},
  on: (event, listener) => (listeners[event] ||= []).push(listener),
};
const errors = [];
console.error = (error) => errors.push(String(error.stack || error));
const page = await import(`data:text/javascript;base64,${Buffer.from(esm).toString("base64")}`);
page.default.render({ model, el: create() });
const answers = [];
for (const settings of tries) {
  for (const [name, value] of Object.entries(settings)) model.set(name, value);
  while (frames.length) frames.shift()();
  const root = made.find((element) => element.dataset.numbers !== undefined);
  if (errors.length || !root) throw new Error(`${JSON.stringify(settings)}: ${errors[0] || "nothing was drawn"}`);
  answers.push({ numbers: JSON.parse(root.dataset.numbers), settings: JSON.parse(root.dataset.settings) });
}
process.stdout.write(JSON.stringify(answers), () => process.exit(0));
