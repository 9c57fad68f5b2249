"""The networks of the speed table equal PyTorch's, built from its own layers: logits and every gradient, 1e-5."""

import dataclasses

import contract
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import GRU, LSTM, Repeated
from dlnotes.losses import cross_entropy
from dlnotes.models import CNN, GPT, LeNet, ResNet, RNNClassifier

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional
pytestmark = pytest.mark.torch


def linear(layer):
    twin = nn.Linear(*layer.weight.shape, bias=True)
    return fill(twin, weight=layer.weight.T, bias=layer.bias)


def conv(layer, padding=0):
    height, _, n_in, n_out = layer.weight.shape
    twin = nn.Conv2d(n_in, n_out, height, layer.stride, padding, bias=layer.bias is not None)
    bias = {} if layer.bias is None else {"bias": layer.bias}
    return fill(twin, weight=layer.weight.transpose(3, 2, 0, 1), **bias)


def fill(twin, **numbers):
    for name, value in numbers.items():
        getattr(twin, name).data = torch.tensor(np.array(value))
    return twin


def as_nchw(x):
    return torch.tensor(np.array(jnp.moveaxis(x, -1, 1)))


class TorchCNN(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.convs = nn.ModuleList(map(conv, net.convs))
        self.hidden, self.output, self.n = linear(net.hidden), linear(net.output), net.convs[-1].weight.shape[-1]

    def forward(self, x):
        for layer in self.convs[:-1]:
            x = F.max_pool2d(F.relu(layer(x)), 2)
        x = F.relu(self.convs[-1](x)).permute(0, 2, 3, 1).flatten(1)
        return self.output(F.relu(self.hidden(x)))


class TorchLeNet(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.conv1, self.conv2 = conv(net.conv1, 2), conv(net.conv2)
        self.dense1, self.dense2, self.output = linear(net.dense1), linear(net.dense2), linear(net.output)

    def forward(self, x):
        x = F.avg_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.avg_pool2d(torch.tanh(self.conv2(x)), 2).permute(0, 2, 3, 1).flatten(1)
        return self.output(torch.tanh(self.dense2(torch.tanh(self.dense1(x)))))


class TorchConvNorm(nn.Module):
    def __init__(self, layer, padding):
        super().__init__()
        self.conv = conv(layer.conv, padding)
        self.norm = fill(nn.BatchNorm2d(layer.norm.scale.shape[0]), weight=layer.norm.scale, bias=layer.norm.bias)

    def forward(self, x):
        return self.norm(self.conv(x))


class TorchBlock(nn.Module):
    def __init__(self, block):
        super().__init__()
        self.conv1, self.conv2 = TorchConvNorm(block.conv1, 1), TorchConvNorm(block.conv2, 1)
        self.shortcut = TorchConvNorm(block.shortcut, 0) if block.shortcut else nn.Identity()

    def forward(self, x):
        return F.relu(self.conv2(F.relu(self.conv1(x))) + self.shortcut(x))


class TorchResNet(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.stem = TorchConvNorm(net.stem, 1)
        self.blocks = nn.Sequential(*[TorchBlock(block) for stage in net.stages for block in stage])
        self.output = linear(net.output)

    def forward(self, x):
        return self.output(self.blocks(F.relu(self.stem(x))).mean((2, 3)))


class TorchRNN(nn.Module):
    def __init__(self, net, kind):
        super().__init__()
        self.embedding = fill(nn.Embedding(*net.embedding.weight.shape), weight=net.embedding.weight)
        self.layers = nn.ModuleList()
        for layer in net.body.layers:
            twin = kind(layer.n_in, layer.n_hidden, batch_first=True)
            fill(twin, weight_ih_l0=layer.weight.T, weight_hh_l0=layer.recurrent.T, bias_ih_l0=layer.bias)
            twin.bias_hh_l0.data.zero_()
            self.layers.append(twin)
        self.output = linear(net.output)

    def forward(self, tokens):
        x = self.embedding(tokens)
        for layer in self.layers:
            x, _ = layer(x)
        return self.output(x[:, -1])


class TorchGPT(nn.Module):
    def __init__(self, net):
        super().__init__()
        n = net.norm.scale.shape[0]
        self.tokens = fill(nn.Embedding(*net.tokens.weight.shape), weight=net.tokens.weight)
        self.positions = nn.Parameter(torch.tensor(np.array(net.positions)))
        self.blocks = nn.ModuleList()
        for block in net.blocks:
            a = block.attention
            gelu = nn.GELU(approximate="tanh").forward
            twin = nn.TransformerEncoderLayer(n, a.n_heads, 4 * n, 0.0, gelu, batch_first=True, norm_first=True)
            weight = jnp.concatenate([a.query, a.key, a.value], axis=1).T
            bias = jnp.concatenate([a.query_bias, jnp.zeros(n), a.value_bias])
            fill(twin.self_attn, in_proj_weight=weight, in_proj_bias=bias)
            fill(twin.self_attn.out_proj, weight=a.output.T, bias=a.output_bias)
            for name, layer in (("linear1", block.widen), ("linear2", block.narrow)):
                fill(getattr(twin, name), weight=layer.weight.T, bias=layer.bias)
            for name, layer in (("norm1", block.norm1), ("norm2", block.norm2)):
                fill(getattr(twin, name), weight=layer.scale, bias=layer.bias)
            self.blocks.append(twin)
        self.norm = fill(nn.LayerNorm(n), weight=net.norm.scale, bias=net.norm.bias)

    def forward(self, tokens):
        h = self.tokens(tokens) + self.positions[: tokens.shape[1]]
        mask = nn.Transformer.generate_square_subsequent_mask(tokens.shape[1])
        for block in self.blocks:
            h = block(h, src_mask=mask, is_causal=True)
        return self.norm(h) @ self.tokens.weight.T


def check(logits, gradient, twin, inputs, labels, rename=lambda twin: twin):
    """The twin's logits; and its gradients, read by building a second twin from our gradient."""
    theirs = twin(inputs)
    np.testing.assert_allclose(logits, theirs.detach(), rtol=1e-5, atol=1e-5)
    F.cross_entropy(theirs.flatten(0, -2), torch.tensor(np.array(labels)).flatten().long()).backward()
    ours = dict(rename(gradient).named_parameters())
    for name, parameter in twin.named_parameters():
        if name.endswith("bias_hh_l0"):  # PyTorch's second bias
            continue
        found, wanted = ours[name].detach().numpy(), parameter.grad.numpy().copy()
        if name.endswith("in_proj_bias"):  # no bias of the key in ours; PyTorch's has no gradient but rounding
            n = wanted.size // 3
            wanted[n : 2 * n] = 0
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5 * max(1.0, abs(wanted).max()), err_msg=name)


@pytest.mark.parametrize("kind", ["CNN", "LeNet"])
def test_image_networks(kind, key):
    net = CNN.init(key, (28, 28, 1)) if kind == "CNN" else LeNet.init(key)
    net = jax.tree.map(lambda w: w + 0.01, net)
    twin = {"CNN": TorchCNN, "LeNet": TorchLeNet}[kind]
    x, labels = jax.random.normal(jax.random.key(1), (4, 28, 28, 1)), jnp.arange(4)
    gradient = jax.jit(jax.grad(lambda net: cross_entropy(net(x), labels)))(net)
    check(net(x), gradient, twin(net), as_nchw(x), labels, twin)


@pytest.mark.parametrize("repeated", [False, True])
def test_resnet(repeated, key):
    """Depth 14, in float64: through 14 layers with batch norms, float32 rounds to about 1e-4."""
    with contract.float64():
        net, stats = contract.as_float64(ResNet.cifar(key, 14))
        x = jax.random.normal(jax.random.key(1), (4, 32, 32, 3), jnp.float64)
        labels = jnp.arange(4)
        if repeated:
            net, stats = _stack(net, stats)
        loss = jax.jit(jax.grad(lambda net: cross_entropy(net(x, stats, train=True)[0], labels)))
        gradient, logits = loss(net), jax.jit(lambda net: net(x, stats, train=True)[0])(net)
        net, gradient = (_unstack(tree) if repeated else tree for tree in (net, gradient))
        check(logits, gradient, TorchResNet(net).double(), as_nchw(x), labels, TorchResNet)


def _stack(net, stats):
    """The blocks of each stage but its first as one `Repeated`."""

    def stack(blocks):
        return jax.tree.map(lambda *leaves: jnp.stack(leaves), *blocks)

    stages = tuple((stage[0], Repeated(stack(stage[1:]))) for stage in net.stages)
    seen = tuple((stage[0], stack(stage[1:])) for stage in stats["stages"])
    return dataclasses.replace(net, stages=stages), stats | {"stages": seen}


def _unstack(net):
    stages = []
    for first, rest in net.stages:
        n = rest.block.conv1.norm.scale.shape[0]
        stages.append((first, *(jax.tree.map(lambda leaf, i=i: leaf[i], rest.block) for i in range(n))))
    return dataclasses.replace(net, stages=tuple(stages))


@pytest.mark.parametrize(("kind", "theirs"), [(LSTM, nn.LSTM), (GRU, nn.GRU)])
def test_recurrent_classifier(kind, theirs, key):
    net = RNNClassifier.init(key, kind, 20, 6, (5, 4), 3)
    tokens, labels = jax.random.randint(jax.random.key(1), (4, 9), 0, 20), jnp.arange(4) % 3
    gradient = jax.jit(jax.grad(lambda net: cross_entropy(net(tokens, train=True), labels)))(net)
    twins = [TorchRNN(tree, theirs) for tree in (net, gradient)]
    if kind is GRU:  # our one bias of the candidate inside the reset gate is the last third of PyTorch's second
        for tree, twin in zip((net, gradient), twins, strict=True):
            for ours, layer in zip(tree.body.layers, twin.layers, strict=True):
                layer.bias_hh_l0.data[-ours.n_hidden :] = torch.tensor(np.array(ours.recurrent_bias))
    check(net(tokens, train=False), gradient, twins[0], torch.tensor(np.array(tokens)), labels, lambda _: twins[1])


@pytest.mark.parametrize("repeated", [False, True])
def test_gpt(repeated, key):
    net = GPT.init(key, n_tokens=11, context=8, n_features=16, n_heads=4, n_blocks=2, repeated=repeated)
    tokens, labels = jax.random.randint(jax.random.key(1), (3, 7), 0, 11), jax.random.randint(key, (3, 7), 0, 11)
    gradient = jax.jit(jax.grad(lambda net: cross_entropy(net(tokens), labels)))(net)
    logits = net(tokens)
    if repeated:
        net, gradient = (
            dataclasses.replace(
                tree, blocks=tuple(jax.tree.map(lambda leaf, i=i: leaf[i], tree.blocks.block) for i in range(2))
            )
            for tree in (net, gradient)
        )
    check(logits, gradient, TorchGPT(net), torch.tensor(np.array(tokens)), labels, TorchGPT)
