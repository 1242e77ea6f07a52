"""Whether 64-bit hashes are in a sorted list of them: an index by their first bits says where to look."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.kernels.jit import kernel

_A_BUCKET = 4  # entries, about


def index(entries: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Where in the sorted `entries`, which are spread evenly over all numbers, the hashes with each beginning
    start: int32[a power of two, 2 at least]."""
    bits = max((len(entries) // _A_BUCKET).bit_length(), 1)
    beginnings = np.arange(1 << bits, dtype=np.uint64) << np.uint64(64 - bits)
    return np.searchsorted(entries, beginnings).astype(np.int32)


@kernel
def count_members(
    entries: NDArray[np.uint64],
    starts: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    ends: NDArray[np.int64],
) -> NDArray[np.int64]:
    """How many of each group of hashes are among the sorted `entries`, whose `index` is `starts`.

    Group i is `hashes[ends[i]:ends[i + 1]]`. Gives int64[groups].
    """
    bits = 0
    while 1 << bits < len(starts):
        bits += 1
    shift = np.uint64(64 - bits)
    counts = np.zeros(len(ends) - 1, np.int64)
    for group in range(len(counts)):
        for i in range(ends[group], ends[group + 1]):
            wanted = hashes[i]
            place = np.int64(starts[wanted >> shift])
            while place < len(entries) and entries[place] < wanted:
                place += 1
            counts[group] += place < len(entries) and entries[place] == wanted
    return counts
