"""Reading what a learner gives: a number, an array, a letter, a function; and comparing it with what is expected.

Every reader returns a plain value or raises `NotAttempted` or `NotYet` with a message in the learner's words.
"""

import dis
import inspect
import linecache
import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from dlnotes.exercises._exercise import NotAttempted, NotYet

_IDLE = {"RESUME", "NOP", "POP_TOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}


def number(answer: Any, name: str) -> float:
    """One finite real number."""
    gaps(answer)
    if callable(answer):
        raise NotYet(f"`{name}` is a function; one number is wanted. Call the function and give its result.")
    if isinstance(answer, (str, bytes, bool, dict, set)):
        raise NotYet(f"`{name}` is {_kind(answer)}; one number is wanted, without quotes: `{name} = 0.5`, for example.")
    values = array(answer, name)
    if values.size != 1:
        raise NotYet(f"`{name}` holds {values.size} numbers (shape {values.shape}); one number is wanted.")
    value = float(values.reshape(()))
    if not math.isfinite(value):
        raise NotYet(f"`{name}` is {value}; a finite number is wanted.")
    return value


def array(answer: Any, name: str, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """An array of real numbers (as float64), of `shape` if given."""
    gaps(answer)
    if callable(answer) or isinstance(answer, (str, bytes, dict, set)):
        raise NotYet(f"`{name}` is {_kind(answer)}; numbers are wanted.")
    try:
        values = np.asarray(answer)
        if values.dtype == object or values.dtype.kind in "US":
            raise ValueError
    except Exception:
        raise NotYet(f"`{name}` is {_kind(answer)} that cannot be read as an array of numbers.") from None
    if values.dtype.kind == "c":
        raise NotYet(f"`{name}` has complex numbers ({values.dtype}); real ones are wanted.")
    if shape is not None and values.shape != shape:
        raise NotYet(f"`{name}` has shape {values.shape}; expected shape {shape}.")
    return values.astype(np.float64)


def several(answer: Any, names: Sequence[str], what: str) -> tuple[Any, ...]:
    """A tuple or list of exactly as many parts as there are `names`."""
    wanted = f"({', '.join(names)})"
    plain = isinstance(answer, (str, bytes, dict)) or getattr(answer, "shape", None) == ()
    if plain or not hasattr(answer, "__len__") or not hasattr(answer, "__getitem__"):
        raise NotYet(f"`{what}` is {_kind(answer)}; {len(names)} values are wanted: {wanted}.")
    if len(answer) != len(names):
        raise NotYet(f"`{what}` has {len(answer)} values; {len(names)} are wanted: {wanted}.")
    gaps(answer)
    return tuple(answer)


def letter(answer: Any, name: str, options: str) -> str:
    """One of the letters in `options`, in either case."""
    gaps(answer)
    given = answer.strip().strip("().").upper() if isinstance(answer, str) else answer
    if not isinstance(given, str) or len(given) != 1 or given not in options:
        raise NotYet(f"`{name}` is {answer!r}; one of the letters {', '.join(options)} is wanted, in quotes.")
    return given


def function(answer: Any, call: str) -> Callable[..., Any]:
    """The learner's function, guarded: its exceptions and forgotten returns become messages.

    Args:
        answer: What was given to `check`.
        call: How the exercise calls it, such as "leaky_relu(x, slope)".
    """
    name = call.split("(")[0]
    if not callable(answer):
        raise NotYet(
            f"`{name}` is {_kind(answer)}; the function itself is wanted: define `{call}` and give its name "
            "without calling it."
        )

    def guarded(*arguments: Any, **options: Any) -> Any:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = answer(*arguments, **options)
        except NotImplementedError:
            raise NotAttempted from None
        except Exception as error:
            raise _explain(error, answer, name, call) from None
        if value is None and not _is_stub(answer):
            raise NotYet(f"your `{name}` gives None. Is there a `return` at its end?")
        if value is None:
            raise NotAttempted
        gaps(value)
        return value

    return guarded


def compare(
    said: str,
    got: Any,
    want: Any,
    *,
    at: str | Sequence[str] = "",
    typical: Sequence[tuple[Any, str]] = (),
    not_finite: str = "",
    rtol: float = 1e-4,
    atol: float = 1e-6,
    picture: Callable[[], bytes] | None = None,
) -> None:
    """Raise `NotYet` unless `got` equals `want`, with the first place that differs and the mistake, if known.

    Args:
        said: What gave the numbers, as the subject of the sentence: "your leaky ReLU".
        got: The learner's numbers.
        want: The right ones.
        at: Where: one text for all, or one for each number, such as "x = -2".
        typical: Pairs of the numbers that a typical mistake gives, and the sentence to say then.
        not_finite: The sentence to say when infinities or NaN came where finite numbers are expected.
        rtol: How far the numbers may differ, relative to the right ones.
        atol: How far they may differ in any case.
        picture: Draws the counterexample.
    """
    whole = np.asarray(want).dtype.kind in "iu"
    got, want = array(got, said.removeprefix("your ")), np.asarray(want, np.float64)
    if _close(got, want, rtol, atol):
        return
    why = next((text for wrong, text in typical if _close(got, np.asarray(wrong, np.float64), rtol, atol)), "")
    if got.shape != want.shape:
        raise NotYet(f"{said} gives shape {got.shape}; expected shape {want.shape}. {why}".strip())
    if not why and not_finite and not np.isfinite(got[np.isfinite(want)]).all():
        why = not_finite
    bad = ~np.isclose(got, want, rtol, atol, equal_nan=True)
    first = int(np.argmax(bad))
    place = at if isinstance(at, str) else at[first]
    index = [int(i) for i in np.unravel_index(first, want.shape)]
    if not place and index:
        place = f"index [{', '.join(map(str, index))}]"
    where = f" at {place}" if place else ""
    sentence = f"{said} gives {show(got.ravel()[first], whole)}{where}; expected {show(want.ravel()[first], whole)}."
    raise NotYet(f"{sentence} {why}".strip(), picture=picture)


def floats(first: Any, *rest: Any) -> Any:
    """A float32 JAX array: what the tests hand to the learner's functions."""
    return jnp.asarray((first, *rest) if rest else first, jnp.float32)


def show(value: Any, whole: bool = False) -> str:
    """A number in at most four digits: 0.0, -0.02, 1.5e-07; counts (`whole`) in full and without a point."""
    value = float(value)
    if whole and math.isfinite(value) and value == round(value):
        return f"{value:,.0f}"
    if math.isfinite(value) and value == round(value) and abs(value) < 1e6:
        return f"{value + 0.0:.1f}"
    return f"{value:.4g}"


def _close(got: np.ndarray, want: np.ndarray, rtol: float, atol: float) -> bool:
    return got.shape == want.shape and bool(np.allclose(got, want, rtol, atol, equal_nan=True))


def gaps(value: Any) -> None:
    """Raise `NotAttempted` if a `...` of the stub is left in the value."""
    if value is ...:
        raise NotAttempted
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (tuple, list)) else ()
    for part in parts:
        if part is None:
            raise NotAttempted("One part is None.")
        gaps(part)


def _is_stub(given: Callable[..., Any]) -> bool:
    """Whether a function does nothing at all: `...`, `pass`, or a docstring alone."""
    code = getattr(inspect.unwrap(given), "__code__", None)
    return code is not None and all(step.opname in _IDLE for step in dis.get_instructions(code))


def _explain(error: Exception, given: Any, name: str, call: str) -> Exception:
    """The learner's exception in one sentence, with the line of their own code where it rose."""
    code = getattr(inspect.unwrap(given), "__code__", None)
    trace, line = error.__traceback__, None
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if (code is not None and file == code.co_filename) or "ipykernel" in file or file.startswith("<ipython"):
            line = (trace.tb_lineno, linecache.getline(file, trace.tb_lineno).strip())
        trace = trace.tb_next
    text = (str(error).strip().splitlines() or ["no message"])[0]
    if line is None:
        return NotYet(f"your `{name}` cannot be called as `{call}`: {type(error).__name__}: {text}.".replace("..", "."))
    where = f"line {line[0]}" + (f", `{line[1]}`" if line[1] else "")
    if "ellipsis" in text.lower():
        return NotAttempted(f"A `...` is left in `{name}`: {where}.")
    advice = ""
    if "truth value" in text or "TracerBool" in type(error).__name__:
        advice = " An `if` looks at one number; for an array choose with `jnp.where(condition, a, b)`."
    return NotYet(f"your `{name}` raises {type(error).__name__} in {where}: {text.rstrip('.')}.{advice}")


def _kind(value: Any) -> str:
    if callable(value):
        return "a function"
    if isinstance(value, (str, bytes)):
        return "a text"
    if isinstance(value, bool):
        return "True or False"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"an array of {value.dtype} with shape {tuple(value.shape)}"
    plain = {int: "a number", float: "a number", list: "a list", tuple: "a tuple", dict: "a dict", set: "a set"}
    return plain.get(type(value), f"of type {type(value).__name__}")
