"""Who decides between a plain formula and its fast path: one place, asked whenever something is compiled."""

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from typing import TypeVar

import jax

from dlnotes import _checks as checks

SETTINGS = ("auto", "on", "off")
Function = TypeVar("Function", bound=Callable)
_setting = checks.choice(
    "The environment variable DLNOTES_KERNELS", "it", os.environ.get("DLNOTES_KERNELS", "auto"), SETTINGS
)


def are_used() -> bool:
    """Whether what is compiled now takes the fast paths: "auto" means on a CPU, where XLA's own are slow."""
    return _setting == "on" or (_setting == "auto" and jax.default_backend() == "cpu")


def use(setting: str) -> None:
    """Choose for the rest of the program: "auto", "on" or "off". Everything is then compiled anew.

    Args:
        setting: "auto", the default: the fast paths on a CPU, XLA's own operations on a GPU or TPU. "on" or "off":
            always or never. The environment variable DLNOTES_KERNELS says what a program begins with.

    Raises:
        ValueError: Another setting.

    Example:
        >>> use("off")
        >>> are_used()
        False
        >>> use("auto")
    """
    global _setting
    if checks.choice("kernels.use", "setting", setting, SETTINGS) != _setting:
        _setting = setting
        jax.clear_caches()  # what was compiled has the old choice in it


@contextlib.contextmanager
def using(setting: str) -> Iterator[None]:
    """Choose for the length of a `with` block, see `use`.

    Example:
        >>> with using("off"):
        ...     print(are_used())
        False
    """
    before = _setting
    use(setting)
    try:
        yield
    finally:
        use(before)


def fast_path(reference: Callable) -> Callable[[Function], Function]:
    """Decorate the fast form of `reference`: calls go to it, or to the reference, as `are_used` says.

    The reference stays at hand as `.reference`, for readers and for the test that compares the two.
    """

    def decorate(fast: Function) -> Function:
        @functools.wraps(fast)
        def chosen(*args, **kwargs):
            return fast(*args, **kwargs) if are_used() else reference(*args, **kwargs)

        chosen.reference, chosen.fast = reference, fast  # type: ignore[attr-defined]
        return chosen  # type: ignore[return-value]

    return decorate
