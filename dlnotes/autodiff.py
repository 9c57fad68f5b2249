"""Automatic differentiation of numbers, in a hundred lines: what `jax.grad` does, small enough to watch.

Every operation makes a new `Value` that remembers two things: its parents, and the slope towards each of them, the
number by which the result changes per unit of that parent. A formula so becomes a graph. `backward()` walks the graph
from the result to the inputs and multiplies slopes along every path, adding where paths meet: the chain rule.

This is reverse mode: one walk gives the derivative by every input at once, which is why networks with one loss and
millions of weights can be trained.
"""

import math
from collections.abc import Iterator
from typing import Union

from dlnotes import _checks as checks

Operand = Union["Value", float, int]


class Value:
    """A number that knows where it came from.

    Attributes:
        data: The number.
        grad: d(result) / d(this value), filled in by `result.backward()`; 0 before.
        op: How it was made: "+", "*", "tanh", …; "" for an input.
        parents: The values it was made from.
        slopes: d(this value) / d(parent), one number per parent, known as soon as the value is.
        label: A name for figures.

    Example:
        >>> w, x, b = Value(2.0, label="w"), Value(3.0, label="x"), Value(-5.0, label="b")
        >>> y = (w * x + b).tanh()
        >>> y.backward()
        >>> round(w.grad, 4), round(x.grad, 4), round(b.grad, 4)
        (1.2599, 0.8399, 0.42)

    Linnainmaa 1970; Rumelhart, Hinton and Williams 1986. An engine tiny enough to teach with is Karpathy's micrograd.

    Notebook: 05_backpropagation, section "An autodiff engine".
    """

    __slots__ = ("data", "grad", "label", "op", "parents", "slopes")

    def __init__(
        self,
        data: float | int,
        op: str = "",
        parents: tuple["Value", ...] = (),
        slopes: tuple[float, ...] = (),
        label: str = "",
    ):
        if not op:
            checks.number("Value", "data", data)
        elif not all(map(math.isfinite, (data, *slopes))):
            at = ", ".join(f"{parent.data:g}" for parent in parents)
            raise ValueError(f"{op} has no finite value and slope at {at}. Keep the numbers moderate.")
        self.data = float(data)
        self.grad = 0.0
        self.op, self.parents, self.slopes, self.label = op, parents, slopes, label

    def __repr__(self) -> str:
        name = f"{self.label}: " if self.label else ""
        return f"Value({name}data={self.data:.4g}, grad={self.grad:.4g})"

    # Each operation: the result, its parents, and the slope towards each parent.

    def __add__(self, other: Operand) -> "Value":
        other = _value(other)
        return Value(self.data + other.data, "+", (self, other), (1.0, 1.0))

    def __mul__(self, other: Operand) -> "Value":
        other = _value(other)
        return Value(self.data * other.data, "*", (self, other), (other.data, self.data))

    def __sub__(self, other: Operand) -> "Value":
        other = _value(other)
        return Value(self.data - other.data, "-", (self, other), (1.0, -1.0))

    def __truediv__(self, other: Operand) -> "Value":
        other = _value(other)
        a, b = self.data, other.data
        if b == 0:
            raise ValueError(f"/ expects a divisor that is not 0; got {a:g} / 0.")
        return Value(a / b, "/", (self, other), (1 / b, -a / b / b))

    def __pow__(self, exponent: float | int) -> "Value":
        """`self ** n` for a plain number n; write `(n * a.log()).exp()` for an exponent that is a Value."""
        a, n = self.data, float(checks.number("**", "the exponent", exponent))
        if a < 0 and n != int(n):
            raise ValueError(f"** expects a base of at least 0 for a broken exponent; got {a:g} ** {n:g}.")
        try:
            return Value(a**n, f"**{n:g}", (self,), (n * a ** (n - 1) if n else 0.0,))
        except (OverflowError, ZeroDivisionError) as error:
            raise ValueError(f"** has no finite value and slope at {a:g} ** {n:g}.") from error

    def __neg__(self) -> "Value":
        return Value(-self.data, "neg", (self,), (-1.0,))

    def __radd__(self, other: Operand) -> "Value":
        return _value(other) + self

    def __rmul__(self, other: Operand) -> "Value":
        return _value(other) * self

    def __rsub__(self, other: Operand) -> "Value":
        return _value(other) - self

    def __rtruediv__(self, other: Operand) -> "Value":
        return _value(other) / self

    def exp(self) -> "Value":
        """`eᵃ`; its slope is itself."""
        if self.data > 709:
            raise ValueError(f"exp expects a number up to 709, or its result is too large; got {self.data:g}.")
        y = math.exp(self.data)
        return Value(y, "exp", (self,), (y,))

    def log(self) -> "Value":
        """The natural logarithm; slope `1 / a`."""
        if self.data <= 0:
            raise ValueError(f"log expects a number above 0; got {self.data:g}.")
        return Value(math.log(self.data), "log", (self,), (1 / self.data,))

    def tanh(self) -> "Value":
        """Slope `1 - tanh²`."""
        y = math.tanh(self.data)
        return Value(y, "tanh", (self,), (1 - y * y,))

    def relu(self) -> "Value":
        """`max(a, 0)`; slope 1 above 0, else 0 (also at 0, where there is none)."""
        return Value(max(self.data, 0.0), "relu", (self,), (1.0 if self.data > 0 else 0.0,))

    def sigmoid(self) -> "Value":
        """`1 / (1 + e⁻ᵃ)`; slope `y (1 - y)`."""
        y = (1 + math.tanh(self.data / 2)) / 2  # the same function, without overflow
        return Value(y, "sigmoid", (self,), (y * (1 - y),))

    def backward(self) -> None:
        """Set `grad` on every value that this one was made from, counted afresh at each call.

        (PyTorch instead adds to what earlier calls left, until `zero_grad()`.)
        """
        for _ in backward_steps(self):
            pass


def forward_order(result: Value) -> list[Value]:
    """Every value of the graph once, parents before children: the order in which a formula can be computed.

    Example:
        >>> a, b = Value(2.0, label="a"), Value(3.0, label="b")
        >>> [value.label or value.op for value in forward_order((a + b) * a)]
        ['a', 'b', '+', '*']
    """
    order, seen, stack = [], set(), [(result, False)]
    while stack:  # a stack of our own: recursion would fail on a chain of a thousand values
        value, parents_done = stack.pop()
        if parents_done:
            order.append(value)
        elif value not in seen:
            seen.add(value)
            stack.append((value, True))
            stack.extend((parent, False) for parent in reversed(value.parents))
    return order


def backward_order(result: Value) -> list[Value]:
    """The order in which `backward` visits the values: each one after everything that was made from it."""
    return forward_order(result)[::-1]


def backward_steps(result: Value) -> Iterator[Value]:
    """`backward`, one value at a time: yields each value as soon as it has passed its gradient on to its parents.

    Before the first value comes out, every `grad` is 0 but that of the result, which is 1.

    Example:
        >>> a = Value(3.0, label="a")
        >>> square = a * a
        >>> [(value.label or value.op, a.grad) for value in backward_steps(square)]
        [('*', 6.0), ('a', 6.0)]
    """
    order = backward_order(result)
    for value in order:
        value.grad = 0.0
    result.grad = 1.0
    for value in order:
        for parent, slope in zip(value.parents, value.slopes, strict=True):
            parent.grad += slope * value.grad  # the chain rule; += because paths may meet
        yield value


def _value(number: Operand) -> Value:
    """A plain number becomes an input of the graph."""
    return number if isinstance(number, Value) else Value(number)
