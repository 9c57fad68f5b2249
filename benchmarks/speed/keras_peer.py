"""Keras on JAX: its layers, and the loop that its guide to training with JAX gives: one compiled, stateless step.

`model.fit` does the same work and is slower: it prepares each batch in Python.
"""
# pyright: reportMissingImports=false, reportCallIssue=false, reportArgumentType=false

import functools
import os

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras
import numpy as np
from keras import layers

from speed.trainer import Trainer, epoch_of_steps
from speed.workloads import Workload


def prepare(workload: Workload, setting: str) -> Trainer:
    """Build the network."""
    keras.utils.set_random_seed(1)
    model, optimizer = MODELS[workload.name](), keras.optimizers.Adam(1e-3, epsilon=1e-8)
    optimizer.build(model.trainable_variables)
    losses = keras.losses
    cross_entropy = losses.BinaryCrossentropy if workload.name == "xor" else losses.SparseCategoricalCrossentropy
    loss = cross_entropy(from_logits=True)

    def loss_of(trained, averages, x, y):
        logits, averages = model.stateless_call(trained, averages, x, training=True)
        return loss(y, logits), averages

    @functools.partial(jax.jit, donate_argnums=0)
    def train_step(state, x, y):
        trained, averages, moments = state
        (value, averages), grads = jax.value_and_grad(loss_of, has_aux=True)(trained, averages, x, y)
        trained, moments = optimizer.stateless_apply(moments, grads, trained)
        return (trained, averages, moments), value

    kinds = model.trainable_variables, model.non_trainable_variables, optimizer.variables
    state = tuple([variable.value for variable in kind] for kind in kinds)

    def step(x, y):
        nonlocal state
        state, value = train_step(state, x, y)
        return value

    batches = [jax.device_put(batch) for batch in workload.batches()]
    count = sum(variable.size for variable in state[0])
    return Trainer(count, epoch_of_steps(step, batches), lambda: jax.tree.leaves(state))


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
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
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
            layers.AveragePooling2D(2),
            layers.Conv2D(16, 5, activation="tanh"),
            layers.AveragePooling2D(2),
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
        self.tokens = layers.ReversibleEmbedding(n_tokens, width, embeddings_initializer=small)
        self.positions = layers.Embedding(context, width, embeddings_initializer=small)
        self.blocks = [Block(width, heads=4) for _ in range(4)]
        self.norm = layers.LayerNormalization(epsilon=1e-5)
        self(np.zeros((1, context), np.int32))  # lets every layer see its width

    def call(self, tokens, training=None):
        h = self.tokens(tokens) + self.positions(keras.ops.arange(tokens.shape[1]))
        for block in self.blocks:
            h = block(h)
        return self.tokens(self.norm(h), reverse=True)


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
