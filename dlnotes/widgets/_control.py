"""A control: what it is called, which values it takes, and what to say to a value that does not fit."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dlnotes import _checks as checks


@dataclasses.dataclass(frozen=True)
class Control:
    """One thing a reader can change in a figure. Make it with `slider`, `select`, `toggle` or `data`.

    Attributes:
        kind: "slider", "select", "toggle", or "data" (part of the settings, but without a control of its own: points
            that are dragged, for example).
        label: What stands beside it.
        default: Its value at the start.
        minimum, maximum, step: For a slider, in the units of the setting.
        log: A slider whose equal steps multiply.
        options: For a select: the names to choose from.
        regimes: Named stretches of a slider, name -> where it begins, in rising order.
        accept: For data: returns the plain value to keep, or raises.
    """

    kind: str
    label: str
    default: Any
    minimum: Any = None
    maximum: Any = None
    step: Any = None
    log: bool = False
    options: tuple[str, ...] = ()
    regimes: tuple[tuple[str, float], ...] = ()
    accept: Callable[[Any], Any] | None = dataclasses.field(default=None, repr=False)

    @classmethod
    def slider(
        cls,
        label: str,
        minimum: float,
        maximum: float,
        value: float,
        *,
        step: float | None = None,
        log: bool = False,
        regimes: Mapping[str, float] | None = None,
    ) -> "Control":
        """Numbers from `minimum` to `maximum`; whole numbers if all four are `int`."""
        whole = all(isinstance(n, int) for n in (minimum, maximum, value, 1 if step is None else step)) and not log
        if step is None:
            step = 1 if whole else (maximum - minimum) / 100
        named = tuple((regimes or {}).items())
        return cls("slider", label, value, minimum, maximum, step, log, regimes=named)

    @classmethod
    def select(cls, label: str, options: Sequence[str], value: str | None = None) -> "Control":
        """One of a few names."""
        return cls("select", label, options[0] if value is None else value, options=tuple(options))

    @classmethod
    def toggle(cls, label: str, value: bool = False) -> "Control":
        """On or off."""
        return cls("toggle", label, value)

    @classmethod
    def data(cls, label: str, value: Any, accept: Callable[[Any], Any]) -> "Control":
        """Plain values (lists, numbers, strings) that belong to the settings; `accept(value)` checks them."""
        return cls("data", label, value, accept=accept)

    @property
    def whole(self) -> bool:
        """Whether a slider counts in whole numbers."""
        return self.kind == "slider" and not self.log and all(isinstance(n, int) for n in (self.minimum, self.step))

    @property
    def low(self) -> Any:
        """The smallest value, the first option, off."""
        return self.values[0]

    @property
    def middle(self) -> Any:
        """The value half way (half way in logarithm for a log slider)."""
        return self.values[len(self.values) // 2]

    @property
    def high(self) -> Any:
        """The largest value, the last option, on."""
        return self.values[-1]

    @property
    def values(self) -> tuple[Any, ...]:
        """What a test should try: both ends and the middle of a slider, every option of a select."""
        if self.kind == "slider":
            if self.log:
                return self.minimum, math.sqrt(self.minimum * self.maximum), self.maximum
            half = (self.minimum + self.maximum) / 2
            steps = round((half - self.minimum) / self.step)
            middle = self.minimum + steps * self.step
            return self.minimum, middle if self.whole else float(f"{middle:.12g}"), self.maximum
        return {"select": self.options, "toggle": (False, True)}.get(self.kind, (self.default,))

    def check(self, who: str, name: str, value: Any) -> Any:
        """The plain value to keep, or an error that says what this control takes."""
        if self.kind == "slider":
            if self.whole:
                return checks.integer(who, name, value, at_least=self.minimum, at_most=self.maximum)
            return float(checks.number(who, name, value, at_least=self.minimum, at_most=self.maximum))
        if self.kind == "select":
            return checks.choice(who, name, value, self.options)
        if self.kind == "toggle":
            if not isinstance(value, bool):
                raise TypeError(f"{who} expects {name} to be True or False; got {value!r}.")
            return value
        assert self.accept is not None
        return self.accept(value)

    def describe(self) -> dict[str, Any]:
        """What the page needs to build the control."""
        keep = ("kind", "label", "default", "minimum", "maximum", "step", "log", "options", "regimes")
        return {name: getattr(self, name) for name in keep} | {"whole": self.whole}
