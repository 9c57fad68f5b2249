"""Look at the numbers of a model: their names, their count, a table of them, and a file that holds them.

A model, an optimizer's state or a whole `TrainState` is a tree: objects in objects, with arrays as the leaves. Every
leaf has a name that reads like a path, `layers.0.weight`. Files are safetensors, the format of published weights:
plain numbers under these names, and nothing in them can run.
"""

import json
import os
import tempfile
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import safetensors
import safetensors.numpy

_DTYPES = {"F64": "f8", "F32": "f4", "F16": "f2", "I64": "i8", "I32": "i4", "I16": "i2", "I8": "i1"}
_DTYPES |= {"U64": "u8", "U32": "u4", "U16": "u2", "U8": "u1", "BOOL": "?", "C64": "c8", "BF16": jnp.bfloat16}


class Table(str):
    """Text laid out in columns, which a notebook shows as it stands."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def names(tree: Any) -> list[str]:
    """List the name of every leaf, in JAX's order.

    Example:
        >>> names({"layers": [{"weight": jnp.ones((2, 3)), "bias": jnp.zeros(3)}]})
        ['layers.0.bias', 'layers.0.weight']
    """
    return [".".join(map(_part, path)) or "array" for path, _ in jax.tree_util.tree_flatten_with_path(tree)[0]]


def named_leaves(tree: Any) -> dict[str, Any]:
    """Give every leaf under its name.

    Raises:
        ValueError: Two leaves of one name, as in `{"a.b": …, "a": {"b": …}}`.

    Example:
        >>> named_leaves({"weight": jnp.ones((2, 3))})["weight"].shape
        (2, 3)
    """
    named = dict(zip(names(tree), jax.tree.leaves(tree), strict=True))
    if len(named) < len(jax.tree.leaves(tree)):
        twice = sorted({name for name in names(tree) if names(tree).count(name) > 1})
        raise ValueError(f"two leaves of this tree are both named {twice[0]!r}. Rename a dict key that holds a dot.")
    return named


def count(tree: Any) -> int:
    """Count the numbers in a tree: for a model, its trainable parameters.

    Example:
        >>> count({"weight": jnp.ones((2, 3)), "bias": jnp.zeros(3)})
        9
    """
    return sum(int(np.prod(np.shape(leaf))) for leaf in jax.tree.leaves(tree))


def summary(tree: Any) -> Table:
    """Tabulate the leaves: name, shape, dtype, how many numbers, how many bytes; the totals last.

    Args:
        tree: Arrays, or their shapes from `jax.eval_shape` (then nothing need be computed to see the table).

    Example:
        >>> summary({"bias": jnp.zeros(3), "weight": jnp.ones((200, 3))})
        name    shape     dtype    numbers  bytes
        bias    (3,)      float32        3     12
        weight  (200, 3)  float32      600  2,400
        total                          603  2,412
    """
    rows = [("name", "shape", "dtype", "numbers", "bytes")]
    total = 0
    for name, leaf in zip(names(tree), jax.tree.leaves(tree), strict=True):
        shape, dtype = _shape_and_dtype(leaf)
        numbers = int(np.prod(shape))
        total += numbers * dtype.itemsize
        rows.append((name, str(shape), str(dtype), f"{numbers:,}", f"{numbers * dtype.itemsize:,}"))
    rows.append(("total", "", "", f"{count(tree):,}", f"{total:,}"))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) if i < 3 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))]  # noqa: B905
        lines.append("  ".join(cells).rstrip())
    return Table("\n".join(lines))


def save(path: str | os.PathLike, tree: Any, metadata: dict[str, str] | None = None) -> None:
    """Write every leaf to a safetensors file, or leave what was there before: never half of it.

    The bytes go to a new file in the same folder, are pushed to the disk, and then take the place of `path` in one
    step, so that a kill at any instant leaves the old file or the new one.

    Args:
        path: Where; an existing file is replaced.
        tree: A model, an optimizer's state, any tree of arrays. Random keys are stored as their bits.
        metadata: Short texts kept in the file's header; `metadata(path)` reads them.

    Raises:
        TypeError: A leaf that is not an array of numbers.
        OSError: The folder does not exist, or cannot be written.
    """
    path = os.path.abspath(os.fspath(path))
    arrays = {name: _to_numpy(name, leaf) for name, leaf in named_leaves(tree).items()}
    data = safetensors.numpy.save(arrays, metadata=metadata)
    handle, temporary = tempfile.mkstemp(
        dir=os.path.dirname(path), prefix=f".{os.path.basename(path)}.", suffix=".part"
    )
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def load(path: str | os.PathLike, template: Any) -> Any:
    """Read a file written by `save` into the structure of `template`.

    Args:
        path: A safetensors file.
        template: A tree of the same names, shapes and dtypes: a model, or `jax.eval_shape(...)` of what makes one.

    Returns:
        A tree like `template` that holds the file's numbers.

    Raises:
        FileNotFoundError: No such file.
        ValueError: Not a safetensors file; leaves missing or left over; a leaf of another shape or dtype.

    Example:
        >>> folder = tempfile.TemporaryDirectory()
        >>> save(folder.name + "/model.safetensors", {"weight": jnp.ones((2, 3))})
        >>> template = jax.eval_shape(lambda: {"weight": jnp.zeros((2, 3))})
        >>> load(folder.name + "/model.safetensors", template)["weight"].sum()
        Array(6., dtype=float32)
        >>> folder.cleanup()
    """
    stored, _ = _read(path)
    wanted = named_leaves(template)
    missing, extra = [name for name in wanted if name not in stored], [name for name in stored if name not in wanted]
    if missing or extra:
        raise ValueError(
            f"{os.fspath(path)} does not fit this template: missing in the file: {_listed(missing)}; "
            f"in the file but not in the template: {_listed(extra)}. Load it into a model built with the same sizes."
        )
    leaves = [_to_jax(path, name, stored[name], like) for name, like in wanted.items()]
    return jax.tree.unflatten(jax.tree.structure(template), leaves)


def metadata(path: str | os.PathLike) -> dict[str, str]:
    """Read the texts that were given to `save`.

    Raises:
        FileNotFoundError: No such file.
        ValueError: Not a safetensors file.
    """
    return _read(path)[1]


def _part(key: Any) -> str:
    """One step of a path: a field's name, a dict's key, a position."""
    for attribute in ("name", "key", "idx"):
        if hasattr(key, attribute):
            return str(getattr(key, attribute))
    return str(key)


def _shape_and_dtype(leaf: Any) -> tuple[tuple[int, ...], Any]:
    leaf = _plain(leaf)
    return tuple(int(n) for n in leaf.shape), leaf.dtype


def _plain(leaf: Any) -> Any:
    """A Python number as an array of JAX's dtype for it."""
    if isinstance(leaf, (bool, int, float, complex)):
        return np.asarray(leaf, jnp.result_type(leaf))
    return leaf if hasattr(leaf, "dtype") else np.asarray(leaf)


