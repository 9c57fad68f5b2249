"""Every fast path equals its plain formula, in value and gradient, over random shapes; and the switch switches."""

import functools
import os
import re
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from dlnotes import kernels
from dlnotes.kernels import gates, guard, one_piece
from dlnotes.kernels import groups as in_groups
from dlnotes.kernels import loop as loops
from dlnotes.kernels.convolve import convolve
from dlnotes.kernels.neighbours import how_many
from dlnotes.kernels.one_piece import is_tiny
from dlnotes.layers import GRU, LSTM, Conv2d, ConvTranspose2d, max_pool
from dlnotes.losses import binary_cross_entropy, cross_entropy
from dlnotes.models import MLP
from dlnotes.optim import Adam
from dlnotes.train import init_state, make_train_epoch
from dlnotes.train.batch import Batch
from dlnotes.train.order import shuffled

SEEDS = range(6)


def close(one, two, tolerance=1e-5):
    assert jax.tree.structure(one) == jax.tree.structure(two)
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * max(1.0, np.abs(b).max()))


def same(kernel, arguments, *settings):
    """Value, and gradient of an uneven sum of the value, by the fast path and by the plain formula."""

    def numbers(function, arguments):
        def total(*arguments):
            leaves = jax.tree.leaves(function(*arguments, *settings))
            return sum((np.cos(np.arange(leaf.size), dtype=leaf.dtype) * leaf.ravel()).sum() for leaf in leaves)

        return function(*arguments, *settings), jax.grad(total, argnums=tuple(range(len(arguments))))(*arguments)

    close(*jax.jit(lambda *a: (numbers(kernel.fast, a), numbers(kernel.reference, a)))(*arguments))


def draw(seed, *shape):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


@pytest.mark.parametrize("seed", SEEDS)
def test_matmul(seed):
    sizes = np.random.default_rng(seed).integers(1, 9, 5)
    same(kernels.matmul, (draw(seed, *sizes[: 2 + seed % 3]), draw(seed + 99, sizes[1 + seed % 3], 7)))


@pytest.mark.parametrize(("n_in", "n_out", "lies"), [(40, 11, False), (40, 10, True), (32, 3, False), (33, 1, True)])
def test_matmul_with_a_narrow_matrix(n_in, n_out, lies):
    x, weight = draw(n_in, 2, 5, n_in), draw(n_in + 1, n_in, n_out)
    same(kernels.matmul, (x, weight))
    lying = "opt-barrier" in jax.jit(kernels.matmul.fast).lower(x, weight).as_text("hlo")
    assert lying is lies
    along = (x, weight), (draw(1, *x.shape), draw(2, *weight.shape))
    close(jax.jvp(kernels.matmul.fast, *along), jax.jvp(kernels.matmul.reference, *along))  # and forward mode
    each = jax.vmap(kernels.matmul.fast, in_axes=(None, 0))(x, jnp.stack([weight, 2 * weight]))
    close(each, jnp.stack([x @ weight, 2 * (x @ weight)]))


@pytest.mark.parametrize("seed", range(10))
def test_convolve(seed):
    rng = np.random.default_rng(seed)
    n_space = 1 + seed % 2
    stride, dilation, kernel = (tuple(map(int, rng.integers(1, 4, n_space))) for _ in range(3))
    pads = tuple(tuple(map(int, rng.integers(0, 4, 2))) for _ in range(n_space))
    sizes = [int(d * (k - 1) + 1 + rng.integers(0, 6)) for d, k in zip(dilation, kernel, strict=True)]
    for groups, n_in, n_out in ((1, 2, 4), (2, 2, 4), (3, 2, 24), (6, 2, 24), (4, 1, 4), (3, 1, 6)):
        x, weight = draw(seed, 3, *sizes, n_in * groups), draw(seed + 99, *kernel, n_in, n_out)
        same(kernels.convolve, (x, weight), stride, pads, dilation, groups)


