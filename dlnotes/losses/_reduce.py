"""From one loss per example to one loss per batch, and the checks that several losses share."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from dlnotes import _checks as checks
from dlnotes._wide import wide

REDUCTIONS = ("mean", "sum", "none")


def reduce(who: str, losses: Array, reduction: str) -> Array:
    """Average, add up, or leave alone."""
    checks.choice(who, "reduction", reduction, REDUCTIONS)
    return {"mean": jnp.mean, "sum": jnp.sum, "none": lambda values: values}[reduction](losses)


def pair(who: str, first: Any, second: Any, names: tuple[str, str]) -> tuple[jax.Array, jax.Array]:
    """Two finite floating arrays of one shape, float32 or wider; whole-number targets become floats."""
    first = checks.array(who, first, name=names[0], finite=True)
    first = first.astype(wide(first.dtype))
    second = as_floats(second, first.dtype)
    second = checks.array(who, second, name=names[1], finite=True)
    checks.same_shape(who, first, second, names)
    return first, second.astype(first.dtype)


def as_floats(value: Any, dtype: Any) -> Any:
    """Labels kept as whole numbers or flags, as floats; anything else as it is."""
    kind = getattr(value, "dtype", None)
    if kind is not None and (jnp.issubdtype(kind, jnp.integer) or jnp.issubdtype(kind, jnp.bool_)):
        return jnp.asarray(value).astype(dtype)
    return value


def every(who: str, name: str, value: Array, allowed: Array, wanted: str, fix: str) -> None:
    """Every number of `value` is allowed. Traced numbers cannot be looked at and pass."""
    if checks.is_traced(allowed) or bool(allowed.all()):
        return
    found = np.asarray(value)[~np.asarray(allowed)][0]
    raise ValueError(f"{who} expects {name} to be {wanted}; got {found:g}. {fix}")


def distribution(who: str, name: str, value: Array) -> None:
    """The numbers along the last axis are probabilities: none is negative, and they add up to 1 within 0.001."""
    fix = "Pass probabilities over the classes: one-hot rows, or softmax of another network's logits."
    every(who, name, value, value >= 0, "probabilities, none below 0", fix)
    total = value.sum(-1)
    every(who, name, total, jnp.abs(total - 1) <= 1e-3, "probabilities that add up to 1 along the last axis", fix)
