// Plays the notebook's part for figures drawn in JavaScript: each gets a model that holds its settings in this page.
// The figure's own code (dlnotes/widgets/static) is the same as in JupyterLab and Colab.

class Model {
  constructor({ state, buffers }, needsPython) {
    this.values = state;
    this.needsPython = needsPython;
    this.listeners = new Map();
    for (const [name, text] of Object.entries(buffers)) {
      this.values[name] = new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
    }
  }
  get(name) { return this.values[name]; }
  set(name, value) {
    if (Object.is(this.values[name], value)) return;
    this.values[name] = value;
    this.tell(`change:${name}`, this, value);
    this.tell("change", this);
  }
  on(event, callback) {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event).add(callback);
  }
  off(event, callback) { this.listeners.get(event)?.delete(callback); }
  tell(event, ...values) { for (const callback of [...(this.listeners.get(event) || [])]) callback(...values); }
  save_changes() {} // nobody to tell
  send({ ask }) {
    this.needsPython();
    if (ask) queueMicrotask(() => this.tell("msg:custom", { answer: ask, nobody: true }, []));
  }
}

function say(figure, tag, text) {
  const note = figure.querySelector(".dl-note-python") || document.createElement(tag);
  note.className = "dl-note-python";
  note.setAttribute("role", "status");
  note.textContent = text;
  figure.append(note);
}

async function bringToLife(figure) {
  const script = figure.querySelector('script[type="application/json"]');
  if (!script) return;
  let shown = false; // what a figure asks while it is being built is no wish of the reader's
  const needsPython = () => shown && say(figure, "p", "This needs Python: open the notebook, with the link on top of the page.");
  const model = new Model(JSON.parse(script.textContent), needsPython);
  const style = document.createElement("style"), place = document.createElement("div");
  style.textContent = model.get("_css");
  const address = URL.createObjectURL(new Blob([model.get("_esm")], { type: "text/javascript" }));
  try {
    const { default: widget } = await import(address);
    figure.append(style, place);
    const close = await widget.render({ model, el: place });
    if (["{}", undefined].includes(place.querySelector("[data-numbers]")?.dataset.numbers)) { // nothing to show yet
      close?.();
      place.remove();
      say(figure, "figcaption", "A still picture: Python computes this figure. It moves in the notebook.");
    } else {
      figure.querySelector("img").remove(); // only now: until then, and without JavaScript, the still picture stands here
      shown = true;
    }
  } catch (error) {
    place.remove();
    console.error(error);
  } finally {
    URL.revokeObjectURL(address);
  }
}

document.querySelectorAll("figure.dl-figure").forEach(bringToLife);
