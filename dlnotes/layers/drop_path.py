"""Stochastic depth: in training, some examples skip a whole branch, so that a deep network trains as a short one."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module, static
from dlnotes.layers._arguments import keep_plain


@module
class DropPath:
    """Drop a residual branch for whole examples: in training `y = x * coin / (1 - rate)`, one coin for each example.

    A coin is 0 with probability `rate`, else 1. In a residual block, `x + drop_path(branch(x), ...)`, an example whose
    coin is 0 passes by unchanged, as if the block were not there. Dividing by the share that stays keeps the expected
    value, so that at test time the layer does nothing. (The paper does not divide in training, and multiplies the
    branch by the share that stays at test time; its `p` is the chance to stay.) Networks raise the rate from 0 at the
    first block to its full value at the last.

    Attributes:
        rate: The chance that an example's branch is dropped, in [0, 1). Static: fixed, never trained.

    Example:
        >>> drop_path = DropPath(rate=0.5)
        >>> y = drop_path(jnp.ones((100, 3)), train=True, key=jax.random.key(0))
        >>> sorted({tuple(row) for row in y.tolist()})  # an example goes as a whole
        [(0.0, 0.0, 0.0), (2.0, 2.0, 2.0)]
        >>> drop_path(jnp.ones((1, 3)), train=False)
        Array([[1., 1., 1.]], dtype=float32)

    Paper: Huang, Sun, Liu, Sedra and Weinberger 2016, Deep networks with stochastic depth, arXiv:1603.09382.
    """

    rate: float = static()

    def __post_init__(self) -> None:
        """Check the rate, and keep it as a plain float."""
        keep_plain(self, "rate", at_least=0, below=1)

    def __call__(
        self, x: Float[Array, "*shape"], *, train: bool, key: jax.Array | None = None
    ) -> Float[Array, "*shape"]:
        """Drop examples of `x` in training; give `x` back otherwise.

        Args:
            x: At least two axes; the first counts the examples, all others are dropped together.
            train: Whether to drop. Always said, never assumed.
            key: A random key, a fresh one for every call and every block; needed in training.

        Raises:
            TypeError: `train` is not True or False; no key in training, or something that is not a key.
            ValueError: `x` has one axis or none, is empty or holds NaN.
        """
        x = checks.array("DropPath", x, min_rank=2)
        checks.flag("DropPath", "train", train)
        if not train:
            return x
        if key is None:
            raise TypeError(
                "DropPath expects a random key in training; got none. Call it with key=jax.random.key(0), for example, "
                "and a new key for every step and every block; or with train=False."
            )
        one_each = (x.shape[0],) + (1,) * (x.ndim - 1)
        keep = jax.random.bernoulli(checks.key("DropPath", key), 1 - self.rate, one_each)
        return jnp.where(keep, x / (1 - self.rate), 0.0)
