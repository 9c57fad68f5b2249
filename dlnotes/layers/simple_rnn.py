"""The simplest recurrent layer: the hidden state is an input of the next step."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module, static
from dlnotes.activations import tanh
from dlnotes.initializers import Initializer, glorot_uniform, orthogonal
from dlnotes.layers.recurrent import Recurrent, draw


@module
class SimpleRNN(Recurrent):
    """Elman's network: `h_t = tanh(x_t W + h_{t-1} U + b)`.

    PyTorch's `RNN` has two biases, which only ever act as their sum; here is one.

    Attributes:
        weight: W, from the input to the hidden state.
        recurrent: U, from the hidden state to itself. It begins as a rotation, which keeps the length of a vector:
            multiplied by itself many times it neither explodes nor vanishes.
        bias: b, one number per hidden unit.
        activation: In the place of tanh. A named function.

    Example:
        >>> layer = SimpleRNN.init(jax.random.key(0), n_in=3, n_hidden=4)
        >>> h, last = layer(jnp.ones((5, 7, 3)))  # 5 sequences of 7 steps
        >>> h.shape, last.shape
        ((5, 7, 4), (5, 4))

    Paper: Elman 1990, Finding structure in time. Rotations at the start: Saxe et al. 2013, arXiv:1312.6120.
    """

    weight: Float[Array, "n_in n_hidden"]
    recurrent: Float[Array, "n_hidden n_hidden"]
    bias: Float[Array, " n_hidden"]
    activation: Callable[[Array], Array] = static(default=tanh)

    @classmethod
    def init(
        cls,
        key: jax.Array,
        n_in: int,
        n_hidden: int,
        activation: Callable[[Array], Array] = tanh,
        weight: Initializer = glorot_uniform,
        recurrent: Initializer = orthogonal(),
    ) -> "SimpleRNN":
        """Draw W with `weight` and U with `recurrent`; start the bias at zero.

        Raises:
            TypeError, ValueError: A size that is not a positive integer, an activation that cannot be called, or
                something that is not a key.
        """
        checks.function("SimpleRNN.init", "activation", activation)
        w, u = draw("SimpleRNN.init", key, n_in, n_hidden, 1, weight, recurrent)
        return cls(w, u, jnp.zeros(n_hidden), activation)

    def step(self, state: Float[Array, "*batch n_hidden"], a: Float[Array, "*batch n_hidden"]) -> jax.Array:
        """Give `h_t` from `h_{t-1}` and `a = x_t W + b`."""
        return self.activation(a + state @ self.recurrent)