def test_a_depthwise_convolution_adds_up_in_float32():
    x, weight, above = draw(0, 256, 4, 4, 2), draw(1, 3, 3, 1, 4), draw(2, 256, 4, 4, 4)

    def slopes(dtype):
        def total(x, weight):
            y = kernels.convolve.fast(x, weight, (1, 1), ((1, 1), (1, 1)), (1, 1), 2)
            return (y * above.astype(dtype)).astype(jnp.float32).sum()

        return jax.jit(jax.grad(total, (0, 1)))(x.astype(dtype), weight.astype(dtype))

    for short, exact in zip(slopes(jnp.bfloat16), slopes(jnp.float32), strict=True):
        assert short.dtype == jnp.bfloat16
        assert np.abs(short.astype(np.float32) - exact).max() < 2**-7 * np.abs(exact).max()  # rounded once or twice


@pytest.mark.parametrize("seed", range(10))
def test_spread(seed):
    rng = np.random.default_rng(seed)
    n_space = 1 + seed % 2
    between, kernel, sizes = (tuple(map(int, rng.integers(1, 5, n_space))) for _ in range(3))
    pads = tuple((int(rng.integers(-1, 4)), int(k + rng.integers(0, 3))) for k in kernel)
    same(kernels.spread, (draw(seed, 2, *sizes, 3), draw(seed + 99, *kernel, 3, 2)), pads, between)


def test_groups_are_put_together_until_they_are_wide_and_few():
    assert [in_groups.how_many(*case) for case in ((1, 3), (4, 16), (8, 64), (32, 128), (6, 12))] == [1, 2, 1, 2, 6]
    assert in_groups.how_many(128, 1024) == 8  # 16 convolutions, not 128
    parts = in_groups.cut(jnp.ones((2, 5, 5, 16)), draw(0, 3, 3, 2, 32), 8)
    assert [(x.shape, weight.shape) for x, weight in parts] == [((2, 5, 5, 4), (3, 3, 4, 8))] * 4
    assert all((weight[:, :, :2, 4:] == 0).all() and (weight[:, :, :2, :4] != 0).all() for _, weight in parts)


def test_a_depthwise_convolution_is_none():
    """No convolution, neither forwards nor back; with too many taps it is cut like one in groups."""
    ones, pads = (1, 1), ((4, 4), (4, 4))
    for size, convolutions in ((3, 0), (7, 0), (9, 1)):
        x, weight = draw(0, 2, 11, 11, 4), draw(1, size, size, 1, 4)
        slope = jax.grad(lambda x, w: jnp.sin(kernels.convolve.fast(x, w, ones, pads, ones, 4)).sum(), (0, 1))
        assert jax.jit(slope).lower(x, weight).as_text().count("stablehlo.convolution") == 3 * convolutions
        if not convolutions:
            same(kernels.convolve, (x, weight), ones, pads, ones, 4)


CONVOLUTIONS = {
    "ordinary": Conv2d.init(jax.random.key(0), 4, 3, 3),
    "in groups": Conv2d.init(jax.random.key(0), 4, 6, 3, stride=2, groups=2),
    "transposed": ConvTranspose2d.init(jax.random.key(0), 4, 3, 3, stride=2),
    "depthwise": Conv2d.depthwise(jax.random.key(0), 4, 3, stride=2),
}


@pytest.mark.parametrize("kind", CONVOLUTIONS)
def test_a_convolution_has_a_second_derivative(kind):
    """The Hessian times a direction, by going forwards through the gradient."""
    layer, x, along = CONVOLUTIONS[kind], draw(0, 2, 6, 6, 4), draw(1, 2, 6, 6, 4)

    def product(layer, x):
        slope = jax.grad(lambda layer, x: jnp.sin(layer(x)).sum(), (0, 1))
        return jax.jvp(slope, (layer, x), (layer, along))[1]

    found = {}
    for setting in ("on", "off"):
        with kernels.using(setting):
            found[setting] = jax.jit(product)(layer, x)
    close(found["on"], found["off"])


@pytest.mark.parametrize("kind", ["ordinary", "in groups", "transposed"])
def test_a_convolution_in_a_loop_is_written_in_the_one_arrangement(kind):
    """Both gradients have their axes where XLA's CPU compiler wants them; by JAX's own rule one has not."""
    layer, found = CONVOLUTIONS[kind], {}
    for setting in ("on", "off"):
        with kernels.using(setting):
            slope = jax.grad(lambda layer, x: jnp.sin(layer(x)).sum(), (0, 1))
            program = jax.jit(slope).lower(layer, jnp.ones((4, 6, 6, 4))).as_text()
            found[setting] = set(re.findall(r"dim_numbers = (.*?), window", program))
    one = {"[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]"}
    assert found["on"] == one
    assert found["off"] - one


