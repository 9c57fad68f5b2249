"""Schedules: the learning rate as a function of the step.

Each function here returns a `Schedule`: call it with the number of the step (0 at the first update) and it answers the
rate. Give it to an optimizer in place of a number: `SGD(cosine(0.1, steps=1000))`. A step may be a traced integer, or
an array of steps for a figure. Past its end a schedule stays at its last value. The settings may be traced too.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from dlnotes import _checks as checks

Number: TypeAlias = float | int | jax.Array | np.floating | np.integer
Steps: TypeAlias = int | jax.Array | np.ndarray | np.integer


@dataclass(frozen=True, repr=False)
class Schedule:
    """A named rule `step -> rate`; two schedules with equal names and settings are equal.

    Attributes:
        name: The name of the function that made it.
        settings: What it was made with, as (name, value) pairs.
        rule: The formula, from a float32 step to the rate.

    Example:
        >>> schedule = cosine(0.1, steps=100)
        >>> schedule
        cosine(rate=0.1, steps=100, end=0.0)
        >>> [f"{rate:.2f}" for rate in schedule(jnp.array([0, 50, 100]))]
        ['0.10', '0.05', '0.00']
    """

    name: str
    settings: tuple[tuple[str, Any], ...]
    rule: Callable[[jax.Array], Any] = field(compare=False)

    @property
    def __name__(self) -> str:
        return self.name

    def __call__(self, step: Steps) -> jax.Array:
        """The rate at `step`, a whole number from 0, or at each of an array of steps.

        Raises:
            TypeError, ValueError: A step that is not a whole number, or negative.
        """
        t = jnp.asarray(step)
        if not jnp.issubdtype(t.dtype, jnp.integer):
            raise TypeError(f"{self.name} expects step to be a whole number, counted from 0; got {t.dtype}.")
        if not checks.is_traced(t) and t.size and int(t.min()) < 0:
            raise ValueError(f"{self.name} expects step to be at least 0; got {int(t.min())}.")
        rate = self.rule(t.astype(jnp.float32))
        return jnp.broadcast_to(jnp.asarray(rate, jnp.float32), t.shape)

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={_show(value)}' for name, value in self.settings)})"


def constant(rate: Number) -> Schedule:
    """The same rate at every step: `η(t) = η`.

    Args:
        rate: η, at least 0.

    Example:
        >>> float(constant(0.5)(1000))
        0.5

    Notebook: 07_optimizers.
    """
    checks.number("constant", "rate", rate, at_least=0.0)
    return Schedule("constant", (("rate", rate),), lambda t: rate)


def step_decay(rate: Number, factor: Number, every: int) -> Schedule:
    """Down a staircase: `η(t) = η · factor^⌊t / every⌋`.

    Args:
        rate: η, the first rate, at least 0.
        factor: What each stair multiplies by, in (0, 1].
        every: Steps on one stair, at least 1. (PyTorch's StepLR counts epochs if it is called once an epoch.)

    Example:
        >>> step_decay(1.0, factor=0.5, every=10)(jnp.array([0, 9, 10, 25]))
        Array([1.  , 1.  , 0.5 , 0.25], dtype=float32)

    Notebook: 07_optimizers.
    """
    checks.number("step_decay", "rate", rate, at_least=0.0)
    checks.number("step_decay", "factor", factor, above=0.0, at_most=1.0)
    checks.integer("step_decay", "every", every, at_least=1)
    settings = (("rate", rate), ("factor", factor), ("every", every))
    return Schedule("step_decay", settings, lambda t: rate * jnp.power(factor, jnp.floor(t / every)))


def exponential(rate: Number, factor: Number, every: int = 1) -> Schedule:
    """The same fraction off at every step: `η(t) = η · factor^(t / every)`.

    Args:
        rate: η, the first rate, at least 0.
        factor: What remains after `every` steps, in (0, 1].
        every: Steps, at least 1.

    Example:
        >>> [f"{rate:.3f}" for rate in exponential(1.0, factor=0.5, every=10)(jnp.array([0, 5, 10]))]
        ['1.000', '0.707', '0.500']

    Notebook: 07_optimizers.
    """
    checks.number("exponential", "rate", rate, at_least=0.0)
    checks.number("exponential", "factor", factor, above=0.0, at_most=1.0)
    checks.integer("exponential", "every", every, at_least=1)
    settings = (("rate", rate), ("factor", factor), ("every", every))
    return Schedule("exponential", settings, lambda t: rate * jnp.power(factor, t / every))


def cosine(rate: Number, steps: int, end: Number = 0.0) -> Schedule:
    """Half a wave of a cosine: slow at first, fast in the middle, slow at the end.

        η(t) = end + (η - end) (1 + cos(π t / steps)) / 2

    Without restarts, and flat after `steps`, as in optax; PyTorch's CosineAnnealingLR climbs again.

    Args:
        rate: η, the first rate, at least 0.
        steps: Steps on the way down, at least 1; step number `steps` is the first at `end`.
        end: The last rate, at least 0.

    Example:
        >>> [f"{rate:.2f}" for rate in cosine(1.0, steps=4)(jnp.arange(6))]
        ['1.00', '0.85', '0.50', '0.15', '0.00', '0.00']

    Loshchilov and Hutter 2016, arXiv:1608.03983, eq. 5.

    Notebook: 07_optimizers.
    """
    checks.number("cosine", "rate", rate, at_least=0.0)
    checks.integer("cosine", "steps", steps, at_least=1)
    checks.number("cosine", "end", end, at_least=0.0)
    settings = (("rate", rate), ("steps", steps), ("end", end))
    return Schedule("cosine", settings, lambda t: _half_wave(rate, end, t / steps))


def warmup(steps: int, then: Number | Callable[..., Any], start: Number = 0.0) -> Schedule:
    """Climb in a straight line from `start`, then hand over to another schedule, which counts its steps from there.

        η(t) = start + (then(0) - start) t / steps     for t < steps
        η(t) = then(t - steps)                         afterwards

    Args:
        steps: Steps of climbing, at least 1.
        then: A schedule, or a number for a rate that stays.
        start: The rate of the very first step, at least 0. With 0 that step does not move at all.

    Example:
        >>> [f"{rate:.2f}" for rate in warmup(4, then=cosine(1.0, steps=4))(jnp.arange(8))]
        ['0.00', '0.25', '0.50', '0.75', '1.00', '0.85', '0.50', '0.15']

    Goyal et al. 2017, arXiv:1706.02677, section 2.2.

    Notebook: 07_optimizers.
    """
    checks.integer("warmup", "steps", steps, at_least=1)
    checks.number("warmup", "start", start, at_least=0.0)
    if not callable(then):
        checks.number("warmup", "then", then, at_least=0.0)
    after: Callable[..., Any] = then if callable(then) else constant(then)

    def rule(t):
        climbing = start + (after(jnp.zeros((), jnp.int32)) - start) * t / steps
        return jnp.where(t < steps, climbing, after(jnp.maximum(t - steps, 0).astype(jnp.int32)))

    return Schedule("warmup", (("steps", steps), ("then", then), ("start", start)), rule)


def one_cycle(peak: Number, steps: int, rise: float = 0.3, start_div: Number = 25.0, end_div: Number = 1e4) -> Schedule:
    """One wave: up to a large rate for `rise` of the steps, then down to almost nothing, both along half a cosine.

        peak / start_div  →  peak                             over ⌊rise · steps⌋ steps
        peak              →  peak / (start_div · end_div)     over the rest

    The lowest rate is reached at step number `steps`, as in optax; PyTorch's OneCycleLR reaches it one step earlier, so
    that `one_cycle(peak, n)` is `OneCycleLR(total_steps=n + 1)`. The momentum, which the paper moves the other way, is
    left alone.

    Args:
        peak: The largest rate, at least 0.
        steps: Steps of the whole cycle, at least 2.
        rise: The part of the steps spent rising, in (0, 1).
        start_div: How many times smaller than the peak the first rate is, at least 1.
        end_div: How many times smaller than the first rate the last is, at least 1.

    Example:
        >>> schedule = one_cycle(1.0, steps=10, rise=0.5, start_div=10, end_div=10)
        >>> [f"{rate:.2f}" for rate in schedule(jnp.array([0, 5, 10]))]
        ['0.10', '1.00', '0.01']

    Smith and Topin 2017, arXiv:1708.07120; the form with two phases along a cosine is that of fastai and PyTorch.

    Notebook: 07_optimizers.
    """
    checks.number("one_cycle", "peak", peak, at_least=0.0)
    checks.integer("one_cycle", "steps", steps, at_least=2)
    checks.number("one_cycle", "rise", rise, above=0.0, below=1.0)
    checks.number("one_cycle", "start_div", start_div, at_least=1.0)
    checks.number("one_cycle", "end_div", end_div, at_least=1.0)
    if checks.is_traced(rise):
        raise TypeError("one_cycle expects rise to be a plain number, since it counts steps; got a traced one.")
    top = int(rise * steps)
    if top < 1:
        raise ValueError(f"one_cycle expects rise · steps to be at least 1; got {rise:g} · {steps}. Take more steps.")
    first, last = peak / start_div, peak / start_div / end_div

    def rule(t):
        rising = _half_wave(first, peak, t / top)
        return jnp.where(t < top, rising, _half_wave(peak, last, (t - top) / (steps - top)))

    names = ("peak", "steps", "rise", "start_div", "end_div")
    return Schedule("one_cycle", tuple(zip(names, (peak, steps, rise, start_div, end_div), strict=True)), rule)


def range_test(low: Number, high: Number, steps: int) -> Schedule:
    """The rate rises from `low` to `high` by the same factor at every step.

        η(t) = low · (high / low)^(t / (steps - 1))

    This is a measurement, not training: run it once, draw the loss against the rate, and choose a rate somewhat below
    the one where the loss turns upwards. Then begin again with fresh weights.

    Args:
        low: The rate of step 0, above 0.
        high: The rate of step number `steps - 1`, the last, above `low`.
        steps: Steps of the whole test, at least 2.

    Example:
        >>> [f"{rate:.3f}" for rate in range_test(0.001, 1.0, steps=4)(jnp.arange(4))]
        ['0.001', '0.010', '0.100', '1.000']

    Smith 2015, arXiv:1506.01186, section 3.3 (there the rate rises in a straight line).

    Notebook: 07_optimizers.
    """
    checks.number("range_test", "low", low, above=0.0)
    checks.number("range_test", "high", high, above=None if checks.is_traced(low) else float(low))
    checks.integer("range_test", "steps", steps, at_least=2)
    settings = (("low", low), ("high", high), ("steps", steps))
    return Schedule("range_test", settings, lambda t: low * jnp.power(high / low, jnp.clip(t / (steps - 1), 0, 1)))


def _half_wave(first: Any, last: Any, part: jax.Array) -> jax.Array:
    """From `first` (part = 0) to `last` (part = 1 and beyond) along half a cosine."""
    return last + (first - last) * (1 + jnp.cos(math.pi * jnp.clip(part, 0, 1))) / 2


def _show(value: Any) -> str:
    """A number in its shortest form, a schedule as itself, a function by its name."""
    if checks.is_traced(value):
        return "traced"
    if isinstance(value, (jax.Array, np.generic)):
        return f"{float(value):g}"
    if isinstance(value, Schedule):
        return repr(value)
    return getattr(value, "__name__", repr(value))
