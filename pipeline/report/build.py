"""report.json: every figure of a run, folded from its committed ledger files and tallies and from nothing else."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import files
from pipeline.ledger import ENDS, imbalances
from pipeline.ledger_files import fold_each, listing
from pipeline.planning import funnels
from pipeline.report.audit import audit_figures
from pipeline.report.dominance import dominance
from pipeline.report.duplicates import duplicate_figures
from pipeline.report.figures import (
    Amount,
    amounts,
    group_figures,
    reason_figures,
    retention,
    stage_figures,
)
from pipeline.report.hosts import host_figures, suffix_figures
from pipeline.report.intervals import interval_figures
from pipeline.report.lengths import length_figures
from pipeline.report.measures import measure_figures, overlap_figures
from pipeline.report.planning import planning_figures
from pipeline.report.unreadable import unreadable_figures
from pipeline.rundir import RunDirectory, StageEntry
from pipeline.tallies.files import fold_tallies

GROUPS = 200  # languages and sources that are listed by name

Report = dict[str, Any]


def build_report(run: RunDirectory) -> Report:
    """The content of report.json. The same run gives the same report, wherever and whenever it is built.

    Keys: `recipe`, `assay`, `complete`, `balanced`, `imbalances`, `totals` (`raw`, `final`), `retention`,
    `stages`, `reasons`, `languages`, `sources`, `unreadable`, `unreadable_records`, `duplicates`, `units`,
    `inputs`, `tokenizer`, `shards` (null before they are written), `published`, `planning`, and those of
    `tallied_figures`. An amount is an object of documents, bytes (UTF-8), words and tokens. docs/report.md says what
    each means.

    Raises:
        UserError: not a run directory.
    """
    manifest = run.read_json("manifest.json")
    stages = run.stages()
    deduplicators = [stage.label for stage in stages if stage.kind == "deduplicator"]
    by_reason, by_language, by_source, by_unit, of_duplicates = fold_each(
        run,
        [
            (("stage", "outcome", "reason"), None),
            (("outcome", "language"), ENDS),
            (("outcome", "source"), ENDS),
            (("outcome", "unit"), None),
            (
                ("stage", "outcome", "source"),
                pc.field("stage").isin(pa.array(deduplicators, pa.string()))
                & pc.field("outcome").isin(["in", "dropped"]),
            ),
        ],
    )
    raw, final = (amounts(by_language.filter(pc.field("outcome") == outcome)) for outcome in ("in", "out"))
    units = unit_figures(run, by_unit, stages)
    shards = shard_summary(run)
    complete = units["finished"] == units["count"]
    begun = (
        []
        if complete
        else [after.label for before, after in pairwise(stages) if after.number != before.number]
    )
    faults = imbalances(by_reason, [stage.label for stage in stages], begun) + shard_faults(shards, final)
    unreadable = unreadable_figures(run)
    tallies = fold_tallies(run)
    report = {
        "recipe": manifest["recipe"],
        "assay": manifest["assay"],
        "complete": complete,
        "balanced": not faults,
        "imbalances": faults,
        "totals": {"raw": raw, "final": final},
        "retention": retention(raw, final),
        "stages": stage_figures(by_reason, stages),
        "reasons": reason_figures(by_reason, stages),
        "languages": group_figures(by_language, "language", GROUPS),
        "sources": group_figures(by_source, "source", GROUPS),
        "unreadable": unreadable,
        "unreadable_records": {
            kind: sum(entry["records"] for entry in unreadable if entry["kind"] == kind)
            for kind in ("unreadable", "skipped")
        },
        "duplicates": [duplicate_figures(run, label, of_duplicates, tallies) for label in deduplicators],
        "units": units,
        "inputs": {
            "files": len(manifest["inputs"]),
            "bytes": sum(entry["bytes"] for entry in manifest["inputs"]),
        },
        "tokenizer": manifest.get("tokenizer"),
        "shards": shards,
        "published": funnels.figures(),
    }
    report |= tallied_figures(report, tallies, stages, manifest.get("sample"))
    return report | {"planning": planning_figures(run, report, tallies)}


def tallied_figures(
    report: Report, tallies: pa.Table, stages: list[StageEntry], sample: dict[str, Any] | None
) -> dict[str, Any]:
    """What the tallies say, beside the ledger: `lengths`, `hosts`, `suffixes`, `dominance`, `intervals`, `measures`,
    `overlap`, `audit`. `sample` describes the sample that the input is, if it is one."""
    figures: dict[str, Any] = {
        "lengths": length_figures(tallies),
        "hosts": host_figures(tallies),
        "suffixes": suffix_figures(tallies, GROUPS),
        "measures": measure_figures(tallies, stages),
        "overlap": overlap_figures(tallies, stages),
        "audit": audit_figures(tallies, stages, (sample or {}).get("by") == "bytes"),
    }
    figures["dominance"] = dominance(report | figures)
    effective = figures["dominance"]["documents_effective"]
    return figures | {"intervals": interval_figures(tallies, stages, sample is not None, effective)}


def unit_figures(run: RunDirectory, by_unit: pa.Table, stages: list[StageEntry]) -> dict[str, Any]:
    """How many units there are, how many are finished, and raw and final amounts of each, column by column.

    A unit is finished when the ledger of its last pass is there.
    """
    count = len(run.units())
    done = listing(run, max(stage.number for stage in stages)).done(count)
    columns: dict[str, list[int]] = {}
    for kind, outcome in (("raw", "in"), ("final", "out")):
        rows = by_unit.filter(pc.field("outcome") == outcome)
        for name in ("tokens", "documents"):
            values = np.zeros(count, np.int64)
            values[rows["unit"].to_numpy()] = rows[name].to_numpy()
            columns[f"{kind}_{name}"] = values.tolist()
    return {"count": count, "finished": int(done.sum()), "index": list(range(count)), **columns}


def shard_summary(run: RunDirectory) -> dict[str, int] | None:
    """How many shards there are and what is in them, as their writer counted; None before there are any."""
    url = run.path("shards", "summary.json")
    if not files.exists(url):
        return None
    summary = json.loads(files.read_bytes(url))
    totals = {name: summary[name] for name in ("rows", "documents", "tokens", "separators")}
    return {"shards": len(summary["shards"]), **totals}


def shard_faults(shards: dict[str, int] | None, final: Amount) -> list[str]:
    """Every token of every kept document is in the shards exactly once, or this says that it is not."""
    if shards is None or shards["tokens"] == final["tokens"]:
        return []
    return [f"shards: {shards['tokens']} tokens, but the last stage let out {final['tokens']}"]
