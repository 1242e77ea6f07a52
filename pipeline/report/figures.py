"""Figures out of folded ledger tables, as plain Python: what the report and the plan are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.ledger import OUTCOMES, QUANTITIES
from pipeline.rundir import StageEntry

Amount = dict[str, int]  # of each of QUANTITIES


def amounts(rows: pa.Table) -> Amount:
    """The sum of some ledger rows."""
    return {name: pc.sum(rows[name]).as_py() or 0 for name in QUANTITIES}


def retention(raw: Amount, final: Amount) -> dict[str, float | None]:
    """Final over raw in each quantity; None where nothing was raw."""
    return {name: final[name] / raw[name] if raw[name] else None for name in QUANTITIES}


def stage_figures(folded: pa.Table, stages: Sequence[StageEntry]) -> list[dict[str, Any]]:
    """Each stage with its four outcomes. `folded` has the keys stage and outcome."""
    found: dict[tuple[str, str], Amount] = {}
    for row in folded.to_pylist():
        amount = found.setdefault((row["stage"], row["outcome"]), dict.fromkeys(QUANTITIES, 0))
        for name in QUANTITIES:
            amount[name] += row[name]
    return [
        {
            "name": stage.label,
            "stage": stage.stage,
            "kind": stage.kind,
            "pass": stage.number,
            **{o: found.get((stage.label, o), dict.fromkeys(QUANTITIES, 0)) for o in OUTCOMES},
        }
        for stage in stages
    ]


def reason_figures(folded: pa.Table, stages: Sequence[StageEntry]) -> list[dict[str, Any]]:
    """Each reason of each stage: what it took, what it fired on, what it alone would have taken.

    In the order of the stages, those that took most tokens first. A stage that has no rules of its own (a
    deduplicator) has no marks in the ledger; its `fired` and `alone` are null.
    """
    outcomes = ("dropped", "fired", "alone")
    found: dict[tuple[str, str], dict[str, Amount]] = {}
    for row in folded.to_pylist():
        if row["outcome"] in outcomes:
            amount = {name: row[name] for name in QUANTITIES}
            found.setdefault((row["stage"], row["reason"]), {})[row["outcome"]] = amount
    kinds = {stage.label: stage.kind for stage in stages}
    place = {stage.label: at for at, stage in enumerate(stages)}
    reasons = []
    for (stage, reason), by_outcome in found.items():
        marked = kinds.get(stage) == "filter"
        zero = dict.fromkeys(QUANTITIES, 0)
        missing = zero if marked else None
        reasons.append(
            {
                "stage": stage,
                "reason": reason,
                "dropped": by_outcome.get("dropped", zero),
                "fired": by_outcome.get("fired", missing),
                "alone": by_outcome.get("alone", missing),
            }
        )
    return sorted(
        reasons,
        key=lambda r: (
            place.get(r["stage"], len(place)),
            -r["dropped"]["tokens"],
            -r["dropped"]["documents"],
            r["reason"],
        ),
    )


def group_figures(folded: pa.Table, key: str, limit: int) -> list[dict[str, Any]]:
    """Raw, final and retention for each value of `key`, those with most raw tokens first.

    Beyond `limit` values the rest are one last entry, whose `key` is null and whose `others` says how many
    they are. `folded` has the keys outcome (`in` raw, `out` final) and `key`.
    """
    columns = [key, *QUANTITIES]
    raw, final = (folded.filter(pc.field("outcome") == outcome).select(columns) for outcome in ("in", "out"))
    joined = raw.join(final, keys=key, join_type="full outer", left_suffix="_in", right_suffix="_out")
    order = [("tokens_in", "descending"), ("tokens_out", "descending"), (key, "ascending")]
    joined = joined.sort_by(order)
    entries = [{key: row[key], **_ends(row)} for row in joined.slice(0, limit).to_pylist()]
    rest = joined.slice(limit)
    if len(rest):
        sums = {name: pc.sum(rest[name]).as_py() for name in rest.column_names if name != key}
        entries.append({key: None, "others": len(rest), **_ends(sums)})
    return entries


def _ends(row: dict[str, Any]) -> dict[str, Any]:
    raw, final = ({name: row[f"{name}_{outcome}"] or 0 for name in QUANTITIES} for outcome in ("in", "out"))
    return {"raw": raw, "final": final, "retention": retention(raw, final)}
