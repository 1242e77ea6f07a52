"""MinHash signatures of texts, value for value those of `datasketch.MinHash` (2.0, its default scheme
`affine32`).

Four steps, each a kernel over a whole batch: `fold` normalises the texts, `hash_shingles` hashes their
shingles, `signatures` takes the minimum of each permutation, `band_keys` turns a signature into the keys that
candidates share.

Sources: Broder, "On the resemblance and containment of documents" (1997), for the estimate; Leskovec,
Rajaraman, Ullman, "Mining of Massive Datasets", section 3.4, for the bands; the XXH32 specification of the
xxHash project.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.kernels.jit import inline, kernel

# What the folding table says about a code point, beside the code point that it becomes.
SPACE = 0x110000  # it separates words
DROP = 0x110001  # it goes without a trace
ALONE = 1 << 24  # a flag: it is a word of its own

_BLANK = 0x20
_HASHES_AT_A_TIME = 1024


@inline
def _decode(data: NDArray[np.uint8], at: int) -> tuple[np.int64, int]:
    """The code point at this byte of valid UTF-8, and how many bytes it takes."""
    first = np.int64(data[at])
    if first < 0x80:
        return first, 1
    if first < 0xE0:
        return (first & 0x1F) << 6 | (np.int64(data[at + 1]) & 0x3F), 2
    if first < 0xF0:
        return (first & 0x0F) << 12 | (np.int64(data[at + 1]) & 0x3F) << 6 | (
            np.int64(data[at + 2]) & 0x3F
        ), 3
    high = (first & 0x07) << 18 | (np.int64(data[at + 1]) & 0x3F) << 12
    return high | (np.int64(data[at + 2]) & 0x3F) << 6 | (np.int64(data[at + 3]) & 0x3F), 4


@inline
def _encode(code: np.int64, out: NDArray[np.uint8], at: int) -> int:
    """Write a code point as UTF-8; gives the place behind it."""
    if code < 0x80:
        out[at] = code
        return at + 1
    if code < 0x800:
        out[at] = 0xC0 | code >> 6
        out[at + 1] = 0x80 | code & 0x3F
        return at + 2
    if code < 0x10000:
        out[at] = 0xE0 | code >> 12
        out[at + 1] = 0x80 | code >> 6 & 0x3F
        out[at + 2] = 0x80 | code & 0x3F
        return at + 3
    out[at] = 0xF0 | code >> 18
    out[at + 1] = 0x80 | code >> 12 & 0x3F
    out[at + 2] = 0x80 | code >> 6 & 0x3F
    out[at + 3] = 0x80 | code & 0x3F
    return at + 4


@kernel
def fold(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], table: NDArray[np.uint32]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The words of each text as the table folds them, joined by single blanks.

    `table` (uint32, one entry per code point) gives what a code point becomes: a code point, which carries
    the flag ALONE if it is a word of its own, or SPACE or DROP. Gives UTF-8 bytes and offsets (int64, one
    more than texts).
    """
    # A code point grows by one byte at most: lower case may be longer by one, and one that stands alone
    # (three or four bytes) by its blank. ASCII never grows, so twice the input is enough.
    out = np.empty(2 * (offsets[-1] - offsets[0]) + 8, np.uint8)
    ends = np.zeros(len(offsets), np.int64)
    end = 0
    for text in range(len(offsets) - 1):
        begin = end
        at = offsets[text]
        apart = False  # a separator was read since the last code point that was written
        while at < offsets[text + 1]:
            code, width = _decode(data, at)
            at += width
            folded = np.int64(table[code])
            if folded == DROP:
                continue
            if folded == SPACE:
                apart = True
                continue
            alone = folded & ALONE != 0
            if (apart or alone) and end > begin:
                out[end] = _BLANK
                end += 1
            end = _encode(folded & 0x1FFFFF, out, end)
            apart = alone
        ends[text + 1] = end
    return out[:end].copy(), ends


@inline
def _rotate(value: np.uint32, bits: int) -> np.uint32:
    return np.uint32(np.uint32(value << bits) | (value >> (32 - bits)))


@inline
def _word(data: NDArray[np.uint8], at: int) -> np.uint32:
    """Four bytes, little-endian."""
    low = np.uint32(data[at]) | np.uint32(data[at + 1]) << 8
    return np.uint32(low | np.uint32(data[at + 2]) << 16 | np.uint32(data[at + 3]) << 24)


_PRIME_1 = np.uint32(0x9E3779B1)
_PRIME_2 = np.uint32(0x85EBCA77)
_PRIME_3 = np.uint32(0xC2B2AE3D)
_PRIME_4 = np.uint32(0x27D4EB2F)
_PRIME_5 = np.uint32(0x165667B1)


@inline
def _lane(state: np.uint32, word: np.uint32) -> np.uint32:
    return np.uint32(_rotate(np.uint32(state + word * _PRIME_2), 13) * _PRIME_1)


