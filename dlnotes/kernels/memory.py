"""Keep freed memory for the next step, instead of giving it back to the system and asking again.

A training step makes and drops the same large arrays again and again. The C library of Linux, glibc, hands a large
array straight back to the kernel when it is dropped; the next one is made of fresh pages, and the first touch of each
page of 4 kB is an interrupt: the kernel finds a page, fills it with zeros, maps it. A step of the small GPT touches
39,000 of them, and of its 135 milliseconds 35 go there; with ResNet-20 it is as many.

`keep_freed_memory` asks glibc to keep what was freed. But glibc keeps blocks of more than 64 MB only for a program's
first thread, and JAX computes in others. So JAX's CPU is asked too: to compute in the thread that calls. A call then
returns when its result is there (`block_until_ready` has nothing left to wait for).

Both hold for the whole process, for NumPy too, which then looks larger from outside than what it uses. It is done when
`dlnotes.kernels` is imported, as JAX listens only before its first computation. DLNOTES_KERNELS=off, or
DLNOTES_KEEP_MEMORY=off alone, prevents it. With another C library (macOS, Windows, Alpine) nothing happens; nor does
anything change for a GPU.
"""

import ctypes
import functools
import os

import jax

# mallopt's parameters, from glibc's malloc.h
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
NEVER = -1  # bytes free at the end of the heap before some are given back
PAD = 64 * 2**20  # bytes asked of the system at a time


@functools.cache
def keep_freed_memory() -> bool:
    """Tell glibc to keep freed memory and JAX to compute where that helps, once in a process.

    Returns:
        Whether they were told: False if switched off, or where there is no glibc.
    """
    if "off" in (os.environ.get("DLNOTES_KERNELS"), os.environ.get("DLNOTES_KEEP_MEMORY")):
        return False
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018  (only glibc has it)
    except (AttributeError, OSError, TypeError):
        return False
    told = [library.mallopt(*wish) for wish in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, NEVER), (M_TOP_PAD, PAD))]
    if "JAX_CPU_ENABLE_ASYNC_DISPATCH" not in os.environ:
        jax.config.update("jax_cpu_enable_async_dispatch", False)
    return all(told)
