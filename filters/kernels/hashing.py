"""64-bit hashes of words, of runs of words and of bytes.

Two different sequences share a hash about once in 2**64 pairs: a document of a million words has 5e11 pairs, so the
kernels take equal hashes for equal words and keep no text. The hashes are the same on every machine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.kernels.jit import inline

_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)
_BYTE = np.uint64(8)


@inline
def absorb(state: np.uint64, value: np.uint64) -> np.uint64:
    """The hash of a sequence, from the hash of all of it but the last value, and that value.

    A bijection of `value` for each `state` and of `state` for each `value`; the order of the values matters.
    """
    mixed = (state * _SPREAD + value) * _MIX
    mixed ^= mixed >> _HALF
    mixed *= _MIX
    return mixed ^ (mixed >> _HALF)


@inline
def hash_bytes(data: NDArray[np.uint8], start: int, stop: int) -> np.uint64:
    """The hash of data[start:stop]: eight bytes at a time, then the rest, then the length."""
    state = np.uint64(0)
    i = start
    while i + 8 <= stop:
        chunk = np.uint64(0)
        for k in range(8):
            chunk = chunk << _BYTE | np.uint64(data[i + k])
        state = absorb(state, chunk)
        i += 8
    chunk = np.uint64(0)
    while i < stop:
        chunk = chunk << _BYTE | np.uint64(data[i])
        i += 1
    return absorb(absorb(state, chunk), np.uint64(stop - start))
