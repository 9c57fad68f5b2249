"""dlnotes as a notebook uses it: its models, and the compiled epoch that `fit` runs.

Setting "plain" is the same with the environment variable DLNOTES_KERNELS=off: every layer by its formula, none of the
faster ways for CPUs.
"""

import os
from typing import Any

import jax

from speed.trainer import Trainer
from speed.workloads import Workload


def prepare(workload: Workload, setting: str) -> Trainer:
    """Build the network."""
    if setting == "plain":
        os.environ["DLNOTES_KERNELS"] = "off"  # before the first import of dlnotes
    from dlnotes.optim import Adam
    from dlnotes.train import init_state, make_train_epoch

    model, stats, loss = network(workload.name, jax.random.key(1))
    optimizer, data = Adam(1e-3), jax.device_put(workload.epoch())
    state = init_state(model, optimizer, jax.random.key(2), stats)
    train_epoch = make_train_epoch(loss, optimizer, workload.batch)
    epochs = 0

    def epoch() -> tuple[float, float]:
        nonlocal state, epochs
        state, means = train_epoch(state, data, epochs)
        epochs += 1
        return means["loss"], means["loss"]

    count = sum(leaf.size for leaf in jax.tree.leaves(model))
    return Trainer(count, epoch, lambda: jax.tree.leaves((state.model, state.stats, state.opt_state)))


def network(name: str, key: jax.Array) -> tuple[Any, Any, Any]:
    """The model, its running statistics if it has some, and the loss of a batch."""
    from dlnotes import models
    from dlnotes.activations import tanh
    from dlnotes.layers import GRU, LSTM
    from dlnotes.losses import binary_cross_entropy, cross_entropy

    def loss(model, batch):
        return cross_entropy(model(batch.x), batch.y)

    def loss_in_training(model, batch, *, train):
        return cross_entropy(model(batch.x, train=train), batch.y)

    def loss_with_stats(model, batch, *, stats, train):
        logits, stats = model(batch.x, stats, train=train)
        return cross_entropy(logits, batch.y), {}, stats

    def loss_of_yes_or_no(model, batch):
        return binary_cross_entropy(model(batch.x), batch.y)

    if name == "mlp":
        return models.MLP.init(key, (784, 512, 512, 10)), None, loss
    if name == "xor":
        return models.MLP.init(key, (2, 8, 1), activation=tanh), None, loss_of_yes_or_no
    if name == "cnn":
        return models.CNN.init(key, image=(28, 28, 1), channels=(32, 64, 64), n_hidden=64, n_out=10), None, loss
    if name == "lenet":
        return models.LeNet.init(key), None, loss
    if name == "resnet20":
        return *models.ResNet.cifar(key, depth=20, n_out=10), loss_with_stats
    if name in ("lstm", "gru"):
        layer = {"lstm": LSTM, "gru": GRU}[name]
        model = models.RNNClassifier.init(key, layer, n_tokens=10_000, n_features=64, sizes=(64, 32), n_out=2)
        return model, None, loss_in_training
    model = models.GPT.init(key, n_tokens=65, context=128, n_features=128, n_heads=4, n_blocks=4)
    return model, None, loss
