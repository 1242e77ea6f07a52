"""Copies, documents with equal keys: those of one group of parts are collapsed before anything is sent.

Of the documents of a group that agree in `key` and `check` one entry leaves the group, and what is decided about it
the group carries out on all of them. So a page that stands thirty million times is sent once by each group, and the
hottest key has as many entries as there are groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from pipeline.batch import TOKENS
from pipeline.dedup.blocks import changes, spans
from pipeline.dedup.layout import Layout
from pipeline.dedup.packing import Numbers
from pipeline.dedup.parts import undecided
from pipeline.dedup.stages import Deduplicator


@dataclass(frozen=True)
class Sets:
    """The sets of copies in a group, in the order of their first documents.

    `row` is the first document of each, `best` the one of the highest `rank` (of equals the first), `count` how many
    documents it has and `tokens` how many all of these have; all are uint64 but `rank`, which is int64.
    """

    key: Numbers
    check: Numbers
    rank: NDArray[np.int64]
    best: Numbers
    row: Numbers
    count: Numbers
    tokens: Numbers
    _members: Numbers  # the documents, set by set
    _ends: NDArray[np.int64]

    def members(self, rows: Numbers) -> tuple[Numbers, NDArray[np.int64]]:
        """All documents of the sets that begin with these rows, set by set, and which of `rows` each belongs to."""
        places = np.searchsorted(self.row, rows)
        sizes = self.count[places].astype(np.int64)
        return self._members[spans(self._ends[places] - sizes, sizes)], np.repeat(np.arange(len(rows)), sizes)


def read_sets(layout: Layout, group: int, stage: Deduplicator) -> Sets:
    """The sets of the undecided documents of a group, from their key columns."""
    columns = [*(stage.column(name) for name in ("key", "check", "rank")), TOKENS]
    read = list(_columns(layout, group, columns)) or [tuple(np.zeros((5, 0), np.uint64))]
    key, check, rank, tokens, row = (np.concatenate(column) for column in zip(*read, strict=True))
    return collapse(key, check, rank.view(np.int64), row, tokens)


def _columns(layout: Layout, group: int, columns: list[str]) -> Iterator[tuple[Numbers, ...]]:
    """These columns as uint64, and the row ids."""
    for ids, batch in undecided(layout.parts, layout.units(group), columns, layout.earlier):
        yield *(batch[column].to_numpy().view(np.uint64) for column in columns), ids


def collapse(key: Numbers, check: Numbers, rank: NDArray[np.int64], row: Numbers, tokens: Numbers) -> Sets:
    """The sets of these documents."""
    order = np.lexsort((row, ~rank, check, key))  # ~ turns the order round, and has no overflow
    key, check, row, tokens = (column[order] for column in (key, check, row, tokens))
    rank = rank[order]
    starts = np.flatnonzero(changes(key, check))
    sizes = np.diff(starts, append=len(key))
    first = np.minimum.reduceat(row, starts) if len(row) else row
    total = np.add.reduceat(tokens, starts) if len(row) else tokens
    order = np.argsort(first)
    starts, sizes = starts[order], sizes[order]
    return Sets(
        key=key[starts],
        check=check[starts],
        rank=rank[starts],
        best=row[starts],
        row=first[order],
        count=cast(Numbers, sizes.astype(np.uint64)),
        tokens=total[order],
        _members=row[spans(starts, sizes)],
        _ends=np.cumsum(sizes),
    )
