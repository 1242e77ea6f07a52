"""What a worker writes for one unit: the part, the dropped documents, the records it could not read."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import asdict
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import files
from pipeline.batch import MEASURE
from pipeline.passes.rows import Drop
from pipeline.sources.unit import Unreadable

DROPPED = pa.schema(
    [
        ("id", pa.string()),
        ("url", pa.string()),
        ("source", pa.string()),
        ("date", pa.string()),
        ("language", pa.string()),
        ("language_score", pa.float32()),
        ("stage", pa.string()),
        ("reason", pa.string()),
        ("fired", pa.list_(pa.string())),
        ("measures", pa.map_(pa.string(), pa.float64())),
        ("bytes", pa.int64()),
        ("words", pa.int64()),
        ("tokens", pa.int64()),
        ("text", pa.large_string()),
    ]
)

UNREADABLE = pa.schema(
    [
        ("path", pa.string()),
        ("offset", pa.int64()),
        ("kind", pa.string()),
        ("cause", pa.string()),
        ("detail", pa.string()),
    ]
)


# Columns of few values. A dictionary of any other is made in vain: it is as long as they are.
_REPEATING = ["source", "language", "stage", "reason", "fired.list.element", "measures.key_value.key"]


class BatchWriter:
    """A Parquet file that grows by batches, each a row group, and appears when it is complete."""

    def __init__(self, url: str, schema: pa.Schema | None = None) -> None:
        self._url = url
        self._schema = schema
        self._stack = ExitStack()
        self._writer: pq.ParquetWriter | None = None
        self.rows = 0

    def __enter__(self) -> BatchWriter:
        self._file = self._stack.enter_context(files.commit(self._url))
        if self._schema is not None:
            self._open(self._schema)
        return self

    def write(self, batch: pa.RecordBatch) -> None:
        if self._writer is None:
            self._open(batch.schema)
        assert self._writer is not None
        if batch.num_rows:
            self._writer.write_batch(batch, row_group_size=batch.num_rows)
            self.rows += batch.num_rows

    def _open(self, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(self._file, schema, compression="zstd", use_dictionary=_REPEATING)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None and kind is None:
            try:
                self._writer.close()
            except BaseException as failed:
                self._stack.__exit__(type(failed), failed, failed.__traceback__)
                raise
        elif self._writer is not None:
            with suppress(Exception):  # what it would still write is discarded with the file
                self._writer.close()
        self._stack.__exit__(kind, error, trace)


def dropped_batch(drop: Drop, with_text: bool) -> pa.RecordBatch:
    """The rows of `dropped/` for documents that one stage dropped."""
    documents = drop.documents
    count = documents.num_rows
    return pa.RecordBatch.from_arrays(
        [
            *(
                documents.column(name)
                for name in ("id", "url", "source", "date", "language", "language_score")
            ),
            pa.repeat(drop.stage, count),
            drop.reasons,
            drop.fired,
            _measures(documents),
            pa.array(drop.amounts.bytes, pa.int64()),
            pa.array(drop.amounts.words, pa.int64()),
            pa.array(drop.amounts.tokens, pa.int64()),
            documents.column("text") if with_text else pa.nulls(count, pa.large_string()),
        ],
        schema=DROPPED,
    )


def _measures(documents: pa.RecordBatch) -> pa.MapArray:
    """Every measure computed so far, by `stage.measure`."""
    count = documents.num_rows
    names = [name for name in documents.schema.names if name.startswith(MEASURE)]
    values = [documents.column(name).to_numpy(zero_copy_only=False) for name in names]
    items = np.stack(values, axis=1).ravel() if names else np.zeros(0)
    keys = pa.array([name.removeprefix(MEASURE) for name in names], pa.string())
    keys = keys.take(pa.array(np.tile(np.arange(len(names)), count)))
    offsets = np.arange(count + 1, dtype=np.int32) * len(names)
    return pa.MapArray.from_arrays(pa.array(offsets), keys, pa.array(items, pa.float64()))


def unreadable_batch(records: Iterable[Unreadable]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([asdict(record) for record in records], schema=UNREADABLE)
