"""How elements of an HTML page are nested, as far as its tags tell."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.kernels.buffers import text_buffers
from filters.kernels.hashing import absorb
from filters.kernels.jit import inline, kernel
from filters.kernels.symbols import count_byte
from filters.kernels.table import first_equal, slots_for

MOST_NAME_BYTES = 32
_OPENING, _SLASH, _CLOSING = 0x3C, 0x2F, 0x3E
_FLAT = -1  # in place of how many are open


@inline
def _is_letter(byte: int) -> bool:
    return (byte | 0x20) >= 0x61 and (byte | 0x20) <= 0x7A


@inline
def _ends_name(byte: int) -> bool:
    space = byte == 0x20 or byte == 0x09 or byte == 0x0A or byte == 0x0C or byte == 0x0D
    return space or byte in (_SLASH, _CLOSING)


@inline
def _name(data: NDArray[np.uint8], start: int, stop: int) -> tuple[np.uint64, int]:
    """The hash of the tag name that begins at this byte, capital ASCII letters as small ones, and where it ends."""
    state = np.uint64(0)
    i = start
    while i < min(stop, start + MOST_NAME_BYTES) and not _ends_name(data[i]):
        byte = data[i]
        state = absorb(state, np.uint64(byte + 0x20 if 0x41 <= byte <= 0x5A else byte))
        i += 1
    return state, i


@kernel
def _nesting(
    data: NDArray[np.uint8], flat: NDArray[np.uint8], flat_offsets: NDArray[np.int64]
) -> tuple[int, int, int]:
    flats = len(flat_offsets) - 1
    most = flats + count_byte(data, 0, len(data), _OPENING)
    names, unclosed = np.empty(most, np.uint64), np.zeros(most, np.int64)
    size = slots_for(most)
    slots = np.zeros(size, np.int64)
    known = 0
    for at in range(flats):
        names[known], _ = _name(flat, flat_offsets[at], flat_offsets[at + 1])
        unclosed[first_equal(slots, size, 1, names, known)] = _FLAT
        known += 1

    depth = deepest = total = longest = 0
    before = -1  # where the last tag begins
    i = 0
    while i < len(data):
        if data[np.uint64(i)] != _OPENING:
            i += 1
            continue
        if before >= 0:
            longest = max(longest, i - before)
        before = i
        closes = i + 1 < len(data) and data[i + 1] == _SLASH
        i += 2 if closes else 1
        if i >= len(data) or not _is_letter(data[i]):
            continue
        names[known], i = _name(data, i, len(data))
        place = first_equal(slots, size, 1, names, known)
        known += place == known
        if unclosed[place] == _FLAT:
            total += depth
        elif not closes:
            unclosed[place] += 1
            depth += 1
            deepest = max(deepest, depth)
            total += depth
        elif unclosed[place] > 0:
            unclosed[place] -= 1
            depth -= 1
    if before >= 0:
        longest = max(longest, len(data) - before)
    return deepest, total, longest


@cache
def _flat_buffers(flat: frozenset[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    return text_buffers(pa.array(sorted(flat), pa.large_string()))


def nesting(page: bytes, flat: frozenset[str]) -> tuple[int, int, int]:
    """How deep the deepest element is nested, the depths of all tags' elements added up, and the most bytes from the
    beginning of one tag to that of the next, or to the page's end.

    A tag is `<` or `</` and a name: an ASCII letter and what follows it, up to white space, `/` or `>`, 32 bytes at
    most; letter case does not matter. Elements that are wrongly nested count as still open. An end tag of which none is
    open is nothing.

    Args:
        flat: names of elements that nothing is nested in, small letters.
    """
    deepest, total, longest = _nesting(np.frombuffer(page, np.uint8), *_flat_buffers(flat))
    return int(deepest), int(total), int(longest)
