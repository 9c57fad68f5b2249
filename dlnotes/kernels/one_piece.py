"""A loop of tiny steps as one piece of machine code.

XLA's runtime for CPUs walks through a compiled program operation by operation, and beginning each costs it a tenth of a
microsecond or two. A step of a network of 33 numbers has thirty operations that compute next to nothing, so nearly all
of its 3 microseconds are beginnings. XLA can also make one function of all the operations of a call, which it does of
its own accord with the smallest loops; asked to do it with the whole epoch, it takes 0.7 microseconds a step.

Inside such a piece a matrix product is three plain loops on one core, so it pays for tiny steps alone; and a few
operations (scatter, sort, whatever calls another library) cannot be in it. `is_tiny` looks at every operation of the
program before it is asked for.
"""

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import jax
from jax.experimental.xla_metadata import set_xla_metadata
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn

from dlnotes.kernels._choose import are_used
from dlnotes.kernels.compiler import compiler_options, without_libraries

LARGEST = 4_096  # numbers in any result
PRODUCTS = 8_192  # multiplications in all matrix products of one turn of the loop
ALLOWED = frozenset(
    """
    abs add add_any and argmax argmin bitcast_convert_type broadcast_in_dim ceil clamp concatenate convert_element_type
    copy cos cosh div dot_general dynamic_slice eq erf exp exp2 expm1 floor gather ge gt integer_pow iota is_finite le
    log log1p logistic lt max min mul ne neg not one_minus_square or pad pow random_bits random_fold_in random_seed
    random_split random_unwrap random_wrap reduce_and reduce_max reduce_min reduce_or reduce_sum rem reshape rev round
    rsqrt select_n shift_left shift_right_arithmetic shift_right_logical sign sin sinh slice split sqrt square squeeze
    stack stop_gradient sub tan tanh threefry2x32 tile transpose unstack xor
    cond custom_jvp_call custom_vjp_call jit pjit scan while
    """.split()
)


def compile_loop(loop: Callable, donate_argnums: tuple[int, ...] = ()) -> Callable:
    """What `jax.jit(loop)` gives: in one piece for arguments that make it tiny, in the usual way for others.

    Args:
        loop: A function that runs a loop. Nothing changes but the time, and the last digit of a product.
        donate_argnums: Arguments whose memory may be used up.
    """
    usual = jax.jit(loop, donate_argnums=donate_argnums, compiler_options=compiler_options())
    whole = jax.jit(in_one_piece(loop), donate_argnums=donate_argnums, compiler_options=without_libraries())
    chosen: dict[Any, Callable] = {}

    @functools.wraps(loop)
    def run(*arguments: Any) -> Any:
        leaves, structure = jax.tree.flatten(arguments)
        form = are_used(), structure, tuple(map(jax.typeof, leaves))
        if form not in chosen:
            chosen[form] = whole if are_used() and is_tiny(loop, *arguments) else usual
        return chosen[form](*arguments)

    return run


def is_tiny(function: Callable, *arguments: Any) -> bool:
    """Whether every operation may be in one piece, and none is large.

    Example:
        >>> import jax.numpy as jnp
        >>> is_tiny(lambda x: jnp.tanh(x @ x), jnp.ones((8, 8))), is_tiny(lambda x: x @ x, jnp.ones((80, 80)))
        (True, False)
        >>> is_tiny(jnp.sort, jnp.ones(8))
        False
    """
    products = 0
    for equation in equations(jax.make_jaxpr(function)(*arguments).jaxpr):
        if equation.primitive.name not in ALLOWED:
            return False
        if not _inside(equation) and any(math.prod(result.aval.shape) > LARGEST for result in equation.outvars):
            return False
        if equation.primitive.name == "dot_general":
            (summed, _), _ = equation.params["dimension_numbers"]
            left = equation.invars[0].aval.shape
            products += math.prod(equation.outvars[0].aval.shape) * math.prod(left[axis] for axis in summed)
    return products <= PRODUCTS


def equations(jaxpr: Jaxpr) -> Iterator[JaxprEqn]:
    """All operations, those of loops, branches and inner functions too."""
    for equation in jaxpr.eqns:
        yield equation
        for inner in _inside(equation):
            yield from equations(inner)


def _inside(equation: JaxprEqn) -> list[Jaxpr]:
    """The bodies of a loop, the branches, the inner function."""
    found = []
    for value in equation.params.values():
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, (ClosedJaxpr, Jaxpr)):
                found.append(item.jaxpr if isinstance(item, ClosedJaxpr) else item)
    return found


def in_one_piece(function: Callable) -> Callable:
    """The same function, called in a way that asks XLA for one piece of machine code."""

    def called(*arguments: Any) -> Any:
        with set_xla_metadata(xla_cpu_small_call="true", inlineable="false"):
            return jax.jit(function)(*arguments)

    return called
