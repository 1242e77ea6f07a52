"""XXH32 with seed 0, as the specification of the xxHash project gives it, of many short strings.

A hash is made in two halves. `read` does what depends on the length of one string, and keeps the few numbers that
are left; `finish` takes `AT_A_TIME` strings on from there, all in the same steps and so as vectors, where the
steps that a string is too short for give what is not used. A processor cannot predict how many bytes are left.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.kernels.jit import inline

AT_A_TIME = 128
PARTS = 6  # numbers that are kept of a string:
_SIZE = 0  # its length,
_STATE = 1  # the state after all stripes of sixteen bytes,
_BYTES = 2  # its last four bytes, and behind them the last three whole words of what the stripes left, the last first

_PRIME_1 = np.uint32(0x9E3779B1)
_PRIME_2 = np.uint32(0x85EBCA77)
_PRIME_3 = np.uint32(0xC2B2AE3D)
_PRIME_4 = np.uint32(0x27D4EB2F)
_PRIME_5 = np.uint32(0x165667B1)


@inline
def _rotate(value: np.uint32, bits: int) -> np.uint32:
    return np.uint32(np.uint32(value << bits) | (value >> (32 - bits)))


@inline
def _byte(data: NDArray[np.uint8], i: np.uint64, k: int) -> np.uint32:
    return np.uint32(data[i + np.uint64(k)]) << np.uint32(8 * k)


@inline
def _word(data: NDArray[np.uint8], at: int) -> np.uint32:
    """Four bytes, little-endian; one load, as in `chunks.whole_chunk`."""
    i = np.uint64(at)
    return np.uint32(_byte(data, i, 0) | _byte(data, i, 1) | _byte(data, i, 2) | _byte(data, i, 3))


@inline
def _lane(state: np.uint32, word: np.uint32) -> np.uint32:
    return np.uint32(_rotate(np.uint32(state + word * _PRIME_2), 13) * _PRIME_1)


@inline
def _add_word(value: np.uint32, word: np.uint32) -> np.uint32:
    return np.uint32(_rotate(np.uint32(value + word * _PRIME_3), 17) * _PRIME_4)


@inline
def _add_byte(value: np.uint32, byte: np.uint32) -> np.uint32:
    return np.uint32(_rotate(np.uint32(value + byte * _PRIME_5), 11) * _PRIME_1)


@inline
def _avalanche(value: np.uint32) -> np.uint32:
    value = np.uint32((value ^ value >> 15) * _PRIME_2)
    value = np.uint32((value ^ value >> 13) * _PRIME_3)
    return np.uint32(value ^ value >> 16)


@inline
def _stripes(data: NDArray[np.uint8], begin: int, stop: int) -> np.uint32:
    """The state after data[begin:stop], whose length is a multiple of sixteen."""
    if begin == stop:
        return _PRIME_5
    one = np.uint32(_PRIME_1 + _PRIME_2)
    two = _PRIME_2
    three = np.uint32(0)
    four = np.uint32(0 - np.int64(_PRIME_1))
    for at in range(begin, stop, 16):
        one = _lane(one, _word(data, at))
        two = _lane(two, _word(data, at + 4))
        three = _lane(three, _word(data, at + 8))
        four = _lane(four, _word(data, at + 12))
    return np.uint32(_rotate(one, 1) + _rotate(two, 7) + _rotate(three, 12) + _rotate(four, 18))


@inline
def _word_before(data: NDArray[np.uint8], end: int) -> np.uint32:
    """The last word of data[:end], with zeros for what would stand before it."""
    if end >= 4:
        return _word(data, end - 4)
    word = np.uint32(0)
    for i in range(end):
        word |= np.uint32(data[i]) << np.uint32(8 * (i + 4 - end))
    return word


@inline
def read(data: NDArray[np.uint8], begin: int, end: int, parts: NDArray[np.uint32], place: int) -> None:
    """Take data[begin:end] for the string at this place of `parts` (uint32[PARTS, AT_A_TIME])."""
    k = np.uint64(place)
    size = end - begin
    words_end = end - (size & 3)
    parts[_SIZE, k] = size
    parts[_STATE, k] = _stripes(data, begin, end - (size & 15))
    parts[_BYTES, k] = _word_before(data, end)
    for word in range(1, 4):
        parts[_BYTES + word, k] = _word_before(data, words_end - 4 * (word - 1))


@inline
def finish(parts: NDArray[np.uint32], hashes: NDArray[np.uint32], first: int) -> None:
    """Write the AT_A_TIME hashes, each as `xxhash.xxh32_intdigest` gives it, from hashes[first] on."""
    for place in range(AT_A_TIME):
        k = np.uint64(place)
        size = parts[_SIZE, k]
        words, rest = size >> np.uint32(2) & np.uint32(3), size & np.uint32(3)
        value = np.uint32(parts[_STATE, k] + size)
        for word in range(3, 0, -1):
            added = _add_word(value, parts[_BYTES + word, k])
            value = added if word <= words else value
        final = parts[_BYTES, k] >> (np.uint32(32) - np.uint32(8) * rest & np.uint32(31))  # 0: it is not used
        for byte in range(3):
            added = _add_byte(value, final >> np.uint32(8 * byte) & np.uint32(0xFF))
            value = added if byte < rest else value
        hashes[np.uint64(first + place)] = _avalanche(value)
