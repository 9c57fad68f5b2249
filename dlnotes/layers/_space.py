"""Axes of space, and a window that slides over them: one axis for a sequence, two for an image.

Along one axis of `n` places, with `before` and `after` places of padding, a window of `k` and steps of `stride` fit

    n_out = (n + before + after - k) // stride + 1

times. "valid" pads nothing. "same" pads as little as gives `n_out = ceil(n / stride)`, the odd place after the end.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import jax

from dlnotes import _checks as checks

Pair: TypeAlias = int | tuple[int, int]
Padding: TypeAlias = str | int | Sequence[Pair]
NAMES = {0: "", 1: "time, ", 2: "height, width, "}


def positions(who: str, x: Any, n_space: int, width: int | None = None) -> jax.Array:
    """A floating-point array (..., height, width, features), or (..., time, features), `width` features if given."""
    x = checks.array(who, x)
    if x.ndim < n_space + 1 or (width is not None and x.shape[-1] != width):
        features = "features" if width is None else width
        raise ValueError(f"{who} expects an input of shape (..., {NAMES[n_space]}{features}); got {tuple(x.shape)}.")
    return x


def per_axis(who: str, name: str, value: Any, n_space: int, *, at_least: int = 1) -> tuple[int, ...]:
    """One whole number for each axis: over two axes, 3 becomes (3, 3), and (3, 5) stays."""
    if not isinstance(value, (tuple, list)):
        return (checks.integer(who, name, value, at_least=at_least),) * n_space
    if len(value) != n_space:
        raise ValueError(f"{who} expects {name} to be one integer or {n_space} in a tuple; got {value!r}.")
    return tuple(checks.integer(who, f"{name}[{i}]", n, at_least=at_least) for i, n in enumerate(value))


def padding_pairs(who: str, value: Any, n_space: int) -> str | tuple[tuple[int, int], ...]:
    """ "same", "valid", or for each axis a pair (before, after): 1 becomes ((1, 1), (1, 1))."""
    if isinstance(value, str):
        return checks.choice(who, "padding", value, ("same", "valid"))
    axes = value if isinstance(value, (tuple, list)) else (value,) * n_space
    if len(axes) != n_space:
        raise ValueError(
            f'{who} expects padding to be "same", "valid", one integer, or {n_space} integers or pairs in a tuple; '
            f"got {value!r}."
        )
    pairs = (per_axis(who, f"padding[{i}]", axis, 2, at_least=0) for i, axis in enumerate(axes))
    return tuple((before, after) for before, after in pairs)


def pads(
    who: str, x: jax.Array, padding: Any, window: Sequence[int], stride: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """The places before and after each axis of space of `x`; an error if not one window fits."""
    sizes = x.shape[-1 - len(window) : -1]
    if padding == "same":
        pairs = []
        for n, k, step in zip(sizes, window, stride, strict=True):
            total = max((-(-n // step) - 1) * step + k - n, 0)
            pairs.append((total // 2, total - total // 2))
        padding = tuple(pairs)
    elif padding == "valid":
        padding = ((0, 0),) * len(window)
    if any(n + sum(pair) < k for n, pair, k in zip(sizes, padding, window, strict=True)):
        raise ValueError(
            f"{who} expects an input at least as large as its window, {tuple(window)}; got {tuple(sizes)} places and "
            f'padding {padding}. Use padding="same", or a smaller window.'
        )
    return padding
