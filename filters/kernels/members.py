"""Which texts hold a character of a set that is beyond ASCII."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.kernels.blocks import NONE, SIZE, between, lowest, without_lowest
from filters.kernels.buffers import text_buffers
from filters.kernels.jit import inline, kernel
from filters.kernels.unicode import decode


def member_table(points: Iterable[int]) -> NDArray[np.bool_]:
    """One bool for each code point, true for these."""
    table = np.zeros(0x110000, np.bool_)
    table[list(points)] = True
    table.flags.writeable = False
    return table


@inline
def _holds(data: NDArray[np.uint8], start: int, stop: int, table: NDArray[np.bool_]) -> bool:
    for i in range(start, stop, SIZE):
        leads = between(data, i, stop, 0xC0, 0xFF)  # the first bytes of characters that have several
        while leads != NONE:
            point, _ = decode(data, i + lowest(leads))
            if table[point]:
                return True
            leads = without_lowest(leads)
    return False


@kernel
def _holding(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], table: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    found = np.zeros(len(offsets) - 1, np.bool_)
    for text in range(len(found)):
        found[text] = _holds(data, offsets[text], offsets[text + 1], table)
    return found


def holding(texts: pa.LargeStringArray, table: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each text holds a character that `member_table` marked, bool (texts,)."""
    return _holding(*text_buffers(texts), table)
