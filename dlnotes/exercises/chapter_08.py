"""Exercises of 08_learning_rate_and_tuning: warm-up, the range test, successive halving, random against grid."""

import math
from typing import Any

import numpy as np

from dlnotes.exercises import _answers as answers
from dlnotes.exercises import _draw as draw
from dlnotes.exercises._exercise import Exercise, NotYet


def _schedule(answer: Any) -> None:
    rate_at = answers.function(answer, "rate_at(step, steps, warm, peak)")
    for steps, warm, peak in ((20, 5, 1.0), (50, 10, 0.3)):
        t = np.arange(steps + 1)
        climb = peak * t / warm
        part = (t - warm) / (steps - warm)
        want = np.where(t < warm, climb, peak * (1 + np.cos(math.pi * part)) / 2)
        given = [answers.number(rate_at(int(step), steps, warm, peak), "rate_at(…)") for step in t]

        def after(rates: np.ndarray, t=t, warm=warm, climb=climb) -> np.ndarray:
            return np.where(t < warm, climb, rates)

        wave = peak * (1 + np.cos(math.pi * t / steps)) / 2
        late = peak * (1 + np.cos(math.pi * (t - warm) / steps)) / 2
        answers.compare(
            "your rate",
            given,
            want,
            at=[f"step {step} of {steps}, warm = {warm}, peak = {peak}" for step in t],
            typical=(
                (wave, "The warm-up is missing: while step < warm the rate climbs in a straight line."),
                (after(wave), "The cosine must begin at the end of the warm-up: count its steps from there."),
                (after(late), "The wave has steps - warm steps to come down; yours does not reach 0."),
                (
                    after(peak * np.cos(math.pi * part)),
                    "Half a wave from 1 to 0 is (1 + cos) / 2; cos alone ends at -1.",
                ),
                (after(peak * (1 + np.cos(math.pi * part))), "Divide by 2: 1 + cos begins at 2."),
                (after(peak * (1 + np.cos(2 * math.pi * part)) / 2), "That is a whole wave; half of one: π, not 2 π."),
                (after(np.full_like(climb, peak)), "After the warm-up the rate falls along half a cosine."),
                (climb, "After the warm-up the rate falls along half a cosine; yours climbs on."),
                (want / peak, "The peak is missing: the rate is 1 at its highest."),
            ),
            picture=draw.curves("warm-up, then a cosine", t, np.asarray(given), want, "step"),
        )


SCHEDULE = Exercise(
    id="08.1",
    title="warm-up, then a cosine",
    question=(
        "Write `rate_at(step, steps, warm, peak)`. While `step` is below `warm`, the rate climbs in a straight line "
        "from 0 (at step 0) to `peak` (at step `warm`). From there it falls along half a cosine and reaches 0 at step "
        "`steps`."
    ),
    stub="def rate_at(step, steps, warm, peak):\n    return ...",
    answer="rate_at",
    test=_schedule,
    hints=(
        "How far down is it? part = (step - warm) / (steps - warm) runs from 0 to 1.",
        "Half a cosine from 1 to 0 is `(1 + jnp.cos(jnp.pi * part)) / 2`.",
    ),
    solution=(
        "def rate_at(step, steps, warm, peak):\n"
        "    if step < warm:\n"
        "        return peak * step / warm\n"
        "    part = (step - warm) / (steps - warm)\n"
        "    return peak * (1 + jnp.cos(jnp.pi * part)) / 2"
    ),
    meaning="It is `schedules.warmup(warm, then=schedules.cosine(peak, steps - warm))`, the usual one of Transformers.",
)


def _read(answer: Any) -> None:
    read_rate = answers.function(answer, "read_rate(rates, losses)")
    rates = np.logspace(-4, 1, 11)
    cases = {
        "a test that stayed finite": [2.3, 2.3, 2.3, 2.2, 2.0, 1.6, 1.1, 0.9, 1.2, 2.6, 9.0],
        "a test that exploded": [2.3, 2.3, 2.2, 1.9, 1.2, 0.7, 0.5, 0.8, 4.0, np.nan, np.nan],
    }
    for name, losses in cases.items():
        row = np.array(losses)
        low, finite = int(np.nanargmin(row)), np.isfinite(row)
        given = read_rate(answers.floats(rates), answers.floats(row))
        answers.compare(
            "your rate",
            answers.number(given, "read_rate(…)"),
            rates[low] / 10,
            at=name,
            rtol=1e-3,
            atol=0.0,
            typical=(
                (rates[low], "That is where the loss is lowest: already the edge of the cliff. Take a tenth of it."),
                (row[low], "That is the lowest loss; the rate that belongs to it is wanted."),
                (row[low] / 10, "That is a tenth of the lowest loss; the rate that belongs to it is wanted."),
                (low, "That is the place in the row; take the rate that stands there."),
                (rates[~finite][0] / 10 if not finite.all() else math.nan,
                 "NaN counts as the lowest for `argmin`; `jnp.nanargmin` passes over it."),
                (rates[-1] / 10, "That comes from the last rate; look for the lowest loss."),
            ),
        )  # fmt: skip


READ = Exercise(
    id="08.2",
    title="read the rate off a range test",
    question=(
        "`rates` rise through a range test, `losses` are what was seen; at the end they may be NaN. Write "
        "`read_rate(rates, losses)`: a tenth of the rate at which the loss is lowest."
    ),
    stub="def read_rate(rates, losses):\n    return ...",
    answer="read_rate",
    test=_read,
    hints=("First the place: where in the row is the loss lowest?", "`jnp.nanargmin(losses)` passes over NaN."),
    solution="def read_rate(rates, losses):\n    return rates[jnp.nanargmin(losses)] / 10",
    meaning="One short run instead of a search: a first guess, from which a search may start.",
)


