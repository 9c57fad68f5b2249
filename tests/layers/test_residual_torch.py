"""Residual blocks equal PyTorch's, put together from its parts here: value, gradient, running statistics; 1e-5."""

import contract
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import BasicBlock, BatchNorm, Bottleneck, Conv2d, ConvNorm, PreActivationBlock

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional
pytestmark = pytest.mark.torch


def conv(n_in, n_out, kernel, stride=1, groups=1):
    return nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, groups=groups, bias=False)


def conv_norm(*sizes):
    return nn.Sequential(conv(*sizes), nn.BatchNorm2d(sizes[1]))


class TorchBasic(nn.Module):
    def __init__(self, n_in, n_out, stride):
        super().__init__()
        self.conv1, self.conv2 = conv_norm(n_in, n_out, 3, stride), conv_norm(n_out, n_out, 3)
        self.shortcut = conv_norm(n_in, n_out, 1, stride) if (n_in, stride) != (n_out, 1) else None

    def forward(self, x):
        y = self.conv2(F.relu(self.conv1(x)))
        return F.relu(y + (x if self.shortcut is None else self.shortcut(x)))


class TorchBottleneck(nn.Module):
    def __init__(self, n_in, n_out, stride, width, groups):
        super().__init__()
        self.conv1, self.conv3 = conv_norm(n_in, width, 1), conv_norm(width, n_out, 1)
        self.conv2 = conv_norm(width, width, 3, stride, groups)
        self.shortcut = conv_norm(n_in, n_out, 1, stride) if (n_in, stride) != (n_out, 1) else None

    def forward(self, x):
        y = self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))
        return F.relu(y + (x if self.shortcut is None else self.shortcut(x)))


class TorchPreActivation(nn.Module):
    def __init__(self, n_in, n_out, stride):
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(n_in), nn.BatchNorm2d(n_out)
        self.conv1, self.conv2 = conv(n_in, n_out, 3, stride), conv(n_out, n_out, 3)
        self.shortcut = conv(n_in, n_out, 1, stride) if (n_in, stride) != (n_out, 1) else None

    def forward(self, x):
        h = F.relu(self.norm1(x))
        y = self.conv2(F.relu(self.norm2(self.conv1(h))))
        return y + (x if self.shortcut is None else self.shortcut(h))


