"""Compaction changes no figure and no byte, whoever does it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_run import STAGES, Page, Written, write_run

from pipeline import files, ledger_files, unreadable
from pipeline.engine import Engine
from pipeline.ledger import ENDS, KEYS
from pipeline.ledger_files import fold, fold_each, listing
from pipeline.passes import compact as compaction
from pipeline.passes.compact import compact, compact_range
from pipeline.report.build import build_report
from pipeline.rundir import RunDirectory
from pipeline.tallies import files as tally_files
from pipeline.tallies.files import fold_tallies
from pipeline.unreadable import count_unreadable


@pytest.fixture(autouse=True, scope="module")
def small_ranges() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger_files, "RANGE", 3)
        patch.setattr(compaction, "RANGE", 3)
        patch.setattr(unreadable, "RANGE", 3)
        patch.setattr(tally_files, "RANGE", 3)
        patch.setattr(compaction, "_ROWS", 20)
        yield


def write(folder: Path, units: int) -> RunDirectory:
    def page(at: int) -> Page:
        goes = (None, ("gopher_quality", "too_few_words"), ("fineweb", "short_lines"))[at % 3]
        return Page((at, at % 7, at % 5), source=f"s{at % 4}", language=("en", "de", None)[at % 3], goes=goes)

    written = [
        Written(
            [page(at * unit) for at in range(unit % 5)],
            [(f"in/{unit}", at, "unreadable", ("cut", "torn")[at % 2], f"{unit}") for at in range(unit % 4)],
        )
        for unit in range(units)
    ]
    return write_run(folder, written, STAGES)


def tree(run: RunDirectory) -> dict[str, bytes]:
    found = [
        file
        for name in ("ledger", "tallies", "sums")
        for file in Path(run.path(name)).rglob("*")
        if file.is_file()
    ]
    return {str(file.relative_to(run.url)): file.read_bytes() for file in found}


@given(units=st.integers(1, 10), compacted=st.sets(st.tuples(st.integers(0, 1), st.integers(0, 3))))
@settings(max_examples=25)
def test_no_figure_changes_however_much_is_compacted(
    tmp_path_factory: pytest.TempPathFactory, units: int, compacted: set[tuple[int, int]]
) -> None:
    run = write(tmp_path_factory.mktemp("run"), units)
    rows = [files.read_table(run.ledger(number, unit)) for number in (0, 1) for unit in range(units)]
    report, causes, tallies = build_report(run), count_unreadable(run), fold_tallies(run)
    by_language = fold_each(run, [(("outcome", "unit"), pc.field("language") == "de"), (KEYS, None)])
    for number, at in compacted:
        if at * 3 < units:
            compact_range(run, number, units, at)
    assert build_report(run) == report
    assert count_unreadable(run).equals(causes)
    assert tallies.equals(fold_tallies(run))
    read = sum(unit % 5 for unit in range(units))  # the first unit is empty
    assert bool(len(tallies)) == (read > 0)
    again = fold_each(run, [(("outcome", "unit"), pc.field("language") == "de"), (KEYS, None)])
    assert [table.to_pylist() for table in again] == [table.to_pylist() for table in by_language]
    assert listing(run, 0).done(units).all() and not listing(run, 0).done(units + 3)[units + 2]

    german = pa.concat_tables(rows).filter(ENDS & (pc.field("language") == "de"))
    assert pc.sum(again[0]["bytes"]).as_py() == pc.sum(german["bytes"]).as_py()
    compact(Engine(), run, 0, units)
    kept = pa.concat_tables([files.read_table(url) for url in files.list_files(run.path("ledger/0"))])
    assert kept.equals(pa.concat_tables(rows[:units]))  # every row of every unit, in order


def test_an_engine_writes_the_same_bytes(tmp_path: Path) -> None:
    units = 3 * (compaction._FEW_RANGES + 1)
    one, other = write(tmp_path / "one", units), write(tmp_path / "other", units)
    compact(Engine(), one, 0, units)
    for at in range(units // 3):
        compact_range(other, 0, units, at)
    assert tree(one) == tree(other)
    assert len(files.names(one.path("ledger/0"))) == units // 3
    before = tree(one)
    compact(Engine(), one, 0, units)
    assert tree(one) == before


def test_a_late_worker_changes_nothing_and_is_put_away(tmp_path: Path) -> None:
    run = write(tmp_path / "run", 5)
    late = files.read_bytes(run.ledger(0, 4))
    compact(Engine(), run, 0, 5)
    before, folded = tree(run), fold(run, KEYS)
    files.write_bytes(run.ledger(0, 4), late)
    assert fold(run, KEYS).equals(folded)
    assert np.array_equal(listing(run, 0).loose, [])
    compact(Engine(), run, 0, 5)
    assert tree(run) == before


def test_a_range_that_lacks_a_unit_is_not_compacted(tmp_path: Path) -> None:
    run = write(tmp_path / "run", 5)
    files.remove(run.ledger(0, 4))
    before = tree(run)
    with pytest.raises(FileNotFoundError):
        compact_range(run, 0, 5, 1)
    assert {name: content for name, content in tree(run).items() if not name.startswith("sums")} == before
