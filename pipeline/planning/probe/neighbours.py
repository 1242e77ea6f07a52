"""From the probes to everyone who may have a say in whether they stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.dedup.packing import Numbers
from pipeline.planning.probe.collect import CHANCE, ROW, KeyFiles, Tally
from pipeline.planning.probe.groups import Decision, Places, decide, related
from pipeline.planning.probe.keyfiles import Keys

Say = Callable[[str], None]


@dataclass(frozen=True)
class Neighbours:
    """The probes and everyone who was found, in the order of the input.

    `weight` says for how many documents each stands: 1, or more where so many share a key that only some were taken.
    `partial` says whose group is not known in full; of these `size` counts what is known.
    """

    table: pa.Table
    keys: tuple[Keys, ...]
    decisions: tuple[Decision, ...]
    group: Places
    weight: NDArray[np.float64]
    partial: NDArray[np.bool_]
    probe: NDArray[np.bool_]
    tallies: tuple[Tally, ...]  # of the keys that were asked for, for each deduplicator

    def column(self, name: str) -> NDArray[np.float64]:
        """A column of numbers as float64, NaN where it is null."""
        return np.asarray(self.table[name].combine_chunks().cast(pa.float64()), np.float64)

    @property
    def reach(self) -> NDArray[np.int8]:
        return cast("NDArray[np.int8]", self.table["reach"].to_numpy())

    @property
    def passes(self) -> NDArray[np.bool_]:
        return np.asarray(self.table["passes"].combine_chunks())


def find_neighbours(pool: KeyFiles, below: float, most: int, hops: int, say: Say) -> Neighbours:
    """Find, for each document whose draw is below this, its whole group.

    Args:
        most: of a key that more documents have, about so many are taken, by their draws; a group of more than so many
            is not followed further.
        hops: how often the keys of those who were found are searched for in turn.
    """
    none = [np.zeros(0, np.uint64) for _ in pool.stages]
    table = pool.fetch(none, [np.zeros(0) for _ in pool.stages], below)
    tallies = [Tally.none() for _ in pool.stages]
    for hop in range(hops + 1):
        found = _look(pool, table, below, tallies)
        asked = _unasked(found, most if hop else len(table) + 1)
        wanted = sum(map(len, asked))
        if not wanted or hop == hops:
            break
        say(
            f"hop {hop + 1}: {wanted:,} keys of {int(found.probe.sum()):,} probes and {len(table):,} documents"
        )
        new = pool.count(asked)
        tallies = [known.joined(tally) for known, tally in zip(tallies, new, strict=True)]
        table = _merged(table, pool.fetch(asked, [_chances(tally, most) for tally in new], 0.0))
    return _marked(found, most)


def _look(pool: KeyFiles, table: pa.Table, below: float, tallies: Sequence[Tally]) -> Neighbours:
    """The groups of those who have been found so far."""
    keys = tuple(Keys.of(stage, table) for stage in pool.stages)
    reach = table["reach"].to_numpy()
    decisions = tuple(decide(keys, reach))
    group = related(keys, reach, decisions)
    keyed = np.zeros(len(table), np.bool_)
    for of in keys:
        keyed |= of.there
    # Without a key nobody else could have found it, and it is alone.
    weight = np.where(keyed, 1 / np.maximum(table[CHANCE].to_numpy(), 1e-300), 1.0)
    probe = table["draw"].to_numpy() < below
    nobody = np.zeros(len(table), np.bool_)
    return Neighbours(table, keys, decisions, group, weight, nobody, probe, tuple(tallies))


def _members(found: Neighbours, most: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Who is in the group of a probe, and who of them in one of more than `most`."""
    size = np.bincount(found.group, minlength=len(found.group))
    probes = np.bincount(found.group, found.probe, minlength=len(found.group))
    member = probes[found.group] > 0
    return member, member & (size[found.group] > most)


def _unasked(found: Neighbours, most: int) -> list[Numbers]:
    """For each deduplicator the keys of members of probes' groups that have not been searched for, sorted."""
    member, large = _members(found, most)
    asked = []
    for keys, tally in zip(found.keys, found.tallies, strict=True):
        own = keys.search[member & ~large & keys.there]
        asked.append(np.setdiff1d(own.ravel(), tally.key))
    return asked


def _marked(found: Neighbours, most: int) -> Neighbours:
    """With the groups that are not known in full."""
    member, large = _members(found, most)
    gap = large.copy()
    for keys, tally in zip(found.keys, found.tallies, strict=True):
        has = np.flatnonzero(member & keys.there)
        own = keys.search[has]
        if not len(tally.key):
            gap[has] = True
            continue
        places = np.minimum(np.searchsorted(tally.key, own), len(tally.key) - 1)
        known = (tally.key[places] == own) & (tally.documents[places] <= most)
        gap[has] |= ~known.all(axis=1)
    gaps = np.bincount(found.group, gap, minlength=len(found.group))
    return replace(found, partial=gaps[found.group] > 0)


def _chances(tally: Tally, most: int) -> NDArray[np.float64]:
    return np.minimum(1.0, most / np.maximum(tally.documents, 1))


def _merged(one: pa.Table, other: pa.Table) -> pa.Table:
    """Each document once, with the larger of its chances."""
    table = pa.concat_tables([one, other]).combine_chunks()
    row, chance = table[ROW].to_numpy(), table[CHANCE].to_numpy()
    order = np.lexsort((-chance, row))
    first = np.ones(len(order), np.bool_)
    first[1:] = row[order][1:] != row[order][:-1]
    return table.take(pa.array(order[first])).combine_chunks()
