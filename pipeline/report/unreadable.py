"""Records of the input that gave no document, as the report lists them."""

from __future__ import annotations

from typing import Any

from pipeline.rundir import RunDirectory
from pipeline.unreadable import count_unreadable


def unreadable_figures(run: RunDirectory) -> list[dict[str, Any]]:
    """Each (kind, cause): how many records, and the first few with file, offset and detail.

    What is wrong comes before what was skipped, the frequent before the rare.
    """
    found = [
        {
            "kind": row["kind"],
            "cause": row["cause"],
            "records": row["records"],
            "examples": [
                {"file": example["path"], "offset": example["offset"], "detail": example["detail"]}
                for example in row["examples"]
            ],
        }
        for row in count_unreadable(run).to_pylist()
    ]
    return sorted(found, key=lambda e: (e["kind"] != "unreadable", -e["records"], e["cause"]))
