"""A pass as a Beam pipeline: units in, a committed ledger file each out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import apache_beam as beam

from pipeline import files
from pipeline.engine import Engine
from pipeline.passes.job import Job
from pipeline.passes.process import process_unit
from pipeline.sources.unit import Unit


class ProcessUnits(beam.DoFn):
    """Processes units, each given as a plain dictionary; gives nothing back, since what counts is committed."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def process(self, element: dict[str, object]) -> Iterator[object]:
        process_unit(self._job, Unit(**element))  # type: ignore[arg-type]
        return iter(())


def run_pass(engine: Engine, job: Job, units: Sequence[Unit]) -> None:
    """Process every unit that is not done yet."""
    waiting = [unit for unit in units if not files.exists(job.run.ledger(job.number, unit))]
    if not waiting:
        return

    def build(pipeline: beam.Pipeline) -> None:
        (
            pipeline
            | "Units" >> beam.Create([asdict(unit) for unit in waiting])
            | "Spread" >> beam.Reshuffle()
            | f"Pass{job.number}" >> beam.ParDo(ProcessUnits(job))
        )

    engine.run(build)
