"""Rosenblatt's perceptron and its rule, which learns only from mistakes."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Num, ScalarLike

from dlnotes import _checks as checks
from dlnotes._module import module


class PerceptronHistory(NamedTuple):
    """How the perceptron learnt: one entry for each epoch, the last one without mistakes if there was one.

    With `every_example=True` there is an entry for each example of each epoch.
    """

    mistakes: Int[Array, " entries"]  # mistakes made in this epoch (or 0 or 1 at this example)
    weight: Float[Array, "entries n_in"]  # the weights after it
    bias: Float[Array, " entries"]  # the bias after it


@module
class Perceptron:
    """One neuron that says yes or no: `sign(w·x + b)`.

    The points where `w·x + b = 0` form the boundary, a line in the plane; w stands at right angles to it and points to
    the side of +1. A point exactly on the boundary is answered -1.

    Learning takes one example at a time and does nothing unless the answer is wrong:

        if y (w·x + b) ≤ 0:    w ← w + η y x,    b ← b + η y

    Started from zero, η only scales w and b together, so it changes no answer. If some line separates the classes the
    rule stops making mistakes (see `novikoff_bound`); if none does, it never comes to rest, and XOR is the smallest
    such case.

    Attributes:
        weight: w, one number per input.
        bias: b, one number: minus the threshold that the sum must exceed.

    Example:
        >>> x = jnp.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        >>> y = jnp.array([-1, -1, -1, 1])  # logical AND
        >>> perceptron, history = Perceptron.init(2).fit(x, y)
        >>> perceptron(x)
        Array([-1, -1, -1,  1], dtype=int32)
        >>> history.mistakes
        Array([2, 3, 3, 2, 2, 3, 2, 1, 0], dtype=int32)

    Rosenblatt 1958, "The perceptron: a probabilistic model for information storage and organization in the brain"; the
    rule that learns from mistakes only: Rosenblatt 1962, "Principles of neurodynamics".

    Notebook: 02_neuron_and_perceptron.
    """

    weight: Float[Array, " n_in"]
    bias: Float[Array, ""]

    @classmethod
    def init(cls, n_in: int) -> "Perceptron":
        """Start from zero, as nothing is known yet.

        Raises:
            TypeError, ValueError: `n_in` is not a positive integer.
        """
        checks.integer("Perceptron.init", "n_in", n_in, at_least=1)
        return cls(weight=jnp.zeros(n_in), bias=jnp.zeros(()))

    def score(self, x: Float[Array | np.ndarray, "*batch n_in"]) -> Float[Array, "*batch"]:
        """The sum before the sign, `w·x + b`: positive on the side of +1, larger further from the boundary."""
        return checks.features("Perceptron", x, self.weight.shape[0]) @ self.weight + self.bias

    def __call__(self, x: Float[Array | np.ndarray, "*batch n_in"]) -> Int[Array, "*batch"]:
        """Answer +1 or -1 for each example.

        Raises:
            ValueError: The last axis of `x` is not `n_in` wide, or `x` holds NaN.
        """
        return jnp.where(self.score(x) > 0, 1, -1).astype(jnp.int32)

    def learn(
        self,
        x: Float[Array | np.ndarray, " n_in"],
        y: Num[Array | np.ndarray, ""] | int | float,
        rate: ScalarLike = 1.0,
    ) -> tuple["Perceptron", Bool[Array, ""]]:
        """Look at one example; on a mistake, move the boundary towards it.

        Args:
            x: The example.
            y: Its label, -1 or +1.
            rate: η, above 0.

        Returns:
            The new perceptron, and whether the answer was a mistake (a point on the boundary is one).

        Raises:
            TypeError, ValueError: An example of the wrong shape, a label other than ±1, a rate not above 0.

        Example:
            >>> perceptron, mistake = Perceptron.init(2).learn(jnp.array([3.0, 4.0]), -1)
            >>> perceptron.weight, bool(mistake)
            (Array([-3., -4.], dtype=float32), True)
        """
        x = checks.features("Perceptron.learn", x, self.weight.shape[0])
        if x.ndim != 1:
            raise ValueError(
                f"Perceptron.learn expects one example, of shape ({x.shape[-1]},); got {x.shape}. Use fit."
            )
        y = _signs("Perceptron.learn", y, ())
        checks.number("Perceptron.learn", "rate", rate, above=0.0)
        return _learn(self, x, y, jnp.asarray(rate, x.dtype))

    def fit(
        self,
        x: Float[Array | np.ndarray, "n n_in"],
        y: Num[Array | np.ndarray, " n"],
        *,
        epochs: int = 100,
        rate: ScalarLike = 1.0,
        every_example: bool = False,
    ) -> tuple["Perceptron", PerceptronHistory]:
        """Go through the examples in their order, again and again, until an epoch passes without a mistake.

        Args:
            x: One example a row. The order matters; shuffle beforehand if classes come one after the other.
            y: A label -1 or +1 for each.
            epochs: The most passes through the data, at least 1.
            rate: η, above 0.
            every_example: Keep the boundary after every example, for a film, and not after every epoch.

        Returns:
            The perceptron as it is at the end, and the history. Under `jax.jit` or `jax.vmap` the history has all
            `epochs` entries, with zeros after the last mistake.

        Raises:
            TypeError, ValueError: Malformed data, labels other than ±1, a rate not above 0.
        """
        x = checks.features("Perceptron.fit", x, self.weight.shape[0], min_rank=2)
        checks.array("Perceptron.fit", x, rank=2, finite=True)
        y = _signs("Perceptron.fit", y, x.shape[:1])
        checks.integer("Perceptron.fit", "epochs", epochs, at_least=1)
        checks.number("Perceptron.fit", "rate", rate, above=0.0)
        model, history, run = _fit(self, x, y, jnp.asarray(rate, x.dtype), epochs, every_example)
        if not checks.is_traced(run):
            kept = int(run) * (len(x) if every_example else 1)
            history = jax.tree.map(lambda part: part[:kept], history)
        return model, history


def novikoff_bound(separator: Perceptron, x: Float[Array | np.ndarray, "n n_in"], y: Num[Array | np.ndarray, " n"]):
    """The most mistakes that learning from zero can ever make, given any perceptron that separates the data.

        mistakes ≤ (R / γ)²,    R = max ‖(x, 1)‖,    γ = min y (w·x + b) / ‖(w, b)‖

    The 1 beside x stands for the bias. However many examples there are and however often they are shown, only the
    reach of the data R and the width of the gap γ count; neither the rate nor the number of inputs matters.

    Args:
        separator: A perceptron that answers every example right; the wider its margin, the tighter the bound.
        x: One example a row.
        y: A label -1 or +1 for each.

    Returns:
        The bound, a float.

    Raises:
        ValueError: `separator` makes a mistake on these examples, so it proves nothing.

    Example:
        >>> x, y = jnp.array([[2.0], [-2.0]]), jnp.array([1, -1])
        >>> round(novikoff_bound(Perceptron(weight=jnp.ones(1), bias=jnp.zeros(())), x, y), 4)
        1.25

    Novikoff 1962, "On convergence proofs on perceptrons".

    Notebook: 02_neuron_and_perceptron.
    """
    x = checks.array("novikoff_bound", x, rank=2, finite=True)
    y = _signs("novikoff_bound", y, x.shape[:1])
    length = jnp.sqrt(jnp.sum(separator.weight**2) + separator.bias**2)
    margin = float(jnp.min(y.astype(x.dtype) * separator.score(x)) / jnp.where(length > 0, length, 1.0))
    if margin <= 0:
        raise ValueError(
            "novikoff_bound expects a separator that answers every example right; this one has a mistake, or a point "
            "on its boundary. Fit a perceptron until an epoch has no mistakes; without a separating line none exists."
        )
    reach = float(jnp.sqrt(jnp.max(jnp.sum(x**2, axis=1)) + 1))
    return (reach / margin) ** 2


def _learn(model: Perceptron, x: Array, y: Array, rate: Array) -> tuple[Perceptron, Array]:
    y = y.astype(x.dtype)
    mistake = y * (x @ model.weight + model.bias) <= 0
    step = jnp.where(mistake, rate * y, 0.0)  # η y on a mistake, else nothing
    return Perceptron(weight=model.weight + step * x, bias=model.bias + step), mistake


@partial(jax.jit, static_argnames=("epochs", "every_example"))
def _fit(model: Perceptron, x: Array, y: Array, rate: Array, epochs: int, every_example: bool):
    def one_example(model, example):
        x_i, y_i = example
        model, mistake = _learn(model, x_i, y_i, rate)
        return model, PerceptronHistory(mistake.astype(jnp.int32), model.weight, model.bias)

    def one_epoch(carry, _):
        model, done = carry
        new, film = jax.lax.cond(
            done,
            lambda m: (m, jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (len(x), *leaf.shape)), still(m))),
            lambda m: jax.lax.scan(one_example, m, (x, y)),
            model,
        )
        mistakes = film.mistakes.sum()
        entry = film if every_example else PerceptronHistory(mistakes, new.weight, new.bias)
        return (new, mistakes == 0), (entry, ~done)

    def still(model):
        return PerceptronHistory(jnp.zeros((), jnp.int32), model.weight, model.bias)

    start = (model, jnp.zeros((), bool))
    (model, _), (history, ran) = jax.lax.scan(one_epoch, start, length=epochs)
    if every_example:
        history = jax.tree.map(lambda part: part.reshape(-1, *part.shape[2:]), history)
    return model, history, ran.sum()


def _signs(who: str, y, shape: tuple[int, ...]) -> Array:
    """Labels that are -1 or +1, as int32."""
    if not hasattr(y, "dtype"):
        y = np.asarray(y)
    if not (jnp.issubdtype(y.dtype, jnp.floating) or jnp.issubdtype(y.dtype, jnp.integer)):
        raise TypeError(f"{who} expects labels -1 or +1; got {y.dtype}. Convert with jnp.where(y, 1, -1).")
    y = jnp.asarray(y)
    if y.shape != shape:
        raise ValueError(f"{who} expects labels of shape {shape}; got {y.shape}.")
    if not checks.is_traced(y) and not bool((jnp.abs(y) == 1).all()):
        wrong = np.asarray(y)[np.abs(np.asarray(y)) != 1].ravel()[0]
        raise ValueError(f"{who} expects labels -1 or +1; got {wrong}. From 0 and 1 convert with 2 * y - 1.")
    return y.astype(jnp.int32)
