"""Images whose pixels are changed: noise, a missing square, a blend of two."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, ScalarLike

from dlnotes import _checks as checks
from dlnotes.data.augment._images import Images, check_images, one_each


def noise(images: Images, key: jax.Array, *, sd: ScalarLike = 0.1) -> Images:
    """Add a normally distributed number to every pixel: `x + sd · ε`.

    Nothing is clipped: pixels leave [0, 1] a little. (Clipping would lift the mean of a picture that is mostly 0.)

    Args:
        images: (batch, height, width) or (batch, height, width, channels).
        key: A random key.
        sd: The noise's standard deviation, in units of the pixels, 0 or more.

    Raises:
        TypeError, ValueError: Not a batch of floating-point images, no key, or a negative sd.

    Example:
        >>> noisy = noise(jnp.zeros((1, 100, 100)), jax.random.key(0), sd=0.2)
        >>> f"{noisy.std():.1f}"
        '0.2'

    Paper: Sietsma and Dow 1991, Creating artificial neural networks that generalize.

    Notebook: 09_generalisation.
    """
    images = check_images("noise", images)
    sd = jnp.asarray(checks.number("noise", "sd", sd, at_least=0), images.dtype)
    return images + sd * jax.random.normal(checks.key("noise", key), images.shape, images.dtype)


def cut_out(images: Images, key: jax.Array, *, size: int = 8) -> Images:
    """Set a square of each image to 0, so that no single part of it can be relied on.

    The square's centre is any pixel, all equally likely, so the square may hang over the edge. (The paper's is filled
    with 0 as well, but after each pixel's mean is subtracted: there 0 is grey.)

    Args:
        images: (batch, height, width) or (batch, height, width, channels).
        key: A random key.
        size: The square's side in pixels, 0 or more. With an even size the centre is the pixel below and to the right.

    Raises:
        TypeError, ValueError: Not a batch of floating-point images, no key, or size not a whole number of 0 or more.

    Example:
        >>> cut = cut_out(jnp.ones((1, 9, 9)), jax.random.key(0), size=1)
        >>> int(cut.sum())
        80

    Paper: DeVries and Taylor 2017, Improved regularization of convolutional neural networks with cutout, section 3.2,
    arXiv:1708.04552.

    Notebook: 09_generalisation.
    """
    images = check_images("cut_out", images)
    size = checks.integer("cut_out", "size", size, at_least=0)
    n, height, width = images.shape[:3]
    keys = jax.random.split(checks.key("cut_out", key))
    top = jax.random.randint(keys[0], (n, 1, 1), 0, height) - size // 2
    left = jax.random.randint(keys[1], (n, 1, 1), 0, width) - size // 2
    row, column = jnp.arange(height)[:, None], jnp.arange(width)
    hole = (top <= row) & (row < top + size) & (left <= column) & (column < left + size)  # (batch, height, width)
    return jnp.where(hole.reshape(*hole.shape, *[1] * (images.ndim - 3)), 0, images)


def mix_up(
    images: Images, targets: Float[Array, "batch n_classes"], key: jax.Array, *, alpha: ScalarLike = 0.2
) -> tuple[Images, Float[Array, "batch n_classes"]]:
    """Blend each image with another one of the batch, and their targets alike: `λ x + (1 - λ) x'`, `λ t + (1 - λ) t'`.

    λ is drawn from Beta(α, α) for each image: for α = 1 all of 0 … 1 is equally likely, for a small α most pictures
    are nearly pure. The others are the batch in random order. (The authors' code draws one λ for the whole batch.)

    Args:
        images: (batch, height, width) or (batch, height, width, channels).
        targets: One-hot rows, or other probabilities: `jax.nn.one_hot(labels, n_classes)`. `losses.cross_entropy` takes
            them.
        key: A random key.
        alpha: α, 0 or more. 0 mixes nothing.

    Returns:
        The blended images and the blended targets, whose rows still add up to 1.

    Raises:
        TypeError, ValueError: Not a batch of floating-point images, class numbers for targets, not one row of targets
            for each image, no key, or a negative alpha.

    Example:
        >>> images, targets = jnp.arange(3.0).reshape(3, 1, 1), jnp.eye(3)
        >>> mixed, soft = mix_up(images, targets, jax.random.key(0), alpha=1.0)
        >>> bool(jnp.allclose(mixed[:, 0, 0], soft @ jnp.arange(3.0)))
        True

    Paper: Zhang, Cisse, Dauphin and Lopez-Paz 2018, mixup: beyond empirical risk minimization, eq. 1, arXiv:1710.09412.

    Notebook: 09_generalisation.
    """
    images = check_images("mix_up", images)
    targets = checks.array("mix_up", targets, name="targets", rank=2)
    if len(targets) != len(images):
        raise ValueError(f"mix_up expects a row of targets for each of {len(images)} images; got {len(targets)}.")
    alpha = jnp.asarray(checks.number("mix_up", "alpha", alpha, at_least=0), float)
    positive = jnp.maximum(alpha, 1e-6)  # a Beta(0, 0) cannot be drawn
    keys = jax.random.split(checks.key("mix_up", key))
    other = jax.random.permutation(keys[0], len(images))
    share = jnp.where(alpha > 0, jax.random.beta(keys[1], positive, positive, (len(images),)), 1.0)

    def blend(x):
        own = one_each(share, x).astype(x.dtype)
        return own * x + (1 - own) * x[other]

    return blend(images), blend(targets)
