"""A second run is refused where it can be, and warned where it cannot."""

import json
import os
import time

import pytest

from pipeline import files
from pipeline.errors import UserError
from pipeline.lock import locked
from pipeline.rundir import RunDirectory


def hold(url: str) -> list[str]:
    said: list[str] = []
    with locked(RunDirectory(url), said.append):
        pass
    return said


def test_a_local_directory_is_held_by_one(tmp_path):
    with (
        locked(RunDirectory(str(tmp_path)), print),
        pytest.raises(UserError, match=f"in use by a living run .process {os.getpid()}"),
    ):
        hold(str(tmp_path))
    assert hold(str(tmp_path)) == []


def test_on_a_store_a_second_run_is_warned_and_the_first_knows_nothing(bucket):
    url = files.join(bucket, "run")
    with locked(RunDirectory(url), print):
        said = hold(url)
        assert len(said) == 1
        assert f"process {os.getpid()}" in said[0]
    assert hold(url) == []
    assert files.names(url) == []


@pytest.mark.parametrize(("age", "warned"), [(60, True), (1000, False)])
def test_a_mark_that_was_not_renewed_for_long_is_of_a_dead_run(bucket, age, warned):
    url = files.join(bucket, "run")
    mark = {"id": "other", "host": "far", "process": 7, "renewed": time.time() - age}
    files.write_bytes(files.join(url, ".lock"), json.dumps(mark).encode())
    assert bool(hold(url)) == warned


@pytest.mark.parametrize("content", [b"", b"half {", b"[]", b"{}"])
def test_a_mark_that_cannot_be_read_is_none(bucket, content):
    url = files.join(bucket, "run")
    files.write_bytes(files.join(url, ".lock"), content)
    assert hold(url) == []


def test_a_living_holder_renews_its_mark(bucket, monkeypatch):
    monkeypatch.setattr("pipeline.lock._RENEWED_SECONDS", 1)
    url = files.join(bucket, "run")

    def renewed() -> float:
        return json.loads(files.read_bytes(files.join(url, ".lock")))["renewed"]

    with locked(RunDirectory(url), print):
        before, deadline = renewed(), time.monotonic() + 60
        while renewed() == before:
            assert time.monotonic() < deadline
            time.sleep(0.02)
