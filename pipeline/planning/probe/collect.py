"""Searches in the key files. Each goes over all of them, reads the columns it needs, and moves only what it finds.

Keys are asked for in a file, which every worker reads once; what a group of neighbouring units holds of them is written to
a file of that group, and the driver adds these up. So what is moved grows with what is found and not with the pool.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline import files
from pipeline.attempt import sha256
from pipeline.dedup.layout import group_size
from pipeline.dedup.packing import Numbers
from pipeline.dedup.parts import row_ids
from pipeline.dedup.stages import Deduplicator
from pipeline.dedup.steps import Steps
from pipeline.engine import Engine
from pipeline.planning.draw import mixed, unit_interval
from pipeline.planning.probe.keyfiles import search_column, search_keys
from pipeline.planning.probe.read import key_file
from pipeline.rundir import RunDirectory
from pipeline.stores import each_at_once

ROW, CHANCE = "row", "chance"

# Of a key: how many documents have it, how many of these no filter drops, and the final bytes of those.
_TALLY = pa.schema(
    [
        ("stage", pa.int64()),
        ("key", pa.uint64()),
        ("documents", pa.int64()),
        ("passing", pa.int64()),
        ("bytes", pa.int64()),
    ]
)
_ROWS_AT_A_TIME = 65_536
_ASKED = "asked.npz"


@dataclass(frozen=True)
class Tally:
    """Keys of one deduplicator (sorted, uint64) and what is known of each (int64)."""

    key: Numbers
    documents: NDArray[np.int64]
    passing: NDArray[np.int64]
    bytes: NDArray[np.int64]

    def places(self, keys: Numbers) -> NDArray[np.int64]:
        """Where these keys, which are all there, stand."""
        return np.searchsorted(self.key, keys)

    def joined(self, other: Tally) -> Tally:
        """Both, which have no key in common."""
        keys = np.concatenate([self.key, other.key])
        order = np.argsort(keys)
        pairs = (
            (self.documents, other.documents),
            (self.passing, other.passing),
            (self.bytes, other.bytes),
        )
        return Tally(keys[order], *(np.concatenate(pair)[order] for pair in pairs))

    @classmethod
    def none(cls) -> Tally:
        return cls(np.zeros(0, np.uint64), *(np.zeros(0, np.int64) for _ in range(3)))


@dataclass(frozen=True)
class KeyFiles:
    """The key files of a pool of `units` units and about `rows` documents, and who searches them."""

    folder: RunDirectory
    stages: tuple[Deduplicator, ...]
    units: int
    rows: int
    engine: Engine

    def count(self, asked: Sequence[Numbers]) -> list[Tally]:
        """What the pool has of these keys (sorted), for each deduplicator."""
        found = self._tallies("count", asked)
        return [_filled(tally, keys) for tally, keys in zip(found, asked, strict=True)]

    def keyspace(self, shares: Sequence[float]) -> list[Tally]:
        """All keys of each deduplicator (the first one of each document) whose hash is in this share of the key space:
        all copies of a key, or none (distinct sampling: Gibbons, VLDB 2001)."""
        return self._tallies("keyspace", [np.array([share]) for share in shares])

    def fetch(
        self, asked: Sequence[Numbers], chances: Sequence[NDArray[np.float64]], below: float
    ) -> pa.Table:
        """The rows of documents whose draw is below `below`, or below the chance of one of their keys that is asked
        for: the columns of the key files, ROW, and CHANCE, the largest of these limits; sorted by ROW."""
        tables = self._search([*asked, *chances, np.array([below])], fetch_group)
        return pa.concat_tables(tables).sort_by(ROW).combine_chunks()

    def _groups(self) -> int:
        return -(-self.units // self._size())

    def _units_of(self, group: int) -> range:
        size = self._size()
        return range(group * size, min((group + 1) * size, self.units))

    def _size(self) -> int:
        return group_size(self.units, self.rows)

    def _tallies(self, name: str, asked: Sequence[NDArray[Any]]) -> list[Tally]:
        tables = self._search(asked, count_group if name == "count" else keyspace_group)
        table = pa.concat_tables(tables).combine_chunks()
        columns = [cast("NDArray[Any]", column.to_numpy()) for column in table.columns]
        found = []
        for at in range(len(self.stages)):
            of = columns[0] == at
            found.append(_added(*(column[of] for column in columns[1:])))
        return found

    def _search(self, asked: Sequence[NDArray[Any]], step: Callable[..., Iterator[object]]) -> list[pa.Table]:
        """Ask for these arrays by this step, which writes a table for each group; gives these tables."""
        stored = io.BytesIO()
        np.savez(stored, *asked)
        content = stored.getvalue()
        # A name of its own: workers keep what they have read.
        place = self.folder.path("search", f"{step.__name__}-{sha256(content)[:16]}")
        files.write_bytes(files.join(place, _ASKED), content)
        search = Search(self.folder, self.stages, place)
        bounds = tuple((units[0], units[-1] + 1) for units in map(self._units_of, range(self._groups())))

        def build(pipeline: Any) -> None:
            Steps(pipeline).each("Search", range(len(bounds)), step, search, bounds)

        self.engine.run(build)
        found = list(each_at_once(files.read_table, files.list_files(place, ".parquet")))
        files.remove(place)
        return found


@dataclass(frozen=True)
class Search:
    """What a worker that searches is told."""

    folder: RunDirectory
    stages: tuple[Deduplicator, ...]
    place: str

    def asked(self) -> list[NDArray[Any]]:
        return _asked(files.join(self.place, _ASKED))

    def batches(
        self, units: range, columns: Sequence[str]
    ) -> Iterator[tuple[int, NDArray[np.int64], pa.RecordBatch]]:
        """The unit, the places in it, and these columns of its documents."""
        for unit in units:
            first = 0
            with files.open_read(key_file(self.folder, unit)) as file:
                for batch in pq.ParquetFile(file).iter_batches(_ROWS_AT_A_TIME, columns=list(columns)):
                    yield unit, np.arange(first, first + len(batch)), batch
                    first += len(batch)

    def write(self, group: int, table: pa.Table) -> None:
        files.write_table(files.join(self.place, f"{group:06d}.parquet"), table)


@lru_cache(maxsize=1)
def _asked(url: str) -> list[NDArray[Any]]:
    with np.load(io.BytesIO(files.read_bytes(url))) as stored:
        return [stored[name] for name in stored.files]


def count_group(group: int, search: Search, bounds: Sequence[tuple[int, int]]) -> Iterator[object]:
    """Tally the keys that are asked for in a group of units."""

    def wanted(at: int, keys: Numbers) -> NDArray[np.bool_]:
        asked = search.asked()[at]
        if not len(asked):
            return np.zeros(len(keys), np.bool_)
        places = np.minimum(np.searchsorted(asked, keys), len(asked) - 1)
        return cast("NDArray[np.bool_]", asked[places] == keys)

    return _tally_group(group, search, bounds, wanted, every=True)


def keyspace_group(group: int, search: Search, bounds: Sequence[tuple[int, int]]) -> Iterator[object]:
    """Tally the first key of each document, where it is in the share of the key space that is asked for."""

    def wanted(at: int, keys: Numbers) -> NDArray[np.bool_]:
        return cast("NDArray[np.bool_]", unit_interval(mixed(keys)) < search.asked()[at][0])

    return _tally_group(group, search, bounds, wanted, every=False)


def _tally_group(
    group: int,
    search: Search,
    bounds: Sequence[tuple[int, int]],
    wanted: Callable[[int, Numbers], NDArray[np.bool_]],
    every: bool,
) -> Iterator[object]:
    columns = [search_column(stage) for stage in search.stages]
    tables = [_TALLY.empty_table()]
    for _, _, batch in search.batches(range(*bounds[group]), ["passes", "final", *columns]):
        passes, final = (np.asarray(batch.column(name)).astype(np.int64) for name in ("passes", "final"))
        for at, stage in enumerate(search.stages):
            column = batch.column(columns[at])
            there = np.flatnonzero(np.asarray(column.is_valid()))
            keys = search_keys(stage, column)[there]
            keys = keys if every else keys[:, :1]
            documents = np.repeat(there, keys.shape[1])
            keys = keys.ravel()
            found = wanted(at, keys)
            of = documents[found]
            tally = _added(keys[found], np.ones(len(of), np.int64), passes[of], final[of])
            tables.append(_as_table(at, tally))
    table = pa.concat_tables(tables)
    search.write(group, table)
    return iter(())


def _as_table(at: int, tally: Tally) -> pa.Table:
    columns = [np.full(len(tally.key), at), tally.key, tally.documents, tally.passing, tally.bytes]
    return pa.table([pa.array(column) for column in columns], schema=_TALLY)


def fetch_group(group: int, search: Search, bounds: Sequence[tuple[int, int]]) -> Iterator[object]:
    """Write the documents that are asked for in a group of units."""
    *arrays, (below,) = search.asked()
    asked, chances = arrays[: len(search.stages)], arrays[len(search.stages) :]
    columns = [search_column(stage) for stage in search.stages]
    taken: list[pa.Table] = []
    for unit in range(*bounds[group]):
        limits = [
            _chance(batch, search.stages, columns, asked, chances, below)
            for _, _, batch in search.batches(range(unit, unit + 1), ["draw", *columns])
        ]
        chance = np.concatenate([np.zeros(0), *limits])
        rows = np.flatnonzero(chance > 0)
        table = _take(key_file(search.folder, unit), rows)
        table = table.append_column(ROW, pa.array(row_ids(unit, rows)))
        taken.append(table.append_column(CHANCE, pa.array(chance[rows])))
    search.write(group, pa.concat_tables(taken))
    return iter(())


def _chance(
    batch: pa.RecordBatch,
    stages: Sequence[Deduplicator],
    columns: Sequence[str],
    asked: Sequence[Numbers],
    chances: Sequence[NDArray[np.float64]],
    below: float,
) -> NDArray[np.float64]:
    """The largest limit that applies to each document, 0 where its draw is not below it."""
    draw = np.asarray(batch.column("draw"))
    limit = np.full(len(draw), below)
    for stage, name, keys, chance in zip(stages, columns, asked, chances, strict=True):
        if not len(keys):
            continue
        column = batch.column(name)
        own = search_keys(stage, column)
        places = np.minimum(np.searchsorted(keys, own), len(keys) - 1)
        of_key = np.where(keys[places] == own, chance[places], 0.0).max(axis=1)
        limit = np.maximum(limit, np.where(np.asarray(column.is_valid()), of_key, 0.0))
    return np.where(draw < limit, limit, 0.0)


def _take(url: str, rows: NDArray[np.int64]) -> pa.Table:
    """These rows (sorted) of a key file, of which only the row groups that hold one are read."""
    with files.open_read(url) as file:
        reader = pq.ParquetFile(file)
        first, taken = 0, [reader.schema_arrow.empty_table()]
        for group in range(reader.num_row_groups):
            size = reader.metadata.row_group(group).num_rows
            here = rows[(rows >= first) & (rows < first + size)] - first
            if len(here):
                taken.append(reader.read_row_group(group).take(pa.array(here)))
            first += size
    return pa.concat_tables(taken)


def _added(
    key: Numbers, documents: NDArray[np.int64], passing: NDArray[np.int64], size: NDArray[np.int64]
) -> Tally:
    """Each key once, with the sums."""
    keys, which = np.unique(key, return_inverse=True)
    sums = [np.zeros(len(keys), np.int64) for _ in range(3)]
    for total, values in zip(sums, (documents, passing, size), strict=True):
        np.add.at(total, which, values)
    return Tally(keys, *sums)


def _filled(tally: Tally, keys: Numbers) -> Tally:
    """The tally of all these keys, with nothing for those that were not found."""
    sums = [np.zeros(len(keys), np.int64) for _ in range(3)]
    places = np.searchsorted(keys, tally.key)
    for total, values in zip(sums, (tally.documents, tally.passing, tally.bytes), strict=True):
        total[places] = values
    return Tally(keys, *sums)
