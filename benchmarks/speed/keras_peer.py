"""Keras on JAX, as its guides write it: layers, `compile`, `fit` on the arrays."""
# pyright: reportMissingImports=false

import os

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np
from keras import layers

from speed.trainer import Trainer
from speed.workloads import Workload


def prepare(workload: Workload, setting: str) -> Trainer:
    """Build the network."""
    keras.utils.set_random_seed(1)
    model = MODELS[workload.name]()
    losses = keras.losses
    loss = losses.BinaryCrossentropy if workload.name == "xor" else losses.SparseCategoricalCrossentropy
    model.compile(keras.optimizers.Adam(1e-3, epsilon=1e-8), loss(from_logits=True), jit_compile=True)
    x, y = workload.epoch()

    def epoch() -> tuple[float, float]:
        history = model.fit(x, y, batch_size=workload.batch, epochs=1, shuffle=False, verbose=0)
        mean = history.history["loss"][0]
        return mean, mean

    count = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    return Trainer(count, epoch, lambda: [*model.weights, *model.optimizer.variables])


def mlp() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(512, activation="relu"),
            layers.Dense(512, activation="relu"),
            layers.Dense(10),
        ]
    )


def xor() -> keras.Model:
    return keras.Sequential([keras.Input((2,)), layers.Dense(8, activation="tanh"), layers.Dense(1)])


def cnn() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )


def lenet() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(6, 5, padding="same", activation="tanh"),
            layers.AveragePooling2D(),
            layers.Conv2D(16, 5, activation="tanh"),
            layers.AveragePooling2D(),
            layers.Flatten(),
            layers.Dense(120, activation="tanh"),
            layers.Dense(84, activation="tanh"),
            layers.Dense(10),
        ]
    )


def conv_norm(x, width: int, kernel: int = 3, stride: int = 1):
    x = layers.Conv2D(width, kernel, stride, padding="same", use_bias=False)(x)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)


def resnet20() -> keras.Model:
    image = keras.Input((32, 32, 3))
    h, before = layers.ReLU()(conv_norm(image, 16)), 16
    for width in (16, 32, 64):
        for _ in range(3):
            stride = 1 if before == width else 2
            inner = conv_norm(layers.ReLU()(conv_norm(h, width, stride=stride)), width)
            shortcut = h if before == width else conv_norm(h, width, 1, stride)
            h, before = layers.ReLU()(layers.add([inner, shortcut])), width
    return keras.Model(image, layers.Dense(10)(layers.GlobalAveragePooling2D()(h)))


def reader(layer: type[keras.layers.Layer]) -> keras.Model:
    """Two recurrent layers on an embedding; the classes from the last state."""
    first, second = layer(64, return_sequences=True), layer(32)
    return keras.Sequential(
        [keras.Input((80,), dtype="int32"), layers.Embedding(10_000, 64), first, second, layers.Dense(2)]
    )


class GPT(keras.Model):
    def __init__(self, n_tokens: int = 65, context: int = 128, width: int = 128) -> None:
        super().__init__()
        small = keras.initializers.RandomNormal(stddev=0.02)
        self.tokens = layers.Embedding(n_tokens, width, embeddings_initializer=small)
        self.positions = layers.Embedding(context, width, embeddings_initializer=small)
        self.blocks = [Block(width, heads=4) for _ in range(4)]
        self.norm = layers.LayerNormalization(epsilon=1e-5)
        self(np.zeros((1, context), np.int32))  # lets every layer see its width

    def call(self, tokens):
        h = self.tokens(tokens) + self.positions(keras.ops.arange(tokens.shape[1]))
        for block in self.blocks:
            h = block(h)
        return self.norm(h) @ keras.ops.transpose(self.tokens.embeddings)


class Block(layers.Layer):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = layers.LayerNormalization(epsilon=1e-5)
        self.attention = layers.MultiHeadAttention(heads, width // heads)
        self.norm2 = layers.LayerNormalization(epsilon=1e-5)
        self.up = layers.Dense(4 * width, activation=gelu)
        self.down = layers.Dense(width)

    def call(self, x):
        h = self.norm1(x)
        x = x + self.attention(h, h, use_causal_mask=True)
        return x + self.down(self.up(self.norm2(x)))


def gelu(x):
    return keras.activations.gelu(x, approximate=True)


MODELS = {
    "mlp": mlp,
    "xor": xor,
    "cnn": cnn,
    "lenet": lenet,
    "resnet20": resnet20,
    "lstm": lambda: reader(layers.LSTM),
    "gru": lambda: reader(layers.GRU),
    "gpt": GPT,
}
