"""Dropout: switch units off at random in training, so that none can rely on another."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module, static
from dlnotes.layers._arguments import keep_plain


@module
class Dropout:
    """Inverted dropout: in training `y = x * mask / (1 - rate)`, each mask entry 0 with probability `rate`, else 1.

    Dividing by the share that stays keeps the expected value, so that at test time the layer does nothing at all. (The
    paper divides nothing in training, and multiplies the weights by the share that stays at test time.)

    Attributes:
        rate: The chance that a number is set to zero, in [0, 1). Static: fixed, never trained.

    Example:
        >>> dropout = Dropout(rate=0.5)
        >>> dropout(jnp.ones(4), train=False)
        Array([1., 1., 1., 1.], dtype=float32)
        >>> sorted(set(dropout(jnp.ones(100), train=True, key=jax.random.key(0)).tolist()))
        [0.0, 2.0]

    Paper: Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting, section 4; first
    in Hinton et al. 2012, arXiv:1207.0580.

    Notebook: 04_feedforward_networks.
    """

    rate: float = static()

    def __post_init__(self) -> None:
        """Check the rate, and keep it as a plain float."""
        keep_plain(self, "rate", at_least=0, below=1)

    def __call__(
        self, x: Float[Array, "*shape"], *, train: bool, key: jax.Array | None = None
    ) -> Float[Array, "*shape"]:
        """Drop numbers of `x` in training; give `x` back otherwise.

        Args:
            x: Any array; each number is dropped independently.
            train: Whether to drop. Always said, never assumed.
            key: A random key, a fresh one for every call; needed in training.

        Raises:
            TypeError: `train` is not True or False; no key in training, or something that is not a key.
            ValueError: `x` is empty or holds NaN.
        """
        x = checks.array("Dropout", x)
        checks.flag("Dropout", "train", train)
        if not train:
            return x
        if key is None:
            raise TypeError(
                "Dropout expects a random key in training; got none. Call it with key=jax.random.key(0), for example, "
                "and a new key for every step; or with train=False."
            )
        keep = jax.random.bernoulli(checks.key("Dropout", key), 1 - self.rate, x.shape)
        return jnp.where(keep, x / (1 - self.rate), 0.0)
