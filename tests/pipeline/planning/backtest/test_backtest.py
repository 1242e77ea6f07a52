"""A backtest reads from a run what became of each document, and sends parts of it through the same stages."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from commandline import assay
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from written_run import STAGES, Page, Written, write_run

from pipeline import files
from pipeline.errors import UserError
from pipeline.ledger_files import fold
from pipeline.planning.backtest import backtest, print_backtest
from pipeline.planning.backtest.compare import Backtest, gain_of, predictions
from pipeline.planning.backtest.fates import Fates, read_fates
from pipeline.planning.backtest.pilot import send
from pipeline.report.figures import stage_figures
from pipeline.rundir import RunDirectory, StageEntry

TWO = (*STAGES[:4], StageEntry("exact", "dedup_exact", "deduplicator", 1), *STAGES[4:])


def pages(count: int, seed: int = 1) -> list[Page]:
    """Some go at filters, some are copies by text, and of what stays of these some are near copies."""
    random = np.random.default_rng(seed)
    made: list[Page] = []
    kept: dict[str, list[Page]] = {"exact": [], "near": []}
    for at in range(count):
        tokens = int(random.integers(10, 500))
        page = Page(amounts=(tokens * 5, tokens, tokens), id=f"page-{at}", trims={"lines": (10, 2, 2)})
        fate = random.choice(["gopher_quality", "exact", "near", "fineweb", ""], p=[0.2, 0.2, 0.2, 0.1, 0.3])
        if kept.get(fate):
            keeper = kept[fate][random.integers(len(kept[fate]))]
            copy = replace(page, goes=(fate, "copy"), keeper=(int(keeper.id[5:]), keeper.id, None))
            made.append(copy)
            if fate == "near":  # of what goes as a near copy there are copies by text
                kept["exact"].append(copy)
        elif fate in ("gopher_quality", "fineweb"):
            made.append(replace(page, goes=(fate, "rule")))
        else:
            made.append(page)
            kept["exact"].append(page)
            kept["near"].append(page)
    return made


def written(folder: Path, count: int = 400, units: int = 4) -> RunDirectory:
    made = pages(count)
    run = write_run(folder, [Written(made[at::units]) for at in range(units)], TWO)
    run.write_json("done.json", {})
    return run


def figures(run: RunDirectory) -> list[dict]:
    return stage_figures(fold(run, ["stage", "outcome"]), run.stages())


def fates_of(run: RunDirectory, rate: float = 1.0) -> Fates:
    return read_fates(run, gain_of(figures(run)), rate)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunDirectory:
    return written(tmp_path_factory.mktemp("run"))


def test_the_whole_as_a_pilot_is_the_run(run: RunDirectory) -> None:
    """Through filters, an editor and two deduplicators, tokens are those of the ledger."""
    fates = fates_of(run)
    whole = send(fates, np.arange(len(fates.hashes)), run.stages())
    ledger = figures(run)
    assert whole.raw.sum() == pytest.approx(ledger[0]["in"]["tokens"])
    assert whole.final.sum() == pytest.approx(ledger[-1]["out"]["tokens"])
    assert [ledger[one.stage]["kind"] for one in whole.passed] == [
        "filter",
        "deduplicator",
        "deduplicator",
        "filter",
    ]
    for one in whole.passed:
        assert one.came.sum() == pytest.approx(ledger[one.stage]["in"]["tokens"])
        assert one.went_on.sum() == pytest.approx(ledger[one.stage]["out"]["tokens"])


def test_of_a_run_predicted_from_itself_every_share_is_right(run: RunDirectory) -> None:
    fates, ledger = fates_of(run), figures(run)
    said = predictions(send(fates, np.arange(len(fates.hashes)), run.stages()), 1)
    for stage, one in said.items():
        truth = (
            ledger[-1]["out"]["tokens"] / ledger[0]["in"]["tokens"]
            if stage == len(ledger)
            else ledger[stage]["out"]["tokens"] / ledger[stage]["in"]["tokens"]
        )
        assert one.alone == pytest.approx(truth)
        assert one.low <= truth + 1e-9 and truth - 1e-9 <= one.high


@settings(max_examples=25)
@given(st.sets(st.integers(0, 399), min_size=1))
def test_of_copies_one_stays_in_any_pilot(run: RunDirectory, chosen: set[int]) -> None:
    fates, stages = fates_of(run), run.stages()
    pilot = send(fates, np.array(sorted(chosen)), stages)
    at = [stage.label for stage in stages].index("near")
    (near,) = (one for one in pilot.passed if one.stage == at)
    assert near.clusters is not None
    arrived = set(chosen) & set(np.flatnonzero(fates.went >= at - 1).tolist())
    exact = {int(fates.keeper[d]) if fates.went[d] == at - 1 else d for d in arrived}
    rest = {int(fates.keeper[d]) if fates.went[d] == at else d for d in exact}
    assert near.clusters.sizes @ near.clusters.clusters == len(exact)
    assert near.clusters.clusters.sum() == len(rest)
    assert (near.went_on <= near.came + 1e-6).all() or near.went_on.sum() <= near.came.sum() + 1e-6


def test_a_part_of_the_documents_is_read_with_those_kept_in_their_stead(run: RunDirectory) -> None:
    every, part = fates_of(run), fates_of(run, 0.3)
    assert part.drawn.sum() < 0.5 * len(every.hashes) and len(part.hashes) < len(every.hashes)
    stages = run.stages()
    below = every.hashes[every.hashes <= part.hashes[part.drawn].max()]
    assert (part.hashes[part.drawn] == below).all()
    one = send(part, np.flatnonzero(part.drawn), stages)
    other = send(every, np.flatnonzero(np.isin(every.hashes, below)), stages)
    for a, b in zip(one.passed, other.passed, strict=True):
        assert a.went_on == pytest.approx(b.went_on)


def test_files_of_two_runs_are_refused(tmp_path: Path) -> None:
    run = written(tmp_path / "run", 60)
    files.remove(f"{run.duplicates('near')}/000001.parquet")
    with pytest.raises(UserError, match="not the files of one finished run"):
        fates_of(run)


def test_sizes_with_too_few_documents_are_left_out_and_named(run: RunDirectory) -> None:
    made = backtest(run)
    assert made.sizes == () and set(made.skipped) == {"0.001", "0.01", "0.1"}
    assert "say little" in made.skipped["0.1"]


@pytest.fixture(scope="module")
def larger(tmp_path_factory) -> RunDirectory:
    return written(tmp_path_factory.mktemp("larger"), 6000, 3)


@pytest.fixture(scope="module")
def made(larger: RunDirectory) -> Backtest:
    return backtest(larger)


def test_a_backtest_and_its_json(larger: RunDirectory, made: Backtest) -> None:
    assert [size.share for size in made.sizes] == [0.01, 0.1]
    tenth = made.sizes[1]
    assert tenth.pilots == 10 and tenth.documents == pytest.approx(600, rel=0.1)
    assert [told.name for told in tenth.stages] == ["gopher_quality", "exact", "near", "fineweb"]
    assert tenth.stages[0].covered is not None and tenth.stages[0].covered >= 0.7
    ledger = figures(larger)
    assert tenth.final.truth == pytest.approx(ledger[-1]["out"]["tokens"] / ledger[0]["in"]["tokens"])
    assert tenth.final.alone > tenth.final.truth  # a pilot alone keeps copies whose originals it has not
    assert json.loads(json.dumps(made.as_json()))["sizes"][1]["pilots"] == 10


def test_beyond_what_is_held_pilots_are_fewer(larger: RunDirectory) -> None:
    made = backtest(larger, held=1200)
    assert made.drawn == pytest.approx(0.2)
    assert [(size.share, size.pilots) for size in made.sizes] == [(0.01, 20), (0.1, 2)]
    assert any("were drawn to make pilots of" in note for note in made.notes)
    assert "held in memory" in backtest(larger, held=300).skipped["0.1"]


def test_it_prints_in_80_columns(made: Backtest) -> None:
    screen = io.StringIO()
    print_backtest(made, Console(file=screen, width=80))
    lines = screen.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    said = " ".join(lines)
    assert "A 10 % pilot (" in said and "would have said" in said and "it was" in said
    assert "No pilots of 0.1 %" in said


def test_a_run_that_is_not_done_is_refused(tmp_path: Path) -> None:
    run = written(tmp_path / "run", 60)
    files.remove(run.path("done.json"))
    with pytest.raises(UserError, match="not finished"):
        backtest(run)


def test_the_command(run: RunDirectory) -> None:
    done = assay("backtest", run.url, "--json")
    assert json.loads(done.stdout)["documents"] == 400
    assert "would pilots have said" in assay("backtest", run.url).stdout
    assert assay("backtest", run.url + "-not").returncode == 2
