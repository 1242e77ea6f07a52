"""Sorted runs: the token rows of one unit, in the order of the shuffle, so that any part of it can be read
alone.

A run is an Arrow IPC *file* with the columns `key` (uint64, the place in the shuffle), `row` (uint64, the
global row id), `id` (string) and `tokens` (large_list of uint16 or uint32), in batches of about a quarter of a
megabyte. The first and last key of every batch stand in the schema's metadata.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from numpy.typing import NDArray

from pipeline import files
from pipeline.stores import each_at_once

RUN_BYTES = 64_000_000
# What is read at a time. Where hundreds of runs are merged, the piece that is wanted of each is about as large.
BATCH_BYTES = 250_000
LAST_KEY = 2**64 - 1
SUFFIX = ".arrow"

KeyRange = tuple[int, int]  # the first and the last key

_FIRST_KEYS, _LAST_KEYS = b"assay.first_keys", b"assay.last_keys"


def shuffle_keys(ids: pa.StringArray, seed: int) -> NDArray[np.uint64]:
    """The place of each document in the shuffle: the 64-bit XXH3 of its id, under this seed."""
    return np.array(
        [xxhash.xxh3_64_intdigest(id, seed=seed) for id in ids.cast(pa.binary()).to_pylist()], np.uint64
    )


def key_range(part: int, count: int) -> KeyRange:
    """One of `count` equal parts of all keys."""
    return part * 2**64 // count, (part + 1) * 2**64 // count - 1


def spans(weights: NDArray[np.int64], size: int) -> Iterator[tuple[int, int]]:
    """Cut rows into (start, stop) of about `size` in weight: a new span starts where the sum passes a
    multiple of it."""
    if not len(weights):
        return
    group = (np.cumsum(weights) - weights) // size
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    yield from zip(starts.tolist(), [*starts[1:].tolist(), len(weights)], strict=True)


class TokenRuns:
    """Takes the token rows of one unit and writes them as runs, `{unit}-0000.arrow` and on, in this folder.

    Memory is that of one run, whatever the unit's size. The same calls give the same files.
    """

    def __init__(self, folder: str, unit_name: str, seed: int) -> None:
        self._folder, self._unit_name, self._seed = folder, unit_name, seed
        self._batches: list[pa.RecordBatch] = []
        self._bytes = 0
        self._written: list[str] = []

    def add(self, ids: pa.StringArray, rows: NDArray[np.uint64], tokens: pa.LargeListArray) -> None:
        """Add documents: their ids, their global row ids and what `Tokenizer.encode` gave."""
        batch = pa.RecordBatch.from_arrays(
            [pa.array(shuffle_keys(ids, self._seed)), pa.array(rows, pa.uint64()), ids, tokens],
            names=["key", "row", "id", "tokens"],
        )
        self._batches.append(batch)
        self._bytes += batch.nbytes
        if self._bytes >= RUN_BYTES:
            self._write_run()

    def close(self) -> list[str]:
        """Write what is left; the URLs of all runs of the unit, none if it has no documents."""
        self._write_run()
        return self._written

    def _write_run(self) -> None:
        table = pa.Table.from_batches(self._batches).combine_chunks() if self._batches else None
        self._batches, self._bytes = [], 0
        if table is None or not table.num_rows:
            return
        url = files.join(self._folder, f"{self._unit_name}-{len(self._written):04d}{SUFFIX}")
        write_run(url, table)
        self._written.append(url)


def sort_order(table: pa.Table) -> NDArray[np.int64]:
    """The order of the shuffle: by key, and by row where documents share an id."""
    return np.lexsort((table.column("row").to_numpy(), table.column("key").to_numpy()))


def write_run(url: str, table: pa.Table, starts: NDArray[np.uint64] | None = None) -> None:
    """Write rows (one chunk, in any order) as a run.

    Args:
        starts: keys at which a batch begins, whatever its size: what is read from there on is read alone.
    """
    order = sort_order(table)
    keys = table.column("key").to_numpy()[order]
    weights = pc.list_value_length(table.column("tokens")).to_numpy()[order] * _width(table) + 64
    bounds = [0, *(np.searchsorted(keys, starts).tolist() if starts is not None else ()), len(keys)]
    cuts = [
        (begin + start, begin + stop)
        for begin, end in itertools.pairwise(bounds)
        for start, stop in spans(weights[begin:end], BATCH_BYTES)
    ]
    first = np.array([keys[start] for start, _ in cuts], "<u8")
    last = np.array([keys[stop - 1] for _, stop in cuts], "<u8")
    schema = table.schema.with_metadata({_FIRST_KEYS: first.tobytes(), _LAST_KEYS: last.tobytes()})
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with files.commit(url) as file, pa.ipc.new_file(file, schema, options=options) as writer:
        for start, stop in cuts:
            batch = table.take(pa.array(order[start:stop]))
            writer.write_table(batch.replace_schema_metadata(schema.metadata))


def _width(table: pa.Table) -> int:
    return int(table.schema.field("tokens").type.value_type.bit_width) // 8


def list_runs(folder: str) -> list[str]:
    """The runs of all units."""
    return files.list_files(folder, SUFFIX)


def read_all(runs: Sequence[str], keys: KeyRange) -> pa.Table | None:
    """The rows of all these runs with keys in this range, in one chunk; None where there is no run."""
    tables = list(each_at_once(lambda run: read_range(run, *keys), runs))
    return pa.concat_tables(tables).combine_chunks() if tables else None


def read_range(url: str, first: int, last: int) -> pa.Table:
    """The rows of a run with `first <= key <= last`, in order; only the batches that hold some are read."""
    with files.open_read(url) as file, pa.ipc.open_file(file) as run:
        metadata = run.schema.metadata
        starts = np.frombuffer(metadata[_FIRST_KEYS], "<u8")
        stops = np.frombuffer(metadata[_LAST_KEYS], "<u8")
        touched = np.flatnonzero((starts <= np.uint64(last)) & (stops >= np.uint64(first)))
        batches = [_within(run.get_batch(int(number)), first, last) for number in touched]
        return pa.Table.from_batches(batches, run.schema).replace_schema_metadata(None)


def _within(batch: pa.RecordBatch, first: int, last: int) -> pa.RecordBatch:
    keys = batch.column("key").to_numpy()
    start = int(np.searchsorted(keys, np.uint64(first), "left"))
    stop = int(np.searchsorted(keys, np.uint64(last), "right"))
    return batch.slice(start, stop - start)
