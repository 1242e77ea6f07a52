"""Intervals stand on the groups they say, and widen where little was tried."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from written_run import STAGES, Page, Written, write_run

from pipeline import files
from pipeline.report.build import build_report
from pipeline.rundir import RunDirectory


def page(at: int, goes: tuple[str, str] | None = None, tokens: int = 100, language: str = "en") -> Page:
    url = f"http://www.site{at % 3}.co.uk/{at}"
    return Page((4 * tokens, tokens, tokens), id=f"page {at}", url=url, goes=goes, language=language)


SAMPLE = {
    "by": "documents",
    "seed": 0,
    "inputs": ["pool/0.jsonl"],
    "pool": {"documents": 960, "bytes": 400_000, "stored_bytes": 100_000},
    "sample": {"documents": 96, "bytes": 40_000},
    "rate": 0.1,
}
SHORT = ("gopher_quality", "too_few_words")


def some(units: int, pages: int = 8) -> list[Written]:
    return [
        Written([page(unit * 100 + at, SHORT if at % (3 + unit % 3) == 0 else None) for at in range(pages)])
        for unit in range(units)
    ]


def test_many_units_are_the_basis(tmp_path: Path) -> None:
    report = build_report(write_run(tmp_path / "run", some(12)))
    intervals = report["intervals"]
    assert (intervals["basis"], intervals["groups"]) == ("units", 12)
    assert [stage["name"] for stage in intervals["stages"]] == [stage.label for stage in STAGES]
    for interval, stage in zip(intervals["stages"], report["stages"], strict=True):
        for name, raw in report["totals"]["raw"].items():
            assert interval[name]["value"] == pytest.approx(stage["out"][name] / raw)
    last = intervals["stages"][-1]["tokens"]
    assert 0 < last["low"] < last["value"] < last["high"] < 1
    assert intervals["stages"][0]["tokens"] == {"value": 1, "low": 1, "high": 1}  # reading takes nothing


def test_few_units_or_a_sample_stand_on_documents(tmp_path: Path) -> None:
    few = build_report(write_run(tmp_path / "few", some(3, 40)))["intervals"]
    assert few["basis"] == "documents" and 10 < few["groups"] <= 64
    run = write_run(tmp_path / "sample", some(12))
    manifest = run.read_json("manifest.json") | {"sample": SAMPLE}
    run.write_json("manifest.json", manifest)
    assert build_report(run)["intervals"]["basis"] == "documents"


def test_what_never_happened_may_still_happen(tmp_path: Path) -> None:
    pages = [page(at) for at in range(50)]
    kept = build_report(write_run(tmp_path / "kept", [Written(pages)]))
    by_name = {stage["name"]: stage for stage in kept["intervals"]["stages"]}
    assert by_name["language"]["documents"]["low"] == 1
    assert by_name["gopher_quality"]["documents"] == {"value": 1, "low": pytest.approx(1 - 3 / 50), "high": 1}
    lost = build_report(write_run(tmp_path / "lost", [Written([page(at, SHORT) for at in range(50)])]))
    final = lost["intervals"]["stages"][-1]["tokens"]
    assert (final["value"], final["low"]) == (0, 0)
    assert final["high"] == pytest.approx(3 / 50)
    units = build_report(write_run(tmp_path / "units", [Written([page(at)]) for at in range(12)]))
    assert units["intervals"]["stages"][-1]["tokens"] == {"value": 1, "low": None, "high": None}


def test_one_group_has_no_interval(tmp_path: Path) -> None:
    intervals = build_report(write_run(tmp_path, [Written([page(1)])]))["intervals"]
    assert (intervals["basis"], intervals["groups"]) == (None, 1)


def test_a_run_without_tallies_is_reported(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", some(3))
    with_tallies = build_report(run)
    files.remove(run.path("tallies"))
    report = build_report(run)
    assert report["intervals"] == {"basis": None, "groups": 0, "stages": []}
    assert report["overlap"] == report["measures"] == report["suffixes"] == []
    assert report["lengths"]["raw"] == {"low": [], "high": [], "documents": [], "tokens": []}
    assert report["hosts"]["listed"] == [] and report["hosts"]["count"] == 0
    assert set(report["dominance"].values()) == {None}
    assert report["stages"] == with_tallies["stages"]
    json.dumps(report, allow_nan=False)


def test_an_empty_run_is_reported(tmp_path: Path) -> None:
    report = build_report(write_run(tmp_path, [Written([])]))
    assert report["intervals"]["stages"] == []
    json.dumps(report, allow_nan=False)
    nothing = build_report(write_run(tmp_path / "0", [Written([page(1, tokens=0)])]))
    assert nothing["intervals"]["stages"][0]["tokens"] == {"value": None, "low": None, "high": None}
    json.dumps(nothing, allow_nan=False)


def test_hosts_and_suffixes(tmp_path: Path) -> None:
    run: RunDirectory = write_run(
        tmp_path, [Written([page(at, SHORT if at % 3 else None) for at in range(30)])]
    )
    report = build_report(run)
    assert report["hosts"]["count"] == 3
    retention = {entry["host"]: entry["retention"]["documents"] for entry in report["hosts"]["listed"]}
    assert retention == {"www.site0.co.uk": 1, "www.site1.co.uk": 0, "www.site2.co.uk": 0}
    (suffix,) = report["suffixes"]
    assert suffix["suffix"] == "co.uk" and suffix["raw"] == report["totals"]["raw"]