@pytest.mark.parametrize("kernel", [(5, 5), (3, 2), (4,)])
@pytest.mark.parametrize("n_out", [1, 6, 16])
def test_a_convolution_of_several_neighbours_at_once(kernel, n_out):
    space = (9, 11 + kernel[-1])[-len(kernel) :]  # with the padding, rows of 12 places
    x, weight = draw(0, 2, *space, 3), draw(1, *kernel, 3, n_out)
    ones, pads = (1,) * len(kernel), ((1, 2),) * (len(kernel) - 1) + ((0, 0),)
    m = how_many(kernel[-1], n_out, 12)
    assert m > 1 or n_out == 16
    program = jax.jit(kernels.convolve.fast, static_argnums=(2, 3, 4, 5)).lower(x, weight, ones, pads, ones, 1)
    assert f"stride = [{', '.join(map(str, (*ones[:-1], m)))}]" in program.as_text()
    same(kernels.convolve, (x, weight), ones, pads, ones, 1)


def test_neighbours_are_taken_where_they_pay():
    assert [how_many(5, 6, width) for width in (28, 14, 13)] == [4, 2, 1]  # a divisor of the width, or none
    assert [how_many(kernel, 16, 32) for kernel in (1, 3, 5)] == [1, 1, 2]
    assert how_many(3, 64, 32) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_pooling(seed):
    rng = np.random.default_rng(seed)
    window = tuple(map(int, rng.integers(1, 4, 2)))
    n, height, width, c = rng.integers(3, 9, 4)
    same(kernels.max_pool, (draw(seed, n, height, width, c),), window)
    same(kernels.average_pool, (draw(seed, n, height, width, c),), window)


