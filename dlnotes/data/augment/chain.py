"""Several augmentations as one."""

from collections.abc import Callable

import jax
from jaxtyping import Array

from dlnotes import _checks as checks


def chain(*steps: Callable[[Array, jax.Array], Array]) -> Callable[[Array, jax.Array], Array]:
    """One augmentation that does several, in order, each with a key of its own.

    Args:
        *steps: Functions (images, key) -> images; settings are fixed with `functools.partial`.

    Returns:
        A function (images, key) -> images.

    Raises:
        TypeError: Something that is not a function.

    Example:
        >>> from functools import partial
        >>> import jax.numpy as jnp
        >>> from dlnotes.data.augment import cut_out, noise, rotate
        >>> augment = chain(partial(rotate, degrees=10.0), partial(noise, sd=0.05), cut_out)
        >>> augment(jnp.zeros((2, 28, 28, 1)), jax.random.key(0)).shape
        (2, 28, 28, 1)

    Notebook: 09_generalisation.
    """
    for i, step in enumerate(steps):
        checks.function("chain", f"steps[{i}]", step)

    def augment(images: Array, key: jax.Array) -> Array:
        keys = jax.random.split(checks.key("chain", key), len(steps))
        for step, own in zip(steps, keys, strict=True):
            images = step(images, own)
        return images

    return augment
