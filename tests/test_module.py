"""The one piece of machinery: what a `@module` is to Python, and what it is to JAX."""

import copy
import dataclasses
import pickle
import typing
from collections.abc import Callable
from typing import Annotated, Literal, Optional

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Array, Float

from dlnotes._module import module, static


@module
class Line:
    weight: Float[Array, "n_in n_out"]
    bias: Float[Array, " n_out"]
    power: int = static(default=1)
    name: str = static(default="line")

    def __call__(self, x):
        return (x @ self.weight + self.bias) ** self.power


@module
class Net:
    layers: tuple[Line, ...]
    gains: dict[str, Array]
    act: Callable = static(default=jnp.tanh)
    next: "Net | None" = None

    def __call__(self, x):
        for layer in self.layers:
            x = self.act(layer(x)) * self.gains["gain"]
        return x if self.next is None else self.next(x)


def line(value=1.0, **options):
    return Line(jnp.full((3, 3), value), jnp.zeros(3), **options)


def net(**options):
    return Net((line(0.1), line(0.2)), {"gain": jnp.ones(3)}, **options)


def define(annotation, **default):
    """A module class with one field `part` of that annotation."""
    return module(type("Layer", (), {"__annotations__": {"part": annotation}, "__module__": __name__, **default}))


@pytest.mark.parametrize(
    "annotation",
    [
        float,
        int,
        bool,
        str,
        complex,
        bytes,
        np.float32,
        float | None,
        Optional[int],  # noqa: UP045
        typing.Union[float, str],  # noqa: UP007
        Array | float,
        tuple[int, ...],
        tuple[Array, int],
        list[float],
        dict[str, float],
        Callable,
        Callable[[Array], Array],
        typing.Callable,
        Literal["same", "valid"],
        Annotated[float, "metres"],
        "float",
        "float | None",
        "tuple[int, int]",
    ],
    ids=str,
)
def test_a_plain_field_needs_static(annotation):
    with pytest.raises(
        TypeError, match=r"^Layer\.part is a plain .*, so an optimizer would train it\. Write `part: .* = s"
    ):
        define(annotation)


@pytest.mark.parametrize("default", [0.1, 3, True, "relu", 1j, b""])
def test_a_plain_default_needs_static(default):
    with pytest.raises(TypeError, match=r"^Layer\.part is a plain "):
        define(typing.Any, part=default)


def test_the_error_names_the_field_and_the_fix():
    with pytest.raises(TypeError) as error:
        define(float | None)
    assert str(error.value) == (
        "Layer.part is a plain float | None, so an optimizer would train it. "
        "Write `part: float | None = static()` to keep it fixed, or annotate it as an array to train it."
    )


@pytest.mark.parametrize(
    "annotation",
    [
        Array,
        Float[Array, ""],
        Float[Array, " n"] | None,
        Line,
        Optional[Line],  # noqa: UP045
        tuple[Line, ...],
        tuple[Array, Array],
        list[Line],
        dict[str, Array],
        dict[int, Line],
        typing.Any,
        "Line",
        "Layer",
        "Layer | None",
        "DefinedLater",
        "tuple[DefinedLater, ...]",
    ],
    ids=str,
)
def test_arrays_and_parts_need_nothing(annotation):
    assert [field.name for field in dataclasses.fields(define(annotation))] == ["part"]


def test_one_unknown_name_does_not_hide_a_plain_field():
    with pytest.raises(TypeError, match=r"^Layer\.rate is a plain float"):
        module(
            type("Layer", (), {"__annotations__": {"part": "DefinedLater", "rate": "float"}, "__module__": __name__})
        )


def test_none_may_be_the_default_of_a_part():
    layer = define(Float[Array, " n"] | None, part=None)
    assert jax.tree.leaves(layer()) == []
    assert len(jax.tree.leaves(layer(jnp.ones(2)))) == 1


def test_plain_fields_with_static_are_no_leaves():
    assert [leaf.shape for leaf in jax.tree.leaves(line(power=3))] == [(3, 3), (3,)]


def test_static_takes_its_default_by_keyword_only():
    with pytest.raises(TypeError):
        static(3)  # type: ignore[call-arg]


def test_frozen():
    layer = line()
    with pytest.raises(dataclasses.FrozenInstanceError):
        layer.bias = jnp.ones(3)
    again = dataclasses.replace(layer, bias=jnp.ones(3))
    assert float(again.bias.sum()) == 3
    assert float(layer.bias.sum()) == 0


def test_repr_shows_shapes_and_names_not_numbers():
    assert repr(line(power=2)) == "Line(weight=float32[3,3], bias=float32[3], power=2, name='line')"
    shown = "Line(weight=float32[3,3], bias=float32[3], power=1, name='line')"
    assert repr(net()) == f"Net(layers=({shown}, {shown}), gains={{'gain': float32[3]}}, act=tanh, next=None)"
    assert repr(define(list[Array])([jnp.ones(2)])) == "Layer(part=[float32[2]])"
    assert repr(define(tuple[Array, ...])((jnp.ones(2),))) == "Layer(part=(float32[2],))"
    assert repr(jax.eval_shape(lambda: line())) == repr(line())


def test_a_repr_of_its_own_is_kept():
    @module
    class Quiet:
        part: Array

        def __repr__(self):
            return "Quiet"

    assert repr(Quiet(jnp.ones(1))) == "Quiet"


