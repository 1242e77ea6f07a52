"""The last step of a run: every kept document, shuffled, in Arrow shards.

The shuffle sorts documents by a hash of seed and id, so it does not know units, workers or their order.
Each shard is a range of the hash; it is read out of the sorted runs of all units a slice at a time, so
memory does not grow with the run or with the shard. Where there are many runs, `merge` makes few of them first.
"""

from __future__ import annotations

import functools
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

import apache_beam as beam
import pyarrow as pa

from pipeline import files
from pipeline.engine import Engine
from pipeline.spread import spread
from pipeline.stores import each_at_once
from pipeline.tokens.config import Shards
from pipeline.tokens.dataset import STATE, read_json, write_dataset_files, write_json
from pipeline.tokens.merge import Merge, merge_runs, plan_merge
from pipeline.tokens.rows import Documents, Packer, document_batches, document_schema, packed_schema
from pipeline.tokens.runs import key_range, list_runs, read_all, sort_order
from pipeline.tokens.tokenizer import TokenizerInfo

SUMMARY = "summary.json"
SLICE_TOKENS = 2**23  # held in memory at a time, about
_DONE = ".done"


@dataclass(frozen=True)
class Shard:
    """One shard as it was written. `separators` are the end-of-text tokens; they are not among `tokens`."""

    file: str
    sha256: str
    rows: int
    documents: int
    tokens: int
    separators: int


@dataclass(frozen=True)
class Summary:
    """All shards of a run; it stands in `shards/summary.json`."""

    shards: tuple[Shard, ...]

    @property
    def rows(self) -> int:
        return sum(shard.rows for shard in self.shards)

    @property
    def documents(self) -> int:
        return sum(shard.documents for shard in self.shards)

    @property
    def tokens(self) -> int:
        return sum(shard.tokens for shard in self.shards)

    @property
    def separators(self) -> int:
        return sum(shard.separators for shard in self.shards)

    def to_json(self) -> dict[str, Any]:
        totals = {name: getattr(self, name) for name in ("rows", "documents", "tokens", "separators")}
        return {**totals, "shards": [asdict(shard) for shard in self.shards]}


@dataclass(frozen=True)
class Plan:
    """What a worker needs to write any of the shards; made by `plan_shards`."""

    runs: str  # the folder of the runs
    count: int
    slices: int  # in each shard
    merge: Merge | None  # how runs are merged before they are read; None where they are few
    settings: Shards
    tokenizer: TokenizerInfo
    out: str

    def file(self, number: int) -> str:
        return f"data-{number:05d}-of-{self.count:05d}.arrow"

    def record(self, number: int) -> str:
        """Written after the shard: what is in it, and that it is done."""
        return files.join(self.out, _DONE, f"{self.file(number)}.json")

    def is_done(self, number: int) -> bool:
        return files.exists(self.record(number)) and files.exists(files.join(self.out, self.file(number)))

    def missing(self) -> list[int]:
        """The shards that are not there yet, from two listings."""
        here, recorded = set(files.names(self.out)), set(files.names(files.join(self.out, _DONE)))
        names = map(self.file, range(self.count))
        return [at for at, name in enumerate(names) if name not in here or f"{name}.json" not in recorded]

    def parts(self, number: int) -> range:
        """The slices of a shard, among those of all shards."""
        return range(number * self.slices, (number + 1) * self.slices)

    def sources(self, part: int) -> list[str]:
        """The sorted runs that hold this slice."""
        return list_runs(self.runs) if self.merge is None else self.merge.holding(part)

    @property
    def schema(self) -> pa.Schema:
        return (packed_schema if self.settings.pack else document_schema)(self.tokenizer.type)


