"""What each deduplicator found: how many clusters, how large, where, and whether it took more than copies."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import files
from pipeline.dedup.barrier import DONE
from pipeline.ledger import FIRST, QUANTITIES
from pipeline.report.alarms import cluster_alarms, collapse_alarms
from pipeline.report.figures import Amount, amounts
from pipeline.rundir import RunDirectory

LISTED = 20  # hosts and sources of each deduplicator
WATCHED = 1000  # hosts that lost most, of which each is watched

_NOTHING: dict[str, Any] = {"clusters": 0, "clustered": 0, "dropped": 0, "sizes": [], "largest": []}


def duplicate_figures(
    run: RunDirectory, label: str, by_source: pa.Table, tallies: pa.Table
) -> dict[str, Any]:
    """Clusters with their sizes, the largest of them, the hosts and sources that lost most tokens, and what looks wrong.

    The barrier counted clusters; before it has been, there are none.

    Args:
        by_source: ledger rows added up by stage, outcome and source.
        tallies: those of the run, added up.
    """
    url = f"duplicates/{label}/{DONE}"
    found = run.read_json(url) if files.exists(run.path(url)) else _NOTHING
    rows = by_source.filter(pc.field("stage") == label)
    sources = _sources(rows)
    came = amounts(rows.filter(pc.field("outcome") == "in"))
    hosts = _hosts(label, tallies)
    groups = [(f"source {entry['source']}", entry["in"], entry["dropped"]) for entry in sources]
    groups += [(f"host {entry['host']}", entry["raw"], entry["dropped"]) for entry in hosts]
    return {
        "stage": label,
        "clusters": found["clusters"],
        "documents": found["clustered"],
        "dropped": found["dropped"],
        "sizes": found["sizes"],
        "largest": found["largest"],
        "hosts": [{"host": entry["host"], "dropped": entry["dropped"]} for entry in hosts[:LISTED]],
        "sources": sources[:LISTED],
        "alarms": [
            *collapse_alarms(label, groups, came["tokens"]),
            *cluster_alarms(label, found["largest"], came),
        ],
    }


def _hosts(label: str, tallies: pa.Table) -> list[dict[str, Any]]:
    """The hosts that lost most tokens: what was read of each, and what was dropped."""
    hosts = tallies.filter((pc.field("kind") == "host") & (pc.field("other") != ""))
    order = [("tokens", "descending"), ("other", "ascending")]
    lost = hosts.filter((pc.field("stage") == label) & (pc.field("name") == "dropped")).sort_by(order)
    lost = lost.slice(0, WATCHED)
    read = hosts.filter((pc.field("stage") == FIRST) & pc.field("other").isin(lost["other"].combine_chunks()))
    raw = {row["other"]: row for row in read.to_pylist()}
    return [
        {"host": row["other"], "raw": _amount(raw[row["other"]]), "dropped": _amount(row)}
        for row in lost.to_pylist()
        if row["other"] in raw  # small ones may be missing in one list and not in the other
    ]


def _amount(row: dict[str, Any]) -> Amount:
    return {name: row[name] for name in QUANTITIES}


def _sources(rows: pa.Table) -> list[dict[str, Any]]:
    """Each source that lost documents: what came in and what went, those that lost most tokens first."""
    found: dict[str, dict[str, Amount]] = {}
    for row in rows.to_pylist():
        found.setdefault(row["source"], {})[row["outcome"]] = _amount(row)
    lost = [{"source": source, **ends} for source, ends in found.items() if "dropped" in ends]
    return sorted(lost, key=lambda entry: (-entry["dropped"]["tokens"], entry["source"]))
