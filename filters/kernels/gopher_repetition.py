"""How much of each text repeats: lines, paragraphs and word n-grams, in one pass over its words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.kernels.buffers import text_buffers
from filters.kernels.chunks import count_points
from filters.kernels.hashing import absorb, hash_bytes
from filters.kernels.jit import inline, kernel
from filters.kernels.lines import hash_lines, join_lines, may_repeat
from filters.kernels.table import first_equal, grown, repeated, slots_for
from filters.kernels.words import EDGES_MORE, count_word_points, find_lines, longest

TOP = (2, 3, 4)
DUPLICATE = (5, 6, 7, 8, 9, 10)
COUNTS = (
    "characters",
    "lines",
    "duplicate_lines",
    "duplicate_line_characters",
    "paragraphs",
    "duplicate_paragraphs",
    "duplicate_paragraph_characters",
    *(f"top_{n}_gram_characters" for n in TOP),
    *(f"duplicate_{n}_gram_characters" for n in DUPLICATE),
)
_COUNTS = len(COUNTS)
_FIRST_N_GRAM = 7
_LAST_TOP, _LAST = TOP[-1], DUPLICATE[-1]
_SEEN_PER_PLACE = 8  # at least so many slots of a byte: most 2-grams of other words are alone in theirs
_SPARSE = 2  # times as many slots as the table would have of itself
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@inline
def _pairs(
    words: NDArray[np.uint64],
    word_count: int,
    seen: NDArray[np.uint8],
    at: NDArray[np.int32],
    grams: NDArray[np.uint64],
) -> int:
    """The candidates for 2-grams: write to `at`, in order, the places of those that may stand twice, and count them.

    All that do are among them, and a few whose slot in `seen` another 2-gram shares: looking only at how often a
    slot is hit costs much less than finding out which 2-gram it was. A slot holds a bit for each hit.
    """
    mask = np.uint64(slots_for(_SEEN_PER_PLACE * word_count // 2) - 1)
    for slot in range(np.int64(mask) + 1):
        seen[slot] = 0
    for place in range(word_count - 1):
        slot = words[place] * _SPREAD + words[place + 1] & mask
        seen[slot] = seen[slot] << 1 | 1
    candidates = 0
    for place in range(word_count - 1):
        at[candidates] = place
        candidates += seen[words[place] * _SPREAD + words[place + 1] & mask] > 1
    for c in range(candidates):
        grams[at[c]] = words[at[c]]
    return candidates


@inline
def _narrow(
    n: int,
    candidates: int,
    at: NDArray[np.int32],
    first: NDArray[np.int32],
    counts: NDArray[np.int32],
    grams: NDArray[np.uint64],
    words: NDArray[np.uint64],
    word_count: int,
    slots: NDArray[np.int64],
    slot_count: int,
    stamp: int,
) -> int:
    """Of the first `candidates` places in `at`, in order, keep those whose n-gram stands twice or more.

    Before, `grams` holds the hash of the (n-1)-gram of each candidate; after, of the n-gram. `first[c]`
    becomes the first place of the n-gram of `at[c]`, and `counts` at that place how often it occurs. Returns
    how many are kept.
    """
    while candidates > 0 and at[candidates - 1] + n > word_count:
        candidates -= 1
    for c in range(candidates):
        grams[at[c]] = absorb(grams[at[c]], words[at[c] + n - 1])
    for c in range(candidates):
        place = int(np.int64(at[c]))
        earliest = first_equal(slots, slot_count, stamp, grams, place)
        counts[earliest] = 1 if earliest == place else counts[earliest] + 1
        first[c] = earliest
    kept = 0
    for c in range(candidates):
        place, earliest = at[c], first[c]
        at[kept], first[kept] = place, earliest
        kept += counts[earliest] > 1
    return kept


@inline
def _top_size(
    n: int,
    candidates: int,
    first: NDArray[np.int32],
    counts: NDArray[np.int32],
    data: NDArray[np.uint8],
    edges: NDArray[np.int64],
    word_count: int,
) -> int:
    """Occurrences of the most frequent n-gram, the first of several, times its size with spaces."""
    if word_count < n:
        return 0
    best, most = 0, 1  # where none repeats, the first of all
    for c in range(candidates):
        if counts[first[c]] > most:
            best, most = int(np.int64(first[c])), int(np.int64(counts[first[c]]))
    return most * (count_word_points(data, edges, best, best + n) + n - 1)


@inline
def _duplicate_size(
    n: int,
    candidates: int,
    at: NDArray[np.int32],
    first: NDArray[np.int32],
    counts: NDArray[np.int32],
    data: NDArray[np.uint8],
    edges: NDArray[np.int64],
) -> int:
    """The code points of words in n-grams that came before, going on after each such n-gram."""
    total = 0
    free = 0  # the first word after the last n-gram that was taken
    for c in range(candidates):
        place = int(np.int64(at[c]))
        if place < free:
            continue
        if counts[first[c]] > 0:
            counts[first[c]] = -1  # it has been passed once
        else:
            total += count_word_points(data, edges, place, place + n)
            free = place + n
    return total


@kernel
def _count(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64 (COUNTS, texts).

    An n-gram can only repeat where the (n-1)-gram that begins it does. So `at` holds the places that are still in
    question, few after the 2-grams, and none in most texts when n is 5.
    """
    texts = len(offsets) - 1
    totals = np.zeros((_COUNTS, texts), np.int64)
    most_bytes = longest(offsets)
    most = most_bytes // 2 + 2  # words, and one more; what is not touched of an array takes no memory
    edges = np.empty(most_bytes + EDGES_MORE, np.int64)
    line_starts, paragraph_starts = np.empty(most, np.int64), np.empty(most, np.int64)
    hashes, sizes = np.empty(most, np.uint64), np.empty(most, np.int64)
    grams, seen = np.empty(most, np.uint64), np.empty(slots_for(_SEEN_PER_PLACE * most // 2), np.uint8)
    at, first, counts = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.int32)
    slots = np.zeros(16, np.int64)
    stamp = 0

    for text in range(texts):
        start, stop = offsets[text], offsets[text + 1]
        words, lines, paragraphs = find_lines(data, start, stop, edges, line_starts, paragraph_starts)
        slots = grown(slots, lines)

        totals[0, text] = count_points(data, start, stop)
        totals[1, text] = lines
        totals[4, text] = paragraphs
        if may_repeat(data, edges, line_starts, lines, slots, stamp + 1, hashes):
            hash_lines(data, edges, line_starts, lines, hashes, sizes)
            totals[2, text], totals[3, text] = repeated(slots, stamp + 2, hashes, sizes, lines)
            join_lines(paragraph_starts, paragraphs, hashes, sizes)
            totals[5, text], totals[6, text] = repeated(slots, stamp + 3, hashes, sizes, paragraphs)
        stamp += 3

        for word in range(words):
            hashes[word] = hash_bytes(data, edges[2 * word], edges[2 * word + 1])
        candidates = _pairs(hashes, words, seen, at, grams)
        slots = grown(slots, _SPARSE * candidates)
        slot_count = slots_for(_SPARSE * candidates)
        for n in range(2, _LAST + 1):
            if n > _LAST_TOP and candidates == 0:
                break
            stamp += 1
            candidates = _narrow(
                n, candidates, at, first, counts, grams, hashes, words, slots, slot_count, stamp
            )
            if n <= _LAST_TOP:
                total = _top_size(n, candidates, first, counts, data, edges, words)
            else:
                total = _duplicate_size(n, candidates, at, first, counts, data, edges)
            totals[_FIRST_N_GRAM + n - 2, text] = total
    return totals


def count(texts: pa.LargeStringArray) -> dict[str, NDArray[np.int64]]:
    """What COUNTS names, each int64 (texts,)."""
    return dict(zip(COUNTS, _count(*text_buffers(texts)), strict=True))
