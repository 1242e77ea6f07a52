"""Killed anywhere, run again: the same bytes, nothing done twice, nothing counted twice."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from commandline import RECIPE, assay, command, digest


@pytest.fixture
def small_units(web, tmp_path) -> Path:
    """The quickstart recipe cut into many units, so that there is something to kill in the middle of."""
    recipe = tmp_path / "small-units.yaml"
    recipe.write_text(RECIPE.read_text().replace("source:\n", "source:\n  unit_bytes: 60000\n", 1))
    assert "unit_bytes" in recipe.read_text()
    return recipe


def test_one_and_two_workers_give_the_same_bytes(sample_run, web, tmp_path):
    out = tmp_path / "run"
    done = assay("run", RECIPE, web / "*.warc*", "--out", out, "--workers", 2)
    assert done.returncode == 0, done.stderr
    assert digest(out) == digest(sample_run)


def test_the_split_into_units_does_not_change_the_shards(sample_run, small_units, web, tmp_path):
    out = tmp_path / "run"
    done = assay("run", small_units, web / "*.warc*", "--out", out, "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert len(list((out / "dropped" / "0").iterdir())) > len(list((sample_run / "dropped" / "0").iterdir()))
    shards = {name: sha for name, sha in digest(out).items() if name.startswith("shards/")}
    assert shards == {name: sha for name, sha in digest(sample_run).items() if name.startswith("shards/")}


def test_killed_three_times_and_gone_on_gives_the_same_bytes(small_units, web, tmp_path):
    undisturbed, out = tmp_path / "undisturbed", tmp_path / "killed"
    done = assay("run", small_units, web / "*.warc*", "--out", undisturbed, "--workers", 1)
    assert done.returncode == 0, done.stderr
    moments = random.Random(7)
    for _ in range(3):
        process = subprocess.Popen(
            command("run", small_units, web / "*.warc*", "--out", out, "--workers", 2),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(moments.uniform(3, 12))
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = assay("run", small_units, web / "*.warc*", "--out", out, "--workers", 2)
    assert done.returncode == 0, done.stderr
    assert digest(out) == digest(undisturbed)


def test_a_killed_worker_is_replaced_and_changes_nothing(small_units, web, tmp_path):
    undisturbed, out = tmp_path / "undisturbed", tmp_path / "killed"
    done = assay("run", small_units, web / "*.warc*", "--out", undisturbed, "--workers", 1)
    assert done.returncode == 0, done.stderr
    process = subprocess.Popen(
        command("run", small_units, web / "*.warc*", "--out", out, "--workers", 2),
        stderr=subprocess.PIPE,
        text=True,
    )
    ledger = out / "ledger" / "0"
    _wait_for(lambda: (ledger.is_dir() and any(ledger.iterdir())) or process.poll() is not None)
    os.kill(_worker_of(process.pid), signal.SIGKILL)
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 0, said
    assert "a worker process was killed" in said
    assert digest(out) == digest(undisturbed)


def _worker_of(pid: int) -> int:
    workers = [
        child.pid
        for child in psutil.Process(pid).children(recursive=True)
        if "pipeline.worker" in child.cmdline()
    ]
    return workers[0]


def _wait_for(condition) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "waited for two minutes"
        time.sleep(0.02)


def test_a_second_run_does_nothing_and_says_so(sample_run, web):
    before = {
        file: file.stat().st_mtime_ns for file in sample_run.rglob("*") if not file.name.startswith(".")
    }
    done = assay("run", RECIPE, web / "*.warc*", "--out", sample_run)
    assert done.returncode == 0, done.stderr
    assert "nothing was done" in done.stderr
    assert {file: file.stat().st_mtime_ns for file in before} == before


def test_another_recipe_into_the_same_folder_is_refused(sample_run, web, tmp_path):
    recipe = tmp_path / "changed.yaml"
    recipe.write_text(RECIPE.read_text() + "\ndropped: {text: true}\n")
    done = assay("run", recipe, web / "*.warc*", "--out", sample_run)
    assert done.returncode == 2
    assert "recipe.dropped.text was False and is True" in done.stderr


def test_another_input_into_the_same_folder_is_refused(sample_run, web, tmp_path):
    one = sorted(web.glob("*.warc*"))[0]
    done = assay("run", RECIPE, one, "--out", sample_run)
    assert done.returncode == 2
    assert "is gone" in done.stderr


def test_a_folder_in_use_is_refused(small_units, web, tmp_path):
    out = tmp_path / "run"
    process = subprocess.Popen(
        command("run", small_units, web / "*.warc*", "--out", out, "--workers", 1),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(lambda: (out / "started.json").exists())
        done = assay("run", small_units, web / "*.warc*", "--out", out)
        assert done.returncode == 2
        assert f"in use by a living run (process {process.pid})" in done.stderr
    finally:
        process.kill()
        process.wait()


def test_a_folder_of_something_else_is_refused(web, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    done = assay("run", RECIPE, web / "*.warc*", "--out", tmp_path)
    assert done.returncode == 2
    assert "thesis.txt" in done.stderr
    assert (tmp_path / "thesis.txt").read_text() == "mine"
