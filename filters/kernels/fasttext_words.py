"""fastText's words, and the rows of the input matrix that a word stands for.

A *word* is a run of bytes none of which is a space, tab, line feed, vertical tab, form feed, carriage return
or NUL. `</s>` stands for the end of a line; a text is one line, so line feeds are spaces here.

A word's rows are its own, where the dictionary has it, and those of its *subwords*: the runs of `minn` to
`maxn` characters of `<word>`, but neither bracket alone. In plain Python, with `hash_of` for FNV-1a of 32 bits
that takes a byte for a signed number:

    spelled = "<" + word + ">"
    ids = [
        hash_of(spelled[start : start + n]) % buckets
        for start in range(len(spelled))
        for n in range(max(minn, 1), min(maxn, len(spelled) - start) + 1)
        if not (n == 1 and start in (0, len(spelled) - 1))
    ]

A subword whose id is in the dictionary has a row too: `words + id`, or in a pruned model the row that stands
there for it, if any. All this is from dictionary.cc of fastText 0.9.2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters.kernels.blocks import lowest
from filters.kernels.chunks import last_chunk, whole_chunk
from filters.kernels.fasttext_dictionary import Dictionary, find_entry, has_row, ngram_row
from filters.kernels.hashing import hash_bytes
from filters.kernels.jit import inline

END = b"</s>"
LABEL = b"__label__"

_END_CHUNK = np.uint64(int.from_bytes(END, "little"))
_LABEL_BYTES = np.frombuffer(LABEL, np.uint8)
_OPEN, _CLOSE = np.uint8(ord("<")), np.uint8(ord(">"))

_LOW_SEVEN = np.uint64(0x7F7F7F7F7F7F7F7F)
_HIGH_BITS = np.uint64(0x8080808080808080)
_SPACES = np.uint64(0x2020202020202020)
_FROM_TAB = np.uint64(0x7777777777777777)  # a byte of seven bits and this pass 127 from 9 on,
_PAST_RETURN = np.uint64(0x7272727272727272)  # and from 14 on

_FNV_START, _FNV_PRIME = np.uint32(2166136261), np.uint32(16777619)


class Scratch(NamedTuple):
    """Room for one text and for one of its words.

    edges, keys, slots: int64, uint64 and int32, of the text's words: where each starts and stops, so two for a word;
        its hash; its place in the memory of words, or fastText's hash of it. One more word fits than there are.
    spelled, starts, states: uint8, int32 and uint32, of a word in its brackets: the bytes; where each character
        starts and the last one stops; the hash of the run that starts with it.
    found: int32, buckets or rows, for all characters of a word in its brackets at least.
    """

    edges: NDArray[np.int64]
    keys: NDArray[np.uint64]
    slots: NDArray[np.int32]
    spelled: NDArray[np.uint8]
    starts: NDArray[np.int32]
    states: NDArray[np.uint32]
    found: NDArray[np.int32]


@inline
def _is_space(byte: int) -> bool:
    return byte == 32 or byte == 0 or 9 <= byte <= 13


@inline
def _space_marks(chunk: np.uint64) -> np.uint64:
    """The highest bit of each of the eight bytes that is a space, and no other bit."""
    low = chunk & _LOW_SEVEN
    controls = (low + _FROM_TAB) & ~(low + _PAST_RETURN)
    others = ((low ^ _SPACES) + _LOW_SEVEN) & (low + _LOW_SEVEN)  # unset for a space and for NUL
    return (controls | ~others) & ~chunk & _HIGH_BITS


@inline
def _first_marked(marks: np.uint64) -> int:
    """Which of eight bytes is the first with its highest bit set."""
    return int(lowest(marks)) >> 3


@inline
def _word_start(data: NDArray[np.uint8], start: int, stop: int) -> int:
    """Where the next word of data[start:stop] starts, or `stop`."""
    while start < stop and _is_space(int(np.int64(data[np.uint64(start)]))):
        start += 1
    return start


@inline
def _word_stop(data: NDArray[np.uint8], start: int, stop: int) -> int:
    """Where the word that starts at `start` stops."""
    while start + 8 <= stop:
        marks = _space_marks(whole_chunk(data, start))
        if marks != 0:
            return start + _first_marked(marks)
        start += 8
    if start == stop:
        return stop
    return start + _first_marked(_space_marks(last_chunk(data, start, stop)))  # the zeros above are spaces


@inline
def find_words(data: NDArray[np.uint8], start: int, stop: int, scratch: Scratch) -> int:
    """Write the edges and keys of the words of data[start:stop], and count them. `</s>` ends them."""
    words = 0
    i = _word_start(data, start, stop)
    while i < stop:
        end = _word_stop(data, i, stop)
        if end - i == len(END) and last_chunk(data, i, end) == _END_CHUNK:
            break
        scratch.edges[2 * words], scratch.edges[2 * words + 1] = i, end
        scratch.keys[words] = hash_bytes(data, i, end)
        words += 1
        i = _word_start(data, end, stop)
    return words


@inline
def is_label(data: NDArray[np.uint8], start: int, stop: int, entry: int, words: int) -> bool:
    """Whether this word of the text is a label, which is no input."""
    if entry >= 0:
        return entry >= words
    same = stop - start >= len(_LABEL_BYTES)
    for k in range(min(len(_LABEL_BYTES), stop - start)):
        same &= data[start + k] == _LABEL_BYTES[k]
    return same


@inline
def _fnv(state: np.uint32, byte: np.uint8) -> np.uint32:
    return np.uint32((state ^ np.uint32(np.int32(np.int8(byte)))) * _FNV_PRIME)


@inline
def fnv_hash(data: NDArray[np.uint8], start: int, stop: int) -> np.uint32:
    """fastText's own hash of data[start:stop]."""
    state = _FNV_START
    for i in range(start, stop):
        state = _fnv(state, data[i])
    return state


