"""How the steps of a barrier are wired in Beam, and what they tally."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import apache_beam as beam
import orjson
from apache_beam.pvalue import PCollection, TaggedOutput

from pipeline import files
from pipeline.dedup.summary import add_up
from pipeline.spread import spread

_TALLY = "tally"
_REQUESTS = "requests"
_EVERY = "every"

Inbox = dict[str, Iterable[bytes]]


def tally(**counts: Any) -> Any:
    """Counts for the barrier's summary. They are data, as nothing else counts a retried bundle once."""
    return TaggedOutput(_TALLY, counts)


def request(block: Any) -> Any:
    """A block of requests (`pipeline.dedup.fetch`), beside the blocks that a step yields."""
    return TaggedOutput(_REQUESTS, block)


class Steps:
    """Wires the steps of one pipeline, and collects what they tally.

    A step is a function that yields `(key, block)`, `request((key, block))` if it needs something of another group,
    and `tally(...)` if it likes. What a step is sent is tallied for it.
    """

    def __init__(self, pipeline: beam.Pipeline) -> None:
        self._pipeline = pipeline
        self._tallies: list[PCollection[Any]] = []

    def each(self, name: str, numbers: Sequence[int], step: Any, *arguments: Any) -> PCollection[Any]:
        """`step(number, *arguments)` for each of these, spread over the workers."""
        return self._apply(name, spread(self._pipeline, name, numbers), step, *arguments)[0]

    def grouped(
        self, name: str, blocks: PCollection[Any], step: Any, *arguments: Any
    ) -> tuple[PCollection[Any], PCollection[Any]]:
        """`step(key, blocks, *arguments)` for each key that has blocks: what it yields, and its requests."""
        together = blocks | f"{name}: group" >> beam.GroupByKey()
        return self._apply(name, together, _weighed, name, step, *arguments)

    def joined(
        self,
        name: str,
        inbox: Mapping[str, PCollection[Any]],
        step: Any,
        *arguments: Any,
        every: Sequence[int] = (),
    ) -> PCollection[Any]:
        """`step(key, inbox, *arguments)` for each key that has blocks of any sort, and for `every` one of these
        numbers, with blocks or without."""
        sorts = dict(inbox)
        if every:
            numbers = spread(self._pipeline, f"{name}: all", every)
            sorts[_EVERY] = numbers | f"{name}: keys" >> beam.Map(_marker)
        together = sorts | f"{name}: join" >> beam.CoGroupByKey()
        return self._apply(name, together, _weighed, name, step, *arguments)[0]

    def write_tally(self, url: str) -> None:
        counts = self._tallies | beam.Flatten() | "add up" >> beam.CombineGlobally(add_up)
        counts | "write counts" >> beam.Map(lambda total: files.write_bytes(url, orjson.dumps(total)))

    def _apply(
        self, name: str, values: PCollection[Any], step: Any, *arguments: Any
    ) -> tuple[PCollection[Any], PCollection[Any]]:
        outputs = values | name >> beam.FlatMap(step, *arguments).with_outputs(
            _TALLY, _REQUESTS, main="blocks"
        )
        self._tallies.append(outputs[_TALLY])
        return cast("PCollection[Any]", outputs["blocks"]), cast("PCollection[Any]", outputs[_REQUESTS])


def _marker(number: int) -> tuple[int, bytes]:
    return number, b""


def _weighed(element: tuple[int, Any], name: str, step: Any, *arguments: Any) -> Iterator[Any]:
    """A step, and how many bytes come to it."""
    key, received = element
    weight = _Weight()
    if isinstance(received, dict):
        received = {sort: weight.of(blocks) for sort, blocks in received.items() if sort != _EVERY}
    else:
        received = weight.of(received)
    yield from step(key, received, *arguments)
    yield tally(shuffled={name: {"bytes": weight.bytes, "inbox": weight.bytes}})


class _Weight:
    def __init__(self) -> None:
        self.bytes = 0

    def of(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self.bytes += len(block)
            yield block
