"""The dreaming machine shows chains of the machine it is given, and says where they lie."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dlnotes.initializers import normal
from dlnotes.models import RBM
from dlnotes.widgets import DreamingMachine
from dlnotes.widgets._dreams import coins
from dlnotes.widgets.dreaming_machine import STEPS

IMAGES = (np.random.default_rng(0).uniform(size=(40, 4, 5, 1)) > 0.7).astype(np.float32)


@pytest.fixture(scope="module")
def machine() -> RBM:
    drawn = RBM.init(jax.random.key(0), 20, 6, normal(0.6))
    return RBM(drawn.weight, jnp.linspace(-2, 1, 20), jnp.linspace(-1, 1, 6))


@pytest.fixture(scope="module")
def dreams(machine) -> DreamingMachine:
    return DreamingMachine(machine, IMAGES)


@pytest.fixture(autouse=True)
def _start_again(dreams: DreamingMachine) -> None:
    dreams.settings = {"steps": 100, "start": "noise", "temperature": 1.0, "seed": 0}


def test_the_chains_start_at_noise_or_at_the_data(dreams):
    dreams.settings = {"steps": 0, "start": "data"}
    pictures, energies = dreams.chains("data", 1.0, 0)
    data = IMAGES.reshape(40, 20)
    assert all((data == picture / 255).all(-1).any() for picture in pictures[0])
    expected = dreams.machine.free_energy(jnp.asarray(pictures[0] / 255, jnp.float32))
    np.testing.assert_allclose(energies[0], expected, rtol=1e-5)
    noise = dreams.chains("noise", 1.0, 0)[0][0]
    assert set(np.unique(noise)) == {0, 255}
    assert 0.3 < noise.mean() / 255 < 0.7


def test_after_many_steps_the_pictures_have_the_exact_marginals_of_the_machine(dreams, machine):
    # All seeds and the second half of every chain, whose steps are far from independent: a wide tolerance.
    late = np.concatenate([dreams.chains("noise", 1.0, seed)[0][STEPS // 2 :] for seed in range(8)]).reshape(-1, 20)
    turned = RBM(machine.weight.T, machine.hidden_bias, machine.visible_bias)
    h = ((np.arange(64)[:, None] >> np.arange(6)) & 1).astype(np.float32)
    p_h = jax.nn.softmax(-turned.free_energy(jnp.asarray(h)))
    np.testing.assert_allclose(late.mean(0) / 255, p_h @ machine.visible(jnp.asarray(h)), atol=0.03)


def test_temperature_divides_the_energies(dreams, machine):
    cold = DreamingMachine(jax.tree.map(lambda leaf: leaf / 0.5, machine), IMAGES)
    pictures, energies = dreams.chains("noise", 0.5, 3)
    same, doubled = cold.chains("noise", 1.0, 3)
    np.testing.assert_array_equal(pictures, same)
    assert not np.allclose(energies, doubled)  # the curve shows the machine's own energy, at any temperature
    np.testing.assert_allclose(energies[0], dreams.chains("noise", 2.0, 3)[1][0], rtol=1e-6)


def test_the_coins_are_those_of_the_page():
    # mulberry32 as static/axes.js has it, run by a JavaScript engine.
    expected = [[0.26642920868471265, 0.0003297457005828619, 0.2232720274478197]]
    expected += [[0.6897749109193683, 0.7727432732935995, 0.21976301027461886]]
    np.testing.assert_array_equal(coins(np.array([0, 5]), 0, 3), expected)
    np.testing.assert_array_equal(coins(np.array([5]), 1, 2), [expected[1][1:]])


def test_each_step_tosses_what_the_machine_gives(dreams, machine):
    # With 20 pixels the tossed ones are not kept; a machine surer than sure shows them.
    sure = jax.tree.map(lambda leaf: 1000 * leaf, machine)
    pictures, energies = DreamingMachine(sure, IMAGES).chains("data", 1.0, 0)
    v = jnp.asarray(pictures[0] / 255, jnp.float32)
    for step in (1, 2, 3):
        v = sure.visible(jnp.round(sure(v)))
        np.testing.assert_array_equal(pictures[step], jnp.round(255 * v))
        np.testing.assert_allclose(energies[step], sure.free_energy(v), rtol=1e-5)


def test_what_is_said_is_what_the_chains_are(dreams):
    for steps in (0, 1, 250):
        dreams.settings = {"steps": steps}
        numbers = dreams.numbers()
        pictures, energies = dreams.chains("noise", 1.0, 0)
        np.testing.assert_array_equal(numbers["free_energy"], energies[steps])
        np.testing.assert_allclose(numbers["ink"], pictures[steps].mean(-1) / 255)
    energy = dreams.machine.free_energy(jnp.asarray(IMAGES.reshape(40, 20)))
    np.testing.assert_allclose(dreams.numbers()["data"], np.percentile(energy, [5, 95]))


def test_the_page_gets_at_most_a_hundred_pictures(machine):
    many = np.tile(IMAGES, (9, 1, 1, 1))
    tables = DreamingMachine(machine, many).tables()
    assert tables["images"].shape == (100, 4, 5)
    np.testing.assert_array_equal(tables["images"][[0, -1]], many[[0, -1], ..., 0])
    np.testing.assert_array_equal(tables["weight"], machine.weight)


def test_every_control_moves_the_picture_and_settings_restore_it(dreams):
    for name, control in dreams.controls.items():
        seen = set()
        for value in control.values:
            dreams.settings = {name: value}
            seen.add(dreams.fallback())
        assert len(seen) == len(control.values), name
    dreams.settings = {"steps": 7, "start": "data", "temperature": 1.5, "seed": 4}
    kept, picture = dreams.settings, dreams.fallback()
    dreams.settings = {"steps": 0, "seed": 0}
    dreams.settings = kept
    assert dreams.fallback() == picture
    assert "from data after 7 steps, at temperature 1.50" in dreams.alt


@pytest.mark.plain
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda m: DreamingMachine("machine", IMAGES), "expects an RBM; got str"),
        (lambda m: DreamingMachine(m, IMAGES[:, :3]), "images of 20 pixels.*got images of shape"),
        (lambda m: DreamingMachine(m, IMAGES, steps=STEPS + 1), "steps to be an integer"),
        (lambda m: DreamingMachine(m, IMAGES, temperature=0.0), "temperature to be"),
        (lambda m: DreamingMachine(m, IMAGES, start="sleep"), "start to be one of 'noise', 'data'"),
        (lambda m: DreamingMachine(m, IMAGES, heat=1), "no setting 'heat'"),
    ],
)
def test_what_does_not_fit_is_named(machine, make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make(machine)
