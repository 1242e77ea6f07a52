"""Finding the entries of a word list in texts: all at once, in any script, whatever the case.

A character is one of three kinds. A *spaced* one is a letter, a number or a mark of a script that puts
spaces between words; an *unspaced* one is of Chinese, Japanese, Thai, Lao, Khmer or Burmese; any other
separates words. There is a word boundary between two characters unless both are spaced, and at both ends of
a text. An entry is found where its characters stand, case folded, with a boundary before and behind; a
space in it stands for any run of whitespace. So an entry in an unspaced script is found anywhere. Where
entries overlap, the first counts, and of those that begin at the same place the longest.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.kernels.buffers import text_buffers
from filters.kernels.jit import inline, kernel
from filters.kernels.words import longest

OTHER, SPACED, UNSPACED = 0, 1, 2

UNSPACED_BLOCKS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # Han radicals
    (0x3005, 0x3007),  # Han iteration mark, closing mark, zero
    (0x3021, 0x3029),  # Han numerals
    (0x3031, 0x303C),  # kana repeat marks, Han numerals
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x31F0, 0x31FF),  # Katakana extensions
    (0x3400, 0x4DBF),  # Han extension A
    (0x4E00, 0x9FFF),  # Han
    (0xA9E0, 0xA9FF),  # Myanmar extended B
    (0xAA60, 0xAA7F),  # Myanmar extended A
    (0xF900, 0xFAFF),  # Han compatibility
    (0xFF66, 0xFF9F),  # half-width Katakana
    (0x1AFF0, 0x1B16F),  # kana supplements
    (0x20000, 0x3FFFF),  # Han on planes 2 and 3
)
_POINTS = 0x110000
_SPACE_SYMBOL = 1
_ROOT = 0
_KIND_BITS = 2
_FIRST = 4  # symbols of an entry that are looked at before all others
_BEGINNINGS = 1 << 14


def kind(character: str) -> int:
    """OTHER, SPACED or UNSPACED."""
    if unicodedata.category(character)[0] not in "LNM":
        return OTHER
    point = ord(character)
    return UNSPACED if any(first <= point <= last for first, last in UNSPACED_BLOCKS) else SPACED


def fold(character: str) -> str:
    """The simple case folding: one character for one, so ß and ﬁ stay as they are."""
    folded = character.casefold()
    return folded if len(folded) == 1 else character.lower() if len(character.lower()) == 1 else character


@cache
def characters() -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """The kind and the folding of every code point."""
    kinds, folded = np.zeros(_POINTS, np.uint8), np.arange(_POINTS, dtype=np.int32)
    for plane in (0, 1, 2, 3, 14):  # the other planes hold no letters
        for point in range(plane << 16, (plane + 1) << 16):
            character = chr(point)
            if unicodedata.category(character)[0] in "LNM":
                kinds[point] = SPACED
                folded[point] = ord(fold(character))
    for first, last in UNSPACED_BLOCKS:
        kinds[first : last + 1] *= UNSPACED
    for point in map(ord, "ⒶⒷⒸⒹⒺⒻⒼⒽⒾⒿⓀⓁⓂⓃⓄⓅⓆⓇⓈⓉⓊⓋⓌⓍⓎⓏ"):  # cased, and symbols
        folded[point] = ord(fold(chr(point)))
    return kinds, folded


@dataclass(frozen=True)
class Phrases:
    """A word list, compiled: a trie over the folded characters that its entries use.

    `page_of` (uint16, 0x1100 of them) and `pages` (int32) give for a code point its symbol << 2 | its kind;
    symbol 0 is a character that no entry uses, 1 is whitespace. An edge of the trie is a slot of the
    open-addressed hash table `edges` (int64, state << 32 | symbol, -1 where empty) with the state it leads
    to in `targets` (int32). `accepts` says which states end an entry. `beginnings` (bool) says of the hash of
    some first symbols whether an entry may begin with them.
    """

    page_of: NDArray[np.uint16]
    pages: NDArray[np.int32]
    edges: NDArray[np.int64]
    targets: NDArray[np.int32]
    accepts: NDArray[np.bool_]
    beginnings: NDArray[np.bool_]

    def count(
        self, texts: pa.LargeStringArray
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Per text: the entries found, the words inside them, the words of the text.

        A word is a run of spaced characters, or one unspaced character.
        """
        data, offsets = text_buffers(texts)
        return _count(
            data,
            offsets,
            self.page_of,
            self.pages,
            self.edges,
            self.targets,
            self.accepts,
            self.beginnings,
        )


