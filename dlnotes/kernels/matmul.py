"""A matrix product of many small matrices with one: make one large product of it.

`x @ W` with x of shape (batch, time, features) has the same W for every example. XLA's CPU compiler keeps the two axes
apart; in the gradient it then transposes what need not be transposed, and computes what stands before the product
anew. Seen as (batch * time, features) it is one product of two matrices, the case that every library is best at.

A narrow matrix, of few columns, is laid down first: its gradient `x.T @ dy` would have few columns too, and XLA's
product is slow at those. The gradient of the 512 x 10 matrix of the MLP of `benchmarks/` takes 0.2 milliseconds so,
and 0.04 as 10 x 512. The barrier keeps XLA from undoing it. In tiny networks there is nothing to be gained.
"""

import jax

from dlnotes.kernels._choose import fast_path

NARROW = 4  # times as many rows as columns
TINY = 32  # rows, or fewer


def matmul_plain(x: jax.Array, weight: jax.Array) -> jax.Array:
    """The formula: `x @ weight`, with x of shape (*batch, n_in) and weight (n_in, n_out)."""
    return x @ weight


@fast_path(matmul_plain)
def matmul(x: jax.Array, weight: jax.Array) -> jax.Array:
    """What `matmul_plain` gives, with all axes of the batch as one, and a narrow matrix lying down."""
    rows, (n_in, n_out) = x.reshape(-1, x.shape[-1]), weight.shape
    if n_in <= TINY or NARROW * n_out > n_in:
        y = rows @ weight
    else:
        lying = jax.lax.optimization_barrier(weight.T)
        y = jax.lax.dot_general(lying, rows, (((1,), (1,)), ((), ()))).T
    return y.reshape(*x.shape[:-1], n_out)
