"""Data: real sets that travel with the package, toys you can draw, and full sets fetched on demand.

Every loader returns a `Dataset`: `x` (float32, images as NHWC in [0, 1]) and `y` (int32 classes or float32 targets).

* Embedded, in a dependency or generated here, never the network: `digits` `mnist` `breast_cancer` `wine` `iris`
  `diabetes`, and the toys `blobs` `moons` `circles` `spirals` `xor` `line`.
* Packaged, one member of one published archive, fetched once: `credit_default` `pronunciations`.
* Canonical, the full set at its home, fetched once: `mnist(full=True)` `fashion_mnist`.

`augment` changes images at random while a network trains.

What was downloaded stays in `cache_dir()` and is checked against its hash before every use.
"""

from dlnotes.data import augment
from dlnotes.data._dataset import Dataset
from dlnotes.data._download import DownloadError, cache_dir
from dlnotes.data._packaged import packaged_member
from dlnotes.data.batches import Batch, batches
from dlnotes.data.embedded import breast_cancer, diabetes, digits, iris, wine
from dlnotes.data.handwriting import canonical_splits, fashion_mnist, mnist
from dlnotes.data.packaged import credit_default, pronunciations
from dlnotes.data.split import Fold, Splits, k_fold, split
from dlnotes.data.standardize import Standardize
from dlnotes.data.toys import blobs, circles, line, moons, spirals, xor

__all__ = [
    "Batch",
    "Dataset",
    "DownloadError",
    "Fold",
    "Splits",
    "Standardize",
    "augment",
    "batches",
    "blobs",
    "breast_cancer",
    "cache_dir",
    "canonical_splits",
    "circles",
    "credit_default",
    "diabetes",
    "digits",
    "fashion_mnist",
    "iris",
    "k_fold",
    "line",
    "mnist",
    "moons",
    "packaged_member",
    "pronunciations",
    "spirals",
    "split",
    "wine",
    "xor",
]
