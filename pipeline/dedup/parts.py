"""The parts of a pass as a barrier reads them: a few columns, and rows by number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline import files

_ROW_BITS = np.uint64(32)
_ROW_MASK = np.uint64(0xFFFFFFFF)
_ROWS_AT_A_TIME = 65_536


@dataclass(frozen=True)
class Part:
    """A Parquet file of a pass: the documents of one unit, with their key columns."""

    unit: int
    url: str


def row_ids(unit: int, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The global ids (uint64) of these rows of the unit's part. They order documents as the input does."""
    return cast("NDArray[np.uint64]", np.uint64(unit) << _ROW_BITS | rows.astype(np.uint64))


def units_of(ids: NDArray[np.uint64]) -> NDArray[np.int64]:
    return (ids >> _ROW_BITS).astype(np.int64)


def rows_of(ids: NDArray[np.uint64]) -> NDArray[np.int64]:
    return (ids & _ROW_MASK).astype(np.int64)


def drop_file(folder: str, unit: int) -> str:
    """Where a barrier writes which rows of this unit's part go."""
    return files.join(folder, f"{unit:06d}.parquet")


def undecided(
    part: Part, columns: list[str], earlier: Sequence[str]
) -> Iterator[tuple[NDArray[np.uint64], pa.RecordBatch]]:
    """These columns of the part, batch by batch, with the ids of their rows.

    Rows without a key (null in the first column) are left out, and rows that an `earlier` barrier (a folder
    of its drop files) has decided to drop.
    """
    gone = [files.read_table(drop_file(folder, part.unit), ["row"])["row"].to_numpy() for folder in earlier]
    decided = np.concatenate([np.zeros(0, np.int64), *gone])
    start = 0
    with files.open_read(part.url) as file:
        for batch in pq.ParquetFile(file).iter_batches(_ROWS_AT_A_TIME, columns=columns):
            rows = np.arange(start, start + len(batch))
            start += len(batch)
            stays = np.asarray(batch[columns[0]].is_valid()) & ~np.isin(rows, decided)
            yield row_ids(part.unit, rows[stays]), batch.filter(pa.array(stays))


def matrix(
    column: pa.Array | pa.ChunkedArray, dtype: type[np.uint32] | type[np.uint64]
) -> NDArray[np.generic]:
    """A column of fixed-size binary values as the rows of a matrix, zero where the column is null."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    width = column.type.byte_width
    _, data = column.buffers()
    bytes_ = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    begin = column.offset * width
    return (
        bytes_[begin : begin + len(column) * width]
        .view(dtype)
        .reshape(len(column), width // dtype().itemsize)
    )


def signatures(part: Part, column: str) -> NDArray[np.uint32]:
    """The signatures of all rows of the part: uint32[rows, permutations]."""
    return cast("NDArray[np.uint32]", matrix(files.read_table(part.url, [column])[column], np.uint32))
