"""The benchmark of training steps counts right, and runs. Times are not looked at."""

import math

import jax
import numpy as np
import pytest
from speed import dlnotes_peer, plain_jax, report, turns, workloads

# Trained numbers, and multiply-adds of the forward pass for one example, by others or by hand.
PUBLISHED = {
    "mlp": (784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10, 784 * 512 + 512 * 512 + 512 * 10),
    "xor": (2 * 8 + 8 + 8 + 1, 24),
    "cnn": (93_322, 2_794_240),  # the parameters of the usual Keras CNN on MNIST
    "lenet": (61_706, 416_520),  # LeCun et al. 1998 say 60,000: not all their feature maps are connected
    "resnet20": (272_474, 40_813_184),  # He et al. 2015, table 6: 0.27 M; with shortcuts that pad, 40.55 M
    "lstm": (640_000 + 33_024 + 12_416 + 66, 80 * (256 * 128 + 128 * 96) + 64),
    "gru": (640_000 + 24_768 + 64 + 9_312 + 32 + 66, 80 * (192 * 128 + 96 * 96) + 64),
    "gpt": (817_536, 128 * (4 * 12 * 128**2 + 65 * 128) + 4 * 2 * 128**3),
}


@pytest.mark.parametrize("name", workloads.WORKLOADS)
def test_the_counts_are_the_published_ones(name):
    workload = workloads.WORKLOADS[name]
    assert (workload.parameters, sum(workload.macs)) == PUBLISHED[name]


@pytest.mark.parametrize("name", workloads.WORKLOADS)
def test_our_model_and_the_plain_one_have_as_many_numbers(name):
    shapes = jax.eval_shape(lambda: dlnotes_peer.network(name, jax.random.key(0))[0])
    ours = sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(shapes))
    plain = sum(math.prod(shape) for shape in plain_jax.SHAPES[name].values())
    assert ours == plain == workloads.WORKLOADS[name].parameters


@pytest.mark.parametrize("name", workloads.WORKLOADS)
def test_the_arithmetic_is_what_jax_is_asked_for(name):
    """Every product in the program of the forward pass; of both, where no convolution's gradient pads with zeros."""
    workload, apply = workloads.WORKLOADS[name], plain_jax.APPLY[name]
    params = {key: jax.ShapeDtypeStruct(shape, np.float32) for key, shape in plain_jax.SHAPES[name].items()}
    averages, x = plain_jax.averages(plain_jax.SHAPES[name]), workload.batches()[0][0]
    forward = jax.make_jaxpr(lambda p: apply(p, averages, x)[0])(params)
    assert multiply_adds(forward.jaxpr) == workload.batch * sum(workload.macs)
    if x.ndim < 4:
        both = jax.make_jaxpr(jax.value_and_grad(lambda p: apply(p, averages, x)[0].sum()))(params)
        assert 2 * multiply_adds(both.jaxpr) == workload.flops


def multiply_adds(jaxpr) -> int:
    """Of all matrix products and convolutions in a program."""
    total = 0
    for equation in jaxpr.eqns:
        shape = math.prod(equation.outvars[0].aval.shape)
        if equation.primitive.name == "dot_general":
            (summed, _), _ = equation.params["dimension_numbers"]
            total += shape * math.prod(equation.invars[0].aval.shape[axis] for axis in summed)
        elif equation.primitive.name == "conv_general_dilated":
            kernel = equation.invars[1].aval.shape  # height, width, in, out
            total += shape * math.prod(kernel[:-1])
        else:
            times = equation.params.get("length", 1)
            inner = (getattr(value, "jaxpr", value) for value in equation.params.values())
            total += times * sum(multiply_adds(part) for part in inner if hasattr(part, "eqns"))
    return total


def test_only_quiet_turns_count_unless_there_is_none():
    quiet, busy = {"ms": 2.0, "others": 0.01}, {"ms": 9.0, "others": 0.5}
    assert turns.summary([busy, quiet, busy])["ms"] == 2.0
    assert turns.summary([busy, quiet, busy])["quiet"] == 1
    assert turns.summary([busy, busy])["ms"] == 9.0


def test_a_run_from_end_to_end_with_one_library_missing(tmp_path, monkeypatch):
    (tmp_path / "equinox.py").write_text("raise ImportError('not here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    results = turns.compare(workloads.WORKLOADS["xor"], ["plain", "equinox"], rounds=1, seconds=0.05)
    assert results["equinox"]["error"] == "ImportError: not here"
    plain = results["plain"]
    assert plain["parameters"] == 33
    assert plain["turns"][0]["steps"] % 1024 == 0
    assert plain["last_loss"] < plain["first_loss"]
    assert plain["denormal"] == 0

    machine = {"processor": "A", "cores": 2, "memory, GB": 1, "system": "B", "python": "3"}
    machine["before"] = {"jax": {"gemm 1024, GFLOP/s": 100.0, "triad, GB/s": 10.0}}
    found = {"date": "today", "machine": machine, "workloads": {"xor": results}}
    assert f"| plain JAX | {plain['ms']:.3g} |" in report.as_markdown(found)
    assert "ImportError: not here" in report.as_markdown(found)
    report.plot(found, tmp_path / "bars.svg")
    assert "XOR MLP" in (tmp_path / "bars.svg").read_text("utf8")  # as a comment: the letters are drawn as shapes
