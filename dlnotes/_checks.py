"""Clear errors: each check names the thing, what was expected, what came, and the usual fix.

Every check returns the value it was given, converted where that is safe, so that a function begins with one line:
`x = checks.array("relu", x)`. Shapes and dtypes are checked always. Values (NaN, label range) can be seen only outside
`jax.jit`; under a trace those checks pass and cost nothing.
"""

import difflib
import math
import operator
from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

Limit: TypeAlias = float | int | None


def is_traced(value: Any) -> bool:
    """Whether JAX is tracing `value`, so that its numbers cannot be looked at."""
    return isinstance(value, jax.core.Tracer)


def array(
    who: str, value: Any, *, name: str = "input", rank: int | None = None, min_rank: int = 0, finite: bool = False
) -> jax.Array:
    """A floating-point array without NaN and not empty; `rank` or `min_rank` axes; no infinities if `finite`.

    Args:
        who: The function or layer that speaks: "relu", "Dense".
        value: What the caller gave: an array, a float, or nested lists of floats.
        name: What the value is to `who`: "input", "logits", "targets".

    Raises:
        TypeError: Not numbers, or not floating point.
        ValueError: The wrong rank, an empty array, NaN, or (if `finite`) an infinity.
    """
    value = _as_array(who, value, name)
    if not jnp.issubdtype(value.dtype, jnp.floating):
        raise TypeError(
            f"{who} expects {_a(name)} of floating-point numbers; got {value.dtype}. "
            f"Convert with jnp.asarray(x, jnp.float32)."
        )
    _shape(who, value, name, rank, min_rank)
    if not is_traced(value):
        numbers = np.asarray(value)  # NumPy looks without compiling anything, at constants inside jax.jit too
        bad = ~np.isfinite(numbers) if finite else np.isnan(numbers)
        if bad.any():
            _bad_number(who, name, numbers, bad)
    return value


def features(who: str, value: Any, width: int, *, min_rank: int = 1) -> jax.Array:
    """Like `array`, with `width` numbers on the last axis: `Dense expects an input of shape (..., 4); got (8, 3).`"""
    value = _as_array(who, value, "input")
    if value.ndim < min_rank or value.shape[-1] != width:
        expected = "(" + "..., " * (min_rank < 2) + "_, " * (min_rank - 1) + f"{width})"
        raise ValueError(f"{who} expects an input of shape {expected}; got {_show_shape(value.shape)}.")
    return array(who, value)


def same_shape(who: str, first: jax.Array, second: jax.Array, names: tuple[str, str]) -> None:
    """Two arrays of one shape: silent broadcasting of (n,) against (n, 1) is the classic wrong loss."""
    if first.shape != second.shape:
        raise ValueError(
            f"{who} expects {names[0]} and {names[1]} of one shape; got {_show_shape(first.shape)} and "
            f"{_show_shape(second.shape)}. Reshape one of them, for example with x[:, None] or x.reshape(y.shape)."
        )


def labels(
    who: str, value: Any, n_classes: int | None = None, *, name: str = "labels", shape: tuple[int, ...] | None = None
) -> jax.Array:
    """Integer class labels in 0 … n_classes - 1, not empty, of `shape` if given."""
    given = value
    value = _as_array(who, value, name)
    if not jnp.issubdtype(value.dtype, jnp.integer):
        raise TypeError(
            f"{who} expects integer {name}, one class number per example; got {value.dtype}. "
            f"Convert with {name}.astype(int), or take argmax over the last axis of one-hot rows."
        )
    if value.size == 0:
        raise ValueError(f"{who} expects at least one label; got an empty array of shape {_show_shape(value.shape)}.")
    if shape is not None and value.shape != shape:
        raise ValueError(f"{who} expects {name} of shape {_show_shape(shape)}; got {_show_shape(value.shape)}.")
    if not is_traced(value):
        low, high = _ends(given, value)
        if low < 0 or (n_classes is not None and high >= n_classes):
            wanted = "of 0 or more" if n_classes is None else f"in 0 … {n_classes - 1}"
            raise ValueError(
                f"{who} expects {name} {wanted}; got {low if low < 0 else high}. "
                f"Count classes from 0, and give the network as many outputs as there are classes."
            )
    return value