def compile_phrases(entries: Iterable[str]) -> Phrases:
    """Empty entries are passed over; order and repeats do not matter."""
    kinds, folded = characters()
    folded_entries = sorted({" ".join("".join(map(fold, entry)).split()) for entry in entries} - {""})
    symbols = {
        character: number for number, character in enumerate(sorted({*"".join(folded_entries)} - {" "}), 2)
    }
    symbols[" "] = _SPACE_SYMBOL
    steps: dict[int, int] = {}
    ends = set()
    for entry in folded_entries:
        state = _ROOT
        for character in entry:
            state = steps.setdefault(state << 32 | symbols[character], len(steps) + 1)
        ends.add(state)
    accepts = np.zeros(len(steps) + 1, np.bool_)
    accepts[list(ends)] = True
    edges, targets = _hashed(steps)
    page_of, pages = _two_stage(_symbol_table(symbols, kinds, folded))
    return Phrases(page_of, pages, edges, targets, accepts, _beginnings(folded_entries, symbols))


def _beginnings(entries: list[str], symbols: dict[str, int]) -> NDArray[np.bool_]:
    """By hash: the first symbols of each entry, or fewer up to its end or its first space, which may be
    several in a text."""
    beginnings = np.zeros(_BEGINNINGS, np.bool_)
    for entry in entries:
        state = _ROOT
        for character in entry[: min(_FIRST, len(entry.split(" ")[0]) + 1)]:
            state = _mixed(state, symbols[character])
        beginnings[state] = True
    return beginnings


def _symbol_table(
    symbols: dict[str, int], kinds: NDArray[np.uint8], folded: NDArray[np.int32]
) -> NDArray[np.int32]:
    """symbol << 2 | kind of every code point."""
    of_folded = np.zeros(_POINTS, np.int32)
    for character, symbol in symbols.items():
        of_folded[ord(character)] = symbol
    table: NDArray[np.int32] = of_folded[folded] << _KIND_BITS | kinds
    for point in range(0x3001):  # U+3000 is the last whitespace character
        if chr(point).isspace():
            table[point] = _SPACE_SYMBOL << _KIND_BITS
    return table


def _two_stage(table: NDArray[np.int32]) -> tuple[NDArray[np.uint16], NDArray[np.int32]]:
    """Pages of 256 code points, each kept once."""
    numbers: dict[bytes, int] = {}
    page_of = [numbers.setdefault(page.tobytes(), len(numbers)) for page in table.reshape(-1, 256)]
    return np.array(page_of, np.uint16), np.frombuffer(b"".join(numbers), np.int32)


