"""Beam runs it, says why it failed, and survives a worker that is killed."""

import functools
import os

import apache_beam as beam
import engine_work
import pytest
from commandline import ROOT

from pipeline.engine import Engine, EngineFault
from pipeline.errors import AssayError
from pipeline.local_workers import WORKERS


@pytest.fixture(autouse=True)
def workers_find_the_tests(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")]))
    yield
    WORKERS.end()


def over(numbers: int, function):
    def build(pipeline: beam.Pipeline) -> None:
        _ = pipeline | beam.Create(range(numbers)) | beam.Reshuffle() | beam.Map(function)

    return build


@pytest.mark.parametrize("workers", [1, 2])
def test_everything_is_done(tmp_path, workers):
    Engine(workers).run(over(7, functools.partial(engine_work.note, str(tmp_path))))
    assert sorted(file.name for file in tmp_path.iterdir()) == list("0123456")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failure_is_told_in_its_own_words(workers):
    with pytest.raises(AssayError) as failure:
        Engine(workers).run(over(2, engine_work.fail))
    assert str(failure.value) == "unit 3 (posts.jsonl) failed: the disk is full"


def test_a_killed_worker_is_replaced(tmp_path):
    Engine(2).run(over(7, functools.partial(engine_work.note_or_die_once, str(tmp_path))))
    assert sorted(file.name for file in tmp_path.iterdir()) == [*"0123456", "died"]


def test_a_worker_that_always_dies_is_given_up_on():
    with pytest.raises(EngineFault, match="signal 9"):
        Engine(2).run(over(2, engine_work.always_die))


def test_the_next_pipeline_finds_the_workers_of_the_last(tmp_path):
    engine = Engine(2)
    engine.prepare()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        engine.run(over(20, functools.partial(engine_work.note_process, str(tmp_path / name))))
    one, two = ({file.name for file in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two
    assert str(os.getpid()) not in one


def test_workers_are_as_good_as_new_after_a_failure(tmp_path):
    with pytest.raises(AssayError):
        Engine(2).run(over(2, engine_work.fail))
    Engine(2).run(over(7, functools.partial(engine_work.note, str(tmp_path))))
    assert sorted(file.name for file in tmp_path.iterdir()) == list("0123456")


def test_a_runner_that_is_named_is_taken():
    engine = Engine(2, ["--runner=FlinkRunner", "--flink_master=nowhere:1"])
    assert type(engine._pipeline().runner).__name__ == "FlinkRunner"
    assert engine.for_small_work() is engine
