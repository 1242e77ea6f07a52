"""How sure the funnel is: the share of what was read that is left after each stage, with its 95 % interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.ledger import FIRST, QUANTITIES
from pipeline.planning.estimate import Estimate, ratio
from pipeline.rundir import StageEntry
from pipeline.tallies.groups import REPLICATES

Basis = Literal["documents", "units"]

FEW_UNITS = 10
_KIND: dict[Basis, str] = {"documents": "replicate", "units": "unit"}
_TAKES_NOTHING = ("source", "annotator")
_NOTHING = {"value": None, "low": None, "high": None}
_RULE_OF_THREE = 3.0  # -ln(0.05): what happened to none of n happens to less than 3/n of all, at 95 %


def interval_figures(
    tallies: pa.Table, stages: Sequence[StageEntry], sampled: bool, effective: float | None
) -> dict[str, Any]:
    """The report's `intervals`: for each stage what is left of the raw amount, in each quantity.

    Each share is worked out on (left, raw) directly. The intervals of single stages must not be multiplied, since
    what one stage takes depends on what another took.

    The basis is `documents` where the input is a sample of documents (`sampled`), or where there are fewer than 10
    units; else `units`, since documents of one file are alike, and then documents by themselves promise too much.

    Args:
        effective: so many equal documents say as much as these about tokens (`dominance`). It is asked where nothing has been
            taken, or all, so that nothing varies; there the end of the interval is by the rule of three.
    """
    of_units = group_amounts(tallies, "units", FIRST, "in")
    few = np.count_nonzero(of_units[0]) < FEW_UNITS
    basis: Basis = "documents" if sampled or few else "units"
    raw = group_amounts(tallies, basis, FIRST, "in")
    groups = int(np.count_nonzero(raw[0]))
    if not groups:
        return {"basis": None, "groups": 0, "stages": []}
    figures, untouched = [], True
    for stage in stages:
        untouched = untouched and stage.kind in _TAKES_NOTHING
        left = group_amounts(tallies, basis, stage.label, "out")
        figure: dict[str, Any] = {"name": stage.label}
        for at, quantity in enumerate(QUANTITIES):
            trials = (
                (float(raw[0].sum()) if quantity == "documents" else effective)
                if basis == "documents"
                else None
            )
            estimate = _estimate(left[at], raw[at], untouched, trials, basis == "documents")
            figure[quantity] = asdict(estimate) if estimate else _NOTHING
        figures.append(figure)
    return {"basis": basis if groups > 1 else None, "groups": groups, "stages": figures}


def group_amounts(
    tallies: pa.Table, basis: Basis, stage: str, outcome: str, language: str | None = None
) -> NDArray[np.float64]:
    """What came into a stage or went on from it in each of the 64 groups: float64 (4, 64), rows as QUANTITIES.

    Args:
        language: only documents of this one: with the basis `documents`, at the ends of a run.
    """
    chosen = (pc.field("kind") == _KIND[basis]) & (pc.field("stage") == stage) & (pc.field("name") == outcome)
    if language is not None:
        chosen &= pc.field("other") == language
    found = tallies.filter(chosen)
    places = found["place"].to_numpy()
    return np.stack([np.bincount(places, found[name].to_numpy(), REPLICATES) for name in QUANTITIES])


def _estimate(
    left: NDArray[np.float64], raw: NDArray[np.float64], untouched: bool, trials: float | None, dealt: bool
) -> Estimate | None:
    """The share that is left; None where nothing was there.

    `trials`: how many documents it was tried on, where groups of documents are the basis.
    """
    total = float(raw.sum())
    if not total:
        return None
    value = float(left.sum()) / total
    if untouched:
        return Estimate(value, value, value)
    if np.array_equal(left, raw) or not left.any():
        margin = min(_RULE_OF_THREE / trials, 1.0) if trials else None
        if margin is None:
            return Estimate(value)
        return Estimate(value, 1 - margin, 1.0) if value else Estimate(0.0, 0.0, margin)
    return ratio(left, raw, share=True, dealt=dealt)
