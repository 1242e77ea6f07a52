"""The hashes and the sizes of a text's lines and paragraphs, to tell which of them repeat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.kernels.chunks import count_points, first_chunk, last_chunk
from filters.kernels.hashing import absorb, hash_bytes
from filters.kernels.jit import inline
from filters.kernels.table import first_equal, slots_for
from filters.kernels.words import line_span


@inline
def may_repeat(
    data: NDArray[np.uint8],
    edges: NDArray[np.int64],
    line_starts: NDArray[np.int64],
    lines: int,
    slots: NDArray[np.int64],
    stamp: int,
    hashes: NDArray[np.uint64],
) -> bool:
    """Whether two lines have the same size, first eight bytes and last eight bytes.

    In most texts none have, and what lies between is never looked at. `hashes` is written over.
    """
    size = slots_for(lines)
    for line in range(lines):
        start, stop = line_span(edges, line_starts, line)
        head = absorb(np.uint64(stop - start), first_chunk(data, start, stop))
        hashes[line] = absorb(head, last_chunk(data, max(start, stop - 8), stop))
        if first_equal(slots, size, stamp, hashes, line) != line:
            return True
    return False


@inline
def hash_lines(
    data: NDArray[np.uint8],
    edges: NDArray[np.int64],
    line_starts: NDArray[np.int64],
    lines: int,
    hashes: NDArray[np.uint64],
    sizes: NDArray[np.int64],
) -> None:
    """Write the hash of each line and its size in code points."""
    for line in range(lines):
        start, stop = line_span(edges, line_starts, line)
        hashes[line] = hash_bytes(data, start, stop)
        sizes[line] = count_points(data, start, stop)


@inline
def join_lines(
    paragraph_starts: NDArray[np.int64],
    paragraphs: int,
    hashes: NDArray[np.uint64],
    sizes: NDArray[np.int64],
) -> None:
    """Turn what `hash_lines` wrote into the same for paragraphs, in place: lines, a line feed between two."""
    for paragraph in range(paragraphs):
        start, stop = paragraph_starts[paragraph], paragraph_starts[paragraph + 1]
        joined = np.uint64(0)
        size = stop - start - 1
        for line in range(start, stop):
            joined = absorb(joined, hashes[line])
            size += sizes[line]
        hashes[paragraph], sizes[paragraph] = joined, size
