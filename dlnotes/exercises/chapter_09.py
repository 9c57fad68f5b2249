"""Exercises of 09_generalisation: early stopping, two penalties, a blend of two pictures, dropout as an ensemble."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from dlnotes.exercises import _answers as answers
from dlnotes.exercises._exercise import Exercise, NotYet

_CURVES = (
    ([0.90, 0.60, 0.65, 0.50, 0.55, 0.48, 0.52, 0.50, 0.49, 0.40, 0.70, 0.60, 0.50, 0.55, 0.30], 3),
    ([1.00, 0.70, 0.70, 0.70, 0.80, 0.90, 0.60], 2),
    ([0.90, 0.70, 0.50, 0.45, 0.44], 2),
)


def _stop(losses: list[float], patience: int, better: Callable[[float, float], bool]) -> tuple[int, int]:
    keep = 1
    for epoch, loss in enumerate(losses, start=1):
        keep = epoch if better(loss, losses[keep - 1]) else keep
        if epoch - keep >= patience:
            return keep, epoch
    return keep, len(losses)


def _early(answer: Any) -> None:
    early_stop = answers.function(answer, "early_stop(losses, patience)")
    for losses, patience in _CURVES:
        keep, stop = _stop(losses, patience, lambda new, best: new < best)
        parts = answers.several(early_stop(answers.floats(losses), patience), ("keep", "stop"), "early_stop(…)")
        got = tuple(answers.number(part, name) for part, name in zip(parts, ("keep", "stop"), strict=True))
        if got == (keep, stop):
            continue
        lowest = int(np.argmin(losses)) + 1
        no_lower = [epoch for epoch in range(2, len(losses) + 1) if losses[epoch - 1] >= min(losses[: epoch - 1])]
        in_all = no_lower[patience - 1] if len(no_lower) >= patience else len(losses)
        typical = (
            ((keep - 1, stop - 1), "Epochs are counted from 1: losses[0] is what was seen after epoch 1."),
            ((keep - 1, stop), "Epochs are counted from 1: losses[0] is what was seen after epoch 1."),
            ((stop, keep), "The order is (keep, stop)."),
            ((lowest, stop), "The training has stopped before that epoch: nobody saw its loss."),
            ((lowest, len(losses)), "Whoever trains to the end has not stopped early: count the epochs that waited."),
            ((stop, stop), "Keep the best epoch's weights, not the last one's."),
            ((keep, in_all), "A new lowest loss sets the count back to 0."),
            (_stop(losses, patience, lambda new, best: new <= best), "Equally low is not lower: it does not count."),
            (_stop(losses, patience + 1, lambda new, best: new < best), "One epoch too late: stop at `patience`."),
            (_stop(losses, patience - 1, lambda new, best: new < best), "One epoch too early."),
        )
        why = next((text for pair, text in typical if pair == got), "")
        said = ", ".join(answers.show(number, True) for number in got)
        rows = {"epoch": range(1, len(losses) + 1), "loss": [f"{loss:.2f}" for loss in losses]}
        table = "\n".join(f"{name:<5}" + "".join(f"{entry!s:>5}" for entry in row) for name, row in rows.items())
        raise NotYet(f"with patience {patience} yours is ({said}); expected ({keep}, {stop}). {why}".strip(), table)


EARLY = Exercise(
    id="09.1",
    title="early stopping",
    question=(
        "`losses[0]` is the validation loss after epoch 1, `losses[1]` after epoch 2, and so on. Write "
        "`early_stop(losses, patience)`: the training stops as soon as `patience` epochs in a row have not brought a "
        "loss below the lowest so far, or when `losses` end. Return `(keep, stop)`: the epoch whose weights are kept, "
        "the lowest that was seen, and the epoch after which it stopped."
    ),
    stub="def early_stop(losses, patience):\n    return ...",
    answer="early_stop",
    test=_early,
    hints=(
        "Go through the epochs in order and remember one thing: which epoch was the best so far.",
        "The epochs waited are `epoch - keep`. When they reach `patience`, return at once.",
    ),
    solution=(
        "def early_stop(losses, patience):\n"
        "    keep = 1\n"
        "    for epoch in range(1, len(losses) + 1):\n"
        "        if losses[epoch - 1] < losses[keep - 1]:\n"
        "            keep = epoch\n"
        "        if epoch - keep >= patience:\n"
        "            return keep, epoch\n"
        "    return keep, len(losses)"
    ),
    meaning="It is what `fit(…, patience=3)` does. A lower loss may come later: patience is what you pay to see it.",
)


def _penalties(answer: Any) -> None:
    shrink = answers.function(answer, "shrink(w, rate, strength)")
    w = np.array([2.0, -0.5, 0.0, 0.1, -4.0, 0.02])
    for rate, strength in ((0.1, 0.3), (0.2, 0.3)):
        pull, sign = rate * strength, np.sign(w)
        l2, l1 = w - pull * w, w - pull * sign
        parts = answers.several(shrink(answers.floats(w), rate, strength), ("l2", "l1"), "shrink(…)")
        place = [f"w = {value:g} with rate {rate} and strength {strength}" for value in w]
        answers.compare(
            "your L2 step",
            answers.array(parts[0], "l2"),
            l2,
            at=place,
            typical=(
                (l1, "That is the step of L1; the order is (l2, l1)."),
                (w + pull * w, "Downhill: subtract the gradient."),
                (w - 2 * pull * w, "The slope of w² / 2 is w; yours has a factor 2."),
                (w - pull * w / 2, "The slope of w² / 2 is w, without the half."),
                (w - pull * w**2 / 2, "That subtracts the penalty itself; its slope is wanted."),
                (w - strength * w, "The rate is missing."),
                (w - rate * w, "The strength is missing."),
                (pull * w, "That is what is subtracted; the weights after the step are wanted."),
                (strength * w, "That is the gradient; the weights after the step are wanted."),
            ),
        )
        answers.compare(
            "your L1 step",
            answers.array(parts[1], "l1"),
            l1,
            at=place,
            not_finite="w / |w| is 0 / 0 at w = 0; `jnp.sign` is 0 there.",
            typical=(
                (l2, "That is the step of L2: for L1 the size of w does not matter."),
                (w + pull * sign, "Downhill: subtract the gradient."),
                (w - pull, "The slope of |w| is -1 where w is negative: each weight moves towards 0."),
                (w - pull * np.abs(w), "That subtracts the penalty itself; its slope is wanted."),
                (w - pull * np.where(w > 0, 1, -1), "A weight of 0 stays: its slope counts as 0."),
                (w - pull * np.where(w >= 0, 1, -1), "A weight of 0 stays: its slope counts as 0."),
                (w - strength * sign, "The rate is missing."),
                (w - rate * sign, "The strength is missing."),
                (pull * sign, "That is what is subtracted; the weights after the step are wanted."),
                (strength * sign, "That is the gradient; the weights after the step are wanted."),
                (
                    sign * np.maximum(np.abs(w) - pull, 0),
                    "Yours stops at 0, as the better methods do; a plain step goes past it.",
                ),
            ),
        )


PENALTIES = Exercise(
    id="09.2",
    title="what L2 and L1 do to a weight",
    question=(
        "The weights `w` (an array) feel nothing but a penalty: $\\frac{\\lambda}{2} \\sum w^2$ (L2) or "
        "$\\lambda \\sum |w|$ (L1). Write `shrink(w, rate, strength)` that returns `(l2, l1)`: the weights after one "
        "step of gradient descent on the first, and after one on the second. `strength` is $\\lambda$; where a weight "
        "is 0, the slope of $|w|$ counts as 0."
    ),
    stub="def shrink(w, rate, strength):\n    return ...",
    answer="shrink",
    test=_penalties,
    hints=(
        "A step is `w - rate * gradient`. The slope of $\\frac{1}{2} w^2$ is $w$.",
        "The slope of $|w|$ is 1 for positive and -1 for negative weights: `jnp.sign(w)`.",
    ),
    solution=("def shrink(w, rate, strength):\n    return w - rate * strength * w, w - rate * strength * jnp.sign(w)"),
    meaning=(
        "L2 takes a share: large weights lose most, and none becomes 0. L1 takes a fixed amount: small weights reach "
        "0 (here they even step past it), large ones hardly notice."
    ),
)


def _mix(answer: Any) -> None:
    mix = answers.function(answer, "mix(images, labels, other, share)")
    images = np.arange(27.0).reshape(3, 3, 3) ** 2 / 100
    labels, other, share = np.array([2, 0, 2]), np.array([1, 2, 0]), np.array([0.75, 0.5, 0.2])
    given = (answers.floats(images), jnp.asarray(labels), jnp.asarray(other), answers.floats(share))
    parts = answers.several(mix(*given), ("mixed", "targets"), "mix(…)")
    own, hot = share[:, None, None], np.eye(3)[labels]

    def blend(x: np.ndarray, own: Any, partner: np.ndarray = other) -> np.ndarray:
        return own * x + (1 - own) * x[partner]

    answers.compare(
        "your blend of the images",
        answers.array(parts[0], "mixed"),
        blend(images, own),
        at=[f"image {i}, row {row}, column {column}" for i in range(3) for row in range(3) for column in range(3)],
        typical=(
            (images, "These are the images as they were."),
            (images[other], "These are the partners alone."),
            (blend(images, 1 - own), "Turned round: share belongs to the image itself, 1 - share to its partner."),
            (blend(images, share), "share runs along the columns; it has one number per image: share[:, None, None]."),
            (blend(images, share[:, None]), "share runs along the rows; use share[:, None, None]."),
            (blend(images, share[0]), "Each image has a share of its own."),
            (blend(images, share.mean()), "Each image has a share of its own."),
            (blend(images, 0.5), "Each image has a share of its own."),
            (images + images[other], "Weigh the two with share and 1 - share."),
            (own * images + images[other], "The partner weighs 1 - share."),
            (blend(images, own, np.argsort(other)), "The partner of image i is images[other[i]]."),
        ),
    )
    small = share[:, None]
    answers.compare(
        "your targets",
        answers.array(parts[1], "targets"),
        blend(hot, small),
        at=[f"image {i}, class {label}" for i in range(3) for label in range(3)],
        typical=(
            (hot, "The targets must tell of both pictures: blend them alike."),
            (labels, "The targets must tell of both pictures: blend them alike."),
            (hot[other], "These are the partners' targets alone."),
            (blend(hot, 1 - small), "Turned round: share belongs to the image's own label."),
            (
                share * labels + (1 - share) * labels[other],
                "Class numbers cannot be blended: half a 0 and half a 2 is not a 1. Make them one-hot first.",
            ),
            (blend(hot, share), "share runs along the classes; it has one number per image: share[:, None]."),
            ((hot + hot[other]) / 2, "Weigh the two labels with share and 1 - share."),
            (hot + hot[other], "Weigh the two labels with share and 1 - share."),
        ),
    )


MIX = Exercise(
    id="09.3",
    title="mix-up by hand",
    question=(
        "Write `mix(images, labels, other, share)` that returns `(mixed, targets)`. `images` has shape (n, height, "
        "width), `labels` are class numbers 0, 1 or 2. The partner of image `i` is image `other[i]`. Blend the two: "
        "`share[i]` of the image itself, `1 - share[i]` of its partner. `targets`, of shape (n, 3), says the same of "
        "the classes."
    ),
    stub="def mix(images, labels, other, share):\n    return ...",
    answer="mix",
    test=_mix,
    hints=(
        "`images[other]` are all the partners at once, and `share[:, None, None]` multiplies whole images.",
        "`jax.nn.one_hot(labels, 3)` has a row for each image; blend these rows, with `share[:, None]`.",
    ),
    solution=(
        "def mix(images, labels, other, share):\n"
        "    s, hot = share[:, None, None], jax.nn.one_hot(labels, 3)\n"
        "    mixed = s * images + (1 - s) * images[other]\n"
        "    s = share[:, None]\n"
        "    return mixed, s * hot + (1 - s) * hot[other]"
    ),
    meaning="Between two pictures the net is asked to change its mind evenly, not at some steep edge of its own.",
)


def _ensemble(answer: Any) -> None:
    ensemble = answers.function(answer, "ensemble(net, h, rate)")
    h, w, b = np.array([1.0, 0.5, 0.8]), np.array([1.5, 1.0, -2.0]), 0.25
    masks = np.array(list(np.ndindex(2, 2, 2)), float)
    for rate, bent in ((0.5, True), (0.2, True), (0.2, False)):
        name = "relu(w @ h + b)" if bent else "w @ h + b"

        def bend(sums: Any, bent=bent) -> Any:
            return sums * (sums > 0) + 0.0 if bent else sums

        def net(x: Any, bend=bend) -> Any:
            return bend(jnp.asarray(x) @ answers.floats(w) + b)

        def all_masks(kept: np.ndarray, bend=bend) -> np.ndarray:
            return bend((masks * kept) @ w + b)

        kept_count = masks.sum(1)
        chance = (1 - rate) ** kept_count * rate ** (3 - kept_count)
        turned = rate**kept_count * (1 - rate) ** (3 - kept_count)
        said, plain = all_masks(h / (1 - rate)), all_masks(h)
        try:
            answers.compare(
                "your ensemble",
                answers.number(ensemble(net, answers.floats(h), rate), "ensemble(…)"),
                chance @ said,
                at=f"rate {rate} for the net {name}",
                typical=(
                    (bend(h @ w + b), "That is the net without dropout: the short cut, not the mean of the eight."),
                    (bend(h @ w / (1 - rate) + b), "That is one net with nothing dropped; eight are wanted."),
                    (said.mean(), "The eight nets are not equally likely: each unit stays with 1 - rate."),
                    (said.sum(), "That is the sum of the eight answers; weigh each by its probability."),
                    (chance @ plain, "What stays is divided by 1 - rate."),
                    (turned @ said, "Turned round: a unit is dropped with probability rate."),
                    (turned @ all_masks(h / rate), "Turned round: a unit is dropped with probability rate."),
                    (chance @ all_masks(h * (1 - rate)), "What stays is divided by 1 - rate, not multiplied."),
                    (chance[1:] @ said[1:], "The eighth net, in which all three are dropped, is missing."),
                    ((1 - rate) ** kept_count @ said, "A dropped unit has a probability too: rate."),
                ),
            )
        except NotYet as found:
            rows = zip(masks.astype(int), chance, said, strict=True)
            table = "\n".join(f"{mask}  {p:>11.3f}  {y:>8.3f}" for mask, p, y in rows)
            raise NotYet(found.message, f"mask     probability    answer\n{table}") from None


ENSEMBLE = Exercise(
    id="09.4",
    title="dropout is an ensemble",
    question=(
        "`h` holds three hidden units, and `net(h)` gives one number. Dropout sets each unit to 0 with probability "
        "`rate`, independently, and divides the others by `1 - rate`: eight possible nets. Write "
        "`ensemble(net, h, rate)`: the mean of their eight answers, each weighed by its probability."
    ),
    stub="def ensemble(net, h, rate):\n    return ...",
    answer="ensemble",
    test=_ensemble,
    hints=(
        "`for mask in np.ndindex(2, 2, 2):` goes through (0, 0, 0), (0, 0, 1) … (1, 1, 1): 1 for a unit that stays.",
        "A mask's probability is a product of three factors, `1 - rate` for each 1 and `rate` for each 0.",
        "Its answer is `net(jnp.array(mask) * h / (1 - rate))`.",
    ),
    solution=(
        "def ensemble(net, h, rate):\n"
        "    total = 0.0\n"
        "    for mask in np.ndindex(2, 2, 2):\n"
        "        mask = jnp.array(mask)\n"
        "        probability = jnp.prod(jnp.where(mask == 1, 1 - rate, rate))\n"
        "        total += probability * net(mask * h / (1 - rate))\n"
        "    return total"
    ),
    meaning=(
        "For a linear net the mean is exactly `net(h)`, so dropout is simply switched off after training. With a bend "
        "in between that is only near the ensemble's mean, but eight times (or 2^n times) cheaper."
    ),
)

EXERCISES = (EARLY, PENALTIES, MIX, ENSEMBLE)
