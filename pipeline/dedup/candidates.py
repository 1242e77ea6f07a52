"""Near-duplicates: from key columns to verified edges between documents that are no copies of each other.

Steps: `copy_entries` sends one entry for each set of copies in a group (`pipeline.dedup.copies`), and `find_copies`
tells the groups which sets are one. The first document of all copies is their leader, and only leaders go on:
`band_entries` sends their band keys to hash ranges; `candidates` sorts a range and pairs up those who share a
key; `verify` makes the pairs unique at the group of the second, compares the signatures, for which that of the first
was sent for (`pipeline.dedup.fetch`), and writes the edges that hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.kernels.minhash import agreements
from pipeline import files
from pipeline.dedup.blocks import (
    Block,
    Pairs,
    changes,
    gather,
    partition,
    repeated,
    route,
    spans,
    unique_pairs,
)
from pipeline.dedup.copies import read_sets
from pipeline.dedup.fetch import fetch, replies, requests, signatures
from pipeline.dedup.layout import Layout
from pipeline.dedup.packing import Numbers
from pipeline.dedup.parts import matrix, take, undecided
from pipeline.dedup.stages import DedupMinhash
from pipeline.dedup.steps import Inbox, Steps, request, tally

ALL_PAIRS = 32  # the largest group in which everyone is compared with everyone
_PAIRS_AT_A_TIME = 4_000_000

# A set of copies in one group, as the groups of its leader and of its own first document are told of it.
COPIES = ("leader", "row", "best", "rank", "count", "tokens")


def write_edges(steps: Steps, layout: Layout, stage: DedupMinhash, copies: str, edges: str) -> None:
    """Writes, for each group that has any, verified edges (`edges/<group>.parquet`: `left` < `right`, global row
    ids) and what it has to know of copies elsewhere (`copies/<group>.parquet`: `COPIES`); all uint64."""
    keys, bands = layout.partitions(layout.rows, 7), layout.partitions(layout.rows * stage.bands, 2)
    groups = range(layout.groups)
    sets = steps.each("read keys", groups, copy_entries, layout, stage, keys)
    found, _ = steps.grouped("find copies", sets, find_copies, layout)
    entries = steps.joined(
        "read bands", {"copies": found}, band_entries, layout, stage, copies, bands, every=groups
    )
    pairs, asked = steps.grouped("find candidates", entries, candidates, layout)
    signature = stage.column("signature")
    sent, _ = steps.grouped("send signatures", asked, fetch, layout, (), signature)
    steps.joined(
        "verify", {"pairs": pairs, "signatures": sent}, verify, layout, signature, stage.threshold, edges
    )


def copy_entries(group: int, layout: Layout, stage: DedupMinhash, partitions: int) -> Iterator[Block]:
    sets = read_sets(layout, group, stage)
    rank = sets.rank.view(np.uint64)
    columns = [sets.key, sets.check, sets.row, sets.best, rank, sets.count, sets.tokens]
    return route(partition(sets.key, partitions), columns)


def find_copies(_: int, blocks: Iterable[bytes], layout: Layout) -> Iterator[Any]:
    """Sends every set of copies that is not its leader's to the group of the leader and to its own."""
    entries = gather(blocks, 7)
    order = np.lexsort((entries[2], entries[1], entries[0]))
    key, check, row, best, rank, count, tokens = (column[order] for column in entries)
    starts = np.flatnonzero(changes(key, check))
    leader = np.repeat(row[starts], np.diff(starts, append=len(key)))
    other = leader != row
    columns = [column[other] for column in (leader, row, best, rank, count, tokens)]
    owners = [layout.group_of(columns[0]), layout.group_of(columns[1])]
    yield from route(np.concatenate(owners), [np.concatenate([column, column]) for column in columns])
    pairs = int(count.sum()) - len(starts)  # of each copy with the first, which need no comparison
    yield tally(candidates=pairs, edges=pairs)


