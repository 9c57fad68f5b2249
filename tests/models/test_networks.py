"""The networks: published parameter counts, what each promises, and clear errors."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import log_softmax

from dlnotes.layers import GRU, LSTM, Dense, Repeated
from dlnotes.models import CNN, GPT, LeNet, ResNet, RNNClassifier


def count(init):
    return sum(leaf.size for leaf in jax.tree.leaves(jax.eval_shape(init, jax.random.key(0))))


@pytest.mark.parametrize(
    ("depth", "parameters"),
    [(18, 11_689_512), (34, 21_797_672), (50, 25_557_032), (101, 44_549_160), (152, 60_192_808)],
)
@pytest.mark.parametrize("repeated", [False, True])
def test_resnets_have_the_published_numbers_of_parameters(depth, parameters, repeated):
    """torchvision's counts."""
    assert count(lambda key: ResNet.imagenet(key, depth, repeated=repeated)[0]) == parameters


def test_other_numbers_of_parameters():
    assert count(lambda key: ResNet.cifar(key, 20)[0]) == 272_474  # 0.27 M in the paper
    assert count(lambda key: ResNet.cifar(key, 110)[0]) == 1_730_714  # 1.7 M
    assert count(LeNet.init) == 61_706
    assert count(lambda key: CNN.init(key, (28, 28, 1))) == 93_322  # the sum Keras shows for it
    assert count(lambda key: GPT.init(key, 50_257, 1024, 768, 12, 12)) == 124_439_808 - 12 * 768  # GPT-2's, no key bias


def drawn(key, *sizes, **options):
    return jax.jit(lambda key: GPT.init(key, *sizes, **options))(key)


@jax.jit
def logits(gpt, tokens):
    return gpt(tokens)


def test_gpt_does_not_look_ahead(key):
    gpt = jax.tree.map(lambda leaf: 10 * leaf, drawn(key, 11, 8, 16, 2, 2))
    one, other = (np.asarray(logits(gpt, np.array([[3, 1, 4, 1, token, 9]]))) for token in (5, 7))
    np.testing.assert_array_equal(one[:, :4], other[:, :4])
    assert (one[:, 4] != other[:, 4]).any()


def test_gpt_starts_out_knowing_nothing(key):
    """So small are the first logits that each token is about equally likely, and the loss is log(n_tokens)."""
    tokens = np.random.default_rng(0).integers(0, 65, (4, 32))
    said = log_softmax(np.asarray(logits(drawn(key, 65, 32, 64, 4, 4), tokens)), -1)
    loss = -np.take_along_axis(said, np.roll(tokens, -1, 1)[..., None], -1).mean()
    assert abs(loss - np.log(65)) < 0.05


def test_blocks_in_a_loop_are_the_same_network(key):
    written_out, looped = (drawn(key, 11, 8, 16, 2, 3, repeated=repeated) for repeated in (False, True))
    tokens = np.array([[3, 1, 4, 1, 5]])
    np.testing.assert_allclose(logits(written_out, tokens), logits(looped, tokens), rtol=1e-5, atol=1e-6)


def test_a_loop_compiles_one_block(key):
    def size(n_blocks, repeated):
        gpt = jax.eval_shape(lambda key: GPT.init(key, 11, 8, 16, 2, n_blocks, repeated=repeated), key)
        return len(str(jax.make_jaxpr(jax.grad(lambda gpt: gpt(jnp.zeros((1, 4), int)).sum()))(gpt)))

    assert size(8, True) < 1.1 * size(2, True)
    assert size(8, False) > 2.5 * size(2, False)


def test_repeated_statistics(key):
    net, stats = jax.jit(lambda key: ResNet.cifar(key, 20, repeated=True))(key)
    run = jax.jit(lambda net, x, stats, train: net(x, stats, train=train), static_argnums=3)
    x = np.random.default_rng(0).normal(size=(4, 16, 16, 3)).astype(np.float32)
    _, after = run(net, x, stats, True)
    assert jax.tree.map(jnp.shape, after) == jax.tree.map(jnp.shape, stats)
    moved = jax.tree.map(lambda new, old: bool((np.asarray(new) != np.asarray(old)).all()), after, stats)
    assert all(jax.tree.leaves(moved))
    _, again = run(net, x, after, False)
    for new, old in zip(jax.tree.leaves(again), jax.tree.leaves(after), strict=True):
        np.testing.assert_array_equal(new, old)


def test_padding_does_not_reach_the_classifier(key):
    net = RNNClassifier.init(key, GRU, 20, 6, (5, 4), 3)
    short, long = jnp.array([[3, 1, 4]]), jnp.array([[3, 1, 4, 0, 0]])
    masked = net(long, train=False, mask=jnp.arange(5) < 3)
    np.testing.assert_allclose(masked, net(short, train=False), rtol=1e-6, atol=1e-6)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda key: CNN.init(key, (8, 8, 1)), "CNN.init expects an image large enough for 3 convolutions"),
        (lambda key: CNN.init(key, (28, 28)), "CNN.init expects image"),
        (lambda key: CNN.init(key, (28, 28, 1))(jnp.ones((2, 28, 28, 3))), "CNN expects an input of shape"),
        (lambda key: CNN.init(key, (28, 28, 1))(jnp.ones((2, 32, 32, 1))), "Dense expects an input of shape"),
        (lambda key: LeNet.init(key)(jnp.ones((2, 28, 28, 3))), "LeNet expects an input of shape"),
        (lambda key: ResNet.cifar(key, 18), "ResNet.cifar expects a depth of 6n"),
        (lambda key: ResNet.imagenet(key, 20), "ResNet.imagenet expects a depth of 18, 34, 50, 101, 152; got 20"),
        (lambda key: ResNet.cifar(key, 8)[0](jnp.ones((2, 8, 8, 3)), {}, train=True), "ResNet expects stats"),
        (lambda key: GPT.init(key, 11, 8, 16, 3, 2), "MultiHeadAttention.init expects n_heads to divide"),
        (lambda key: GPT.init(key, 11, 4, 16, 2, 2)(jnp.zeros((1, 5), int)), "GPT expects at most 4 tokens"),
        (lambda key: GPT.init(key, 11, 4, 16, 2, 2)(jnp.full((1, 3), 11)), "Embedding expects"),
        (lambda key: RNNClassifier.init(key, LSTM, 5, 4, (), 2), "RNNClassifier.init expects sizes"),
        (lambda key: Repeated.init(key, lambda key: Dense.init(key, 2, 2), 0), "Repeated.init expects n"),
    ],
)
def test_errors(call, message, key):
    with pytest.raises((ValueError, TypeError), match="^" + message):
        call(key)
