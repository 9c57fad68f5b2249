"""A loop of tiny steps as one piece of machine code.

XLA's runtime for CPUs walks through a compiled program operation by operation, and beginning each costs it a tenth of a
microsecond or two. A step of a network of 33 numbers has thirty operations that compute next to nothing, so nearly all
of its 3 microseconds are beginnings. XLA can also make one function of all the operations of a call, which it does of
its own accord with the smallest loops; asked to do it with the whole epoch, it takes 0.7 microseconds a step.

Inside such a piece a matrix product is three plain loops on one core, so it pays for tiny steps alone; and a few
operations (scatter, sort, a branch, whatever calls another library) cannot be in it. `is_tiny` looks at every operation
of the program before it is asked for.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import jax
from jax.experimental.xla_metadata import set_xla_metadata
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn

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
    custom_jvp_call custom_vjp_call jit pjit scan while
    """.split()
)


def is_tiny(program: ClosedJaxpr) -> bool:
    """Whether every operation may be in one piece, and none is large.

    Example:
        >>> import jax.numpy as jnp
        >>> small, large = jnp.ones((8, 8)), jnp.ones((80, 80))
        >>> [is_tiny(jax.make_jaxpr(lambda x: jnp.tanh(x @ x))(x)) for x in (small, large)]
        [True, False]
        >>> is_tiny(jax.make_jaxpr(jnp.sort)(small))
        False
    """
    products = 0
    for equation in equations(program.jaxpr):
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
