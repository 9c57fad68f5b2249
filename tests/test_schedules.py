"""Schedules against optax's and PyTorch's, step by step; traced; and errors that name the thing."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes import schedules
from dlnotes.schedules import constant, cosine, exponential, one_cycle, range_test, step_decay, warmup

STEPS = jnp.arange(120)


@pytest.fixture
def promotion():
    """Optax and PyTorch mix whole steps with float rates, which strict promotion forbids."""
    with jax.numpy_dtype_promotion("standard"):
        yield


PAIRS = {
    "constant": (constant(0.3), lambda: optax.constant_schedule(0.3)),
    "step_decay": (step_decay(0.3, 0.5, 7), lambda: optax.exponential_decay(0.3, 7, 0.5, staircase=True)),
    "exponential": (exponential(0.3, 0.5, 7), lambda: optax.exponential_decay(0.3, 7, 0.5)),
    "exponential-1": (exponential(0.3, 0.97), lambda: optax.exponential_decay(0.3, 1, 0.97)),
    "cosine": (cosine(0.3, 80), lambda: optax.cosine_decay_schedule(0.3, 80)),
    "cosine-end": (cosine(0.3, 80, end=0.03), lambda: optax.cosine_decay_schedule(0.3, 80, alpha=0.1)),
    "warmup-cosine": (
        warmup(20, cosine(0.3, 60, end=0.01), start=0.05),
        lambda: optax.warmup_cosine_decay_schedule(0.05, 0.3, 20, 80, 0.01),
    ),
    "warmup-constant": (warmup(10, 0.2), lambda: optax.linear_schedule(0, 0.2, 10)),
    "warmup-optax": (
        warmup(10, then=optax.exponential_decay(0.2, 5, 0.5)),
        lambda: optax.join_schedules([optax.linear_schedule(0, 0.2, 10), optax.exponential_decay(0.2, 5, 0.5)], [10]),
    ),
    "one_cycle": (one_cycle(0.3, 100), lambda: optax.cosine_onecycle_schedule(100, 0.3)),
    "one_cycle-else": (
        one_cycle(0.3, 90, rise=0.45, start_div=10, end_div=100),
        lambda: optax.cosine_onecycle_schedule(90, 0.3, 0.45, 10, 100),
    ),
    "range_test": (range_test(1e-5, 1.0, 101), lambda: optax.exponential_decay(1e-5, 100, 1e5, end_value=1.0)),
}


@pytest.mark.parametrize(("ours", "theirs"), PAIRS.values(), ids=PAIRS)
def test_equals_optax(ours, theirs, promotion):
    expected = jax.jit(jax.vmap(lambda step: jnp.asarray(theirs()(step), jnp.float32)))(STEPS)
    # float32, and optax folds its constants in another order: a few units in the last place of the largest rate.
    np.testing.assert_allclose(ours(STEPS), expected, rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize("ours", [ours for ours, _ in PAIRS.values()], ids=PAIRS)
def test_one_step_at_a_time_traced_and_in_arrays(ours, request):
    if "optax" in request.node.name:
        request.getfixturevalue("promotion")
    whole = ours(STEPS)
    assert whole.dtype == jnp.float32
    assert whole.shape == STEPS.shape
    np.testing.assert_allclose(jax.jit(jax.vmap(ours))(STEPS), whole, rtol=1e-5)
    for step in (0, 1, 19, 119):
        one = ours(step)
        assert one.shape == ()
        np.testing.assert_allclose(one, whole[step], rtol=1e-5)
        np.testing.assert_allclose(ours(np.int64(step)), whole[step], rtol=1e-5)
    scanned = jax.lax.scan(lambda step, _: (step + 1, ours(step)), jnp.zeros((), jnp.int32), length=120)[1]
    np.testing.assert_allclose(scanned, whole, rtol=1e-5)


def test_the_shapes_that_the_docstrings_promise():
    assert float(range_test(0.01, 1.0, 10)(9)) == pytest.approx(1.0)
    assert float(range_test(0.01, 1.0, 10)(50)) == pytest.approx(1.0)
    ratios = np.asarray(range_test(0.01, 1.0, 10)(jnp.arange(10)))
    np.testing.assert_allclose(ratios[1:] / ratios[:-1], 100 ** (1 / 9), rtol=1e-5)
    wave = np.asarray(one_cycle(1.0, 100)(STEPS))
    assert wave.argmax() == 30
    assert wave[0] == pytest.approx(1 / 25)
    assert wave[100] == pytest.approx(1 / 25 / 1e4)
    assert (np.diff(np.asarray(cosine(1.0, 100)(STEPS))) <= 0).all()
    assert float(cosine(1.0, 100)(100)) == 0
    assert float(warmup(10, 1.0)(10)) == 1


def test_traced_settings():
    peaks = jnp.array([0.1, 0.4])
    for make in (constant, lambda p: step_decay(p, 0.5, 3), lambda p: exponential(p, 0.5), lambda p: cosine(p, 50)):
        both = jax.vmap(lambda peak, make=make: make(peak)(STEPS))(peaks)
        np.testing.assert_allclose(both[1], make(0.4)(STEPS), rtol=1e-5, atol=1e-8)
    both = jax.vmap(lambda peak: warmup(5, one_cycle(peak, 50))(STEPS))(peaks)
    np.testing.assert_allclose(both[1], warmup(5, one_cycle(0.4, 50))(STEPS), rtol=1e-5, atol=1e-8)
    both = jax.vmap(lambda high: range_test(1e-3, high, 50)(STEPS))(peaks)
    np.testing.assert_allclose(both[1], range_test(1e-3, 0.4, 50)(STEPS), rtol=1e-5)


def test_names():
    assert repr(cosine(0.1, 100)) == "cosine(rate=0.1, steps=100, end=0.0)"
    assert cosine(0.1, 100).__name__ == "cosine"
    assert repr(warmup(5, cosine(0.1, 9))) == "warmup(steps=5, then=cosine(rate=0.1, steps=9, end=0.0), start=0.0)"
    assert repr(constant(np.float32(0.1))) == "constant(rate=0.1)"
    assert cosine(0.1, 100) == cosine(0.1, 100)
    assert hash(cosine(0.1, 100)) == hash(cosine(0.1, 100))
    assert cosine(0.1, 100) != cosine(0.1, 101)
    shown = []
    jax.jit(lambda rate: shown.append(repr(constant(rate))))(0.1)
    assert shown == ["constant(rate=traced)"]


@pytest.mark.torch
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (constant(0.3), lambda o, s: s.ConstantLR(o, factor=1.0)),
        (step_decay(0.3, 0.5, 7), lambda o, s: s.StepLR(o, 7, 0.5)),
        (exponential(0.3, 0.97), lambda o, s: s.ExponentialLR(o, 0.97)),
        (cosine(0.3, 99, end=0.01), lambda o, s: s.CosineAnnealingLR(o, 99, eta_min=0.01)),
        (warmup(20, 0.3, start=0.03), lambda o, s: s.LinearLR(o, 0.1, 1.0, 20)),
        (one_cycle(0.3, 99), lambda o, s: s.OneCycleLR(o, 0.3, total_steps=100)),
        (
            one_cycle(0.3, 99, rise=0.5, start_div=10, end_div=100),
            lambda o, s: s.OneCycleLR(o, 0.3, total_steps=100, pct_start=0.5, div_factor=10, final_div_factor=100),
        ),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
@pytest.mark.filterwarnings("ignore")
def test_equals_torch(ours, theirs):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    scheduler = theirs(optimizer, torch.optim.lr_scheduler)
    expected = []
    for _ in range(99):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    if ours.name == "one_cycle" and dict(ours.settings)["rise"] == 0.5:
        # PyTorch's peak is at step 0.5 · 100 - 1 = 49, as ours at ⌊0.5 · 99⌋ = 49.
        assert int(np.argmax(expected)) == 49
    # float32 against float64; cosines near zero lose a few digits.
    np.testing.assert_allclose(ours(jnp.arange(99)), expected, rtol=2e-4, atol=1e-6)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: constant(-0.1), "constant expects rate to be .* at least 0; got -0.1"),
        (lambda: constant(float("nan")), "constant expects rate"),
        (lambda: step_decay(0.1, 1.5, 10), "step_decay expects factor to be .* at most 1; got 1.5"),
        (lambda: step_decay(0.1, 0.5, 0), "step_decay expects every"),
        (lambda: exponential(0.1, 0.0), "exponential expects factor"),
        (lambda: exponential("0.1", 0.5), "exponential expects rate to be .* got '0.1'"),
        (lambda: cosine(0.1, 0), "cosine expects steps"),
        (lambda: cosine(0.1, 10.0), "cosine expects steps to be an integer"),
        (lambda: cosine(0.1, 10, end=-1), "cosine expects end"),
        (lambda: warmup(0, 0.1), "warmup expects steps"),
        (lambda: warmup(5, "cosine"), "warmup expects then"),
        (lambda: warmup(5, 0.1, start=-1), "warmup expects start"),
        (lambda: one_cycle(0.1, 1), "one_cycle expects steps"),
        (lambda: one_cycle(0.1, 10, rise=1.0), "one_cycle expects rise"),
        (lambda: one_cycle(0.1, 3), "one_cycle expects rise · steps to be at least 1; got 0.3 · 3"),
        (lambda: one_cycle(0.1, 10, start_div=0.5), "one_cycle expects start_div"),
        (lambda: range_test(0.0, 1.0, 10), "range_test expects low"),
        (lambda: range_test(0.1, 0.01, 10), "range_test expects high to be .* above 0.1; got 0.01"),
        (lambda: range_test(0.1, 1.0, 1), "range_test expects steps"),
        (lambda: constant(0.1)(-1), "constant expects step to be at least 0; got -1"),
        (lambda: constant(0.1)(1.5), "constant expects step to be a whole number, counted from 0; got float32"),
        (lambda: jax.vmap(lambda rise: one_cycle(0.1, 10, rise=rise)(0))(jnp.ones(2)), "rise to be a plain number"),
    ],
)
def test_errors(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()


ANY = st.one_of(st.floats(), st.integers(-3, 200), st.none(), st.text(max_size=2), st.booleans())


@pytest.mark.plain
@settings(max_examples=500, deadline=None)
@given(
    name=st.sampled_from(["constant", "step_decay", "exponential", "cosine", "one_cycle", "range_test"]), data=st.data()
)
def test_any_settings_are_either_good_or_named(name, data):
    n_args = 1 if name == "constant" else 2 if name in ("cosine", "one_cycle") else 3
    try:
        schedule = getattr(schedules, name)(*[data.draw(ANY) for _ in range(n_args)])
    except (TypeError, ValueError) as error:
        assert f"{name} expects" in str(error)  # noqa: PT017
    else:
        assert schedule.name == name
        assert (np.asarray([value for _, value in schedule.settings]) >= 0).all()
