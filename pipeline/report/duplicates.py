"""What each deduplicator found: how many clusters, how large, and the largest of them."""

from __future__ import annotations

from typing import Any

from pipeline import files
from pipeline.dedup.barrier import DONE
from pipeline.rundir import RunDirectory

_NOTHING: dict[str, Any] = {"clusters": 0, "clustered": 0, "dropped": 0, "largest": []}


def duplicate_figures(run: RunDirectory, label: str) -> dict[str, Any]:
    """Clusters, documents in them, documents dropped, and the largest clusters with the page that stayed.

    The barrier counted them. Before it has been, there are none.
    """
    url = f"duplicates/{label}/{DONE}"
    found = run.read_json(url) if files.exists(run.path(url)) else _NOTHING
    return {
        "stage": label,
        "clusters": found["clusters"],
        "documents": found["clustered"],
        "dropped": found["dropped"],
        "largest": found["largest"],
    }
