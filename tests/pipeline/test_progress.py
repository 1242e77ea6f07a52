"""What is shown of a pass, on the local disk and on a store."""

import pytest

from pipeline import files, progress
from pipeline.passes.heartbeat import Heartbeat
from pipeline.progress import Speed, _Meter, duration
from pipeline.rundir import RunDirectory
from pipeline.sources.unit import Unit

UNITS = [Unit(index, "a.jsonl", "jsonl", 100 * index, 100 * index + 100, 100) for index in range(4)]


def test_a_local_pass_is_told_by_its_workers(tmp_path):
    run = RunDirectory(str(tmp_path))
    meter = _Meter(run, 0, UNITS)
    heartbeat = Heartbeat(run, 0, UNITS[0])
    heartbeat.beat(7, 50)
    seen = meter.read()
    assert (seen.documents, seen.bytes, seen.units) == (7, 50, 0)
    heartbeat.end()
    seen = meter.read()
    assert (seen.documents, seen.bytes, seen.units) == (7, 100, 1)
    assert seen.documents_per_second > 0


def test_a_pass_on_a_store_is_told_by_its_ledger(bucket, monkeypatch):
    run = RunDirectory(files.join(bucket, "run"))
    Heartbeat(run, 0, UNITS[0]).end()
    files.write_bytes(run.ledger(0, 0), b"done in an earlier attempt")
    meter = _Meter(run, 0, UNITS)
    files.write_bytes(run.ledger(0, 2), b"")
    seen = meter.read()
    assert (seen.units, seen.bytes_per_second) == (1, 0)  # it was listed a moment ago
    seen = meter.read(now=True)
    assert (seen.documents, seen.bytes, seen.units) == (None, 200, 2)
    assert seen.bytes_per_second > 0
    assert seen.describe(4, 400).startswith("2/4 units, 0.0 MB/s")
    assert files.names(run.url) == ["ledger"]

    listings = []
    monkeypatch.setattr(progress, "listing", lambda *of: listings.append(of))
    for _ in range(20):
        meter.read()
    assert len(listings) == 0


def test_a_store_that_fails_costs_the_bar_nothing(bucket, monkeypatch):
    monkeypatch.setattr("pipeline.stores.FIRST_WAIT", 0.001)
    monkeypatch.setattr("pipeline.stores.ATTEMPTS", 2)
    run = RunDirectory(files.join(bucket, "run"))
    meter = _Meter(run, 0, UNITS)
    files.write_bytes(run.ledger(0, 1), b"")
    assert meter.read(now=True).units == 1
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    from s3fs import S3FileSystem

    S3FileSystem.clear_instance_cache()
    assert meter.read(now=True).units == 1


@pytest.mark.parametrize(
    ("speed", "said"),
    [
        (Speed(0, 0, 0, 0, 0), "4 units, starting"),
        (Speed(None, 0, 0, 0, 0), "4 units, starting"),
        (Speed(None, 400, 4, 0, 0), "4 units, done before"),
        (Speed(1500, 200, 2, 20, 2e6), "2/4 units, 1,500 documents, 20 documents/s, 2.0 MB/s, 0 s left"),
        (Speed(None, 200, 2, 0, 1), "2/4 units, 0.0 MB/s, 3 min 20 s left"),
    ],
)
def test_it_is_said_in_a_line(speed, said):
    assert speed.describe(4, 400) == said


@pytest.mark.parametrize(("seconds", "said"), [(12, "12 s"), (250, "4 min 10 s"), (11_100, "3 h 05 min")])
def test_durations(seconds, said):
    assert duration(seconds) == said


def test_an_engine_that_does_not_begin_is_not_waited_for_in_silence():
    nothing = Speed(0, 0, 0, 0.0, 0.0)
    assert nothing.describe(5, 100, 20) == "5 units, starting"
    assert "starting for 2 min 00 s: does the engine start its workers?" in nothing.describe(5, 100, 120)
