"""Clusters as the drop files say, whatever is held in memory at a time."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_run import Page, Written, write_run

from pipeline.report.duplicates import LARGEST, duplicate_figures


def copy(cluster: int) -> Page:
    url = f"https://{cluster}.example" if cluster % 2 else None
    return Page((1, 1, 1), goes=("near", "near_duplicate"), keeper=(cluster, f"doc {cluster}", url))


@settings(max_examples=25)
@given(
    units=st.lists(
        st.lists(st.sampled_from([1, 2, 3, 1 << 32, 5 << 32, *range(40, 60)])), min_size=1, max_size=4
    ),
    rows_at_once=st.integers(1, 50),
)
def test_clusters(
    tmp_path_factory: pytest.TempPathFactory, units: list[list[int]], rows_at_once: int
) -> None:
    run = write_run(tmp_path_factory.mktemp("run"), [Written([copy(c) for c in unit]) for unit in units])
    sizes = Counter(cluster for unit in units for cluster in unit)
    figures = duplicate_figures(run, "near", rows_at_once)
    assert figures["clusters"] == len(sizes)
    assert figures["dropped"] == sizes.total()
    assert figures["documents"] == sizes.total() + len(sizes)
    largest = sorted(sizes, key=lambda cluster: (-sizes[cluster], cluster))[:LARGEST]
    assert figures["largest"] == [
        {"documents": sizes[c] + 1, "id": f"doc {c}", "url": f"https://{c}.example" if c % 2 else None}
        for c in largest
    ]


def test_no_duplicates(tmp_path: Path) -> None:
    run = write_run(tmp_path, [Written([Page((1, 1, 1))])])
    assert duplicate_figures(run, "near") == {
        "stage": "near", "clusters": 0, "documents": 0, "dropped": 0, "largest": []
    }  # fmt: skip
