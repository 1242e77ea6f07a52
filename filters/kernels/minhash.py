"""MinHash signatures of texts, value for value those of `datasketch.MinHash` (2.0, its default scheme
`affine32`).

Four steps, each a kernel over a whole batch: `fold` normalises the texts, `hash_shingles` hashes their
shingles, `signatures` takes the minimum of each permutation, `band_keys` turns a signature into the keys that
candidates share.

Sources: Broder, "On the resemblance and containment of documents" (1997), for the estimate; Leskovec,
Rajaraman, Ullman, "Mining of Massive Datasets", section 3.4, for the bands.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.kernels import xxh32
from filters.kernels.jit import inline, kernel
from filters.kernels.unicode import decode
from filters.kernels.words import longest

# What the folding table says about a code point, beside the code point that it becomes.
SPACE = 0x110000  # it separates words
DROP = 0x110001  # it goes without a trace
ALONE = 1 << 24  # a flag: it is a word of its own

_BLANK = np.uint8(0x20)
_RARE = np.uint8(0xFF)  # no byte of UTF-8
_TEXTS_AT_A_TIME = 16


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


@inline
def _write_blank(out: NDArray[np.uint8], end: int, before: np.uint8) -> int:
    """Write a blank, which counts unless a blank was written before; gives the place behind it."""
    out[np.uint64(end)] = _BLANK
    return end + 1 if before != _BLANK else end


@inline
def _fold_ascii(table: NDArray[np.uint32], folded: NDArray[np.uint8]) -> None:
    """What each of the 256 bytes becomes if it is ASCII and becomes ASCII, and else _RARE."""
    for code in range(256):
        becomes = table[code]
        plain = code < 0x80 and (becomes < 0x80 or becomes == SPACE)
        folded[code] = _RARE if not plain else _BLANK if becomes == SPACE else becomes


@kernel
def fold(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], table: NDArray[np.uint32]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The words of each text as the table folds them, joined by single blanks.

    `table` (uint32, one entry per code point) gives what a code point becomes: a code point other than a
    blank, which carries the flag ALONE if it is a word of its own, or SPACE or DROP. Gives UTF-8 bytes and
    offsets (int64, one more than texts).
    """
    # A code point grows by two bytes at most: lower case may be longer by one, and one that stands alone
    # (three or four bytes) by its two blanks. ASCII never grows, so twice the input is enough.
    out = np.empty(2 * (offsets[-1] - offsets[0]) + 8, np.uint8)
    ends = np.zeros(len(offsets), np.int64)
    ascii = np.empty(256, np.uint8)
    _fold_ascii(table, ascii)
    end = 0
    for text in range(len(offsets) - 1):
        begin, at, stop = end, offsets[text], offsets[text + 1]
        before = _BLANK  # whether a blank was written last: the next one takes its place
        while at < stop:
            byte = ascii[data[np.uint64(at)]]
            if byte != _RARE:  # nothing here branches on where words end: that cannot be predicted
                out[np.uint64(end)] = byte
                end += (byte != _BLANK) | (before != _BLANK)
                before = byte
                at += 1
                continue
            code, width = decode(data, at)
            at += width
            folded = np.int64(table[code])
            if folded == DROP:
                continue
            if folded == SPACE or folded & ALONE:
                end = _write_blank(out, end, before)
                before = _BLANK
            if folded != SPACE:
                end = _encode(folded & 0x1FFFFF, out, end)
                before = _RARE
            if folded & ALONE:
                end = _write_blank(out, end, before)
                before = _BLANK
        end -= end > begin and before == _BLANK
        ends[text + 1] = end
    return out[:end], ends


@inline
def _find_tokens(
    data: NDArray[np.uint8], begin: int, end: int, characters: bool, starts: NDArray[np.int64]
) -> int:
    """Write where each token of data[begin:end] starts, and behind the last where one more would; count them.

    `starts` has room for end - begin + 2. As in `words.find_words`, nothing branches on where tokens end.
    """
    starts[0] = begin
    tokens = np.uint64(begin < end)
    for i in range(begin + 1, end):
        byte = data[np.uint64(i)]
        starts[tokens] = i if characters else i + 1
        tokens += np.uint64(byte & 0xC0 != 0x80 if characters else byte == _BLANK)
    starts[tokens] = end if characters else end + 1
    return int(np.int64(tokens))


