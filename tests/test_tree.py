"""dlnotes.tree: names, counts, the table, files."""

import os
import pathlib
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes import tree
from dlnotes.layers.linear import Dense


class Pair(NamedTuple):
    first: object
    second: object


@pytest.fixture
def model(key):
    return {"layers": (Dense.init(key, 3, 4), Dense.init(key, 4, 2)), "pair": Pair(jnp.ones(2), [jnp.zeros(())])}


def test_names_read_like_paths(model):
    assert tree.names(model) == [
        "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias", "pair.first", "pair.second.0",
    ]  # fmt: skip
    assert tree.names(jnp.ones(3)) == ["array"]
    assert tree.named_leaves(model)["layers.1.weight"].shape == (4, 2)


def test_count(model):
    assert tree.count(model) == 12 + 4 + 8 + 2 + 2 + 1
    assert tree.count(jax.eval_shape(lambda: jnp.ones((1000, 1000)))) == 1_000_000


def test_summary_is_an_aligned_table(model):
    table = tree.summary(model)
    lines = repr(table).split("\n")
    assert lines[0].split() == ["name", "shape", "dtype", "numbers", "bytes"]
    assert lines[1].split() == ["layers.0.weight", "(3,", "4)", "float32", "12", "48"]
    assert lines[-1].split() == ["total", "29", "116"]
    assert len({len(line) for line in lines}) == 1
    assert "key<fry>" in tree.summary({"key": jax.random.key(0)})


def test_two_leaves_of_one_name_are_refused():
    with pytest.raises(ValueError, match=r"both named 'a\.b'"):
        tree.named_leaves({"a.b": jnp.ones(1), "a": {"b": jnp.ones(1)}})


def test_save_and_load_give_back_the_same_bits(tmp_path, model, key):
    state = {
        "model": model, "moments": optax.adam(1e-3).init(model), "key": key, "keys": jax.random.split(key, 3),
        "old": jax.random.PRNGKey(1), "half": jnp.arange(3, dtype=jnp.bfloat16), "flag": jnp.array(True), "step": 7,
        "view": np.arange(6.0, dtype=np.float32).reshape(2, 3).T, "none": jnp.zeros((0, 3)),
    }  # fmt: skip
    tree.save(tmp_path / "state.safetensors", state, {"epoch": "3"})
    back = tree.load(tmp_path / "state.safetensors", state)
    assert jax.tree.structure(back) == jax.tree.structure(state)
    for name, leaf in tree.named_leaves(state).items():
        other = tree.named_leaves(back)[name]
        if jnp.issubdtype(getattr(leaf, "dtype", np.int32), jax.dtypes.prng_key):
            assert leaf.dtype == other.dtype
            leaf, other = jax.random.key_data(leaf), jax.random.key_data(other)
        np.testing.assert_array_equal(np.asarray(leaf), np.asarray(other), err_msg=name)
    assert jax.random.normal(back["key"]) == jax.random.normal(key)
    assert tree.metadata(tmp_path / "state.safetensors") == {"epoch": "3"}
    assert os.listdir(tmp_path) == ["state.safetensors"]


def test_the_file_is_plain_safetensors(tmp_path, model):
    tree.save(tmp_path / "model.safetensors", model)
    with open(tmp_path / "model.safetensors", "rb") as file:
        stored = safetensors.numpy.load(file.read())
    np.testing.assert_array_equal(stored["layers.0.weight"], model["layers"][0].weight)


@pytest.mark.plain
def test_errors_name_the_leaf_and_both_shapes(tmp_path, model):
    path = tmp_path / "model.safetensors"
    tree.save(path, {"weight": jnp.ones((2, 3)), "bias": jnp.ones(3)})
    with pytest.raises(ValueError, match=r"'weight' is expected to be float32 with shape \(2, 4\).* shape \(2, 3\)"):
        tree.load(path, {"weight": jnp.ones((2, 4)), "bias": jnp.ones(3)})
    with pytest.raises(ValueError, match=r"'weight' is expected to be int32 .* the file has float32"):
        tree.load(path, {"weight": jnp.ones((2, 3), jnp.int32), "bias": jnp.ones(3)})
    with pytest.raises(ValueError, match=r"missing in the file: scale; .* not in the template: bias"):
        tree.load(path, {"weight": jnp.ones((2, 3)), "scale": jnp.ones(3)})
    with pytest.raises(FileNotFoundError, match="absent"):
        tree.load(tmp_path / "absent", model)
    with pytest.raises(TypeError, match="the leaf 'name' is <U5"):
        tree.save(path, {"name": np.array("alpha")})
    with pytest.raises(FileNotFoundError):
        tree.save(tmp_path / "nowhere" / "model.safetensors", model)


def test_a_failed_write_leaves_the_old_file_alone(tmp_path, model, monkeypatch):
    path = tmp_path / "model.safetensors"
    tree.save(path, model)
    before = path.read_bytes()

    def broken(_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="disk full"):
        tree.save(path, jax.tree.map(jnp.zeros_like, model))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.safetensors"]


@pytest.mark.plain
@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=200), cut=st.integers(0, 120))
def test_damaged_files_are_named_never_read(tmp_path_factory, data, cut):
    path = pathlib.Path(tmp_path_factory.getbasetemp()) / "damaged.safetensors"
    whole = safetensors.numpy.save({"weight": np.ones((2, 3), np.float32)})
    for content in (data, whole[: min(cut, len(whole) - 1)]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"damaged\.safetensors (is not a safetensors file|does not fit)"):
            tree.load(path, {"weight": jnp.ones((2, 3))})
