"""Long short-term memory: a memory that gates protect."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, ScalarLike

from dlnotes import _checks as checks
from dlnotes._module import module
from dlnotes.initializers import Initializer, glorot_uniform, orthogonal
from dlnotes.kernels.gates import keep_gates, sigmoid, tanh
from dlnotes.layers.recurrent import Recurrent, draw


class LSTMState(NamedTuple):
    """What an LSTM hands on: `hidden`, which it also gives out, and `cell`, its memory. Each (*batch, n_hidden)."""

    hidden: jax.Array
    cell: jax.Array


@module
class LSTM(Recurrent):
    """Long short-term memory: a cell `c` that is kept, partly forgotten and added to, as three gates decide.

        i, f, g, o = split(x_t W + h_{t-1} U + b)
        c_t = σ(f) * c_{t-1} + σ(i) * tanh(g)
        h_t = σ(o) * tanh(c_t)

    Along `c` the gradient is multiplied by σ(f) alone, by no matrix: with the forget gate open it comes through
    hundreds of steps. So the forget gate's bias begins at 1, not 0 (PyTorch, Flax and the first papers: 0 or random).
    The gates stand in PyTorch's and Keras's order: input, forget, candidate, output. Others differ. There are no
    peepholes (no gate looks at `c`), and one bias instead of PyTorch's two.

    Attributes:
        weight: W, from the input to the four gates, side by side.
        recurrent: U, from the hidden state to the four gates; each gate's square begins as a rotation.
        bias: b, for the four gates.

    Example:
        >>> layer = LSTM.init(jax.random.key(0), n_in=3, n_hidden=4)
        >>> layer
        LSTM(weight=float32[3,16], recurrent=float32[4,16], bias=float32[16])
        >>> h, last = layer(jnp.ones((5, 7, 3)))  # 5 sequences of 7 steps
        >>> h.shape, last.hidden.shape, last.cell.shape
        ((5, 7, 4), (5, 4), (5, 4))

    Paper: Hochreiter and Schmidhuber 1997, Long short-term memory; the forget gate: Gers, Schmidhuber and Cummins
    2000, Learning to forget; its bias of 1: Jozefowicz, Zaremba and Sutskever 2015, An empirical exploration of
    recurrent network architectures.
    """

    weight: Float[Array, "n_in n_gates"]
    recurrent: Float[Array, "n_hidden n_gates"]
    bias: Float[Array, " n_gates"]

    @classmethod
    def init(
        cls,
        key: jax.Array,
        n_in: int,
        n_hidden: int,
        forget_bias: ScalarLike = 1.0,
        weight: Initializer = glorot_uniform,
        recurrent: Initializer = orthogonal(),
    ) -> "LSTM":
        """Draw W with `weight` and U with `recurrent`, gate by gate; the bias is zero but for the forget gate's.

        Raises:
            TypeError, ValueError: A size that is not a positive integer, a bias that is not a number, or something that
                is not a key.
        """
        checks.number("LSTM.init", "forget_bias", forget_bias)
        w, u = draw("LSTM.init", key, n_in, n_hidden, 4, weight, recurrent)
        return cls(w, u, jnp.zeros(4 * n_hidden).at[n_hidden : 2 * n_hidden].set(forget_bias))

    def step(self, state: LSTMState, a: Float[Array, "*batch n_gates"]) -> LSTMState:
        """Give `h_t` and `c_t` from `h_{t-1}`, `c_{t-1}` and `a = x_t W + b`."""

        def cell(a: jax.Array, c: jax.Array) -> LSTMState:
            i, f, g, o = jnp.split(a, 4, axis=-1)
            c = sigmoid(f) * c + sigmoid(i) * tanh(g)
            h = sigmoid(o) * tanh(c)
            return LSTMState(h, c)

        return keep_gates(cell)(a + state.hidden @ self.recurrent, state.cell)

    def start(self, batch: tuple[int, ...] = (), dtype: jnp.dtype = jnp.float32) -> LSTMState:
        """Give the state before the first step: both parts zero."""
        zeros = jnp.zeros((*batch, self.n_hidden), dtype)
        return LSTMState(zeros, zeros)

    @staticmethod
    def hidden(state: LSTMState) -> jax.Array:
        """Give `h_t`, not the memory."""
        return state.hidden
