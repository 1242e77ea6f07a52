"""A plan's figures follow from the run, and what is printed is what the JSON holds."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from written_run import STAGES, Page, Written, write_run

from pipeline import files
from pipeline.errors import UserError
from pipeline.planning.goals import Goal, goal
from pipeline.planning.load import planning_by
from pipeline.planning.plan import plan
from pipeline.planning.show import print_plan
from pipeline.report.build import build_report
from pipeline.report.numbers import count
from pipeline.rundir import RunDirectory, StageEntry

UNDUPLICATED = [StageEntry(s.label, s.stage, s.kind, 0) for s in STAGES if s.kind != "deduplicator"]


def kept(tokens: int, language: str | None = "en", name: str = "page") -> Page:
    return Page((4 * tokens, tokens, tokens), language=language, id=name)


def lost(tokens: int, stage: str = "gopher_quality", language: str | None = "en", name: str = "page") -> Page:
    keeper = (0, "k", None) if stage == "near" else None
    return Page(
        (4 * tokens, tokens, tokens), language=language, goes=(stage, "reason"), keeper=keeper, id=name
    )


def printed(made: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=80)
    print_plan(made, console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    return " ".join(text.split())


def run_of_units(folder: Path, units: int = 40, stages: list[StageEntry] | None = None) -> RunDirectory:
    """Half of the tokens of each unit are kept, a fifth of them German."""
    pages = [kept(400), kept(100, "de"), lost(450), lost(50, language="de")]
    return write_run(folder, [Written(pages, stored=500)] * units, stages or UNDUPLICATED)


def test_without_copies_the_whole_is_a_multiple(tmp_path: Path) -> None:
    made = plan(planning_by(run_of_units(tmp_path)), goal("2M"))
    assert made["feasible"] and made["certain"]
    assert made["basis"]["basis"] == "units"
    for end in ("low", "value", "high"):  # units that agree leave no doubt
        assert made["times"][end] == pytest.approx(100, rel=1e-3)
        assert made["needs"]["tokens"][end] == pytest.approx(4e6, rel=1e-3)
        assert made["needs"]["documents"][end] == pytest.approx(16_000, rel=1e-3)
        assert made["needs"]["bytes"][end] == pytest.approx(16e6, rel=1e-3)
        assert made["needs"]["stored bytes"][end] == pytest.approx(2e6, rel=1e-3)
    assert made["crawls"]["crawls"]["value"] == pytest.approx(4e6 / 1200 / 2.707e9, rel=1e-3)
    assert made["scenarios"] == []
    assert "removes no duplicates" in made["warnings"][0]
    assert "Collect 4.00 M raw tokens" in printed(made)


def test_one_language(tmp_path: Path) -> None:
    planning = planning_by(run_of_units(tmp_path))
    made = plan(planning, goal("200k", language="de"))
    assert made["needs"]["tokens"]["value"] == pytest.approx(2e6, rel=1e-3)
    assert made["languages"]["de"]["raw"]["tokens"]["value"] == pytest.approx(0.15 * 2e6, rel=1e-3)
    by_share = made["crawls"]["by_language"]["de"]
    assert by_share["crawls"]["value"] == pytest.approx(0.3e6 / 1200 / 0.053 / 2.707e9, rel=1e-3)
    assert "`de`" in printed(made)
    with pytest.raises(UserError, match=r"nothing in the language `fr`.*de, en"):
        plan(planning, goal("1k", language="fr"))


def test_the_scarcest_language_of_a_mix_decides(tmp_path: Path) -> None:
    planning = planning_by(run_of_units(tmp_path))
    alone = plan(planning, goal("100k", language="de"))
    mixed = plan(planning, goal("200k", mix="de=0.5,en=0.5"))
    assert mixed["scarcest"] == "de"
    assert mixed["needs"] == alone["needs"]
    as_it_is = plan(planning, goal("200k", mix="de=0.2,en=0.8"))
    assert as_it_is["times"]["value"] == pytest.approx(
        plan(planning, goal("200k"))["times"]["value"], rel=1e-3
    )


@given(st.floats(1e3, 1e9), st.floats(1, 16))
def test_epochs_save_data(target: float, epochs: float) -> None:
    planning = _planning()
    once, again = (plan(planning, Goal(target, epochs=number)) for number in (1.0, epochs))
    for end in ("low", "value", "high"):
        if once["times"][end] is not None:
            assert again["times"][end] <= once["times"][end] * (1 + 1e-12)


@given(st.floats(1e3, 1e9), st.floats(1, 10))
def test_more_needs_more_and_ends_are_in_order(target: float, more: float) -> None:
    planning = _planning()
    one, other = (plan(planning, Goal(target * by)) for by in (1, more))
    for made in (one, other):
        ends = [made["times"][end] for end in ("low", "value", "high") if made["times"][end] is not None]
        assert ends == sorted(ends)
    for end in ("low", "value", "high"):
        if other["times"][end] is not None:
            assert one["times"][end] <= other["times"][end] * (1 + 1e-12)


def _planning() -> dict[str, Any]:
    """A run of a thousand tokens of which half are left, and of whose growth more is left than of each before."""
    times = [10 ** (k / 8) for k in range(49)]
    return {
        "source": "this run",
        "raw": {"tokens": 2000, "documents": 20, "bytes": 8000},
        "final": {"tokens": 1000},
        "stored_bytes": 500,
        "web": True,
        "basis": "documents",
        "groups": 64,
        "yield": {"tokens": [900, 1000, 1100], "documents": [800, 1000, 1200], "bytes": [900, 1000, 1100],
                  "stored bytes": [900, 1000, 1100]},
        "distinct": {"times": times, "low": [t**-0.8 for t in times],
                     "point": [t**-0.5 if t <= 10 else None for t in times], "high": [t**-0.2 for t in times]},
        "bracket_by": "closed form",
        "scenarios": [{"name": "slow", "exponent": 0.09, "source": "elsewhere"}],
        "languages": {},
        "pool": None,
        "costs": None,
        "warnings": [],
    }  # fmt: skip


def test_no_point_where_a_sample_says_none() -> None:
    near, far = (plan(_planning(), Goal(target)) for target in (2000, 1e5))
    assert near["times"]["value"] == pytest.approx(4)
    assert far["times"]["value"] is None
    assert far["times"]["low"] is not None and far["certain"] is False
    text = printed(far)
    assert "Collect at least" in text and "no amount is sure to be enough" in text
    assert far["gap"]["epochs"]["low"] == 1
    assert far["scenarios"][0]["times"] == pytest.approx(100 ** (1 / 0.91))


def test_a_corpus_beyond_everything_spoken_of() -> None:
    made = plan(_planning(), Goal(1e10))
    assert made["beyond"] == pytest.approx(1e6)
    least = 1e6 * 1e10 / (1100 * 1e6**0.8)
    assert made["times"] == {"low": pytest.approx(least), "value": None, "high": None}
    text = printed(made)
    assert text.startswith(
        f"Collect at least {count(least * 2000)} raw tokens for 10.0 B tokens, and no amount"
    )
    assert "raw documents – " + count(made["needs"]["documents"]["low"]) in text
    assert "nothing bounds it from above" in text
    assert "If retention fell with size as it did elsewhere" in text


def test_copies_make_the_whole_uncertain(tmp_path: Path) -> None:
    pages = [kept(100, name=f"k{at}") for at in range(60)]
    pages += [lost(100, "near", name=f"n{at}") for at in range(20)]
    run = write_run(tmp_path, [Written(pages[at::4]) for at in range(4)])
    planning = planning_by(run)
    assert planning["basis"] == "documents" and planning["bracket_by"]
    made = plan(planning, goal("10k"))
    low, value, high = (made["times"][end] for end in ("low", "value", "high"))
    assert low < value < high
    assert value > 10_000 / 6_000
    assert "whole files" in made["warnings"][0]
    assert "19 times of 20" in printed(made)


def test_the_pool_of_a_sample(tmp_path: Path) -> None:
    run = run_of_units(tmp_path)
    sample = {"by": "documents", "inputs": ["a.warc.gz", "b.warc.gz"],
              "pool": {"documents": 1600, "bytes": 1_600_000, "stored_bytes": 64_000, "files": 2}}  # fmt: skip
    run.write_json("manifest.json", {**run.read_json("manifest.json"), "sample": sample})
    planning = planning_by(run)
    assert planning["pool"]["times"] == 10 and planning["web"]
    enough, short = (plan(planning, goal(tokens)) for tokens in ("100k", "400k"))
    assert enough["needs"]["stored bytes"]["value"] == pytest.approx(64_000 / 2, rel=0.01)
    assert enough["pool"]["enough"] and "That is enough." in printed(enough)
    assert not short["pool"]["possible"]
    assert short["pool"]["epochs"]["value"] == pytest.approx(2.04, abs=0.02)
    assert "That is not enough." in printed(short)


@pytest.mark.parametrize("language", [None, "en"])
def test_nothing_kept_is_not_possible(tmp_path: Path, language: str | None) -> None:
    run = write_run(tmp_path, [Written([lost(100)])] * 3)
    made = plan(planning_by(run), goal("1B", language=language))
    assert not made["feasible"]
    assert "Not possible: this run kept nothing" in printed(made)


def test_nothing_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing was read"):
        plan(planning_by(write_run(tmp_path, [Written([])])), goal("1B"))


def test_one_unit_of_one_kind_has_no_interval(tmp_path: Path) -> None:
    made = plan(planning_by(write_run(tmp_path, [Written([kept(100), lost(300)])], UNDUPLICATED)), goal("1M"))
    assert made["times"] == {"low": None, "value": pytest.approx(1e4, rel=1e-3), "high": None}
    assert made["basis"]["basis"] is None
    assert "there is no interval" in printed(made)


def test_an_unfinished_run_plans_from_what_is_finished(tmp_path: Path) -> None:
    run = write_run(tmp_path, [Written([kept(100), lost(100)])] * 12)
    files.remove(run.path("ledger", "1", "000001.parquet"))
    made = plan(planning_by(run), goal("1k"))
    assert made["read"]["raw"]["tokens"] == 2200
    assert made["basis"]["basis"] == "units"
    assert any("1 units are missing" in warning for warning in made["warnings"])
    files.remove(run.path("ledger", "1"))
    with pytest.raises(UserError, match="no unit of this run is finished"):
        planning_by(run)


def test_it_is_plain_data_and_printed_as_it_is(tmp_path: Path) -> None:
    made = plan(planning_by(run_of_units(tmp_path)), goal(params="1M", tokens_per_param=200, epochs=4))
    again = json.loads(json.dumps(made))
    assert again == made
    text = printed(again)
    assert count(made["goal"]["tokens"]) in text
    assert count(made["needs"]["tokens"]["value"]) in text
    assert count(made["needs"]["documents"]["value"]) in text
    assert "200.0 tokens a parameter" in text


def test_a_report_holds_what_a_plan_is_made_from(tmp_path: Path) -> None:
    run = run_of_units(tmp_path)
    report = json.loads(json.dumps(build_report(run)))
    assert plan({**report["planning"], "costs": None}, goal("1B")) == plan(planning_by(run), goal("1B"))
    assert {funnel["name"] for funnel in report["published"]} >= {"fineweb", "dclm", "c4", "dolma", "olmo3"}


@pytest.mark.parametrize("name", ["fineweb", "fineweb-edu", "dclm", "c4", "olmo3"])
def test_a_published_funnel(name: str) -> None:
    planning = planning_by(None, like=name)
    final = planning["final"]["tokens"]
    made = plan(planning, Goal(final))
    assert made["times"]["value"] == pytest.approx(1, rel=1e-3)
    assert made["times"]["low"] is None and made["times"]["high"] is None
    for quantity in made["needs"]:
        held = planning["stored_bytes"] if quantity == "stored bytes" else planning["raw"][quantity]
        assert made["needs"][quantity]["value"] == pytest.approx(held, rel=1e-3)
    assert made["crawls"]["crawls"]["value"] > 0
    printed(made)
    assert plan(planning, Goal(100 * final))["beyond"]
    with pytest.raises(UserError, match="has: no languages"):
        plan(planning, Goal(final, {"de": 1.0}))
