"""What Gopher's quality rules count, in one pass over the words of each text."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.kernels.buffers import text_buffers
from filters.kernels.hashing import hash_bytes
from filters.kernels.jit import inline, kernel
from filters.kernels.letters import count_in_words
from filters.kernels.symbols import count_ellipses, count_hash_signs, ends_in_ellipsis
from filters.kernels.table import slots_for
from filters.kernels.words import EDGES_MORE, find_lines, hash_words, line_span, longest

COUNTS = (
    "words",
    "word_characters",
    "words_with_letter",
    "stop_words",
    "hash_signs",
    "ellipses",
    "lines",
    "bullet_lines",
    "ellipsis_lines",
)
_COUNTS = len(COUNTS)
_EMPTY = np.uint64(0)  # one hash in 2**64, as rare as that two words share one
_SLOTS_PER_STOP_WORD = 16


@inline
def _starts_with_one(
    data: NDArray[np.uint8],
    start: int,
    stop: int,
    prefixes: NDArray[np.uint8],
    prefix_offsets: NDArray[np.int64],
) -> bool:
    """Whether data[start:stop] begins with one of these prefixes."""
    for prefix in range(len(prefix_offsets) - 1):
        first, last = prefix_offsets[prefix], prefix_offsets[prefix + 1]
        if last - first > stop - start:
            continue
        same = True
        for k in range(last - first):
            same &= data[start + k] == prefixes[first + k]
        if same:
            return True
    return False


@inline
def _slot(keys: NDArray[np.uint64], key: np.uint64) -> np.uint64:
    """The slot that holds this key, or the empty slot where it would go; `keys` has a power of two of slots."""
    mask = np.uint64(len(keys) - 1)
    slot = key & mask
    while (keys[slot] != _EMPTY) & (keys[slot] != key):
        slot = (slot + np.uint64(1)) & mask
    return slot


@kernel
def _index(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A table of these hashes, so sparse that another word hardly ever meets one of them."""
    keys = np.full(slots_for(_SLOTS_PER_STOP_WORD * len(hashes) // 2), _EMPTY)
    for key in hashes:
        keys[_slot(keys, key)] = key
    return keys


@inline
def _count_stop_words(
    data: NDArray[np.uint8],
    edges: NDArray[np.int64],
    words: int,
    keys: NDArray[np.uint64],
    seen_in: NDArray[np.int64],
    text: int,
) -> int:
    """How many of the stop words are among these words; `seen_in` holds the last text that had the one in each slot.

    Nothing branches on whether a word is a stop word: one in four is, and a guess would often fail.
    """
    count = 0
    for word in range(words):
        key = hash_bytes(data, edges[2 * word], edges[2 * word + 1])
        slot = _slot(keys, key)
        is_stop_word = keys[slot] == key
        before = seen_in[slot]
        count += is_stop_word & (before != text)
        seen_in[slot] = text if is_stop_word else before
    return count


@kernel
def _count(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    stop_words: NDArray[np.uint64],
    bullets: NDArray[np.uint8],
    bullet_offsets: NDArray[np.int64],
) -> NDArray[np.int64]:
    """int64 (COUNTS, texts)."""
    texts = len(offsets) - 1
    counts = np.zeros((_COUNTS, texts), np.int64)
    most_bytes = longest(offsets)
    most = most_bytes // 2 + 2
    edges = np.empty(most_bytes + EDGES_MORE, np.int64)
    line_starts, paragraph_starts = np.empty(most, np.int64), np.empty(most, np.int64)
    seen_in = np.full(len(stop_words), -1)

    for text in range(texts):
        start, stop = offsets[text], offsets[text + 1]
        words, lines, _ = find_lines(data, start, stop, edges, line_starts, paragraph_starts)
        characters, with_letter = count_in_words(data, start, stop)
        bullet_lines = ellipsis_lines = 0
        for line in range(lines):
            first, last = line_span(edges, line_starts, line)
            bullet_lines += _starts_with_one(data, first, last, bullets, bullet_offsets)
            ellipsis_lines += ends_in_ellipsis(data, first, last)
        counts[0, text] = words
        counts[1, text] = characters
        counts[2, text] = with_letter
        counts[3, text] = _count_stop_words(data, edges, words, stop_words, seen_in, text)
        counts[4, text] = count_hash_signs(data, start, stop)
        counts[5, text] = count_ellipses(data, start, stop)
        counts[6, text] = lines
        counts[7, text] = bullet_lines
        counts[8, text] = ellipsis_lines
    return counts


@cache
def _stop_word_table(stop_words: tuple[str, ...]) -> NDArray[np.uint64]:
    return _index(hash_words(stop_words))


def count(
    texts: pa.LargeStringArray, stop_words: tuple[str, ...], bullets: tuple[str, ...]
) -> dict[str, NDArray[np.int64]]:
    """What COUNTS names, each int64 (texts,). Stop words count once, bullets are what lines begin with."""
    bullet_buffers = text_buffers(pa.array(bullets, pa.large_string()))
    counts = _count(*text_buffers(texts), _stop_word_table(stop_words), *bullet_buffers)
    return dict(zip(COUNTS, counts, strict=True))