def test_max_pool_gives_ties_to_the_first_place():
    x = jnp.array([[1.0, 3.0, 0.0, 0.0], [3.0, 2.0, 0.0, 0.0]]).reshape(1, 2, 4, 1)
    for function in (kernels.max_pool.fast, kernels.max_pool.reference):
        slope = jax.grad(lambda x, f=function: (f(x, (2, 2)) * jnp.array([5.0, 7.0]).reshape(1, 1, 2, 1)).sum())(x)
        assert slope[0, ..., 0].tolist() == [[0, 5, 7, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("window", [(4, 4), (17, 1), (12, 12)])
def test_max_pool_of_a_large_window(window):
    same(kernels.max_pool, (draw(0, 2, 24, 25, 3),), window)


def test_max_pool_takes_the_fast_path_for_windows_that_touch(monkeypatch):
    seen = []
    monkeypatch.setattr(kernels, "max_pool", lambda x, window: seen.append(window) or x[:, ::2, ::2])
    max_pool(jnp.ones((2, 4, 4, 3)), 2)
    assert seen == [(2, 2)]
    max_pool(jnp.ones((2, 4, 4, 3)), 2, stride=1)
    max_pool(jnp.ones((2, 4, 4, 3)), 2, padding="same")  # no place is missing: they touch as well
    assert seen == [(2, 2), (2, 2)]


@pytest.mark.parametrize("seed", SEEDS)
def test_standardise(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(map(int, rng.integers(2, 7, 4)))
    axes = [(-1,), (0,), (0, 1, 2), (1, 2), (0, 1), (3,)][seed]
    same(kernels.standardise, (3 * draw(seed, *shape) + 2,), axes, 1e-5)


def test_standardise_has_both_derivatives():
    for axes in ((-1,), (0, 1)):
        function = jax.jit(lambda x, axes=axes: kernels.standardise.fast(x, axes, 1e-2))
        check_grads(function, (draw(1, 3, 4, 5),), 2, rtol=1e-2)


@pytest.mark.parametrize("seed", SEEDS)
def test_normalise(seed):
    shape = tuple(map(int, np.random.default_rng(seed).integers(2, 7, 1 + seed % 4 + (seed % 4 == 0))))
    arguments = 3 * draw(seed, *shape) + 2, draw(seed + 99, shape[-1]), draw(seed + 199, shape[-1])
    same(kernels.normalise, arguments, 1e-3)


def test_normalise_has_both_derivatives_and_adds_up_twice():
    arguments = draw(1, 3, 4, 5), draw(2, 5), draw(3, 5)
    check_grads(jax.jit(lambda *a: kernels.normalise.fast(*a, 1e-2)), arguments, 2, rtol=1e-2)

    def sums(function):
        slope = jax.grad(lambda x, scale, bias, above: (function(x, scale, bias, 1e-2)[0] * above).sum(), (0, 1, 2))
        program = jax.jit(slope).lower(*arguments, draw(4, 3, 4, 5)).compile().as_text()
        return len(re.findall(r" = f32\[5\]\S* reduce\(", program))

    assert sums(kernels.normalise.fast) == 4  # the mean and the variance, and two for three gradients
    assert sums(kernels.normalise.reference) > 4


def test_gates():
    x = jnp.linspace(-12, 12, 97)
    for gate in (gates.sigmoid, gates.tanh):
        same(gate, (x,))
        check_grads(gate.fast, (x / 4,), 2, rtol=1e-2)


@pytest.mark.parametrize(
    ("layer", "most"),
    [  # what it gives out, the state before each step, and the values: five; r, z, n, u_n; r, z, n
        (LSTM.init(jax.random.key(0), 3, 4), 8),
        (GRU.init(jax.random.key(0), 3, 4), 6),
        (GRU.init(jax.random.key(0), 3, 4, reset_after=False), 5),
    ],
    ids=["LSTM", "GRU", "GRU, reset before"],
)
def test_a_loop_keeps_the_values_of_its_gates_alone(layer, most):
    x = draw(0, 2, 5, 3)

    def slopes(layer):
        return jax.grad(lambda layer: (layer(x)[0] * draw(1, 2, 5, 4)).sum())(layer)

    kept, products, found = {}, {}, {}
    for setting in ("on", "off"):
        with kernels.using(setting):
            products[setting] = jax.jit(slopes).lower(layer).compile().as_text().count(" dot(")
            scans = [e for e in one_piece.equations(jax.make_jaxpr(slopes)(layer).jaxpr) if e.primitive.name == "scan"]
            kept[setting] = sum(result.aval.shape[:1] == (5,) for result in scans[0].outvars)  # one for each step
            found[setting] = jax.jit(slopes)(layer)
    assert kept["on"] <= most
    assert kept["off"] > most + 2
    assert 0 < products["on"] <= products["off"], "none is worked out twice"
    close(found["on"], found["off"])


def wander(i, x):
    """A tiny step with a product, a look-up, a draw and a loop inside."""
    chosen = x[jax.random.randint(jax.random.fold_in(jax.random.key(3), i), (4,), 0, 4)]
    y = jnp.tanh(chosen @ chosen.T) / (1 + jnp.linalg.norm(chosen))
    return jax.lax.fori_loop(0, 3, lambda _, y: y - 0.1 * y**2, y) + jax.nn.log_softmax(x)


def for_ever(carry):
    return True


def five(turn, x, **options):
    """Five turns: as `compile_loop` runs them, from a copy, since the carry is used up."""
    return kernels.compile_loop(turn, for_ever, **options)(0, 5, jnp.array(x))


@pytest.fixture
def pieces(monkeypatch):
    """The loops that were run as one piece."""
    found, real = [], loops.in_one_piece
    note = lambda loop: lambda *a: found.append(loop) or real(loop)(*a)  # noqa: E731
    monkeypatch.setattr(loops, "in_one_piece", note)
    return found


def test_a_tiny_loop_is_one_piece_and_gives_the_same(pieces):
    x = draw(0, 4, 4)
    expected = functools.reduce(lambda x, i: wander(i, x), range(5), x)
    run = kernels.compile_loop(wander, for_ever)
    for setting, compiled in (("off", 0), ("on", 1)):
        with kernels.using(setting):
            for _ in range(2):  # a form met before is not compiled again
                np.testing.assert_allclose(run(0, 5, jnp.array(x)), expected, rtol=1e-5, atol=1e-6)
        assert len(pieces) == compiled
    lowered = jax.jit(one_piece.in_one_piece(lambda x: wander(0, x))).lower(x)
    assert 'xla_cpu_small_call = "true"' in lowered.as_text()


@pytest.mark.parametrize("n_out", [1, 3])
def test_a_tiny_network_is_trained_in_one_piece(pieces, n_out):
    def loss(model, batch):
        logits = model(batch.x)
        return cross_entropy(logits, batch.y) if n_out > 1 else binary_cross_entropy(logits[:, 0], batch.y)

    labels = jnp.arange(8) % 2
    data = Batch(draw(0, 8, 2), labels if n_out > 1 else labels.astype(jnp.float32))
    state = init_state(MLP.init(jax.random.key(0), (2, 8, n_out)), Adam(0.01), jax.random.key(1))
    with kernels.using("on"):
        _, means = make_train_epoch(loss, Adam(0.01), 4)(state, data, 0)
    assert np.isfinite(means["loss"])
    assert len(pieces) == 1


def test_a_loop_is_one_piece_only_where_every_operation_allows_it(pieces):
    turns = (
        lambda i, x: x @ x,
        lambda i, x: jnp.sort(x),
        lambda i, x: x.at[i].add(1.0),
        lambda i, x: jax.lax.cond(i > 2, jnp.sin, lambda x: x, x),
    )
    for turn, x in zip(turns, (jnp.eye(32), draw(0, 6, 6), jnp.ones((6, 6)), jnp.ones((6, 6))), strict=True):
        assert not is_tiny(jax.make_jaxpr(turn)(0, x))
        np.testing.assert_allclose(five(turn, x), functools.reduce(lambda x, i: turn(i, x), range(5), x))
    assert is_tiny(jax.make_jaxpr(turns[0])(0, jnp.eye(16)))
    five(wander, draw(0, 4, 4), several_devices=True)
    assert pieces == []


def test_a_loop_that_reads_none_of_its_inputs(pieces):
    run = kernels.compile_loop(lambda i, x, unread: x + 1, for_ever)
    np.testing.assert_allclose(run(0, 5, jnp.zeros(3), jnp.arange(4)), 5 * np.ones(3))
    assert len(pieces) == 1


@pytest.mark.parametrize(
    ("groups", "setting", "expected"),
    [(1, "on", "loop"), (1, "off", "one by one"), (2, "on", "loop"), (4, "on", "loop"), (2, "off", "one by one")],
)
def test_steps_with_a_convolution_that_a_loop_would_slow_down_are_called_one_by_one(groups, setting, expected):
    x = draw(0, 2, 9, 9, 4)

    def turn(i, weight):
        slope = jax.grad(lambda w: (convolve(x, w, (1, 1), ((1, 1), (1, 1)), (1, 1), groups) ** 2).mean())(weight)
        return weight - 0.1 * slope

    weight = draw(1, 3, 3, 4 // groups, 64)
    with kernels.using(setting):
        assert loops.way(jax.make_jaxpr(turn)(0, weight)) == expected
        close(five(turn, weight), functools.reduce(lambda w, i: turn(i, w), range(5), weight))


def test_a_convolution_of_the_learner_is_called_one_by_one_with_the_fast_paths_too():
    def turn(i, weight):
        def total(weight):
            return jax.lax.conv_general_dilated(
                jnp.ones((2, 9, 9, 4)), weight, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
            ).sum()

        return weight - 0.1 * jax.grad(total)(weight)

    with kernels.using("on"):
        assert loops.way(jax.make_jaxpr(turn)(0, draw(0, 3, 3, 4, 64))) == "one by one"


def test_a_loop_that_may_end_early():
    run = kernels.compile_loop(lambda i, now: (now[0] + i, now[1] * 2), lambda now: now[0] < 3)
    large = jnp.ones(5000)  # too large for one piece
    total, doubled = run(0, 9, (jnp.zeros((), jnp.int32), large))
    assert (int(total), float(doubled[0])) == (3, 8)  # 0 + 1 + 2


def test_an_update_that_is_left_out():
    n = guard.FEW  # with the step, one too many for the formula
    old, gradient = {"w": draw(0, n), "step": jnp.array(4)}, draw(1, n)

    def update(old, gradient):
        return {"w": old["w"] - 0.1 * gradient, "step": old["step"] + 1}

    def branches(way, *arguments):
        program = jax.make_jaxpr(lambda fine, *more: way(fine, update, *more))(jnp.array(True), *arguments)
        return any(e.primitive.name == "cond" for e in one_piece.equations(program.jaxpr))

    few = {"w": old["w"][1:], "step": old["step"]}
    assert branches(kernels.update_if.fast, old, gradient)
    assert not branches(kernels.update_if.fast, few, gradient[1:])
    for way in (kernels.update_if.reference, kernels.update_if.fast):
        close(jax.jit(way, static_argnums=1)(jnp.array(True), update, old, gradient), update(old, gradient))
        close(jax.jit(way, static_argnums=1)(jnp.array(False), update, old, gradient * jnp.nan), old)


@pytest.mark.parametrize("size", [3, guard.FEW])
def test_training_stops_before_a_bad_step_by_a_choice_or_a_branch(size):
    x = jnp.array([1.0, 1.0, -1.0, 1.0])  # its root is not a number
    state = init_state(jnp.ones(size), Adam(0.01), jax.random.key(1))
    state, means = make_train_epoch(lambda w, x: (w * jnp.sqrt(x)).sum(), Adam(0.01), 1)(state, x, 0)
    good = shuffled(state.key, 0, 4).tolist().index(2)  # steps before the bad one
    assert np.isnan(means["loss"])
    assert int(state.step) == int(state.opt_state.step) == good
    np.testing.assert_allclose(state.model, 1 - 0.01 * good, rtol=1e-5)  # all gradients are 1, so Adam moves by η


def test_the_switch():
    assert kernels.are_used() == (jax.default_backend() == "cpu")
    with kernels.using("off"):
        assert not kernels.are_used()
        with kernels.using("on"):
            assert kernels.are_used()
        assert not kernels.are_used()
    kernels.use("auto")


def test_the_switch_reaches_what_was_compiled_before():
    x = draw(0, 2, 4, 4, 3)
    slope = jax.jit(jax.grad(lambda x: max_pool(x, 2).sum()))
    with kernels.using("on"):
        assert "select_and_scatter" not in slope.lower(x).as_text()
        slope(x)
        with kernels.using("off"):
            assert "select_and_scatter" in slope.lower(x).as_text()
            slope(x)


def test_the_compiler_is_asked_only_for_what_it_understands():
    for setting in ("on", "off"):
        with kernels.using(setting):
            wish = kernels.compiler_options()
            assert setting == "on" or wish == {}
            assert jax.jit(lambda x: x + 1, compiler_options=wish)(1.0) == 2


@pytest.mark.plain
def test_an_unknown_setting():
    with pytest.raises(ValueError, match=r"^kernels.use expects setting to be one of 'auto', 'on', 'off'; got 'of'"):
        kernels.use("of")
    assert kernels.are_used() == (jax.default_backend() == "cpu")


def run(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_the_environment_says_what_a_program_begins_with():
    code = "from dlnotes import kernels; print(kernels.are_used())"
    assert run(code, DLNOTES_KERNELS="off") == "False"
    assert "DLNOTES_KERNELS" in run(code, DLNOTES_KERNELS="fast")


LARGE_ARRAY = "import numpy as np\ndef work(): np.ones(2**24)"  # of 128 MB
LARGE_RESULT = (  # of 128 MB too
    "import jax, jax.numpy as jnp; x = jnp.ones(2**25); f = jax.jit(lambda x: x + 1)\n"
    "def work(): f(x).block_until_ready()"
)


@pytest.mark.parametrize("work", [LARGE_ARRAY, LARGE_RESULT], ids=["numpy", "jax"])
def test_freed_memory_stays_with_the_process(work):
    """The same work again and again: the system is asked for its pages each time, or never."""
    code = (
        f"import resource; from dlnotes import kernels; told = kernels.keep_freed_memory()\n{work}\n"
        "for _ in range(10): work()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "for _ in range(10): work()\n"
        "print(told, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)"
    )
    told, faults = run(code).split()
    if told == "False":
        pytest.skip("not glibc")
    told, faults_without = run(code, DLNOTES_KEEP_MEMORY="off").split()
    assert told == "False"
    assert int(faults) < int(faults_without) / 4


def test_jax_computes_in_the_thread_that_calls_unless_the_environment_says_otherwise():
    code = 'from dlnotes import kernels; import jax; print(jax.config.values["jax_cpu_enable_async_dispatch"])'
    assert run(code) == str(not kernels.keep_freed_memory())
    assert run(code, DLNOTES_KERNELS="off") == run(code, JAX_CPU_ENABLE_ASYNC_DISPATCH="1") == "True"
