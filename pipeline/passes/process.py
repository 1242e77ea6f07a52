"""What a worker does with one unit in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from filters.audit.groups import GROUPS as AUDITED_GROUPS
from filters.audit.groups import group_bits
from filters.kernels.buffers import text_buffers
from pipeline import files
from pipeline.batch import CARRIED, DOCUMENT, GROUPS, KEY, LENGTH, TOKENS, WEIGHT, WORDS, set_column
from pipeline.errors import AssayError
from pipeline.ledger import Quantities, UnitLedger
from pipeline.ledger_files import is_done
from pipeline.passes.failures import describe, is_of_the_unit, record_failure
from pipeline.passes.heartbeat import Heartbeat
from pipeline.passes.job import Job, Opened, open_job
from pipeline.passes.rows import TALLY, Rows, measure_amounts
from pipeline.passes.writers import (
    DROPPED,
    UNREADABLE,
    BatchWriter,
    dropped_batch,
    unreadable_batch,
)
from pipeline.profile.clock import came, each_timed, timed
from pipeline.profile.units import profiled
from pipeline.sources.read import read_unit
from pipeline.sources.unit import Unit, Unreadable
from pipeline.tallies.gather import UnitTallies
from pipeline.tallies.groups import length_classes
from pipeline.tokens.runs import TokenRuns


@dataclass(frozen=True)
class Incoming:
    """A batch that comes into a pass, and how far into the unit it reaches (in bytes of the unit)."""

    batch: pa.RecordBatch
    unreadable: tuple[Unreadable, ...]
    position: int


def process_unit(job: Job, unit: Unit) -> str | None:
    """Read a unit, take it through the stages of the pass, write its files, and commit by its ledger file.

    A unit that is done stays as it is. Everything that is written for a unit is a function of the unit and the recipe
    alone, so doing it again after a failure writes the same bytes.

    Returns:
        Why the unit failed, which is also written down in `failed/`; None where it is done.

    Raises:
        AssayError: the machine or a store failed; the message names the unit's file and range.
    """
    if is_done(job.run, job.number, unit.index):
        return None
    opened = open_job(job)
    try:
        with profiled(job.run, job.number, unit.name, job.profile):
            _process(job, opened, unit, _incoming(job, opened, unit))
    except Exception as error:
        if is_of_the_unit(error):
            return record_failure(job.run, job.number, unit, error)
        raise AssayError(describe(unit, job.number, error)) from error
    return None


def skip_unit(job: Job, unit: Unit, cause: str) -> None:
    """Write a unit of the first pass as one without documents, and one unreadable record in their place.

    Raises:
        AssayError: the machine or a store failed.
    """
    record = Unreadable(unit.path, unit.start, "unreadable", "unit_failed", cause)
    nothing = Incoming(pa.RecordBatch.from_pylist([], schema=DOCUMENT), (record,), unit.bytes)
    _process(job, open_job(job), unit, [nothing])


def _process(job: Job, opened: Opened, unit: Unit, batches: Iterable[Incoming]) -> None:
    step = opened.step
    ledger = UnitLedger(unit.index)
    tallies = UnitTallies(unit.index, AUDITED_GROUPS if opened.recipe.audit else ())
    heartbeat = Heartbeat(job.run, job.number, unit)
    with ExitStack() as stack:
        part = stack.enter_context(BatchWriter(job.run.part(job.number, unit.index)))
        dropped = stack.enter_context(BatchWriter(job.run.dropped(job.number, unit.index), DROPPED))
        unreadable = None
        if step.number == 0:
            unreadable = stack.enter_context(BatchWriter(job.run.unreadable(unit.index), UNREADABLE))
        runs = TokenRuns(job.run.path("tokens"), unit.name, opened.recipe.shards.seed) if step.last else None
        for incoming in each_timed("read", batches):
            size = incoming.batch.column("text").nbytes
            came("read", incoming.batch.num_rows, size)
            if unreadable is not None:
                unreadable.write(unreadable_batch(incoming.unreadable))
            rows = _judge(job, opened, incoming.batch, ledger, tallies)
            with timed("write dropped", sum(len(drop.reasons) for drop in rows.drops)):
                for drop in rows.drops:
                    dropped.write(dropped_batch(drop, opened.recipe.dropped.text))
            if runs is not None:
                with rows.timed("encode"):
                    _add_tokens(runs, opened, rows, unit, part.rows)
            finished = _finished(opened, rows)
            with rows.timed("write part"):
                part.write(finished)
            heartbeat.beat(incoming.batch.num_rows, incoming.position)
        with timed("commit"):
            if runs is not None:
                runs.close()
            stack.close()
    with timed(TALLY):
        files.write_table(job.run.tallies(job.number, unit.index), tallies.table())
    with timed("commit"):
        files.write_table(job.run.ledger(job.number, unit.index), ledger.table())
    heartbeat.end()


def _judge(job: Job, opened: Opened, batch: pa.RecordBatch, ledger: UnitLedger, tallies: UnitTallies) -> Rows:
    """Take one batch through every stage of the pass."""
    step, count_tokens = opened.step, opened.tokenizer.count
    if step.number == 0:
        amounts = measure_amounts(batch.column("text"), count_tokens)
        rows = Rows(_with_carried(job, opened, batch, amounts), amounts, ledger, tallies, count_tokens)
        rows.pass_through("read")
    else:
        rows = Rows(_without_marks(batch), _stored_amounts(batch), ledger, tallies, count_tokens)
        for at, decided in enumerate(step.decided):
            marks = batch.column(f"drop.{at}").to_numpy(zero_copy_only=False).astype(bool)
            rows.drop_copies(decided.label, decided.reason, marks)
    for stage in step.stages:
        rows.apply(stage)
    if step.last:
        rows.pass_through("tokenize")
    rows.end()
    return rows


def _with_carried(job: Job, opened: Opened, batch: pa.RecordBatch, amounts: Quantities) -> pa.RecordBatch:
    """The batch with what is found out about its documents as they are read (`pipeline.batch.CARRIED`)."""
    if opened.recipe.audit:
        with timed("find audited groups", batch.num_rows, int(amounts.bytes.sum())):
            batch = set_column(batch, GROUPS, pa.array(group_bits(batch.column("text"))))
        batch = set_column(batch, LENGTH, pa.array(length_classes(amounts.bytes)))
    if job.drawn_per_byte is not None:
        chance = np.minimum(1.0, job.drawn_per_byte * np.maximum(amounts.bytes, 1))
        batch = set_column(batch, WEIGHT, pa.array(1 / chance))
    return batch


def _finished(opened: Opened, rows: Rows) -> pa.RecordBatch:
    """The rows as the part keeps them: with their counts, and the keys that the next barrier reads."""
    batch = set_column(rows.batch, WORDS, pa.array(rows.amounts.words, pa.int64()))
    batch = set_column(batch, TOKENS, pa.array(rows.amounts.tokens, pa.int64()))
    keys: dict[str, pa.Array] = {}
    for stage in opened.step.keyed:
        with rows.timed(f"{stage.label}: keys"):
            keys |= stage.keys(batch)
    for name, values in keys.items():
        batch = set_column(batch, name, values)
    if opened.step.last:
        batch = batch.select([name for name in batch.schema.names if name not in CARRIED])
    return batch


def _add_tokens(runs: TokenRuns, opened: Opened, rows: Rows, unit: Unit, first_row: int) -> None:
    count = rows.batch.num_rows
    if count == 0:
        return
    row_ids = np.arange(first_row, first_row + count, dtype=np.uint64) + np.uint64(unit.index << 32)
    tokens = opened.tokenizer.encode(rows.batch.column("text"))
    lengths = np.diff(tokens.offsets.to_numpy())
    if not np.array_equal(lengths, rows.amounts.tokens):
        raise AssertionError("the tokenizer counted and encoded the same documents differently")
    runs.add(rows.batch.column("id"), row_ids, tokens)


def _incoming(job: Job, opened: Opened, unit: Unit) -> Iterator[Incoming]:
    """The batches of a unit; one empty batch where there is none, so that every file has its columns."""
    return _from_source(opened, unit) if job.number == 0 else _from_part(job, opened, unit)


def _from_source(opened: Opened, unit: Unit) -> Iterator[Incoming]:
    yield Incoming(pa.RecordBatch.from_pylist([], schema=DOCUMENT), (), 0)
    for chunk in read_unit(unit, opened.recipe.source):
        # Of Parquet, a unit's start is a row group and not a byte.
        start = 0 if unit.format == "parquet" else unit.start
        yield Incoming(chunk.documents, chunk.unreadable, chunk.position - start)


def _from_part(job: Job, opened: Opened, unit: Unit) -> Iterator[Incoming]:
    """The part of the pass before, batch by batch as it was written, with a `drop.N` column per decided stage."""
    drops = [_dropped_rows(job, stage.label, unit) for stage in opened.step.decided]
    with files.open_read(job.run.part(job.number - 1, unit.index)) as file:
        reader = pq.ParquetFile(file)
        yield Incoming(_marked(pa.RecordBatch.from_pylist([], schema=reader.schema_arrow), drops, 0), (), 0)
        first = 0
        for group in range(reader.num_row_groups):
            table = reader.read_row_group(group, use_threads=False).combine_chunks()
            for batch in table.to_batches():
                position = unit.bytes * (group + 1) // reader.num_row_groups
                yield Incoming(_marked(batch, drops, first), (), position)
                first += batch.num_rows


def _dropped_rows(job: Job, label: str, unit: Unit) -> np.ndarray:
    table = files.read_table(files.join(job.run.duplicates(label), f"{unit.name}.parquet"), ["row"])
    rows: np.ndarray = table.column("row").to_numpy()
    return rows


def _marked(batch: pa.RecordBatch, drops: list[np.ndarray], first: int) -> pa.RecordBatch:
    for at, rows in enumerate(drops):
        marks = np.zeros(batch.num_rows, bool)
        here = rows[(rows >= first) & (rows < first + batch.num_rows)].astype(np.int64)
        marks[here - first] = True
        batch = batch.append_column(f"drop.{at}", pa.array(marks))
    return batch


def _without_marks(batch: pa.RecordBatch) -> pa.RecordBatch:
    return batch.select([name for name in batch.schema.names if not name.startswith(("drop.", KEY))])


def _stored_amounts(batch: pa.RecordBatch) -> Quantities:
    """What the documents amount to, as the pass before counted them: their texts have not changed since."""
    _, offsets = text_buffers(batch.column("text"))
    return Quantities(np.diff(offsets), batch.column(WORDS).to_numpy(), batch.column(TOKENS).to_numpy())
