"""The IDX format of MNIST: a few big-endian numbers, then bytes."""

import math
import struct

import numpy as np

_BYTES = 0x08  # the type code of unsigned bytes, the only one MNIST and its relatives use


def parse_idx(content: bytes, name: str, rank: int) -> np.ndarray:
    """Read the decompressed content of an IDX file of unsigned bytes.

    The header is two zero bytes, the type code 8, the number of axes, and each axis's length as four bytes,
    the most significant first; the numbers follow, last axis fastest.

    Args:
        content: The decompressed file.
        name: The file's name, for messages.
        rank: How many axes it must have: 3 for images, 1 for labels.

    Raises:
        ValueError: Another header than expected, or not as many bytes as it promises.

    Example:
        >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]), "labels", rank=1)
        array([7, 2, 1], dtype=uint8)
    """
    start = 4 + 4 * rank
    if len(content) < start:
        raise ValueError(f"{name} is not an IDX file: {len(content)} bytes are too few for a header of {start}.")
    if content[:4] != bytes([0, 0, _BYTES, rank]):
        raise ValueError(
            f"{name} is not an IDX file of bytes with {rank} axes: it begins with {content[:4].hex(' ')} "
            f"instead of 00 00 08 {rank:02x}."
        )
    shape = struct.unpack(f">{rank}I", content[4:start])
    expected = math.prod(shape)  # exact: Python's integers do not overflow
    if len(content) - start != expected:
        raise ValueError(f"{name} promises {expected} numbers of shape {shape}; {len(content) - start} are there.")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
