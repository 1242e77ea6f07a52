"""Raw and final amounts of a run in groups that differ by chance alone: what its intervals rest on.

Where documents were drawn by hash they are in 64 random groups (the tallies' `replicate` rows); where the input is
files, the groups are of units, up to 64 of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.ledger import FIRST, LAST, QUANTITIES, add_up
from pipeline.ledger_files import all_sums
from pipeline.rundir import RunDirectory

GROUPS = 64

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Ends:
    """Raw and final amounts by language: for each quantity float64[groups]. `raw` and `final` have the same groups."""

    raw: dict[str, dict[str, Array]]
    final: dict[str, dict[str, Array]]
    stored: Array | None  # bytes of files, of units

    def total(self, end: str, quantity: str) -> Array:
        """Of all languages."""
        by_language = getattr(self, end)
        return np.asarray(np.sum([of[quantity] for of in by_language.values()] or [np.zeros(1)], axis=0))


def of_units(run: RunDirectory, done: NDArray[np.bool_]) -> Ends:
    """By units that are finished. Where they are more than 64 they are dealt to 64 groups in turn.

    Args:
        done: bool[units], which are finished.
    """
    units = run.units()
    group = (np.cumsum(done) - 1) % GROUPS
    groups = int(min(done.sum(), GROUPS))
    stored = np.bincount(
        group[done], np.array([unit.bytes for unit in units], np.float64)[done], minlength=groups
    ).astype(np.float64)
    return _ends(_by_group(run, group, done), groups, stored)


def of_documents(tallies: pa.Table) -> Ends:
    """By random groups of documents, weighted where the run's input was drawn by bytes.

    Args:
        tallies: of the run, added up, with the columns kind, stage, name, other (here the language), place (the
            group) and the quantities.
    """
    rows = tallies.filter(
        (pc.field("kind") == "replicate")
        & (
            ((pc.field("stage") == FIRST) & (pc.field("name") == "in"))
            | ((pc.field("stage") == LAST) & (pc.field("name") == "out"))
        )
    )
    renamed = rows.select(["place", "stage", "other", *QUANTITIES])
    return _ends(iter([renamed.rename_columns(["unit", "stage", "language", *QUANTITIES])]), GROUPS, None)


def _by_group(run: RunDirectory, group: NDArray[np.int64], done: NDArray[np.bool_]) -> Iterator[pa.Table]:
    """Ledger sums of units with the group in the unit's place, table by table, so that little is held."""
    for table in all_sums(run):
        rows = table.filter(pc.field("unit").is_valid())
        rows = rows.filter(pa.array(done[rows["unit"].to_numpy()]))
        at = rows.column_names.index("unit")
        yield add_up(
            rows.set_column(at, "unit", pa.array(group[rows["unit"].to_numpy()])),
            ["unit", "stage", "language"],
        )


def _ends(tables: Iterator[pa.Table], groups: int, stored: Array | None) -> Ends:
    raw: dict[str, dict[str, Array]] = {}
    final: dict[str, dict[str, Array]] = {}
    for table in tables:
        for row in table.to_pylist():
            side = raw if row["stage"] == FIRST else final
            amounts = side.setdefault(row["language"], {name: np.zeros(groups) for name in QUANTITIES})
            for name in QUANTITIES:
                amounts[name][row["unit"]] += row[name]
    return Ends(raw, final, stored)
