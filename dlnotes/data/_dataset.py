"""The one thing every loader returns: examples, their targets, and what they mean."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float32

from dlnotes.data import _arrays as arrays


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Examples `x` and targets `y`, in main memory as NumPy arrays, with the names a figure needs.

    Numbers are converted: `x` to float32, whole-number `y` to int32 (classes), other `y` to float32 (regression).
    A slice, a mask or a list of indices gives a smaller Dataset; an int gives a Dataset of one example.

    Attributes:
        x: One example per row: (n, features), or images (n, height, width, channels) with pixels in [0, 1].
        y: One target per example: classes 0, 1, … or numbers.
        name: What it is called in titles.
        feature_names: One name per column, with its unit; empty for images.
        class_names: One name per class; empty for regression.
        source: Where it comes from, how to cite it, and its terms.

    Raises:
        TypeError, ValueError: Not numbers, NaN, different lengths, classes without a name, or too few names.

    Example:
        >>> x, y = np.array([[4.0, 0.25], [30.0, 0.5]]), np.array([0, 1])  # weight in kg, height in m
        >>> pets = Dataset(x, y, name="pets", class_names=("cat", "dog"))
        >>> pets
        Dataset('pets', 2 examples of shape (2,), 2 classes)
        >>> pets[pets.y == 1].x.tolist()
        [[30.0, 0.5]]

    Notebook: 00_start_here.
    """

    x: np.ndarray  # (n, *features) float32
    y: np.ndarray  # (n,) int32 or float32
    name: str = "data"
    feature_names: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        x = arrays.numbers("Dataset", self.x, min_rank=2)
        y = arrays.targets("Dataset", self.y)
        if len(x) != len(y):
            raise ValueError(f"Dataset expects one target per example; got {len(x)} rows in x and {len(y)} in y.")
        for field in ("name", "source"):
            if not isinstance(getattr(self, field), str):
                raise TypeError(f"Dataset expects {field} to be text; got {getattr(self, field)!r}.")
        feature_names = _names("feature_names", self.feature_names)
        class_names = _names("class_names", self.class_names)
        width = int(np.prod(x.shape[1:]))
        if feature_names and len(feature_names) != width:
            raise ValueError(f"Dataset expects one name per feature, {width}; got {len(feature_names)} feature_names.")
        if class_names and y.dtype != np.int32:
            raise TypeError(f"Dataset expects integer classes in y beside class_names; got {y.dtype}.")
        if class_names and y.size and y.max() >= len(class_names):
            raise ValueError(
                f"Dataset expects classes in 0 … {len(class_names) - 1}, one per class name; got {y.max()}. "
                f"Count classes from 0."
            )
        for field, value in (("x", x), ("y", y), ("feature_names", feature_names), ("class_names", class_names)):
            object.__setattr__(self, field, value)

    @property
    def is_classification(self) -> bool:
        """Whether `y` holds classes rather than numbers."""
        return self.y.dtype == np.int32

    @property
    def n_classes(self) -> int:
        """How many classes there are; 0 for regression."""
        if not self.is_classification:
            return 0
        return len(self.class_names) or (int(self.y.max()) + 1 if len(self) else 0)

    @property
    def flat(self) -> Float32[np.ndarray, "n width"]:
        """`x` with every example as one row: images (n, 28, 28, 1) become (n, 784)."""
        return self.x.reshape(len(self), int(np.prod(self.x.shape[1:])))

    def replace(self, **changes: Any) -> "Dataset":
        """A copy with some fields changed: `data.replace(x=new_x)`."""
        return dataclasses.replace(self, **changes)

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: Any) -> "Dataset":
        if isinstance(index, tuple):
            raise TypeError(
                f"Dataset expects one index, which picks examples; got {index!r}. Use data.x[…] for pixels."
            )
        try:
            rows = np.arange(len(self))[index]
        except IndexError as error:
            raise IndexError(f"Dataset of {len(self)} examples cannot be indexed so: {error}") from None
        rows = np.atleast_1d(rows)
        if rows.ndim != 1:
            raise IndexError(f"Dataset expects an index with one axis; got one of shape {np.shape(index)}.")
        rows = index if isinstance(index, slice) else rows  # a slice is a view and costs nothing
        return dataclasses.replace(self, x=self.x[rows], y=self.y[rows])

    def __repr__(self) -> str:
        kind = f"{self.n_classes} classes" if self.is_classification else "regression"
        plural = "example" if len(self) == 1 else "examples"
        return f"Dataset({self.name!r}, {len(self):,} {plural} of shape {self.x.shape[1:]}, {kind})"


def as_dataset(who: str, data: Any) -> Dataset:
    """A Dataset as it is; a pair of arrays (x, y) as a Dataset without names."""
    if isinstance(data, Dataset):
        return data
    if isinstance(data, (tuple, list)) and len(data) == 2:
        return Dataset(data[0], data[1])
    raise TypeError(f"{who} expects a Dataset or a pair of arrays (x, y); got {type(data).__name__}.")


def _names(field: str, value: Sequence[str]) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(name, str) for name in value):
        raise TypeError(f"Dataset expects {field} to be a sequence of texts; got {value!r}.")
    return tuple(str(name) for name in value)
