"""Bytes taken eight at a time, as one uint64."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.kernels.jit import inline

_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_LOWEST_BITS = np.uint64(0x0101010101010101)
_HIGHEST_BITS = np.uint64(0x8080808080808080)
_1, _7, _56 = np.uint64(1), np.uint64(7), np.uint64(56)


@inline
def _byte(data: NDArray[np.uint8], i: np.uint64, k: int) -> np.uint64:
    return np.uint64(data[i + np.uint64(k)]) << np.uint64(8 * k)


@inline
def whole_chunk(data: NDArray[np.uint8], start: int) -> np.uint64:
    """The eight bytes from `start` on, the first one lowest."""
    i = np.uint64(
        start
    )  # unsigned: numba then does not ask whether it counts from the end, and this is one load
    low = _byte(data, i, 0) | _byte(data, i, 1) | _byte(data, i, 2) | _byte(data, i, 3)
    return low | _byte(data, i, 4) | _byte(data, i, 5) | _byte(data, i, 6) | _byte(data, i, 7)


@inline
def last_chunk(data: NDArray[np.uint8], start: int, stop: int) -> np.uint64:
    """The bytes of data[start:stop], one to eight of them, and zeros above."""
    if start + 8 <= len(data):
        return whole_chunk(data, start) & (_ALL >> np.uint64(64 - 8 * (stop - start)))
    chunk = np.uint64(0)
    for i in range(start, stop):
        chunk |= np.uint64(data[i]) << np.uint64(8 * (i - start))
    return chunk


@inline
def first_chunk(data: NDArray[np.uint8], start: int, stop: int) -> np.uint64:
    """The first eight bytes of data[start:stop], or all and zeros above; it is not empty."""
    return last_chunk(data, start, min(start + 8, stop))


@inline
def _continuations(chunk: np.uint64) -> int:
    """How many of the eight bytes are 10xxxxxx: in UTF-8, all but the first byte of a character."""
    marks = (chunk & ~(chunk << _1) & _HIGHEST_BITS) >> _7
    return int(np.int64((marks * _LOWEST_BITS) >> _56))


@inline
def count_points(data: NDArray[np.uint8], start: int, stop: int) -> int:
    """How many code points data[start:stop] holds, which is whole characters of UTF-8."""
    points = stop - start
    while stop - start > 8:
        points -= _continuations(whole_chunk(data, start))
        start += 8
    if start < stop:
        points -= _continuations(last_chunk(data, start, stop))
    return points