@inline
def _xxh32(data: NDArray[np.uint8], begin: int, end: int) -> np.uint32:
    """XXH32, seed 0, of these bytes: `xxhash.xxh32_intdigest`."""
    at = begin
    if end - begin >= 16:
        one = np.uint32(_PRIME_1 + _PRIME_2)
        two = _PRIME_2
        three = np.uint32(0)
        four = np.uint32(0 - np.int64(_PRIME_1))
        while at <= end - 16:
            one = _lane(one, _word(data, at))
            two = _lane(two, _word(data, at + 4))
            three = _lane(three, _word(data, at + 8))
            four = _lane(four, _word(data, at + 12))
            at += 16
        value = np.uint32(_rotate(one, 1) + _rotate(two, 7) + _rotate(three, 12) + _rotate(four, 18))
    else:
        value = _PRIME_5
    value = np.uint32(value + end - begin)
    while at <= end - 4:
        value = np.uint32(_rotate(np.uint32(value + _word(data, at) * _PRIME_3), 17) * _PRIME_4)
        at += 4
    while at < end:
        value = np.uint32(_rotate(np.uint32(value + np.uint32(data[at]) * _PRIME_5), 11) * _PRIME_1)
        at += 1
    value = np.uint32((value ^ value >> 15) * _PRIME_2)
    value = np.uint32((value ^ value >> 13) * _PRIME_3)
    return np.uint32(value ^ value >> 16)


@inline
def _next_token(data: NDArray[np.uint8], at: int, end: int, characters: bool) -> int:
    """Where the token that begins at `at` ends: before the next blank, or behind one code point."""
    at += 1
    if characters:
        while at < end and data[at] & 0xC0 == 0x80:
            at += 1
    else:
        while at < end and data[at] != _BLANK:
            at += 1
    return at


@kernel
def hash_shingles(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], size: int, characters: bool
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The XXH32 of every shingle of folded texts: `size` words with the blanks between them, or `size` code
    points.

    A text with fewer tokens is its own single shingle, a text without any has none. Gives hashes (uint32, in
    the order of the text, repeats included) and offsets (int64, one more than texts).
    """
    hashes = np.empty(offsets[-1] - offsets[0], np.uint32)
    ends = np.zeros(len(offsets), np.int64)
    starts = np.empty(size, np.int64)  # of the last `size` tokens, in turn
    gap = 0 if characters else 1
    found = 0
    for text in range(len(offsets) - 1):
        begin, end = offsets[text], offsets[text + 1]
        token = 0
        at = begin
        while at < end:
            starts[token % size] = at
            stop = _next_token(data, at, end, characters)
            token += 1
            if token >= size:
                hashes[found] = _xxh32(data, starts[token % size], stop)
                found += 1
            at = stop + gap
        if 0 < token < size:
            hashes[found] = _xxh32(data, begin, end)
            found += 1
        ends[text + 1] = found
    return hashes[:found].copy(), ends


def permutations(count: int, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The factors (odd) and terms of `count` permutations h -> factor * h + term mod 2^32, as datasketch
    draws them from this seed (both uint32)."""
    generator = np.random.RandomState(seed)
    factors = generator.randint(0, 1 << 31, count, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    terms = generator.randint(0, 1 << 32, count, dtype=np.uint32)
    return factors, terms


@kernel
def signatures(
    hashes: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    factors: NDArray[np.uint32],
    terms: NDArray[np.uint32],
) -> NDArray[np.uint32]:
    """The smallest value of each permutation over a text's shingle hashes: uint32[texts, permutations].

    Hashes first go through the MurmurHash3 finalizer, as datasketch does it. A text without shingles has 2^32
    - 1 everywhere.
    """
    texts = len(offsets) - 1
    out = np.full((texts, len(factors)), np.uint32(0xFFFFFFFF), np.uint32)
    mixed = np.empty(_HASHES_AT_A_TIME, np.uint32)
    for text in range(texts):
        begin = offsets[text]
        while begin < offsets[text + 1]:
            count = min(offsets[text + 1] - begin, _HASHES_AT_A_TIME)
            for i in range(count):
                value = hashes[begin + i]
                value = np.uint32((value ^ value >> 16) * np.uint32(0x85EBCA6B))
                value = np.uint32((value ^ value >> 13) * np.uint32(0xC2B2AE35))
                mixed[i] = value ^ value >> 16
            for which in range(len(factors)):
                factor, term, smallest = factors[which], terms[which], out[text, which]
                for i in range(count):
                    smallest = min(smallest, np.uint32(factor * mixed[i] + term))
                out[text, which] = smallest
            begin += count
    return out


@inline
def _mix(value: np.uint64) -> np.uint64:
    """The finalizer of SplitMix64: a bijection in which every bit matters to every other."""
    value = (value ^ value >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ value >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return value ^ value >> np.uint64(31)


@kernel
def band_keys(signature: NDArray[np.uint32], bands: int, rows: int) -> NDArray[np.uint64]:
    """One key for each band of `rows` values, and a last one for the whole signature: uint64[texts, bands +
    1].

    The number of the band is hashed too, so that a key of one band is never met by a key of another.
    """
    texts, width = signature.shape
    out = np.empty((texts, bands + 1), np.uint64)
    for text in range(texts):
        for band in range(bands + 1):
            key = _mix(np.uint64(band + 1))
            begin, end = (0, width) if band == bands else (band * rows, band * rows + rows)
            for i in range(begin, end):
                key = _mix(key + np.uint64(signature[text, i]) + np.uint64(0x9E3779B97F4A7C15))
            out[text, band] = key
    return out


@kernel
def agreements(
    left: NDArray[np.uint32],
    right: NDArray[np.uint32],
    left_rows: NDArray[np.int64],
    right_rows: NDArray[np.int64],
) -> NDArray[np.int64]:
    """In how many places the signatures `left[left_rows[i]]` and `right[right_rows[i]]` are equal, for each
    i.

    Divided by the length of a signature it is the estimate of the Jaccard similarity.
    """
    out = np.empty(len(left_rows), np.int64)
    for pair in range(len(left_rows)):
        one, other = left[left_rows[pair]], right[right_rows[pair]]
        equal = 0
        for i in range(one.shape[0]):
            equal += one[i] == other[i]
        out[pair] = equal
    return out
