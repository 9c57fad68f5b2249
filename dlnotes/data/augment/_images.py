"""What counts as a batch of images."""

from typing import Any, TypeAlias

from jaxtyping import Array, Float

from dlnotes import _checks as checks

Images: TypeAlias = Float[Array, "batch height width *channels"]


def check_images(who: str, images: Any) -> Array:
    """A floating-point array of shape (batch, height, width) or (batch, height, width, channels), without NaN."""
    images = checks.array(who, images, name="images", min_rank=3)
    if images.ndim > 4:
        raise ValueError(
            f"{who} expects images of shape (batch, height, width) or (batch, height, width, channels); "
            f"got {images.shape}."
        )
    return images


def one_each(values: Array, images: Array) -> Array:
    """(batch,) as (batch, 1, 1, …), to be multiplied with `images`."""
    return values.reshape(-1, *[1] * (images.ndim - 1))
