"""Parquet: every row a document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import files
from pipeline.sources.config import Source
from pipeline.sources.document import Document, FieldMapper, Progress
from pipeline.sources.own import as_document, is_own
from pipeline.sources.unit import Unit, Unreadable

# Pages are read as they are needed, not whole column chunks, which may be as large as the file.
_BUFFER = 1 << 20
_STORE_BUFFER = 4 << 20  # of each column; a request takes as long as a few megabytes
_MOST_ROWS = 4096


def read(unit: Unit, config: Source, progress: Progress) -> Iterator[Document | Unreadable]:
    """Each row of the unit's row groups, in order: a document, or why it is none.

    What cannot be read costs the rest of its row group.
    """
    mapper = FieldMapper(unit.path, config)
    with files.open_read(unit.path) as file:
        try:
            buffer = _BUFFER if files.local_path(unit.path) else _STORE_BUFFER
            table = pq.ParquetFile(file, buffer_size=buffer, pre_buffer=False)
        except (pa.ArrowException, OSError) as error:
            yield Unreadable(unit.path, 0, "unreadable", "not_parquet", str(error)[:300])
            return
        own = is_own(table.schema_arrow)
        row = sum(table.metadata.row_group(group).num_rows for group in range(unit.start))
        progress.position = sum(_stored_bytes(table.metadata, group) for group in range(unit.start))
        for group in range(unit.start, min(unit.stop, table.num_row_groups)):
            rows = table.metadata.row_group(group).num_rows
            yield from _group(table, group, row, unit.path, config, mapper, own)
            row += rows
            progress.position += _stored_bytes(table.metadata, group)


class Layout(NamedTuple):
    """The columns of a file with their types, and the stored size of each row group."""

    columns: dict[str, Any]
    group_bytes: list[int]
    own: bool  # written by Assay: its columns are a document's, whatever the recipe calls them


def layout(path: str) -> Layout | None:
    """How a file is laid out; None where it is no Parquet file that can be read."""
    with files.open_read(path) as file:
        try:
            table = pq.ParquetFile(file)
        except (pa.ArrowException, OSError):
            return None
        schema, metadata = table.schema_arrow, table.metadata
    groups = [_stored_bytes(metadata, group) for group in range(metadata.num_row_groups)]
    return Layout(dict(zip(schema.names, schema.types, strict=True)), groups, is_own(schema))


def _stored_bytes(metadata: Any, group: int) -> int:
    layout = metadata.row_group(group)
    return sum(layout.column(column).total_compressed_size for column in range(layout.num_columns))


def _group(
    table: Any, group: int, row: int, path: str, config: Source, mapper: FieldMapper, own: bool
) -> Iterator[Document | Unreadable]:
    layout = table.metadata.row_group(group)
    per_row = max(1, layout.total_byte_size // max(1, layout.num_rows))
    size = max(1, min(_MOST_ROWS, config.batch_bytes // per_row))
    stop = row + layout.num_rows
    try:
        for batch in table.iter_batches(batch_size=size, row_groups=[group], use_threads=False):
            for record, replaced in _records(batch):
                yield as_document(record, row) if own else mapper.document(record, row, row, replaced)
                row += 1
    except (pa.ArrowException, OSError) as error:
        detail = f"rows {row:,} to {stop - 1:,} cannot be read: {str(error)[:300]}"
        yield Unreadable(path, row, "unreadable", "corrupt_parquet", detail)


def _records(batch: pa.RecordBatch) -> Iterator[tuple[dict[str, Any], int]]:
    try:
        for record in batch.to_pylist():
            yield record, 0
    except UnicodeDecodeError:  # raised before the first record
        yield from _records_of_bytes(batch)


def _records_of_bytes(batch: pa.RecordBatch) -> Iterator[tuple[dict[str, Any], int]]:
    """The rows where a text column is not UTF-8, with U+FFFD for what is invalid."""
    columns = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_string(column.type):
            column = column.view(pa.binary())
        elif pa.types.is_large_string(column.type):
            column = column.view(pa.large_binary())
        columns[name] = (
            column.to_pylist(),
            pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type),
        )
    for row in range(batch.num_rows):
        record, replaced = {}, 0
        for name, (values, text) in columns.items():
            value = values[row]
            if text and value is not None:
                decoded = value.decode("utf-8", "replace")
                replaced += decoded.count("\ufffd") - value.count(b"\xef\xbf\xbd")
                value = decoded
            record[name] = value
        yield record, replaced
