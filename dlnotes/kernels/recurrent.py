"""Backpropagation through time with the weights' gradient taken once, after the loop.

A recurrent step is a product and then something elementwise, `state = update(state, a_t, h_{t-1} U)`. Left to itself,
`jax.grad` of the loop adds every step's share to the gradient of U inside the loop:

    for t = T … 1:   du_t = …;   dU += h_{t-1}ᵀ du_t;   dh_{t-1} += du_t Uᵀ

that is T small products, and T times reading and writing a matrix as large as U. But nobody needs dU before the end.
The rule here stores the du_t, which are small, and multiplies once:

    for t = T … 1:   du_t = …;   dh_{t-1} += du_t Uᵀ
    dU = [h_0 … h_{T-1}]ᵀ [du_1 … du_T]

One large product runs at the machine's full speed, T small ones do not.
"""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from dlnotes.kernels._choose import fast_path

Update = Callable[..., Any]  # (state, a, u, real=mask) -> state, elementwise, without parameters


def walk_plain(
    update: Update, hidden: Callable, reverse: bool, U: jax.Array, c: jax.Array | None, state: Any, a: Any, mask: Any
) -> tuple[Any, jax.Array]:
    """The formula: `state = update(state, a_t, h U + c)` for every t, by `lax.scan`.

    Args:
        update: The elementwise part of a step, `(state, a_t, u_t, real=mask_t) -> state`.
        hidden: Takes h, (batch, n_hidden), from a state.
        reverse: Whether to walk from the end.
        U: (n_hidden, n_gates).
        c: (n_gates,), or None for nothing.
        state: Where to begin.
        a: (time, batch, n_gates), the input's share.
        mask: (time, batch) booleans, or None.

    Returns:
        The last state, and h at every time: (time, batch, n_hidden).
    """

    def step(state, now):
        u = hidden(state) @ U
        state = update(state, now[0], u if c is None else u + c, real=now[1])
        return state, hidden(state)

    return jax.lax.scan(step, state, (a, mask), reverse=reverse)


@fast_path(walk_plain)
@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2))
def walk(
    update: Update, hidden: Callable, reverse: bool, U: jax.Array, c: jax.Array | None, state: Any, a: Any, mask: Any
) -> tuple[Any, jax.Array]:
    """What `walk_plain` gives, with the gradient rule above."""
    return walk_plain(update, hidden, reverse, U, c, state, a, mask)


def _forward(update, hidden, reverse, U, c, state, a, mask):
    def step(state, now):
        a, real = now
        u = hidden(state) @ U
        u = u if c is None else u + c
        after, pull_back = jax.vjp(lambda state, a, u: update(state, a, u, real=real), state, a, u)
        return after, (hidden(after), pull_back)

    last, (h, pull_backs) = jax.lax.scan(step, state, (a, mask), reverse=reverse)
    return (last, h), (U, c, state, h, pull_backs)


def _backward(update, hidden, reverse, kept, given):
    U, c, first, h, pull_backs = kept
    into_state = jax.vjp(hidden, first)[1]  # puts the gradient of h where h stands in a state

    def step(d_state, now):
        d_h, pull_back = now
        d_state, d_a, d_u = pull_back(jax.tree.map(jnp.add, d_state, *into_state(d_h)))
        return jax.tree.map(jnp.add, d_state, *into_state(d_u @ U.T)), (d_a, d_u)

    d_last, d_h = given
    d_first, (d_a, d_u) = jax.lax.scan(step, d_last, (d_h, pull_backs), reverse=not reverse)
    start = hidden(first)[None]
    before = jnp.concatenate([h[1:], start]) if reverse else jnp.concatenate([start, h[:-1]])
    d_u = d_u.reshape(-1, d_u.shape[-1])
    d_U = before.reshape(-1, before.shape[-1]).T @ d_u
    return d_U, None if c is None else d_u.sum(0), d_first, d_a, None


walk.fast.defvjp(_forward, _backward)
