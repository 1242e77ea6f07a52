"""Hash signs and ellipses, in bytes. An ellipsis is three full stops in a row or the one character U+2026."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.kernels.blocks import NONE, SIZE, equal, lowest, ones
from filters.kernels.jit import inline

_FULL_STOP = 0x2E
_HASH_SIGN = 0x23


@inline
def count_byte(data: NDArray[np.uint8], start: int, stop: int, wanted: int) -> int:
    """How many bytes of data[start:stop] are this one (below 0x80, so that it is a character)."""
    count = 0
    for i in range(start, stop, SIZE):
        count += int(ones(equal(data, i, stop, wanted)))
    return count


@inline
def count_hash_signs(data: NDArray[np.uint8], start: int, stop: int) -> int:
    return count_byte(data, start, stop, _HASH_SIGN)


@inline
def _is_horizontal_ellipsis(data: NDArray[np.uint8], i: int) -> bool:
    return bool(data[i] == 0xE2 and data[i + 1] == 0x80 and data[i + 2] == 0xA6)


@inline
def _count_horizontal(data: NDArray[np.uint8], start: int, stop: int) -> int:
    count = 0
    for i in range(start, stop, SIZE):
        first_two = equal(data, i, stop, 0xE2) & equal(data, i + 1, stop, 0x80)
        count += int(ones(first_two & equal(data, i + 2, stop, 0xA6)))
    return count


@inline
def _count_full_stops(data: NDArray[np.uint8], start: int, stop: int) -> int:
    """How many times three full stops stand in data[start:stop], run by run."""
    count = 0
    i = start
    while i < stop:
        first_two = equal(data, i, stop, _FULL_STOP) & equal(data, i + 1, stop, _FULL_STOP)
        runs = first_two & equal(data, i + 2, stop, _FULL_STOP)
        if runs == NONE:
            i += SIZE
            continue
        i += int(lowest(runs))
        run = i
        while i < stop and data[i] == _FULL_STOP:
            i += 1
        count += (i - run) // 3
    return count


@inline
def count_ellipses(data: NDArray[np.uint8], start: int, stop: int) -> int:
    """`text.count("...") + text.count("…")`: a run of seven full stops is two."""
    return _count_full_stops(data, start, stop) + _count_horizontal(data, start, stop)


@inline
def ends_in_ellipsis(data: NDArray[np.uint8], start: int, stop: int) -> bool:
    if stop - start < 3:
        return False
    full_stops = (
        data[stop - 1] == _FULL_STOP and data[stop - 2] == _FULL_STOP and data[stop - 3] == _FULL_STOP
    )
    return full_stops or _is_horizontal_ellipsis(data, stop - 3)