def band_entries(
    group: int, inbox: Inbox, layout: Layout, stage: DedupMinhash, copies: str, partitions: int
) -> Iterator[Block]:
    """The band keys of the leaders of a group. What it was told of copies is kept for the next pipeline."""
    told = gather(inbox["copies"], len(COPIES))
    if len(told[0]):
        order = np.lexsort((told[1], told[0]))
        table = pa.table({name: column[order] for name, column in zip(COPIES, told, strict=True)})
        files.write_table(files.join(copies, f"{group:06d}.parquet"), table)
    sets = read_sets(layout, group, stage)
    leaders = np.setdiff1d(sets.row, told[1], assume_unique=True)
    column = stage.column("bands")
    for ids, batch in undecided(layout.parts, layout.units(group), [column], layout.earlier):
        leads = np.isin(ids, leaders)
        keys = cast("NDArray[np.uint64]", matrix(batch[column], np.uint64))[leads]
        key, row = keys.ravel(), np.repeat(ids[leads], keys.shape[1])
        yield from route(partition(key, partitions), [key, row])


def candidates(_: int, blocks: Iterable[bytes], layout: Layout) -> Iterator[Any]:
    """Sends each pair to the group of the second, which asks for the signature of the first."""
    for left, right in _batched(candidate_pairs(*gather(blocks, 2))):
        groups = layout.group_of(right)
        yield from route(groups, [left, right])
        yield from map(request, requests(layout, left, groups, np.ones(len(left), np.bool_)))


def candidate_pairs(key: Numbers, row: Numbers) -> Iterator[Pairs]:
    """The pairs to compare, left < right, of documents that share a key.

    In a group of up to `ALL_PAIRS` everyone with everyone. In a larger one each with the first and with those
    1, 2, 4, 8, ... places on: n log n pairs, in which the neighbours of a page that was saved again and
    again, a little changed each time, still meet.
    """
    shared = repeated(key)  # few are, and the others need not be put in order
    key, row = key[shared], row[shared]
    order = np.lexsort((row, key))
    key, row = key[order], row[order]
    size = np.diff(np.flatnonzero(changes(key)), append=len(key))
    size = np.repeat(size, size)
    large = size > ALL_PAIRS
    yield _star(key[large], row[large])
    distance = 1
    while distance < int(size.max(initial=0)):
        power_of_two = distance & (distance - 1) == 0
        pairs = key[distance:] == key[:-distance]
        if not power_of_two:
            pairs &= size[:-distance] <= ALL_PAIRS
        yield row[:-distance][pairs], row[distance:][pairs]
        distance = distance + 1 if distance < ALL_PAIRS else 2 * distance


def _star(key: Numbers, row: Numbers) -> Pairs:
    """Each row of a group (sorted) with the first of the group."""
    starts = np.flatnonzero(changes(key))
    first = np.repeat(row[starts], np.diff(starts, append=len(key)))
    others = row != first
    return first[others], row[others]


def _batched(pairs: Iterable[Pairs]) -> Iterator[Pairs]:
    """The same pairs in fewer and larger arrays, that no key is hot enough to make larger than memory."""
    waiting: list[Pairs] = []
    for found in pairs:
        waiting.append(found)
        if sum(len(left) for left, _ in waiting) >= _PAIRS_AT_A_TIME:
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


def _joined(pairs: list[Pairs]) -> Pairs:
    left, right = zip(*pairs, strict=True)
    return np.concatenate(left), np.concatenate(right)


def verify(
    group: int, inbox: Inbox, layout: Layout, signature: str, threshold: float, edges: str
) -> Iterator[Any]:
    """Writes the pairs whose signatures agree in at least `threshold` of their values."""
    left, right = unique_pairs(*gather(inbox["pairs"], 2))
    rows, places = np.unique(right, return_inverse=True)
    own = cast("NDArray[np.uint32]", matrix(take(layout.parts, rows, [signature])[signature], np.uint32))
    # Compared as counts: 0.8 of 10 values must not become 8.000000000000002.
    least = np.ceil(threshold * own.shape[1] - 1e-9)
    holds = np.zeros(len(left), np.bool_)
    for ids, (sent,) in replies(inbox["signatures"]):
        others = signatures(sent, own.shape[1])
        starts = np.searchsorted(left, ids)
        sizes = np.searchsorted(left, ids, "right") - starts
        pairs = spans(starts, sizes)
        holds[pairs] = agreements(others, own, np.repeat(np.arange(len(ids)), sizes), places[pairs]) >= least
    if holds.any():
        table = pa.table({"left": left[holds], "right": right[holds]})
        files.write_table(files.join(edges, f"{group:06d}.parquet"), table)
    verified = int(holds.sum())
    yield tally(candidates=len(left), edges=verified, verified=verified)
