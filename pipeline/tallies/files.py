"""The files of the tallies: one for each unit while a pass is under way, one for each 1,000 units when it is complete.

    tallies/P/000042.parquet                those of unit 42 in pass P, committed before its ledger file
    sums/tallies/P/000000-000999.parquet    those of 1,000 units added up, committed before the rows of their ledger

So wherever the ledger says that a unit or a range is done, its tallies are there. Units are always added up by
ranges, compacted or not, so that the same hosts are cut from the lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from pipeline import files
from pipeline.ledger_files import RANGE, again_if_compacted, listing, range_name, read_tables
from pipeline.rundir import RunDirectory
from pipeline.tallies.hosts import prune
from pipeline.tallies.table import TALLIES, add_up

_ROWS_WAITING = 1 << 19
_UNITS_AT_ONCE = 32  # of 10,000 rows, and as many hosts
_SUMS_AT_ONCE = 2  # each has up to some 65,536 hosts for each of its lists


def tally_sums_file(run: RunDirectory, number: int, at: int) -> str:
    return run.path("sums", "tallies", str(number), range_name(at))


def sum_units(run: RunDirectory, number: int, units: Sequence[int]) -> pa.Table:
    """The tallies of some units of a range added up.

    Raises:
        FileNotFoundError: a unit is not done, or compacted already.
    """
    added = _Sum()
    for table in read_tables([run.tallies(number, unit) for unit in units], _UNITS_AT_ONCE):
        added.add(table)
    return added.table()


def fold_tallies(run: RunDirectory) -> pa.Table:
    """All tallies of a run added up, `table.TALLIES`, sorted by the keys; no rows where a run has none.

    Memory is that of the result, in which hosts are pruned.
    """
    if not (files.names(run.path("tallies")) or files.names(run.path("sums", "tallies"))):
        return TALLIES.empty_table()
    return again_if_compacted(lambda: _fold(run))


def _fold(run: RunDirectory) -> pa.Table:
    added = _Sum()
    for number in map(int, files.names(run.path("ledger"))):
        for table in _ranges(run, number):
            added.add(table)
    return added.table()


def _ranges(run: RunDirectory, number: int) -> Iterator[pa.Table]:
    """The tallies of each range of a pass, or of what is done of it, in order."""
    found = listing(run, number)
    loose = found.loose // RANGE
    compacted = found.ranges.tolist()
    sums = read_tables([tally_sums_file(run, number, at) for at in compacted], _SUMS_AT_ONCE)
    for at in sorted({*compacted, *loose.tolist()}):
        yield next(sums) if at in compacted else sum_units(run, number, found.loose[loose == at].tolist())


class _Sum:
    """Adds up tallies now and then, so that little waits, and prunes the hosts."""

    def __init__(self) -> None:
        self._total = TALLIES.empty_table()
        self._waiting: list[pa.Table] = []
        self._count = 0

    def add(self, table: pa.Table) -> None:
        self._waiting.append(table)
        self._count += len(table)
        if self._count > max(_ROWS_WAITING, len(self._total)):
            self._add_up()

    def table(self) -> pa.Table:
        self._add_up()
        return self._total

    def _add_up(self) -> None:
        self._total = prune(add_up([self._total, *self._waiting]))
        self._waiting, self._count = [], 0
