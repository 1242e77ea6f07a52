"""What a run cost: kept however it ends, added up over attempts, and scaled by what grows with the input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.planning.costs import FILE, Attempt, Cost, cost_figures
from pipeline.profile.phases import Phases
from pipeline.rundir import RunDirectory


def phase(name: str, core_seconds: float, scales: bool = True, seen: bool = False) -> Cost:
    return Cost(name, scales, 2 * core_seconds, core_seconds, seen)


def attempt(run: RunDirectory, cluster: bool = False) -> Attempt:
    return Attempt(run, 2, cluster, 4, "processor")


def test_attempts_add_up_and_start_once(tmp_path: Path) -> None:
    run = RunDirectory(str(tmp_path))
    for _ in range(2):
        made = attempt(run)
        made.add(phase("start", 5, scales=False))
        made.begin("pass 1")
        made.add(phase("pass 1", 30))
    assert cost_figures(run, 100) is None  # it is not complete
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "some").write_bytes(b"x" * 300)
    made.finish()
    figures = cost_figures(run, 100)
    assert figures is not None
    assert figures["fixed_core_seconds"] == 5
    assert figures["core_seconds_per_byte"] == pytest.approx(60 / 100)
    assert figures["core_seconds"] == 70
    assert figures["disk"] == {"parts": 300} and figures["disk_per_byte"] == 3
    assert figures["attempts"] == 2 and figures["lost"] == []
    json.dumps(figures)


def test_what_was_under_way_when_an_attempt_was_killed_is_known_to_be_lost(tmp_path: Path) -> None:
    run = RunDirectory(str(tmp_path))
    attempt(run).begin("pass 1")
    made = attempt(run)
    made.add(phase("pass 1", 1))
    made.finish()
    figures = cost_figures(run, 1)
    assert figures is not None and figures["lost"] == ["pass 1"]


def test_a_cluster_s_workers_are_not_seen(tmp_path: Path) -> None:
    run = RunDirectory(str(tmp_path))
    made = attempt(run, cluster=True)
    made.add(phase("start", 3, scales=False, seen=True))
    made.add(phase("pass 1", 1))
    made.finish()
    figures = cost_figures(run, 10)
    assert figures is not None
    assert figures["core_seconds_per_byte"] is None and figures["core_seconds"] is None
    assert figures["fixed_core_seconds"] == 3


def test_a_phase_that_fails_is_kept(tmp_path: Path) -> None:
    phases = Phases(RunDirectory(str(tmp_path)), 1, cluster=False, wanted=False)
    with pytest.raises(KeyError), phases.phase("pass 1"):
        raise KeyError
    (kept,) = json.loads((tmp_path / FILE).read_text())["attempts"]
    assert [entry["phase"] for entry in kept["phases"]] == ["start", "pass 1"]
    assert [entry["scales"] for entry in kept["phases"]] == [False, True]
    assert kept["under_way"] is None
    assert not (tmp_path / "profile.json").exists()
