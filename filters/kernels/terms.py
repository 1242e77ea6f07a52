"""Which terms of a few short lists stand in a text: one bit for each list, fast enough to be always on.

A term is words of ASCII letters with spaces, hyphens or apostrophes between them. It stands where its characters do,
the case of A to Z aside, with a word boundary of `filters.kernels.phrases` before and behind; a space in it stands for
any run of whitespace, and an apostrophe for the typographic one too. Terms may overlap: each is found.

Nearly every word of a text begins no term. So the first letters of each word, up to eight, are looked up in a hash
table as one number, and only where they stand is the text looked at more closely.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.kernels.blocks import NONE, ONE, SIZE, between, lowest, without_lowest
from filters.kernels.buffers import text_buffers
from filters.kernels.chunks import first_chunk
from filters.kernels.jit import inline, kernel
from filters.kernels.phrases import SPACED, characters
from filters.kernels.unicode import SPACE, character, decode

_TERM = re.compile(r"[a-z]+([ '-][a-z]+)*")
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_ROOM = 4  # slots for each first word: few words then meet another's slot
_KEY = 8  # letters

_EACH = np.uint64(0x0101010101010101)
_CASE, _LOW, _HIGH = (_EACH * np.uint64(byte) for byte in (0x20, 0x7F, 0x80))
_FROM_A, _PAST_Z = (_EACH * np.uint64(0x80 - byte) for byte in (0x61, 0x7B))
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_BLANK, _APOSTROPHE = 0x20, 0x27


@dataclass(frozen=True)
class Terms:
    """Lists of terms, compiled.

    A slot of the hash table is a first word: `keys` (uint64) its first eight letters, 0 where there is none; `alone`
    (uint64) the bits of the term that is this word and no more; `begins` (int32, one more than there are slots) where its
    longer terms are in `ends` (int64, ends of the spelled terms in `spelled`, uint8) and `bits` (uint64). `kinds` is
    that of `phrases.characters`.
    """

    keys: NDArray[np.uint64]
    alone: NDArray[np.uint64]
    begins: NDArray[np.int32]
    ends: NDArray[np.int64]
    bits: NDArray[np.uint64]
    spelled: NDArray[np.uint8]
    kinds: NDArray[np.uint8]

    def find(self, texts: pa.LargeStringArray) -> NDArray[np.uint64]:
        """The bits of all terms in each text, uint64 (texts,)."""
        return _find(
            *text_buffers(texts),
            self.keys,
            self.alone,
            self.begins,
            self.ends,
            self.bits,
            self.spelled,
            self.kinds,
        )


def compile_terms(terms: Mapping[str, int]) -> Terms:
    """
    Args:
        terms: the bits of each term, in lower case.

    Raises:
        ValueError: a term that is not words of the letters a to z with a space, hyphen or apostrophe between them.
    """
    of_key: dict[int, list[str]] = {}
    for term in sorted(terms):
        match = re.match("[a-z]+", term)
        if match is None or not _TERM.fullmatch(term):
            raise ValueError(
                f"{term!r} is not a term: lower-case letters, with a space, - or ' between words"
            )
        of_key.setdefault(_key(match[0]), []).append(term)
    slots = 1 << max(4, (_ROOM * len(of_key) - 1).bit_length())
    keys, alone = np.zeros((2, slots), np.uint64)
    for key in of_key:
        slot = _slot(np.uint64(key), slots)
        while keys[slot]:
            slot = (slot + 1) & (slots - 1)
        keys[slot] = key
    longer: list[str] = []
    begins = np.zeros(slots + 1, np.int32)
    for slot in range(slots):
        for term in of_key.get(int(keys[slot]), []):
            if _is_key(term):
                alone[slot] = terms[term]
            else:
                longer.append(term)
        begins[slot + 1] = len(longer)
    ends = np.cumsum([0, *map(len, longer)])
    bits = np.array([terms[term] for term in longer], np.uint64)
    spelled = np.frombuffer("".join(longer).encode(), np.uint8)
    return Terms(keys, alone, begins, ends, bits, spelled, characters()[0])


def _is_key(term: str) -> bool:
    """Whether the term is one word of no more letters than a key has."""
    return term.isalpha() and len(term) <= _KEY


def _key(word: str) -> int:
    return int.from_bytes(word[:_KEY].encode(), "little")


def _slot(key: np.uint64, slots: int) -> int:
    return int(key) * int(_SPREAD) % 2**64 >> 64 - (slots - 1).bit_length()


@inline
def _letters(data: NDArray[np.uint8], i: int, stop: int) -> np.uint64:
    """The ASCII letters of the block at i."""
    return between(data, i, stop, 0x41, 0x5A) | between(data, i, stop, 0x61, 0x7A)


@inline
def _leading_letters(chunk: np.uint64) -> tuple[np.uint64, int]:
    """The ASCII letters that a chunk begins with, in lower case and zeros above, and how many they are.

    All eight bytes at once: adding what is missing from 'a' to 0x80 sets the highest bit of a byte that is 'a' or more.
    """
    folded = chunk | _CASE
    low = folded & _LOW
    letters = (low + _FROM_A) & ~(low + _PAST_Z) & ~folded & _HIGH
    others = ~letters & _HIGH
    if others == NONE:
        return folded, 8
    count = int(lowest(others)) >> 3
    return folded & ~(_ALL << np.uint64(8 * count)), count


@inline
def _find_slot(keys: NDArray[np.uint64], key: np.uint64, shift: np.uint64) -> int:
    """The slot of a first word, or -1."""
    mask = np.uint64(len(keys) - 1)
    slot = (key * _SPREAD) >> shift
    while keys[slot] != key:
        if keys[slot] == NONE:
            return -1
        slot = (slot + ONE) & mask
    return int(np.int64(slot))


@inline
def _begins_word(data: NDArray[np.uint8], i: int, start: int, kinds: NDArray[np.uint8]) -> bool:
    """Whether there is a boundary before the letter at i, in a text that begins at `start`."""
    if i == start:
        return True
    i -= 1
    while i > start and data[i] & 0xC0 == 0x80:
        i -= 1
    point, _ = decode(data, i)
    return bool(kinds[point] != SPACED)


@inline
def _ends_word(data: NDArray[np.uint8], i: int, stop: int, kinds: NDArray[np.uint8]) -> bool:
    """Whether there is a boundary between a letter and what stands at i."""
    if i >= stop:
        return True
    point, _ = decode(data, i)
    return bool(kinds[point] != SPACED)


@inline
def _behind(
    data: NDArray[np.uint8], i: int, stop: int, spelled: NDArray[np.uint8], first: int, last: int
) -> int:
    """The byte behind the term spelled[first:last] where that stands at i, else -1."""
    for k in range(first, last):
        if i >= stop:
            return -1
        wanted, byte = spelled[k], data[i]
        if wanted == _BLANK:
            begin = i
            while i < stop:
                bits, width = character(data, i, stop)
                if not bits & SPACE:
                    break
                i += width
            if i == begin:
                return -1
        elif wanted == _APOSTROPHE and byte == 0xE2:
            if i + 3 > stop or data[i + 1] != 0x80 or data[i + 2] != 0x99:
                return -1
            i += 3
        else:
            if 0x41 <= byte <= 0x5A:
                byte |= 0x20
            if byte != wanted:
                return -1
            i += 1
    return i


@kernel
def _find(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    keys: NDArray[np.uint64],
    alone: NDArray[np.uint64],
    begins: NDArray[np.int32],
    ends: NDArray[np.int64],
    bits: NDArray[np.uint64],
    spelled: NDArray[np.uint8],
    kinds: NDArray[np.uint8],
) -> NDArray[np.uint64]:
    shift = np.uint64(64 - lowest(np.uint64(len(keys))))
    result = np.zeros(len(offsets) - 1, np.uint64)
    for text in range(len(result)):
        start, stop = offsets[text], offsets[text + 1]
        found = NONE
        inside = NONE  # whether the byte before the block is a letter
        for i in range(start, stop, SIZE):
            letters = _letters(data, i, stop)
            words = letters & ~(letters << ONE | inside)
            inside = letters >> np.uint64(SIZE - 1)
            while words != NONE:
                at = i + lowest(words)
                words = without_lowest(words)
                key, count = _leading_letters(first_chunk(data, at, stop))
                slot = _find_slot(keys, key, shift)
                if slot < 0:
                    continue
                new = alone[slot] & ~found
                if (
                    new != NONE
                    and _ends_word(data, at + count, stop, kinds)
                    and _begins_word(data, at, start, kinds)
                ):
                    found |= new
                for term in range(begins[slot], begins[slot + 1]):
                    if bits[term] & ~found == NONE:
                        continue
                    behind = _behind(data, at, stop, spelled, ends[term], ends[term + 1])
                    if (
                        behind >= 0
                        and _ends_word(data, behind, stop, kinds)
                        and _begins_word(data, at, start, kinds)
                    ):
                        found |= bits[term]
        result[text] = found
    return result
