"""A loss function asks for what it needs by naming it.

    def loss(model, batch): ...                            # a plain network
    def loss(model, batch, *, key, train): ...             # with dropout: a random key, and whether this is training
    def loss(model, batch, *, stats, train): ...           # with batch normalisation: running statistics

and returns `loss`, or `(loss, metrics)` with a dict of further numbers to be recorded, or, if it asked for `stats`,
`(loss, metrics, stats)` with the new statistics. The signature is read once, when a step is made, never while training.
"""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from dlnotes import _checks as checks

OFFERED = {
    "key": "a random key, new at every step",
    "train": "True in training, False in evaluation",
    "stats": "running statistics",
}


@dataclasses.dataclass(frozen=True)
class Asked:
    """A function of (model, batch), called with exactly those of `key`, `train` and `stats` that it names.

    Attributes:
        function: The function as it was written.
        asks: Which of "key", "train" and "stats" it names.
        who: What to call it in errors: "loss", "metric 'accuracy'".
    """

    function: Callable[..., Any]
    asks: tuple[str, ...]
    who: str

    def __call__(self, model: Any, batch: Any, stats: Any, *, key: Any, train: bool) -> Any:
        """Call the function; what it returns comes back as it is."""
        offered = {"key": key, "train": train, "stats": stats}
        return self.function(model, batch, **{name: offered[name] for name in self.asks})

    def loss(self, model: Any, batch: Any, stats: Any, *, key: Any, train: bool) -> tuple[jax.Array, tuple[dict, Any]]:
        """Call a loss function and give what it returned one form: `(loss, (metrics, stats))`.

        Raises:
            TypeError: It returned something else than documented at the top of this file.
        """
        result = self(model, batch, stats, key=key, train=train)
        wanted = "(loss, metrics, stats)" if "stats" in self.asks else "loss or (loss, metrics)"
        parts = result if isinstance(result, tuple) else (result,)
        if len(parts) != 3 if "stats" in self.asks else len(parts) not in (1, 2):
            raise TypeError(
                f"this loss is expected to return {wanted}; it returned {_describe(result)}. "
                + ("Return the new stats too, or do not ask for them." if "stats" in self.asks else "")
                + ("To return stats, ask for them: `def loss(model, batch, *, stats)`." if len(parts) == 3 else "")
            )
        value, metrics = parts[0], parts[1] if len(parts) > 1 else {}
        if not isinstance(metrics, dict) or not all(isinstance(name, str) for name in metrics):
            raise TypeError(
                f"this loss is expected to return {wanted} with metrics as a dict of names and numbers, "
                f'such as {{"accuracy": …}}; got {_describe(metrics)}.'
            )
        if "loss" in metrics:
            raise ValueError("the loss is recorded as 'loss' already; give this metric another name.")
        metrics = {name: scalar(f"the metric {name!r} of this loss", number) for name, number in metrics.items()}
        return scalar("this loss", value), (metrics, parts[2] if len(parts) == 3 else stats)


def read(function: Callable[..., Any], who: str = "loss") -> Asked:
    """Read which of `key`, `train` and `stats` a function names.

    Args:
        function: `f(model, batch)`, or with some of `key`, `train`, `stats` as further arguments.
        who: What to call it in errors.

    Raises:
        TypeError: It is not a function, does not take (model, batch), or asks for a name that nobody can give.

    Example:
        >>> read(lambda model, batch, *, key, train: 0.0).asks
        ('key', 'train')
    """
    checks.function("training", who, function)
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return Asked(function, (), who)
    by_place = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(by_place) < 2 and not any(p.kind == p.VAR_POSITIONAL for p in parameters):
        raise TypeError(
            f"{who} is expected to begin `def {who.split()[0]}(model, batch`; got {_signature(parameters)}."
        )
    rest = [p for p in parameters if p not in by_place[:2] and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    for parameter in rest:
        if parameter.name not in OFFERED and parameter.default is parameter.empty:
            offers = "; ".join(f"`{name}`, {meaning}" for name, meaning in OFFERED.items())
            raise TypeError(
                f"{who} asks for {parameter.name!r}, which training cannot give. It can ask for {offers}. "
                f"Fix other arguments beforehand, with functools.partial or a default value."
            )
    return Asked(function, tuple(p.name for p in rest if p.name in OFFERED), who)


def scalar(who: str, value: Any) -> jax.Array:
    """One real number as a float32 (or wider float) array, whatever it came as.

    Raises:
        TypeError: Not a number, or more than one.
    """
    try:
        value = jnp.asarray(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{who} is expected to be one number; got {_describe(value)}.") from error
    if value.shape != () or jnp.issubdtype(value.dtype, jnp.complexfloating):
        raise TypeError(f"{who} is expected to be one number; got {_describe(value)}. Take its mean: `.mean()`.")
    return value if value.dtype in (jnp.float32, jnp.float64) else value.astype(jnp.float32)


def _signature(parameters: list[inspect.Parameter]) -> str:
    return "(" + ", ".join(map(str, parameters)) + ")"


def _describe(value: Any) -> str:
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_describe, value)) + ")"
    if hasattr(value, "shape"):
        return f"an array of shape {tuple(value.shape)}"
    return f"a {type(value).__name__}"
