"""Pools are what they say they are, samples of them are by documents, and each table has its rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import coverage
from benchmarks.documents import ROOT
from benchmarks.populations import DOCUMENTS, Pool, pools


@pytest.mark.parametrize(
    ("name", "retention"),
    [
        ("re-crawls", 0.47),
        ("every document 100 times", 0.01),
        ("Zipf", 0.224),
        ("nine in ten unique, the rest threefold", 0.9333),
    ],
)
def test_pools_are_of_their_size_and_retention(name: str, retention: float) -> None:
    pool = pools()[name]
    assert pool.documents == pytest.approx(DOCUMENTS, rel=1e-3)
    assert pool.retention == pytest.approx(retention, rel=1e-2)


@settings(max_examples=20)
@given(st.floats(0.01, 0.99), st.integers(0, 1000))
def test_samples_are_binomial(q: float, seed: int) -> None:
    """In documents, and in clusters that are seen at all; drawn one by one or together."""
    pool = Pool(np.array([1, 2, 5, 90]), np.array([4000, 1000, 40, 3]))
    sample = pool.thinned(q, np.random.default_rng(seed))
    assert abs(sample.documents - q * pool.documents) < 6 * np.sqrt(q * (1 - q) * pool.documents) + 1
    seen = float(pool.clusters @ (1 - (1 - q) ** pool.sizes))
    assert abs(sample.distinct - seen) < 6 * np.sqrt(seen) + 1
    assert (sample.sizes[:-1] < sample.sizes[1:]).all() and sample.sizes[-1] <= 90


def test_the_intervals_of_a_pool_cover(monkeypatch) -> None:
    pool = Pool(np.array([1, 2, 40]), np.array([100_000, 20_000, 1000]))
    monkeypatch.setattr(coverage, "pools", lambda: {"small": pool})
    rows = list(coverage.pool_rows(40))
    assert [row[1] for row in rows] == ["2", "10", "100", "1,000"]
    assert not any("✗" in row[5] for row in rows)
    assert all(row[6].endswith("points") for row in rows[:2]) and rows[2][6] == "–"


def test_the_docs_have_the_tables_that_are_printed() -> None:
    page = (ROOT / "docs" / "coverage.md").read_text()
    rows = {
        tuple(cell.strip() for cell in line.strip("| ").split("|"))
        for line in page.splitlines()
        if "|" in line
    }
    for columns in (coverage._POOL_COLUMNS, coverage._PLANTED_COLUMNS, coverage._FILTER_COLUMNS):
        assert columns in rows
    for name in pools():
        assert {row[1] for row in rows if row[0] == name} == {f"{times:,}" for times in coverage.TIMES}
    assert len([row for row in rows if row[0] == "final of raw"]) == len(coverage.RECIPES) * len(
        coverage.TIMES
    )
    assert coverage.MISSED not in page.split("**", 1)[1]
