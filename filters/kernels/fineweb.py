"""What FineWeb's rules count, line by line."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.kernels.buffers import text_buffers
from filters.kernels.chunks import count_points
from filters.kernels.jit import inline, kernel
from filters.kernels.lines import hash_lines, may_repeat
from filters.kernels.table import grown, repeated
from filters.kernels.unicode import TERMINAL, last_character
from filters.kernels.words import EDGES_MORE, find_lines, line_span, longest

COUNTS = ("characters", "words", "lines", "terminal_lines", "short_lines", "duplicate_line_characters")
_COUNTS = len(COUNTS)


@inline
def _is_short(data: NDArray[np.uint8], start: int, stop: int, most: int) -> bool:
    """Whether data[start:stop] has at most so many code points, each of which takes one to four bytes."""
    size = stop - start
    return size <= most or (size <= 4 * most and count_points(data, start, stop) <= most)


@kernel
def _count(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], short_line_characters: int
) -> NDArray[np.int64]:
    """int64 (COUNTS, texts)."""
    texts = len(offsets) - 1
    counts = np.empty((_COUNTS, texts), np.int64)
    most_bytes = longest(offsets)
    most = most_bytes // 2 + 2
    edges = np.empty(most_bytes + EDGES_MORE, np.int64)
    line_starts, paragraph_starts = np.empty(most, np.int64), np.empty(most, np.int64)
    hashes, sizes = np.empty(most, np.uint64), np.empty(most, np.int64)
    slots = np.zeros(16, np.int64)
    for text in range(texts):
        start, stop = offsets[text], offsets[text + 1]
        words, lines, _ = find_lines(data, start, stop, edges, line_starts, paragraph_starts)
        slots = grown(slots, lines)
        duplicates = terminal = short = 0
        if may_repeat(data, edges, line_starts, lines, slots, 2 * text + 1, hashes):
            hash_lines(data, edges, line_starts, lines, hashes, sizes)
            _, duplicates = repeated(slots, 2 * text + 2, hashes, sizes, lines)
        for line in range(lines):
            first, last = line_span(edges, line_starts, line)
            terminal += last_character(data, first, last) & TERMINAL != 0
            short += _is_short(data, first, last, short_line_characters)
        counts[0, text] = count_points(data, start, stop)
        counts[1, text] = words
        counts[2, text] = lines
        counts[3, text] = terminal
        counts[4, text] = short
        counts[5, text] = duplicates
    return counts


def count(texts: pa.LargeStringArray, short_line_characters: int) -> dict[str, NDArray[np.int64]]:
    """What COUNTS names, each int64 (texts,). A short line has at most so many characters."""
    counts = _count(*text_buffers(texts), short_line_characters)
    return dict(zip(COUNTS, counts, strict=True))
