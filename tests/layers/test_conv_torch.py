"""Convolutions equal PyTorch's, value and gradient: 1e-5 in float32, 1e-9 in float64."""

import contract
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel")]

# sizes of the image, n_in, n_out, kernel, stride, padding, dilation, groups
CONVOLUTIONS = [
    ((9, 8), 3, 4, (3, 3), 1, 0, 1, 1),
    ((9, 8), 3, 4, (3, 3), 1, "same", 1, 1),
    ((9, 8), 3, 4, (2, 4), 1, "same", (1, 2), 1),
    ((9, 8), 4, 6, (3, 2), 2, 1, 1, 2),
    ((9, 8), 4, 6, (1, 3), (2, 1), (0, 2), 2, 2),
    ((9, 8), 4, 8, (3, 3), 2, 1, 1, 4),
    ((9, 8), 3, 5, (1, 1), 2, 0, 1, 1),
    ((12,), 3, 4, (3,), 1, 0, 1, 1),
    ((12,), 3, 4, (4,), 1, "same", 2, 1),
    ((12,), 4, 8, (3,), 3, 2, 1, 4),
]
# sizes, n_in, n_out, kernel, stride, padding, output_padding
TRANSPOSED = [
    ((4, 3), 3, 2, (3, 3), 1, 0, 0),
    ((4, 3), 3, 2, (4, 4), 2, 1, 0),
    ((4, 3), 3, 2, (3, 3), 2, 1, 1),
    ((4, 3), 3, 2, (2, 5), (3, 2), (0, 2), (0, 1)),
    ((4, 3), 3, 2, (2, 2), 3, 0, 0),
    ((6,), 3, 2, (4,), 2, 1, 0),
    ((6,), 3, 2, (3,), 3, 1, 1),
    ((6,), 3, 2, (5,), 1, 2, 0),
]


def compare(layer_of, theirs, x, weight, bias, to_torch):
    """Value and gradients of an uneven sum; `to_torch` turns our kernel into theirs."""
    t = {name: torch.tensor(value, requires_grad=True) for name, value in (("x", x), ("w", weight), ("b", bias))}
    y = theirs(t["x"].movedim(-1, 1), to_torch(t["w"]), t["b"]).movedim(1, -1)
    weights = np.random.default_rng(0).normal(size=y.shape).astype(x.dtype)
    y.backward(torch.tensor(weights))
    with contract.float64():
        ours, pull = jax.vjp(jax.jit(lambda x, w, b: layer_of(w, b)(x)), *map(jnp.asarray, (x, weight, bias)))
        gradients = pull(jnp.asarray(weights))
    tolerance = 1e-5 if x.dtype == np.float32 else 1e-9
    for one, two in zip((ours, *gradients), (y, *(t[name].grad for name in "xwb")), strict=True):
        assert one.dtype == x.dtype
        np.testing.assert_allclose(one, two.detach().numpy(), rtol=tolerance, atol=tolerance * 2)


def drawn(seed, dtype, sizes, n_in, kernel, n_in_of_group, n_out):
    rng = np.random.default_rng(seed)
    shapes = (2, *sizes, n_in), (*kernel, n_in_of_group, n_out), (n_out,)
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("setting", CONVOLUTIONS, ids=str)
def test_convolution(setting, dtype):
    sizes, n_in, n_out, kernel, stride, padding, dilation, groups = setting
    kind, theirs = (Conv1d, F.conv1d) if len(sizes) == 1 else (Conv2d, F.conv2d)
    for seed in range(2):
        x, weight, bias = drawn(seed, dtype, sizes, n_in, kernel, n_in // groups, n_out)
        compare(
            lambda w, b: kind(w, b, stride, padding, dilation, groups),
            lambda x, w, b: theirs(x, w, b, stride, padding, dilation, groups),
            x,
            weight,
            bias,
            lambda w: w.movedim((-1, -2), (0, 1)),
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("setting", TRANSPOSED, ids=str)
def test_transposed(setting, dtype):
    sizes, n_in, n_out, kernel, stride, padding, more = setting
    kind, theirs = (ConvTranspose1d, F.conv_transpose1d) if len(sizes) == 1 else (ConvTranspose2d, F.conv_transpose2d)
    both = [(n, n) if isinstance(n, int) else n for n in (padding, more)]
    pairs = tuple((p, p - q) for p, q in zip(*both, strict=True))[: len(sizes)]
    for seed in range(2):
        x, weight, bias = drawn(seed, dtype, sizes, n_in, kernel, n_in, n_out)
        compare(
            lambda w, b: kind(w, b, stride, pairs),
            lambda x, w, b: theirs(x, w, b, stride, padding, more),
            x,
            weight,
            bias,
            lambda w: w.movedim((-2, -1), (0, 1)),
        )
