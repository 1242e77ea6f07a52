"""The ledger: what came in, went and stayed, at every stage, in documents, bytes, words and tokens.

A unit's ledger file is written last and by `commit`: a unit whose ledger file is there is done, and nothing else
about a run counts. The report folds the ledger's files (`pipeline.ledger_files`) and nothing else, so a retried or resumed
unit is never counted twice.

Outcomes of a stage:
    in        what reached the stage
    dropped   the documents it took away, by the reason that fired first
    trimmed   what an editor took out of documents that stay (0 documents; negative where a replacement is longer)
    out       what went on
and beside them, for filters, two marks that take no part in the balance:
    fired     documents on which this rule fired, whichever fired first
    alone     documents on which no other rule of the same stage fired: what this rule removes alone

It balances, exactly: in = out + dropped + trimmed for every stage, and each stage's out is the next one's in.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

QUANTITIES = ("documents", "bytes", "words", "tokens")
OUTCOMES = ("in", "dropped", "trimmed", "out")
UNKNOWN_LANGUAGE = "und"

KEYS = ["stage", "outcome", "reason", "language", "source"]
LEDGER = pa.schema(
    [("unit", pa.int64())]
    + [(key, pa.string()) for key in KEYS]
    + [(name, pa.int64()) for name in QUANTITIES]
)


# What the first stage of a run reads is raw, what its last stage lets out is final.
FIRST, LAST = "read", "tokenize"
ENDS: pc.Expression = ((pc.field("stage") == FIRST) & (pc.field("outcome") == "in")) | (
    (pc.field("stage") == LAST) & (pc.field("outcome") == "out")
)


@dataclass(frozen=True)
class Quantities:
    """What some documents amount to: three int64 arrays, one value per document."""

    bytes: NDArray[np.int64]
    words: NDArray[np.int64]
    tokens: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.bytes)

    def __getitem__(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Quantities:
        return Quantities(self.bytes[rows], self.words[rows], self.tokens[rows])

    def __sub__(self, other: Quantities) -> Quantities:
        return Quantities(self.bytes - other.bytes, self.words - other.words, self.tokens - other.tokens)


# Stage, outcome, reason; the places of documents in the batch, what each amounts to, and what each counts as.
_Event = tuple[str, str, str, NDArray[np.int64], Quantities, int]


class UnitLedger:
    """Gathers the rows of one unit, batch by batch."""

    def __init__(self, unit: int) -> None:
        self._unit = unit
        self._events: list[_Event] = []
        self._batches: list[pa.Table] = []

    def add(
        self,
        stage: str,
        outcome: str,
        reason: str,
        rows: NDArray[np.int64],
        amounts: Quantities,
        documents: int = 1,
    ) -> None:
        """Count some documents of the current batch: `rows` are their places in it, `amounts` is as long.

        `documents` is what each counts as: 1, or 0 for what was trimmed out of a document that stays.
        """
        if len(rows):
            self._events.append((stage, outcome, reason, rows, amounts, documents))

    def end_batch(self, languages: pa.Array, sources: pa.Array) -> None:
        """Close the batch, now that the language of each of its documents is known (null where it never was)."""
        if not self._events:
            return
        languages = languages.fill_null(UNKNOWN_LANGUAGE).dictionary_encode()
        sources = sources.dictionary_encode()
        pair = (
            languages.indices.to_numpy().astype(np.int64) * len(sources.dictionary)
            + sources.indices.to_numpy()
        )
        pairs, group = np.unique(pair, return_inverse=True)
        summed = [_summed(event, group, len(pairs)) for event in self._events]
        place = pairs[np.concatenate([groups for groups, _ in summed])]
        length = [len(groups) for groups, _ in summed]
        columns = {
            key: np.repeat(np.array([event[at] for event in self._events], object), length)
            for at, key in enumerate(KEYS[:3])
        }
        columns["language"] = languages.dictionary.take(pa.array(place // len(sources.dictionary)))
        columns["source"] = sources.dictionary.take(pa.array(place % len(sources.dictionary)))
        sums = np.concatenate([sums for _, sums in summed], axis=1)
        self._batches.append(pa.table(columns | dict(zip(QUANTITIES, sums, strict=True))))
        self._events = []

    def table(self) -> pa.Table:
        """All rows of the unit, sorted."""
        if not self._batches:
            return LEDGER.empty_table()
        total = add_up(pa.concat_tables(self._batches), KEYS)
        return total.add_column(0, "unit", pa.repeat(pa.scalar(self._unit, pa.int64()), len(total))).cast(
            LEDGER
        )


def _summed(
    event: _Event, group: NDArray[np.int64], groups: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The groups (of language and source) that an event's documents belong to, and the sums of each of the QUANTITIES.

    The sums are of a batch, so far below 2^53 that floating point gives them exactly.
    """
    *_, rows, amounts, documents = event
    of_rows = group[rows]
    count = np.bincount(of_rows, minlength=groups)
    there = np.flatnonzero(count)
    sums = [
        np.bincount(of_rows, values, groups)[there]
        for values in (amounts.bytes, amounts.words, amounts.tokens)
    ]
    return there, np.stack([documents * count[there], *sums]).astype(np.int64)


def add_up(table: pa.Table, keys: Sequence[str]) -> pa.Table:
    """Add up the quantities of rows with the same keys; sorted by the keys, so that the bytes do not depend on order."""
    grouped = table.group_by(list(keys), use_threads=False).aggregate([(name, "sum") for name in QUANTITIES])
    grouped = grouped.select([*keys, *(f"{name}_sum" for name in QUANTITIES)]).rename_columns(
        [*keys, *QUANTITIES]
    )
    return grouped.sort_by([(key, "ascending") for key in keys])


def imbalances(folded: pa.Table, stages: Sequence[str], begun: Collection[str] = ()) -> list[str]:
    """Every way in which the ledger does not balance, as a sentence each; none where it does.

    `stages` are the labels in order. `folded` has at least the keys `stage` and `outcome`. Stages that are `begun` have
    not been given everything yet: less may have reached them than the stage before let out.
    """
    sums = add_up(folded, ["stage", "outcome"])
    amount = {(row["stage"], row["outcome"]): [row[name] for name in QUANTITIES] for row in sums.to_pylist()}
    zero = [0] * len(QUANTITIES)
    faults = [
        f"the ledger names a stage `{stage}` that the recipe does not have"
        for stage in sorted({stage for stage, _ in amount} - set(stages))
    ]
    previous: list[int] | None = None
    for stage in stages:
        came, dropped, trimmed, went = (amount.get((stage, outcome), zero) for outcome in OUTCOMES)
        for at, name in enumerate(QUANTITIES):
            if came[at] != went[at] + dropped[at] + trimmed[at]:
                faults.append(
                    f"{stage}: {came[at]} {name} in, but {went[at]} out + {dropped[at]} dropped + {trimmed[at]} trimmed"
                )
            complete = stage not in begun or (previous is not None and came[at] > previous[at])
            if previous is not None and previous[at] != came[at] and complete:
                faults.append(f"{stage}: {came[at]} {name} in, but the stage before let out {previous[at]}")
        previous = went
    return faults