def _hashed(steps: dict[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    size = 1 << max(4, (2 * len(steps)).bit_length())
    edges, targets = np.full(size, -1, np.int64), np.zeros(size, np.int32)
    for edge, target in steps.items():
        slot = _slot(edge, size - 1)
        while edges[slot] >= 0:
            slot = (slot + 1) & (size - 1)
        edges[slot], targets[slot] = edge, target
    return edges, targets


@inline
def _slot(edge: int, mask: int) -> int:
    return int(((edge >> 32) * 0x9E3779B1 + (edge & 0xFFFFFFFF) * 0x85EBCA6B) >> 7 & mask)


@inline
def _mixed(state: int, symbol: int) -> int:
    """The hash, below _BEGINNINGS, of symbols, from that of all but the last."""
    return (state * 31 + symbol * 0x9E37) & (_BEGINNINGS - 1)


@inline
def _may_begin(
    data: NDArray[np.uint8], i: int, stop: int, ascii: NDArray[np.int32], beginnings: NDArray[np.bool_]
) -> bool:
    """Whether an entry may begin at `i`: always where one of the first characters is not ASCII."""
    if i + _FIRST > stop:
        return True
    state, may = _ROOT, False
    for k in range(_FIRST):
        byte = int(data[np.uint64(i + k)])
        state = _mixed(state, ascii[byte & 0x7F] >> _KIND_BITS)
        may = may | (byte >= 0x80) | beginnings[state]
    return may


@inline
def _step(edges: NDArray[np.int64], targets: NDArray[np.int32], state: int, symbol: int) -> int:
    """The state after this symbol, or -1."""
    edge = state << 32 | symbol
    mask = len(edges) - 1
    slot = _slot(edge, mask)
    while edges[slot] != edge:
        if edges[slot] < 0:
            return -1
        slot = (slot + 1) & mask
    return int(targets[slot])


@inline
def _read(
    data: NDArray[np.uint8], i: int, stop: int, page_of: NDArray[np.uint16], pages: NDArray[np.int32]
) -> tuple[int, int]:
    """symbol << 2 | kind of the character at byte i, and the byte behind it."""
    lead = int(data[i])
    if lead < 0x80:
        return int(pages[(int(page_of[0]) << 8) + lead]), i + 1
    width = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    point = lead & (0x7F >> width)
    for k in range(i + 1, min(i + width, stop)):
        point = point << 6 | int(data[k]) & 0x3F
    return int(pages[(int(page_of[point >> 8]) << 8) + (point & 0xFF)]), min(i + width, stop)


@inline
def _longest(
    data: NDArray[np.uint8],
    start: int,
    stop: int,
    page_of: NDArray[np.uint16],
    pages: NDArray[np.int32],
    edges: NDArray[np.int64],
    targets: NDArray[np.int32],
    accepts: NDArray[np.bool_],
) -> int:
    """The byte behind the longest entry that begins at `start` and ends at a boundary, else `start`."""
    end = start
    state, i, symbol = _ROOT, start, 0
    while i < stop:
        before = symbol
        value, behind = _read(data, i, stop, page_of, pages)
        symbol = value >> _KIND_BITS
        if not (symbol == _SPACE_SYMBOL and before == _SPACE_SYMBOL):
            state = _step(edges, targets, state, symbol) if symbol else -1
            if state < 0:
                break
        i = behind
        if accepts[state]:
            spaced = value & 3 == SPACED and i < stop
            if not spaced or _read(data, i, stop, page_of, pages)[0] & 3 != SPACED:
                end = i
    return end


@inline
def _count_words(
    data: NDArray[np.uint8], start: int, stop: int, page_of: NDArray[np.uint16], pages: NDArray[np.int32]
) -> int:
    """The words of data[start:stop], before which there is a boundary."""
    words = 0
    before = OTHER
    i = start
    while i < stop:
        value, i = _read(data, i, stop, page_of, pages)
        now = value & 3
        words += (now == UNSPACED) | ((now == SPACED) & (before != SPACED))
        before = now
    return words


@inline
def _find_boundaries(
    data: NDArray[np.uint8],
    start: int,
    stop: int,
    page_of: NDArray[np.uint16],
    pages: NDArray[np.int32],
    places: NDArray[np.int64],
) -> tuple[int, int]:
    """Write the characters of data[start:stop] that have a boundary before them and may be in an entry; gives
    how many they are, and the words.

    Nothing branches on where words begin: that cannot be predicted, and would take most of the time.
    """
    found = words = 0
    before = OTHER
    i = start
    while i < stop:
        value, behind = _read(data, i, stop, page_of, pages)
        now = value & 3
        boundary = (before != SPACED) | (now != SPACED)
        places[found] = i
        found += boundary & (value >> _KIND_BITS > _SPACE_SYMBOL)  # no entry begins with a space
        words += boundary & (now != OTHER)
        before = now
        i = behind
    return found, words


@kernel
def _count(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    page_of: NDArray[np.uint16],
    pages: NDArray[np.int32],
    edges: NDArray[np.int64],
    targets: NDArray[np.int32],
    accepts: NDArray[np.bool_],
    beginnings: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    ascii = pages[int(page_of[0]) << 8 :]
    count = len(offsets) - 1
    found, inside, words = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64)
    places = np.empty(longest(offsets) + 1, np.int64)
    for text in range(count):
        stop = offsets[text + 1]
        boundaries, words[text] = _find_boundaries(data, offsets[text], stop, page_of, pages, places)
        likely = 0
        for k in range(boundaries):
            place = places[k]
            places[likely] = place
            likely += _may_begin(data, place, stop, ascii, beginnings)
        end = offsets[text]  # of the last entry that was found
        for k in range(likely):
            if places[k] < end:
                continue
            end = _longest(data, places[k], stop, page_of, pages, edges, targets, accepts)
            if end > places[k]:
                found[text] += 1
                inside[text] += _count_words(data, places[k], end, page_of, pages)
    return found, inside, words
