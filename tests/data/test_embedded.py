import subprocess
import sys

import numpy as np
import pytest
import sklearn.datasets as theirs

from dlnotes import data


@pytest.mark.parametrize(
    ("load", "reference", "shape", "counts"),
    [
        (data.breast_cancer, theirs.load_breast_cancer, (569, 30), [212, 357]),
        (data.wine, theirs.load_wine, (178, 13), [59, 71, 48]),
        (data.iris, theirs.load_iris, (150, 4), [50, 50, 50]),
    ],
)
def test_tables_are_scikit_learns(load, reference, shape, counts):
    ours, raw = load(), reference()
    assert ours.x.shape == shape
    np.testing.assert_array_equal(ours.x, raw.data.astype(np.float32))
    np.testing.assert_array_equal(ours.y, raw.target)
    assert np.bincount(ours.y).tolist() == counts
    assert ours.class_names == tuple(raw.target_names)
    assert ours.feature_names == tuple(raw.feature_names)
    assert (ours.x.dtype, ours.y.dtype) == (np.float32, np.int32)
    assert "CC BY 4.0" in ours.source


def test_diabetes_is_raw():
    ours, raw = data.diabetes(), theirs.load_diabetes(scaled=False)
    np.testing.assert_array_equal(ours.x, raw.data.astype(np.float32))
    np.testing.assert_array_equal(ours.y, raw.target.astype(np.float32))
    assert (ours.y.min(), ours.y.max(), ours.y.dtype) == (25, 346, np.float32)
    assert ours.x[:, 0].min() == 19  # years, not standard deviations
    assert set(ours.x[:, 1]) == {1, 2}
    assert ours.n_classes == 0


def test_digits():
    ours, raw = data.digits(), theirs.load_digits()
    assert ours.x.shape == (1797, 8, 8, 1)
    np.testing.assert_array_equal(ours.flat * 16, raw.data)
    np.testing.assert_array_equal(ours.y, raw.target)
    counts = np.bincount(ours.y)
    assert (ours.x.min(), ours.x.max(), counts.min(), counts.max()) == (0, 1, 174, 183)


def test_each_call_gives_arrays_of_its_own():
    first = data.iris()
    first.x[:] = 0
    assert data.iris().x.max() > 7


def test_import_is_light():
    heavy = ["sklearn", "pooch", "tqdm", "pandas", "mlxtend"]
    code = f"import sys, dlnotes.data; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_public_names():
    assert sorted(data.__all__) == data.__all__
    for name in data.__all__:
        assert callable(getattr(data, name)) or name == "augment", name
        assert getattr(data, name).__doc__, name
