"""What is trained: eight small networks, their data, and how much arithmetic a step of each is.

All numbers are drawn here with NumPy, so that every library gets the same ones: inputs from a normal distribution (or
tokens with equal odds), labels by chance. It can only be learnt by heart; the time of a step does not depend on that.

The arithmetic of a step is counted by the usual convention: two operations for each multiply-add of a convolution or
matrix product, the same again for the gradient with respect to its weights, and again for that with respect to its
input, which the first layer does not need if it reads the data. Attention counts whole squares, as if nothing were
masked. Activations, normalisation and Adam are not counted.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

NETWORKS = (
    "dlnotes",
    "dlnotes-plain",
    "plain",
    "flax",
    "equinox",
    "keras",
    "torch-eager",
    "torch-best",
    "torch-compile",
)


@dataclass(frozen=True)
class Workload:
    """A network to be trained, or something else that takes steps.

    Attributes:
        name: What `--workload` takes.
        title: What a table shows.
        batch: Examples in a step.
        steps: Steps in an epoch.
        parameters: Numbers trained, with one bias per gate in recurrent layers.
        macs: Multiply-adds of the forward pass for one example, a number per layer; the first reads the data, and is 0
            if there is an embedding in front.
        draw: Makes an epoch of data from a generator: `(x, y)`, each (steps * batch, ...).
        peers: Who can take part.
        references: The two of them that all are compared with.
    """

    name: str
    title: str
    batch: int = 0
    steps: int = 0
    parameters: int = 0
    macs: tuple[int, ...] = (0,)
    draw: Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]] | None = None
    peers: tuple[str, ...] = NETWORKS
    references: tuple[str, str] = ("torch-eager", "torch-best")

    @property
    def flops(self) -> int:
        """Floating-point operations of a training step."""
        return 2 * self.batch * (3 * sum(self.macs) - self.macs[0])

    def epoch(self) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and labels of a whole epoch."""
        assert self.draw is not None
        return self.draw(np.random.default_rng(0), self.steps * self.batch)

    def batches(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The same, cut into batches."""
        x, y = self.epoch()
        cuts = range(0, len(x), self.batch)
        return [(x[i : i + self.batch], y[i : i + self.batch]) for i in cuts]


def images(*shape: int) -> Callable:
    """Pictures (or rows) of noise, ten classes."""

    def draw(rng, n):
        return rng.standard_normal((n, *shape), np.float32), rng.integers(10, size=n, dtype=np.int32)

    return draw


def corners(rng, n):
    """The four points of XOR, again and again: (n, 2) and (n, 1) float32."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    y = np.array([[0], [1], [1], [0]], np.float32)
    return np.tile(x, (n // 4, 1)), np.tile(y, (n // 4, 1))


def sentences(rng, n):
    """80 words out of 10,000, two classes."""
    return rng.integers(10_000, size=(n, 80), dtype=np.int32), rng.integers(2, size=n, dtype=np.int32)


def text(rng, n):
    """128 letters out of 65, and at each place the letter that comes next."""
    letters = rng.integers(65, size=(n, 129), dtype=np.int32)
    return np.ascontiguousarray(letters[:, :-1]), np.ascontiguousarray(letters[:, 1:])


def conv(side: int, kernel: int, n_in: int, n_out: int) -> int:
    """Multiply-adds of a convolution whose output is `side` wide and high."""
    return side**2 * kernel**2 * n_in * n_out


def resnet20() -> tuple[int, ...]:
    """First the convolution on the image, then three stages of three blocks of two, then the classes."""
    layers = [conv(32, 3, 3, 16)]
    for side, before, width in ((32, 16, 16), (16, 16, 32), (8, 32, 64)):
        layers += [conv(side, 3, before, width)] + [conv(side, 3, width, width)] * 5
        layers += [conv(side, 1, before, width)] if before != width else []
    return (*layers, 64 * 10)


def recurrent(gates: int) -> tuple[int, ...]:
    """A layer of 64 units on 64 features, one of 32 on these, over 80 words; two classes from the last state."""
    return (0, 80 * gates * 64 * (64 + 64), 80 * gates * 32 * (64 + 32), 32 * 2)


def gpt(width: int = 128, time: int = 128, blocks: int = 4, n_tokens: int = 65) -> tuple[int, ...]:
    """In each block q, k, v and output, 2 × 4 widths of MLP, scores and means; then the tied output."""
    return (0, *[time * 12 * width**2 + 2 * time**2 * width] * blocks, time * width * n_tokens)


ALL = (
    Workload("mlp", "MLP 784-512-512-10, batch 128", 128, 32, 669_706, (784 * 512, 512 * 512, 512 * 10), images(784)),
    Workload("xor", "XOR MLP 2-8-1, batch 4", 4, 1024, 33, (2 * 8, 8), corners),
    Workload(
        "cnn",
        "CNN 32-64-64-Dense 64, 28×28, batch 64",
        64,
        16,
        93_322,
        (conv(26, 3, 1, 32), conv(11, 3, 32, 64), conv(3, 3, 64, 64), 576 * 64, 64 * 10),
        images(28, 28, 1),
    ),
    Workload(
        "lenet",
        "LeNet-5, 28×28, batch 64",
        64,
        32,
        61_706,
        (conv(28, 5, 1, 6), conv(10, 5, 6, 16), 400 * 120, 120 * 84, 84 * 10),
        images(28, 28, 1),
    ),
    Workload("resnet20", "ResNet-20, 32×32×3, batch 64", 64, 3, 272_474, resnet20(), images(32, 32, 3)),
    Workload("lstm", "Embedding-LSTM 64-LSTM 32, length 80, batch 64", 64, 16, 685_506, recurrent(4), sentences),
    Workload("gru", "the same with GRU", 64, 16, 674_242, recurrent(3), sentences),
    Workload("gpt", "GPT 4×128, context 128, batch 16", 16, 4, 817_536, gpt(), text),
)
WORKLOADS = {workload.name: workload for workload in ALL}


def cartpole(n: int, steps: int) -> Workload:
    """CartPole with actions by the toss of a coin: `n` environments at once, `steps` in all."""
    peers = ("dlnotes-rl", "gymnax", "gymnasium" if n == 1 else "gymnasium-vector")
    return Workload(f"cartpole-{n}", f"CartPole, {n:,} at once", n, steps, peers=peers, references=(peers[2], peers[1]))


# Played by benchmarks/environment_speed.py; nothing is trained, so an "epoch" is that many steps.
ENVIRONMENTS = {w.name: w for w in (cartpole(1, 50_000), cartpole(64, 64 * 2_000), cartpole(1024, 1024 * 400))}
