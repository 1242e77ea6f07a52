"""Words, lines and paragraphs, found in UTF-8 bytes: the definitions that every filter shares.

- A *word* is what `str.split()` gives: a run of characters none of which is whitespace (`str.isspace`).
  Punctuation belongs to the word it touches, and a text in a script without spaces is one long word.
- A *line* is what stands between line feeds, without the whitespace at its two ends (so that `\\r\\n` ends a
  line as `\\n` does). A line without a word is blank, and a blank line is no line. U+0085, U+2028, form
  feeds and lone carriage returns are whitespace and end no line.
- A *paragraph* is a run of lines with no blank line between them.

In plain Python, where the text of a paragraph is its lines with a line feed between two:

    words = text.split()
    stripped = [line.strip() for line in text.split("\\n")]
    lines = [line for line in stripped if line]
    paragraphs = ["\\n".join(run) for some, run in itertools.groupby(stripped, bool) if some]

A kernel has scratch arrays, as long as the `longest` text asks for, that it fills anew for each text: first
`find_words`, then `find_lines`. Word w is `data[edges[2 * w]:edges[2 * w + 1]]`. Line l is the words from
`line_starts[l]` up to `line_starts[l + 1]`, and paragraphs are made of lines in the same way.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.kernels.buffers import text_buffers
from filters.kernels.hashing import hash_bytes
from filters.kernels.jit import inline, kernel
from filters.kernels.unicode import SPACE, character

_LINE_FEED = 10


@inline
def longest(offsets: NDArray[np.int64]) -> int:
    """The most bytes that a text has."""
    most = 0
    for text in range(len(offsets) - 1):
        most = max(most, int(offsets[text + 1] - offsets[text]))
    return most


@inline
def find_words(data: NDArray[np.uint8], start: int, stop: int, edges: NDArray[np.int64]) -> int:
    """Write where each word of data[start:stop] starts and ends, and count them.

    `edges` has room for stop - start + 2. Nothing branches on where words end: that cannot be predicted, and
    would take most of the time.
    """
    edge = 0
    outside = SPACE
    i = start
    while i < stop:
        bits, width = character(data, i, stop)
        space = bits & SPACE
        edges[edge] = i
        edge += space != outside
        outside = space
        i += width
    edges[edge] = stop
    return (edge + 1) // 2


@inline
def _line_feeds(data: NDArray[np.uint8], start: int, stop: int) -> int:
    """How many line feeds stand in this whitespace."""
    count = 0
    for i in range(start, stop):
        count += data[i] == _LINE_FEED
    return count


@inline
def find_lines(
    data: NDArray[np.uint8],
    edges: NDArray[np.int64],
    words: int,
    line_starts: NDArray[np.int64],
    paragraph_starts: NDArray[np.int64],
) -> tuple[int, int]:
    """Write the first word of each line and the first line of each paragraph, and count both.

    After the last start stands where it ends, so both arrays have room for one more than there are words.
    """
    lines = min(words, 1)
    paragraphs = lines
    line_starts[0] = paragraph_starts[0] = 0
    for word in range(1, words):
        feeds = _line_feeds(data, edges[2 * word - 1], edges[2 * word])
        if feeds > 1:
            paragraph_starts[paragraphs] = lines
            paragraphs += 1
        if feeds > 0:
            line_starts[lines] = word
            lines += 1
    line_starts[lines] = words
    paragraph_starts[paragraphs] = lines
    return lines, paragraphs


@kernel
def _count_words(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    counts = np.empty(len(offsets) - 1, np.int64)
    edges = np.empty(longest(offsets) + 2, np.int64)
    for text in range(len(counts)):
        counts[text] = find_words(data, offsets[text], offsets[text + 1], edges)
    return counts


@kernel
def _hash_texts(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.uint64]:
    hashes = np.empty(len(offsets) - 1, np.uint64)
    for text in range(len(hashes)):
        hashes[text] = hash_bytes(data, offsets[text], offsets[text + 1])
    return hashes


def count_words(texts: pa.LargeStringArray) -> NDArray[np.int64]:
    """`len(text.split())` of each text, int64 (texts,)."""
    return _count_words(*text_buffers(texts))


def hash_words(words: tuple[str, ...]) -> NDArray[np.uint64]:
    """`hash_bytes` of each of these words, uint64 (words,)."""
    return _hash_texts(*text_buffers(pa.array(words, pa.large_string())))