def test_leaf_names_read_like_paths():
    paths = [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_flatten_with_path(net(next=net()))[0]]
    here = [".layers[0].weight", ".layers[0].bias", ".layers[1].weight", ".layers[1].bias", ".gains['gain']"]
    assert paths == here + [f".next{path}" for path in here]


def test_the_flat_tree_and_the_tree_with_paths_agree():
    leaves, shape = jax.tree.flatten(net())
    with_paths, shape_too = jax.tree_util.tree_flatten_with_path(net())
    assert shape == shape_too
    for one, (_, two) in zip(leaves, with_paths, strict=True):
        np.testing.assert_array_equal(one, two)


def test_unflatten_skips_init():
    calls = []

    @module
    class Strict:
        part: Array

        def __post_init__(self):
            calls.append("init")
            if not isinstance(self.part, jax.Array):
                raise TypeError("not an array")

    layer = Strict(jnp.ones(2))
    for leaf in (None, "text", object(), 3):
        again = jax.tree.unflatten(jax.tree.structure(layer), [leaf])
        assert again.part is leaf
    assert jax.tree.map(lambda leaf: leaf.shape, layer).part == (2,)
    assert jax.eval_shape(lambda: layer).part.shape == (2,)
    assert calls == ["init"]


def test_static_values_live_in_the_treedef():
    assert jax.tree.structure(line(power=1)) == jax.tree.structure(line(0.5, power=1))
    assert jax.tree.structure(line(power=1)) != jax.tree.structure(line(power=2))
    assert jax.tree.map(jnp.zeros_like, line(power=2, name="two")).name == "two"
    with pytest.raises(ValueError, match=r"power|[Mm]ismatch|metadata"):
        jax.tree.map(jnp.add, line(power=1), line(power=2))


def test_equal_modules_share_one_trace():
    traces = []

    @jax.jit
    def run(layer, x):
        traces.append(layer)
        return layer(x)

    for value in (0.1, 0.2, 0.3):
        run(line(value), jnp.ones((2, 3)))
        run(net(act=jnp.tanh), jnp.ones((2, 3)))
    assert len(traces) == 2
    run(line(power=2), jnp.ones((2, 3)))
    assert len(traces) == 3


def test_jit_grad_vmap_and_tree_map():
    x, layer = jnp.arange(6.0).reshape(2, 3), net()
    np.testing.assert_allclose(jax.jit(lambda layer, x: layer(x))(layer, x), layer(x), rtol=1e-6)
    np.testing.assert_allclose(jax.vmap(layer)(x), layer(x), rtol=1e-6)

    one = line(0.5, power=2)
    gradient = jax.grad(lambda layer: layer(x).sum())(one)
    assert isinstance(gradient, Line)
    assert gradient.power == 2
    inner = x @ one.weight + one.bias
    np.testing.assert_allclose(gradient.bias, (2 * inner).sum(0), rtol=1e-6)
    np.testing.assert_allclose(gradient.weight, x.T @ (2 * inner), rtol=1e-6)

    stacked = jax.vmap(lambda value: line(value))(jnp.arange(4.0))
    assert stacked.weight.shape == (4, 3, 3)
    assert jax.vmap(lambda layer: layer(x))(stacked).shape == (4, 2, 3)

    doubled = jax.tree.map(lambda leaf: 2 * leaf, layer)
    np.testing.assert_array_equal(doubled.layers[1].weight, 2 * layer.layers[1].weight)


def test_scan_carries_a_module():
    def shrink(layer, _):
        return jax.tree.map(lambda leaf: leaf / 2, layer), layer.weight.sum()

    last, sums = jax.lax.scan(shrink, line(8.0), length=3)
    np.testing.assert_array_equal(sums, [72.0, 36.0, 18.0])
    assert float(last.weight[0, 0]) == 1.0


def test_copy_and_pickle():
    for again in (copy.copy(net()), copy.deepcopy(line()), pickle.loads(pickle.dumps(line()))):
        reference = net() if isinstance(again, Net) else line()
        assert repr(again) == repr(reference)
        np.testing.assert_array_equal(again(jnp.ones((1, 3))), reference(jnp.ones((1, 3))))


def test_a_subclass_inherits_fields_and_says_so_itself():
    @module
    class Scaled(Line):
        scale: Array = dataclasses.field(kw_only=True)

    layer = Scaled(jnp.ones((3, 3)), jnp.zeros(3), scale=jnp.ones(()))
    assert len(jax.tree.leaves(layer)) == 3


@settings(max_examples=60, deadline=None)
@given(shapes=st.lists(st.lists(st.integers(0, 3), max_size=3).map(tuple), min_size=0, max_size=4), power=st.integers())
def test_round_trip_of_any_tree(shapes, power):
    layer = Net(tuple(Line(jnp.ones(s), jnp.zeros(s), power=power) for s in shapes), {"gain": jnp.ones(1)})
    leaves, structure = jax.tree.flatten(layer)
    again = jax.tree.unflatten(structure, leaves)
    assert repr(again) == repr(layer)
    assert len(leaves) == 2 * len(shapes) + 1
    assert all(one is two for one, two in zip(jax.tree.leaves(again), leaves, strict=True))
