"""The one piece of machinery: a layer is a frozen dataclass whose array fields are its parameters.

`@module` turns a class with annotated fields into a frozen dataclass and tells JAX how to take it apart. A field is a
parameter, or a part that holds parameters, unless it is marked `static()`. So `jax.grad`, `jax.jit`, `jax.tree.map` and
any optimizer work on a layer as they do on a dict of arrays, and every number they meet is one to be trained.

Notebook: 05_backpropagation, section "From a dict to a module".
"""

import dataclasses
import sys
import types
import typing
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

_SCALARS = (bool, int, float, complex, str, bytes, type(None))


def static(**options: Any) -> Any:
    """Mark a field as fixed: it shapes the computation but is never trained.

    Static values are compared and hashed by `jax.jit`, so use numbers, strings, tuples and named functions; an array or
    a fresh lambda would compile anew at every call.

    Args:
        **options: What `dataclasses.field` takes; `default=...` must be given by keyword.

    Example:
        >>> @module
        ... class Scale:
        ...     factor: jax.Array
        ...     power: int = static(default=2)
        ...     def __call__(self, x):
        ...         return self.factor * x**self.power
        >>> jax.tree.leaves(Scale(factor=jax.numpy.ones(2)))
        [Array([1., 1.], dtype=float32)]
    """
    return dataclasses.field(metadata={"static": True}, **options)


@typing.dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(static, dataclasses.field))
def module(cls: type) -> Any:
    """Make `cls` a layer: a frozen dataclass that JAX sees as a tree of its parameters.

    Args:
        cls: A class whose fields are arrays, other modules, tuples or dicts of these, or `static()`.

    Returns:
        The class itself, frozen and registered.

    Raises:
        TypeError: At class definition, for a field of plain numbers, strings or flags without `static()`: an optimizer
            would train it silently (Adam would move a LeakyReLU's slope).

    Example:
        >>> @module
        ... class Shift:
        ...     bias: jax.Array
        ...     def __call__(self, x):
        ...         return x + self.bias
        >>> jax.grad(lambda shift: shift(2.0) ** 2)(Shift(bias=jax.numpy.array(1.0)))
        Shift(bias=float32[])
    """
    cls = dataclasses.dataclass(frozen=True, eq=False, repr=False)(cls)
    hints = _hints(cls)
    trained, fixed = [], []
    for field in dataclasses.fields(cls):
        if field.metadata.get("static"):
            fixed.append(field.name)
            continue
        if _is_plain(hints[field.name]) or isinstance(field.default, _SCALARS[:-1]):
            raise TypeError(
                f"{cls.__name__}.{field.name} is a plain {_name(hints[field.name])}, so an optimizer would train it. "
                f"Write `{field.name}: {_name(hints[field.name])} = static()` to keep it fixed, "
                f"or annotate it as an array to train it."
            )
        trained.append(field.name)

    def flatten_with_keys(self):
        children = tuple((jax.tree_util.GetAttrKey(name), getattr(self, name)) for name in trained)
        return children, tuple(getattr(self, name) for name in fixed)

    def flatten(self):
        return tuple(getattr(self, name) for name in trained), tuple(getattr(self, name) for name in fixed)

    def unflatten(fixed_values, children):
        # JAX puts gradients, tracers, shapes or None in the leaves: build the object without running `__init__`.
        self = object.__new__(cls)
        for name, value in zip(fixed, fixed_values, strict=True):
            object.__setattr__(self, name, value)
        for name, value in zip(trained, children, strict=True):
            object.__setattr__(self, name, value)
        return self

    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)
    if "__repr__" not in cls.__dict__:
        cls.__repr__ = _repr  # type: ignore[assignment]
    return cls


def _hints(cls: type) -> dict[str, Any]:
    """The annotations of `cls`, quoted ones read; one that names a class not yet defined stays as it is."""
    known = {cls.__name__: cls}
    try:
        return typing.get_type_hints(cls, localns=known)
    except NameError:
        pass  # one at a time, so that one unknown name does not hide the others
    hints = {}
    for field in dataclasses.fields(cls):
        try:
            alone = types.SimpleNamespace(__annotations__={field.name: field.type})
            hints |= typing.get_type_hints(alone, vars(sys.modules[cls.__module__]), known)
        except NameError:
            hints[field.name] = field.type
    return hints


def _is_plain(hint: Any) -> bool:
    """Whether an annotation names what cannot be trained: numbers, strings, flags, functions, or tuples of these."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_is_plain(part) for part in inner if part is not type(None))
    if origin is dict:
        return _is_plain(inner[1])
    if origin in (tuple, list):
        return any(_is_plain(part) for part in inner if part is not Ellipsis)
    if origin is typing.Literal or origin is Callable or hint in (Callable, typing.Callable):
        return True
    return isinstance(hint, type) and issubclass(hint, (*_SCALARS, np.generic, types.FunctionType))


def _name(hint: Any) -> str:
    """An annotation as one writes it: float, Optional[float], tuple[int, int]."""
    plain = isinstance(hint, type) and typing.get_origin(hint) is None
    return hint.__name__ if plain else str(hint).replace("typing.", "").replace("collections.abc.", "")


def _show(value: Any) -> str:
    """An array as its dtype and shape, a function as its name, anything else as itself."""
    if isinstance(value, (jax.Array, np.ndarray, jax.ShapeDtypeStruct)):
        return f"{value.dtype}[{','.join(map(str, value.shape))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_show(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_show, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_show, value)) + ("," if len(value) == 1 else "") + ")"
    if callable(value) and hasattr(value, "__name__"):
        return value.__name__
    return repr(value)


def _repr(self: Any) -> str:
    parts = (f"{field.name}={_show(getattr(self, field.name))}" for field in dataclasses.fields(self))
    return f"{type(self).__name__}({', '.join(parts)})"
