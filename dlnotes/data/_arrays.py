"""NumPy twins of the checks: data stays in main memory, so nothing here touches a device."""

from typing import Any

import numpy as np


def numbers(who: str, value: Any, *, name: str = "x", min_rank: int = 1) -> np.ndarray:
    """A float32 array, finite, with at least `min_rank` axes and no axis after the first empty.

    Raises:
        TypeError: Not real numbers.
        ValueError: Too few axes, NaN or infinity, or a number too large for float32.
    """
    array = _as_array(who, value, name)
    if array.ndim < min_rank:
        raise ValueError(
            f"{who} expects {name} with at least {min_rank} {'axis' if min_rank == 1 else 'axes'}; "
            f"got shape {array.shape}. Give a single column its second axis with x[:, None]."
        )
    if 0 in array.shape[1:]:
        raise ValueError(f"{who} expects {name} with at least one feature; got shape {array.shape}.")
    with np.errstate(over="ignore"):
        converted = array.astype(np.float32, copy=False)
    bad = ~np.isfinite(converted)
    if bad.any():
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        place = f"first at index {at[0] if len(at) == 1 else at}" if at else "the number itself"
        raise ValueError(
            f"{who} expects {name} to be finite float32 numbers; got {array[at]} in {int(bad.sum())} of "
            f"{bad.size} places, {place}. Drop or fill in the missing values first."
        )
    return converted


def targets(who: str, value: Any) -> np.ndarray:
    """One number per example: int32 classes counted from 0, or float32 targets.

    Raises:
        TypeError: Not real numbers (class names, for example).
        ValueError: Not one axis, a negative class, NaN or infinity.
    """
    array = _as_array(who, value, "y")
    if array.ndim != 1:
        raise ValueError(
            f"{who} expects y with one axis, one number per example; got shape {array.shape}. "
            f"Use y.ravel() for a column, y.argmax(axis=1) for one-hot rows."
        )
    if array.dtype.kind == "f":
        return numbers(who, array, name="y")
    if array.size and (array.min() < 0 or array.max() > np.iinfo(np.int32).max):
        worst = array.min() if array.min() < 0 else array.max()
        raise ValueError(f"{who} expects classes counted from 0 in y; got {worst}. Renumber them with np.unique.")
    return array.astype(np.int32, copy=False)


def _as_array(who: str, value: Any, name: str) -> np.ndarray:
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{who} expects {name} to be an array of numbers; got {type(value).__name__}.") from error
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"{who} expects {name} to be an array of numbers; got {type(value).__name__} of dtype {array.dtype}."
        )
    return array
