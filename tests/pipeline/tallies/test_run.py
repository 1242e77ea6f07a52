"""Of whole runs: tallies count what the ledger counts, and a rule's own bound what it takes alone."""

from __future__ import annotations

import gzip
import itertools
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tallied import disagreements

from pipeline import files
from pipeline.batch import CARRIED, WEIGHT
from pipeline.engine import Engine
from pipeline.ledger import FIRST, LAST
from pipeline.ledger_files import fold
from pipeline.passes.process import process_unit
from pipeline.recipe import parse_recipe
from pipeline.report.build import build_report
from pipeline.report.intervals import group_amounts
from pipeline.run import _job, run
from pipeline.rundir import RunDirectory
from pipeline.tallies.files import fold_tallies

RECIPE = """
name: posts
stages:
  - {stage: gopher_quality}
  - {stage: gopher_repetition}
  - {stage: c4_lines}
  - {stage: dedup_exact}
  - {stage: fineweb}
tokenizer: {train: {vocab_size: 500, sample_bytes: 500000}}
"""


def check(directory: RunDirectory) -> dict[str, Any]:
    """The report of a run in which everything agrees."""
    ledger = fold(directory, ["stage", "outcome", "reason", "language"])
    assert disagreements(fold_tallies(directory), ledger) == []
    report = build_report(directory)
    alone = {(entry["stage"], entry["reason"]): entry["alone"] for entry in report["reasons"]}
    reasons = [(stage.label, rule.reason) for stage in directory.stages() for rule in stage.rules]
    compared = 0
    for figure in report["measures"]:
        for rule in figure["rules"]:
            key = (figure["stage"], rule["reason"])
            if reasons.count(key) == 1:
                for name in ("documents", "tokens"):
                    assert taken(figure, rule, name) == (alone[key][name] if key in alone else 0), rule
                compared += 1
    assert compared > 5
    return report


def taken(figure: dict[str, Any], rule: dict[str, Any], name: str) -> int:
    below = rule["comparison"] in ("<", "<=")
    ends = figure["high" if below else "low"]
    return sum(
        count
        for end, count in zip(ends, rule[name], strict=True)
        if end is not None and (end <= rule["bound"] if below else end >= rule["bound"])
    )


def test_the_embedded_sample(sample_run: Path) -> None:
    report = check(RunDirectory(str(sample_run)))
    assert not (sample_run / "tallies").exists()
    assert report == json.loads((sample_run / "report.json").read_text())
    assert report["hosts"]["count"] > 10
    assert report["intervals"]["basis"] == "documents"


def test_posts(shared_data: Path, tmp_path: Path) -> None:
    with gzip.open(shared_data / "text" / "reddit" / "part-00.jsonl.gz") as lines:
        posts = list(itertools.islice(lines, 5000))
    for at in range(12):
        (tmp_path / f"{at:02}.jsonl").write_bytes(b"".join(posts[at::12]))
    directory = RunDirectory(str(tmp_path / "run"))
    run(
        parse_recipe(RECIPE, "recipe"),
        [str(tmp_path / "*.jsonl")],
        directory.url,
        Engine(1),
        Console(quiet=True),
    )
    report = check(directory)
    assert report["intervals"]["basis"] == "units" and report["intervals"]["groups"] == 12
    for interval, stage in zip(report["intervals"]["stages"], report["stages"], strict=True):
        for quantity, raw in report["totals"]["raw"].items():
            estimate = interval[quantity]
            assert estimate["value"] == pytest.approx(stage["out"][quantity] / raw)
            if estimate["low"] is not None:
                assert estimate["low"] <= estimate["value"] <= estimate["high"]
    lengths = report["lengths"]["raw"]
    assert sum(lengths["documents"]) == report["totals"]["raw"]["documents"] == len(posts)
    columns = files.read_table(directory.part(1, 0)).column_names
    assert not set(CARRIED) & set(columns)


def test_a_sample_by_bytes_is_weighted(tmp_path: Path) -> None:
    """As if each document had been drawn with a chance of 0.01 for each byte: short ones stand for more."""
    texts = [f"{'word and ' * (1 + at % 9)} {at}" for at in range(60)]
    (tmp_path / "in.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in texts))
    stages = "[{stage: dedup_exact}, {stage: mask_pii}]"
    recipe = parse_recipe(
        f"name: small\nstages: {stages}\ntokenizer: {{train: {{vocab_size: 300}}}}", "recipe"
    )
    first = RunDirectory(str(tmp_path / "first"))
    run(recipe, [str(tmp_path / "in.jsonl")], first.url, Engine(1), Console(quiet=True))
    again = RunDirectory(str(tmp_path / "again"))
    shutil.copytree(first.url, again.url, ignore=shutil.ignore_patterns("ledger", "sums", "parts"))
    manifest = first.read_json("manifest.json")
    again.write_json("manifest.json", manifest | {"sample": {"by": "bytes", "per_byte": 0.01}})
    job = _job(again, recipe, again.read_json("manifest.json"))
    for number in (0, 1):
        assert process_unit(replace(job, number=number), again.units()[0]) is None
    assert set(files.read_table(again.part(0, 0)).column_names) >= {WEIGHT}
    assert WEIGHT not in files.read_table(again.part(1, 0)).column_names

    weights = [1 / min(1.0, 0.01 * len(text)) for text in texts]
    for stage, outcome in ((FIRST, "in"), (LAST, "out")):
        found = group_amounts(fold_tallies(again), "documents", stage, outcome)
        assert found[0].sum() == pytest.approx(sum(weights), abs=32)  # each group is rounded
        weighted = sum(weight * len(text) for weight, text in zip(weights, texts, strict=True))
        assert found[1].sum() == pytest.approx(weighted, abs=32)
    assert disagreements(fold_tallies(first), fold(first, ["stage", "outcome", "reason", "language"])) == []
    assert group_amounts(fold_tallies(again), "units", FIRST, "in")[0].sum() == len(texts)
