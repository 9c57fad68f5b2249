"""The gated recurrent unit: two gates, and no memory beside the hidden state."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dlnotes import _checks as checks
from dlnotes._module import module, static
from dlnotes.initializers import Initializer, glorot_uniform, orthogonal
from dlnotes.kernels.gates import keep_gates, kept, sigmoid, tanh
from dlnotes.layers.recurrent import Recurrent, draw


@module
class GRU(Recurrent):
    """The gated recurrent unit: one gate mixes the old state with a new candidate, another can hide the old state.

        r = σ(x_t W_r + h_{t-1} U_r + b_r)                  the reset gate
        z = σ(x_t W_z + h_{t-1} U_z + b_z)                  the update gate
        n = tanh(x_t W_n + b_n + r * (h_{t-1} U_n + d))     the candidate
        h_t = (1 - z) * n + z * h_{t-1}

    Here `r` acts after the product with U_n, as in cuDNN, PyTorch, Flax and Keras. With `reset_after=False` it acts
    before, as in Cho et al. 2014: `tanh(x_t W_n + b_n + (r * h_{t-1}) U_n + d)`. The weights of one do not fit the
    other. Also beware: z keeps the old state here and in Cho et al.; in Chung et al. 2014 it lets the new one in. The
    gates stand in PyTorch's order r, z, n (Keras: z, r, n).

    Attributes:
        weight: W_r, W_z and W_n side by side.
        recurrent: U_r, U_z and U_n side by side; each begins as a rotation.
        bias: b_r, b_z and b_n.
        recurrent_bias: d, the one bias that the reset gate can hide.
        reset_after: Where r acts. Static.

    Example:
        >>> layer = GRU.init(jax.random.key(0), n_in=3, n_hidden=4)
        >>> h, last = layer(jnp.ones((5, 7, 3)))  # 5 sequences of 7 steps
        >>> h.shape, last.shape
        ((5, 7, 4), (5, 4))

    Paper: Cho et al. 2014, Learning phrase representations using RNN encoder-decoder, section 2.3, arXiv:1406.1078;
    Chung et al. 2014, arXiv:1412.3555.
    """

    weight: Float[Array, "n_in n_gates"]
    recurrent: Float[Array, "n_hidden n_gates"]
    bias: Float[Array, " n_gates"]
    recurrent_bias: Float[Array, " n_hidden"]
    reset_after: bool = static(default=True)

    @classmethod
    def init(
        cls,
        key: jax.Array,
        n_in: int,
        n_hidden: int,
        reset_after: bool = True,
        weight: Initializer = glorot_uniform,
        recurrent: Initializer = orthogonal(),
    ) -> "GRU":
        """Draw W with `weight` and U with `recurrent`, gate by gate; start the biases at zero.

        Raises:
            TypeError, ValueError: A size that is not a positive integer, a flag that is not one, or something that is
                not a key.
        """
        checks.flag("GRU.init", "reset_after", reset_after)
        w, u = draw("GRU.init", key, n_in, n_hidden, 3, weight, recurrent)
        return cls(w, u, jnp.zeros(3 * n_hidden), jnp.zeros(n_hidden), reset_after)

    def step(self, state: Float[Array, "*batch n_hidden"], a: Float[Array, "*batch n_gates"]) -> jax.Array:
        """Give `h_t` from `h_{t-1}` and `a = x_t W + b`."""
        h, gates, d = state, 2 * self.n_hidden, self.recurrent_bias  # r and z together, then n

        def cell(a: jax.Array, u: jax.Array, u_n: Any, h: jax.Array) -> jax.Array:
            r, z = (sigmoid(gate) for gate in jnp.split(a[..., :gates] + u[..., :gates], 2, axis=-1))
            u_n = (r * h) @ self.recurrent[:, gates:] + d if u_n is None else r * kept(u_n)
            n = tanh(a[..., gates:] + u_n)
            return (1 - z) * n + z * h

        if self.reset_after:
            u = h @ self.recurrent
            return keep_gates(cell)(a, u, u[..., gates:] + d, h)
        return keep_gates(cell)(a, h @ self.recurrent[:, :gates], None, h)  # r acts first: no u_n yet
