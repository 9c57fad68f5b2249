"""A population against trainings done one at a time with optax."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dlnotes import losses
from dlnotes.models import MLP
from dlnotes.train import Batch, Population
from dlnotes.train import population as file

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(np.int32)
STARTS = [MLP.init(jax.random.key(seed), (3, 5, 2)) for seed in range(2)]


def loss(model, batch, setting, key):
    noise = setting.get("noise", 0.0) * jax.random.normal(key, batch.x.shape)
    return losses.cross_entropy(model(batch.x + noise), batch.y)


@pytest.fixture(scope="module")
def population() -> Population:
    return Population(loss, STARTS, Batch(X, Y), batch_size=4, steps=250, seed=3)


def some(networks: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(networks)
    ranges = {"rate": 0.3, "momentum": 0.9, "decay": 0.1, "noise": 0.5}
    return {name: rng.uniform(0, top, (2, networks)).astype(np.float32) for name, top in ranges.items()}


def by_optax(setting):
    return optax.chain(optax.add_decayed_weights(setting["decay"]), optax.trace(setting["momentum"]))


@jax.jit
def one_step(model, state, batch, setting, key, factor):
    here, grads = jax.value_and_grad(loss)(model, batch, setting, key)
    velocity, state = by_optax(setting).update(grads, state, model)
    return jax.tree.map(lambda w, v: w - setting["rate"] * factor * v, model, velocity), state, here


def alone(population, settings, start, network, factors):
    """One training, step by step."""
    setting = {name: float(values[start, network]) for name, values in settings.items()}
    model, (rows, keys) = STARTS[start], population._draws
    state, seen = by_optax(setting).init(model), []
    for step, factor in enumerate(factors):
        batch = Batch(X[rows[start, step]], Y[rows[start, step]])
        model, state, here = one_step(model, state, batch, setting, keys[start, step], float(factor))
        seen.append(float(here))
    return model, seen


@pytest.mark.parametrize(("start", "network"), [(0, 0), (1, 17)])
def test_every_network_is_trained_as_if_alone(population, start, network):
    settings, factors = some(18), np.linspace(1, 0, 12, dtype=np.float32)
    crowd, seen = population.train(settings, factors)
    assert seen.shape == (2, 18, 12)
    model, expected = alone(population, settings, start, network, factors)
    np.testing.assert_allclose(seen[start, network], expected, rtol=1e-4)
    for ours, theirs in zip(jax.tree.leaves(crowd.model), jax.tree.leaves(model), strict=True):
        np.testing.assert_allclose(ours[start, network], theirs, rtol=1e-4, atol=1e-5)


def test_a_schedule_of_its_own_for_each(population):
    settings = {name: np.repeat(values[:, :1], 3, axis=1) for name, values in some(1).items()}
    shapes = np.stack([np.ones(6), np.zeros(6), np.linspace(1, 0, 6)]).astype(np.float32)
    crowd, _ = population.train(settings, shapes)
    for number, shape in enumerate(shapes):
        model, _ = alone(population, settings, 1, number, shape)
        np.testing.assert_allclose(
            crowd.model.layers[0].weight[1, number], model.layers[0].weight, rtol=1e-4, atol=1e-5
        )
    np.testing.assert_array_equal(crowd.model.layers[0].weight[:, 1], [start.layers[0].weight for start in STARTS])


def test_going_on_is_the_same_as_going_through(population):
    settings = some(3)
    whole, seen = population.train(settings, np.ones(210))
    half, first = population.train(settings, np.ones(110))
    assert (half.step, whole.step) == (110, 210)
    rest, second = population.train(settings, np.ones(100), half)
    np.testing.assert_allclose(np.concatenate([first, second], -1), seen, rtol=2e-4, atol=1e-5)
    np.testing.assert_allclose(rest.model.layers[1].bias, whole.model.layers[1].bias, rtol=1e-3, atol=1e-4)


def test_the_same_seed_gives_the_same_and_another_does_not(population):
    settings = some(2)
    again = Population(loss, STARTS, Batch(X, Y), batch_size=4, steps=250, seed=3)
    other = Population(loss, STARTS, Batch(X, Y), batch_size=4, steps=250, seed=4)
    _, seen = population.train(settings, np.ones(5))
    np.testing.assert_array_equal(again.train(settings, np.ones(5))[1], seen)
    assert not np.array_equal(other.train(settings, np.ones(5))[1], seen)


def test_one_compilation_serves_larger_populations():
    calls = []

    def counted(model, batch, setting, key):
        calls.append(1)
        return losses.cross_entropy(model(batch.x), batch.y)

    population = Population(counted, STARTS, (X, Y), batch_size=4, steps=2 * file.STRETCH, seed=0)
    population.train({"rate": np.ones((2, file.BLOCK))}, np.ones(file.STRETCH))
    once = len(calls)
    crowd, seen = population.train({"rate": np.ones((2, 3 * file.BLOCK))}, np.ones(2 * file.STRETCH))
    assert once == len(calls) > 0
    assert seen.shape == (2, 48, 200)
    assert crowd.model.layers[0].weight.shape == (2, 48, 3, 5)


def test_keep_and_each(population):
    crowd, _ = population.train(some(4), np.ones(3))
    kept = crowd.keep([[3, 1], [0, 2]])
    np.testing.assert_array_equal(kept.model.layers[0].bias[0], crowd.model.layers[0].bias[0][jnp.array([3, 1])])
    np.testing.assert_array_equal(kept.velocity.layers[0].bias[1], crowd.velocity.layers[0].bias[1][jnp.array([0, 2])])
    assert kept.step == 3
    logits = kept.each(MLP.__call__, X)
    one = jax.tree.map(lambda leaf: leaf[1, 0], kept.model)
    assert logits.shape == (2, 2, 40, 2)
    np.testing.assert_allclose(logits[1, 0], one(jnp.asarray(X)), rtol=1e-5, atol=1e-6)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("settings", "schedule", "says"),
    [
        ({"momentum": np.ones((2, 3))}, np.ones(3), "with a 'rate'"),
        ([1.0], np.ones(3), "with a 'rate'"),
        ({"rate": np.ones(3)}, np.ones(3), "2 starts"),
        ({"rate": np.ones((3, 3))}, np.ones(3), "2 starts"),
        ({"rate": np.ones((2, 3)), "decay": np.ones((2, 4))}, np.ones(3), "decay of shape"),
        ({"rate": np.full((2, 3), np.nan)}, np.ones(3), "rate has nan"),
        ({"rate": np.ones((2, 3))}, np.ones((2, 5)), r"\(3, steps\)"),
        ({"rate": np.ones((2, 3))}, np.ones(251), "at most 250 steps"),
    ],
)
def test_malformed_settings_are_named(population, settings, schedule, says):
    with pytest.raises((TypeError, ValueError), match=says):
        population.train(settings, schedule)


@pytest.mark.plain
@pytest.mark.parametrize(
    "changed",
    [
        {"loss": 3},
        {"starts": []},
        {"starts": STARTS[0]},
        {"batch_size": 41},
        {"batch_size": 0},
        {"steps": 0},
        {"seed": -1},
    ],
)
def test_a_malformed_population_is_named(changed):
    given = {"loss": loss, "starts": STARTS, "data": Batch(X, Y), "batch_size": 4, "steps": 10, "seed": 0} | changed
    with pytest.raises((TypeError, ValueError), match="Population expects"):
        Population(**given)
