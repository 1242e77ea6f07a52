"""Records of the input that gave no document, counted by cause, with a few examples of each."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from pipeline import files
from pipeline.rundir import RunDirectory

EXAMPLES = 5


def unreadable_figures(run: RunDirectory) -> list[dict[str, Any]]:
    """Each (kind, cause): how many records, and the first few with file, offset and detail.

    What is wrong comes before what was skipped, the frequent before the rare.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for url in files.list_files(run.path("unreadable"), ".parquet"):
        table = files.read_table(url)
        for group in table.group_by(["kind", "cause"]).aggregate([([], "count_all")]).to_pylist():
            kind, cause = group["kind"], group["cause"]
            entry = found.setdefault(
                (kind, cause), {"kind": kind, "cause": cause, "records": 0, "examples": []}
            )
            entry["records"] += group["count_all"]
            wanted = EXAMPLES - len(entry["examples"])
            if wanted:
                rows = table.filter((pc.field("kind") == kind) & (pc.field("cause") == cause)).slice(
                    0, wanted
                )
                entry["examples"] += [
                    {"file": row["path"], "offset": row["offset"], "detail": row["detail"]}
                    for row in rows.to_pylist()
                ]
    return sorted(found.values(), key=lambda e: (e["kind"] != "unreadable", -e["records"], e["cause"]))
