"""Deep learning you can touch: a small JAX package that reads like the textbook.

Open `dlnotes/layers/linear.py` for a layer, `dlnotes/optim/gradient.py` for an optimizer, `dlnotes/train/step.py` for a
training step. Each file holds one idea and can be read alone; the notebooks in `notebooks/` teach them in order.

Sub-packages load when first touched (`dlnotes.layers`, `dlnotes.data`, …), so `import dlnotes` itself costs nothing.
In a notebook it also tells JAX to keep what it compiles (`_compiled.py`).
"""

import importlib
from typing import Any

from dlnotes._compiled import keep_compiled

__version__ = "0.1.0"

_PARTS = (
    "activations autodiff data exercises initializers layers losses "
    "metrics models optim plots rl schedules train tree tune widgets"
).split()
_NAMES = ("module", "static")  # from dlnotes._module: how a layer is declared
__all__ = ["__version__", *_NAMES, *_PARTS]


def __getattr__(name: str) -> Any:
    if name in _PARTS:
        return importlib.import_module(f"dlnotes.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module("dlnotes._module"), name)
    raise AttributeError(f"dlnotes has no part {name!r}; it has {', '.join(_PARTS)}.")


def __dir__() -> list[str]:
    return sorted(__all__)


keep_compiled()
