"""The deep belief net: restricted Boltzmann machines stacked, each trained on what the one below it says."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module
from dlnotes.activations import sigmoid
from dlnotes.initializers import glorot_uniform
from dlnotes.layers import Dense
from dlnotes.models.mlp import MLP
from dlnotes.models.rbm import RBM, toss


@module
class DBN:
    """A deep belief net: the hidden units of each machine are the visible units of the next.

    Trained greedily, layer by layer, without labels. Then it can do two things: dream, with a Gibbs chain in the top
    machine and one way down (`sample`); or become a classifier, its weights the start of an `MLP` (`to_mlp`).

    Attributes:
        machines: From the data's side up.

    Example:
        >>> dbn = DBN.init(jax.random.key(0), (64, 32, 16))
        >>> dbn
        DBN(machines=(RBM(weight=float32[64,32], visible_bias=float32[64], hidden_bias=float32[32]), \
RBM(weight=float32[32,16], visible_bias=float32[32], hidden_bias=float32[16])))
        >>> dbn(jnp.zeros((5, 64))).shape, dbn.sample(3, key=jax.random.key(1), steps=10).shape
        ((5, 16), (3, 64))
        >>> dbn.to_mlp(jax.random.key(2), n_out=10)(jnp.zeros((5, 64))).shape
        (5, 10)

    Hinton, Osindero and Teh 2006, "A fast learning algorithm for deep belief nets".

    Notebook: 11_layerwise_pretraining.
    """

    machines: tuple[RBM, ...]

    @classmethod
    def init(cls, key: jax.Array, sizes: Sequence[int]) -> "DBN":
        """Draw untrained machines for these widths: (784, 200, 100) is 784 visible units, then two hidden layers.

        Raises:
            TypeError, ValueError: Fewer than two sizes, a size that is not a positive integer, or not a key.
        """
        widths = checks.sizes("DBN.init", "sizes", sizes, at_least=2)
        keys = jax.random.split(checks.key("DBN.init", key), len(widths) - 1)
        pairs = zip(keys, widths[:-1], widths[1:], strict=True)
        return cls(tuple(RBM.init(k, n_visible, n_hidden) for k, n_visible, n_hidden in pairs))

    @classmethod
    def greedy(
        cls,
        key: jax.Array,
        v: Float[Array, "n n_visible"],
        sizes: Sequence[int],
        train: Callable[[RBM, Array, jax.Array], RBM],
    ) -> "DBN":
        """Train machine after machine, from the data up; what is trained stays as it is.

        Args:
            key: A random key.
            v: Examples, each number between 0 and 1. Each next machine is given p(h = 1 | v) of the one below.
            sizes: The width of the data, then of each hidden layer.
            train: `train(rbm, v, key) -> rbm`: how one machine learns. Contrastive divergence makes a deep belief net;
                the same machines taught to reconstruct make a stack of auto-encoders with tied weights.

        Raises:
            TypeError, ValueError: Data of another width, or `train` gives back something else than an `RBM`.
        """
        checks.function("DBN.greedy", "train", train)
        drawn_key, train_key = jax.random.split(checks.key("DBN.greedy", key))
        drawn = cls.init(drawn_key, sizes)
        v = checks.features("DBN.greedy", v, drawn.machines[0].weight.shape[0], min_rank=2)
        machines = []
        for rbm, key in zip(drawn.machines, jax.random.split(train_key, len(drawn.machines)), strict=True):
            trained = train(rbm, v, key)
            if not isinstance(trained, RBM):
                raise TypeError(
                    f"DBN.greedy expects train(rbm, v, key) to give back an RBM; got {type(trained).__name__}. "
                    f"After fit(…), that is result.model."
                )
            machines.append(trained)
            v = trained(v)
        return cls(tuple(machines))

    def __call__(self, v: Float[Array, "*batch n_visible"]) -> Float[Array, "*batch n_hidden"]:
        """The way up with probabilities: what the top layer says about each example.

        Raises:
            ValueError: The last axis of `v` is not as wide as the lowest machine expects, or `v` holds NaN.
        """
        h = checks.features("DBN", v, self.machines[0].weight.shape[0])
        for rbm in self.machines:
            h = rbm(h)
        return h

    def reconstruct(self, v: Float[Array, "*batch n_visible"]) -> Float[Array, "*batch n_visible"]:
        """Up to the top and down again with probabilities: the net as a deep auto-encoder (Hinton, Salakhutdinov 2006).

        Raises:
            ValueError: The last axis of `v` is not as wide as the lowest machine expects, or `v` holds NaN.
        """
        h = self(v)
        for rbm in reversed(self.machines):
            h = rbm.visible(h)
        return h

    def sample(self, n: int, *, key: jax.Array, steps: int = 1000) -> Float[Array, "n n_visible"]:
        """Dream: `steps` of Gibbs sampling in the top machine, begun with coins, then one way down to the data.

        Args:
            n: How many dreams.
            key: A random key.
            steps: Steps of the chain at the top.

        Returns:
            p(v = 1) of each visible unit, given the states that were drawn in the layer above: smooth pictures.

        Raises:
            TypeError, ValueError: Counts that are not whole numbers, or not a key.
        """
        n = checks.integer("DBN.sample", "n", n, at_least=1)
        start, chain, *down = jax.random.split(checks.key("DBN.sample", key), 2 + len(self.machines))
        top = self.machines[-1]
        v = toss(start, jnp.full((n, top.weight.shape[0]), 0.5, top.weight.dtype))
        p = top(top.gibbs(v, key=chain, steps=steps))
        for rbm, key in zip(reversed(self.machines), down, strict=True):
            p = rbm.visible(toss(key, p))
        return p

    def to_mlp(self, key: jax.Array, n_out: int) -> MLP:
        """A classifier with sigmoid units, to be fine-tuned: this net's weights and hidden biases, and one new layer.

        Args:
            key: A random key, for the new last layer alone (Glorot's rule).
            n_out: Logits.

        Raises:
            TypeError, ValueError: `n_out` is not a positive integer, or not a key.
        """
        hidden = tuple(Dense(rbm.weight, rbm.hidden_bias) for rbm in self.machines)
        last = Dense.init(key, self.machines[-1].weight.shape[1], n_out, glorot_uniform)
        return MLP((*hidden, last), sigmoid)
