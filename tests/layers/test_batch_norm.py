"""BatchNorm: Flax's numbers in training and inference, running statistics after 1 and 10 steps, clear errors."""

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.layers import BatchNorm, BatchStats


def drawn(seed, shape, decay=0.9, epsilon=1e-5):
    """A layer, running statistics and an input, all random."""
    keys = jax.random.split(jax.random.key(seed), 5)
    scale, bias, mean = (jax.random.normal(key, shape[-1:]) for key in keys[:3])
    stats = BatchStats(mean, jax.random.uniform(keys[3], shape[-1:], minval=0.5, maxval=2.0))
    return BatchNorm(scale, bias, decay, epsilon), stats, 1 + 2 * jax.random.normal(keys[4], shape)


def flax_call(layer, stats, x, train):
    theirs = flax.linen.BatchNorm(
        use_running_average=not train, momentum=layer.decay, epsilon=layer.epsilon, use_fast_variance=False
    )
    variables = {
        "params": {"scale": layer.scale, "bias": layer.bias},
        "batch_stats": {"mean": stats.mean, "var": stats.variance},
    }
    y, new = theirs.apply(variables, x, mutable=["batch_stats"])
    return y, BatchStats(new["batch_stats"]["mean"], new["batch_stats"]["var"])


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("shape", [(6, 4), (2, 3, 5, 4)])
def test_equals_flax_in_value_and_gradient(shape, train):
    @jax.jit
    def both(layer, stats, x, weights):
        ours = layer(x, stats, train=train)
        theirs = flax_call(layer, stats, x, train)
        our_slopes = jax.grad(lambda layer, x: (weights * layer(x, stats, train=train)[0]).sum(), (0, 1))
        their_slopes = jax.grad(lambda layer, x: (weights * flax_call(layer, stats, x, train)[0]).sum(), (0, 1))
        return (ours, our_slopes(layer, x)), (theirs, their_slopes(layer, x))

    for seed in range(4):
        layer, stats, x = drawn(seed, shape, decay=0.7, epsilon=1e-2)
        ours, theirs = both(layer, stats, x, jax.random.normal(jax.random.key(seed), shape))
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5), ours, theirs)


@pytest.mark.parametrize("decay", [0.0, 0.9, 1.0])
def test_running_statistics_after_1_and_10_steps_equal_flax(decay):
    layer, mine, _ = drawn(0, (8, 4), decay)
    theirs = mine
    ours_step = jax.jit(lambda stats, x: layer(x, stats, train=True)[1])
    their_step = jax.jit(lambda stats, x: flax_call(layer, stats, x, True)[1])
    for step in range(10):
        x = step + jax.random.normal(jax.random.key(step), (8, 4))
        mine = ours_step(mine, x)
        theirs = their_step(theirs, x)
        if step in (0, 9):
            np.testing.assert_allclose(mine.mean, theirs.mean, rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(mine.variance, theirs.variance, rtol=1e-5, atol=1e-6)


def test_the_output_has_the_mean_and_spread_it_is_given():
    layer = BatchNorm(scale=jnp.array([2.0, 1.0, 0.0]), bias=jnp.array([0.0, 5.0, -1.0]))
    x = 100 + 7 * jax.random.normal(jax.random.key(0), (4, 8, 8, 3))
    y, _ = layer(x, BatchNorm.init(3)[1], train=True)
    np.testing.assert_allclose(y.mean((0, 1, 2)), layer.bias, atol=1e-4)
    np.testing.assert_allclose(y.std((0, 1, 2)), layer.scale, rtol=1e-4, atol=1e-4)


def test_decay_is_the_weight_of_the_old_average():
    norm, stats = BatchNorm.init(1, decay=0.75)
    _, new = norm(jnp.array([[4.0], [8.0]]), stats, train=True)
    np.testing.assert_allclose(new.mean, [0.25 * 6])
    np.testing.assert_allclose(new.variance, [0.75 * 1 + 0.25 * 4], err_msg="the biased variance of 4 and 8 is 4")


def test_inference_changes_no_statistics_and_does_not_look_at_the_batch():
    layer, stats, x = drawn(1, (6, 4))
    y, same = layer(x, stats, train=False)
    assert same is stats
    np.testing.assert_allclose(layer(x[:1], stats, train=False)[0], y[:1], rtol=1e-6)
    np.testing.assert_allclose(layer(x[0], stats, train=False)[0], y[0], rtol=1e-6)


def test_statistics_are_no_leaves_of_the_layer():
    norm, stats = BatchNorm.init(3)
    assert [leaf.shape for leaf in jax.tree.leaves(norm)] == [(3,), (3,)]
    assert norm.scale.tolist() == [1, 1, 1]
    assert norm.bias.tolist() == [0, 0, 0]
    assert stats.mean.tolist() == [0, 0, 0]
    assert stats.variance.tolist() == [1, 1, 1]


def test_a_training_step_under_jit_keeps_the_tree():
    norm, stats = BatchNorm.init(3)
    step = jax.jit(lambda stats, x: norm(x, stats, train=True)[1])
    for seed in range(3):
        new = step(stats, jax.random.normal(jax.random.key(seed), (4, 3)))
        assert jax.tree.structure(new) == jax.tree.structure(stats)
        stats = new
    assert step._cache_size() == 1


X = jnp.ones((4, 3))
NORM, STATS = BatchNorm.init(3)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: BatchNorm.init(0), "BatchNorm.init expects n_features to be an integer at least 1; got 0"),
        (lambda: BatchNorm.init(3, decay=1.1), "BatchNorm expects decay to be .* at least 0 and at most 1; got 1.1"),
        (lambda: BatchNorm.init(3, epsilon=0), "BatchNorm expects epsilon to be a finite number above 0; got 0"),
        (lambda: BatchNorm.init(3, decay="a"), "BatchNorm expects decay to be a finite number .*; got 'a'"),
        (lambda: jax.jit(lambda d: BatchNorm.init(3, d))(0.9), "BatchNorm expects decay to be a plain number"),
        (lambda: NORM(jnp.ones((4, 2)), STATS, train=True), r"BatchNorm expects .* \(..., 3\); got \(4, 2\)"),
        (lambda: NORM(X, STATS, train=1), "BatchNorm expects train to be True or False; got 1"),
        (lambda: NORM(X, STATS), ".*missing 1 required keyword-only argument: 'train'"),
        (lambda: NORM(X, None, train=True), "BatchNorm expects stats to be its BatchStats; got NoneType"),
        (lambda: NORM(X[:1], STATS, train=True), r"BatchNorm expects at least two numbers .*; got shape \(1, 3\)"),
        (lambda: NORM(X * jnp.nan, STATS, train=False), "BatchNorm expects an input without NaN"),
    ],
)
def test_malformed_input_is_named(call, sentence):
    with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
        call()
