"""The words of a fastText model: read from its file, and found again by their hash.

Two words are taken for one where their 64-bit hashes are equal.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters.kernels.hashing import hash_bytes
from filters.kernels.jit import inline, kernel

_COUNT_BYTES = 8
SMALLEST_ENTRY = 2 + _COUNT_BYTES  # bytes, in a model file
_3, _7 = np.uint64(3), np.uint64(7)


class Dictionary(NamedTuple):
    """The words of a model and where their rows stand in its input matrix.

    slots: uint64 (a power of two,), the hashes of the entries, each in the first free slot from its own on;
        0 is free. entries: int32, the entry in each slot: a word, whose row is its number, or from `words` on a
        label.
    kept: uint8 (buckets / 8 and up,), a bit for each bucket whose n-grams have a row; empty where all have, each
        its own. The bits stay in the processor's cache, and most n-grams of a pruned model have none.
    rows: int32 (buckets,), where the row of each bucket stands, counted from `words`; empty like `kept`.
    """

    slots: NDArray[np.uint64]
    entries: NDArray[np.int32]
    words: int
    kept: NDArray[np.uint8]
    rows: NDArray[np.int32]
    buckets: int
    minn: int
    maxn: int


@inline
def find_entry(dictionary: Dictionary, key: np.uint64) -> int:
    """The entry with this hash, or -1."""
    mask = len(dictionary.slots) - 1
    slot = int(np.int64(key)) & mask
    while dictionary.slots[slot] != 0:
        if dictionary.slots[slot] == key:
            return int(dictionary.entries[slot])
        slot = (slot + 1) & mask
    return -1


@inline
def has_row(dictionary: Dictionary, bucket: np.uint64) -> bool:
    """Whether the n-grams of characters or words whose hash falls in this bucket have a row."""
    return len(dictionary.kept) == 0 or bool(dictionary.kept[bucket >> _3] >> (bucket & _7) & 1)


@inline
def ngram_row(dictionary: Dictionary, bucket: np.uint64) -> int:
    """Their row, where they have one."""
    if len(dictionary.rows) == 0:
        return dictionary.words + int(np.int64(bucket))
    return dictionary.words + int(dictionary.rows[bucket])


@kernel
def find_entries(
    content: NDArray[np.uint8], start: int, entries: int, words: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Where each entry of a model file stands (int64, entries x 2), how often it was seen, and where they end:
    -1 where the file ends before, or where the first `words` are not words and the rest labels."""
    edges = np.empty((entries, 2), np.int64)
    counts = np.zeros(entries, np.int64)
    i = start
    for entry in range(entries):
        edges[entry, 0] = i
        while i < len(content) and content[i] != 0:
            i += 1
        edges[entry, 1] = i
        if i + 1 + _COUNT_BYTES >= len(content) or content[i + 1 + _COUNT_BYTES] != (entry >= words):
            return edges, counts, -1
        for k in range(_COUNT_BYTES):
            counts[entry] |= np.int64(content[i + 1 + k]) << np.int64(8 * k)
        i += SMALLEST_ENTRY
    return edges, counts, i


@kernel
def index_entries(
    content: NDArray[np.uint8], edges: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """The `slots` and `entries` of a Dictionary. Of equal entries the last one counts."""
    size = 16
    while size < 2 * len(edges):
        size *= 2
    slots = np.zeros(size, np.uint64)
    entries = np.full(size, -1, np.int32)
    for entry in range(len(edges)):
        key = hash_bytes(content, edges[entry, 0], edges[entry, 1])
        slot = int(np.int64(key)) & (size - 1)
        while slots[slot] != 0 and slots[slot] != key:
            slot = (slot + 1) & (size - 1)
        slots[slot] = key
        entries[slot] = entry
    return slots, entries
