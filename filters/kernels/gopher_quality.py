"""What Gopher's quality rules count, in one pass over the words of each text."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.kernels.buffers import text_buffers
from filters.kernels.chunks import count_points
from filters.kernels.hashing import hash_bytes
from filters.kernels.jit import inline, kernel
from filters.kernels.symbols import count_ellipses, count_hash_signs, ends_in_ellipsis
from filters.kernels.table import find, first_equal, slots_for
from filters.kernels.unicode import LETTER, any_of
from filters.kernels.words import find_lines, find_words, hash_words, longest

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


@kernel
def _index(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The slots that find each of these hashes, all with stamp 1; mostly empty, so that few words collide."""
    slots = np.zeros(slots_for(4 * len(hashes)), np.int64)
    for place in range(len(hashes)):
        first_equal(slots, len(slots), 1, hashes, place)
    return slots


@kernel
def _count(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    stop_words: NDArray[np.uint64],
    stop_slots: NDArray[np.int64],
    bullets: NDArray[np.uint8],
    bullet_offsets: NDArray[np.int64],
) -> NDArray[np.int64]:
    """int64 (COUNTS, texts)."""
    texts = len(offsets) - 1
    counts = np.zeros((_COUNTS, texts), np.int64)
    most_bytes = longest(offsets)
    edges = np.empty(most_bytes + 2, np.int64)
    line_starts, paragraph_starts = (
        np.empty(most_bytes // 2 + 2, np.int64),
        np.empty(most_bytes // 2 + 2, np.int64),
    )
    seen_in = np.full(len(stop_slots), -1)  # the last text that had the stop word in this slot

    for text in range(texts):
        start, stop = offsets[text], offsets[text + 1]
        words = find_words(data, start, stop, edges)
        lines, _ = find_lines(data, edges, words, line_starts, paragraph_starts)
        characters = with_letter = 0
        for word in range(words):
            first, last = edges[2 * word], edges[2 * word + 1]
            characters += count_points(data, first, last)
            with_letter += any_of(data, first, last, LETTER)
            slot = find(stop_slots, len(stop_slots), 1, stop_words, hash_bytes(data, first, last))
            seen_in[slot] = (
                text if stop_slots[slot] != 0 else seen_in[slot]
            )  # no branch: a guess would fail often
        distinct_stop_words = 0
        for slot in range(len(seen_in)):
            distinct_stop_words += seen_in[slot] == text
        bullet_lines = ellipsis_lines = 0
        for line in range(lines):
            first, last = edges[2 * line_starts[line]], edges[2 * line_starts[line + 1] - 1]
            bullet_lines += _starts_with_one(data, first, last, bullets, bullet_offsets)
            ellipsis_lines += ends_in_ellipsis(data, first, last)
        counts[0, text] = words
        counts[1, text] = characters
        counts[2, text] = with_letter
        counts[3, text] = distinct_stop_words
        counts[4, text] = count_hash_signs(data, start, stop)
        counts[5, text] = count_ellipses(data, start, stop)
        counts[6, text] = lines
        counts[7, text] = bullet_lines
        counts[8, text] = ellipsis_lines
    return counts


@cache
def _stop_word_table(stop_words: tuple[str, ...]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    hashes = hash_words(stop_words)
    return hashes, _index(hashes)


def count(
    texts: pa.LargeStringArray, stop_words: tuple[str, ...], bullets: tuple[str, ...]
) -> dict[str, NDArray[np.int64]]:
    """What COUNTS names, each int64 (texts,). Stop words count once, bullets are what lines begin with."""
    bullet_buffers = text_buffers(pa.array(bullets, pa.large_string()))
    counts = _count(*text_buffers(texts), *_stop_word_table(stop_words), *bullet_buffers)
    return dict(zip(COUNTS, counts, strict=True))
