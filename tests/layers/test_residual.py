"""Residual blocks: their parts put together by hand, the straight path, their statistics, parameter counts, errors."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.activations import relu
from dlnotes.layers import BasicBlock, BatchStats, Bottleneck, ConvNorm, PreActivationBlock

MAKE = {
    "basic": lambda key, n_in, n_out, stride=1: BasicBlock.init(key, n_in, n_out, stride),
    "bottleneck": lambda key, n_in, n_out, stride=1: Bottleneck.init(key, n_in, n_out, stride),
    "resnext": lambda key, n_in, n_out, stride=1: Bottleneck.resnext(key, n_in, n_out, stride, cardinality=2),
    "pre-activation": lambda key, n_in, n_out, stride=1: PreActivationBlock.init(key, n_in, n_out, stride),
}
X = jnp.asarray(np.random.default_rng(0).normal(size=(4, 6, 5, 8)), jnp.float32)


def without_branch(block):
    """The last convolution of the branch (and its norm's bias) at zero: what is left is the shortcut."""
    last = "conv3" if isinstance(block, Bottleneck) else "conv2"
    return dataclasses.replace(block, **{last: jax.tree.map(jnp.zeros_like, getattr(block, last))})


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("name", MAKE)
def test_without_its_branch_a_block_is_the_straight_path(name, train, key):
    block, stats = MAKE[name](key, 8, 8)
    assert block.shortcut is None
    y, _ = jax.jit(lambda block: block(X, stats, train=train))(without_branch(block))
    np.testing.assert_allclose(y, X if name == "pre-activation" else relu(X), atol=1e-6)


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize(("n_out", "stride"), [(12, 1), (8, 2), (12, 2)])
def test_a_projection_where_the_shape_changes(name, n_out, stride, key):
    block, stats = MAKE[name](key, 8, n_out, stride)
    y, new = jax.jit(lambda block: block(X, stats, train=True))(without_branch(block))
    assert y.shape == (4, 6 // stride, -(-5 // stride), n_out)
    assert jax.tree.structure(new) == jax.tree.structure(stats)
    if name != "pre-activation":
        wanted, _ = block.shortcut(X, stats["shortcut"], train=True)
        np.testing.assert_allclose(y, relu(wanted), rtol=1e-5, atol=1e-5)
    else:
        h, _ = block.norm1(X, stats["norm1"], train=True)
        np.testing.assert_allclose(y, block.shortcut(relu(h)), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", MAKE)
def test_statistics_mirror_the_block_and_move_in_training_only(name, key):
    block, stats = MAKE[name](key, 8, 12, 2)
    assert set(stats) == {field.name for field in dataclasses.fields(block)} - (
        {"conv1", "conv2", "shortcut"} if name == "pre-activation" else set()
    )
    assert all(isinstance(part, BatchStats) for part in stats.values())
    _, moved = jax.jit(lambda stats: block(X, stats, train=True))(stats)
    for before, after in zip(jax.tree.leaves(stats), jax.tree.leaves(moved), strict=True):
        assert not jnp.array_equal(before, after)
    _, still = block(X, moved, train=False)
    jax.tree.map(np.testing.assert_array_equal, still, moved)


def test_the_parameters_of_resnets_blocks():
    """A 256-channel stage: 64-wide bottleneck, 32 x 4d ResNeXt; the counts follow from the papers' tables."""

    def count(make):
        return sum(leaf.size for leaf in jax.tree.leaves(jax.eval_shape(make)))

    key = jax.random.key(0)
    norms = 2 * (64 + 64 + 256)
    assert count(lambda: Bottleneck.init(key, 256, 256)[0]) == 256 * 64 + 9 * 64 * 64 + 64 * 256 + norms
    norms = 2 * (128 + 128 + 256)
    assert count(lambda: Bottleneck.resnext(key, 256, 256)[0]) == 256 * 128 + 9 * 4 * 128 + 128 * 256 + norms
    assert count(lambda: BasicBlock.init(key, 64, 64)[0]) == 2 * 9 * 64 * 64 + 4 * 64
    shortcut = 64 * 128 + 2 * 128
    assert count(lambda: BasicBlock.init(key, 64, 128, 2)[0]) == 9 * 64 * 128 + 9 * 128 * 128 + 4 * 128 + shortcut


def test_leaf_names_read_like_paths(key):
    block, _ = BasicBlock.init(key, 2, 4)
    names = [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(block)]
    assert names[:3] == [".conv1.conv.weight", ".conv1.norm.scale", ".conv1.norm.bias"]
    assert names[-3:] == [".shortcut.conv.weight", ".shortcut.norm.scale", ".shortcut.norm.bias"]


KEY = jax.random.key(0)
BLOCK, STATS = BasicBlock.init(KEY, 8, 8)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: BasicBlock.init(0, 8, 8), "BasicBlock.init expects one random key"),
        (lambda: Bottleneck.init(KEY, 8, 0), "Bottleneck.init expects n_out to be an integer at least 1; got 0"),
        (lambda: Bottleneck.resnext(KEY, 8, 8, cardinality=3), "Conv2d.init expects groups to divide the 4 input"),
        (lambda: PreActivationBlock.init(KEY, 0, 8), "BatchNorm.init expects n_features to be an integer at least 1"),
        (lambda: BLOCK(X[..., :3], STATS, train=True), r"BasicBlock expects .* \(..., height, width, 8\); got"),
        (lambda: BLOCK(X, STATS["conv1"], train=True), "BasicBlock expects stats .* shortcut; got a BatchStats"),
        (lambda: BLOCK(X, {"conv1": 1}, train=True), "BasicBlock expects stats .* shortcut; got one of conv1"),
        (lambda: BLOCK(X, STATS, train=None), "BatchNorm expects train to be True or False; got None"),
        (lambda: BLOCK(X, STATS), ".*missing 1 required keyword-only argument: 'train'"),
        (lambda: ConvNorm.init(KEY, 8, 0, 3), "BatchNorm.init expects n_features to be an integer at least 1; got 0"),
    ],
)
def test_malformed_input_is_named(call, sentence):
    with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
        call()
