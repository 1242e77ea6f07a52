"""Of each set of copies one is kept.

Steps: `hashed_members` or `labelled_members` send what each group has of a set to the set's partition; `choose`
sorts them into sets and picks the keepers; each group that loses documents is told, and the keepers' ids and
URLs are sent to it (`pipeline.dedup.fetch`); it writes the drop files (`pipeline.dedup.drops`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

import numpy as np
from apache_beam.pvalue import PCollection
from numpy.typing import NDArray

from pipeline import files
from pipeline.dedup.blocks import Block, changes, gather, partition, route
from pipeline.dedup.candidates import COPIES
from pipeline.dedup.components import Numbered, read_labels
from pipeline.dedup.copies import read_sets
from pipeline.dedup.drops import write_drops
from pipeline.dedup.fetch import fetch, requests
from pipeline.dedup.layout import Layout
from pipeline.dedup.packing import Numbers
from pipeline.dedup.stages import Deduplicator
from pipeline.dedup.steps import Inbox, Steps, request, tally
from pipeline.dedup.summary import LARGEST, sizes_of

# What a group has of a set: (key, check) is the set's name, `row` the first of these documents and `count` how many
# there are and `tokens` how many these have, `best` the one of the highest `rank`; those with the same `leader` have the
# same signature.
MEMBERS = ("key", "check", "rank", "best", "row", "count", "tokens", "leader")


def write_hashed(steps: Steps, layout: Layout, stage: Deduplicator, out: str) -> None:
    """Drop files in `out`, where copies are the documents with equal keys."""
    partitions = layout.partitions(layout.rows, len(MEMBERS))
    members = steps.each("read keys", range(layout.groups), hashed_members, layout, stage, partitions)
    _write_drops(steps, members, layout, stage, None, out)


def write_labelled(
    steps: Steps, layout: Layout, stage: Deduplicator, copies: str, labels: Numbered, out: str
) -> None:
    """Drop files in `out`, where copies are the documents with equal labels in these label files, and their copies
    in these files of `copies`."""
    partitions = layout.partitions(layout.rows, len(MEMBERS))
    labelled = steps.each("read labels", range(labels.count), read_labels, labels, layout)
    members = steps.joined(
        "rank members",
        {"labels": labelled},
        labelled_members,
        layout,
        stage,
        copies,
        partitions,
        every=range(layout.groups),
    )
    _write_drops(steps, members, layout, stage, stage.column("signature"), out)


def _write_drops(
    steps: Steps,
    members: PCollection[Any],
    layout: Layout,
    stage: Deduplicator,
    signature: str | None,
    out: str,
) -> None:
    drops, asked = steps.grouped("choose keepers", members, choose, layout)
    named, _ = steps.grouped("name keepers", asked, fetch, layout, ("id", "url"), signature)
    steps.joined(
        "write drops",
        {"drops": drops, "keepers": named},
        write_drops,
        layout,
        stage,
        signature,
        out,
        every=range(layout.groups),
    )


def hashed_members(group: int, layout: Layout, stage: Deduplicator, partitions: int) -> Iterator[Block]:
    """Members from the key columns."""
    sets = read_sets(layout, group, stage)
    leader = np.zeros_like(sets.row)
    rank = sets.rank.view(np.uint64)
    columns = [sets.key, sets.check, rank, sets.best, sets.row, sets.count, sets.tokens, leader]
    return route(partition(sets.key, partitions), columns)


def labelled_members(
    group: int, inbox: Inbox, layout: Layout, stage: Deduplicator, copies: str, partitions: int
) -> Iterator[Block]:
    """Members from the labels of the group's leaders: the leaders' own copies, and those that stand elsewhere.

    A leader without a label is its own, if it has copies.
    """
    sets = read_sets(layout, group, stage)
    leader, row, best, rank, count, tokens = _read_copies(copies, group)
    leads = np.isin(sets.row, row, invert=True)  # the others are told of by the group of their leader
    theirs = layout.group_of(leader) == group
    own = sets.row[leads]
    columns = [  # of `MEMBERS`, what follows the name
        np.concatenate([sets.rank.view(np.uint64)[leads], rank[theirs]]),
        np.concatenate([sets.best[leads], best[theirs]]),
        np.concatenate([own, row[theirs]]),
        np.concatenate([sets.count[leads], count[theirs]]),
        np.concatenate([sets.tokens[leads], tokens[theirs]]),
        np.concatenate([own, leader[theirs]]),
    ]
    label, labelled = _labels(inbox["labels"], columns[-1])
    several = labelled | (columns[3] > 1) | np.isin(columns[-1], leader[theirs])
    label, *columns = (column[several] for column in (label, *columns))
    return route(partition(label, partitions), [label, np.zeros_like(label), *columns])


def _read_copies(copies: str, group: int) -> list[Numbers]:
    try:
        table = files.read_table(files.join(copies, f"{group:06d}.parquet"))
    except FileNotFoundError:
        return [np.zeros(0, np.uint64)] * len(COPIES)
    return [table[name].to_numpy() for name in COPIES]


def _labels(blocks: Iterable[bytes], leaders: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
    """The label of each leader, itself where it has none, and whether it has one."""
    node, label = gather(blocks, 2)
    node, first = np.unique(node, return_index=True)  # a label comes once with each file that has it
    if not len(node):
        return leaders, np.zeros(len(leaders), np.bool_)
    places = np.minimum(np.searchsorted(node, leaders), len(node) - 1)
    labelled = node[places] == leaders
    return cast(Numbers, np.where(labelled, label[first][places], leaders)), labelled


def choose(_: int, blocks: Iterable[bytes], layout: Layout) -> Iterator[Any]:
    """Members of a set agree in `key` and `check`; that of the highest rank is kept, of equals the first."""
    key, check, rank, *columns = gather(blocks, len(MEMBERS))
    order = np.lexsort(
        (columns[0], ~rank.view(np.int64), check, key)
    )  # ~ turns the order round, without overflow
    key, check, best, row, count, tokens, leader = (column[order] for column in (key, check, *columns))
    starts = np.flatnonzero(changes(key, check))
    members = np.diff(starts, append=len(key))
    sizes, lowest = np.add.reduceat(count, starts), np.minimum.reduceat(row, starts)
    largest = np.lexsort((lowest, ~sizes))[:LARGEST]
    largest = largest[sizes[largest] > 1]
    shown = np.zeros_like(sizes)  # the size of the sets whose URLs are asked for
    shown[largest] = sizes[largest]
    cluster, shown = np.repeat(lowest, members), np.repeat(shown, members)
    keeper = np.repeat(best[starts], members)
    near = leader != np.repeat(leader[starts], members)
    goes = (best != keeper) | (count > 1)
    row, keeper, cluster, near, shown = (column[goes] for column in (row, keeper, cluster, near, shown))
    groups = layout.group_of(row)
    yield from route(groups, [row, keeper, cluster, near.astype(np.uint64), shown])
    yield from map(request, requests(layout, keeper, groups, near))
    total = np.add.reduceat(tokens, starts)
    several = sizes > 1
    clustered, clusters = int(sizes[several].sum()), int(several.sum())
    yield tally(
        clusters=clusters,
        clustered=clustered,
        dropped=clustered - clusters,
        sizes=sizes_of(sizes[several], total[several]),
        largest=np.stack([sizes, lowest, best[starts], total], axis=1)[largest].tolist(),
    )
