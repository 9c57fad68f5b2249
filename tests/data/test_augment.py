"""Augmentation: pictures moved as SciPy moves them, draws recovered from the pictures, and what must not change."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.ndimage
import scipy.stats

from dlnotes import losses
from dlnotes.data import augment

KEYS = jax.random.split(jax.random.key(9), 4)
IMAGES = jax.random.uniform(jax.random.key(1), (16, 9, 12, 2))  # odd, even, two channels
MANY = 1000
STEPS = {
    "shift": partial(augment.shift, pixels=2),
    "rotate": partial(augment.rotate, degrees=30.0),
    "zoom": partial(augment.zoom, factor=1.5),
    "flip": augment.flip,
    "noise": augment.noise,
    "cut_out": partial(augment.cut_out, size=4),
    "chain": augment.chain(partial(augment.shift, pixels=1), augment.noise, augment.flip),
}
NOTHING = {
    "shift": partial(augment.shift, pixels=0),
    "rotate": partial(augment.rotate, degrees=0.0),
    "zoom": partial(augment.zoom, factor=1.0),
    "flip": partial(augment.flip, probability=0.0),
    "noise": partial(augment.noise, sd=0.0),
    "cut_out": partial(augment.cut_out, size=0),
    "chain": augment.chain(),
}
each_step = pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)


def ramps(n: int, height: int, width: int) -> jax.Array:
    """The coordinates as a picture with two channels, from the centre; bilinear reading gives them back exactly."""
    y, x = jnp.meshgrid(
        jnp.arange(float(height)) - (height - 1) / 2, jnp.arange(float(width)) - (width - 1) / 2, indexing="ij"
    )
    return jnp.tile(jnp.stack([y, x], -1), (n, 1, 1, 1))


def whence(step, n: int, height: int, width: int, key: jax.Array) -> np.ndarray:
    """For each image the matrix M with `place = M @ new place`, seen in how two ramps came out near the centre."""
    moved = np.asarray(step(ramps(n, height, width), key), np.float64)
    i, j = height // 2, width // 2
    down = (moved[:, i + 1, j] - moved[:, i - 1, j]) / 2
    right = (moved[:, i, j + 1] - moved[:, i, j - 1]) / 2
    return np.stack([down, right], -1)


def scipy_affine(images: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Bilinear reading about the centre, 0 outside, by SciPy in double precision."""
    centre = (np.array(images.shape[1:3]) - 1) / 2
    pictures = np.moveaxis(np.asarray(images, np.float64), -1, 1)
    moved = [
        [
            scipy.ndimage.affine_transform(channel, m, centre - m @ centre, order=1, mode="grid-constant")
            for channel in picture
        ]
        for picture, m in zip(pictures, matrices, strict=True)
    ]
    return np.moveaxis(np.array(moved), 1, -1)


def test_rotate_equals_scipy():
    step = STEPS["rotate"]
    m = whence(step, *IMAGES.shape[:3], KEYS[0])
    angle = np.degrees(np.arctan2(m[:, 0, 1], m[:, 0, 0]))
    np.testing.assert_allclose(m @ m.transpose(0, 2, 1), np.tile(np.eye(2), (16, 1, 1)), atol=1e-5)  # no stretching
    assert (np.abs(angle) <= 30).all()
    assert np.abs(angle).max() > 2
    moved = step(IMAGES, KEYS[0])
    np.testing.assert_allclose(moved, scipy_affine(IMAGES, m), atol=2e-5)
    for image, a, ours in zip(np.asarray(IMAGES), angle, moved, strict=True):
        theirs = scipy.ndimage.rotate(image, a, order=1, reshape=False, mode="grid-constant")
        np.testing.assert_allclose(ours, theirs, atol=2e-5)


def test_zoom_equals_scipy():
    step = STEPS["zoom"]
    m = whence(step, *IMAGES.shape[:3], KEYS[0])
    larger = 1 / m[:, 0, 0]
    np.testing.assert_allclose(m, np.eye(2) / larger[:, None, None], atol=1e-6)
    assert ((larger >= 1 / 1.5 - 1e-5) & (larger <= 1.5 + 1e-5)).all()
    np.testing.assert_allclose(step(IMAGES, KEYS[0]), scipy_affine(IMAGES, m), atol=2e-5)


