"""What holds for every optimizer: scan, vmap over rates, dtypes, trees, and errors that name the thing."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Array, Float

from dlnotes import schedules
from dlnotes._module import module
from dlnotes.optim import (
    L1,
    L2,
    SGD,
    AdaDelta,
    AdaGrad,
    Adam,
    AdamW,
    Chain,
    ClipByGlobalNorm,
    ClipByValue,
    Momentum,
    Nesterov,
    RMSProp,
    apply_updates,
    global_norm,
)

RATED = [SGD, Momentum, Nesterov, AdaGrad, RMSProp, AdaDelta, Adam, AdamW]
TRANSFORMS = [ClipByValue(0.5), ClipByGlobalNorm(0.5), L1(0.1), L2(0.1)]
ALL = [
    *(kind(0.1) for kind in RATED),
    *TRANSFORMS,
    Chain(ClipByGlobalNorm(1.0), L2(0.01), AdamW(schedules.cosine(0.1, steps=20))),
]


@module
class Line:
    weight: Float[Array, " n"]
    bias: Float[Array, ""]

    def __call__(self, x):
        return x @ self.weight + self.bias


def name(optimizer) -> str:
    return getattr(optimizer, "__name__", type(optimizer).__name__)


def loss(line, x, y):
    return jnp.mean((line(x) - y) ** 2)


X = jnp.asarray(np.random.default_rng(0).normal(size=(32, 3)), jnp.float32)
Y = X @ jnp.array([1.0, -2.0, 0.5]) + 0.3
LINE = Line(jnp.zeros(3), jnp.zeros(()))


def descend(optimizer, steps=200):
    def step(carry, _):
        line, state = carry
        value, grads = jax.value_and_grad(loss)(line, X, Y)
        updates, state = optimizer.update(grads, state, line)
        return (apply_updates(line, updates), state), value

    (line, _), losses = jax.lax.scan(step, (LINE, optimizer.init(LINE)), length=steps)
    return line, losses


@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(0.1),
        Momentum(0.02),
        Nesterov(0.02),
        AdaGrad(0.5),
        RMSProp(0.02),
        AdaDelta(0.3, epsilon=1e-3),
        Adam(0.1),
        AdamW(0.1),
    ],
    ids=name,
)
def test_fits_a_line_under_scan(optimizer):
    line, losses = jax.jit(descend, static_argnums=0)(optimizer)
    assert losses[0] > 1
    assert losses[-1] < 2e-3
    np.testing.assert_allclose(line.weight, [1.0, -2.0, 0.5], atol=0.05)


@pytest.mark.parametrize("kind", RATED, ids=name)
def test_vmap_over_rates(kind):
    rates = jnp.array([0.001, 0.01, 0.1])
    together = jax.jit(jax.vmap(lambda rate: descend(kind(rate), 20)[1]))(rates)
    np.testing.assert_allclose(together[1], jax.jit(lambda: descend(kind(0.01), 20)[1])(), rtol=2e-5)
    assert len(np.unique(np.asarray(together[:, -1]))) == 3


def test_vmap_over_other_settings():
    betas = jnp.array([0.0, 0.5, 0.9])
    together = jax.vmap(lambda beta: descend(Adam(0.1, beta1=beta), 20)[1])(betas)
    np.testing.assert_allclose(together[1], descend(Adam(0.1, beta1=0.5), 20)[1], rtol=2e-5)
    together = jax.vmap(lambda c: descend(Chain(ClipByGlobalNorm(c), SGD(0.1)), 20)[1])(betas + 0.1)
    np.testing.assert_allclose(together[1], descend(Chain(ClipByGlobalNorm(0.6), SGD(0.1)), 20)[1], rtol=2e-5)


def test_vmap_over_a_schedules_peak():
    peaks = jnp.array([0.01, 0.1])
    together = jax.vmap(lambda peak: descend(SGD(schedules.warmup(5, schedules.cosine(peak, 15))), 20)[1])(peaks)
    alone = descend(SGD(schedules.warmup(5, schedules.cosine(0.1, 15))), 20)[1]
    np.testing.assert_allclose(together[1], alone, rtol=2e-5)


@pytest.mark.parametrize("optimizer", ALL, ids=name)
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16, jnp.float16])
def test_dtype_and_tree_are_preserved(optimizer, dtype):
    params = {"line": Line(jnp.ones(3, dtype), jnp.ones((), dtype)), "list": [jnp.ones((2, 2), dtype)]}
    state = jax.eval_shape(optimizer.init, params)
    updates, new_state = jax.eval_shape(optimizer.update, params, state, params)
    new = jax.eval_shape(apply_updates, params, updates)
    for tree in (updates, new):
        assert jax.tree.structure(tree) == jax.tree.structure(params)
        assert all(leaf.dtype == dtype for leaf in jax.tree.leaves(tree))
    assert jax.tree.structure(new_state) == jax.tree.structure(state)
    assert [leaf.dtype for leaf in jax.tree.leaves(new_state)] == [leaf.dtype for leaf in jax.tree.leaves(state)]


@pytest.mark.parametrize("optimizer", ALL, ids=name)
def test_eager_equals_jit_and_state_can_be_donated(optimizer):
    grads = jax.grad(loss)(LINE, X, Y)
    eager = optimizer.update(grads, optimizer.init(LINE), LINE)
    jitted = jax.jit(optimizer.update, donate_argnums=1)(grads, optimizer.init(LINE), LINE)
    for a, b in zip(jax.tree.leaves(eager), jax.tree.leaves(jitted), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


@pytest.mark.parametrize("optimizer", ALL, ids=name)
def test_the_same_on_a_module_and_on_a_dict(optimizer):
    grads = jax.grad(loss)(LINE, X, Y)
    as_dict = lambda line: {"weight": line.weight, "bias": line.bias}  # noqa: E731
    a, _ = optimizer.update(grads, optimizer.init(LINE), LINE)
    b, _ = optimizer.update(as_dict(grads), optimizer.init(as_dict(LINE)), as_dict(LINE))
    assert a.weight.tolist() == b["weight"].tolist()
    assert a.bias.tolist() == b["bias"].tolist()


def test_gradients_may_come_from_numpy_and_params_may_be_plain_numbers():
    params = {"w": 1.0, "v": np.ones(2, np.float32)}
    grads = {"w": 0.5, "v": np.full(2, 0.5, np.float32)}
    for optimizer in ALL:
        updates, _ = optimizer.update(grads, optimizer.init(params), params)
        new = apply_updates(params, updates)
        assert jnp.shape(new["w"]) == ()
        assert new["v"].dtype == jnp.float32


def test_schedules_are_asked_from_step_zero():
    asked = []

    def schedule(step):
        asked.append(int(step))
        return 0.1

    g = {"w": jnp.ones(2)}
    optimizer = SGD(schedule)
    state = optimizer.init(g)
    for _ in range(3):
        _, state = optimizer.update(g, state, g)
    assert asked == [0, 1, 2]
    assert int(state.step) == 3


def test_conventions_that_the_docstrings_state():
    g = {"w": jnp.array([1.0, -1e-4])}
    first = lambda optimizer: optimizer.update(g, optimizer.init(g), g)[0]["w"]  # noqa: E731
    np.testing.assert_allclose(first(Adam(0.1, epsilon=1e-4)), [-0.1 / 1.0001, 0.05], rtol=1e-5)  # ε outside the root
    np.testing.assert_allclose(first(AdaGrad(1.0, epsilon=1e-4)), [-1 / 1.0001, 0.5], rtol=1e-5)
    in_root = AdaGrad(1.0, epsilon=3e-8, epsilon_in_root=True)
    np.testing.assert_allclose(first(in_root), [-1.0, 0.5], rtol=1e-5)  # 1e-4 / √(1e-8 + 3e-8)
    np.testing.assert_allclose(first(RMSProp(1.0, decay=0.75, epsilon=5e-5)), [-2.0, 1.0], rtol=1e-3)
    np.testing.assert_allclose(first(AdaGrad(1.0, initial=3.0)), [-0.5, 1e-4 / 3**0.5], rtol=1e-5)


def test_the_mask_spares_leaves_by_name():
    params = {"layers": [{"weight": jnp.ones(2), "bias": jnp.ones(2)}]}
    zero = jax.tree.map(jnp.zeros_like, params)
    seen = []

    def not_bias(leaf):
        seen.append(leaf)
        return not leaf.endswith("bias")

    for optimizer, pulled in ((L1(0.5, not_bias), 0.5), (L2(0.5, not_bias), 0.5), (AdamW(1.0, mask=not_bias), -0.01)):
        updates, _ = optimizer.update(zero, optimizer.init(params), params)
        np.testing.assert_allclose(updates["layers"][0]["weight"], pulled, rtol=1e-6)
        np.testing.assert_allclose(updates["layers"][0]["bias"], 0.0)
    assert set(seen) == {"layers.0.weight", "layers.0.bias"}


def test_optimizers_are_values():
    assert Adam(0.1) == Adam(0.1)
    assert hash(SGD(schedules.cosine(0.1, 5))) == hash(SGD(schedules.cosine(0.1, 5)))
    assert repr(Chain(ClipByValue(1.0), SGD(0.1))) == "Chain(ClipByValue(limit=1.0), SGD(learning_rate=0.1))"
    with pytest.raises(AttributeError):
        SGD(0.1).learning_rate = 0.2
    assert issubclass(AdamW, Adam)


def test_global_norm_equals_optax():
    grads = jax.grad(loss)(LINE, X, Y)
    np.testing.assert_allclose(global_norm(grads), optax.tree.norm(grads), rtol=1e-6)


# Errors: each names the thing, what was expected, what came.


@pytest.mark.plain
@pytest.mark.parametrize("kind", RATED, ids=name)
@pytest.mark.parametrize("bad", [-0.1, float("nan"), float("inf"), "0.1", None, True, jnp.array([0.1, 0.2])])
def test_bad_rate(kind, bad):
    with pytest.raises((TypeError, ValueError), match=rf"{kind.__name__} expects learning_rate to be "):
        kind(bad)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Momentum(0.1, momentum=1.0), "Momentum expects momentum to be .* below 1; got 1"),
        (lambda: Momentum(0.1, dampening=1.5), "Momentum expects dampening"),
        (lambda: Nesterov(0.1, momentum=-0.1), "Nesterov expects momentum"),
        (lambda: AdaGrad(0.1, initial=-1), "AdaGrad expects initial"),
        (lambda: AdaGrad(0.1, epsilon=0), "AdaGrad expects epsilon to be .* above 0; got 0"),
        (lambda: RMSProp(0.1, decay=1), "RMSProp expects decay"),
        (lambda: AdaDelta(decay=1.1), "AdaDelta expects decay"),
        (lambda: Adam(0.1, beta1=1.0), "Adam expects beta1 to be .* below 1; got 1"),
        (lambda: Adam(0.1, beta2=float("nan")), "Adam expects beta2 .* got nan"),
        (lambda: AdamW(0.1, beta2=1.0), "AdamW expects beta2"),
        (lambda: AdamW(0.1, weight_decay=-1), "AdamW expects weight_decay"),
        (lambda: AdamW(0.1, mask="bias"), "AdamW expects mask to be a function; got 'bias'"),
        (lambda: ClipByValue(0), "ClipByValue expects limit"),
        (lambda: ClipByGlobalNorm(-1), "ClipByGlobalNorm expects limit"),
        (lambda: L1(-1), "L1 expects strength"),
        (lambda: L2(None), "L2 expects strength"),
        (lambda: L2(0.1, mask=3), "L2 expects mask"),
        (lambda: Chain(), "Chain expects at least one"),
        (lambda: Chain(0.1), "Chain expects optimizers and transforms.*got 0.1 at position 0"),
        (lambda: Chain(SGD(0.1), Adam), "position 1. Give an object"),
    ],
)
def test_bad_settings(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()


MISMATCHES = [
    ({"a": jnp.ones(2)}, "the leaf 'b.0' is in params but not in grads"),
    ({"a": jnp.ones(2), "b": [jnp.ones(3)], "c": jnp.ones(1)}, "the leaf 'c' is in grads but not in params"),
    ({"a": jnp.ones(2), "b": [jnp.ones(4)]}, r"the leaf 'b.0' has shape \(4,\) in grads and \(3,\) in params"),
    ({"a": jnp.ones(2), "b": (jnp.ones(3),)}, "their containers differ"),
]


@pytest.mark.plain
@pytest.mark.parametrize("optimizer", ALL, ids=name)
@pytest.mark.parametrize(("grads", "message"), MISMATCHES)
def test_grads_of_another_tree_are_named(optimizer, grads, message):
    params = {"a": jnp.ones(2), "b": [jnp.ones(3)]}
    with pytest.raises(ValueError, match=message):
        optimizer.update(grads, optimizer.init(params), params)


@pytest.mark.plain
@pytest.mark.parametrize("optimizer", [Momentum(0.1), Nesterov(0.1), AdaGrad(0.1), RMSProp(0.1), AdaDelta(), Adam()])
def test_a_state_of_another_tree_is_noticed_without_params(optimizer):
    state = optimizer.init({"a": jnp.ones(2), "b": jnp.ones(3)})
    with pytest.raises(ValueError, match="the leaf 'b' is in the state but not in grads"):
        optimizer.update({"a": jnp.ones(2)}, state)


@pytest.mark.plain
@pytest.mark.parametrize("optimizer", ALL, ids=name)
def test_bad_gradients_are_named(optimizer):
    params = {"a": jnp.ones(2), "b": [jnp.ones(3)]}
    state = optimizer.init(params)
    with pytest.raises(ValueError, match=r"a gradient \(b.0\) without NaN; got nan in 1 of 3 places, first at index 1"):
        optimizer.update({"a": jnp.ones(2), "b": [jnp.array([0, jnp.nan, 0])]}, state, params)
    with pytest.raises(TypeError, match=r"a gradient \(a\) of floating-point numbers; got int32"):
        optimizer.update({"a": jnp.ones(2, jnp.int32), "b": [jnp.ones(3)]}, state, params)
    with pytest.raises(TypeError, match=r"a parameter \(a\) of floating-point numbers; got int32"):
        optimizer.init({"a": jnp.ones(2, jnp.int32)})


@pytest.mark.plain
def test_what_needs_params_says_so():
    g = {"w": jnp.ones(2)}
    for optimizer in (AdamW(), L1(0.1), L2(0.1)):
        with pytest.raises(ValueError, match=r"needs the parameters: call update\(grads, state, params\)"):
            optimizer.update(g, optimizer.init(g))


@pytest.mark.plain
def test_chain_and_apply_updates_name_what_differs():
    g = {"w": jnp.ones(2)}
    with pytest.raises(ValueError, match="Chain has 2 links but got a state for 1"):
        Chain(L2(0.1), SGD(0.1)).update(g, Chain(SGD(0.1)).init(g), g)
    with pytest.raises(ValueError, match=r"the leaf 'w' has shape \(3,\) in updates and \(2,\) in params"):
        apply_updates(g, {"w": jnp.ones(3)})
    with pytest.raises(ValueError, match="learning_rate to be one number or a schedule"):
        jax.vmap(lambda rates: SGD(rates))(jnp.ones((2, 3)))


@pytest.mark.plain
@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(RATED),
    rate=st.one_of(st.floats(), st.text(max_size=3), st.none(), st.booleans(), st.integers(), st.lists(st.floats())),
)
def test_any_rate_is_either_good_or_named(kind, rate):
    try:
        assert float(kind(rate).learning_rate) >= 0
    except (TypeError, ValueError) as error:
        assert f"{kind.__name__} expects learning_rate" in str(error)  # noqa: PT017


@pytest.mark.plain
@settings(max_examples=300, deadline=None)
@given(
    optimizer=st.sampled_from(ALL),
    leaf_name=st.sampled_from(["w", "b", "c"]),
    shape=st.lists(st.integers(0, 3), max_size=3),
    value=st.sampled_from([0.0, 1.0, float("nan"), 1, True, 1j]),
)
def test_any_gradient_is_either_good_or_named(optimizer, leaf_name, shape, value):
    params = {"w": jnp.ones((2, 3)), "b": jnp.ones(3)}
    grads = params | {leaf_name: np.full(shape, value, np.float32 if isinstance(value, float) else None)}
    try:
        optimizer.update(grads, optimizer.init(params), params)
    except (TypeError, ValueError) as error:
        assert " expects " in str(error)  # noqa: PT017
        assert leaf_name in str(error)  # noqa: PT017
    else:
        assert leaf_name != "c"
        assert jnp.shape(params[leaf_name]) == tuple(shape)
        assert value in (0.0, 1.0)
        assert isinstance(value, float)