def write_shards(
    runs: str,
    documents: int,
    tokens: int,
    settings: Shards,
    tokenizer: TokenizerInfo,
    out: str,
    engine: Engine,
) -> Summary:
    """Merge all runs in the folder `runs` into shards in the folder `out`; a shard that is done is not written
    again.

    `documents` and `tokens` are what the ledger says there is (end-of-text tokens not counted). A run
    without kept documents gives one shard without rows. The last row of each packed shard may be shorter
    than the context.

    Raises:
        RuntimeError: the shards do not hold exactly what the ledger says.
    """
    plan = plan_shards(runs, documents, tokens, settings, tokenizer, out)
    if not files.exists(files.join(out, STATE)):
        missing = plan.missing()
        if missing:
            if plan.merge is not None:
                merge_runs(plan.merge, engine)
            engine.run(functools.partial(_build, plan, missing))
        finish(plan, documents, tokens)
    return _read_summary(out)


def plan_shards(
    runs: str, documents: int, tokens: int, settings: Shards, tokenizer: TokenizerInfo, out: str
) -> Plan:
    """How many shards there will be, at least one, in how many slices each is read, and from what."""
    total = tokens + (documents if settings.pack else 0)
    count = max(1, -(-total // settings.tokens_per_shard))
    slices = max(1, -(-total // (count * SLICE_TOKENS)))
    merge = plan_merge(runs, len(list_runs(runs)), count * slices, -(-total // SLICE_TOKENS))
    return Plan(runs, count, slices, merge, settings, tokenizer, out)


def _build(plan: Plan, numbers: list[int], pipeline: beam.Pipeline) -> None:
    _ = spread(pipeline, "Shards", numbers) | "Write" >> beam.Map(functools.partial(write_shard, plan))


def finish(plan: Plan, documents: int, tokens: int) -> None:
    """Fold the records of all shards into the summary, and write the files of the dataset."""
    records = each_at_once(read_json, [plan.record(number) for number in range(plan.count)])
    summary = Summary(tuple(Shard(**record) for record in records))
    if (summary.documents, summary.tokens) != (documents, tokens):
        raise RuntimeError(
            f"the shards in {plan.out} hold {summary.documents} documents of {summary.tokens} tokens, "
            f"the ledger has {documents} of {tokens}"
        )
    write_json(files.join(plan.out, SUMMARY), summary.to_json())
    names, hashes = [shard.file for shard in summary.shards], [shard.sha256 for shard in summary.shards]
    write_dataset_files(plan.out, plan.schema, names, hashes)


def _read_summary(out: str) -> Summary:
    return Summary(tuple(Shard(**shard) for shard in read_json(files.join(out, SUMMARY))["shards"]))


def write_shard(plan: Plan, number: int) -> None:
    """Write one shard and then its record, unless both are there."""
    if plan.is_done(number):
        return
    packer = Packer(plan.settings.context_length, plan.tokenizer.end_of_text_id, plan.tokenizer.type)
    rows = documents = tokens = 0
    with _hashed(files.join(plan.out, plan.file(number))) as sink:
        with pa.ipc.new_stream(sink, plan.schema) as writer:

            def write(batches: Iterator[pa.RecordBatch]) -> int:
                written = 0
                for batch in batches:
                    writer.write_batch(batch)
                    written += batch.num_rows
                return written

            for part in _slices(plan, number):
                documents += len(part.ids)
                tokens += len(part.tokens)
                rows += write(packer.add(part) if plan.settings.pack else document_batches(part))
            rows += write(packer.finish())
        digest = sink.digest.hexdigest()
    separators = documents if plan.settings.pack else 0
    write_json(
        plan.record(number), asdict(Shard(plan.file(number), digest, rows, documents, tokens, separators))
    )


def _slices(plan: Plan, number: int) -> Iterator[Documents]:
    for part in plan.parts(number):
        table = read_all(plan.sources(part), key_range(part, plan.count * plan.slices))
        if table is not None and table.num_rows:
            yield Documents.of(table.take(pa.array(sort_order(table))).combine_chunks())


class _HashedFile(io.RawIOBase):
    """Passes bytes on and keeps their SHA-256."""

    def __init__(self, file: BinaryIO) -> None:
        self.digest = hashlib.sha256()
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self.digest.update(content)
        return self._file.write(content)


@contextmanager
def _hashed(url: str) -> Iterator[_HashedFile]:
    with files.commit(url) as file:
        yield _HashedFile(file)