def test_zoom_by_two_equals_scipy_zoom():
    """SciPy puts the corners of 5 × 5 pixels on those of 9 × 9: the middle of a picture zoomed by 2."""
    picture = jax.random.uniform(KEYS[1], (9, 9, 2))
    drawn = -np.log2(whence(partial(augment.zoom, factor=2.0), MANY, 9, 9, KEYS[0])[:, 0, 0])  # in [-1, 1]
    one = int(drawn.argmax())
    by_two = augment.zoom(jnp.tile(picture, (MANY, 1, 1, 1)), KEYS[0], factor=2 ** float(1 / drawn[one]))[one]
    theirs = scipy.ndimage.zoom(np.asarray(picture[2:7, 2:7], np.float64), (9 / 5, 9 / 5, 1), order=1)
    np.testing.assert_allclose(by_two, theirs, atol=1e-5)


def test_shift_equals_scipy():
    n, pixels = 400, 2
    dots = jnp.zeros((n, 9, 12, 1)).at[:, 4, 6].set(1.0)
    moved = np.asarray(augment.shift(dots, KEYS[0], pixels=pixels))
    by = np.argwhere(moved[..., 0] == 1)[:, 1:] - (4, 6)
    images = jax.random.uniform(KEYS[1], (n, 9, 12, 1)) + 1
    ours = np.asarray(augment.shift(images, KEYS[0], pixels=pixels))
    for image, step, got in zip(np.asarray(images[:50]), by, ours, strict=False):
        np.testing.assert_array_equal(got, scipy.ndimage.shift(image, (*step, 0), order=0))
    counts = np.unique(by, axis=0, return_counts=True)
    assert len(counts[0]) == 25  # every move of a 5 × 5 grid, about 16 times
    assert scipy.stats.chisquare(counts[1]).pvalue > 1e-5


def test_angles_and_factors_fill_their_ranges_evenly():
    turned = whence(partial(augment.rotate, degrees=40.0), MANY, 9, 9, KEYS[2])
    angle = np.degrees(np.arctan2(turned[:, 0, 1], turned[:, 0, 0]))
    assert scipy.stats.kstest(angle / 80 + 0.5, "uniform").pvalue > 1e-5
    larger = 1 / whence(partial(augment.zoom, factor=1.8), MANY, 9, 9, KEYS[2])[:, 0, 0]
    assert scipy.stats.kstest(np.log(larger) / np.log(1.8) / 2 + 0.5, "uniform").pvalue > 1e-5


@pytest.mark.parametrize("probability", [0.5, 0.1, 1.0])
def test_flip_mirrors_left_and_right_at_its_rate(probability):
    n = 4000
    images = jax.random.uniform(KEYS[0], (n, 2, 3))
    moved = np.asarray(augment.flip(images, KEYS[1], probability=probability))
    mirrored = (moved == np.flip(images, 2)).all((1, 2))
    np.testing.assert_array_equal(moved[~mirrored], np.asarray(images)[~mirrored])
    assert abs(mirrored.mean() - probability) <= 5 * np.sqrt(probability * (1 - probability) / n)


def test_noise_is_normal_and_not_clipped():
    added = np.asarray(augment.noise(jnp.zeros((20, 30, 40)), KEYS[0], sd=0.3)).ravel()
    assert scipy.stats.kstest(added / 0.3, "norm").pvalue > 1e-5
    assert added.min() < -0.9
    bright = np.asarray(augment.noise(jnp.full((20, 30, 40), 5.0), KEYS[0], sd=0.3)).ravel()
    np.testing.assert_allclose(bright - 5, added, atol=1e-6)