def indices(who: str, value: Any, size: int, *, name: str = "tokens") -> jax.Array:
    """Whole numbers in 0 … size - 1 that say which row of a table to read; not empty."""
    given = value
    value = _as_array(who, value, name)
    if not jnp.issubdtype(value.dtype, jnp.integer):
        raise TypeError(f"{who} expects integer {name}; got {value.dtype}. Convert with {name}.astype(int).")
    _shape(who, value, name, None, 0)
    if not is_traced(value):
        low, high = _ends(given, value)
        if low < 0 or high >= size:
            raise ValueError(f"{who} expects {name} in 0 … {size - 1}; got {low if low < 0 else high}.")
    return value


def mask(who: str, value: Any, shape: tuple[int, ...], *, name: str = "mask") -> jax.Array:
    """True and False, True for what counts; broadcast to `shape`."""
    value = _as_array(who, value, name)
    if value.dtype != jnp.bool_:
        raise TypeError(
            f"{who} expects {_a(name)} of True and False, True for what counts; got {value.dtype}. "
            f"Convert with {name}.astype(bool)."
        )
    try:
        return jnp.broadcast_to(value, shape)
    except ValueError as error:
        raise ValueError(
            f"{who} expects {_a(name)} of shape {_show_shape(shape)}; got {_show_shape(value.shape)}."
        ) from error


def number(
    who: str,
    name: str,
    value: Any,
    *,
    above: Limit = None,
    at_least: Limit = None,
    below: Limit = None,
    at_most: Limit = None,
) -> Any:
    """One finite real number within bounds. A traced number is passed through."""
    if is_traced(value):
        return value
    wanted = _bounds(above, at_least, below, at_most)
    try:
        if isinstance(value, (bool, str, bytes, np.bool_)):
            raise TypeError
        if getattr(value, "ndim", 0):
            raise TypeError
        plain = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"{who} expects {name} to be {wanted}; got {_describe(value)}.") from error
    inside = (
        math.isfinite(plain)
        and (above is None or plain > above)
        and (at_least is None or plain >= at_least)
        and (below is None or plain < below)
        and (at_most is None or plain <= at_most)
    )
    if not inside:
        raise ValueError(f"{who} expects {name} to be {wanted}; got {plain:g}.")
    return value


def integer(who: str, name: str, value: Any, *, at_least: int | None = None, at_most: int | None = None) -> int:
    """One whole number within bounds (never a float such as 3.0, never a flag)."""
    wanted = "an integer" + _limits(None, at_least, None, at_most)
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        plain = operator.index(value)
    except TypeError as error:
        raise TypeError(f"{who} expects {name} to be {wanted}; got {_describe(value)}.") from error
    if (at_least is not None and plain < at_least) or (at_most is not None and plain > at_most):
        raise ValueError(f"{who} expects {name} to be {wanted}; got {plain}.")
    return plain


def sizes(who: str, name: str, value: Any, *, at_least: int = 1) -> tuple[int, ...]:
    """A sequence of at least `at_least` positive whole numbers, such as the layer widths (784, 128, 10)."""
    is_sequence = isinstance(value, Sequence) and not isinstance(value, (str, bytes))
    if not (is_sequence or (isinstance(value, np.ndarray) and value.ndim == 1)) or len(value) < at_least:
        count = f"at least {at_least} positive integers" if at_least else "positive integers"
        raise ValueError(
            f"{who} expects {name} to be a sequence of {count}, such as (784, 128, 10); got {_describe(value)}."
        )
    return tuple(integer(who, f"{name}[{i}]", size, at_least=1) for i, size in enumerate(value))


def flag(who: str, name: str, value: Any) -> bool:
    """True or False, not something that counts as one: a traced flag, or an array put in its place."""
    if not isinstance(value, bool):
        raise TypeError(f"{who} expects {name} to be True or False; got {value!r}.")
    return value


