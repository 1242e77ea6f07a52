"""Hash signs and ellipses, in bytes. An ellipsis is three full stops in a row or the one character U+2026."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.kernels.jit import inline

_FULL_STOP = 0x2E
_HASH_SIGN = 0x23


@inline
def count_byte(data: NDArray[np.uint8], start: int, stop: int, wanted: int) -> int:
    """How many bytes of data[start:stop] are this one (below 0x80, so that it is a character)."""
    count = 0
    for i in range(start, stop):
        count += data[np.uint64(i)] == wanted
    return count


@inline
def count_hash_signs(data: NDArray[np.uint8], start: int, stop: int) -> int:
    return count_byte(data, start, stop, _HASH_SIGN)


@inline
def _is_horizontal_ellipsis(data: NDArray[np.uint8], i: int) -> bool:
    return bool(data[i] == 0xE2 and data[i + 1] == 0x80 and data[i + 2] == 0xA6)


@inline
def count_ellipses(data: NDArray[np.uint8], start: int, stop: int) -> int:
    """`text.count("...") + text.count("…")`: a run of seven full stops is two."""
    count = 0
    run = 0  # full stops since the last ellipsis or other character
    for i in range(start, stop):
        byte = data[np.uint64(i)]
        run = run + 1 if byte == _FULL_STOP else 0
        if run == 3:
            count += 1
            run = 0
        elif byte == 0xE2 and i + 3 <= stop:
            count += _is_horizontal_ellipsis(data, i)
    return count


@inline
def ends_in_ellipsis(data: NDArray[np.uint8], start: int, stop: int) -> bool:
    if stop - start < 3:
        return False
    full_stops = (
        data[stop - 1] == _FULL_STOP and data[stop - 2] == _FULL_STOP and data[stop - 3] == _FULL_STOP
    )
    return full_stops or _is_horizontal_ellipsis(data, stop - 3)
