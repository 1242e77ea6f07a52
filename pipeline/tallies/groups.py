"""Documents at random: what came in and went on at every stage, in groups from which intervals are worked out.

replicate   64 groups by the hash of the document's id, as if each were a small sample of its own; what a run
            reads and what it lets out in the end also by language
unit        64 groups by the unit (its number modulo 64)
group       documents that held a term of an audited group when they were read; at the ends of the run
            in 16 random groups, and in 16 classes of the length that they had when they were read
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray

from pipeline.batch import GROUPS, LENGTH, WEIGHT
from pipeline.ledger import FIRST, LAST, UNKNOWN_LANGUAGE, Quantities
from pipeline.tallies.table import Dense, Weights, sums

REPLICATES = 64
GROUP_REPLICATES = 16
LENGTH_CLASSES = 16
TOGETHER = -1  # the place of a group that is not divided
_SHORTEST = 5  # class 0 is below 2^5 bytes


def replicates(ids: pa.Array) -> NDArray[np.int64]:
    """The random group of each document: xxh3_64 of its id in UTF-8, modulo 64."""
    digests = [xxhash.xxh3_64_intdigest(value) for value in ids.cast(pa.binary()).to_pylist()]
    return (np.array(digests, np.uint64) % REPLICATES).astype(np.int64)


def length_classes(lengths: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The class of each length in UTF-8 bytes: 0 below 32, one more for each doubling, 15 from 512 KiB on.

    The lengths of one class differ by a factor of 2 at most, which is what keeps texts of one class alike.
    """
    _, powers = np.frexp(np.maximum(lengths, 1).astype(np.float64))
    classes: NDArray[np.uint8] = np.clip(powers - _SHORTEST, 0, LENGTH_CLASSES - 1).astype(np.uint8)
    return classes


def by_length(places: NDArray[np.int64], amounts: NDArray[np.int64]) -> NDArray[np.float64]:
    """What is at the places that a `group` row has at the ends of a run: float64 (GROUP_REPLICATES, LENGTH_CLASSES)."""
    added = np.bincount(places, amounts, GROUP_REPLICATES * LENGTH_CLASSES).astype(np.float64)
    return added.reshape(GROUP_REPLICATES, LENGTH_CLASSES)


def is_end(stage: str, outcome: str) -> bool:
    """Whether this is what a run reads, or what it lets out in the end."""
    return (stage, outcome) in ((FIRST, "in"), (LAST, "out"))


class GroupTallies:
    """Gathers what passes through the stages, batch by batch, into `into`."""

    def __init__(self, unit: int, groups: Sequence[str], into: Dense) -> None:
        self._unit = unit
        self._groups = groups
        self._into = into
        self._ends: list[tuple[str, str, NDArray[np.int64], Weights]] = []

    def begin_batch(self, batch: pa.RecordBatch) -> None:
        names = batch.schema.names
        self._replicates = replicates(batch.column("id"))
        self._weights = batch.column(WEIGHT).to_numpy() if WEIGHT in names else None
        bits = batch.column(GROUPS).to_numpy() if GROUPS in names else np.zeros(batch.num_rows, np.uint64)
        self._member, self._group = _members(bits, len(self._groups))
        lengths = batch.column(LENGTH).to_numpy() if LENGTH in names else np.zeros(batch.num_rows, np.uint8)
        self._cells = self._replicates % GROUP_REPLICATES * LENGTH_CLASSES + lengths
        self._last: tuple[NDArray[np.int64], Quantities, NDArray[np.float64]] | None = None

    def passed(
        self, stage: str, outcome: str, rows: NDArray[np.int64], amounts: Quantities, weights: Weights
    ) -> None:
        """Count documents (their places in the batch) that came in or went out."""
        if is_end(stage, outcome):
            self._ends.append((stage, outcome, rows, self._weighted(rows, weights)))
        else:
            added = self._by_replicate(rows, amounts, weights)
            self._into.add(("replicate", stage, outcome, ""), added)
        by_unit = np.zeros((len(weights), REPLICATES))
        by_unit[:, self._unit % REPLICATES] = weights.sum(axis=1)
        self._into.add(("unit", stage, outcome, ""), by_unit)
        if len(self._member):
            self._add_groups(stage, outcome, rows, weights)

    def end_batch(self, languages: pa.Array) -> None:
        """Count what had to wait until the languages (string, null where unknown) of the batch were known."""
        known = languages.fill_null(UNKNOWN_LANGUAGE).dictionary_encode()
        codes, names = known.indices.to_numpy().astype(np.int64), known.dictionary.to_pylist()
        for stage, outcome, rows, weights in self._ends:
            cells = codes[rows] * REPLICATES + self._replicates[rows]
            added = sums(cells, weights, len(names) * REPLICATES).reshape(len(weights), -1, REPLICATES)
            for at, name in enumerate(names):
                self._into.add(("replicate", stage, outcome, name), added[:, at])
        self._ends = []

    def _weighted(self, rows: NDArray[np.int64], weights: Weights) -> Weights:
        return weights if self._weights is None else weights * self._weights[rows]

    def _by_replicate(
        self, rows: NDArray[np.int64], amounts: Quantities, weights: Weights
    ) -> NDArray[np.float64]:
        """What a stage lets out is what the next takes in: it is added up once."""
        if self._last is None or self._last[0] is not rows or self._last[1] is not amounts:
            added = sums(self._replicates[rows], self._weighted(rows, weights), REPLICATES)
            self._last = (rows, amounts, added)
        return self._last[2]

    def _add_groups(self, stage: str, outcome: str, rows: NDArray[np.int64], weights: Weights) -> None:
        at = np.full(len(self._replicates), -1)
        at[rows] = np.arange(len(rows))
        where = at[self._member]
        here = where >= 0
        where, member, group = where[here], self._member[here], self._group[here]
        apart = is_end(stage, outcome)
        width, first = (GROUP_REPLICATES * LENGTH_CLASSES, 0) if apart else (1, TOGETHER)
        cells = group * width + (self._cells[member] if apart else 0)
        added = sums(cells, weights[:, where], len(self._groups) * width)
        added = added.reshape(len(weights), -1, width)
        for number in np.unique(group).tolist():
            self._into.add(("group", stage, outcome, self._groups[number]), added[:, number], first)


def _members(bits: NDArray[np.uint64], groups: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each pair of a document (its place) and a group that it is in, from one bit a group."""
    some = np.flatnonzero(bits)
    document, group = np.nonzero(bits[some, None] >> np.arange(groups, dtype=np.uint64) & np.uint64(1))
    return some[document], group
