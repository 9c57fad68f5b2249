"""A matrix product of many small matrices with one: make one large product of it.

`x @ W` with x of shape (batch, time, features) has the same W for every example. XLA's CPU compiler keeps the two axes
apart; in the gradient it then transposes what need not be transposed, and computes what stands before the product
anew. Seen as (batch * time, features) it is one product of two matrices, the case that every library is best at.
"""

import jax

from dlnotes.kernels._choose import fast_path


def matmul_plain(x: jax.Array, weight: jax.Array) -> jax.Array:
    """The formula: `x @ weight`, with x of shape (*batch, n_in) and weight (n_in, n_out)."""
    return x @ weight


@fast_path(matmul_plain)
def matmul(x: jax.Array, weight: jax.Array) -> jax.Array:
    """What `matmul_plain` gives, with all axes of the batch as one."""
    return (x.reshape(-1, x.shape[-1]) @ weight).reshape(*x.shape[:-1], weight.shape[-1])
