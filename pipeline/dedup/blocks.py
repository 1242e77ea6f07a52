"""What crosses a shuffle in a barrier: blocks of a few thousand rows, packed, under an integer key.

The key is a partition of a hash range, or a unit. What has to meet meets by being sorted inside a partition,
so that the number of Beam's elements grows with the blocks and not with the documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import apache_beam as beam
import numpy as np
import orjson
import pyarrow as pa
from apache_beam.pvalue import PCollection, TaggedOutput
from numpy.typing import NDArray

from pipeline import files
from pipeline.dedup.parts import Part

BLOCK = 8192  # rows
LARGEST = 10
_TALLY = "tally"

Columns = Mapping[str, NDArray[np.generic]]
Tally = dict[str, Any]
Pairs = tuple[NDArray[np.uint64], NDArray[np.uint64]]


def pack(batch: pa.RecordBatch) -> bytes:
    """As an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return cast(bytes, sink.getvalue().to_pybytes())


def unpack(block: bytes) -> pa.RecordBatch:
    with pa.ipc.open_stream(block) as stream:
        return stream.read_next_batch()


def route(owners: NDArray[np.int64], columns: Columns) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The rows of each owner in batches of at most `BLOCK`, in the order in which they came."""
    order = np.argsort(owners, kind="stable")
    table = pa.record_batch({name: pa.array(values[order]) for name, values in columns.items()})
    owner, starts = np.unique(owners[order], return_index=True)
    for key, begin, end in zip(owner.tolist(), starts, np.append(starts[1:], len(order)), strict=False):
        for at in range(begin, end, BLOCK):
            yield key, table.slice(at, min(BLOCK, end - at))


def partition(values: NDArray[np.uint64], partitions: int) -> NDArray[np.int64]:
    """Which partition each value belongs to: a range of its multiplicative hash (Knuth, TAOCP 3, 6.4)."""
    hashed = values * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(32)
    return (hashed * np.uint64(partitions) >> np.uint64(32)).astype(np.int64)


def changes(*columns: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Where sorted rows differ from the row before; the first does."""
    changed = np.ones(len(columns[0]), np.bool_)
    changed[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return changed


def unique_pairs(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> Pairs:
    """Sorted, each once."""
    order = np.lexsort((right, left))
    left, right = left[order], right[order]
    first = changes(left, right)
    return left[first], right[first]


def gather(blocks: Iterable[bytes], names: Sequence[str], dtype: type = np.uint64) -> list[NDArray[Any]]:
    """The columns of all blocks, all of one type, end to end in the order in which they happen to come."""
    batches = [unpack(block) for block in blocks]
    return [
        np.concatenate([np.zeros(0, dtype), *(batch[name].to_numpy() for batch in batches)]) for name in names
    ]


def tally(**counts: Any) -> Any:
    """Counts for the barrier's summary. They are data, as nothing else counts a retried bundle once."""
    return TaggedOutput(_TALLY, counts)


def add_up(tallies: Iterable[Tally]) -> Tally:
    """The sum of each count; of `largest`, the largest."""
    total: Tally = {}
    for counts in tallies:
        for name, count in counts.items():
            total[name] = total[name] + count if name in total else count
    if "largest" in total:
        total["largest"] = sorted(total["largest"], reverse=True)[:LARGEST]
    return total


class Steps:
    """Wires the steps of one pipeline, and collects what they tally.

    A step is a function that yields `(key, block)`, and `tally(...)` if it likes.
    """

    def __init__(self, pipeline: beam.Pipeline, parts: Sequence[Part]) -> None:
        self._pipeline = pipeline
        self._parts = parts
        self._tallies: list[PCollection[Any]] = []

    def each(self, name: str, values: Sequence[Any], step: Any, *arguments: Any) -> PCollection[Any]:
        """`step(value, *arguments)` for each of these values, spread over the workers."""
        listed = self._pipeline | f"{name}: list" >> beam.Create(list(values))
        return self._apply(name, listed | f"{name}: spread" >> beam.Reshuffle(), step, *arguments)

    def grouped(self, name: str, blocks: PCollection[Any], step: Any, *arguments: Any) -> PCollection[Any]:
        """`step((key, blocks), *arguments)` for each key that has blocks."""
        return self._apply(name, blocks | f"{name}: group" >> beam.GroupByKey(), step, *arguments)

    def at_parts(self, name: str, blocks: PCollection[Any], step: Any, *arguments: Any) -> PCollection[Any]:
        """`step((part, blocks), *arguments)` for every part, with blocks or without; the key is its unit."""
        parts = self._pipeline | f"{name}: parts" >> beam.Create([(part.unit, part) for part in self._parts])
        joined = {"part": parts, "blocks": blocks} | f"{name}: join" >> beam.CoGroupByKey()
        return self._apply(name, joined | f"{name}: part" >> beam.Map(_addressed), step, *arguments)

    def write_tally(self, url: str) -> None:
        counts = self._tallies | beam.Flatten() | "add up" >> beam.CombineGlobally(add_up)
        counts | "write counts" >> beam.Map(lambda total: files.write_bytes(url, orjson.dumps(total)))

    def _apply(self, name: str, values: PCollection[Any], step: Any, *arguments: Any) -> PCollection[Any]:
        outputs = values | name >> beam.FlatMap(step, *arguments).with_outputs(_TALLY, main="blocks")
        self._tallies.append(outputs[_TALLY])
        return cast("PCollection[Any]", outputs["blocks"])


def _addressed(joined: tuple[int, dict[str, Iterable[Any]]]) -> tuple[Part, Iterable[bytes]]:
    (part,) = joined[1]["part"]
    return part, joined[1]["blocks"]
