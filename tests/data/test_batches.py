import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes import data
from dlnotes.data import batches


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 60), st.integers(1, 70), st.one_of(st.none(), st.integers(0, 2**63)), st.booleans())
def test_every_example_once(n, size, seed, drop_last):
    x, y = np.arange(n)[:, None], np.arange(n)
    if drop_last and n < size:
        with pytest.raises(ValueError, match="full batch"):
            batches((x, y), size, seed=seed, drop_last=True)
        return
    found = list(batches((x, y), size, seed=seed, drop_last=drop_last))
    rows = [int(row) for batch in found for row in batch.y]
    for batch in found:
        np.testing.assert_array_equal(batch.x[:, 0], batch.y)
        assert (type(batch.x), type(batch.y)) == (np.ndarray, np.ndarray)
        assert (batch.x.dtype, batch.y.dtype) == (np.float32, np.int32)
    assert len(set(rows)) == len(rows) == (n - n % size if drop_last else n)
    assert all(len(batch.y) == size for batch in found[: None if drop_last else -1])
    if seed is None:
        assert rows == sorted(rows)


def order(**how):
    return [int(row) for _, y in batches((np.zeros((50, 1)), np.arange(50)), 8, **how) for row in y]


def test_same_key_same_order(key):
    assert order(key=key) == order(key=key)
    assert order(key=key) != order(key=jax.random.fold_in(key, 1))
    assert order(key=key) != sorted(order(key=key))
    assert order(key=jax.random.PRNGKey(3)) == order(key=jax.random.key(3))
    assert order(seed=4) == order(seed=4) != order(seed=5)


def test_goes_into_a_jitted_step():
    total = jax.jit(lambda batch: batch.x.sum() + batch.y.sum().astype(np.float32))
    assert float(sum(total(batch) for batch in batches(data.iris(), 50))) == pytest.approx(2078.7 + 150, rel=1e-5)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("whole", "size", "how", "error", "said"),
    [
        ("text", 4, {}, TypeError, "a Dataset or a pair"),
        ((np.zeros((3, 1)), np.zeros(2)), 4, {}, ValueError, "one target per example"),
        ((np.zeros((0, 1)), np.zeros(0)), 4, {}, ValueError, "at least one example"),
        (data.iris(), 0, {}, ValueError, "batch_size to be an integer at least 1; got 0"),
        (data.iris(), 4.0, {}, TypeError, "batch_size"),
        (data.iris(), True, {}, TypeError, "batch_size"),
        (data.iris(), 4, {"seed": -1}, ValueError, "seed"),
        (data.iris(), 4, {"seed": "a"}, TypeError, "seed"),
        (data.iris(), 4, {"key": 3}, TypeError, "random key"),
        (data.iris(), 4, {"key": jax.random.key(0), "seed": 3}, TypeError, "not both"),
        (data.iris(), 151, {"drop_last": True}, ValueError, "full batch"),
    ],
)
def test_malformed(whole, size, how, error, said):
    with pytest.raises(error, match=said):
        batches(whole, size, **how)  # raises at once, not at the first batch
