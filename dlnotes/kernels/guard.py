"""An update that is left out when it would do harm: as a branch, so that it waits for all that it replaces.

The formula works out the new numbers and chooses between them and the old. XLA then sees no reason to wait with the
first new weights until the last old ones have been read, and copies, to be safe, every weight that the way back still
needs: a megabyte for the second layer of the MLP of `benchmarks/`, in every step. A branch begins when all of its
arguments are there, the whole gradient among them; by then nobody reads the old numbers any more, and the new ones are
written in their place. With the loop of `loop.py`, which would copy all of them, it takes 0.89 of its time. For a
few numbers the formula is as good, and can be in one piece of machine code (`one_piece.py`).
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from dlnotes.kernels._choose import fast_path

FEW = 10_000  # numbers in all


def update_if_plain(fine: jax.Array, update: Callable, old: Any, *inputs: Any) -> Any:
    """The formula: `update(old, *inputs)` if `fine`, otherwise `old`.

    Args:
        fine: bool[].
        update: Gives a tree like `old`.
        old: A tree of arrays.
        inputs: What the update needs, such as a gradient; it need not be finite if not `fine`.
    """

    def choose(new, old):
        return jax.lax.select(fine, jnp.asarray(new), jnp.asarray(old))

    return jax.tree.map(choose, update(old, *inputs), old)


@fast_path(update_if_plain)
def update_if(fine: jax.Array, update: Callable, old: Any, *inputs: Any) -> Any:
    """What `update_if_plain` gives, by going one way or the other."""
    if sum(leaf.size for leaf in jax.tree.leaves(old)) <= FEW:
        return update_if_plain(fine, update, old, *inputs)
    return jax.lax.cond(fine, update, lambda old, *_: old, old, *inputs)
