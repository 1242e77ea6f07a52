"""The bias audit: what is kept of documents that speak of a group of people, or show a dialect, against what is kept of
all, and of all of the same lengths.

Documents are those of `filters.audit.groups`: in English, counted with a group where one of its terms stands. Shares are
compared as ratios (`pipeline.report.matched`): the group's over that of all, and over that of all of the same lengths. By
the second a group is flagged, where it is both far from 1 and hardly chance:

- below `FACTOR` or above its inverse. The four-fifths rule (Uniform Guidelines on Employee Selection Procedures, EEOC 1978,
  29 CFR 1607.4 D) takes a selection rate below 4/5 of another group's for evidence of adverse impact;
- significant at 5 % among all groups that are tested, by Holm's procedure (Scandinavian Journal of Statistics 6, 1979),
  which holds whatever groups have to do with each other. Many are tested, and a twentieth of them would differ by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from filters.audit.groups import AUDITED, ENGLISH, Group
from pipeline.ledger import FIRST, LAST, QUANTITIES
from pipeline.planning.estimate import CONFIDENCE, Estimate, ratio
from pipeline.report.matched import FEWEST, Ends, Replicates, compared, differing, distance, expected
from pipeline.rundir import StageEntry
from pipeline.tallies.groups import by_length

FACTOR = 0.8
_TAKES_AWAY = ("filter", "deduplicator")

NOTE = (
    "Documents are counted with a group if a term of a short list stands in them: they may be by, about, for or against "
    "it. They are compared with all documents of about the same length, because a long text is more likely to hold a term, "
    "and filters judge by length. They differ in topic too, and that is not made up for. So a flag is a reason to read what "
    "was dropped, and not a proof of unfair treatment; nor does its absence prove fair treatment, of small groups least of "
    "all. The lists are English, and only documents in English, as their most common words tell, are compared with each other."
)
NOTE_BY_BYTES = (
    " The input was drawn in proportion to bytes. All shares are those of this sample, in which long documents are more "
    "frequent than in what it was drawn from; the comparison with documents of the same lengths is hardly touched by that."
)


@dataclass(frozen=True)
class Counted:
    """What was read and kept in the end: documents by random group and class of length, tokens by random group alone."""

    documents: Ends
    tokens_read: Replicates
    tokens_kept: Replicates


def audit_figures(
    tallies: pa.Table, stages: Sequence[StageEntry], by_bytes: bool = False
) -> dict[str, Any] | None:
    """What report.json says under `audit`; None where the run was not audited, or read nothing in English.

    Groups without a document are left out.

    Args:
        tallies: those of the run, added up (`pipeline.tallies.files.fold_tallies`).
        by_bytes: whether the input is a sample that was drawn in proportion to bytes.
    """
    rows = tallies.filter(pc.field("kind") == "group")
    of_all = _counted(rows, ENGLISH)
    if not of_all.documents.read.any():
        return None
    passed = _passed(rows)
    counted = [(group, _counted(rows, group.name)) for group in AUDITED]
    found = [(group, own) for group, own in counted if own.documents.read.any()]
    differs = differing([distance(own.documents, of_all.documents) for _, own in found])
    return {
        "overall": asdict(_share(of_all.documents)),
        "overall_tokens": asdict(_token_share(of_all)),
        "raw": _raw(rows, ENGLISH),
        "factor": FACTOR,
        "fewest": FEWEST,
        "groups": [
            _group(group, own, of_all, rows, _stages(passed, group.name, stages), differs[at])
            for at, (group, own) in enumerate(found)
        ],
        "note": NOTE + NOTE_BY_BYTES * by_bytes,
    }


def _group(
    group: Group, own: Counted, of_all: Counted, rows: pa.Table, stages: list[dict[str, Any]], differs: bool
) -> dict[str, Any]:
    matched = compared(own.documents, of_all.documents)
    far = matched is not None and not FACTOR <= matched.value <= 1 / FACTOR
    lowest = min(stages, key=lambda stage: stage["kept"] / stage["overall"], default=None)
    return {
        "group": group.name,
        "kind": group.kind,
        "raw": _raw(rows, group.name),
        "kept": asdict(_share(own.documents)),
        "kept_tokens": asdict(_token_share(own)),
        "ratio": _estimate(compared(own.documents.together(), of_all.documents.together())),
        "expected": expected(own.documents, of_all.documents),
        "matched": _estimate(matched),
        "flagged": bool(far and differs),
        "stages": stages,
        "worst_stage": lowest["stage"] if lowest and lowest["kept"] < lowest["overall"] else None,
    }


def _estimate(found: Estimate | None) -> dict[str, float | None]:
    return asdict(found) if found else {"value": None, "low": None, "high": None}


def _share(documents: Ends) -> Estimate:
    """The kept share. Where all or none are kept, the interval is that of Clopper and Pearson."""
    read, kept = documents.read.sum(axis=1), documents.kept.sum(axis=1)
    if 0 < kept.sum() < read.sum():
        return ratio(kept, read, share=True, dealt=True)
    end = ((1 - CONFIDENCE) / 2) ** (1 / float(read.sum()))
    return Estimate(1.0, end, 1.0) if kept.sum() else Estimate(0.0, 0.0, 1 - end)


def _token_share(own: Counted) -> Estimate:
    """The share of tokens that was kept; without an interval where none were, or there were none."""
    read, kept = own.tokens_read, own.tokens_kept
    if not read.sum() or not kept.sum():
        return Estimate(0.0)
    return ratio(kept, read, share=True, dealt=True)


def _counted(rows: pa.Table, group: str) -> Counted:
    def of(stage: str, outcome: str) -> tuple[Replicates, Replicates]:
        at = (pc.field("stage") == stage) & (pc.field("name") == outcome) & (pc.field("other") == group)
        found = rows.filter(at)
        places = found["place"].to_numpy()
        documents, tokens = (by_length(places, found[unit].to_numpy()) for unit in ("documents", "tokens"))
        return documents, tokens.sum(axis=1)

    (read, tokens_read), (kept, tokens_kept) = of(FIRST, "in"), of(LAST, "out")
    return Counted(Ends(read, kept), tokens_read, tokens_kept)


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
