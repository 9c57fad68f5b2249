"""The benchmark of growing costs counts what the networks have and what XLA plans, and shows it. No times here."""

import dataclasses

import cost_scaling
import jax
import pytest
from scaling import report, sweeps, theory, worker
from speed import workloads

MLP, GPT = sweeps.MLP, sweeps.GPT
SETTINGS = [MLP, dataclasses.replace(MLP, width=96, depth=7), GPT, dataclasses.replace(GPT, width=64, depth=2)]


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_as_many_parameters_as_the_model_has(setting):
    _, start, _ = worker.prepare(setting)
    model = jax.eval_shape(start, jax.random.key(0)).model
    assert theory.parameters(setting) == sum(leaf.size for leaf in jax.tree.leaves(model))


def test_the_gpts_arithmetic_is_that_of_the_speed_benchmark():
    setting = theory.Setting("gpt", width=128, depth=4, batch=16, context=128)
    assert theory.flops(setting) == workloads.WORKLOADS["gpt"].flops


def test_the_formula_of_the_memory_is_near_xlas_plan():
    """What XLA sets aside for the MLP's step, compiled and not run; an activation more or fewer would show."""
    for setting in (MLP, dataclasses.replace(MLP, batch=4096), dataclasses.replace(MLP, depth=12)):
        step, start, batch = worker.prepare(setting)
        compiled = step.lower(jax.eval_shape(start, jax.random.key(0)), batch).compile()
        assert worker.planned(compiled) == pytest.approx(theory.megabytes(setting), rel=0.25)


def test_slopes_are_exponents_of_the_upper_half():
    values = [1.0, 2.0, 4.0, 8.0, 16.0]
    assert report.slope(values, [9.0, 9.0, *(3 * v**1.7 for v in values[2:])]) == pytest.approx(1.7)


def test_only_quiet_rounds_count_unless_there_is_none():
    quiet, busy, failed = {"ms": 2.0, "others": 0.01}, {"ms": 9.0, "others": 0.5}, {"error": "no answer in 300 s"}
    assert cost_scaling.summary([busy, quiet, failed])["ms"] == 2.0
    assert cost_scaling.summary([busy, quiet, failed])["quiet"] == 1
    assert cost_scaling.summary([busy, busy])["ms"] == 9.0
    assert cost_scaling.summary([failed, failed]) == failed


def test_a_setting_is_measured_in_a_process_of_its_own():
    small = theory.Setting("mlp", width=16, depth=2, batch=8, devices=2)
    result = cost_scaling.run(small, only_compile=False)
    assert result["parameters"] == theory.parameters(small)
    assert result["ms"] > 0
    assert result["xla_mb"] > 4 * 2 * 4 * result["parameters"] / 2**20 * 0.7
    broken = cost_scaling.run(dataclasses.replace(small, batch=7), only_compile=True)
    assert "partitioned 2 times" in broken["error"]


def test_tables_and_picture(tmp_path):
    def row(value, cost):
        return {"value": value, "ms": cost, "xla_mb": cost, "rss_mb": None, "quiet": 1, "rounds": 2}

    found = {"date": "today", "machine": {"processor": "A", "cores": 2, "python": "3"}}
    widths = [row(value, value**2 / 1e3) for value in sweeps.SWEEPS["width"].values]
    compiled = [{"value": v, "trace_s": 1.0, "compile_s": float(v), "cpu_s": 2.0 * v} for v in sweeps.GPT_DEPTHS]
    lost = [*compiled[:-1], {"value": sweeps.GPT_DEPTHS[-1], "error": "no answer in 300 s"}]
    found["sweeps"] = {"width": widths, "gpt, one by one": lost, "gpt, repeated": compiled}
    shown = report.as_markdown(found)
    assert "| exponent | 2.00 | | 1.9" in shown
    assert "| one by one | 3.0 (4.0) | 5.0 (8.0) | 9.0 (16.0) | 13.0 (24.0) | no answer in 300 s |" in shown
    report.plot(found, tmp_path / "costs.svg")
    text = (tmp_path / "costs.svg").read_text("utf8")
    assert "measured, 2.00" in text
    assert "one by one" in text
