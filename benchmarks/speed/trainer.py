"""What a peer gives the worker: something that trains an epoch at a time, in its own library's way."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple


class Trainer(NamedTuple):
    """A network that is ready to be trained.

    Attributes:
        parameters: How many numbers are trained.
        epoch: Trains on all the data once, waits until that is done, and gives the loss of the first step and of the
            last; twice the epoch's mean where a library tells no more.
        numbers: All arrays that training changes, for a look at the end.
    """

    parameters: int
    epoch: Callable[[], tuple[float, float]]
    numbers: Callable[[], Iterable[Any]]


def epoch_of_steps(step: Callable[[Any, Any], Any], batches: list) -> Callable[[], tuple[float, float]]:
    """An epoch as most guides write it: a Python loop over the batches. `step(x, y)` gives the loss."""

    def epoch() -> tuple[float, float]:
        losses = [step(x, y) for x, y in batches]
        return float(losses[0]), float(losses[-1])

    return epoch
