"""How a loop is run: in one compiled loop, unless a convolution in it forbids that.

A loop that is compiled whole comes back to Python once, at its end. Called step by step, a program with 25 arrays costs
0.3 milliseconds each time, which is a tenth of a step of the MLP of `benchmarks/`.

But inside a compiled loop XLA's CPU compiler knows one arrangement of a convolution's axes only: images as (batch,
*space, channels), kernels as (*kernel, channels in, channels out). With any other, such as those of the gradients that
JAX derives, it computes in the simplest way, 4 times slower (a step of the small CNN takes 238 milliseconds in the
loop, 59 outside). The convolutions of `convolve.py` have that arrangement; where one has not (a learner's own
`lax.conv`, or all with the fast paths off), the steps are called one by one. The smallest loops are one piece of
machine code: `one_piece.py`.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr

from dlnotes.kernels._choose import are_used
from dlnotes.kernels.compiler import compiler_options, without_libraries
from dlnotes.kernels.one_piece import equations, in_one_piece, is_tiny


def compile_loop(turn: Callable, goes_on: Callable, *, several_devices: bool = False) -> Callable:
    """Make `run(first, last, carry, *inputs)`: turns `first` to `last - 1`, as long as `goes_on(carry)`.

    Args:
        turn: `turn(i, carry, *inputs)` gives the next carry.
        goes_on: `goes_on(carry)`, whether the next turn is wanted. Turns that are not may be made all the same, so they
            must leave the carry as it is.
        several_devices: Always in one compiled loop: steps called ahead from Python could wait for each other.

    Returns:
        The function. It uses up the carry's memory. The way is chosen anew for arguments of other shapes; nothing but
        the time depends on it, and the last digit of a product.
    """

    whole = jax.jit(turn)  # a call, which reads all inputs: one piece of code with an unread input makes XLA 0.10 abort

    def loop(first: Any, last: Any, carry: Any, *inputs: Any) -> Any:
        def unfinished(now):
            i, carry = now
            return (i < last) & goes_on(carry)

        def body(now):
            i, carry = now
            return i + 1, whole(i, carry, *inputs)

        return jax.lax.while_loop(unfinished, body, (jnp.asarray(first, jnp.int32), carry))[1]

    compiled = jax.jit(loop, donate_argnums=2, compiler_options=compiler_options())
    piece = jax.jit(in_one_piece(loop), donate_argnums=2, compiler_options=without_libraries())
    single = jax.jit(turn, donate_argnums=1, compiler_options=compiler_options())

    def one_by_one(first: int, last: int, carry: Any, *inputs: Any) -> Any:
        for i in range(first, last):
            carry = single(i, carry, *inputs)
        return carry

    ways = {"one piece": piece, "loop": compiled, "one by one": one_by_one}
    chosen: dict[Any, Callable] = {}

    def run(first: int, last: int, carry: Any, *inputs: Any) -> Any:
        leaves, structure = jax.tree.flatten((carry, inputs))
        form = are_used(), structure, tuple(map(jax.typeof, leaves))
        if form not in chosen:
            program = compiled.trace(first, last, carry, *inputs).jaxpr
            chosen[form] = compiled if several_devices else ways[way(program)]
        return chosen[form](first, last, carry, *inputs)

    return run


def way(program: ClosedJaxpr) -> str:
    """How to run a loop with these operations: in "one piece", in a "loop" or "one by one".

    Example:
        >>> way(jax.make_jaxpr(lambda x: x @ x)(jnp.ones((80, 80))))
        'loop'
    """
    if not convolutions_suit_a_loop(program):
        return "one by one"
    return "one piece" if are_used() and is_tiny(program) else "loop"


def convolutions_suit_a_loop(program: ClosedJaxpr) -> bool:
    """Whether all convolutions have the arrangement that XLA's CPU compiler knows in a loop; on a GPU all are known."""
    if jax.default_backend() != "cpu":
        return True
    for equation in equations(program.jaxpr):
        if equation.primitive.name == "conv_general_dilated":
            axes = equation.params["dimension_numbers"]
            *space, channels = range(1, len(axes.lhs_spec))
            image, kernel = (0, channels, *space), (channels, channels - 1, *(axis - 1 for axis in space))
            if (axes.lhs_spec, axes.rhs_spec, axes.out_spec) != (image, kernel, image):
                return False
    return True
