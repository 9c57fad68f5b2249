"""Recurrence: one step, repeated along the time axis, with a state that is handed on.

`SimpleRNN`, `LSTM` and `GRU` say what a step is, each in its own file. This file says how it is repeated.
"""

import abc
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from dlnotes import _checks as checks
from dlnotes.initializers import Initializer


class Recurrent(abc.ABC):
    """What the recurrent layers share: `state = step(state, x_t W + b)` for every time t, the same numbers each time.

    The input's share of the step, `x_t W + b`, depends on no state. So it is worked out for all times in one matrix
    product, and only the rest waits for the step before.
    """

    weight: jax.Array
    recurrent: jax.Array
    bias: jax.Array

    @property
    def n_in(self) -> int:
        """Numbers per time step that come in."""
        return self.weight.shape[0]

    @property
    def n_hidden(self) -> int:
        """Numbers in the hidden state."""
        return self.recurrent.shape[0]

    @abc.abstractmethod
    def step(self, state: Any, a: jax.Array) -> Any:
        """Take the state one step on, given `a = x_t W + b`."""

    def start(self, batch: tuple[int, ...] = (), dtype: Any = jnp.float32) -> Any:
        """Give the state before the first step: zeros, one row for each example of the batch."""
        return jnp.zeros((*batch, self.n_hidden), dtype)

    @staticmethod
    def hidden(state: Any) -> jax.Array:
        """Take from a state the numbers that the layer gives out."""
        return state

    def __call__(
        self,
        x: Float[Array, "*batch time n_in"],
        state: Any = None,
        *,
        mask: Bool[Array, "*#batch time"] | None = None,
        reverse: bool = False,
    ) -> tuple[Float[Array, "*batch time n_hidden"], Any]:
        """Walk along the time axis, from the first step to the last.

        Args:
            x: Sequences: features on the last axis, time on the one before, any axes before these are batch axes.
            state: Where to begin; None for zeros. The last state of one piece of a sequence begins the next.
            mask: True for a real step, False for padding. At a padded step the state stays as it is and is given out
                again; what the padding holds reaches neither an output nor a gradient.
            reverse: Walk from the last step to the first. Padding at the end is then met first, with the starting
                state: each sequence is read backwards within its own length.

        Returns:
            The hidden state at every time, in the order of `x`, and the last state that was reached.

        Raises:
            TypeError: The mask is not of booleans.
            ValueError: `x` has another width, fewer than two axes or NaN; the mask or the state does not fit to `x`.
        """
        who = type(self).__name__
        x = checks.features(who, x, self.n_in, min_rank=2)
        state = self._begin(who, state, x)
        if mask is not None:
            mask = checks.mask(who, mask, x.shape[:-1])
            x, mask = jnp.where(mask[..., None], x, 0), jnp.moveaxis(mask, -1, 0)
        state, hidden = _walk(self, state, jnp.moveaxis(x, -2, 0), mask, reverse)
        return jnp.moveaxis(hidden, 0, -2), state

    def _begin(self, who: str, state: Any, x: jax.Array) -> Any:
        zeros = self.start(x.shape[:-2], x.dtype)
        if state is None:
            return zeros
        wanted, given = (jax.tree.map(jnp.shape, tree) for tree in (zeros, state))
        if wanted != given:
            raise ValueError(f"{who} expects a state of shape {wanted} for this input; got {given}.")
        return jax.tree.unflatten(jax.tree.structure(zeros), jax.tree.leaves(state))  # a plain (hidden, cell) will do


@functools.partial(jax.jit, static_argnames="reverse")  # in a notebook too, a shape met before is not compiled again
def _walk(cell: Recurrent, state: Any, x: jax.Array, mask: jax.Array | None, reverse: bool) -> tuple[Any, jax.Array]:
    a = x.reshape(-1, cell.n_in) @ cell.weight + cell.bias
    a = a.reshape(*x.shape[:-1], -1)

    def step(state: Any, now: tuple[jax.Array, jax.Array | None]) -> tuple[Any, jax.Array]:
        after = _passing_padding(cell.step)(state, now[0], real=now[1])
        return after, cell.hidden(after)

    return jax.lax.scan(step, state, (a, mask), reverse=reverse)


def _passing_padding(step: Callable[..., Any]) -> Callable[..., Any]:
    """At a padded place the state stays as it is."""

    def padded(state: Any, *inputs: jax.Array, real: jax.Array | None) -> Any:
        after = step(state, *inputs)
        return after if real is None else jax.tree.map(functools.partial(jnp.where, real[..., None]), after, state)

    return padded


def draw(
    who: str, key: jax.Array, n_in: int, n_hidden: int, gates: int, weight: Initializer, recurrent: Initializer
) -> tuple[jax.Array, jax.Array]:
    """Draw the two matrices of a cell with so many gates side by side; each gate's square of its own.

    Returns:
        (n_in, gates * n_hidden) and (n_hidden, gates * n_hidden).

    Raises:
        TypeError, ValueError: A size that is not a positive integer, or something that is not a key.
    """
    checks.key(who, key)
    checks.integer(who, "n_in", n_in, at_least=1)
    checks.integer(who, "n_hidden", n_hidden, at_least=1)
    from_x, from_h = jax.random.split(key)

    def side_by_side(key: jax.Array, initializer: Initializer, rows: int) -> jax.Array:
        return jnp.concatenate([initializer(k, (rows, n_hidden)) for k in jax.random.split(key, gates)], axis=1)

    return side_by_side(from_x, weight, n_in), side_by_side(from_h, recurrent, n_hidden)
