"""Fast paths for a CPU: the same numbers, sooner. One trick a file, with the plain formula beside it.

The layers call these functions. On a CPU they take the fast path, on a GPU or TPU XLA's own operations, which are fast
there (and faster still in bfloat16: `dlnotes.train.mixed_precision`); `kernels.use("off")` takes the plain formula
everywhere. The choice is made in `_choose.py` alone.

* `matmul.py`: many small products with one matrix become one large product; a narrow matrix lies down.
* `convolve.py`: the gradients of a convolution as convolutions that a CPU knows.
* `pool.py`: windows that touch are folded, not searched.
* `neighbours.py`: few output channels, so several places at once.
* `spread.py`: the gradients of a transposed convolution, in the same way.
* `groups.py`: a convolution in groups as ordinary ones.
* `depthwise.py`: a kernel for each channel, as a sum of shifted images.
* `standardise.py`: the gradient of a normalisation in one line.
* `loop.py`: an epoch in one compiled loop, or step by step.
* `guard.py`: an update that may be left out, as a branch.
* `one_piece.py`: a loop of tiny steps as one piece of machine code.
* `gates.py`: of a gate in a loop, its value is kept for the way back and nothing else.
* `memory.py`: freed memory is kept for the next step; done here, when this package is imported.
* `compiler.py`: which library XLA takes for what.
"""

from dlnotes.kernels._choose import are_used, use, using
from dlnotes.kernels.compiler import compiler_options
from dlnotes.kernels.convolve import convolve
from dlnotes.kernels.guard import update_if
from dlnotes.kernels.loop import compile_loop
from dlnotes.kernels.matmul import matmul
from dlnotes.kernels.memory import keep_freed_memory
from dlnotes.kernels.pool import average_pool, max_pool
from dlnotes.kernels.spread import spread
from dlnotes.kernels.standardise import normalise, standardise

keep_freed_memory()

__all__ = [
    "are_used",
    "average_pool",
    "compile_loop",
    "compiler_options",
    "convolve",
    "keep_freed_memory",
    "matmul",
    "max_pool",
    "normalise",
    "spread",
    "standardise",
    "update_if",
    "use",
    "using",
]
