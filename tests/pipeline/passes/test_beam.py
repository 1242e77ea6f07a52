"""A pass over units of which some fail: the others are done and stay, and nothing goes silently."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from pipeline import files
from pipeline.engine import Engine
from pipeline.errors import AssayError
from pipeline.passes.beam import run_pass
from pipeline.passes.job import Job
from pipeline.recipe import parse_recipe
from pipeline.report.build import build_report
from pipeline.run import _job, run
from pipeline.rundir import RunDirectory
from pipeline.sources.unit import Unit

RECIPE = parse_recipe("name: some\nstages: []\ntokenizer: {train: {vocab_size: 300}}\n", "recipe")
COMPARED = ("ledger", "sums", "parts", "dropped", "unreadable", "tokens")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory whose tokenizer is made, and files for more units than it has had."""
    folder = tmp_path_factory.mktemp("prepared")
    for unit in range(14):
        (folder / f"{unit}.jsonl").write_text(json.dumps({"text": f"page {unit}"}) + "\n")
    run(RECIPE, [str(folder / "0.jsonl")], str(folder / "first"), Engine(), Console(quiet=True))
    return folder


def job(prepared: Path, out: Path, paths: list[str]) -> Job:
    """The first pass over these files, in a run directory of their own."""
    made = RunDirectory(str(out))
    for name in ("manifest.json", "tokenizer.json"):
        files.write_bytes(made.path(name), (prepared / "first" / name).read_bytes())
    made.write_units([Unit(at, path, "jsonl", 0, 1000, 1000) for at, path in enumerate(paths)])
    return _job(made, RECIPE, made.read_json("manifest.json"))


def tree(out: Path) -> dict[str, bytes]:
    found = [file for name in COMPARED for file in (out / name).rglob("*") if file.is_file()]
    return {str(file.relative_to(out)): file.read_bytes() for file in found}


def test_units_that_fail_are_all_named_and_the_others_stay(prepared: Path, tmp_path: Path) -> None:
    here = [str(prepared / f"{unit}.jsonl") for unit in range(4)]
    lost = str(tmp_path / "lost.jsonl")
    sick = job(prepared, tmp_path / "run", [here[0], lost, here[2], lost])
    with pytest.raises(AssayError) as failure:
        run_pass(Engine(), sick, 4)
    said = str(failure.value).splitlines()
    assert said[0] == "2 of 4 units failed in pass 0:"
    assert said[1].startswith(f"unit 1 ({lost} [0:1000]) failed in pass 0: FileNotFoundError")
    assert said[2].startswith(f"unit 3 ({lost} [0:1000])")
    assert said[3].startswith("The other 2 units are done and stay.")
    written = json.loads(files.read_bytes(sick.run.failed(0, 1)))
    assert written["unit"]["path"] == lost and "Traceback" in written["traceback"]

    before = {unit: Path(sick.run.ledger(0, unit)).stat().st_mtime_ns for unit in (0, 2)}
    with pytest.raises(AssayError, match="2 of 4 units failed"):
        run_pass(Engine(), sick, 4)
    assert before == {unit: Path(sick.run.ledger(0, unit)).stat().st_mtime_ns for unit in (0, 2)}

    Path(lost).write_bytes(Path(here[1]).read_bytes())
    assert run_pass(Engine(), sick, 4) == []
    assert not files.exists(sick.run.path("failed", "0"))
    sound = job(prepared, tmp_path / "sound", [here[0], lost, here[2], lost])
    run_pass(Engine(), sound, 4)
    assert tree(tmp_path / "run") == tree(tmp_path / "sound")


def test_units_that_fail_can_be_left_out_and_are_reported(prepared: Path, tmp_path: Path) -> None:
    here = [str(prepared / f"{unit}.jsonl") for unit in range(3)]
    lost = str(tmp_path / "lost.jsonl")
    made = job(prepared, tmp_path / "run", [here[0], lost, here[2]])
    (sentence,) = run_pass(Engine(), made, 3, skip_failed=True)
    assert lost in sentence
    report = build_report(made.run)
    assert report["balanced"] and report["complete"]
    assert report["totals"]["raw"]["documents"] == 2
    assert report["unreadable"] == [
        {
            "kind": "unreadable",
            "cause": "unit_failed",
            "records": 1,
            "examples": [{"file": lost, "offset": 0, "detail": sentence}],
        }
    ]
    assert run_pass(Engine(), made, 3) == []


def test_where_everything_fails_not_everything_is_tried(prepared: Path, tmp_path: Path) -> None:
    made = job(prepared, tmp_path / "run", [str(tmp_path / f"lost-{unit}.jsonl") for unit in range(14)])
    with pytest.raises(AssayError, match=r"10 units in a row failed, the last one thus: unit \d+ \(.*lost-"):
        run_pass(Engine(), made, 14)
    assert len(list((tmp_path / "run/failed/0").iterdir())) == 10


def test_a_machine_that_fails_is_not_the_fault_of_the_unit(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine hears of a full disk, and may try again."""
    made = job(prepared, tmp_path / "run", [str(prepared / "0.jsonl")])
    (tmp_path / "run" / "parts").write_bytes(b"in the way")  # no folder can be made here
    with pytest.raises(
        AssayError, match=r"unit 0 \(.*0\.jsonl \[0:1000\]\) failed in pass 0: .*Error.*parts"
    ):
        run_pass(Engine(), made, 1)
    assert not files.exists(made.run.path("failed"))