@pytest.mark.parametrize("size", [4, 5])
def test_cut_out_is_a_square_around_any_pixel(size):
    n, height, width = 3000, 8, 11
    cut = np.asarray(augment.cut_out(jnp.ones((n, height, width, 1)), KEYS[0], size=size))[..., 0] == 0
    centres = set()
    for hole in cut:
        rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
        assert hole.sum() == len(rows) * len(columns)  # one rectangle
        assert len(rows) == rows[-1] - rows[0] + 1 <= size
        assert len(columns) == columns[-1] - columns[0] + 1 <= size
        assert len(rows) == size or rows[0] == 0 or rows[-1] == height - 1  # smaller only at the edge
        assert len(columns) == size or columns[0] == 0 or columns[-1] == width - 1
        centres.add((rows[0], rows[-1], columns[0], columns[-1]))
    assert len(centres) == height * width  # every pixel is the centre of some square
    before, after = size // 2, size - size // 2  # how often a pixel is covered, row by row and column by column
    row = [sum(t - before <= i < t + after for t in range(height)) / height for i in range(height)]
    column = [sum(t - before <= i < t + after for t in range(width)) / width for i in range(width)]
    chance = np.outer(row, column)
    assert (np.abs(cut.mean(0) - chance) <= 5 * np.sqrt(chance * (1 - chance) / n)).all()


def test_cut_out_spares_the_rest_and_cuts_all_channels():
    cut = np.asarray(augment.cut_out(IMAGES, KEYS[0], size=4))
    hole = (cut == 0).all(-1, keepdims=True)
    assert hole.any((1, 2, 3)).all()
    np.testing.assert_array_equal(cut, np.where(hole, 0, IMAGES))


@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_mix_up_is_the_formula_with_shares_from_a_beta_distribution(alpha):
    n = MANY
    images, targets = jax.random.uniform(KEYS[0], (n, 2, 2, 1)), jnp.eye(n)
    mixed, soft = (np.asarray(part, np.float64) for part in augment.mix_up(images, targets, KEYS[1], alpha=alpha))
    share = np.diag(soft)
    np.testing.assert_allclose(mixed.reshape(n, -1), soft @ np.asarray(images).reshape(n, -1), atol=1e-6)
    np.testing.assert_allclose(soft.sum(1), 1, atol=1e-6)
    assert ((soft > 0).sum(1) <= 2).all()
    np.testing.assert_allclose(np.sort((soft - np.diag(share)).max(1) + share), 1, atol=1e-6)  # itself, and one other
    others = (soft - np.diag(share)).argmax(1)[(share < 1) & (share > 0)]
    assert len(set(others)) == len(others)  # each is another one's partner once
    _, again = augment.mix_up(images, targets, KEYS[2], alpha=alpha)
    assert (np.asarray(again)[soft > 0] > 0).mean() < 0.6  # with other partners the next time: only itself in common
    beta = scipy.stats.beta(alpha, alpha)
    paired = share[share < 1]  # one that is its own partner shows no share
    assert abs(paired.mean() - 0.5) <= 5 * beta.std() / np.sqrt(n)
    assert abs(paired.std() - beta.std()) <= 0.05 * beta.std()
    assert scipy.stats.kstest(paired, beta.cdf).pvalue > 1e-5


def test_mix_up_targets_serve_the_loss_and_alpha_0_mixes_nothing():
    images = jax.random.uniform(KEYS[0], (MANY, 2, 2, 1))
    targets = jax.nn.one_hot(jnp.arange(MANY) % 3, 3)
    _, soft = augment.mix_up(images, targets, KEYS[0], alpha=0.4)
    logits = jax.random.normal(KEYS[1], (MANY, 3))
    want = -(np.asarray(soft) * np.asarray(jax.nn.log_softmax(logits))).sum(1).mean()
    np.testing.assert_allclose(losses.cross_entropy(logits, soft), want, rtol=1e-5)
    same_images, same_targets = augment.mix_up(images, targets, KEYS[0], alpha=0.0)
    np.testing.assert_array_equal(same_images, images)
    np.testing.assert_array_equal(same_targets, targets)


