"""Keep freed memory for the next step, instead of giving it back to the system and asking again.

A training step makes and drops the same large arrays again and again. The C library of Linux, glibc, hands a large
array straight back to the kernel when it is dropped; the next one is made of fresh pages, and the first touch of each
page of 4 kB is an interrupt: the kernel finds a page, fills it with zeros, maps it. For a language model or a recurrent
network that can be a third of the step.

`keep_freed_memory` asks glibc to keep what was freed. It holds for the whole process, for NumPy too, which then looks
larger from outside than what it uses. `dlnotes.train` does it before the first training on a CPU. DLNOTES_KERNELS=off,
or DLNOTES_KEEP_MEMORY=off alone, prevents it. With another C library (macOS, Windows, Alpine) nothing happens.
"""

import ctypes
import functools
import os

from dlnotes.kernels._choose import are_used

# mallopt's parameters, from glibc's malloc.h
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
KEPT = 2**31 - 1  # bytes: the largest number mallopt takes
MOST = 32 * 2**20  # what older ones allow as threshold
PAD = 64 * 2**20  # bytes asked of the system at a time


@functools.cache
def keep_freed_memory() -> bool:
    """Tell glibc to keep freed memory, once in a process.

    Returns:
        Whether it was told so: False if switched off, on a GPU, or where there is no glibc.
    """
    if not are_used() or os.environ.get("DLNOTES_KEEP_MEMORY", "on") == "off":
        return False
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018  (only glibc has it)
    except (AttributeError, OSError, TypeError):
        return False
    told = library.mallopt(M_MMAP_THRESHOLD, KEPT) or library.mallopt(M_MMAP_THRESHOLD, MOST)
    return bool(told and library.mallopt(M_TRIM_THRESHOLD, KEPT) and library.mallopt(M_TOP_PAD, PAD))
