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
from pipeline.sources.unit import unit_name

_ROW_BITS = np.uint64(32)
_ROW_MASK = np.uint64(0xFFFFFFFF)
_ROWS_AT_A_TIME = 65_536
_SAMPLED = 32


@dataclass(frozen=True)
class Parts:
    """The Parquet files of a pass, with their key columns: in this folder, one for each unit from 0 on.

    This is all that a job carries of them: a worker that is given the number of a unit knows its part.
    """

    folder: str
    count: int

    def url(self, unit: int) -> str:
        return files.join(self.folder, f"{unit_name(unit)}.parquet")

    def rows(self) -> int:
        """About how many rows they have in all: as many as 32 of them, evenly spaced, let expect."""
        sampled = sorted({self.count * at // _SAMPLED for at in range(_SAMPLED)} if self.count else ())
        return sum(map(self._rows_of, sampled)) * self.count // max(len(sampled), 1)

    def _rows_of(self, unit: int) -> int:
        with files.open_read(self.url(unit)) as file:
            return int(pq.read_metadata(file).num_rows)


def row_ids(unit: int, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The global ids (uint64) of these rows of the unit's part. They order documents as the input does."""
    return cast("NDArray[np.uint64]", np.uint64(unit) << _ROW_BITS | rows.astype(np.uint64))


def units_of(ids: NDArray[np.uint64]) -> NDArray[np.int64]:
    return (ids >> _ROW_BITS).astype(np.int64)


def rows_of(ids: NDArray[np.uint64]) -> NDArray[np.int64]:
    return (ids & _ROW_MASK).astype(np.int64)


def drop_file(folder: str, unit: int) -> str:
    """Where a barrier writes which rows of this unit's part go."""
    return files.join(folder, f"{unit_name(unit)}.parquet")


def undecided(
    parts: Parts, units: Sequence[int], columns: list[str], earlier: Sequence[str]
) -> Iterator[tuple[NDArray[np.uint64], pa.RecordBatch]]:
    """These columns of the parts of these units, batch by batch, with the ids of their rows.

    Rows without a key (null in the first column) are left out, and rows that an `earlier` barrier (a folder
    of its drop files) has decided to drop.
    """
    for unit in units:
        gone = [files.read_table(drop_file(folder, unit), ["row"])["row"].to_numpy() for folder in earlier]
        decided = np.concatenate([np.zeros(0, np.int64), *gone])
        start = 0
        with files.open_read(parts.url(unit)) as file:
            for batch in pq.ParquetFile(file).iter_batches(_ROWS_AT_A_TIME, columns=columns):
                rows = np.arange(start, start + len(batch))
                start += len(batch)
                stays = np.asarray(batch[columns[0]].is_valid()) & ~np.isin(rows, decided)
                yield row_ids(unit, rows[stays]), batch.filter(pa.array(stays))


def take(parts: Parts, ids: NDArray[np.uint64], columns: list[str]) -> pa.Table:
    """These columns of these documents (global ids, sorted, each once, at least one), in one chunk.

    Of a part only the row groups that hold one of them are read, and only what is asked for is kept.
    """
    units = units_of(ids)
    taken = []
    for unit in np.unique(units).tolist():
        rows = rows_of(ids[units == unit])
        with files.open_read(parts.url(unit)) as file:
            reader = pq.ParquetFile(file)
            sizes = [reader.metadata.row_group(group).num_rows for group in range(reader.num_row_groups)]
            ends = np.cumsum(sizes)
            group_of = np.searchsorted(ends, rows, "right")
            for group in np.unique(group_of).tolist():
                table = reader.read_row_group(group, columns=columns)
                first = ends[group] - sizes[group]
                taken.append(table.take(pa.array(rows[group_of == group] - first)))
    return pa.concat_tables(taken).combine_chunks()


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