@pytest.mark.parametrize("step", NOTHING.values(), ids=NOTHING)
def test_strength_0_is_the_identity(step):
    np.testing.assert_array_equal(step(IMAGES, KEYS[0]), IMAGES)


@each_step
def test_every_image_has_its_own_draw(step):
    same = jnp.tile(IMAGES[:1], (16, 1, 1, 1))
    moved = np.asarray(step(same, KEYS[0]))
    assert len(np.unique(moved, axis=0)) >= 2
    np.testing.assert_array_equal(moved, step(same, KEYS[0]))
    assert (np.asarray(step(same, KEYS[1])) != moved).any()


@each_step
def test_jit_changes_nothing(step):
    np.testing.assert_allclose(jax.jit(step)(IMAGES, KEYS[0]), step(IMAGES, KEYS[0]), atol=1e-6)


@each_step
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float16, jnp.bfloat16])
def test_shape_and_dtype_stay(step, dtype):
    images = IMAGES.astype(dtype)
    for batch in (images, images[..., 0], images[:1], images[..., :1]):
        moved = jax.eval_shape(step, batch, KEYS[0])
        assert (moved.shape, moved.dtype) == (batch.shape, dtype)


def test_mix_up_keeps_each_dtype():
    mixed, soft = jax.eval_shape(augment.mix_up, IMAGES.astype(jnp.bfloat16), jnp.eye(16), KEYS[0])
    assert (mixed.shape, mixed.dtype) == (IMAGES.shape, jnp.bfloat16)
    assert (soft.shape, soft.dtype) == ((16, 16), jnp.float32)


@pytest.mark.parametrize("name", ["shift", "rotate", "zoom", "flip", "cut_out"])  # noise is drawn for every channel
def test_channels_change_alike_and_one_channel_is_as_none(name):
    moved = np.asarray(STEPS[name](IMAGES, KEYS[0]))
    for i in range(2):
        np.testing.assert_allclose(STEPS[name](IMAGES[..., i], KEYS[0]), moved[..., i], atol=1e-6)


def test_strengths_can_be_traced_settings():
    """A population of networks is trained with many strengths at once, 0 among them."""

    def all_of_them(s):
        keys = KEYS[0]
        images = augment.rotate(IMAGES, keys, degrees=30 * s)
        images = augment.zoom(images, keys, factor=1 + s)
        images = augment.flip(images, keys, probability=s)
        return augment.noise(images, keys, sd=s)

    nothing, something = jax.jit(jax.vmap(all_of_them))(jnp.array([0.0, 0.5]))
    np.testing.assert_array_equal(nothing, IMAGES)
    assert bool((something != IMAGES).any((1, 2, 3)).all())
    mixed, _ = jax.eval_shape(lambda a: augment.mix_up(IMAGES, jnp.eye(16), KEYS[0], alpha=a), jnp.array(0.5))
    assert mixed.shape == IMAGES.shape


def test_chain_runs_in_order_with_a_key_for_each():
    seen = []

    def note(name, images, key):
        seen.append((name, tuple(jax.random.key_data(key).tolist())))
        return 2 * images + float(name == "second")

    both = augment.chain(partial(note, "first"), partial(note, "second"))
    np.testing.assert_array_equal(both(jnp.ones((1, 2, 2)), KEYS[0]), np.full((1, 2, 2), 5.0))
    assert [name for name, _ in seen] == ["first", "second"]
    assert len({key for _, key in seen} | {tuple(jax.random.key_data(KEYS[0]).tolist())}) == 3


@pytest.mark.parametrize("name", ["shift", "rotate", "zoom"])
def test_gradient_passes_through(name):
    """Moving is linear in the pixels: with M for the step, g · (M x) = (Mᵀ g) · x, and Mᵀ g is the gradient."""
    g = jax.random.normal(KEYS[1], IMAGES.shape)
    moved, back = jax.vjp(lambda images: STEPS[name](images, KEYS[0]), IMAGES)
    np.testing.assert_allclose(jnp.vdot(back(g)[0], IMAGES), jnp.vdot(g, moved), rtol=1e-4)
    assert bool((back(jnp.ones_like(g))[0] != 0).any())


