import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes.data._idx import parse_idx


def idx(array: np.ndarray) -> bytes:
    """The format, written independently of the parser."""
    return bytes([0, 0, 8, array.ndim]) + b"".join(struct.pack(">I", n) for n in array.shape) + array.tobytes()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=3), st.integers(0, 2**31))
def test_round_trip(shape, seed):
    array = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    np.testing.assert_array_equal(parse_idx(idx(array), "file", rank=len(shape)), array)


GOOD = idx(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))


@pytest.mark.parametrize(
    ("content", "rank", "said"),
    [
        (b"", 3, "0 bytes are too few"),
        (GOOD[:15], 3, "15 bytes are too few for a header of 16"),
        (GOOD, 1, "begins with 00 00 08 03 instead of 00 00 08 01"),
        (b"\x00\x00\x0d" + GOOD[3:], 3, "instead of 00 00 08 03"),
        (b"\x01" + GOOD[1:], 3, "begins with 01"),
        (b"<!doctype html><html>", 3, "not an IDX file"),
        (GOOD[:-1], 3, r"promises 24 numbers of shape \(2, 3, 4\); 23 are there"),
        (GOOD + b"\x00", 3, "25 are there"),
        (b"\x00\x00\x08\x03" + b"\xff" * 12, 3, "0 are there"),
    ],
)
def test_malformed(content, rank, said):
    with pytest.raises(ValueError, match=said):
        parse_idx(content, "file", rank=rank)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=40), st.integers(0, len(GOOD)), st.sampled_from([1, 3]))
def test_any_bytes(extra, cut, rank):
    for content in (extra, GOOD[:cut] + extra, bytes([0, 0, 8, rank]) + extra):
        try:
            array = parse_idx(content, "file", rank=rank)
        except ValueError as error:
            said = str(error)
        else:
            said = "file"
            assert (array.ndim, array.dtype) == (rank, np.uint8)
            assert array.size + 4 + 4 * rank == len(content)
        assert "file" in said
