"""Augmentation: small changes that leave a picture's meaning alone, drawn anew every time it is shown.

Every function takes a batch of images and a random key, and draws for each image by itself. All work under `jax.jit`
and `jax.vmap`, keep shape and dtype, and do nothing at strength 0 (a zoom factor of 1). What comes in from outside the
picture is 0. Augment training images only, with a new key at every step, and only by changes that keep the label: a 6
turned by 180° is a 9.

`images` is (batch, height, width) or (batch, height, width, channels), floating point; all channels change alike.

* Moved: `shift` `rotate` `zoom` `flip`.
* Changed: `noise` `cut_out` `mix_up`, which blends the targets too.
* Several in a row: `chain`.

    augment = chain(shift, partial(rotate, degrees=10.0))
    images = augment(batch.x, key)
"""

from dlnotes.data.augment.chain import chain
from dlnotes.data.augment.geometry import flip, rotate, shift, zoom
from dlnotes.data.augment.pixels import cut_out, mix_up, noise

__all__ = ["chain", "cut_out", "flip", "mix_up", "noise", "rotate", "shift", "zoom"]
