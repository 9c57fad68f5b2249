"""One measurement in a fresh process: `python -m scaling.worker '{"network": "mlp", ...}'` prints a line of JSON."""

import ctypes
import gc
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import psutil
from jax.sharding import NamedSharding, PartitionSpec
from speed.turns import others

from dlnotes import kernels
from dlnotes.losses import cross_entropy
from dlnotes.models import GPT, MLP, ResNet
from dlnotes.optim import Adam
from dlnotes.train import Batch, TrainState, make_train_step
from scaling.theory import N_HEADS, N_IN, N_OUT, N_TOKENS, Setting

SECONDS, LEAST = 1.0, 5  # how long to go on with steps, and how many at least


def main() -> None:
    """Tell what was measured, or why it could not be."""
    told = json.loads(sys.argv[1])
    only_compile = told.pop("only_compile")
    try:
        found = measure(Setting(**told), only_compile)
    except Exception as error:
        found = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
    print(json.dumps(found))


def measure(setting: Setting, only_compile: bool) -> dict[str, Any]:
    """Build, compile, and unless only that was asked for, train."""
    jax.config.update("jax_num_cpu_devices", setting.devices)
    step, start, batch = prepare(setting)
    everywhere, parts = shardings(setting.devices)

    def abstract(tree: Any, sharding: Any) -> Any:
        return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding), tree)

    key = jax.random.key(0)
    shapes = abstract(jax.eval_shape(start, key), everywhere)
    examples = abstract(batch, parts)
    process, began = psutil.Process(), time.perf_counter()
    busy, own = others(process), time.process_time()
    lowered = step.lower(shapes, examples)
    traced = time.perf_counter()
    compiled = lowered.compile()
    done = time.perf_counter()
    found = {"trace_s": traced - began, "compile_s": done - traced, "cpu_s": time.process_time() - own}
    found["others"] = (others(process) - busy) / (done - began)
    found["parameters"] = sum(leaf.size for leaf in jax.tree.leaves(shapes.model))
    if not only_compile:
        found["xla_mb"] = setting.devices * planned(compiled)
        found |= train(compiled, jax.jit(start, out_shardings=everywhere).lower(key).compile(), key, batch, parts)
    return found


def prepare(s: Setting) -> tuple[Any, Any, Any]:
    """The compiled step, a function from key to first state, and a batch."""
    optimizer, rng = Adam(1e-3), np.random.default_rng(0)

    def loss(model, batch):
        return cross_entropy(model(batch.x), batch.y)

    def loss_with_stats(model, batch, *, stats, train):
        logits, stats = model(batch.x, stats, train=train)
        return cross_entropy(logits, batch.y), {}, stats

    def model_of(key):
        if s.network == "mlp":
            return MLP.init(key, (N_IN, *[s.width] * s.depth, N_OUT)), None
        if s.network == "gpt":
            return GPT.init(key, N_TOKENS, s.context, s.width, N_HEADS, s.depth, repeated=s.repeated), None
        return ResNet.imagenet(key, s.depth, repeated=s.repeated)

    def start(key):
        model, stats = model_of(key)
        return TrainState(model, stats, optimizer.init(model), key, jnp.zeros((), jnp.int32))

    if s.network == "mlp":
        batch = Batch(
            rng.standard_normal((s.batch, N_IN), np.float32), rng.integers(N_OUT, size=s.batch, dtype=np.int32)
        )
    elif s.network == "gpt":
        text = rng.integers(N_TOKENS, size=(s.batch, s.context + 1), dtype=np.int32)
        batch = Batch(np.ascontiguousarray(text[:, :-1]), np.ascontiguousarray(text[:, 1:]))
    else:
        batch = Batch(np.zeros((s.batch, 224, 224, 3), np.float32), np.zeros(s.batch, np.int32))
    step = make_train_step(loss_with_stats if s.network == "resnet" else loss, optimizer)
    # Compiled here, as it would be by itself, so that the program can be looked at.
    return jax.jit(step, donate_argnums=0, compiler_options=kernels.compiler_options()), start, batch


def shardings(devices: int) -> tuple[NamedSharding, NamedSharding]:
    """All of it on every device; an equal part of the first axis on each."""
    mesh = jax.make_mesh((devices,), ("batch",), axis_types=(jax.sharding.AxisType.Auto,))
    return NamedSharding(mesh, PartitionSpec()), NamedSharding(mesh, PartitionSpec("batch"))


def planned(compiled: Any) -> float:
    """What XLA has set aside on a device: what goes in, what comes out in new memory, and what it needs meanwhile."""
    sizes = compiled.memory_analysis()
    new = sizes.output_size_in_bytes - sizes.alias_size_in_bytes
    return (sizes.argument_size_in_bytes + new + sizes.temp_size_in_bytes) / 2**20


def train(step: Any, start: Any, key: Any, batch: Any, parts: Any) -> dict[str, Any]:
    """Take steps one by one, waiting for each: with several simulated devices, steps sent ahead may lock each other."""
    before = give_back()
    state, batch = jax.block_until_ready((start(key), jax.device_put(batch, parts)))
    forget_peak()
    for _ in range(2):
        state, _ = jax.block_until_ready(step(state, batch))
    peak = resident("VmHWM")
    process, times = psutil.Process(), []
    busy, began = others(process), time.perf_counter()
    while len(times) < LEAST or sum(times) < SECONDS:
        start_of_step = time.perf_counter()
        state, _ = jax.block_until_ready(step(state, batch))
        times.append(time.perf_counter() - start_of_step)
    visitors = (others(process) - busy) / (time.perf_counter() - began)
    return {"ms": 1e3 * statistics.median(times), "others": visitors, "rss_mb": peak - before if peak else None}


def resident(what: str) -> float:
    """Megabytes of this process in memory, now (VmRSS) or at most (VmHWM); 0 where Linux's /proc is missing."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(what)), 0.0)


def give_back() -> float:
    """Have the C library return what compiling has left, and see what remains."""
    gc.collect()
    if hasattr(ctypes.CDLL(None), "malloc_trim"):
        ctypes.CDLL(None).malloc_trim(0)
    return resident("VmRSS")


def forget_peak() -> None:
    """Begin the highest mark anew."""
    if os.path.exists("/proc/self/clear_refs"):
        Path("/proc/self/clear_refs").write_text("5")


if __name__ == "__main__":
    main()