def _halving(answer: Any) -> None:
    halving = answers.function(answer, "halving(networks, first, last)")
    for networks, first, last in ((128, 50, 200), (64, 10, 160), (8, 25, 25)):
        rungs = round(math.log2(last / first))
        left = networks // 2**rungs
        counts = [networks // 2**rung for rung in range(rungs + 1)]
        added = [first, *(first * 2**rung for rung in range(rungs))]
        cost = sum(n * steps for n, steps in zip(counts, added, strict=True))
        again = sum(n * first * 2**rung for rung, n in enumerate(counts))
        given = halving(networks, first, last)
        got = [answers.number(part, "halving(…)") for part in answers.several(given, ("left", "cost"), "halving(…)")]
        place = f"halving({networks}, {first}, {last})"
        answers.compare(
            "your number of networks left",
            np.asarray(got[0]),
            np.asarray(left),
            at=place,
            typical=(
                (left // 2, "One halving too many: nothing is dropped after the last rung."),
                (left * 2, "One halving too few: the steps double until they are `last`."),
                (networks, "The worse half is dropped after every rung but the last."),
                (cost, "The order is (left, cost)."),
            ),
        )
        answers.compare(
            "your cost",
            np.asarray(got[1]),
            np.asarray(cost),
            at=place,
            typical=(
                (networks * last, "That is what it costs to train all of them to the end; most of them stop early."),
                (
                    left * last,
                    "That counts one rung alone; those that were dropped on the way have cost steps as well.",
                ),
                (again, "Nobody begins again: a rung only adds the steps that are missing."),
                (cost + left * last, "One rung too many."),
            ),
        )


HALVING = Exercise(
    id="08.3",
    title="what successive halving costs",
    question=(
        "All `networks` are trained for `first` steps. The better half goes on until each has seen twice as many; the "
        "better half of those goes on; and so forth, until the rest has seen `last` steps. Nobody begins again. Both "
        "`networks` and `last / first` are powers of two. Write `halving(networks, first, last)` that returns "
        "`(left, cost)`: how many networks are trained to the end, and the sum of all their steps."
    ),
    stub="def halving(networks, first, last):\n    return ...",
    answer="halving",
    test=_halving,
    hints=(
        "The first rung costs networks * first. The next: half as many networks, and each needs `first` more steps.",
        "A loop: while the steps seen are fewer than `last`, halve the networks, add networks * seen, double seen.",
    ),
    solution=(
        "def halving(networks, first, last):\n"
        "    seen, cost = first, networks * first\n"
        "    while seen < last:\n"
        "        networks = networks // 2\n"
        "        cost += networks * seen\n"
        "        seen *= 2\n"
        "    return networks, cost"
    ),
    meaning="Every rung after the first costs half of the first: most networks are looked at for little.",
)


def _chances(answer: Any) -> None:
    parts = answers.several(answer, ("values", "chance", "trials"), "three")
    values, chance, trials = (
        answers.number(part, name) for part, name in zip(parts, ("values", "chance", "trials"), strict=True)
    )
    answers.compare(
        "your `values`",
        np.asarray(values),
        np.asarray(4),
        typical=(
            (64, "64 trainings, but in a grid many of them share one value of the rate."),
            (12, "4 values on each of 3 axes; only the rate's axis is asked for."),
            (16, "For each value of one axis the grid has 16 trainings; how many different values are there?"),
        ),
    )
    miss = 0.9**64
    answers.compare(
        "your `chance`",
        np.asarray(chance),
        np.asarray(1 - miss),
        atol=1e-4,
        typical=(
            (miss, "That is the chance that all 64 miss."),
            (1.0, "Nearly, but not quite: all 64 may miss, if seldom."),
            (6.4, "That is how many hits are expected; a chance is at most 1."),
            (1 - 0.9**4, "All 64 draws have a rate of their own."),
            (0.1, "That is the chance of one draw; 64 are made."),
            (0.1**64, "That is the chance that every one hits; at least one is enough."),
        ),
    )
    if trials != 29:
        reached = f"1 - 0.9^{answers.show(trials, True)} = {answers.show(1 - 0.9**trials)}" if 0 < trials < 1e4 else ""
        typical = {28: "just too few", 10: "ten draws hit once on average, and often not at all", 64: "fewer suffice"}
        why = next((f": {text}" for value, text in typical.items() if trials == value), "")
        why = why or (
            ": a whole number is wanted, rounded up"
            if 28 < trials < 29
            else ": fewer suffice"
            if trials > 29
            else ": too few"
        )
        raise NotYet(f"your `trials` is {answers.show(trials)}{why}.", reached)


CHANCES = Exercise(
    id="08.4",
    title="when only one axis matters",
    question=(
        "You have 64 trainings for three hyper-parameters, and only the rate matters: it must fall into a stretch that "
        "is one tenth of its (logarithmic) range. How many different rates does a grid of 4 × 4 × 4 try (`values`)? "
        "With what probability does at least one of 64 random draws hit the stretch (`chance`)? How many random draws "
        "give at least 95 % (`trials`, the smallest whole number)?"
    ),
    stub="values, chance, trials = ..., ..., ...\nthree = (values, chance, trials)",
    answer="three",
    test=_chances,
    hints=(
        "All of n draws miss with probability 0.9 ** n.",
        "The smallest n with 0.9 ** n at most 0.05: divide two logarithms and round up.",
    ),
    solution=(
        "values, chance = 4, 1 - 0.9**64\n"
        "trials = math.ceil(math.log(0.05) / math.log(0.9))\n"
        "three = (values, chance, trials)"
    ),
    meaning="However many axes do not matter, random draws still try a new rate every time; a grid does not.",
)

EXERCISES = (SCHEDULE, READ, HALVING, CHANCES)
