"""A profiled run gives the same bytes as any other, and tells where its core-seconds went."""

import json

import pytest
from commandline import RECIPE, assay, digest

from pipeline.recipe import load_recipe


@pytest.fixture(scope="module", params=(1, 2))
def profiled(request, web, tmp_path_factory):
    out = tmp_path_factory.mktemp("profiled") / "run"
    done = assay("run", RECIPE, web / "*.warc*", "--out", out, "--workers", request.param, "--profile")
    assert done.returncode == 0, done.stderr
    return request.param, out, done.stdout, json.loads((out / "profile.json").read_text())


def test_it_changes_nothing_else(profiled, sample_run):
    _, out, _, _ = profiled
    assert digest(out) == digest(sample_run)
    assert not (out / ".profile").exists()


def test_every_stage_is_there_with_the_documents_that_came_to_it(profiled, sample_run):
    *_, profile = profiled
    report = json.loads((sample_run / "report.json").read_text())
    came = {stage["name"]: stage["in"]["documents"] for stage in report["stages"]}
    measured = {}
    for phase in profile["phases"]:
        for activity in phase["activities"]:
            measured.setdefault(activity["activity"], activity["documents"])
    kinds = {stage.label: stage.kind for stage in load_recipe(str(RECIPE)).stages}
    for label, kind in kinds.items():
        if kind != "deduplicator":
            assert measured[label] == came[label], label
    assert measured["read"] == measured["count tokens"] == came["read"]


def test_the_phases_make_the_whole(profiled):
    workers, _, _, profile = profiled
    assert profile["core_seconds"] == pytest.approx(sum(phase["core_seconds"] for phase in profile["phases"]))
    assert sum(phase["seconds"] for phase in profile["phases"]) <= profile["seconds"]
    assert profile["machine"]["workers"] == workers
    assert 0 < profile["first_unit_after"] < profile["seconds"]
    assert profile["peak_memory"] > 50e6
    for phase in profile["phases"]:
        assert (
            sum(activity["core_seconds"] for activity in phase["activities"]) <= phase["core_seconds"] + 0.05
        )
    assert [phase["units"] for phase in profile["phases"] if phase["phase"].startswith("pass")] == [5, 5]


def test_it_is_printed(profiled):
    _, out, printed, profile = profiled
    for phase in profile["phases"]:
        assert phase["phase"] in printed
    assert "gopher_quality" in printed.partition("where the core-seconds went")[2]
    again = assay("run", RECIPE, out.parent / "none", "--out", out, "--profile")
    assert again.returncode == 2  # another input is refused, profiled or not


def test_a_complete_run_that_was_not_profiled_says_so(sample_run, web):
    done = assay("run", RECIPE, web / "*.warc*", "--out", sample_run, "--profile")
    assert done.returncode == 0, done.stderr
    assert "was not profiled" in " ".join(done.stdout.split())
