"""A formula as a graph of values, stepped forward (data) and backward (gradients), edge by edge."""

import operator
from typing import Any

from dlnotes import _checks as checks
from dlnotes.autodiff import Value, backward_order, forward_order
from dlnotes.plots._style import FONT, figure, png
from dlnotes.plots.graph import Node, expression_graph, layered
from dlnotes.widgets._shell import Canvas, Control

LARGEST = 30  # values in one graph; more cannot be read
BOUND = 10.0  # inputs are moved within -10 … 10
SIGNS = {"*": "×", "-": "−", "/": "÷", "neg": "−( )"}
_TWO = {"+": operator.add, "*": operator.mul, "-": operator.sub, "/": operator.truediv}
_ONE = {"neg": operator.neg, "exp": Value.exp, "log": Value.log, "tanh": Value.tanh, "relu": Value.relu}
_ONE |= {"sigmoid": Value.sigmoid}

Step = tuple[str, int, int]  # ("forward", node, 0), ("seed", result, 0) or ("backward", node, which parent)


def neuron() -> Value:
    """One neuron: `tanh(w1 x1 + w2 x2 + b)`."""
    x1, w1 = Value(1.0, label="x1"), Value(0.8, label="w1")
    x2, w2, b = Value(-2.0, label="x2"), Value(0.5, label="w2"), Value(0.6, label="b")
    z = w1 * x1 + w2 * x2 + b
    z.label = "z"
    a = z.tanh()
    a.label = "a"
    return a


def reused() -> Value:
    """A variable on two paths, `x y + x`: its gradients add."""
    x, y = Value(2.0, label="x"), Value(-3.0, label="y")
    out = x * y + x
    out.label = "f"
    return out


def two_layers() -> Value:
    """Two neurons in a row and the squared error: `(w2 tanh(w1 x + b1) + b2 - t)²`."""
    x, w1, b1 = Value(1.5, label="x"), Value(0.6, label="w1"), Value(-0.4, label="b1")
    w2, b2, t = Value(1.2, label="w2"), Value(0.1, label="b2"), Value(1.0, label="t")
    h = (w1 * x + b1).tanh()
    h.label = "h"
    y = w2 * h + b2
    y.label = "y"
    loss = (y - t) ** 2
    loss.label = "L"
    return loss


PRESETS = {"one neuron": neuron, "a reused variable": reused, "two layers and a loss": two_layers}


