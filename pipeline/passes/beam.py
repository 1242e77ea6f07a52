"""A pass as a Beam pipeline: numbers of units in, a committed ledger file each out."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import apache_beam as beam
import numpy as np

from pipeline import files
from pipeline.engine import Engine
from pipeline.errors import AssayError
from pipeline.ledger_files import listing
from pipeline.passes.compact import compact
from pipeline.passes.failures import describe_failures, failure_of
from pipeline.passes.job import Job
from pipeline.passes.process import process_unit, skip_unit
from pipeline.spread import spread

# Whatever fails so often with one worker is not the fault of the units, and the others need not be tried.
_FAILED_IN_A_ROW = 10


class ProcessUnits(beam.DoFn):
    """Processes units, each given by its number; gives nothing back, since what counts is committed."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._failed = 0

    def process(self, element: int) -> Iterator[object]:
        failure = process_unit(self._job, self._job.run.unit(element))
        self._failed = self._failed + 1 if failure else 0
        if self._failed == _FAILED_IN_A_ROW:
            raise AssayError(f"{_FAILED_IN_A_ROW} units in a row failed, the last one thus: {failure}")
        return iter(())


def run_pass(engine: Engine, job: Job, count: int, skip_failed: bool = False) -> list[str]:
    """Process every one of the `count` units that is not done yet, and compact the ledger of the pass.

    A unit that fails does not stop the others.

    Args:
        skip_failed: units that fail when they are read are left out, each as an unreadable record of the input. In a
            later pass they fail all the same: their documents are counted already.

    Returns:
        Why units were skipped, a sentence each.

    Raises:
        AssayError: units failed; the message names them, each with its file, range and cause. What is done stays.
    """
    run, skipped = job.run, []
    waiting = _waiting(job, count)
    if waiting:
        files.remove(run.path("failed", str(job.number)))
        engine.run(functools.partial(_build, job, waiting))
        left = _waiting(job, count)
        if left and skip_failed and job.number == 0:
            skipped = [failure_of(run, job.number, unit) for unit in left]
            for unit, failure in zip(left, skipped, strict=True):
                skip_unit(job, run.unit(unit), failure)
        elif left:
            raise AssayError(describe_failures(run, job.number, left, count))
    compact(engine, run, job.number, count)
    return skipped


def _build(job: Job, units: list[int], pipeline: beam.Pipeline) -> None:
    numbers = spread(pipeline, f"Units{job.number}", units)
    _ = numbers | f"Pass{job.number}" >> beam.ParDo(ProcessUnits(job))


def _waiting(job: Job, count: int) -> list[int]:
    undone: list[int] = np.flatnonzero(~listing(job.run, job.number).done(count)).tolist()
    return undone
