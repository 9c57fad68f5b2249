"""Mixed precision: compute in bfloat16, train in float32.

A bfloat16 has the range of a float32 but 8 of its 24 binary digits. It takes half the memory, and the matrix units of
GPUs and TPUs multiply it many times as fast. But a parameter in bfloat16 would not notice an update below a 512th of
its size, and most are far below. So the parameters, their gradients and the optimizer's memory stay float32; every
step computes with a rounded copy. Sums that need the digits (averages of a normalisation, the softmax of attention,
losses) are made in float32 by the layers themselves.
"""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from dlnotes import _checks as checks
from dlnotes.train.batch import Batch


def mixed_precision(loss: Callable, dtype: Any = jnp.bfloat16) -> Callable:
    """Let a loss see a rounded copy of the model and of the inputs.

    The gradient comes back through the rounding as if it were not there, in the parameters' own type. Running
    statistics are passed on as they are. It pays on GPUs and TPUs; a CPU is slower with it.

    Args:
        loss: `loss(model, batch)`, perhaps with `key`, `train` or `stats`: see `dlnotes.train.loss`.
        dtype: The type to compute in. With float16, whose smallest number is near 1e-7, small gradients become 0.

    Returns:
        A loss that asks for the same, for `fit` and all the others. Of a `Batch` only `x` is rounded, so that targets
        keep their digits; of any other every array of floats.

    Raises:
        TypeError: `loss` is not a function, `dtype` not a type of floating-point numbers.

    Example:
        >>> def loss(w, x):
        ...     print("computed in", (w * x).dtype)
        ...     return (w * x).sum()
        >>> jax.grad(mixed_precision(loss))(jnp.float32(2.0), jnp.arange(3.0)).dtype
        computed in bfloat16
        dtype('float32')

    Paper: Micikevicius et al. 2017, Mixed precision training, section 3.1, arXiv:1710.03740; bfloat16: Kalamkar et al.
    2019, A study of BFLOAT16 for deep learning training, arXiv:1905.12322.
    """
    checks.function("mixed_precision", "loss", loss)
    if not jnp.issubdtype(dtype, jnp.floating):
        raise TypeError(f"mixed_precision expects dtype to be a type of floating-point numbers; got {dtype!r}.")

    def rounded(tree: Any) -> Any:
        return jax.tree.map(lambda leaf: leaf.astype(dtype) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf, tree)

    @functools.wraps(loss)
    def computed(model: Any, batch: Any, **asked: Any) -> Any:
        batch = batch._replace(x=rounded(batch.x)) if isinstance(batch, Batch) else rounded(batch)
        return loss(rounded(model), batch, **asked)

    return computed
