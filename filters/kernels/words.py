"""Words and lines, found in UTF-8 bytes: the two definitions that every filter shares.

- A *word* is what `str.split()` gives: a run of characters none of which is whitespace (`str.isspace`). Punctuation
  belongs to the word it touches, and a text in a script without spaces is one long word.
- A *line* is what stands between line feeds, without the whitespace at its two ends (so that `\\r\\n` ends a line as
  `\\n` does); one without a word is blank, and a blank line is no line: `[l.strip() for l in text.split("\\n")]`
  without the empty ones. U+0085, U+2028, form feeds and lone carriage returns are whitespace but end no line.
- A *paragraph* is a run of lines with no blank line between them.

Text i of a batch is `data[offsets[i]:offsets[i + 1]]`. A filter's kernel goes from word to word: `skip_space`, which
says how many line feeds it passed (one starts a line, two a paragraph), then `read_word`.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.kernels.buffers import text_buffers
from filters.kernels.hashing import absorb, hash_bytes
from filters.kernels.jit import inline, kernel
from filters.kernels.unicode import SPACE, character

_BYTE = np.uint64(8)


@inline
def skip_space(data: NDArray[np.uint8], i: int, stop: int) -> tuple[int, int]:
    """The first byte from i on that is not in whitespace (or `stop`), and how many line feeds stand before it."""
    line_feeds = 0
    while i < stop:
        bits, width = character(data, i, stop)
        if not bits & SPACE:
            break
        line_feeds += data[i] == 10
        i += width
    return i, line_feeds


@inline
def read_word(data: NDArray[np.uint8], i: int, stop: int) -> tuple[int, np.uint64, int, int, int]:
    """The word that starts at byte i: its end, its hash, its code points, what classes of characters are in it,
    and the classes of its last character. The hash is `hash_bytes` of its bytes.
    """
    start = i
    state = np.uint64(0)
    chunk = np.uint64(0)
    points = 0
    classes = 0
    last = 0
    while i < stop:
        bits, width = character(data, i, stop)
        if bits & SPACE:
            break
        classes |= bits
        last = bits
        points += 1
        for k in range(i, i + width):
            chunk = chunk << _BYTE | np.uint64(data[k])
            if (k - start) & 7 == 7:
                state = absorb(state, chunk)
                chunk = np.uint64(0)
        i += width
    return i, absorb(absorb(state, chunk), np.uint64(i - start)), points, classes, last


@inline
def extend_line(line: np.uint64, data: NDArray[np.uint8], gap: int, start: int, word: np.uint64) -> np.uint64:
    """The hash of a line with one more word, which starts at `start`; the last one ended at `gap`.

    A single space between words, which is the rule, goes without saying; any other gap is hashed too.
    """
    if start - gap != 1 or data[gap] != 32:
        line = absorb(line, hash_bytes(data, gap, start))
    return absorb(line, word)


@kernel
def _count_words(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    counts = np.zeros(len(offsets) - 1, np.int64)
    for text in range(len(counts)):
        i, stop = offsets[text], offsets[text + 1]
        inside = False
        while i < stop:
            bits, width = character(data, i, stop)
            space = bits & SPACE != 0
            counts[text] += not space and not inside
            inside = not space
            i += width
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
    """The hash that `read_word` gives for each of these words, uint64 (words,)."""
    return _hash_texts(*text_buffers(pa.array(words, pa.large_string())))
