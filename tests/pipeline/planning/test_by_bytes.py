"""A sample drawn in proportion to bytes, through a run to a plan: its intervals hold what the whole run kept."""

from __future__ import annotations

import json

import numpy as np
import pytest
from commandline import assay

from pipeline.planning.goals import goal
from pipeline.planning.plan import plan
from pipeline.rundir import RunDirectory

RECIPE = """
name: short
stages:
  - stage: gopher_quality
    min_words: 30
"""
WORDS = [
    "the",
    "water",
    "of",
    "a",
    "river",
    "and",
    "its",
    "banks",
    "that",
    "have",
    "been",
    "there",
    "with",
    "reeds",
]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, dict]:
    """Of all documents, a few of them very long, and of a sample of them."""
    folder = tmp_path_factory.mktemp("by-bytes")
    random = np.random.default_rng(4)
    lines = []
    for number in range(6000):
        words = random.choice(WORDS, int(random.lognormal(3.5, 1.4)) + 3)
        lines.append(json.dumps({"id": f"d{number}", "text": " ".join(words)}))
    (folder / "all.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "short.yaml").write_text(RECIPE)
    draw = ("--documents", 1000, "--by", "bytes", "--out", folder / "sample", "--json")
    printed = assay("sample", folder / "all.jsonl", *draw).stdout
    assert json.loads(printed) == json.loads((folder / "sample" / "sample.json").read_text())
    for name in ("all.jsonl", "sample"):
        assay("run", folder / "short.yaml", folder / name, "--out", folder / f"run-{name}")
    whole, drawn = (
        RunDirectory(str(folder / f"run-{name}")).read_json("report.json") for name in ("all.jsonl", "sample")
    )
    return whole, drawn


def test_its_shares_are_those_of_the_whole(reports: tuple[dict, dict]) -> None:
    whole, drawn = reports
    raw, final = (whole["totals"][end]["tokens"] for end in ("raw", "final"))
    said = drawn["intervals"]["stages"][-1]["tokens"]
    assert said["low"] <= final / raw <= said["high"]
    assert said["high"] - said["low"] < 0.1
    naive = drawn["totals"]["final"]["tokens"] / drawn["totals"]["raw"]["tokens"]
    assert naive > said["high"]  # long documents are drawn more often, and no short one is kept


def test_its_pool_gives_what_the_whole_gave(reports: tuple[dict, dict]) -> None:
    whole, drawn = reports
    made = plan(drawn["planning"], goal("1k"))
    given = made["pool"]["gives"][0]["final"]
    assert given["low"] <= whole["totals"]["final"]["tokens"] <= given["high"]
    assert given["high"] < 1.2 * given["low"]
