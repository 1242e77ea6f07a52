"""64-bit hashes of byte strings and of sequences of hashes.

Two different sequences share a hash about once in 2**64 pairs: a document of a million words has 5e11 pairs,
so the kernels take equal hashes for equal words and keep no text. The hashes are the same on every machine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.kernels.chunks import last_chunk, whole_chunk
from filters.kernels.jit import inline

_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)


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
    """The hash of data[start:stop]: its length, then its bytes, eight at a time."""
    state = np.uint64(stop - start)
    while stop - start > 8:
        state = absorb(state, whole_chunk(data, start))
        start += 8
    return absorb(state, last_chunk(data, start, stop)) if start < stop else state
