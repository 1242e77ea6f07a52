"""Which texts may hold an e-mail or IP address: a quick look that never misses one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.kernels.buffers import text_buffers
from filters.kernels.chunks import whole_chunk
from filters.kernels.jit import inline, kernel

EMAIL, IPV4, IPV6 = 1, 2, 4

_AT, _DOT, _COLON, _SPACE = 0x40, 0x2E, 0x3A, 0x20
_EVERY = np.uint64(0x0101010101010101)


def address_signs(texts: pa.LargeStringArray) -> NDArray[np.uint8]:
    """One uint8 per text, a set of EMAIL, IPV4 and IPV6.

    EMAIL: an @ between two characters that are not control characters or spaces. IPV4: four runs of digits
    with one dot between each two. IPV6: two colons with at most four hexadecimal digits, and nothing else,
    between them.
    """
    return _signs(*text_buffers(texts))


@inline
def _is_digit(byte: int) -> bool:
    return 0x30 <= byte <= 0x39


@inline
def _is_hexadecimal(byte: int) -> bool:
    return 0x30 <= byte <= 0x39 or 0x41 <= byte <= 0x46 or 0x61 <= byte <= 0x66


@inline
def _has_zero(chunk: np.uint64) -> bool:
    """Whether one of the eight bytes is 0."""
    return bool((chunk - _EVERY) & ~chunk & (_EVERY << np.uint64(7)))


@inline
def _is_plain(chunk: np.uint64) -> bool:
    """Whether none of the eight bytes is a digit, a colon or one of `; < = > ? @`."""
    high = chunk & (_EVERY * np.uint64(0xF0))
    return not (_has_zero(high ^ (_EVERY * np.uint64(0x30))) or _has_zero(chunk ^ (_EVERY * np.uint64(_AT))))


@kernel
def _signs(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.uint8]:
    signs = np.zeros(len(offsets) - 1, np.uint8)
    for document in range(len(signs)):
        start, stop = offsets[document], offsets[document + 1]
        found = 0
        runs = 0  # of digits, so far, in a chain of digits and single dots
        colon = -1  # where the last colon stands, if only hexadecimal digits came after it
        before = 0
        while start < stop:
            if start + 8 <= stop and _is_plain(whole_chunk(data, start)):
                runs, colon, before = 0, -1, int(data[start + 7])  # eight plain bytes end all that was begun
                start += 8
                continue
            end = min(start + 8, stop)
            for i in range(start, end):
                byte = int(data[np.uint64(i)])
                if byte == _AT and before > _SPACE and i + 1 < stop and data[i + 1] > _SPACE:
                    found |= EMAIL
                if _is_digit(byte):
                    if not _is_digit(before):
                        runs = runs + 1 if before == _DOT else 1
                        if runs == 4:
                            found |= IPV4
                elif not (byte == _DOT and _is_digit(before)):
                    runs = 0
                if byte == _COLON:
                    if colon >= 0 and i - colon <= 5:
                        found |= IPV6
                    colon = i
                elif not _is_hexadecimal(byte):
                    colon = -1
                before = byte
            start = end
        signs[document] = found
    return signs
