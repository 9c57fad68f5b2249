"""What every optimizer here has in common: the protocol, the learning rate, and a check of the trees.

An optimizer is two functions. `init(params)` makes its memory, the state; `update(grads, state, params)` turns
gradients into updates, and the old state into the new. The caller adds the updates to the parameters, which is
`apply_updates(params, updates)`. This is optax's protocol, so an optimizer of optax can stand wherever one of these
can, and the other way round.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np

from dlnotes import _checks as checks

Tree: TypeAlias = Any
"""Parameters, gradients, updates: a `@module`, a dict, any nest of arrays that JAX can take apart."""

Number: TypeAlias = float | int | jax.Array | np.floating | np.integer
Rate: TypeAlias = Number | Callable[..., Any]
"""A learning rate: a number, or a schedule, which is a function of the step (0 at the first update)."""

Mask: TypeAlias = Callable[[str], bool]
"""Says by a leaf's name (`layers.0.weight`) whether it is meant: `lambda name: not name.endswith("bias")`."""


@runtime_checkable
class Optimizer(Protocol):
    """Anything with optax's two functions."""

    def init(self, params: Tree) -> Any:
        """Make the state for these parameters."""
        ...

    def update(self, updates: Tree, state: Any, params: Tree = None, /) -> tuple[Tree, Any]:
        """Return the updates to add to the parameters, and the new state."""
        ...


def check_rate(who: str, learning_rate: Rate) -> None:
    """A schedule, or one number that is not negative; a traced number passes."""
    if callable(learning_rate):
        return
    checks.number(who, "learning_rate", learning_rate, at_least=0.0)
    if jnp.ndim(learning_rate):
        raise ValueError(
            f"{who} expects learning_rate to be one number or a schedule; got shape {jnp.shape(learning_rate)}. "
            f"To try several at once, use jax.vmap over the run."
        )


def rate_at(learning_rate: Rate, step: jax.Array) -> jax.Array:
    """The learning rate for this step, shape ()."""
    rate = learning_rate(step) if callable(learning_rate) else learning_rate
    return jnp.asarray(rate, jnp.result_type(float))


def scale(rate: jax.Array, direction: Tree) -> Tree:
    """`rate * direction`, each leaf in its own dtype."""
    return jax.tree.map(lambda d: rate.astype(d.dtype) * d, direction)


def zeros(who: str, params: Tree) -> Tree:
    """A tree of zeros shaped like the parameters: where a running average starts."""
    check_leaves(who, params, "parameter")
    return jax.tree.map(jnp.zeros_like, params)


def check_leaves(who: str, tree: Tree, what: str) -> Tree:
    """Every leaf a floating-point array without NaN (seen outside `jit` only)."""

    def check(path, leaf):
        return checks.array(who, leaf, name=f"{what} ({name_of(path)})")

    return jax.tree.map_with_path(check, tree)


def check_grads(who: str, grads: Tree, params: Tree, remembered: Tree = None) -> Tree:
    """Gradients fit to use: floating, without NaN, and shaped like the parameters and like what the state remembers.

    Raises:
        TypeError, ValueError: Names the first leaf that is missing, extra, of another shape, or not finite numbers.
    """
    if params is not None:
        check_match(who, "grads", grads, "params", params)
    if remembered is not None:
        check_match(who, "grads", grads, "the state", remembered)
    return check_leaves(who, grads, "gradient")


def check_match(who: str, first_name: str, first: Tree, second_name: str, second: Tree) -> None:
    """Two trees with the same leaf names and shapes; the first leaf that differs is named."""
    ours, theirs = shapes(first), shapes(second)
    advice = "Take the gradient with respect to the very tree that the optimizer was given."
    for leaf in [*theirs, *ours]:
        if leaf not in ours or leaf not in theirs:
            there, missing = (second_name, first_name) if leaf in theirs else (first_name, second_name)
            raise ValueError(
                f"{who} expects {first_name} and {second_name} to be trees of one form; "
                f"the leaf {leaf!r} is in {there} but not in {missing}. {advice}"
            )
        if ours[leaf] != theirs[leaf]:
            raise ValueError(
                f"{who} expects {first_name} and {second_name} to have equal shapes; the leaf {leaf!r} has shape "
                f"{ours[leaf]} in {first_name} and {theirs[leaf]} in {second_name}. {advice}"
            )
    if jax.tree.structure(first) != jax.tree.structure(second):
        raise ValueError(
            f"{who} expects {first_name} and {second_name} to be trees of one form; the leaves agree but their "
            f"containers differ: {jax.tree.structure(first)} and {jax.tree.structure(second)}. {advice}"
        )


def shapes(tree: Tree) -> dict[str, tuple[int, ...]]:
    """Leaf name -> shape."""
    return {name_of(path): jnp.shape(leaf) for path, leaf in jax.tree.leaves_with_path(tree)}


def name_of(path: Any) -> str:
    """A leaf's name as a path: `layers.0.weight`."""
    return jax.tree_util.keystr(path, simple=True, separator=".") or "array"


def masked(mask: Mask | None, params: Tree) -> Tree:
    """The parameters, with zeros in every leaf that the mask leaves out."""

    def keep(path, leaf):
        leaf = jnp.asarray(leaf)
        return leaf if mask is None or mask(name_of(path)) else jnp.zeros_like(leaf)

    return jax.tree.map_with_path(keep, params)


def need_params(who: str, params: Tree) -> None:
    """Penalties and decay look at the weights themselves."""
    if params is None:
        raise ValueError(f"{who} needs the parameters: call update(grads, state, params).")


def apply_updates(params: Tree, updates: Tree) -> Tree:
    """Add the updates to the parameters, leaf by leaf: `params + updates`.

    The minus sign of gradient descent is already inside the updates.

    Args:
        params: A tree of arrays.
        updates: What an optimizer's `update` returned; the same tree.

    Returns:
        The new parameters, each leaf in the dtype it had.

    Raises:
        ValueError: The two trees differ; the first leaf that differs is named.

    Example:
        >>> apply_updates({"w": jnp.ones(2)}, {"w": jnp.array([-0.5, 0.25])})
        {'w': Array([0.5 , 1.25], dtype=float32)}

    Notebook: 07_optimizers.
    """
    check_match("apply_updates", "updates", updates, "params", params)
    return jax.tree.map(lambda w, u: w + jnp.asarray(u, jnp.asarray(w).dtype), params, updates)
