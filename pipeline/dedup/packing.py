"""How blocks are written for a shuffle: as few bytes as it takes, because every one of them is moved and stored.

A block is some columns of numbers (uint64) of one length, and perhaps columns of binary values. A number is cut into
its upper and its lower half, and the halves of a column are stored less their smallest, in as many bytes as the
largest then needs ("frame of reference", Goldstein, Ramakrishnan and Shaft, ICDE 1998). So a row id, which is a unit
and a row, takes three or four bytes beside others of its part, a hash takes eight, and what is constant takes none.
The head of a block takes 6 bytes and 10 a column; that of an Arrow stream would take 500.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_HEAD = struct.Struct("<IBB")  # rows, columns of numbers, columns of binary values
_HALF = struct.Struct("<BI")  # bytes a number, the smallest number
_LOWER = np.uint64(0xFFFFFFFF)
_UPPER = np.uint64(32)

Numbers = NDArray[np.uint64]


def pack(numbers: Sequence[Numbers], values: Sequence[pa.Array] = ()) -> bytes:
    """Columns of equal length, of at least one number each, and of fewer than 2^32 rows.

    `values` are string or binary columns with 32-bit offsets, nulls included; together below 2^32 bytes.
    """
    block = [_HEAD.pack(len(numbers[0]), len(numbers), len(values))]
    lengths = []
    bodies = []
    for column in values:
        there = np.asarray(column.is_valid())
        ends, data = _buffers(column.drop_null())  # a null may have bytes too
        sizes = np.zeros(len(column), np.uint64)
        sizes[there] = np.diff(ends) + 1
        lengths.append(sizes)
        bodies.append(data[ends[0] : ends[-1]].tobytes())
    for column in (*numbers, *lengths):
        block += _half(column >> _UPPER) + _half(column & _LOWER)
    return b"".join(block + bodies)


def unpack(block: bytes) -> tuple[list[Numbers], list[pa.Array]]:
    """What was packed; the values come back as binary (`pa.binary()`)."""
    rows, count, texts = _HEAD.unpack_from(block)
    at = _HEAD.size
    columns = []
    for _ in range(count + texts):
        upper, at = _read_half(block, at, rows)
        lower, at = _read_half(block, at, rows)
        columns.append(upper << _UPPER | lower)
    values = []
    for lengths in columns[count:]:
        ends = np.concatenate([np.zeros(1, np.int32), np.cumsum(np.maximum(lengths, 1) - 1, dtype=np.int32)])
        there = np.packbits(lengths > 0, bitorder="little")
        body = pa.py_buffer(block).slice(at, int(ends[-1]))
        values.append(
            pa.BinaryArray.from_buffers(pa.binary(), rows, [pa.py_buffer(there), pa.py_buffer(ends), body])
        )
        at += int(ends[-1])
    return columns[:count], values


def _half(values: Numbers) -> list[bytes]:
    least = int(values.min())
    width = (int(values.max()) - least).bit_length() + 7 >> 3
    little = (values - np.uint64(least)).astype("<u4")
    return [_HALF.pack(width, least), little.view(np.uint8).reshape(-1, 4)[:, :width].tobytes()]


def _read_half(block: bytes, at: int, rows: int) -> tuple[Numbers, int]:
    width, least = _HALF.unpack_from(block, at)
    at += _HALF.size
    little = np.zeros((rows, 4), np.uint8)
    little[:, :width] = np.frombuffer(block, np.uint8, rows * width, at).reshape(rows, width)
    return little.view("<u4").ravel() + np.uint64(least), at + rows * width


def _buffers(column: pa.Array) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Where each value ends, after where the first begins; and the bytes."""
    if not len(column):
        return np.zeros(1, np.int32), np.zeros(0, np.uint8)
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    return ends, np.frombuffer(data if data is not None else b"", np.uint8)