@kernel
def hash_shingles(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], size: int, characters: bool
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The XXH32 of every shingle of folded texts: `size` words with the blanks between them, or `size` code
    points.

    A text with fewer tokens is its own single shingle, a text without any has none. Gives hashes (uint32, in
    the order of the text, repeats included) and offsets (int64, one more than texts).
    """
    hashes = np.empty(offsets[-1] - offsets[0] + xxh32.AT_A_TIME, np.uint32)
    parts = np.zeros((xxh32.PARTS, xxh32.AT_A_TIME), np.uint32)
    ends = np.zeros(len(offsets), np.int64)
    starts = np.empty(longest(offsets) + 2, np.int64)
    gap = 0 if characters else 1
    found = 0
    for text in range(len(offsets) - 1):
        tokens = _find_tokens(data, offsets[text], offsets[text + 1], characters, starts)
        width = min(size, tokens)
        for token in range(tokens - width + 1 if tokens else 0):
            xxh32.read(data, starts[token], starts[token + width] - gap, parts, found % xxh32.AT_A_TIME)
            found += 1
            if found % xxh32.AT_A_TIME == 0:
                xxh32.finish(parts, hashes, found - xxh32.AT_A_TIME)
        ends[text + 1] = found
    xxh32.finish(parts, hashes, found - found % xxh32.AT_A_TIME)
    return hashes[:found], ends


def permutations(count: int, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The factors (odd) and terms of `count` permutations h -> factor * h + term mod 2^32, as datasketch
    draws them from this seed (both uint32)."""
    generator = np.random.RandomState(seed)
    factors = generator.randint(0, 1 << 31, count, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    terms = generator.randint(0, 1 << 32, count, dtype=np.uint32)
    return factors, terms


@inline
def _finalize(value: np.uint32) -> np.uint32:
    """The finalizer of MurmurHash3."""
    value = np.uint32((value ^ value >> 16) * np.uint32(0x85EBCA6B))
    value = np.uint32((value ^ value >> 13) * np.uint32(0xC2B2AE35))
    return np.uint32(value ^ value >> 16)


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
    for text in range(texts):
        last = offsets[text + 1] - 1
        # Four hashes at a time against all permutations: the inner loop is vector instructions, and few of
        # them load or store. Where fewer than four are left, the last one counts again, which changes nothing.
        for at in range(offsets[text], last + 1, 4):
            one = _finalize(hashes[at])
            two = _finalize(hashes[min(at + 1, last)])
            three = _finalize(hashes[min(at + 2, last)])
            four = _finalize(hashes[min(at + 3, last)])
            for which in range(len(factors)):
                factor, term = factors[which], terms[which]
                left = min(np.uint32(factor * one + term), np.uint32(factor * two + term))
                right = min(np.uint32(factor * three + term), np.uint32(factor * four + term))
                out[text, which] = min(out[text, which], min(left, right))
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
    keys = np.empty(_TEXTS_AT_A_TIME, np.uint64)
    # Each value of a key waits for the one before. Keys of several texts, in turn, do not wait for each other.
    for first in range(0, texts, _TEXTS_AT_A_TIME):
        block = signature[first : first + _TEXTS_AT_A_TIME]
        for band in range(bands + 1):
            keys[:] = _mix(np.uint64(band + 1))
            begin, end = (0, width) if band == bands else (band * rows, band * rows + rows)
            for i in range(begin, end):
                for text in range(len(block)):
                    value = np.uint64(block[text, np.uint64(i)]) + np.uint64(0x9E3779B97F4A7C15)
                    keys[text] = _mix(keys[text] + value)
            out[first : first + len(block), band] = keys[: len(block)]
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
