"""Compaction: when a pass is complete, the small files of 1,000 units become a few larger ones.

It goes in an order that can be broken off anywhere: the sums are committed, then the rows of the range, then the units'
own files are removed, those of the ledger last. A range whose rows are there is done. A unit's file that is missing
while a range is read can only mean that somebody else has just committed the same range. Everything written is a function
of the units' files alone, so whoever writes it, and however often, writes the same bytes; and a late worker that writes a
unit's files once more writes some that nobody looks at and the next compaction removes.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import files
from pipeline.engine import Engine
from pipeline.ledger import LEDGER
from pipeline.ledger_files import RANGE, Sums, listing, read_tables, rows_file, sums_file
from pipeline.rundir import RunDirectory
from pipeline.spread import spread
from pipeline.stores import each_at_once
from pipeline.tallies.files import sum_units, tally_sums_file
from pipeline.unreadable import count_units, counts_file

_FEW_RANGES = 4  # are compacted sooner than an engine has started
_ROWS = 1 << 17  # in a row group, about


def compact(engine: Engine, run: RunDirectory, number: int, count: int) -> None:
    """Compact a complete pass over `count` units, as far as it is not; a look at the folder where it is."""
    waiting = np.unique(listing(run, number).units // RANGE).tolist()
    work = functools.partial(compact_range, run, number, count)
    if len(waiting) <= _FEW_RANGES:
        for at in waiting:
            work(at)
        return

    def build(pipeline: beam.Pipeline) -> None:
        _ = spread(pipeline, f"Ranges{number}", waiting) | f"Compact{number}" >> beam.Map(work)

    engine.run(build)


def compact_range(run: RunDirectory, number: int, count: int, at: int) -> None:
    """Compact one range of units, or remove what is left of them where that is done.

    Raises:
        FileNotFoundError: a unit of the range is not done.
    """
    units = range(at * RANGE, min((at + 1) * RANGE, count))
    if not files.exists(rows_file(run, number, at)):
        try:
            _write(run, number, at, units)
        except FileNotFoundError:
            if not files.exists(rows_file(run, number, at)):
                raise
    for file in (run.tallies, run.ledger):  # what has a ledger file is looked at again
        list(each_at_once(files.remove, [file(number, unit) for unit in units]))


def _write(run: RunDirectory, number: int, at: int, units: Sequence[int]) -> None:
    if number == 0:
        files.write_table(counts_file(run, at), count_units(run, units))
    files.write_table(tally_sums_file(run, number, at), sum_units(run, number, units))
    added = Sums()
    with files.commit(rows_file(run, number, at)) as file:
        with pq.ParquetWriter(file, LEDGER, compression="zstd") as writer:
            for table in _together(read_tables([run.ledger(number, unit) for unit in units])):
                writer.write_table(table, row_group_size=len(table))
                added.add(table)
        files.write_table(sums_file(run, number, at), added.table())


def _together(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The rows of small tables in larger ones."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(map(len, waiting)) >= _ROWS:
            yield pa.concat_tables(waiting)
            waiting = []
    if any(map(len, waiting)):
        yield pa.concat_tables(waiting)