IMAGE_MISTAKES = [
    (jnp.ones((8, 8)), ValueError, "expects images with at least 3 axes; got shape \\(8, 8\\)"),
    (jnp.ones((1, 2, 8, 8, 1)), ValueError, "expects images of shape .*; got \\(1, 2, 8, 8, 1\\)"),
    (jnp.ones((1, 8, 8, 1), int), TypeError, "expects images of floating-point numbers; got int32"),
    (jnp.ones((0, 8, 8, 1)), ValueError, "expects images with at least one number"),
    (jnp.full((1, 8, 8, 1), jnp.nan), ValueError, "expects images without NaN"),
    ("picture", TypeError, "expects images of numbers; got 'picture'"),
]
SETTING_MISTAKES = [
    (partial(augment.shift, pixels=-1), ValueError, "shift expects pixels to be an integer at least 0; got -1"),
    (partial(augment.shift, pixels=1.5), TypeError, "shift expects pixels to be an integer at least 0; got 1.5"),
    (partial(augment.rotate, degrees=-1.0), ValueError, "rotate expects degrees to be .* at least 0; got -1"),
    (partial(augment.rotate, degrees=float("nan")), ValueError, "rotate expects degrees to be .*; got nan"),
    (partial(augment.zoom, factor=0.9), ValueError, "zoom expects factor to be .* at least 1; got 0.9"),
    (partial(augment.flip, probability=1.1), ValueError, "flip expects probability to be .* at most 1; got 1.1"),
    (partial(augment.noise, sd=-0.1), ValueError, "noise expects sd to be .* at least 0; got -0.1"),
    (partial(augment.noise, sd="a"), TypeError, "noise expects sd to be .*; got 'a'"),
    (partial(augment.cut_out, size=-1), ValueError, "cut_out expects size to be an integer at least 0; got -1"),
    (partial(augment.cut_out, size=True), TypeError, "cut_out expects size to be an integer at least 0; got True"),
]


def blend(images, key, **settings):
    return augment.mix_up(images, jnp.eye(2), key, **settings)


@pytest.mark.plain
@pytest.mark.parametrize("name", ["shift", "rotate", "zoom", "flip", "noise", "cut_out", "mix_up"])
def test_malformed_images_and_keys(name):
    step = blend if name == "mix_up" else getattr(augment, name)
    for images, error, said in IMAGE_MISTAKES:
        with pytest.raises(error, match=f"^{name} {said}"):
            step(images, KEYS[0])
    for key in (0, None, KEYS):
        with pytest.raises(TypeError, match=f"^{name} expects one random key"):
            step(jnp.ones((2, 4, 4)), key)


@pytest.mark.plain
@pytest.mark.parametrize(("step", "error", "said"), SETTING_MISTAKES)
def test_malformed_settings(step, error, said):
    with pytest.raises(error, match=f"^{said}"):
        step(IMAGES, KEYS[0])


@pytest.mark.plain
@pytest.mark.parametrize(
    ("targets", "settings", "error", "said"),
    [
        (jnp.arange(16), {}, TypeError, "mix_up expects targets of floating-point numbers; got int32"),
        (jnp.ones(16), {}, ValueError, "mix_up expects targets with 2 axes; got shape"),
        (jnp.eye(5), {}, ValueError, "mix_up expects a row of targets for each of 16 images; got 5"),
        (jnp.eye(16), {"alpha": -1.0}, ValueError, "mix_up expects alpha to be .* at least 0; got -1"),
    ],
)
def test_malformed_mix_up(targets, settings, error, said):
    with pytest.raises(error, match=f"^{said}"):
        augment.mix_up(IMAGES, targets, KEYS[0], **settings)


@pytest.mark.plain
def test_malformed_chain():
    with pytest.raises(TypeError, match=r"^chain expects steps\[1\] to be a function; got 3"):
        augment.chain(augment.flip, 3)
    with pytest.raises(TypeError, match=r"^chain expects one random key"):
        augment.chain(augment.flip)(IMAGES, 3)
