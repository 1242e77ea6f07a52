"""A hash table from a 64-bit hash to the first place that holds it, for one document after another.

A slot is an int64: the stamp of the document that filled it in the upper half, a place (an index into the
document's array of hashes) in the lower. A slot with another stamp is empty, so the table is never cleared.
A document uses only as many slots as its size asks for, so that a short document stays in the cache after a
long one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.kernels.jit import inline, kernel

_PLACE = np.int64(0xFFFFFFFF)


@inline
def slots_for(count: int) -> int:
    """How many slots `count` entries are given: a power of two, at most half full."""
    size = 16
    while size < 2 * count:
        size *= 2
    return size


@kernel
def grown(slots: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """These slots, or new empty ones where they are too few for `count` entries."""
    size = slots_for(count)
    return slots if size <= len(slots) else np.zeros(size, np.int64)


@inline
def find(
    slots: NDArray[np.int64], size: int, stamp: int, hashes: NDArray[np.uint64], key: np.uint64
) -> np.uint64:
    """The slot that holds `key`, or the empty slot where it would go. `size` is from `slots_for`."""
    mask = np.uint64(size - 1)
    slot = key & mask
    # `&`, not `and`: only to meet another key is rare, and so the only thing that is well guessed
    while (slots[slot] >> 32 == stamp) & (hashes[np.uint64(slots[slot] & _PLACE)] != key):
        slot = (slot + np.uint64(1)) & mask
    return slot


@inline
def first_equal(
    slots: NDArray[np.int64], size: int, stamp: int, hashes: NDArray[np.uint64], place: int
) -> int:
    """The first place whose hash is that of `place`, which is `place` itself where it is the first."""
    slot = find(slots, size, stamp, hashes, hashes[place])
    if slots[slot] >> 32 == stamp:
        return int(slots[slot] & _PLACE)
    slots[slot] = np.int64(stamp) << 32 | place
    return place


@inline
def repeated(
    slots: NDArray[np.int64],
    stamp: int,
    hashes: NDArray[np.uint64],
    sizes: NDArray[np.int64],
    count: int,
) -> tuple[int, int]:
    """How many of the first `count` hashes came before, and the sum of those ones' sizes."""
    size = slots_for(count)
    repeats = 0
    total = 0
    for place in range(count):
        if first_equal(slots, size, stamp, hashes, place) != place:
            repeats += 1
            total += sizes[place]
    return repeats, total
