"""Clusters in the report are those of the drop files, which say it row by row."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from written_run import Page, Written, write_run

from pipeline import files
from pipeline.report.duplicates import duplicate_figures


@pytest.mark.parametrize("label", ["dedup_url", "dedup_exact", "dedup_minhash"])
def test_clusters(sample_run: Path, label: str) -> None:
    drops = [
        pq.read_table(file).to_pylist() for file in (sample_run / "duplicates" / label).glob("*.parquet")
    ]
    rows = [row for unit in drops for row in unit]
    sizes = Counter(row["cluster"] for row in rows)
    keepers = {row["cluster"]: {"id": row["keeper_id"], "url": row["keeper_url"]} for row in rows}
    assert len(sizes) > 2
    largest = sorted(sizes, key=lambda cluster: (-sizes[cluster], cluster))[:10]
    report = json.loads((sample_run / "report.json").read_text())
    (figures,) = [entry for entry in report["duplicates"] if entry["stage"] == label]
    assert figures == {
        "stage": label,
        "clusters": len(sizes),
        "documents": len(sizes) + len(rows),
        "dropped": len(rows),
        "largest": [{"documents": sizes[c] + 1, **keepers[c]} for c in largest],
    }


def test_nothing_is_said_of_a_barrier_that_is_still_to_come(tmp_path: Path) -> None:
    run = write_run(tmp_path, [Written([Page((1, 1, 1))])])
    nothing = {"stage": "near", "clusters": 0, "documents": 0, "dropped": 0, "largest": []}
    assert duplicate_figures(run, "near") == nothing
    files.remove(run.path("duplicates"))
    assert duplicate_figures(run, "near") == nothing
