"""What training draws its batches from: arrays of one length, example by example along the first axis."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dlnotes import _checks as checks


class Batch(NamedTuple):
    """Examples and their answers: `batch.x`, `batch.y`, or `x, y = batch`.

    Attributes:
        x: One example in each row.
        y: One answer for each.
    """

    x: Any
    y: Any


def as_examples(who: str, data: Any, name: str = "data") -> Any:
    """Bring data into the form in which a loss sees its batches.

    Args:
        who: The function that speaks in errors.
        data: Something with `.x` and `.y`, or a pair `(x, y)`: both become a `Batch`. Any other tuple, a dict or a
            single array keeps its form. NumPy or JAX arrays.
        name: What to call it in errors.

    Returns:
        JAX arrays of one length.

    Raises:
        TypeError: Not arrays of numbers.
        ValueError: Different lengths, no example, NaN or infinity.

    Example:
        >>> as_examples("fit", (np.zeros((4, 2)), np.arange(4))).x.shape
        (4, 2)
    """
    if hasattr(data, "train") and hasattr(data, "validation"):
        raise TypeError(f"{who} expects {name} to be one data set; got splits. Give data=splits.train, validation=….")
    if hasattr(data, "x") and hasattr(data, "y"):
        data = Batch(data.x, data.y)
    elif isinstance(data, (tuple, list)):
        data = Batch(*data) if len(data) == 2 else tuple(data)
    examples = jax.tree.map(lambda leaf: _as_array(who, name, leaf), data)
    shapes = [leaf.shape for leaf in jax.tree.leaves(examples)]
    if not shapes:
        raise ValueError(f"{who} expects {name} to hold at least one array; got none.")
    if len({shape[:1] for shape in shapes}) > 1 or not shapes[0]:
        raise ValueError(
            f"{who} expects the arrays of {name} to have one length, an example in each row; got shapes "
            f"{', '.join(map(str, shapes))}."
        )
    if 0 in shapes[0]:
        raise ValueError(f"{who} expects at least one example in {name}; got an array of shape {shapes[0]}.")
    return examples


def length(examples: Any) -> int:
    """How many examples there are."""
    return jax.tree.leaves(examples)[0].shape[0]


def check_batch_size(who: str, batch_size: Any, examples: Any) -> int:
    """A whole number from 1 to the number of examples."""
    batch_size = checks.integer(who, "batch_size", batch_size, at_least=1)
    if batch_size > length(examples):
        raise ValueError(
            f"{who} expects batch_size to be at most the number of examples, {length(examples)}; got {batch_size}. "
            f"Use batch_size={length(examples)} to take all of them in each step."
        )
    return batch_size


def extreme_batch(examples: Any, size: int) -> Any:
    """A batch with the lowest and the highest whole number of each array, such as the labels, among its rows.

    If a loss run on it outside `jax.jit` has no complaint, no label is out of range in any batch.
    """
    rows = []
    for leaf in jax.tree.leaves(examples):
        if jnp.issubdtype(leaf.dtype, jnp.integer):
            values = np.asarray(leaf)
            rows += [np.unravel_index(index, values.shape)[0] for index in (values.argmin(), values.argmax())]
    chosen = np.array([*rows, *range(size)][:size])
    return jax.tree.map(lambda leaf: leaf[chosen], examples)


def _as_array(who: str, name: str, leaf: Any) -> jax.Array:
    if not hasattr(leaf, "dtype"):
        leaf = np.asarray(leaf)
    if leaf.dtype.kind not in "biufV":
        raise TypeError(f"{who} expects {name} to be arrays of numbers; got an array of {leaf.dtype}.")
    leaf = jnp.asarray(leaf)
    if jnp.issubdtype(leaf.dtype, jnp.floating):
        return checks.array(who, leaf, name=name, finite=True) if leaf.size else leaf
    return leaf
