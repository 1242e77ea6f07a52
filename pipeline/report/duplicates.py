"""What each deduplicator found: how many clusters, how large, where, and whether it took more than copies."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import files
from pipeline.dedup.barrier import DONE
from pipeline.ledger import QUANTITIES
from pipeline.report.alarms import cluster_alarms, collapse_alarms
from pipeline.report.figures import Amount, amounts
from pipeline.rundir import RunDirectory

LISTED = 20  # sources of each deduplicator

_NOTHING: dict[str, Any] = {"clusters": 0, "clustered": 0, "dropped": 0, "sizes": [], "largest": []}


def duplicate_figures(run: RunDirectory, label: str, by_source: pa.Table) -> dict[str, Any]:
    """Clusters with their sizes, the largest of them, the sources that lost most tokens, and what looks wrong.

    The barrier counted clusters; before it has been, there are none. `by_source` are ledger rows summed by stage,
    outcome and source.
    """
    url = f"duplicates/{label}/{DONE}"
    found = run.read_json(url) if files.exists(run.path(url)) else _NOTHING
    rows = by_source.filter(pc.field("stage") == label)
    sources = _sources(rows)
    came = amounts(rows.filter(pc.field("outcome") == "in"))
    collapsed = [(f"source {entry['source']}", entry["in"], entry["dropped"]) for entry in sources]
    return {
        "stage": label,
        "clusters": found["clusters"],
        "documents": found["clustered"],
        "dropped": found["dropped"],
        "sizes": found["sizes"],
        "largest": found["largest"],
        "sources": sources[:LISTED],
        "alarms": [
            *collapse_alarms(label, collapsed, came["tokens"]),
            *cluster_alarms(label, found["largest"], came),
        ],
    }


def _sources(rows: pa.Table) -> list[dict[str, Any]]:
    """Each source that lost documents: what came in and what went, those that lost most tokens first."""
    found: dict[str, dict[str, Amount]] = {}
    for row in rows.to_pylist():
        amount = {name: row[name] for name in QUANTITIES}
        found.setdefault(row["source"], {})[row["outcome"]] = amount
    lost = [{"source": source, **ends} for source, ends in found.items() if "dropped" in ends]
    return sorted(lost, key=lambda entry: (-entry["dropped"]["tokens"], entry["source"]))
