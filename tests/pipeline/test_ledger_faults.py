"""Whatever attempts die, overtake each other and come back late: every unit is counted once, and the bytes are the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from attempts import FAULTS, Attempt, litter, stoppable
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from pipeline import files, ledger_files
from pipeline.engine import Engine
from pipeline.ledger import KEYS, LEDGER, add_up, imbalances
from pipeline.ledger_files import fold, listing
from pipeline.passes import compact
from pipeline.passes.compact import compact_range
from pipeline.passes.job import Job
from pipeline.passes.process import process_unit
from pipeline.recipe import parse_recipe
from pipeline.run import _job, run
from pipeline.rundir import RunDirectory
from pipeline.sources.unit import Unit
from pipeline.tallies import files as tally_files
from pipeline.tallies import table as tally_table
from pipeline.tallies.files import fold_tallies
from pipeline.tallies.table import TALLIES

UNITS, RANGE, PASSES = 5, 2, 2
COMPARED = ("ledger", "sums", "parts", "dropped", "unreadable", "tokens")
RECIPE = """
name: faults
stages:
  - {stage: gopher_quality, min_words: 4, min_stop_words: 0, min_mean_word_length: 1}
  - {stage: dedup_exact}
  - {stage: mask_pii}
tokenizer: {train: {vocab_size: 300}}
"""
TEXTS = (
    "a harbour and a clerk",
    "the ledger of every vessel, to me@example.org",
    "too short",
    "the clerk reads it out on Fridays",
)


@dataclass(frozen=True)
class Undisturbed:
    """A run without faults: what every other one must come to."""

    folder: Path
    job: Job
    units: list[Unit]
    rows: dict[tuple[int, int], pa.Table]  # the ledger of each unit in each pass
    tallies: dict[tuple[int, int], pa.Table]
    bytes: dict[str, bytes]
    stages: list[str]


def tree(folder: Path) -> dict[str, bytes]:
    """Everything that passes write, by name."""
    found = [file for name in COMPARED for file in (folder / name).rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): file.read_bytes() for file in found}


@pytest.fixture(scope="module", autouse=True)
def small_ranges() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger_files, "RANGE", RANGE)
        patch.setattr(compact, "RANGE", RANGE)
        patch.setattr(tally_files, "RANGE", RANGE)
        yield


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, small_ranges: None) -> Undisturbed:
    inputs = tmp_path_factory.mktemp("input")
    for unit in range(UNITS):
        lines = [json.dumps({"text": TEXTS[(unit + at) % 4], "id": f"{unit}-{at}"}) for at in range(unit + 2)]
        (inputs / f"{unit}.jsonl").write_text("\n".join([*lines, "not json" if unit % 2 else ""]))
    whole = RunDirectory(str(tmp_path_factory.mktemp("run") / "whole"))
    recipe = parse_recipe(RECIPE, "recipe")
    run(recipe, [str(inputs)], whole.url, Engine(1), Console(quiet=True))

    alone = start(whole, tmp_path_factory.mktemp("alone"))
    job = _job(alone, recipe, alone.read_json("manifest.json"))
    units, rows, tallies = alone.units(), {}, {}
    for number in range(PASSES):
        for unit in units:
            assert process_unit(replace(job, number=number), unit) is None
            rows[number, unit.index] = files.read_table(alone.ledger(number, unit.index))
            tallies[number, unit.index] = files.read_table(alone.tallies(number, unit.index))
        for at in range(-(-UNITS // RANGE)):
            compact_range(alone, number, UNITS, at)
    assert fold(alone, KEYS).equals(fold(whole, KEYS))
    content = tree(Path(alone.url))
    for name in ("ledger", "sums", "dropped", "unreadable", "parts/1"):
        there = {str(file.relative_to(whole.url)) for file in Path(whole.path(name)).rglob("*.parquet")}
        assert there == {file for file in content if file.startswith(f"{name}/")}
        assert all(Path(whole.path(file)).read_bytes() == content[file] for file in there)
    return Undisturbed(Path(whole.url), job, units, rows, tallies, content, [s.label for s in alone.stages()])


def start(whole: RunDirectory, folder: Path) -> RunDirectory:
    """A run directory before its first pass, but with what the barrier will find."""
    for name in ("manifest.json", "tokenizer.json", "units.parquet"):
        shutil.copy(whole.path(name), folder / name)
    shutil.copytree(whole.path("duplicates"), folder / "duplicates")
    return RunDirectory(str(folder))


class Schedule:
    """Lets attempts happen as `draw` says, and looks at the ledger in between."""

    def __init__(self, truth: Undisturbed, run: RunDirectory, draw: st.DataObject) -> None:
        self._truth, self._run, self._draw = truth, run, draw
        self._alive: list[Attempt] = []

    def happen(self) -> None:
        for number in range(PASSES):
            self._disturb([partial(self._process, number, unit) for unit in self._truth.units], number)
            for unit in self._truth.units:  # the attempt that goes on to the end
                self._process(number, unit)
            ranges = range(-(-UNITS // RANGE))
            self._disturb([partial(compact_range, self._run, number, UNITS, at) for at in ranges], number)
            self._look(number)
            for at in ranges:
                compact_range(self._run, number, UNITS, at)
        for late in self._alive:
            late.finish()
            assert late.error is None
            self._look(PASSES - 1)

    def _process(self, number: int, unit: Unit) -> None:
        assert process_unit(replace(self._truth.job, run=self._run, number=number), unit) is None

    def _disturb(self, works: list[partial[None]], number: int) -> None:
        """Some attempts at some of these, of this pass, and those that are left of what was before."""
        for _ in range(self._draw.draw(st.integers(0, 10), "acts")):
            if not self._alive or self._draw.draw(st.booleans(), "begin"):
                self._alive.append(Attempt(works[self._draw.draw(st.integers(0, len(works) - 1), "work")]))
            attempt = self._alive[self._draw.draw(st.integers(0, len(self._alive) - 1), "attempt")]
            for _ in range(self._draw.draw(st.integers(0, 9), "files")):
                attempt.step()
            fault = self._draw.draw(st.sampled_from(FAULTS), "fault")
            attempt.step(fault)
            if fault == "torn":
                litter(Path(self._run.path("ledger", str(number))))
            if attempt.over:
                assert attempt.error is None
                self._alive.remove(attempt)
            self._look(number)

    def _look(self, number: int) -> None:
        """Ledger and tallies are the sums of the units that are done: none twice, none left out."""
        rows, tallies = [LEDGER.empty_table()], [TALLIES.empty_table()]
        for earlier in range(number + 1):
            done = np.flatnonzero(listing(self._run, earlier).done(UNITS)).tolist()
            rows += [self._truth.rows[earlier, unit] for unit in done]
            tallies += [self._truth.tallies[earlier, unit] for unit in done]
        assert fold(self._run, KEYS).equals(add_up(pa.concat_tables(rows), KEYS))
        assert fold_tallies(self._run).equals(tally_table.add_up(tallies))


@given(st.data())
@settings(max_examples=40)
def test_every_schedule_of_faults_comes_to_the_same(
    undisturbed: Undisturbed, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    run = start(RunDirectory(str(undisturbed.folder)), tmp_path_factory.mktemp("faults"))
    with stoppable():
        Schedule(undisturbed, run, data).happen()
    for number in range(PASSES):
        compact.compact(Engine(1), run, number, UNITS)  # what late workers wrote is put away
    files.remove_unfinished(run.url)
    assert imbalances(fold(run, ["stage", "outcome"]), undisturbed.stages) == []
    assert tree(Path(run.url)) == undisturbed.bytes
    assert fold_tallies(run).equals(fold_tallies(RunDirectory(str(undisturbed.folder))))
