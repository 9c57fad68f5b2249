"""The digit reader shows what the model says about the picture that the controls make."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from dlnotes.activations import tanh
from dlnotes.models import MLP
from dlnotes.widgets import DigitReader

IMAGES = np.random.default_rng(0).uniform(size=(5, 28, 28, 1)).astype(np.float32)
LABELS = np.array([3, 1, 4, 1, 5], np.int32)


@pytest.fixture(scope="module")
def reader() -> DigitReader:
    return DigitReader(MLP.init(jax.random.key(0), (784, 16, 10)), IMAGES, LABELS)


@pytest.fixture(autouse=True)
def _start_again(reader: DigitReader) -> None:
    reader.settings = {"example": 0, "turn": 0, "move": 0, "noise": 0.0, "ink": []}


def test_at_rest_it_shows_the_picture_and_the_models_own_answer(reader):
    np.testing.assert_array_equal(reader.picture(), IMAGES[0, :, :, 0])
    logits = reader.model(jnp.asarray(IMAGES[0].reshape(-1)))
    np.testing.assert_allclose(reader.numbers()["probabilities"], jax.nn.softmax(logits), rtol=1e-6)
    assert reader.numbers()["answer"] == int(logits.argmax())
    assert reader.numbers()["label"] == 3


@pytest.mark.parametrize("turn", [90, -90, 180, 33])
def test_turning_is_counter_clockwise_as_in_scipy(reader, turn):
    reader.settings = {"turn": turn}
    expected = ndimage.rotate(IMAGES[0, :, :, 0], turn, reshape=False, order=1)
    np.testing.assert_allclose(reader.picture()[4:-4, 4:-4], expected[4:-4, 4:-4], atol=2e-5)


def test_pushing_moves_the_ink_to_the_right_and_noise_stays_within_the_range(reader):
    reader.settings = {"move": 3}
    np.testing.assert_allclose(reader.picture()[:, 3:], IMAGES[0, :, :-3, 0], atol=1e-6)
    assert not reader.picture()[:, :3].any()
    reader.settings = {"move": 0, "noise": 1.0}
    noisy = reader.picture()
    assert noisy.min() == 0
    assert noisy.max() == 1
    assert np.abs(noisy - IMAGES[0, :, :, 0]).mean() > 0.2


def test_every_control_moves_through_its_range_and_settings_restore_the_picture(reader):
    for name, control in reader.controls.items():
        for value in control.values:
            reader.settings = {name: value}
            numbers = reader.numbers()
            assert numbers["probabilities"].sum() == pytest.approx(1, abs=1e-5)
            assert reader.fallback()[:4] == b"\x89PNG"
    reader.settings = {"example": 4, "turn": 20, "move": -2, "noise": 0.1}
    kept, picture = reader.settings, reader.picture()
    reader.settings = {"example": 0, "turn": 0}
    reader.settings = kept
    np.testing.assert_array_equal(reader.picture(), picture)


def test_a_drawing_takes_the_place_of_the_example(reader):
    ink = [0.0] * 784
    ink[400] = 1.0
    reader.settings = {"ink": ink}
    assert reader.picture().sum() == 1
    assert reader.numbers()["label"] == -1
    assert "a drawing" in reader.alt


@pytest.mark.plain
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda m: DigitReader(m, IMAGES[:, :20], LABELS), "images of shape"),
        (lambda m: DigitReader(m, IMAGES, LABELS[:3]), "labels of shape"),
        (lambda m: DigitReader(m, IMAGES, LABELS + 7), "labels in 0 … 9"),
        (lambda m: DigitReader(MLP.init(jax.random.key(0), (64, 10)), IMAGES, LABELS), "784 inputs"),
        (lambda m: DigitReader(MLP.init(jax.random.key(0), (784, 4, 10), tanh), IMAGES, LABELS), "activation relu"),
        (lambda m: DigitReader(MLP.init(jax.random.key(0), (784, 4)), IMAGES, LABELS), "10 outputs"),
        (lambda m: DigitReader(m, IMAGES, LABELS, turn=400), "turn to be"),
        (lambda m: DigitReader(m, IMAGES, LABELS, spin=1), "no setting 'spin'"),
        (lambda m: DigitReader(m, IMAGES, LABELS, ink=[2.0] * 784), "784 numbers in \\[0, 1\\]"),
    ],
)
def test_what_does_not_fit_is_named(reader, make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make(reader.model)
