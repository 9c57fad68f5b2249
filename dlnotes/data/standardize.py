"""Put every feature on one scale, with numbers learnt on the training part alone."""

import dataclasses
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Bool, Float64

from dlnotes.data import _arrays as arrays
from dlnotes.data._dataset import Dataset

Data = TypeVar("Data", Dataset, np.ndarray)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Standardize:
    """`z = (x - mean) / scale`, feature by feature, where mean and scale are those of the training part.

    Fit it on `train.x` and nothing else: a mean that has seen the test part tells the network about it. A feature
    that is the same in every training example has no spread to divide by; it is marked in `constant`, its scale
    is 1, and it becomes 0 (in training).

    Attributes:
        mean: Average of each feature, in its own unit.
        scale: Standard deviation of each feature (divided by n, not n - 1), in its own unit; 1 where constant.
        constant: Which features did not vary.

    Example:
        >>> standardize = Standardize.fit(np.array([[1.0, 10.0, 7.0], [3.0, 30.0, 7.0]]))
        >>> standardize
        Standardize(3 features, of which 1 constant: 2)
        >>> standardize(np.array([[2.0, 40.0, 7.0]])).tolist()
        [[0.0, 2.0, 0.0]]
        >>> standardize.inverse(np.array([[0.0, 2.0, 0.0]])).tolist()
        [[2.0, 40.0, 7.0]]

    Notebook: 07_optimizers.
    """

    mean: Float64[np.ndarray, "*features"]
    scale: Float64[np.ndarray, "*features"]
    constant: Bool[np.ndarray, "*features"]

    @classmethod
    def fit(cls, x: Any) -> "Standardize":
        """Learn mean and scale from the examples `x` of the training part, an array with one example per row.

        Raises:
            TypeError, ValueError: Not numbers, NaN, fewer than two axes, or no example.
        """
        if isinstance(x, Dataset):
            raise TypeError("Standardize.fit expects the array of a training part; got a Dataset. Pass train.x.")
        x = arrays.numbers("Standardize.fit", x, min_rank=2)
        if len(x) == 0:
            raise ValueError(f"Standardize.fit expects at least one example; got shape {x.shape}.")
        constant = x.min(axis=0) == x.max(axis=0)
        mean = np.where(constant, x[0], x.mean(axis=0, dtype=np.float64))
        scale = np.where(constant, 1.0, x.std(axis=0, dtype=np.float64))
        return cls(mean=mean, scale=scale, constant=constant)

    def __call__(self, x: Data) -> Data:
        """Standardise an array (float32 comes back) or the `x` of a Dataset.

        Raises:
            ValueError: Examples of another shape than those it was fitted on.
        """
        if isinstance(x, Dataset):
            return x.replace(x=self(x.x))
        return ((self._fitting("Standardize", x) - self.mean) / self.scale).astype(np.float32)

    def inverse(self, z: Data) -> Data:
        """Back to the features' own units: `x = z · scale + mean`."""
        if isinstance(z, Dataset):
            return z.replace(x=self.inverse(z.x))
        return (self._fitting("Standardize.inverse", z) * self.scale + self.mean).astype(np.float32)

    def _fitting(self, who: str, x: Any) -> np.ndarray:
        x = arrays.numbers(who, x)
        if x.shape[-self.mean.ndim :] != self.mean.shape:
            wanted = ", ".join(map(str, self.mean.shape))
            raise ValueError(f"{who} expects an input of shape (..., {wanted}); got {x.shape}.")
        return x

    def __repr__(self) -> str:
        which = [", ".join(map(str, place)) for place in np.argwhere(self.constant).tolist()]
        which = [f"({place})" if "," in place else place for place in which]
        shown = ", ".join(which[:5]) + (", …" if len(which) > 5 else "")
        said = f", of which {len(which)} constant: {shown}" if which else ""
        return f"Standardize({self.mean.size} features{said})"
