"""Unreadable records are counted as plain Python counts them, however they lie in units and batches."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import files
from pipeline.passes.writers import UNREADABLE, BatchWriter, unreadable_batch
from pipeline.rundir import RunDirectory
from pipeline.sources.unit import Unreadable
from pipeline.unreadable import EXAMPLES, count_units, count_unreadable

records = st.tuples(st.sampled_from(["unreadable", "skipped"]), st.sampled_from(["cut", "torn", "image"]))


@settings(max_examples=50)
@given(st.lists(st.lists(records, max_size=30), max_size=4), st.integers(1, 9))
def test_counts_and_first_examples(
    tmp_path_factory: pytest.TempPathFactory, units: list[list[tuple[str, str]]], batch: int
) -> None:
    run = RunDirectory(str(tmp_path_factory.mktemp("run")))
    every: list[Unreadable] = []
    for unit, kinds in enumerate(units):
        found = [Unreadable(f"in/{unit}", at, kind, cause, f"{at}") for at, (kind, cause) in enumerate(kinds)]  # type: ignore[arg-type]
        with BatchWriter(run.unreadable(unit), UNREADABLE) as writer:
            for start in range(0, len(found), batch):
                writer.write(unreadable_batch(found[start : start + batch]))
        files.write_table(run.ledger(0, unit), pa.table({}))
        every += found
    counted = count_unreadable(run)
    assert counted.equals(count_units(run, range(len(units))))
    rows = counted.to_pylist()
    keys = sorted({(record.kind, record.cause) for record in every})
    assert [(row["kind"], row["cause"]) for row in rows] == keys
    for row in rows:
        same = [r for r in every if (r.kind, r.cause) == (row["kind"], row["cause"])]
        assert row["records"] == len(same)
        shown = [(example["path"], example["offset"]) for example in row["examples"]]
        assert shown == [(record.path, record.offset) for record in same[:EXAMPLES]]


def test_units_that_are_not_done_do_not_count(tmp_path: Path) -> None:
    run = RunDirectory(str(tmp_path))
    files.write_table(run.unreadable(0), UNREADABLE.empty_table())
    files.write_bytes(run.unreadable(1), b"half a fi")
    files.write_table(run.ledger(0, 0), pa.table({}))
    assert len(count_unreadable(run)) == 0
