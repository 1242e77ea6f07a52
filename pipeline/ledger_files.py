"""The files of the ledger: one for each unit while a pass is under way, one for each 1,000 units when it is complete.

    ledger/P/000042.parquet                what unit 42 counted in pass P: the unit is done when this file is there
    ledger/P/000000-000999.parquet         the same rows of 1,000 units, when the pass is complete
    sums/ledger/P/000000-000999.parquet    those rows added up: what the report reads

`pipeline.passes.compact` makes the latter two out of the first. Where a range has its file, the files of single units in
it are not looked at, so nothing is counted twice, whenever compaction was killed and whoever writes a unit's file again.

Sums have two sorts of rows: without a unit, the sum over all units by the five keys; with a unit, what it began and ended
with (`ledger.ENDS`) in each language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline import files
from pipeline.ledger import ENDS, KEYS, LEDGER, QUANTITIES, add_up
from pipeline.rundir import RunDirectory
from pipeline.stores import each_at_once

RANGE = 1000  # units
_FILES_AT_ONCE = 256
_SUMS_AT_ONCE = 8  # of 1,000 units and some hundred languages each: 10 MB in memory
_ROWS_WAITING = 1 << 18
_ATTEMPTS = 3
_NAME = re.compile(r"(\d{6,})(-\d{6,})?\.parquet")

T = TypeVar("T")
Fold = tuple[Sequence[str], pc.Expression | None]


@dataclass(frozen=True)
class Listing:
    """The ledger files of one pass: ranges and units, as numbers, rising."""

    ranges: NDArray[np.int64]
    units: NDArray[np.int64]

    @property
    def loose(self) -> NDArray[np.int64]:
        """Units that have a file and are in no range that has one."""
        return self.units[~np.isin(self.units // RANGE, self.ranges)]

    def done(self, count: int) -> NDArray[np.bool_]:
        """Which of the `count` units of the run are done: bool[count]."""
        numbers = np.arange(count)
        return np.isin(numbers, self.units) | np.isin(numbers // RANGE, self.ranges)


def listing(run: RunDirectory, number: int) -> Listing:
    """What is there of a pass, from one listing of its folder."""
    ranges, units = [], []
    for url in files.list_files(run.path("ledger", str(number)), ".parquet"):
        match = _NAME.fullmatch(url.rsplit("/", 1)[-1])
        if match and match[2]:
            ranges.append(int(match[1]) // RANGE)
        elif match:
            units.append(int(match[1]))
    return Listing(np.array(ranges, np.int64), np.array(units, np.int64))


def range_name(at: int) -> str:
    """The name of every file that is written for a range of units; the last range may hold fewer."""
    return f"{at * RANGE:06d}-{(at + 1) * RANGE - 1:06d}.parquet"


def rows_file(run: RunDirectory, number: int, at: int) -> str:
    return run.path("ledger", str(number), range_name(at))


def sums_file(run: RunDirectory, number: int, at: int) -> str:
    return run.path("sums", "ledger", str(number), range_name(at))


def is_done(run: RunDirectory, number: int, unit: int) -> bool:
    """Whether a unit is done in a pass.

    The order of the two looks matters: a range is committed before the files of its units go.
    """
    return files.exists(run.ledger(number, unit)) or files.exists(rows_file(run, number, unit // RANGE))


def fold(run: RunDirectory, keys: Sequence[str]) -> pa.Table:
    """The sum of a run's ledger by these keys, sorted by them."""
    return fold_each(run, [(keys, None)])[0]


def fold_each(run: RunDirectory, folds: Sequence[Fold]) -> list[pa.Table]:
    """The sum of a run's ledger in several ways at once, each file read once: int64 quantities, sorted by the keys.

    A fold is keys (any of the five and `unit`) and the rows to count, or None for all. With `unit` among the keys there
    are only the units' ENDS, without reason and source. Memory is that of the result.
    """
    return again_if_compacted(lambda: _fold_each(run, folds))


def again_if_compacted(fold: Callable[[], T]) -> T:
    """What `fold` gives, which is tried again where a run that is under way compacts the files that it reads."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return fold()
        except FileNotFoundError:
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _fold_each(run: RunDirectory, folds: Sequence[Fold]) -> list[pa.Table]:
    folded = [_Sum(keys, rows) for keys, rows in folds]
    for table in all_sums(run):
        of_units = pc.field("unit").is_valid()
        parts = {True: table.filter(of_units), False: table.filter(~of_units)}
        for one in folded:
            one.add(parts["unit" in one.keys])
    return [one.table() for one in folded]


def all_sums(run: RunDirectory) -> Iterator[pa.Table]:
    """The sums of a run, some hundred or a thousand units at a time, in both sorts of rows."""
    for number in map(int, files.names(run.path("ledger"))):
        found = listing(run, number)
        yield from read_tables([sums_file(run, number, int(at)) for at in found.ranges], _SUMS_AT_ONCE)
        loose = [run.ledger(number, int(unit)) for unit in found.loose]
        for start in range(0, len(loose), _FILES_AT_ONCE):
            added = Sums()
            added.add(pa.concat_tables(read_tables(loose[start : start + _FILES_AT_ONCE])))
            yield added.table()


def read_tables(urls: Sequence[str], held: int = _FILES_AT_ONCE) -> Iterator[pa.Table]:
    """These tables in order, some read at a time, and so many held at most."""
    for start in range(0, len(urls), held):
        yield from each_at_once(files.read_table, urls[start : start + held])


class _Sum:
    """Adds up tables by some keys, now and then, so that little waits and nothing is added up often."""

    def __init__(self, keys: Sequence[str], rows: pc.Expression | None) -> None:
        self.keys = keys
        self._rows = rows
        self._total = LEDGER.empty_table().select([*keys, *QUANTITIES])
        self._waiting: list[pa.Table] = []
        self._count = 0

    def add(self, table: pa.Table) -> None:
        counted = add_up(table if self._rows is None else table.filter(self._rows), self.keys)
        self._waiting.append(counted)
        self._count += len(counted)
        if self._count > max(_ROWS_WAITING, len(self._total)):
            self._add_up()

    def table(self) -> pa.Table:
        self._add_up()
        return self._total

    def _add_up(self) -> None:
        self._total = add_up(pa.concat_tables([self._total, *self._waiting]), self.keys)
        self._waiting, self._count = [], 0


class Sums:
    """Makes the sums of units' ledger rows, some units at a time, each unit whole and in order."""

    def __init__(self) -> None:
        self._totals = _Sum(KEYS, None)
        self._ends: list[pa.Table] = []

    def add(self, rows: pa.Table) -> None:
        self._totals.add(rows)
        self._ends.append(add_up(rows.filter(ENDS), ["unit", "stage", "outcome", "language"]))

    def table(self) -> pa.Table:
        return pa.concat_tables(map(_as_ledger, [self._totals.table(), *self._ends]))


def _as_ledger(table: pa.Table) -> pa.Table:
    """With null in the columns that were not asked for."""
    here = table.column_names
    return pa.table(
        [table[f.name] if f.name in here else pa.nulls(len(table), f.type) for f in LEDGER], schema=LEDGER
    )
