"""Convolution with both gradients written as convolutions that a CPU knows.

XLA's CPU compiler has a fast convolution for one arrangement of the axes: images as (batch, height, width, channels),
kernels as (height, width, channels in, channels out). The gradient that JAX derives for the kernel is a convolution
too, but one whose batch is the channels and whose channels are the batch; outside of loops the compiler turns its axes
round, inside a `lax.scan` it does not, and computes it in the simplest way: a step of the small CNN takes 360
milliseconds there, and 12 with the rule below.

Here the axes are turned round by hand, so both gradients are fast everywhere. For stride s, dilation d, kernel w:

    dx = dy, with s - 1 zeros between its places, convolved with w turned round (dilation d)
    dw = x convolved with dy as the kernel (dilation s), in steps of d

In the first the channels of w change places; in the second those of x change places with the batch.

A convolution in groups becomes ordinary ones (`groups.py`), and a depthwise one no convolution at all (`depthwise.py`).
"""

import functools

import jax
import jax.numpy as jnp

from dlnotes.kernels._choose import fast_path
from dlnotes.kernels.depthwise import depthwise, is_depthwise
from dlnotes.kernels.groups import cut
from dlnotes.kernels.neighbours import how_many, side_by_side
from dlnotes.kernels.way_back import Pads, Sizes, paddings, turned

LAYOUTS = {1: ("NWC", "WIO", "NWC"), 2: ("NHWC", "HWIO", "NHWC")}


def convolve_plain(
    x: jax.Array, weight: jax.Array, stride: Sizes, pads: Pads, dilation: Sizes, groups: int
) -> jax.Array:
    """The formula, by `lax.conv_general_dilated`.

    Args:
        x: (batch, *space, n_in), with one axis of space or two.
        weight: (*kernel, n_in / groups, n_out).
        stride: The step of the window, for each axis.
        pads: Places of zeros before and after each axis.
        dilation: The distance between two taps, for each axis.
        groups: Parts that the channels are cut into.
    """
    return _convolve(x, weight, stride, pads, dilation, groups=groups)


@fast_path(convolve_plain)
def convolve(x: jax.Array, weight: jax.Array, stride: Sizes, pads: Pads, dilation: Sizes, groups: int) -> jax.Array:
    """What `convolve_plain` gives, with the gradients above."""
    if groups > 1 and is_depthwise(weight):
        return depthwise(x, weight, stride, pads, dilation)
    parts: list = [_with_gradients(*part, stride, pads, dilation) for part in cut(x, weight, groups)]
    return jnp.concatenate(parts, axis=-1)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4))
def _with_gradients(x: jax.Array, weight: jax.Array, stride: Sizes, pads: Pads, dilation: Sizes) -> jax.Array:
    return _several(x, weight, stride, pads, dilation)


def _forward(x: jax.Array, weight: jax.Array, stride: Sizes, pads: Pads, dilation: Sizes):
    return _several(x, weight, stride, pads, dilation), (x, weight)


def _backward(stride: Sizes, pads: Pads, dilation: Sizes, kept, dy: jax.Array):
    x, weight = kept
    *kernel, _, _ = weight.shape
    into_x, into_weight = paddings(x.shape[1:-1], dy.shape[1:-1], kernel, stride, pads, dilation)
    dx = _several(dy, turned(weight), (1,) * len(kernel), into_x, dilation, stride)
    x, dy = (jnp.moveaxis(x, (0, -1), (-1, 0)), jnp.moveaxis(dy, 0, -2))
    dw = _convolve(x, dy, dilation, into_weight, stride)
    return dx, jnp.moveaxis(dw, 0, -2)


_with_gradients.defvjp(_forward, _backward)


def _several(
    x: jax.Array, weight: jax.Array, stride: Sizes, pads: Pads, dilation: Sizes, between: Sizes | None = None
) -> jax.Array:
    """The convolution, of several neighbours at once where that pays."""
    if {*stride, *dilation, *(between or ())} == {1}:
        width = x.shape[-2] + sum(pads[-1]) - weight.shape[-3] + 1
        m = how_many(weight.shape[-3], weight.shape[-1], width)
        if m > 1:
            y = _convolve(x, side_by_side(weight, m), (*stride[:-1], m), pads, dilation)
            return y.reshape(*y.shape[:-2], width, weight.shape[-1])
    return _convolve(x, weight, stride, pads, dilation, between)


def _convolve(
    x: jax.Array,
    weight: jax.Array,
    stride: Sizes,
    pads: Pads,
    dilation: Sizes,
    between: Sizes | None = None,
    groups: int = 1,
) -> jax.Array:
    """A convolution in the one arrangement; `between - 1` zeros between the places of x."""
    return jax.lax.conv_general_dilated(
        x,
        weight,
        window_strides=stride,
        padding=pads,
        lhs_dilation=between,
        rhs_dilation=dilation,
        dimension_numbers=LAYOUTS[len(stride)],
        feature_group_count=groups,
    )