class ComputationGraph(Canvas):
    """An expression graph: each node shows data | grad; step forward to fill in data, then backward for the gradients.

    On the way back each step takes one edge: the local slope stands on it, and the product (slope times the gradient
    that arrives) is written out and added to the parent's gradient. Moving an input recomputes everything.

    Args:
        value: A `Value` you built, of at most 30 values, with differently labelled inputs; presets if None.
        **settings: Any of `graph`, `step`, `chosen` (the input that the slider moves), `inputs` (label -> number).

    Example:
        >>> figure = ComputationGraph(graph="a reused variable", step=99)
        >>> dict(zip(figure.numbers()["names"], figure.numbers()["grad"]))
        {'x': -2.0, 'y': 2.0, '×': 1.0, 'f = +': 1.0}

    Notebook: 05_backpropagation, section "The graph, forward and back".
    """

    title = "Forward: the numbers. Backward: how much does each of them matter to the result?"
    caption = (
        "Step through the formula. Choose an input (tinted) and move its slider: everything follows. Keys "
        "on the picture: arrows, Home, End, N."
    )
    script = "computation_graph.js"

    def __init__(self, value: Value | None = None, **settings: Any) -> None:
        self.graphs = {"yours": value} if value is not None else {name: build() for name, build in PRESETS.items()}
        self._labels = {name: _labels(result) for name, result in self.graphs.items()}
        most = max(len(_plan(forward_order(result))) for result in self.graphs.values())
        first = next(iter(self._labels.values()))[0]
        step = settings.get("step")
        if isinstance(step, int) and step > most:
            settings["step"] = most
        controls = {
            "graph": Control.select("formula", tuple(self.graphs)),
            "step": Control.slider("step", 0, most, 0),
            "chosen": Control.data("input", first, self._accept_chosen),
            "inputs": Control.data("values", {}, self._accept_inputs),
        }
        super().__init__(controls, settings)
        page = dict(self.view.trait_values()["page"])
        self.view.set_trait("page", page | {"graphs": {name: _described(v) for name, v in self.graphs.items()}})

    def values(self) -> list[Value]:
        """The values of the formula shown now, parents first, with data and gradients for the present inputs."""
        return _rebuilt(self.graphs[self.settings["graph"]], self.settings["inputs"])

    def numbers(self) -> dict[str, Any]:
        """Names, data and gradients shown at the present step (None where unknown), and the sentence of the step."""
        return self._at(self.settings["step"])

    def fallback(self) -> bytes:
        """The graph as PNG, at the present step; at step 0, complete."""
        n = self._at(self.settings["step"] or self.controls["step"].maximum)
        order = forward_order(self.graphs[self.settings["graph"]])
        fig = figure(740.0, 380.0)
        nodes = [
            Node(name, data, grad, tuple(order.index(parent) for parent in value.parents))
            for name, data, grad, value in zip(n["names"], n["data"], n["grad"], order, strict=True)
        ]
        ax = expression_graph(nodes, fig.add_subplot())
        said = n["sentence"] if self.settings["step"] else "Every value with its data and its gradient"
        ax.set_title(said, fontsize=FONT + 1)
        return png(fig, level=9)

    @property
    def alt(self) -> str:
        """The graph in words."""
        n = self.numbers()
        said = ", ".join(
            f"{name}: data {_said(data)}, grad {_said(grad)}"
            for name, data, grad in zip(n["names"], n["data"], n["grad"], strict=True)
        )
        where = f"Computation graph of {self.settings['graph']}, step {n['step']} of {n['steps']}."
        return f"{where} {n['sentence']} {said}."

    def _at(self, step: int) -> dict[str, Any]:
        order = forward_order(self.graphs[self.settings["graph"]])
        names, plan = [_name(value) for value in order], _plan(order)
        step = min(step, len(plan))
        blank = {"names": names, "step": step, "steps": len(plan), "data": [None] * len(order)}
        try:
            now = self.values()
        except ValueError as error:
            return blank | {"grad": [None] * len(order), "sentence": f"No result: {error}"}
        data: list[float | None] = [None if value.op else value.data for value in now]
        grad: list[float | None] = [None] * len(now)
        index = {value: i for i, value in enumerate(now)}
        for kind, i, which in plan[:step]:
            if kind == "forward":
                data[i] = now[i].data
            elif kind == "seed":
                grad[i] = 1.0
            else:
                parent, arrived = index[now[i].parents[which]], grad[i]
                assert arrived is not None
                grad[parent] = (grad[parent] or 0.0) + now[i].slopes[which] * arrived
        sentence = _sentence(plan[step - 1], now, names, grad) if step else "The inputs are known; nothing else yet."
        return blank | {"data": data, "grad": grad, "sentence": sentence}

    def _accept_chosen(self, value: Any) -> str:
        known = list(dict.fromkeys(label for labels in self._labels.values() for label in labels))
        return checks.choice("ComputationGraph", "chosen", value, known)

    def _accept_inputs(self, value: Any) -> dict[str, float]:
        if not isinstance(value, dict):
            raise TypeError(f"ComputationGraph expects inputs as a dict of label and number; got {value!r}.")
        bound = {"at_least": -BOUND, "at_most": BOUND}
        return {
            self._accept_chosen(name): float(checks.number("ComputationGraph", f"inputs[{name!r}]", number, **bound))
            for name, number in value.items()
        }