def choice(who: str, name: str, value: Any, options: Collection[str]) -> str:
    """One of a few known names; a near miss is suggested."""
    if isinstance(value, str) and value in options:
        return value
    near = difflib.get_close_matches(str(value), list(options), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(
        f"{who} expects {name} to be one of {', '.join(map(repr, options))}; got {_describe(value)}.{hint}"
    )


def function(who: str, name: str, value: Any) -> Any:
    """Something that can be called."""
    if not callable(value):
        raise TypeError(f"{who} expects {name} to be a function; got {_describe(value)}.")
    return value


def key(who: str, value: Any) -> jax.Array:
    """A random key made by `jax.random.key(seed)` (old-style `PRNGKey` arrays pass too)."""
    dtype = getattr(value, "dtype", None)
    if dtype is not None and jnp.issubdtype(dtype, jax.dtypes.prng_key) and value.ndim == 0:
        return value
    if dtype == jnp.uint32 and value.shape == (2,):
        return value
    raise TypeError(f"{who} expects one random key, jax.random.key(0) for example; got {_describe(value)}.")


def _as_array(who: str, value: Any, name: str) -> jax.Array:
    try:
        if _has_text(value):  # jnp.asarray would read some letters as the name of a dtype
            raise TypeError
        with np.errstate(over="ignore"):  # 1e300 becomes infinity in float32; those who mind ask for `finite`
            return value if isinstance(value, jax.Array) else jnp.asarray(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"{who} expects {_a(name)} of numbers; got {_describe(value)}.") from error


def _ends(given: Any, value: jax.Array) -> tuple[int, int]:
    """The lowest and the highest whole number, of what was given if it can be seen: int64 wraps around in int32."""
    seen = np.asarray(given if isinstance(given, np.ndarray) else value)
    return int(seen.min()), int(seen.max())


def _has_text(value: Any) -> bool:
    return isinstance(value, (str, bytes)) or (isinstance(value, (list, tuple)) and any(map(_has_text, value)))


def _shape(who: str, value: jax.Array, name: str, rank: int | None, min_rank: int) -> None:
    if (rank is not None and value.ndim != rank) or value.ndim < min_rank:
        wanted = f"{rank}" if rank is not None else f"at least {min_rank}"
        raise ValueError(
            f"{who} expects {_a(name)} with {wanted} {'axis' if wanted.endswith('1') else 'axes'}; "
            f"got shape {_show_shape(value.shape)}."
        )
    if value.size == 0:
        raise ValueError(f"{who} expects {_a(name)} with at least one number; got shape {_show_shape(value.shape)}.")


def _bad_number(who: str, name: str, value: np.ndarray, bad: np.ndarray) -> None:
    at: tuple[int, ...] = tuple(np.argwhere(bad)[0].tolist())
    place = f" at index {at[0] if len(at) == 1 else at}" if value.ndim else ""
    raise ValueError(
        f"{who} expects {_a(name)} without {'NaN' if np.isnan(value[at]) else 'infinities'}; got {value[at]} in "
        f"{int(bad.sum())} of {value.size} places, first{place or ' in the number itself'}. "
        f"Look for a division by zero, the log of zero, or a learning rate that is too large."
    )


def _bounds(above: Limit, at_least: Limit, below: Limit, at_most: Limit) -> str:
    return "a finite number" + _limits(above, at_least, below, at_most)


def _limits(above: Limit, at_least: Limit, below: Limit, at_most: Limit) -> str:
    said = [
        f"{word} {limit:g}"
        for word, limit in (("above", above), ("at least", at_least), ("below", below), ("at most", at_most))
        if limit is not None
    ]
    return " " + " and ".join(said) if said else ""


def _describe(value: Any) -> str:
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"an array of {value.dtype} with shape {_show_shape(value.shape)}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}… ({type(value).__name__})"


def _show_shape(shape: tuple[int, ...]) -> str:
    return str(tuple(int(n) for n in shape))


def _a(name: str) -> str:
    if name.endswith("s") and not name.endswith("ss"):
        return name
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
