"""XXH32 with seed 0, as the specification of the xxHash project gives it.

Made for many short strings of any length. The sixteen bytes that are left over at most are read without a
branch on how many there are, for no processor can predict it: all six steps are taken, and what the steps too
many give is not used.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.kernels.jit import inline

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
def _tiny(data: NDArray[np.uint8], begin: int, end: int) -> np.uint32:
    """XXH32 of three bytes or fewer."""
    value = np.uint32(_PRIME_5 + np.uint32(end - begin))
    for i in range(begin, end):
        value = _add_byte(value, np.uint32(data[i]))
    return _avalanche(value)


@inline
def xxh32(data: NDArray[np.uint8], begin: int, end: int) -> np.uint32:
    """The hash of data[begin:end]: `xxhash.xxh32_intdigest`."""
    size = end - begin
    if size < 4:
        return _tiny(data, begin, end)
    at = end - (size & 15)
    value = np.uint32(_stripes(data, begin, at) + np.uint32(size))
    words, rest = size >> 2 & 3, size & 3
    last = end - 4
    for k in range(3):
        added = _add_word(value, _word(data, min(at + 4 * k, last)))
        value = added if k < words else value
    final = np.uint64(_word(data, last)) >> np.uint64(32 - 8 * rest)
    for k in range(3):
        added = _add_byte(value, np.uint32(final >> np.uint64(8 * k) & np.uint64(0xFF)))
        value = added if k < rest else value
    return _avalanche(value)