def _plan(order: list[Value]) -> list[Step]:
    """All steps: each operation forward, the result's gradient 1, then each edge backward."""
    index = {value: i for i, value in enumerate(order)}
    forward = [("forward", i, 0) for i, value in enumerate(order) if value.op]
    back = [("backward", index[v], k) for v in backward_order(order[-1]) for k in range(len(v.parents))]
    return [*forward, ("seed", len(order) - 1, 0), *back]


def _rebuilt(result: Value, inputs: dict[str, float]) -> list[Value]:
    """The same formula computed afresh, with some inputs replaced; gradients filled in."""
    made: dict[Value, Value] = {}
    for value in forward_order(result):
        parents = [made[parent] for parent in value.parents]
        if not value.op:
            new = Value(inputs.get(value.label, value.data))
        elif value.op in _TWO:
            new = _TWO[value.op](*parents)
        elif value.op.startswith("**"):
            new = parents[0] ** float(value.op[2:])
        else:
            new = _ONE[value.op](parents[0])
        new.label = value.label
        made[value] = new
    made[result].backward()
    return list(made.values())


def _labels(result: Value) -> list[str]:
    """The labels of the inputs that can be moved; a clear error for what cannot be shown."""
    if not isinstance(result, Value):
        raise TypeError(f"ComputationGraph expects a Value of dlnotes.autodiff; got {result!r}.")
    order = forward_order(result)
    known = {*_TWO, *_ONE}
    if len(order) > LARGEST:
        raise ValueError(f"ComputationGraph can show at most {LARGEST} values; got {len(order)}.")
    for value in order:
        if value.op and value.op not in known and not value.op.startswith("**"):
            raise ValueError(
                f"ComputationGraph knows the operations {', '.join(sorted(known))}, **n; got {value.op!r}."
            )
    labels = [value.label for value in order if not value.op and value.label]
    if len(set(labels)) < len(labels) or not labels:
        raise ValueError(
            "ComputationGraph expects at least one labelled input, each label once: Value(2.0, label='x')."
        )
    return labels


def _described(result: Value) -> dict[str, Any]:
    """The graph for the page: nodes with operation, label, parents, start value and place."""
    order = forward_order(result)
    parents = [[order.index(parent) for parent in value.parents] for value in order]
    nodes = [
        {"op": v.op, "label": v.label, "name": _name(v), "parents": above, "data": v.data, "column": c, "row": r}
        for v, above, (c, r) in zip(order, parents, layered(parents), strict=True)
    ]
    return {"nodes": nodes, "plan": [list(step) for step in _plan(order)]}


def _name(value: Value) -> str:
    """`x`, `×`, `a = tanh`, or a plain number's own digits."""
    if not value.op:
        return value.label or f"{value.data:g}"
    sign = SIGNS.get(value.op, f"( )^{value.op[2:]}" if value.op.startswith("**") else value.op)
    return f"{value.label} = {sign}" if value.label else sign


def _sentence(step: Step, now: list[Value], names: list[str], grad: list[float | None]) -> str:
    kind, i, which = step
    if kind == "forward":
        return f"Forward: {names[i]} of {' and '.join(f'{p.data:.3g}' for p in now[i].parents)} is {now[i].data:.3g}."
    if kind == "seed":
        return "The result changes 1 to 1 with itself: its gradient is 1."
    arrived, slope, parent = now[i].grad, now[i].slopes[which], now.index(now[i].parents[which])
    product = f"{slope:.3g} × {arrived:.3g} = {slope * arrived:.3g}"
    total = grad[parent]
    sum_ = "" if total is None or abs(total - slope * arrived) < 1e-12 else f", {total:.3g} in all"
    return f"Backward from {names[i]} to {names[parent]}: local slope × gradient = {product}{sum_}."


def _said(number: float | None) -> str:
    return "unknown" if number is None else f"{number:.3g}"
