"""Which library computes what: XLA's CPU compiler, asked to leave convolutions to Eigen.

From jaxlib 0.10 on, XLA hands some operations of a program to a second library, YNNPACK, in the place of Eigen. For
products of matrices and for sums that is a gain. But the gradient of a convolution's kernel is itself a convolution,
with a kernel as large as the image; measured on the layers of ResNet-20, YNNPACK takes 1.3 to 2.7 times as long for it
as Eigen, and the whole step half as long again.

So training asks for YNNPACK's products and sums only. Compilers that do not know the wish are not asked.
"""

import functools

import jax

from dlnotes.kernels._choose import are_used

YNNPACK = "xla_cpu_experimental_ynn_fusion_type"


def compiler_options() -> dict[str, str]:
    """What to give `jax.jit` as `compiler_options`: YNNPACK for products and sums alone, or nothing."""
    return _if_understood("LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT,LIBRARY_FUSION_TYPE_REDUCE")


def without_libraries() -> dict[str, str]:
    """The same for a program that is to be one piece of machine code: YNNPACK for nothing."""
    return _if_understood("")


def _if_understood(wish: str) -> dict[str, str]:
    return {YNNPACK: wish} if are_used() and _is_understood(wish) else {}


@functools.cache
def _is_understood(wish: str) -> bool:
    """Whether this jaxlib takes the wish; tried once, on a program that does nothing."""
    try:
        jax.jit(lambda: 0.0, compiler_options={YNNPACK: wish}).lower().compile()
    except Exception:  # the kind of error differs from version to version
        return False
    return True
