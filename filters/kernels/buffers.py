"""From an Arrow text column to the two arrays that kernels read."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

S = TypeVar("S", bound=np.generic)


def text_buffers(texts: pa.LargeStringArray) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The UTF-8 bytes (uint8) and the offsets (int64, one more than there are texts), without a copy.

    Text i is `data[offsets[i]:offsets[i + 1]]`; the first offset need not be 0 (the column may be a slice).
    A null is an empty text. Both arrays are read-only, always: numba compiles a kernel anew for writable
    ones.
    """
    if not pa.types.is_large_string(texts.type):
        texts = texts.cast(pa.large_string())
    if texts.null_count:
        texts = texts.fill_null("")
    _, offsets, data = texts.buffers()
    count = len(texts)
    if offsets is None or count == 0:
        return np.frombuffer(b"", np.uint8), np.frombuffer(bytes(8), np.int64)
    starts = _read_only(offsets, np.int64)[texts.offset : texts.offset + count + 1]
    return _read_only(data if data is not None else b"", np.uint8), starts


def _read_only(buffer: pa.Buffer | bytes, dtype: type[S]) -> NDArray[S]:
    """Also where Arrow has just made the buffer and would still let it be written."""
    values = np.frombuffer(buffer, dtype)
    values.flags.writeable = False
    return values


def text_array(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> pa.LargeStringArray:
    """The text column of these two arrays, without a copy: what `text_buffers` undoes."""
    return pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))
