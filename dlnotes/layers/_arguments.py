"""Checks that several layers share: of fixed numbers such as a rate or an epsilon, and of `stats`."""

from typing import Any

from dlnotes import _checks as checks


def keep_plain(layer: Any, name: str, **bounds: float) -> None:
    """Check the static field `name` of a layer, and keep it as a float, which `jax.jit` can compare and hash.

    Args:
        layer: The layer, in its `__post_init__`.
        name: The field.
        **bounds: What `checks.number` takes: above, at_least, below, at_most.

    Raises:
        TypeError, ValueError: Not a number, traced, or out of bounds.
    """
    who, value = type(layer).__name__, getattr(layer, name)
    if checks.is_traced(value):
        raise TypeError(f"{who} expects {name} to be a plain number; got a traced one. Make the layer outside jax.jit.")
    object.__setattr__(layer, name, float(checks.number(who, name, value, **bounds)))


def check_parts(who: str, stats: Any, names: tuple[str, ...]) -> None:
    """Refuse statistics of a block that do not have its parts' names."""
    if not isinstance(stats, dict) or set(stats) != set(names):
        got = f"one of {', '.join(map(str, stats))}" if isinstance(stats, dict) else f"a {type(stats).__name__}"
        raise TypeError(
            f"{who} expects stats to be a dict of {', '.join(names)}; got {got}. "
            f"They come from `block, stats = {who}.init(...)`, and from every call."
        )
