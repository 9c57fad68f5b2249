"""Small portions of a data set, shuffled or in order."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from dlnotes import _checks as checks
from dlnotes.data._dataset import Dataset, as_dataset


class Batch(NamedTuple):
    """A few examples and their targets; unpacks as `x, y = batch`."""

    x: np.ndarray  # (batch, *features) float32
    y: np.ndarray  # (batch,) int32 or float32


def batches(
    data: Dataset | Sequence[Any],
    batch_size: int,
    *,
    key: jax.Array | None = None,
    seed: int | None = None,
    drop_last: bool = False,
) -> Iterator[Batch]:
    """One pass over the data: every example once, `batch_size` at a time, as NumPy arrays.

    Give a key or a seed to shuffle (a fresh one each epoch); give neither to go in order, as for evaluation.

    Args:
        data: A Dataset, or a pair of arrays (x, y).
        batch_size: Examples per batch, at least 1.
        key: A random key, `jax.random.fold_in(key, epoch)` for example.
        seed: A whole number in place of a key.
        drop_last: Leave out the last batch when it is smaller, so that a jitted step sees one shape only.

    Raises:
        TypeError, ValueError: Both key and seed, a batch size below 1, no example at all, or no full batch.

    Example:
        >>> x, y = np.zeros((10, 3)), np.arange(10)
        >>> [batch.x.shape for batch in batches((x, y), 4)]
        [(4, 3), (4, 3), (2, 3)]
        >>> len(list(batches((x, y), 4, seed=0, drop_last=True)))
        2

    Notebook: 04_feedforward_networks.
    """
    data = as_dataset("batches", data)
    size = checks.integer("batches", "batch_size", batch_size, at_least=1)
    if len(data) == 0:
        raise ValueError("batches expects at least one example; got an empty data set.")
    if drop_last and len(data) < size:
        raise ValueError(
            f"batches expects at least one full batch with drop_last=True; got {len(data)} examples for batches "
            f"of {size}."
        )
    order = _order(len(data), key, seed)
    end = len(data) - len(data) % size if drop_last else len(data)
    return _portions(data, order, size, end)


def _portions(data: Dataset, order: np.ndarray | None, size: int, end: int) -> Iterator[Batch]:
    for start in range(0, end, size):
        rows = slice(start, start + size) if order is None else order[start : start + size]
        yield Batch(data.x[rows], data.y[rows])


def _order(n: int, key: jax.Array | None, seed: int | None) -> np.ndarray | None:
    if key is not None and seed is not None:
        raise TypeError("batches expects a key or a seed, not both.")
    if key is not None:
        numbers = np.asarray(jax.random.key_data(checks.key("batches", key)))
        return np.random.default_rng(numbers.tolist()).permutation(n)
    if seed is not None:
        return np.random.default_rng(checks.integer("batches", "seed", seed, at_least=0)).permutation(n)
    return None
