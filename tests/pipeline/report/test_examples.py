"""Examples: those that are nearest to a bound, and some of what went; out of few units, and always the same."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import yaml
from hypothesis import given
from hypothesis import strategies as st
from written_run import STAGES, Page, Written, write_run

from pipeline.report.build import build_report
from pipeline.report.examples import CUT, LEAST, MOST, cut, example_figures, margin, spread_units
from pipeline.report.write import write_report
from pipeline.rundir import RunDirectory

RECIPE = {
    "name": "try",
    "stages": [
        {"stage": "language"},
        {"stage": "gopher_quality"},
        {"stage": "c4_lines", "name": "lines"},
        {"stage": "dedup_minhash", "name": "near"},
        {"stage": "fineweb"},
    ],
}
BOUND = 50  # of gopher_quality.word_count


def page(at: int, words: float, **rest: object) -> Page:
    return Page((100, 20, 10), id=f"page-{at}", measures={"gopher_quality.word_count": words}, **rest)


def short(at: int, words: float = 7) -> Page:
    return page(at, words, goes=("gopher_quality", "too_few_words"))


def make(folder: Path, units: list[Written]) -> RunDirectory:
    run = write_run(folder, units, STAGES)
    (folder / "recipe.yaml").write_text(yaml.safe_dump(RECIPE))
    return run


def figures(run: RunDirectory, wanted: int = 2) -> dict:
    return example_figures(run, wanted, build_report(run)["reasons"])


def of(found: list[dict], reason: str) -> list[dict]:
    return [example for entry in found if entry["reason"] == reason for example in entry["examples"]]


def test_removed_documents_stand_beside_the_bound_that_they_missed(tmp_path):
    run = make(tmp_path, [Written([short(1), short(2, 9), page(3, 90)])])
    removed = of(figures(run)["removed"], "too_few_words")
    assert sorted((example["id"], example["value"]) for example in removed) == [("page-1", 7), ("page-2", 9)]
    assert {(e["measure"], e["comparison"], e["bound"]) for e in removed} == {("word_count", "<", BOUND)}
    assert all(example["text"] is None for example in removed)  # this run did not keep it


def test_only_just_kept_are_the_nearest_and_none_that_is_far(tmp_path):
    words = [51, 400, 50, 60, 74, 75, 76, 90_000]
    run = make(tmp_path, [Written([page(at, value) for at, value in enumerate(words)])])
    kept = figures(run, wanted=9)["just_kept"]
    assert [example["value"] for example in of(kept, "too_few_words")] == [50, 51, 60, 74, 75]
    assert [example["value"] for example in of(kept, "too_many_words")] == [90_000]
    assert of(kept, "too_few_words")[0]["text"] == "x" * 100


def test_a_measure_that_is_the_same_for_all_has_no_nearest(tmp_path):
    run = make(tmp_path, [Written([page(at, BOUND) for at in range(5)])])
    assert of(figures(run)["just_kept"], "too_few_words") == []


def test_a_duplicate_names_the_one_that_stayed(tmp_path):
    copy = page(2, 90, goes=("near", "near_duplicate"), keeper=(0, "page-1", "http://a.example/1"))
    run = make(tmp_path, [Written([page(1, 90), short(3), copy])])
    (example,) = of(figures(run)["removed"], "near_duplicate")
    assert example["duplicate_of"] == {"id": "page-1", "url": "http://a.example/1", "similarity": 0.875}
    assert example["measure"] is None


def test_units_are_looked_into_until_there_are_enough(tmp_path):
    """One rule fired in one unit only, of which the ledger knows: so long the search goes on."""
    units = [Written([page(at, 90)]) for at in range(MOST)]
    last = list(spread_units(MOST))[LEAST + 20]
    run = make(tmp_path / "far", [*units[:last], Written([short(last)]), *units[last + 1 :]])
    found = figures(run, wanted=1)
    assert found["units"] == {"count": MOST, "looked_into": LEAST + 21}
    assert [example["id"] for example in of(found["removed"], "too_few_words")] == [f"page-{last}"]
    run = make(tmp_path / "near", [Written([short(at), page(at + 100, 90)]) for at in range(LEAST + 9)])
    assert figures(run, wanted=1)["units"]["looked_into"] == LEAST


@given(st.integers(0, 5000))
def test_units_are_spread(count):
    units = list(spread_units(count))
    assert len(set(units)) == len(units) == min(count, MOST)
    assert all(0 <= unit < count for unit in units)
    if count >= MOST:
        first = sorted(units[:LEAST])
        assert max(np.diff([0, *first, count])) <= count / LEAST * 2 + 1


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.floats(-1e3, 1e3, allow_subnormal=False))
def test_margins_are_relative(values, bound):
    with np.errstate(over="ignore"):
        margins = margin(np.array(values), bound)
    assert (margins >= 0).all()
    if abs(bound) > 1e-3:
        np.testing.assert_allclose(margins * abs(bound), np.abs(np.array(values) - bound), atol=1e-9)


@given(st.text(max_size=1000))
def test_a_text_is_cut_at_a_word(text):
    shown = cut(text)
    assert len(shown) <= CUT + 2
    assert text.startswith(shown.removesuffix(" …").rstrip())
    if len(text) <= CUT:
        assert shown == text


def test_the_report_has_them_only_when_asked(tmp_path):
    run = make(tmp_path, [Written([short(1), page(2, 90), page(3, 51)])])
    write_report(run)
    plain = (tmp_path / "report.json").read_bytes()
    write_report(run, examples=2)
    first = (tmp_path / "report.json").read_bytes()
    assert len(json.loads(first)["examples"]["removed"]) == 1
    assert "page-1" in (tmp_path / "report.html").read_text()
    write_report(run, examples=2)
    assert (tmp_path / "report.json").read_bytes() == first
    write_report(run)
    assert (tmp_path / "report.json").read_bytes() == plain
    assert "page-1" not in (tmp_path / "report.html").read_text()


def test_a_run_that_is_not_finished_shows_what_there_is(tmp_path):
    run = make(tmp_path, [Written([short(1), page(2, 51)]), Written([short(3)])])
    (tmp_path / "parts" / "1" / "000001.parquet").unlink()
    (tmp_path / "dropped" / "0" / "000001.parquet").unlink()
    found = figures(run)
    assert [example["id"] for example in of(found["removed"], "too_few_words")] == ["page-1"]


def test_of_a_real_run(sample_run):
    """Every example that is removed broke its bound, and every one that is kept did not."""
    run = RunDirectory(str(sample_run))
    found = figures(run, wanted=3)
    compare = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
    assert {entry["stage"] for entry in found["removed"]} >= {"gopher_quality", "dedup_minhash"}
    for sort, fires in (("removed", True), ("just_kept", False)):
        for entry in found[sort]:
            for example in entry["examples"]:
                if example["measure"]:
                    assert compare[example["comparison"]](example["value"], example["bound"]) == fires