PAIRS = {
    "basic": (lambda k, i, o, s: BasicBlock.init(k, i, o, s), TorchBasic),
    "bottleneck": (lambda k, i, o, s: Bottleneck.init(k, i, o, s), lambda i, o, s: TorchBottleneck(i, o, s, o // 4, 1)),
    "resnext": (
        lambda k, i, o, s: Bottleneck.resnext(k, i, o, s, cardinality=2),
        lambda i, o, s: TorchBottleneck(i, o, s, o // 2, 2),
    ),
    "pre-activation": (lambda k, i, o, s: PreActivationBlock.init(k, i, o, s), TorchPreActivation),
}


def pairs_of(ours, theirs):
    """Every convolution and norm of ours with its counterpart, by name."""
    if ours is None:
        return
    if isinstance(ours, (Conv2d, BatchNorm)):
        yield ours, theirs
    elif isinstance(ours, ConvNorm):
        yield from ((ours.conv, theirs[0]), (ours.norm, theirs[1]))
    else:
        for name in vars(ours):
            yield from pairs_of(getattr(ours, name), getattr(theirs, name))


def shake(tree, seed):
    """The same tree with numbers near its own, so that no scale is 1 and no bias is 0."""
    rng = np.random.default_rng(seed)
    return jax.tree.map(lambda leaf: jnp.asarray(leaf + 0.2 * rng.normal(size=leaf.shape), leaf.dtype), tree)


def compare(ours, theirs, slopes=False):
    """The numbers (or, with `slopes`, their gradients) of every convolution and norm agree."""
    for mine, other in pairs_of(ours, theirs):
        if isinstance(mine, Conv2d):
            rows = [(mine.weight, other.weight)]
        else:
            rows = [(mine.scale, other.weight), (mine.bias, other.bias)]
        for one, two in rows:
            two = (two.grad if slopes else two).detach().numpy()
            two = two.transpose(2, 3, 1, 0) if two.ndim == 4 else two
            np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-5 * max(1.0, np.abs(two).max()))


@pytest.mark.parametrize(("n_in", "n_out", "stride"), [(8, 8, 1), (4, 8, 1), (8, 8, 2)])
@pytest.mark.parametrize("name", PAIRS)
def test_equal_in_value_gradient_and_statistics(name, n_in, n_out, stride):
    make, torch_make = PAIRS[name]
    theirs = torch_make(n_in, n_out, stride)
    block, stats = make(jax.random.key(1), n_in, n_out, stride)
    block = shake(block, 0)
    for mine, other in pairs_of(block, theirs):
        with torch.no_grad():
            if isinstance(mine, Conv2d):
                other.weight.copy_(torch.tensor(np.asarray(mine.weight)).permute(3, 2, 0, 1))
            else:
                other.weight.copy_(torch.tensor(np.asarray(mine.scale)))
                other.bias.copy_(torch.tensor(np.asarray(mine.bias)))
    compare(block, theirs)
    rng = np.random.default_rng(2)

    @jax.jit
    def learn(block, stats, x, weights):
        def uneven(block, x):
            y, new = block(x, stats, train=True)
            return (weights * y).sum(), (y, new)

        return jax.value_and_grad(uneven, (0, 1), has_aux=True)(block, x)

    for step in range(2):
        x = (1 + rng.normal(size=(3, 6, 5, n_in))).astype(np.float32)
        weights = rng.normal(size=(3, 6 // stride, -(-5 // stride), n_out)).astype(np.float32)
        (_, (y, stats)), (slopes, slope_x) = learn(block, stats, jnp.asarray(x), jnp.asarray(weights))
        t = torch.tensor(x, requires_grad=True)
        theirs.zero_grad()
        wanted = theirs(t.movedim(-1, 1)).movedim(1, -1)
        wanted.backward(torch.tensor(weights))
        np.testing.assert_allclose(y, wanted.detach().numpy(), rtol=1e-5, atol=1e-5, err_msg=f"step {step}")
        np.testing.assert_allclose(slope_x, t.grad.numpy(), rtol=1e-5, atol=1e-5)
        compare(slopes, theirs, slopes=True)
    means = [leaf for path, leaf in jax.tree_util.tree_leaves_with_path(stats) if "mean" in jax.tree_util.keystr(path)]
    norms = [other for mine, other in pairs_of(block, theirs) if isinstance(mine, BatchNorm)]
    for mine, other in zip(means, norms, strict=True):
        np.testing.assert_allclose(mine, other.running_mean.numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", PAIRS)
def test_equal_at_test_time_in_float64(name):
    make, torch_make = PAIRS[name]
    theirs = torch_make(4, 8, 2).double().eval()
    block, stats = make(jax.random.key(1), 4, 8, 2)
    block, stats = contract_float64(shake(block, 0), shake(stats, 1))
    by_name = iter([part for part in stats.values() if part is not None])
    for mine, other in pairs_of(block, theirs):
        with torch.no_grad():
            if isinstance(mine, Conv2d):
                other.weight.copy_(torch.tensor(np.asarray(mine.weight)).permute(3, 2, 0, 1))
            else:
                mean, variance = next(by_name)
                for target, value in (
                    (other.weight, mine.scale),
                    (other.bias, mine.bias),
                    (other.running_mean, mean),
                    (other.running_var, variance),
                ):
                    target.copy_(torch.tensor(np.asarray(value)))
    x = np.random.default_rng(3).normal(size=(2, 6, 5, 4))
    with contract.float64():
        y, _ = jax.jit(lambda x: block(x, stats, train=False))(jnp.asarray(x))
    wanted = theirs(torch.tensor(x).movedim(-1, 1)).movedim(1, -1)
    np.testing.assert_allclose(y, wanted.detach().numpy(), rtol=1e-9, atol=1e-9)


def contract_float64(*trees):
    with contract.float64():
        return contract.as_float64(trees)
