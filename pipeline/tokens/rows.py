"""From shuffled documents to the rows of a shard: packed to a context length, or one for each document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.tokens.runs import spans

BATCH_TOKENS = 2**20  # in a record batch of a shard, about


class Documents(NamedTuple):
    """Document i is called `ids[i]` and has the next `lengths[i]` of `tokens`."""

    ids: pa.StringArray
    lengths: NDArray[np.int64]
    tokens: NDArray[np.unsignedinteger]

    @classmethod
    def of(cls, table: pa.Table) -> Documents:
        """From a table of a run (its chunks combined)."""
        ids, tokens = table.column("id").chunk(0), table.column("tokens").chunk(0)
        return cls(ids, pc.list_value_length(tokens).to_numpy(), tokens.flatten().to_numpy())


def packed_schema(token: pa.DataType) -> pa.Schema:
    """One row is a context: `doc_ids[i]` names its i-th document (or piece of one), which is `lengths[i]`
    tokens long.

    The lengths of a row sum to its tokens, and each counts the end-of-text token if it stands in this row,
    so attention can be masked, or positions started anew, between documents.
    """
    return pa.schema(
        [
            ("input_ids", pa.list_(token)),
            ("doc_ids", pa.list_(pa.string())),
            ("lengths", pa.list_(pa.int32())),
        ]
    )


def document_schema(token: pa.DataType) -> pa.Schema:
    """One row is a document: its tokens alone, and how many they are."""
    return pa.schema([("input_ids", pa.list_(token)), ("doc_id", pa.string()), ("length", pa.int32())])


def document_batches(documents: Documents) -> Iterator[pa.RecordBatch]:
    """One row per document."""
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(documents.lengths)])
    for start, stop in spans(documents.lengths, BATCH_TOKENS):
        offsets = starts[start : stop + 1] - starts[start]
        tokens = documents.tokens[starts[start] : starts[stop]]
        columns = [_lists(offsets, pa.array(tokens)), documents.ids[start:stop]]
        lengths = pa.array(documents.lengths[start:stop], pa.int32())
        yield pa.record_batch([*columns, lengths], schema=document_schema(columns[0].type.value_type))


class Packer:
    """Lays documents end to end, the end-of-text token after each, and cuts that into rows of
    `context_length`.

    What does not fill a row waits for the next documents; `finish` gives it out as a shorter row.
    """

    def __init__(self, context_length: int, end_of_text_id: int, token: pa.DataType) -> None:
        self._context_length, self._end_of_text_id = context_length, end_of_text_id
        self._schema = packed_schema(token)
        self._tokens: NDArray[np.unsignedinteger] = np.zeros(0, str(token))
        self._ids = pa.array([], pa.string())
        self._lengths = np.zeros(0, np.int64)  # of the pieces in `_tokens`, end-of-text included

    def add(self, documents: Documents) -> Iterator[pa.RecordBatch]:
        """The rows that these documents fill."""
        tokens = np.concatenate([self._tokens, self._joined(documents)])
        ids = pa.concat_arrays([self._ids, documents.ids])
        ends = np.cumsum(np.concatenate([self._lengths, documents.lengths + 1]))
        full = len(tokens) // self._context_length

        # A piece ends where a document ends and where a row does.
        stops = np.union1d(ends, np.arange(1, full + 1) * self._context_length)
        starts = np.concatenate([np.zeros(1, np.int64), stops])[:-1]
        lengths, rows = stops - starts, starts // self._context_length
        names = ids.take(pa.array(np.searchsorted(ends, starts, "right")))

        kept = int(np.searchsorted(rows, full))
        self._tokens = tokens[full * self._context_length :].copy()
        self._ids, self._lengths = names[kept:], lengths[kept:]
        return self._rows(tokens, names, lengths, np.searchsorted(rows, np.arange(full + 1)))

    def finish(self) -> Iterator[pa.RecordBatch]:
        """The last row, if anything is left for it."""
        if len(self._tokens):
            yield self._batch(self._tokens, self._ids, self._lengths, np.array([0, len(self._lengths)]))

    def _joined(self, documents: Documents) -> NDArray[np.unsignedinteger]:
        joined = np.empty(len(documents.tokens) + len(documents.lengths), self._tokens.dtype)
        ends = np.cumsum(documents.lengths + 1) - 1
        of_document = np.ones(len(joined), np.bool_)
        of_document[ends] = False
        joined[of_document], joined[ends] = documents.tokens, self._end_of_text_id
        return joined

    def _rows(
        self, tokens: NDArray[np.unsignedinteger], ids: pa.StringArray, lengths: NDArray[np.int64],
        pieces: NDArray[np.int64],
    ) -> Iterator[pa.RecordBatch]:  # fmt: skip
        """Row r has the pieces `pieces[r]:pieces[r + 1]`."""
        step = max(1, BATCH_TOKENS // self._context_length)
        for row in range(0, len(pieces) - 1, step):
            cut = pieces[row : row + step + 1]
            within = slice(int(cut[0]), int(cut[-1]))
            of_rows = slice(row * self._context_length, (row + len(cut) - 1) * self._context_length)
            yield self._batch(tokens[of_rows], ids[within], lengths[within], cut - cut[0])

    def _batch(
        self, tokens: NDArray[np.unsignedinteger], ids: pa.StringArray, lengths: NDArray[np.int64],
        pieces: NDArray[np.int64],
    ) -> pa.RecordBatch:  # fmt: skip
        bounds = np.minimum(np.arange(len(pieces)) * self._context_length, len(tokens))
        columns = [
            _lists(bounds, pa.array(tokens)),
            _lists(pieces, ids),
            _lists(pieces, pa.array(lengths, pa.int32())),
        ]
        return pa.record_batch(columns, schema=self._schema)


def _lists(offsets: NDArray[np.int64], values: pa.Array) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)
