"""What follows from the runs; and a real one, the smallest, watched."""

import json

import pytest

from benchmarks import growth
from benchmarks.documents import write_lines
from benchmarks.end_to_end import Runs, _alone, _compared
from benchmarks.processes import Watched


def runs(who: str, workers: int, megabytes: float, *walls: float) -> Runs:
    done = [Watched(wall, wall * workers, wall / 10, 500_000_000, 700_000_000) for wall in walls]
    return Runs(who, workers, megabytes, lambda: (done[0], 0), done, tokens=1000)


@pytest.fixture
def small():
    return {1: runs("Assay", 1, 4.0, 8.0), 2: runs("Assay", 2, 4.0, 10.0)}


@pytest.fixture
def large():
    return {1: runs("Assay", 1, 100.0, 20.0, 18.0, 90.0), 2: runs("Assay", 2, 100.0, 10.0)}


def test_both_ratios(small, large):
    peer = {1: runs("datatrove", 1, 4.0, 40.0), 2: runs("datatrove", 2, 4.0, 20.0)}
    rows = _compared(small, large, peer)
    ratios = [(row.what, row.who, row.ratio) for row in rows if row.ratio is not None]
    assert ratios == [
        ("same documents", "datatrove, 1 worker", pytest.approx(5.0)),
        ("same documents", "datatrove, 2 workers", pytest.approx(2.0)),
        ("rate to rate", "datatrove, 1 worker", pytest.approx(50.0)),
        ("rate to rate", "datatrove, 2 workers", pytest.approx(50.0)),
    ]


def test_without_the_peer_it_is_named(small, large):
    rows = _compared(small, large, {})
    assert all("by CPU" not in row.note for row in rows)
    assert [row.ratio for row in rows] == [None] * 4
    assert "left out: datatrove" in rows[-1].note


def test_of_assay_alone(large):
    chain, first, second, gain = _alone(large)
    assert chain.value == pytest.approx(5.0)
    assert (first.who, first.value, first.met) == ("Assay, 1 worker", pytest.approx(2.0), True)
    assert (second.who, second.value) == ("Assay, 2 workers", pytest.approx(1.0))
    assert (gain.value, gain.met) == (pytest.approx(2.0), True)


def test_growth_beside_its_promises():
    first = Watched(10.0, 20.0, 3.0, 500_000_000, 1_000_000_000)
    last = Watched(106.0, 200.0, 3.0, 500_000_000, 1_090_000_000)
    time, cpu, memory = growth._grown([100, 1000], [first, last])
    assert (time.value, time.aim, time.met) == (pytest.approx(10.6), "<= 10.5", False)
    assert cpu.value == pytest.approx(10.0)
    assert (memory.value, memory.met) == (pytest.approx(1.09), True)
    assert growth._grown([100], [first]) == []


def test_a_real_run_is_measured(tmp_path):
    documents = tmp_path / "documents.jsonl"
    write_lines(
        documents, ({"id": n, "text": f"The number {n} is one of them. It stays."} for n in range(50))
    )
    results = tmp_path / "growth.json"
    growth.main([documents], [0.1], json=results)
    rate, worker, driver = json.loads(results.read_text())["rows"]
    assert rate["value"] > 0
    assert 1e-3 < worker["value"] < 10 and worker["aim"] == "< 1.2 GB"
    assert driver["value"] > 0
