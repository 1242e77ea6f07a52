"""Runs side by side: aligned, told apart by recipe and input, and differences with the intervals that they have."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import yaml
from commandline import assay
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from written_run import STAGES, Page, Written, write_run

from pipeline.errors import UserError
from pipeline.report.beside import print_comparison
from pipeline.report.compare import aligned, compare_runs, difference, names_of
from pipeline.report.page.compare import comparison_page
from pipeline.rundir import RunDirectory

MIN_WORDS = {"stage": "gopher_quality", "min_words": 50}


def recipe(*stages: dict) -> dict:
    return {"name": "try", "stages": list(stages)}


def make(
    folder: Path, gone: int = 2, left: int = 6, recipe: dict | None = None, stages=STAGES
) -> RunDirectory:
    pages = [Page((100, 20, 10), id=f"p{at}") for at in range(left)]
    pages += [
        Page((100, 20, 10), id=f"g{at}", goes=("gopher_quality", "too_few_words"), language="de")
        for at in range(gone)
    ]
    run = write_run(folder, [Written(pages)], stages)
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe or {"name": "try", "stages": [MIN_WORDS]}))
    return run


def with_inputs(run: RunDirectory, fingerprint: str) -> RunDirectory:
    manifest = run.read_json("manifest.json")
    manifest["inputs"] = [{"path": "x", "bytes": 1, "fingerprint": fingerprint}]
    run.write_json("manifest.json", manifest)
    return run


OTHER = {"name": "other", "stages": [{"stage": "gopher_quality", "min_words": 20}]}


@pytest.mark.parametrize(
    ("other_recipe", "fingerprint", "kind"),
    [(None, "a", "same"), (OTHER, "a", "recipes"), (None, "b", "inputs"), (OTHER, "b", "neither")],
)
def test_what_may_be_compared(tmp_path, other_recipe, fingerprint, kind):
    one = with_inputs(make(tmp_path / "one"), "a")
    two = with_inputs(make(tmp_path / "two", recipe=other_recipe), fingerprint)
    compared = compare_runs([one, two])
    assert compared["kind"] == kind
    assert [entry["setting"] for entry in compared["settings"]] == (
        ["gopher_quality.min_words"] if other_recipe else []
    )


def test_shares_differences_reasons_and_languages(tmp_path):
    compared = compare_runs([make(tmp_path / "one", gone=2, left=6), make(tmp_path / "two", gone=6, left=2)])
    assert [run["name"] for run in compared["runs"]] == ["one", "two"]
    (stage,) = [stage for stage in compared["stages"] if stage["name"] == "gopher_quality"]
    assert [share["value"] for share in stage["left"]["tokens"]] == [0.75, 0.25]
    assert stage["difference"]["tokens"][0]["value"] == -0.5
    (reason,) = compared["reasons"]
    assert [amount["documents"] for amount in reason["dropped"]] == [2, 6]
    assert [share["tokens"] for share in reason["of_raw"]] == [0.25, 0.75]
    languages = {entry["language"]: entry for entry in compared["languages"]}
    assert languages["de"]["raw"] == [0.25, 0.75]
    assert languages["de"]["retention"] == [0, 0]
    assert languages["en"]["final"] == [1, 1]


def test_a_stage_that_one_run_lacks_is_no_share_and_no_difference(tmp_path):
    fewer = tuple(stage for stage in STAGES if stage.label != "fineweb")
    compared = compare_runs([make(tmp_path / "one"), make(tmp_path / "two", stages=fewer)])
    (stage,) = [stage for stage in compared["stages"] if stage["name"] == "fineweb"]
    assert stage["left"]["tokens"][1] is None
    assert stage["difference"]["tokens"] == [None]


def test_what_else_differs_is_said(tmp_path):
    one, two = make(tmp_path / "one"), make(tmp_path / "two", left=60)
    manifest = two.read_json("manifest.json")
    manifest["assay"], manifest["tokenizer"]["sha256"] = "9.9", "0"
    manifest["inputs"][0]["bytes"] += 1
    two.write_json("manifest.json", manifest)
    (tmp_path / "two" / "ledger" / "1" / "000000.parquet").unlink()
    cautions = " ".join(compare_runs([one, two])["cautions"])
    for words in ("tokenizers differ", "9.9", "two is not finished", "times the smallest"):
        assert words in cautions


def test_empty_runs_compare(tmp_path):
    runs = [make(tmp_path / name, gone=0, left=0) for name in ("one", "two")]
    compared = compare_runs(runs)
    assert compared["reasons"] == []
    assert "side by side" in comparison_page(compared)
    json.dumps(compared, allow_nan=False)


def test_two_to_six(tmp_path):
    run = make(tmp_path / "one")
    for number in (1, 7):
        with pytest.raises(UserError, match="2 to 6"):
            compare_runs([run] * number)
    assert len({entry["name"] for entry in compare_runs([run] * 6)["runs"]}) == 6


orders = st.lists(st.sampled_from("abcdefgh"), unique=True)


@given(st.lists(orders, min_size=1, max_size=6))
def test_aligned_has_each_once_and_the_first_in_order(lists):
    merged = aligned(lists)
    assert sorted(merged) == sorted(set().union(*lists))
    assert [name for name in merged if name in lists[0]] == lists[0]


@given(
    orders, st.lists(st.booleans(), min_size=8, max_size=8), st.lists(st.booleans(), min_size=8, max_size=8)
)
def test_parts_of_one_order_keep_it(order, first, second):
    parts = [[name for name, on in zip(order, chosen, strict=False) if on] for chosen in (first, second)]
    merged = aligned(parts)
    for part in parts:
        assert [name for name in merged if name in part] == part


shares = (
    st.tuples(*[st.floats(0, 1)] * 3)
    .map(sorted)
    .map(lambda ends: dict(zip(("low", "value", "high"), ends, strict=True)))
)


@given(shares, shares)
def test_differences(one, other):
    found = difference(one, other)
    assert found["low"] <= found["value"] <= found["high"]
    back = difference(other, one)
    assert found["low"] == pytest.approx(-back["high"])
    # No wider than the difference of the ends, no narrower than either interval's own arm.
    assert (
        found["high"] - found["value"] <= one["high"] - one["value"] + other["value"] - other["low"] + 1e-12
    )
    assert (
        found["high"] - found["value"]
        >= max(one["high"] - one["value"], other["value"] - other["low"]) - 1e-12
    )
    assert difference(one, {**other, "low": None, "high": None})["low"] is None
    assert difference(one, None) is None


def test_names():
    assert names_of(["/a/runs/c4", "/b/runs/c5"]) == ["c4", "c5"]
    assert names_of(["/a/june/c4/", "/a/july/c4"]) == ["june/c4", "july/c4"]


def test_the_terminal_fits(tmp_path):
    runs = [
        make(tmp_path / f"a_long_name_of_a_run_{at}", left=at + 1, recipe=OTHER if at else None)
        for at in range(6)
    ]
    written = io.StringIO()
    print_comparison(compare_runs(runs), Console(file=written, width=80))
    lines = written.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert any("gopher_quality" in line for line in lines)


def test_the_command(sample_run, tmp_path):
    page = tmp_path / "both.html"
    done = assay("report", sample_run, sample_run, "--out", page)
    assert done.returncode == 0, done.stderr
    assert "The same recipe on the same input." in done.stdout
    assert page.read_text().startswith("<!DOCTYPE html>")
    printed = assay("report", sample_run, sample_run, "--out", page, "--json")
    assert json.loads(printed.stdout)["kind"] == "same"
    for wrong in (["--out", page], [sample_run, "--examples", 2], [tmp_path]):
        assert assay("report", sample_run, *wrong).returncode == 2
