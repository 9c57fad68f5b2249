"""Images that are moved: shifted, turned, zoomed, mirrored."""

import jax
import jax.numpy as jnp
from jax.scipy.ndimage import map_coordinates
from jaxtyping import Array, ScalarLike

from dlnotes import _checks as checks
from dlnotes.data.augment._images import Images, check_images, one_each


def shift(images: Images, key: jax.Array, *, pixels: int = 2) -> Images:
    """Move each image by whole pixels, up to `pixels` up or down and up to `pixels` left or right.

    Args:
        images: (batch, height, width) or (batch, height, width, channels).
        key: A random key.
        pixels: The farthest move in each direction, 0 or more; every whole number from -pixels to pixels is equally
            likely. Not traced: it sets the width of a border.

    Returns:
        The moved images; 0 comes in at the edges.

    Raises:
        TypeError, ValueError: Not a batch of floating-point images, no key, or pixels not a whole number of 0 or more.

    Example:
        >>> dot = jnp.zeros((1, 5, 5)).at[0, 2, 2].set(1.0)  # in the middle
        >>> moved = shift(dot, jax.random.key(0), pixels=1)
        >>> float(moved.sum()), float(moved[0, 1:4, 1:4].sum())
        (1.0, 1.0)

    Paper: Simard, Steinkraus and Platt 2003, Best practices for convolutional neural networks, section 2.

    Notebook: 09_generalisation.
    """
    images = check_images("shift", images)
    pixels = checks.integer("shift", "pixels", pixels, at_least=0)
    corners = jax.random.randint(checks.key("shift", key), (len(images), 2), 0, 2 * pixels + 1)
    border = [(pixels, pixels)] * 2 + [(0, 0)] * (images.ndim - 3)

    def window(image, corner):
        start = (*corner, *[0] * (image.ndim - 2))
        return jax.lax.dynamic_slice(jnp.pad(image, border), start, image.shape)

    return jax.vmap(window)(images, corners)


def rotate(images: Images, key: jax.Array, *, degrees: ScalarLike = 15.0) -> Images:
    """Turn each image about its centre by an angle drawn from -degrees to degrees, all equally likely.

    Each new pixel is read at the place it came from: `(cos a · y + sin a · x, cos a · x - sin a · y)`, measured from
    the centre. That place lies between four pixels, whose mean is taken, weighted by nearness (bilinear).

    Args:
        images: (batch, height, width) or (batch, height, width, channels).
        key: A random key.
        degrees: The largest angle, 0 or more.

    Returns:
        The turned images; corners that come in from outside are 0.

    Raises:
        TypeError, ValueError: Not a batch of floating-point images, no key, or a negative angle.

    Example:
        >>> cross = jnp.array([[[0.0, 1, 0], [1, 1, 1], [0, 1, 0]]])
        >>> turned = rotate(cross, jax.random.key(0), degrees=45.0)
        >>> turned.shape, bool(turned[0, 1, 1] == 1)  # the centre stays
        ((1, 3, 3), True)

    Paper: Simard, Steinkraus and Platt 2003, Best practices for convolutional neural networks, section 2.

    Notebook: 09_generalisation.
    """
    images = check_images("rotate", images)
    largest = jnp.radians(jnp.asarray(checks.number("rotate", "degrees", degrees, at_least=0), float))
    angle = largest * jax.random.uniform(checks.key("rotate", key), (len(images), 1, 1), minval=-1, maxval=1)
    y, x = _from_centre(images)
    return _read(images, jnp.cos(angle) * y + jnp.sin(angle) * x, jnp.cos(angle) * x - jnp.sin(angle) * y)


def zoom(images: Images, key: jax.Array, *, factor: ScalarLike = 1.2) -> Images:
    """Enlarge or shrink each image about its centre, by a number drawn from 1/factor to factor.

    The logarithm is drawn uniformly, so that twice as large is as likely as half as large. Read as in `rotate`.

    Args:
        images: (batch, height, width) or (batch, height, width, channels).
        key: A random key.
        factor: The largest enlargement, 1 or more.

    Returns:
        Images of the same size: cut off at the edges, or with a border of 0.

    Raises:
        TypeError, ValueError: Not a batch of floating-point images, no key, or a factor below 1.

    Example:
        >>> zoom(jnp.ones((2, 8, 8, 1)), jax.random.key(0), factor=1.5).shape
        (2, 8, 8, 1)

    Notebook: 09_generalisation.
    """
    images = check_images("zoom", images)
    largest = jnp.log(jnp.asarray(checks.number("zoom", "factor", factor, at_least=1), float))
    larger = jnp.exp(largest * jax.random.uniform(checks.key("zoom", key), (len(images), 1, 1), minval=-1, maxval=1))
    y, x = _from_centre(images)
    return _read(images, y / larger, x / larger)


def flip(images: Images, key: jax.Array, *, probability: ScalarLike = 0.5) -> Images:
    """Mirror each image, left for right, with the given probability.

    Right for most photographs; wrong for letters and digits.

    Args:
        images: (batch, height, width) or (batch, height, width, channels).
        key: A random key.
        probability: In [0, 1].

    Raises:
        TypeError, ValueError: Not a batch of floating-point images, no key, or no probability.

    Example:
        >>> flip(jnp.array([[[1.0, 2.0, 3.0]]]), jax.random.key(0), probability=1.0).tolist()
        [[[3.0, 2.0, 1.0]]]

    Paper: Krizhevsky, Sutskever and Hinton 2012, ImageNet classification with deep networks, section 4.1.

    Notebook: 09_generalisation.
    """
    images = check_images("flip", images)
    chance = checks.number("flip", "probability", probability, at_least=0, at_most=1)
    mirrored = jax.random.bernoulli(checks.key("flip", key), chance, (len(images),))
    return jnp.where(one_each(mirrored, images), images[:, :, ::-1], images)


def _from_centre(images: Array) -> tuple[Array, Array]:
    """How far each row lies below the centre, (height, 1), and each column to the right of it, (width,); in pixels."""
    height, width = images.shape[1:3]
    return jnp.arange(float(height))[:, None] - (height - 1) / 2, jnp.arange(float(width)) - (width - 1) / 2


def _read(images: Array, y: Array, x: Array) -> Array:
    """The images' values at places y below and x to the right of the centre, (batch, height, width); 0 outside."""
    places = jnp.stack(jnp.broadcast_arrays(y, x), axis=1)
    centre = [(size - 1) / 2 for size in images.shape[1:3]]

    def channel(picture, place):
        return map_coordinates(picture, [place[0] + centre[0], place[1] + centre[1]], order=1)

    def all_channels(image, place):
        return channel(image, place) if image.ndim == 2 else jax.vmap(channel, (-1, None), -1)(image, place)

    return jax.vmap(all_channels)(images.astype(places.dtype), places).astype(images.dtype)
