"""A deep perceptron of equal hidden layers, each with a normalisation between its sums and its bend."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module, static
from dlnotes.initializers import Initializer, he_normal
from dlnotes.layers import BatchNorm, BatchStats, Dense, LayerNorm


def none(a, scale, bias, stats, *, train, key):
    """No normalisation: the sums as they are."""
    return a, stats


def batch(a, scale, bias, stats, *, train, key):
    """Batch normalisation over the examples in training, with running averages otherwise."""
    return BatchNorm(scale, bias)(a, stats, train=train)


def layer(a, scale, bias, stats, *, train, key):
    """Layer normalisation over the units of each example."""
    return LayerNorm(scale, bias)(a), stats


NORMS = {"none": none, "batch": batch, "layer": layer}


@module
class NormMLP:
    """A first layer, hidden layers `h = relu(norm(h W + b))` of one width, and a last layer for the logits.

    The hidden layers are stacked and gone through in one loop (`jax.lax.scan`), so fifty compile as quickly as two.

    Attributes:
        first: The dense layer from the input to the hidden width; ReLU follows, without a norm.
        hidden: All hidden dense layers: each array has an axis of the depth in front.
        scale: γ of each hidden layer's norm; not used without one.
        bias: β of each hidden layer's norm; not used without one.
        last: The dense layer to the logits.
        norm: A named function `(a, scale, bias, stats, *, train, key) -> (normalised a, stats)`. Static.

    Example:
        >>> model, stats = NormMLP.init(jax.random.key(0), 64, (8, 48), 10)
        >>> model.hidden
        Dense(weight=float32[8,48,48], bias=float32[8,48])
        >>> logits, stats = model(jnp.ones((5, 64)), stats, train=True)
        >>> logits.shape, stats.mean.shape
        ((5, 10), (8, 48))

    Paper: Ioffe and Szegedy 2015, Batch normalization, arXiv:1502.03167, section 3.2 (the place of the norm).

    Notebook: 10_initialisation_and_normalisation.
    """

    first: Dense
    hidden: Dense
    scale: Float[Array, "depth width"]
    bias: Float[Array, "depth width"]
    last: Dense
    norm: Callable = static(default=batch)

    @classmethod
    def init(
        cls,
        key: jax.Array,
        n_in: int,
        shape: tuple[int, int],
        n_out: int,
        norm: str | Callable = "batch",
        weight: Initializer = he_normal,
    ) -> tuple["NormMLP", BatchStats]:
        """Draw the weights; start every norm with scale 1, bias 0, and averages of mean 0 and variance 1.

        Args:
            key: A random key.
            n_in: Numbers per example.
            shape: How many hidden layers, and how wide.
            n_out: Logits per example.
            norm: "none", "batch", "layer", or a function as described above.
            weight: How the hidden weights are drawn; the first and the last layer's are He's.

        Returns:
            The model and its running statistics.

        Raises:
            TypeError, ValueError: A size that is not a positive integer, an unknown norm, or not a key.
        """
        sizes = checks.sizes("NormMLP.init", "shape", shape, at_least=2)
        if len(sizes) != 2:
            raise ValueError(f"NormMLP.init expects shape to be two sizes, (depth, width); got {sizes}.")
        depth, width = sizes
        first, last, *rest = jax.random.split(checks.key("NormMLP.init", key), depth + 2)
        hidden = jax.vmap(lambda key: Dense.init(key, width, width, weight))(jnp.stack(rest))
        chosen: Callable = norm if callable(norm) else NORMS[checks.choice("NormMLP.init", "norm", norm, tuple(NORMS))]
        ends = Dense.init(first, n_in, width), Dense.init(last, width, n_out)
        model = cls(ends[0], hidden, jnp.ones(sizes), jnp.zeros(sizes), ends[1], chosen)
        return model, BatchStats(jnp.zeros(sizes), jnp.ones(sizes))

    def __call__(
        self,
        x: Float[Array, "*batch n_in"],
        stats: BatchStats,
        *,
        train: bool,
        key: jax.Array | None = None,
    ) -> tuple[Float[Array, "*batch n_out"], BatchStats]:
        """Logits, one row per example, and the running statistics.

        Args:
            x: Examples.
            stats: The running statistics of all hidden layers.
            train: Whether this is training: the norms are told.
            key: A random key, for a norm that draws.

        Raises:
            TypeError: `stats` are not `BatchStats`; `train` is not True or False.
            ValueError: `x` has another width or holds NaN; whatever the norm raises.
        """
        logits, stats, _ = self.activations(x, stats, train=train, key=key)
        return logits, stats

    def activations(
        self, x: Float[Array, "*batch n_in"], stats: BatchStats, *, train: bool, key: jax.Array | None = None
    ) -> tuple[Array, BatchStats, Float[Array, "depth *batch width"]]:
        """The same, and what every hidden layer gives out."""
        x = checks.features("NormMLP", x, self.first.weight.shape[0])
        checks.flag("NormMLP", "train", train)
        if not isinstance(stats, BatchStats):
            raise TypeError(
                f"NormMLP expects stats to be BatchStats, as NormMLP.init gives; got {type(stats).__name__}."
            )

        def through(h, given):
            dense, scale, bias, stats, key = given
            a, stats = self.norm(dense(h), scale, bias, stats, train=train, key=key)
            h = jax.nn.relu(a)
            return h, (stats, h)

        keys = None if key is None else jax.random.split(key, len(self.scale))
        parts = self.hidden, self.scale, self.bias, stats, keys
        h, (stats, outputs) = jax.lax.scan(through, jax.nn.relu(self.first(x)), parts)
        return self.last(h), stats, outputs