def _is_key(leaf: Any) -> bool:
    return jnp.issubdtype(_shape_and_dtype(leaf)[1], jax.dtypes.prng_key)


def _to_numpy(name: str, leaf: Any) -> np.ndarray:
    array = np.asarray(jax.random.key_data(leaf) if _is_key(leaf) else _plain(leaf))
    if array.dtype.kind not in "biufcV" or array.dtype.names:
        raise TypeError(f"tree.save expects arrays of numbers; the leaf {name!r} is {array.dtype}.")
    return np.array(array, order="C")  # safetensors needs its own, contiguous memory


def _to_jax(path: Any, name: str, array: np.ndarray, like: Any) -> jax.Array:
    dtype = _shape_and_dtype(like)[1]
    is_key = _is_key(like)
    bits = jax.eval_shape(jax.random.key_data, like) if is_key else like
    expected_shape, expected_dtype = _shape_and_dtype(bits)
    if array.shape != expected_shape or array.dtype != expected_dtype:
        raise ValueError(
            f"{os.fspath(path)}: the leaf {name!r} is expected to be {expected_dtype} with shape {expected_shape}; "
            f"the file has {array.dtype} with shape {array.shape}. Build the model with the sizes it was saved with."
        )
    if is_key:
        implementation = next(
            i for i in ("threefry2x32", "rbg", "unsafe_rbg") if jax.random.key(0, impl=i).dtype == dtype
        )
        return jax.random.wrap_key_data(jnp.asarray(array), impl=implementation)
    return jnp.asarray(array)


def _read(path: str | os.PathLike) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    with open(path, "rb") as file:
        data = file.read()
    try:
        stored = {
            name: np.frombuffer(entry["data"], dtype=_DTYPES[entry["dtype"]]).reshape(entry["shape"])
            for name, entry in safetensors.deserialize(data)
        }
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise ValueError(
            f"{os.fspath(path)} is not a safetensors file, or it is damaged or cut short ({error}). "
            f"Copy or download it again, or train anew."
        ) from error
    return stored, header.get("__metadata__", {})


def _listed(items: list[str]) -> str:
    return (", ".join(items[:8]) + (f" and {len(items) - 8} more" if len(items) > 8 else "")) or "nothing"
