"""The bias audit: what is kept of documents that speak of a group of people, or show a dialect, against what is kept of all.

Documents are those of `filters.audit.groups`: in English, counted with a group where one of its terms stands. Shares are
compared as a ratio, the group's over that of all. A ratio is flagged where it is both far from 1 and hardly chance:

- below `FACTOR` or above its inverse. The four-fifths rule (Uniform Guidelines on Employee Selection Procedures, EEOC 1978,
  29 CFR 1607.4 D) takes a selection rate below 4/5 of another group's for evidence of adverse impact;
- significant at 5 % among all groups that are tested, by Holm's procedure (Scandinavian Journal of Statistics 6, 1979),
  which holds whatever groups have to do with each other. Many are tested, and a twentieth of them would differ by chance.

Intervals come from 16 random groups of documents, by the jackknife (Student's t with 15 degrees of freedom) on the logarithm
of the ratio, in which the documents of the group are part of all. Its error is never taken to be below that of so many
independent documents: where all or none are kept, the jackknife sees no error at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters.audit.groups import AUDITED, ENGLISH, Group
from pipeline.ledger import FIRST, LAST, QUANTITIES
from pipeline.planning.estimate import CONFIDENCE, Estimate, ratio, student_t
from pipeline.rundir import StageEntry
from pipeline.tallies.groups import GROUP_REPLICATES

FACTOR = 0.8
FEWEST = 100  # documents of a group that is tested
_TAKES_AWAY = ("filter", "deduplicator")

NOTE = (
    "Documents are counted with a group if a term of a short list stands in them: they may be by, about, for or against "
    "it. They differ from others in length and topic too, because a long text is more likely to hold a term, and filters judge "
    "by length and topic. So a flag is a reason to read what was dropped, and not a proof of unfair treatment; nor does its "
    "absence prove fair treatment, of small groups least of all. The lists are English, and only documents in English, as "
    "their most common words tell, are compared with each other."
)

Replicates = NDArray[np.float64]


@dataclass(frozen=True)
class Ends:
    """Documents and tokens that were read and that were kept in the end, float64[16] each, by random group."""

    read: Replicates
    kept: Replicates
    tokens_read: Replicates
    tokens_kept: Replicates


def audit_figures(tallies: pa.Table, stages: Sequence[StageEntry]) -> dict[str, Any] | None:
    """What report.json says under `audit`; None where the run was not audited, or read nothing in English.

    `tallies` are those of the run, added up (`pipeline.tallies.files.fold_tallies`). Groups without a document are left out.
    """
    rows = tallies.filter(pc.field("kind") == "group")
    of_all = _ends(rows, ENGLISH)
    if not of_all.read.sum():
        return None
    passed = _passed(rows)
    found = [(group, ends) for group in AUDITED if (ends := _ends(rows, group.name)).read.any()]
    differs = differing([distance(ends, of_all) for _, ends in found])
    return {
        "overall": asdict(_share(of_all.kept, of_all.read)),
        "overall_tokens": asdict(_token_share(of_all)),
        "raw": _raw(rows, ENGLISH),
        "factor": FACTOR,
        "fewest": FEWEST,
        "groups": [
            _group(group, ends, of_all, rows, _stages(passed, group.name, stages), differs[at])
            for at, (group, ends) in enumerate(found)
        ],
        "note": NOTE,
    }


def _group(
    group: Group, ends: Ends, of_all: Ends, rows: pa.Table, stages: list[dict[str, Any]], differs: bool
) -> dict[str, Any]:
    against = compared(ends, of_all)
    far = against is not None and not FACTOR <= against.value <= 1 / FACTOR
    lowest = min(stages, key=lambda stage: stage["kept"] / stage["overall"], default=None)
    return {
        "group": group.name,
        "kind": group.kind,
        "raw": _raw(rows, group.name),
        "kept": asdict(_share(ends.kept, ends.read)),
        "kept_tokens": asdict(_token_share(ends)),
        "ratio": asdict(against) if against else {"value": None, "low": None, "high": None},
        "flagged": bool(far and differs),
        "stages": stages,
        "worst_stage": lowest["stage"] if lowest and lowest["kept"] < lowest["overall"] else None,
    }


def compared(ends: Ends, of_all: Ends) -> Estimate | None:
    """The kept share of a group over that of all, of which it is a part; None where nothing at all was kept."""
    if not of_all.kept.sum():
        return None
    value = (ends.kept.sum() / ends.read.sum()) / (of_all.kept.sum() / of_all.read.sum())
    centre, error, degrees = _logarithm(ends, of_all)
    step = student_t(0.5 + CONFIDENCE / 2, degrees) * error if degrees else math.inf
    if not math.isfinite(step):
        return Estimate(float(value))
    low, high = math.exp(centre - step) if value else 0.0, math.exp(min(centre + step, 700))
    return Estimate(float(value), low, max(high, float(value)))


def _logarithm(ends: Ends, of_all: Ends) -> tuple[float, float, int]:
    """The logarithm of the ratio, its standard error, and the degrees of freedom of that.

    A group of which nothing was kept counts as if half a document had been, of one more.
    """
    read, kept = ends.read.sum(), ends.kept.sum()
    share = kept / read if 0 < kept < read else (kept + 0.5) / (read + 1)
    whole = of_all.kept.sum() / of_all.read.sum()
    centre = math.log((kept / read if kept else share) / whole)
    independent = (1 - share) / (read * share)
    independent += (2 * share - 1 - whole) / (of_all.read.sum() * whole)  # all, and the group among them
    degrees = int((ends.read > 0).sum()) - 1
    return centre, math.sqrt(max(independent, _jackknife(ends, of_all), 0.0)), degrees


def _jackknife(ends: Ends, of_all: Ends) -> float:
    """The variance of the logarithm of the ratio when one random group after the other is left out; 0 where it is
    not defined without one of them."""
    without = [column.sum() - column for column in (ends.kept, ends.read, of_all.kept, of_all.read)]
    if min(column.min() for column in without) <= 0:
        return 0.0
    kept, read, all_kept, all_read = map(np.log, without)
    values = (kept - read) - (all_kept - all_read)
    count = len(values)
    return float((count - 1) / count * ((values - values.mean()) ** 2).sum())


def distance(ends: Ends, of_all: Ends) -> tuple[float, int] | None:
    """How many standard errors the ratio is from 1, and the degrees of freedom; None where the group is not tested."""
    if ends.read.sum() < FEWEST or not of_all.kept.sum():
        return None
    centre, error, degrees = _logarithm(ends, of_all)
    errors = abs(centre) / error if error else (math.inf if centre else 0.0)
    return (errors, degrees) if degrees else None


def differing(tests: Sequence[tuple[float, int] | None]) -> list[bool]:
    """Which of the groups differ from all, from what `distance` gives of each: by Holm's procedure, from the largest distance
    on, as long as each is beyond what is left of the 5 %."""
    order = sorted(((test, at) for at, test in enumerate(tests) if test), key=lambda entry: -entry[0][0])
    differs = [False] * len(tests)
    for rank, ((errors, degrees), at) in enumerate(order):
        if errors <= student_t(1 - (1 - CONFIDENCE) / 2 / (len(order) - rank), degrees):
            break
        differs[at] = True
    return differs


def _share(kept: Replicates, read: Replicates) -> Estimate:
    """The kept share of documents. Where all or none are kept, the interval is that of Clopper and Pearson."""
    if 0 < kept.sum() < read.sum():
        return ratio(kept, read, share=True, dealt=True)
    end = ((1 - CONFIDENCE) / 2) ** (1 / float(read.sum()))
    return Estimate(1.0, end, 1.0) if kept.sum() else Estimate(0.0, 0.0, 1 - end)


def _token_share(ends: Ends) -> Estimate:
    """The share of tokens that was kept; without an interval where none were, or there were none."""
    read, kept = ends.tokens_read, ends.tokens_kept
    if not read.sum() or not kept.sum():
        return Estimate(0.0)
    return ratio(kept, read, share=True, dealt=True)


def _ends(rows: pa.Table, group: str) -> Ends:
    def column(stage: str, outcome: str, quantity: str) -> Replicates:
        of = (pc.field("stage") == stage) & (pc.field("name") == outcome) & (pc.field("other") == group)
        found = rows.filter(of)
        weights = found[quantity].to_numpy().astype(np.float64)
        return np.bincount(found["place"].to_numpy(), weights, GROUP_REPLICATES).astype(np.float64)

    return Ends(
        *(column(*end, unit) for unit in ("documents", "tokens") for end in ((FIRST, "in"), (LAST, "out")))
    )


def _raw(rows: pa.Table, group: str) -> dict[str, int]:
    of = (pc.field("stage") == FIRST) & (pc.field("name") == "in") & (pc.field("other") == group)
    found = rows.filter(of)
    return {name: pc.sum(found[name]).as_py() or 0 for name in QUANTITIES}


def _passed(rows: pa.Table) -> dict[tuple[str, str, str], int]:
    """Documents by stage, outcome and group."""
    summed = rows.group_by(["stage", "name", "other"]).aggregate([("documents", "sum")])
    return {(row["stage"], row["name"], row["other"]): row["documents_sum"] for row in summed.to_pylist()}


def _stages(
    passed: dict[tuple[str, str, str], int], group: str, stages: Sequence[StageEntry]
) -> list[dict[str, Any]]:
    """Of each stage that takes documents away: the share of those that came in that went on, of the group and of all."""

    def share(stage: str, of: str) -> float | None:
        came = passed.get((stage, "in", of), 0)
        return passed.get((stage, "out", of), 0) / came if came else None

    entries = [
        {"stage": stage.label, "kept": share(stage.label, group), "overall": share(stage.label, ENGLISH)}
        for stage in stages
        if stage.kind in _TAKES_AWAY
    ]
    return [entry for entry in entries if entry["kept"] is not None and entry["overall"]]
