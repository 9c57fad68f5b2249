"""The benchmark of environments plays the same game in every library. Times are not looked at."""

import environment_speed
import pytest
from speed import turns, workloads


@pytest.mark.parametrize(("name", "extra"), [("cartpole-1", 0), ("cartpole-64", 1)])
def test_all_play_the_same_episodes(name, extra):
    """A coin lasts 22 steps on average, here as in Gymnasium, whose vector form adds a step in which it begins anew."""
    workload = workloads.ENVIRONMENTS[name]
    ours, _, theirs = workload.peers
    results = turns.compare(workload, [ours, theirs], rounds=1, seconds=0.05)
    assert results[ours]["turns"][0]["steps"] % workload.steps == 0
    assert results[ours]["last_loss"] == pytest.approx(22.3, abs=1.0)
    assert results[theirs]["last_loss"] == pytest.approx(22.3 + extra, abs=1.0)


def test_the_table_divides_rates_and_leaves_gaps():
    found = {
        "cartpole-1": {"dlnotes-rl": {"ms": 1e-4}, "gymnax": {"error": "no"}, "gymnasium": {"ms": 1e-2}},
        "cartpole-64": {"dlnotes-rl": {"ms": 5e-5}, "gymnax": {"ms": 2e-4}, "gymnasium-vector": {"ms": 1e-3}},
    }
    assert environment_speed.table(found)[2:] == [
        "| dlnotes | 10 | 20 |",
        "| gymnax | – | 5 |",
        "| Gymnasium's loop | 0.1 | – |",
        "| Gymnasium's vector form | – | 1 |",
        "| dlnotes / gymnax | – | 4.0 |",
        "| dlnotes / Gymnasium's loop | 100.0 | 200.0 |",
        "| dlnotes / Gymnasium's vector form | – | 20.0 |",
    ]
