"""Many blocks of one shape, one after the other, and only one of them compiled."""

from collections.abc import Callable
from typing import Any

import jax

from dlnotes import _checks as checks
from dlnotes._module import module


@module
class Repeated:
    """`n` blocks in a row, `y = block_n(… block_2(block_1(x)))`, as one loop over their stacked numbers.

    Every array of `block` has a first axis more than a block's own: the i-th entry belongs to the i-th block. JAX
    compiles the loop's body once, so the time to compile does not grow with the depth. It pays for deep networks: the
    loop itself, with its way back, takes longer to compile than a few blocks written out (`benchmarks/cost_scaling.py`
    found them equal at about ten blocks of GPT). And XLA cannot work across the border between two blocks.

    A block with running statistics works too: the statistics are stacked in the same way, and come back stacked.

    Attributes:
        block: A block whose arrays have the axis of the blocks in front.

    Example:
        >>> from dlnotes.layers import Dense
        >>> deep = Repeated.init(jax.random.key(0), lambda key: Dense.init(key, 4, 4), 50)
        >>> deep
        Repeated(block=Dense(weight=float32[50,4,4], bias=float32[50,4]))
        >>> deep(jax.numpy.ones((2, 4))).shape
        (2, 4)
    """

    block: Any

    @classmethod
    def init(cls, key: jax.Array, init: Callable[[jax.Array], Any], n: int) -> Any:
        """Draw `n` blocks, each with a key of its own.

        Args:
            key: A random key.
            init: Draws one block from a key; or a block and its running statistics.
            n: How many.

        Returns:
            The blocks; or, if `init` gives a pair, the blocks and their stacked statistics.

        Raises:
            TypeError, ValueError: `n` is not a positive integer, or something is not a key.
        """
        checks.function("Repeated.init", "init", init)
        n = checks.integer("Repeated.init", "n", n, at_least=1)
        drawn = jax.vmap(init)(jax.random.split(checks.key("Repeated.init", key), n))
        if isinstance(drawn, tuple):
            block, stats = drawn
            return cls(block), stats
        return cls(drawn)

    def __call__(self, x: jax.Array, stats: Any = None, **options: Any) -> Any:
        """Apply the blocks one after the other.

        Args:
            x: What the first block eats; every block gives out the same shape.
            stats: Running statistics, stacked, if the blocks have any.
            **options: Handed to every block: `train=True` for example.

        Returns:
            What the last block gives; and the statistics, if there are any.

        Raises:
            TypeError, ValueError: What a block raises.
        """
        if stats is None:
            return jax.lax.scan(lambda x, block: (block(x, **options), None), x, self.block)[0]
        return jax.lax.scan(lambda x, now: now[0](x, now[1], **options), x, (self.block, stats))
