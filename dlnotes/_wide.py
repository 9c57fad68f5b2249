"""Where digits count, half-precision numbers are taken as float32: in long sums, in a softmax, in a loss."""

from typing import Any

import jax.numpy as jnp


def wide(dtype: Any) -> Any:
    """Give float32 for bfloat16 and float16, and any wider type as it is.

    Example:
        >>> wide(jnp.bfloat16), wide(jnp.float64)
        (dtype('float32'), dtype('float64'))
    """
    return jnp.dtype(jnp.float32 if jnp.finfo(dtype).bits < 32 else dtype)
