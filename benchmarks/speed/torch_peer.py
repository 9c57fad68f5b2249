"""PyTorch as its tutorials write it: `nn` modules and a loop of zero_grad, backward, step. Three settings.

- "eager": the defaults.
- "best": the fused Adam, pictures with their channels last, and glibc told to keep the memory that a step gives back,
  because fresh pages are slow.
- "compile": "best", and the network through `torch.compile`.

In all of them numbers too small for float32's normal form are taken as zero, as XLA does: the gradients that reach the
first words of a long sequence become so small, and their squares would make Adam slow.
"""
# pyright: reportMissingImports=false

import ctypes
import os

import torch
from torch import nn
from torch.nn import functional as F

from speed.trainer import Trainer, epoch_of_steps
from speed.workloads import Workload

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4  # glibc's malloc.h


def prepare(workload: Workload, setting: str) -> Trainer:
    """Build the network; raise what `torch.compile` raises where it does not work."""
    torch.set_flush_denormal(True)  # first of all: threads inherit it when they are started
    torch.set_num_threads(os.cpu_count() or 1)
    torch.manual_seed(1)
    tuned = setting != "eager"
    if tuned:
        keep_freed_memory()
    model = MODELS[workload.name]()
    batches = [(torch.from_numpy(x), torch.from_numpy(y)) for x, y in workload.batches()]
    pictures = batches[0][0].ndim == 4
    layout = torch.channels_last if tuned else torch.contiguous_format
    if pictures:
        model = model.to(memory_format=layout)
        batches = [(x.permute(0, 3, 1, 2).contiguous(memory_format=layout), y) for x, y in batches]
    batches = [(x if pictures or x.is_floating_point() else x.long(), y) for x, y in batches]
    batches = [(x, y if y.is_floating_point() else y.long()) for x, y in batches]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=tuned)
    forward = torch.compile(model) if setting == "compile" else model

    def step(x, y):
        optimizer.zero_grad()
        logits = forward(x)
        if workload.name == "xor":
            loss = F.binary_cross_entropy_with_logits(logits, y)
        else:
            loss = F.cross_entropy(logits.flatten(0, -2), y.flatten())
        loss.backward()
        optimizer.step()
        return loss.detach()

    def numbers():
        moments = [value for state in optimizer.state.values() for value in state.values()]
        return [value.detach() for value in (*model.state_dict().values(), *moments)]

    count = sum(p.numel() for p in model.parameters())
    return Trainer(count, epoch_of_steps(step, batches), numbers)


def keep_freed_memory() -> None:
    """Have glibc give nothing back to the system, and take 64 MB more whenever it asks for some."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # another C library: it has its own ways
        return
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, -1)
    mallopt(M_TOP_PAD, 64 * 1024 * 1024)


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))


def xor() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))


def cnn() -> nn.Module:
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten()),
        *(nn.Linear(576, 64), nn.ReLU(), nn.Linear(64, 10)),
    )


def lenet() -> nn.Module:
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding="same"), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)),
    )


class ResidualBlock(nn.Module):
    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(n_out)
        self.shortcut = nn.Sequential()
        if n_in != n_out:
            self.shortcut = nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))

    def forward(self, x):
        h = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(h)) + self.shortcut(x))


def resnet20() -> nn.Module:
    blocks, before = [], 16
    for width in (16, 32, 64):
        for _ in range(3):
            blocks.append(ResidualBlock(before, width, 1 if before == width else 2))
            before = width
    stem = (nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


class Reader(nn.Module):
    """Two recurrent layers on an embedding; the classes from the last state."""

    def __init__(self, layer: type[nn.LSTM] | type[nn.GRU]) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10_000, 64)
        self.first = layer(64, 64, batch_first=True)
        self.second = layer(64, 32, batch_first=True)
        self.output = nn.Linear(32, 2)

    def forward(self, tokens):
        h, _ = self.first(self.embedding(tokens))
        h, _ = self.second(h)
        return self.output(h[:, -1])


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width))

    def forward(self, x):
        qkv = self.qkv(self.norm1(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        heads = F.scaled_dot_product_attention(*qkv, is_causal=True)
        x = x + self.out(heads.transpose(1, 2).flatten(2))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    def __init__(self, n_tokens: int = 65, context: int = 128, width: int = 128) -> None:
        super().__init__()
        self.tokens = nn.Embedding(n_tokens, width)
        self.positions = nn.Embedding(context, width)
        self.blocks = nn.Sequential(*(Block(width, heads=4) for _ in range(4)))
        self.norm = nn.LayerNorm(width)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)

    def forward(self, tokens):
        h = self.tokens(tokens) + self.positions.weight
        return F.linear(self.norm(self.blocks(h)), self.tokens.weight)


MODELS = {
    "mlp": mlp,
    "xor": xor,
    "cnn": cnn,
    "lenet": lenet,
    "resnet20": resnet20,
    "lstm": lambda: Reader(nn.LSTM),
    "gru": lambda: Reader(nn.GRU),
    "gpt": GPT,
}
