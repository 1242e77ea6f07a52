"""Rows of tallies, and how they are added up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline import ledger
from pipeline.ledger import QUANTITIES, Quantities

KEYS = ["kind", "stage", "name", "other", "place"]
TALLIES = pa.schema(
    [(key, pa.string()) for key in KEYS[:-1]]
    + [("place", pa.int64())]
    + [(name, pa.int64()) for name in QUANTITIES]
)

# What a list of hosts had to leave out (`pipeline.tallies.hosts`).
CUT: pc.Expression = (pc.field("kind") == "host") & (pc.field("other") == "") & (pc.field("place") >= 0)

Key = tuple[str, str, str, str]  # kind, stage, name, other
Weights = NDArray[np.float64]  # (4, documents): what each counts as, in the order of QUANTITIES


def weights(amounts: Quantities) -> Weights:
    """Each document counts as one, and as its bytes, words and tokens."""
    return np.stack([np.ones(len(amounts)), amounts.bytes, amounts.words, amounts.tokens])


def sums(places: NDArray[np.int64], of: Weights, count: int) -> NDArray[np.float64]:
    """The sum of the weights at each of the places 0 to `count`: float64 (4, count), exact below 2^53."""
    return np.stack([np.bincount(places, row, count) for row in of])


class Dense:
    """Sums by key and place, where places are few and known: float64 (4, places) for each key."""

    def __init__(self) -> None:
        self._sums: dict[Key, tuple[int, NDArray[np.float64]]] = {}

    def add(self, key: Key, added: NDArray[np.float64], first: int = 0) -> None:
        """Add what lies at the places `first`, `first` + 1 and so on; a key has the same places each time."""
        if key in self._sums:
            self._sums[key][1].__iadd__(added)
        else:
            self._sums[key] = (first, added.copy())

    def table(self) -> pa.Table:
        """The rows in which anything is, rounded to whole numbers and sorted by the keys."""
        keys = sorted(self._sums)
        there = [np.flatnonzero(self._sums[key][1].any(axis=0)) for key in keys]
        places = [at + self._sums[key][0] for key, at in zip(keys, there, strict=True)]
        amounts = [self._sums[key][1][:, at] for key, at in zip(keys, there, strict=True)]
        if not keys:
            return TALLIES.empty_table()
        return rows(keys, [len(at) for at in there], np.concatenate(places), np.concatenate(amounts, axis=1))


def rows(
    keys: Sequence[Key], counts: Sequence[int], places: NDArray[np.int64], amounts: NDArray[np.float64]
) -> pa.Table:
    """Rows of these keys: of each key so many, at these places, and `amounts` is (4, rows)."""
    of = pa.array(np.repeat(np.arange(len(keys)), counts))
    columns = {
        name: pa.array(values, pa.string()).take(of)
        for name, values in zip(KEYS[:-1], zip(*keys, strict=True), strict=True)
    }
    whole = np.rint(amounts).astype(np.int64)
    return pa.table({**columns, "place": places, **dict(zip(QUANTITIES, whole, strict=True))}, schema=TALLIES)


def add_up(tables: Sequence[pa.Table]) -> pa.Table:
    """Add up rows with equal keys, sorted by them.

    What was cut from two lists of hosts is one row of both together, and its `place` the sum of theirs: a host may have been
    cut from both.
    """
    together = pa.concat_tables([TALLIES.empty_table(), *tables])
    cut = together.filter(CUT)
    if len(cut):
        merged = cut.group_by(KEYS[:3], use_threads=False).aggregate(
            [(name, "sum") for name in ("place", *QUANTITIES)]
        )
        merged = merged.rename_columns([*KEYS[:3], "place", *QUANTITIES])
        merged = merged.add_column(3, "other", pa.repeat("", len(merged)))
        together = pa.concat_tables([together.filter(~CUT), merged.select(TALLIES.names)])
    return ledger.add_up(together, KEYS).cast(TALLIES)
