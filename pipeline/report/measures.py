"""What each filter measured, in bins, and what each of its rules decides alone: what another bound would do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters.stage import Rule
from pipeline.rundir import StageEntry
from pipeline.tallies.bins import UNDEFINED
from pipeline.tallies.measures import Scale, scales

_SHOWN = ("documents", "tokens")


def measure_figures(tallies: pa.Table, stages: Sequence[StageEntry]) -> list[dict[str, Any]]:
    """The report's `measures`: one entry for each measure that a rule bounds, and each way in which its bins close.

    In the order of the stages and their rules. A stage that no document reached has none.
    """
    rows = tallies.filter(pc.field("kind").isin(["measure", "bound"]))
    figures = []
    for stage in stages:
        of_stage = rows.filter(pc.field("stage") == stage.label)
        if len(of_stage):
            figures += [_figure(of_stage, stage, scale) for scale in scales(stage.rules)]
    return figures


def _figure(rows: pa.Table, stage: StageEntry, scale: Scale) -> dict[str, Any]:
    counted = _counts(rows, "measure", scale, scale.bins.closed)
    there = np.flatnonzero(counted[0, 1:])
    low, high = scale.bins.ends(there)
    return {
        "stage": stage.label,
        "measure": scale.measure,
        "closed": scale.bins.closed,
        "low": _finite(low),
        "high": _finite(high),
        **_columns(counted, there),
        "rules": [
            {**_rule(at, stage.rules[at]), **_columns(_counts(rows, "bound", scale, str(at)), there)}
            for at in scale.rules
        ],
    }


def _rule(at: int, rule: Rule) -> dict[str, Any]:
    return {"index": at, "reason": rule.reason, "comparison": rule.comparison, "bound": rule.bound}


def _counts(rows: pa.Table, kind: str, scale: Scale, other: str) -> NDArray[np.int64]:
    """Documents and tokens in each bin, that of what is not defined first: int64 (2, bins + 1)."""
    chosen = (pc.field("kind") == kind) & (pc.field("name") == scale.measure) & (pc.field("other") == other)
    found = rows.filter(chosen)
    counts = np.zeros((len(_SHOWN), scale.bins.count - UNDEFINED), np.int64)
    counts[:, found["place"].to_numpy() - UNDEFINED] = [found[name].to_numpy() for name in _SHOWN]
    return counts


def _columns(counts: NDArray[np.int64], there: NDArray[np.int64]) -> dict[str, Any]:
    return {
        **{name: counts[at, 1:][there].tolist() for at, name in enumerate(_SHOWN)},
        "undefined": {name: int(counts[at, 0]) for at, name in enumerate(_SHOWN)},
    }


def _finite(values: NDArray[np.float64]) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values.tolist()]


def overlap_figures(tallies: pa.Table, stages: Sequence[StageEntry]) -> list[dict[str, Any]]:
    """The report's `overlap`: pairs of reasons that fired on the same documents, those with most tokens first in
    each stage."""
    place = {stage.label: at for at, stage in enumerate(stages)}
    found = [
        {"stage": row["stage"], "reason": row["name"], "other": row["other"]}
        | {name: row[name] for name in _SHOWN}
        for row in tallies.filter(pc.field("kind") == "overlap").to_pylist()
    ]
    return sorted(
        found, key=lambda r: (place[r["stage"]], -r["tokens"], -r["documents"], r["reason"], r["other"])
    )
