"""C4's line cleaning, and what its page rules count."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.kernels.blocks import find_byte
from filters.kernels.buffers import text_array, text_buffers
from filters.kernels.chunks import count_points
from filters.kernels.jit import inline, kernel
from filters.kernels.sentences import count_sentences
from filters.kernels.substrings import Substrings, compile_substrings, count_ends, may_stand
from filters.kernels.symbols import count_byte, ends_in_ellipsis
from filters.kernels.unicode import TERMINAL, last_character
from filters.kernels.words import EDGES_MORE, find_lines, longest

PAGE_COUNTS = ("characters", "sentences", "curly_brackets", "lorem_ipsums")
_PAGE_COUNTS = len(PAGE_COUNTS)
_LINE_FEED = 0x0A
_CURLY_BRACKET = 0x7B
_OPEN, _CLOSE = 0x5B, 0x5D
_EDIT = np.frombuffer(b"edit", np.uint8)
_CITATION_NEEDED = np.frombuffer(b"citation needed", np.uint8)


@inline
def _stands_at(data: NDArray[np.uint8], i: int, stop: int, wanted: NDArray[np.uint8]) -> bool:
    """Whether these bytes stand at i, and one more before `stop`."""
    if i + len(wanted) >= stop:
        return False
    same = True
    for k in range(len(wanted)):
        same &= data[i + k] == wanted[k]
    return same


@inline
def _citation_end(data: NDArray[np.uint8], i: int, stop: int) -> int:
    """The byte after the citation mark that starts with the bracket at byte i; i if there is none."""
    end = i + 1
    if _stands_at(data, end, stop, _EDIT):
        end += len(_EDIT)
    elif _stands_at(data, end, stop, _CITATION_NEEDED):
        end += len(_CITATION_NEEDED)
    else:
        while end < stop and 0x30 <= data[end] <= 0x39:
            end += 1
    return end + 1 if end < stop and data[end] == _CLOSE else i


@inline
def _copy(data: NDArray[np.uint8], start: int, stop: int, out: NDArray[np.uint8], size: int) -> int:
    """Write data[start:stop] behind the first `size` bytes of `out`; how many bytes there are then."""
    for k in range(stop - start):
        out[np.uint64(size + k)] = data[np.uint64(start + k)]
    return size + stop - start


@inline
def _without_citations(data: NDArray[np.uint8], start: int, stop: int, out: NDArray[np.uint8]) -> int:
    """Write data[start:stop] to `out` without its citation marks; how many bytes that are."""
    size = 0
    i = find_byte(data, start, stop, _OPEN)
    while i < stop:
        end = _citation_end(data, i, stop)
        if end > i:
            size = _copy(data, start, i, out, size)
            start = end
        i = find_byte(data, max(end, i + 1), stop, _OPEN)
    return _copy(data, start, stop, out, size)


@inline
def _has_long_word(
    data: NDArray[np.uint8], edges: NDArray[np.int64], first: int, last: int, most_characters: int
) -> bool:
    if edges[2 * last - 1] - edges[2 * first] <= most_characters:
        return False
    for word in range(first, last):
        start, stop = edges[2 * word], edges[2 * word + 1]
        if stop - start > most_characters and count_points(data, start, stop) > most_characters:
            return True
    return False


@kernel
def _edit(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    citations: bool,
    terminal: bool,
    min_words: int,
    max_word_characters: int,
    steps: NDArray[np.int32],
    probes: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    texts = len(offsets) - 1
    out, out_offsets = np.empty(offsets[texts] - offsets[0], np.uint8), np.zeros(texts + 1, np.int64)
    most_bytes = longest(offsets)
    clean = np.empty(most_bytes, np.uint8)
    most = most_bytes // 2 + 2
    edges = np.empty(most_bytes + EDGES_MORE, np.int64)
    line_starts, paragraph_starts = np.empty(most, np.int64), np.empty(most, np.int64)
    size = 0
    for text in range(texts):
        start, stop = offsets[text], offsets[text + 1]
        clean_size = (
            _without_citations(data, start, stop, clean) if citations else _copy(data, start, stop, clean, 0)
        )
        _, lines, _ = find_lines(clean, 0, clean_size, edges, line_starts, paragraph_starts)
        look_for_phrases = may_stand(clean, 0, clean_size, steps, probes)
        for line in range(lines):
            first_word, last_word = line_starts[line], line_starts[line + 1]
            first, last = edges[2 * first_word], edges[2 * last_word - 1]
            if last_word - first_word < min_words:
                continue
            if terminal and (
                last_character(clean, first, last) & TERMINAL == 0 or ends_in_ellipsis(clean, first, last)
            ):
                continue
            if _has_long_word(clean, edges, first_word, last_word, max_word_characters):
                continue
            if look_for_phrases and count_ends(clean, first, last, steps):
                continue
            if size > out_offsets[text]:
                out[size] = _LINE_FEED
                size += 1
            size = _copy(clean, first, last, out, size)
        out_offsets[text + 1] = size
    return out[:size], out_offsets


@kernel
def _count_pages(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    steps: NDArray[np.int32],
    probes: NDArray[np.uint8],
) -> NDArray[np.int64]:
    """int64 (PAGE_COUNTS, texts)."""
    texts = len(offsets) - 1
    counts = np.empty((_PAGE_COUNTS, texts), np.int64)
    for text in range(texts):
        start, stop = offsets[text], offsets[text + 1]
        counts[0, text] = count_points(data, start, stop)
        counts[1, text] = count_sentences(data, start, stop)
        counts[2, text] = count_byte(data, start, stop, _CURLY_BRACKET)
        counts[3, text] = 0
        if may_stand(data, start, stop, steps, probes):
            counts[3, text] = count_ends(data, start, stop, steps)
    return counts


def edit_lines(
    texts: pa.LargeStringArray,
    *,
    citations: bool,
    terminal: bool,
    min_words: int,
    max_word_characters: int,
    phrases: Substrings,
) -> pa.LargeStringArray:
    """The texts with the lines that stay, a line feed between two.

    `citations` are taken out first. A line stays if it has at least `min_words` words, none of them longer
    than `max_word_characters`, if it ends in terminal punctuation other than an ellipsis (where `terminal` asks
    for that), and if none of the phrases stands in it.
    """
    return text_array(
        *_edit(
            *text_buffers(texts),
            citations,
            terminal,
            min_words,
            max_word_characters,
            phrases.steps,
            phrases.probes,
        )
    )


def count_pages(texts: pa.LargeStringArray) -> dict[str, NDArray[np.int64]]:
    """What PAGE_COUNTS names, each int64 (texts,)."""
    lorem_ipsum = compile_substrings(("lorem ipsum",))
    counts = _count_pages(*text_buffers(texts), lorem_ipsum.steps, lorem_ipsum.probes)
    return dict(zip(PAGE_COUNTS, counts, strict=True))
