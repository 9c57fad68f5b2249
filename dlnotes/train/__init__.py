"""Training: a step (`step.py`), an epoch (`epoch.py`), `fit` for notebooks (`fit.py`), many at once (`population.py`),
and on a GPU in bfloat16 (`precision.py`).

The loss is a function that you write and pass in (`loss.py`); the optimizer is any with `init` and `update`.
"""

from dlnotes.train.batch import Batch
from dlnotes.train.diagnose import NonFiniteLoss
from dlnotes.train.epoch import make_evaluate, make_train_epoch
from dlnotes.train.fit import FitResult, fit
from dlnotes.train.population import Crowd, Population
from dlnotes.train.precision import mixed_precision
from dlnotes.train.step import TrainState, init_state, make_eval_step, make_train_step

__all__ = [
    "Batch",
    "Crowd",
    "FitResult",
    "NonFiniteLoss",
    "Population",
    "TrainState",
    "fit",
    "init_state",
    "make_eval_step",
    "make_evaluate",
    "make_train_epoch",
    "make_train_step",
    "mixed_precision",
]