@inline
def _spell(
    data: NDArray[np.uint8], start: int, stop: int, spelled: NDArray[np.uint8], starts: NDArray[np.int32]
) -> int:
    """Write `<word>`, and where each of its characters starts and the last one stops, and count them."""
    size = stop - start + 2
    spelled[0], spelled[size - 1] = _OPEN, _CLOSE
    for i in range(1, size - 1):
        spelled[i] = data[start + i - 1]
    characters = 0
    for i in range(size):
        starts[np.uint64(characters)] = i
        characters += spelled[i] & 0xC0 != 0x80
    starts[characters] = size
    return characters


@inline
def add_rows(
    matrix: NDArray[np.float32], rows: NDArray[np.int32], start: int, stop: int, sums: NDArray[np.float32]
) -> None:
    """Add the rows of `matrix` that rows[start:stop] names to `sums`."""
    for k in range(start, stop):
        row = matrix[rows[k]]  # a name for the row, and the length of `sums`: else numba takes no vectors
        for d in range(len(sums)):
            sums[d] += row[d]


@inline
def _lengthen(scratch: Scratch, characters: int, n: int) -> None:
    """Turn the hashes of all runs of n - 1 characters into those of n."""
    spelled, starts, states = scratch.spelled, scratch.starts, scratch.states
    if starts[characters] == characters:  # one byte each: many at a time
        for first in range(characters - n + 1):
            states[first] = _fnv(states[first], spelled[first + n - 1])
        return
    for first in range(characters - n + 1):
        state = states[first]
        for i in range(starts[first + n - 1], starts[first + n]):
            state = _fnv(state, spelled[np.uint64(i)])
        states[first] = state


@inline
def _find_buckets(dictionary: Dictionary, scratch: Scratch, characters: int, n: int, count: int) -> int:
    """Write the buckets that have a row of all runs of n characters, from found[count] on.

    Nothing branches on which have one: that cannot be predicted.
    """
    brackets = int(n == 1)  # alone they are no subwords
    for first in range(brackets, characters - n + 1 - brackets):
        bucket = scratch.states[first] % np.uint32(dictionary.buckets)
        scratch.found[count] = bucket
        count += has_row(dictionary, np.uint64(bucket))
    return count


@inline
def _add_buckets(
    dictionary: Dictionary,
    matrix: NDArray[np.float32],
    found: NDArray[np.int32],
    count: int,
    sums: NDArray[np.float32],
) -> None:
    """Add the rows of these buckets. Leaves the rows in their place."""
    for k in range(count):
        found[k] = ngram_row(dictionary, np.uint64(found[k]))
    add_rows(matrix, found, 0, count, sums)


@inline
def sum_word(
    data: NDArray[np.uint8],
    start: int,
    stop: int,
    key: np.uint64,
    dictionary: Dictionary,
    matrix: NDArray[np.float32],
    scratch: Scratch,
    sums: NDArray[np.float32],
) -> int:
    """Write the sum of a word's rows, always in the same order, and count them. `key` is the word's hash."""
    sums[:] = 0
    entry = find_entry(dictionary, key)
    if is_label(data, start, stop, entry, dictionary.words):
        return 0
    scratch.found[0] = entry
    rows = int(entry >= 0)
    add_rows(matrix, scratch.found, 0, rows, sums)
    characters = _spell(data, start, stop, scratch.spelled, scratch.starts)
    scratch.states[:characters] = _FNV_START
    count = 0
    for n in range(1, min(dictionary.maxn, characters) + 1):
        _lengthen(scratch, characters, n)
        if n < dictionary.minn:
            continue
        if count + characters > len(scratch.found):
            _add_buckets(dictionary, matrix, scratch.found, count, sums)
            rows, count = rows + count, 0
        count = _find_buckets(dictionary, scratch, characters, n, count)
    _add_buckets(dictionary, matrix, scratch.found, count, sums)
    return rows + count
