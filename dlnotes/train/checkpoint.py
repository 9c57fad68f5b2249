"""A checkpoint: everything needed to go on training as if nothing had happened, in one safetensors file.

It is written whole or not at all (see `dlnotes.tree.save`), and read only if it belongs to the same set-up.
"""

import hashlib
import json
import os
import re
from typing import Any, NamedTuple

import jax
import numpy as np

from dlnotes import tree
from dlnotes.train.loss import Asked
from dlnotes.train.step import TrainState

VERSION = "1"


class Saved(NamedTuple):
    """What a checkpoint holds beside its history.

    Attributes:
        state: The training state after an epoch.
        best: (model, stats) of the best epoch so far; `None` without early stopping.
    """

    state: TrainState
    best: Any


def write(path: str | os.PathLike, saved: Saved, history: dict[str, list[float]], setup: dict[str, str]) -> None:
    """Replace the checkpoint at `path`."""
    texts = {"dlnotes_checkpoint": VERSION, "history": json.dumps(history), "setup": json.dumps(setup)}
    tree.save(path, saved, texts)


def read(path: str | os.PathLike, template: Saved, setup: dict[str, str]) -> tuple[Saved, dict[str, list[float]]]:
    """Read a checkpoint of this very set-up.

    Raises:
        ValueError: Not a checkpoint, or one of another model, optimizer or data; the message says what differs.
    """
    texts = tree.metadata(path)
    if texts.get("dlnotes_checkpoint") != VERSION:
        raise ValueError(f"{os.fspath(path)} is not a checkpoint written by fit. Give fit another file name.")
    before = json.loads(texts["setup"])
    different = [name for name in setup | before if before.get(name) != setup.get(name)]
    if different:
        details = "; ".join(
            f"{name}: {_short(before.get(name))} there, {_short(setup.get(name))} here" for name in different
        )
        raise ValueError(
            f"{os.fspath(path)} is the checkpoint of another training, so it cannot be resumed. Different: {details}. "
            f"Delete the file to begin anew, or give fit another file name."
        )
    return tree.load(path, template), json.loads(texts["history"])


def describe_setup(
    state: TrainState, optimizer: Any, loss: Asked, examples: Any, validation: Any, columns: list[str], **numbers: Any
) -> dict[str, str]:
    """What must be the same for a training to go on: texts and fingerprints, in readable pieces.

    An optax optimizer does not tell its learning rate, so only the form of its state is compared; the optimizers of
    `dlnotes.optim` are compared with all their numbers. Of the loss, only the name is.
    """
    function = getattr(loss.function, "func", loss.function)
    return {
        "model": _form(state.model),
        "stats": _form(state.stats),
        "optimizer": _without_addresses(repr(optimizer)) + " " + _form(state.opt_state),
        "loss": getattr(function, "__qualname__", type(function).__qualname__),
        "data": _fingerprint(examples),
        "validation": "none" if validation is None else _fingerprint(validation),
        "key": _fingerprint(state.key),
        "recorded": ", ".join(columns),
        **{name: str(value) for name, value in numbers.items()},
    }


def _form(value: Any) -> str:
    """Names, shapes, dtypes and the structure with its static fields."""
    leaves = ", ".join(f"{name} {leaf.dtype}{list(leaf.shape)}" for name, leaf in tree.named_leaves(value).items())
    structure = _without_addresses(str(jax.tree.structure(value)))
    return f"{leaves} #{hashlib.sha256(structure.encode()).hexdigest()[:12]}"


def _fingerprint(value: Any) -> str:
    """Shapes, and a hash of every byte."""
    digest = hashlib.blake2b(digest_size=12)
    shapes = []
    for name, leaf in tree.named_leaves(value).items():
        if jax.numpy.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            leaf = jax.random.key_data(leaf)
        array = np.ascontiguousarray(np.asarray(leaf))
        shapes.append(f"{name} {array.dtype}{list(array.shape)}")
        digest.update(f"{shapes[-1]}".encode() + array.tobytes())
    return f"{', '.join(shapes)} #{digest.hexdigest()}"


def _without_addresses(text: str) -> str:
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)


def _short(text: str | None, most: int = 160) -> str:
    if text is None:
        return "nothing"
    return text if len(text) <= most else f"{text[: most - 30]} … {text[-28:]}"
