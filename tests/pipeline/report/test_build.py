"""The report's figures are the documents' own, added up in the plainest way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_run import Page, Written, write_run

from pipeline import files
from pipeline.errors import UserError
from pipeline.report.build import build_report
from pipeline.report.write import write_report
from pipeline.rundir import RunDirectory

DROPPING = {
    "gopher_quality": ["too_few_words", "too_many_symbols", "no_stop_words"],
    "near": ["near_duplicate"],
    "fineweb": ["short_lines"],
}


def amount(*values: int) -> dict[str, int]:
    return dict(zip(("documents", "bytes", "words", "tokens"), values, strict=True))


def total(rows: Any) -> dict[str, int]:
    rows = list(rows)
    return amount(len(rows), *(sum(row[at] for row in rows) for at in range(3)))


@st.composite
def pages(draw: st.DrawFn) -> Any:
    """What may become of a document: it goes at a stage, for one of the reasons that fired, or it stays,
    perhaps cut.
    """
    sizes = draw(st.tuples(*[st.integers(20, 1000)] * 3))
    language, source = draw(st.sampled_from(["en", "de", None])), draw(st.sampled_from(["a", "b|c", "ü"]))
    goes, fired, trims = None, (), {}
    stage = draw(st.sampled_from([None, *DROPPING]))
    if stage is not None:
        fired = tuple(draw(st.lists(st.sampled_from(DROPPING[stage]), min_size=1, unique=True)))
        goes = (stage, fired[0])
    if draw(st.booleans()):
        trims = {"lines": draw(st.tuples(*[st.integers(-5, 20)] * 3))}
    return {
        "amounts": sizes,
        "language": language,
        "source": source,
        "goes": goes,
        "fired": fired,
        "trims": trims,
    }


def after_lines(page: Any) -> tuple[int, ...]:
    cut = page.trims.get("lines", (0, 0, 0))
    return tuple(have - gone for have, gone in zip(page.amounts, cut, strict=True))


@settings(max_examples=25)
@given(units=st.lists(st.lists(pages(), max_size=8), min_size=1, max_size=4), batch=st.integers(1, 5))
def test_figures_are_those_of_the_documents(
    tmp_path_factory: pytest.TempPathFactory, units: Any, batch: int
) -> None:
    units = [[Page(**fields) for fields in unit] for unit in units]
    run = write_run(tmp_path_factory.mktemp("run"), [Written(unit) for unit in units], batch=batch)
    report = build_report(run)

    every = [document for unit in units for document in unit]
    first = [document for document in every if not (document.goes and document.goes[0] == "gopher_quality")]
    final = [document for document in every if document.goes is None]
    assert report["balanced"] and report["complete"] and report["imbalances"] == []
    assert report["totals"]["raw"] == total(document.amounts for document in every)
    assert report["totals"]["final"] == total(map(after_lines, final))

    stages = {stage["name"]: stage for stage in report["stages"]}
    assert stages["gopher_quality"]["out"] == total(document.amounts for document in first)
    trimmed = total(document.trims["lines"] for document in first if document.trims)
    assert stages["lines"]["trimmed"] == {**trimmed, "documents": 0}
    for before, after in zip(report["stages"], report["stages"][1:], strict=False):
        assert before["out"] == after["in"]

    for reason in report["reasons"]:
        gone = [d for d in every if d.goes == (reason["stage"], reason["reason"])]
        fired = [d for d in every if d.goes and d.goes[0] == reason["stage"] and reason["reason"] in d.fired]
        size = (lambda d: d.amounts) if reason["stage"] == "gopher_quality" else after_lines
        assert reason["dropped"] == total(map(size, gone))
        if reason["stage"] == "near":
            assert reason["fired"] is None
        else:
            assert reason["fired"] == total(map(size, fired))
            assert reason["alone"] == total(size(d) for d in fired if len(d.fired) == 1)
    named = {(reason["stage"], reason["reason"]) for reason in report["reasons"]}
    assert {document.goes for document in every if document.goes} <= named

    for key, value_of in (("language", lambda d: d.language or "und"), ("source", lambda d: d.source)):
        entries = {entry[key]: entry for entry in report[f"{key}s"]}
        assert set(entries) == {value_of(document) for document in every}
        for value, entry in entries.items():
            assert entry["raw"] == total(d.amounts for d in every if value_of(d) == value)
            assert entry["final"] == total(after_lines(d) for d in final if value_of(d) == value)

    assert report["units"]["raw_tokens"] == [sum(d.amounts[2] for d in unit) for unit in units]
    assert report["units"]["final_documents"] == [sum(d.goes is None for d in unit) for unit in units]


def test_sources_beyond_the_largest_are_one_entry(tmp_path: Path) -> None:
    sources = 203
    many = [Page(amounts=(10 + at, 1, 10 + at), source=f"s{at:03d}") for at in range(sources)]
    report = build_report(write_run(tmp_path / "run", [Written(many)]))
    entries = report["sources"]
    assert len(entries) == 201
    assert [entry["source"] for entry in entries[:2]] == ["s202", "s201"]
    assert (entries[-1]["source"], entries[-1]["others"]) == (None, 3)
    assert entries[-1]["raw"]["tokens"] == 10 + 11 + 12
    assert sum(entry["raw"]["documents"] for entry in entries) == sources


def test_unreadable_records_are_counted_and_five_are_shown(tmp_path: Path) -> None:
    broken = [("in/0", at, "unreadable", "truncated_gzip", f"at {at}") for at in range(7)]
    images = [("in/1", at, "skipped", "not_text", "an image") for at in range(9)]
    report = build_report(
        write_run(tmp_path / "run", [Written([], broken[:4]), Written([], [*images, *broken[4:]])])
    )
    assert [(e["kind"], e["cause"], e["records"]) for e in report["unreadable"]] == [
        ("unreadable", "truncated_gzip", 7),
        ("skipped", "not_text", 9),
    ]
    assert report["unreadable"][0]["examples"] == [
        {"file": "in/0", "offset": at, "detail": f"at {at}"} for at in range(5)
    ]
    assert report["unreadable_records"] == {"unreadable": 7, "skipped": 9}


def test_a_lost_document_is_an_imbalance(tmp_path: Path) -> None:
    whole = write_run(tmp_path / "whole", [Written([Page(amounts=(10, 2, 3)), Page(amounts=(20, 4, 5))])])
    short = write_run(tmp_path / "short", [Written([Page(amounts=(10, 2, 3))])])
    second_pass = files.read_bytes(short.path("ledger", "1", "000000.parquet"))
    files.write_bytes(whole.path("ledger", "1", "000000.parquet"), second_pass)
    report = write_report(whole)
    assert not report["balanced"]
    assert "near: 1 documents in, but the stage before let out 2" in report["imbalances"]
    assert "does not balance" in files.read_bytes(whole.path("report.md")).decode()


@pytest.mark.parametrize(
    ("tokens", "faults"), [(3, []), (2, ["shards: 2 tokens, but the last stage let out 3"])]
)
def test_shards_that_hold_other_tokens_are_an_imbalance(
    tmp_path: Path, tokens: int, faults: list[str]
) -> None:
    run = write_run(tmp_path, [Written([Page(amounts=(10, 2, 3))])])
    summary = {"rows": 1, "documents": 1, "tokens": tokens, "separators": 1, "shards": [{"file": "a"}]}
    run.write_json("shards/summary.json", summary)
    report = build_report(run)
    assert report["imbalances"] == faults
    assert report["shards"] == {**summary, "shards": 1}


def test_an_unfinished_run_says_so(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [Written([Page(amounts=(1, 1, 1))])] * 2)
    files.remove(run.path("ledger", "1", "000001.parquet"))
    report = write_report(run)
    assert not report["complete"]
    assert report["balanced"], report["imbalances"]  # what later passes have not taken yet is not lost
    assert "1 of 2 units" in files.read_bytes(run.path("report.md")).decode()


def test_an_empty_input_has_a_report(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [Written([])])
    report = write_report(run)
    assert report["totals"]["raw"] == amount(0, 0, 0, 0)
    assert report["retention"] == {"documents": None, "bytes": None, "words": None, "tokens": None}
    assert report["balanced"] and report["complete"]


def test_a_report_is_the_same_each_time(tmp_path: Path) -> None:
    units = [
        Written([Page(amounts=(at, 1, at), source=f"s{at % 7}", language="de") for at in range(1, 40)])
    ] * 3
    run = write_run(tmp_path / "run", units)
    names = ("report.json", "report.html", "report.md", "README.md")
    write_report(run)
    first = [files.read_bytes(run.path(name)) for name in names]
    write_report(run)
    assert [files.read_bytes(run.path(name)) for name in names] == first
    assert json.loads(first[0])["languages"][0]["language"] == "de"
    other = write_run(tmp_path / "other", units, batch=1)  # other batches, other folder
    write_report(other)
    assert [files.read_bytes(other.path(name)) for name in names] == first


def test_a_folder_that_is_no_run_is_refused(tmp_path: Any) -> None:
    with pytest.raises(UserError, match=r"not a run directory.*manifest\.json"):
        build_report(RunDirectory(str(tmp_path)))
