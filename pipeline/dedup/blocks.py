"""What crosses a shuffle in a barrier: blocks of some thousand entries, packed, under an integer key.

The key is a partition of a hash range, or a group of parts. What has to meet meets by being sorted inside a
partition, so that the number of Beam's elements grows with the blocks and not with the documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.packing import Numbers, pack, unpack

BLOCK = 8192  # entries

Pairs = tuple[Numbers, Numbers]
Block = tuple[int, bytes]


def route(owners: NDArray[np.int64], columns: Sequence[Numbers]) -> Iterator[Block]:
    """The entries of each owner in blocks of at most `BLOCK`, in the order in which they came."""
    if owners.max(initial=0) < 1 << 16:
        owners = owners.astype(np.uint16)  # numpy sorts these by radix
    order = np.argsort(owners, kind="stable")
    sorted_columns = [column[order] for column in columns]
    for owner, begin, end in runs(owners[order]):
        for at in range(begin, end, BLOCK):
            yield owner, pack([column[at : min(at + BLOCK, end)] for column in sorted_columns])


def runs(values: NDArray[np.integer]) -> Iterator[tuple[int, int, int]]:
    """Where each value of a sorted array begins and ends: (value, begin, end)."""
    found, starts = np.unique(values, return_index=True)
    ends = [*starts[1:].tolist(), len(values)]
    return zip(found.tolist(), starts.tolist(), ends, strict=True) if len(found) else iter(())


def partition(values: Numbers, partitions: int) -> NDArray[np.int64]:
    """Which partition each value belongs to: a range of its multiplicative hash (Knuth, TAOCP 3, 6.4)."""
    hashed = values * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(32)
    return (hashed * np.uint64(partitions) >> np.uint64(32)).astype(np.int64)


def changes(*columns: Numbers) -> NDArray[np.bool_]:
    """Where sorted rows differ from the row before; the first does."""
    changed = np.ones(len(columns[0]), np.bool_)
    changed[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return changed


def unique_pairs(left: Numbers, right: Numbers) -> Pairs:
    """Sorted, each once."""
    order = np.lexsort((right, left))
    left, right = left[order], right[order]
    first = changes(left, right)
    return left[first], right[first]


def spans(starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places start, start + 1, ... of each span of this size, span after span."""
    before = np.cumsum(sizes) - sizes
    return cast("NDArray[np.int64]", np.arange(sizes.sum()) + np.repeat(starts - before, sizes))


def gather(blocks: Iterable[bytes], columns: int) -> list[Numbers]:
    """The columns of all blocks end to end, in the order in which they happen to come."""
    unpacked = [unpack(block)[0] for block in blocks]
    none = np.zeros(0, np.uint64)
    # Taken out of the blocks, so that what has been copied is let go.
    return [np.concatenate([none, *(block.pop(0) for block in unpacked)]) for _ in range(columns)]


def repeated(values: Numbers) -> NDArray[np.bool_]:
    """Whether each value stands more than once, bool."""
    in_order = np.sort(values)
    several = np.unique(in_order[1:][in_order[1:] == in_order[:-1]])
    if not len(several):
        return np.zeros(len(values), np.bool_)
    places = np.searchsorted(several, values)
    return cast("NDArray[np.bool_]", several.take(places, mode="clip") == values)
