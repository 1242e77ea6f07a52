"""One reading of all units by what is no run: `assay sample` and `assay probe`.

A unit is done when its ledger file is there, as in a run (`pipeline.passes`), so that a survey that was killed goes on
where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import apache_beam as beam
import numpy as np

from pipeline import files
from pipeline.engine import Engine
from pipeline.errors import AssayError
from pipeline.ledger_files import is_done, listing
from pipeline.passes.failures import describe, failure_of, is_of_the_unit, record_failure
from pipeline.passes.heartbeat import Heartbeat
from pipeline.rundir import RunDirectory
from pipeline.sources.config import Source
from pipeline.sources.read import read_unit
from pipeline.sources.unit import Chunk, Unit
from pipeline.spread import spread

Work = Callable[[Unit], None]  # reads a unit, writes what it will, and commits `ledger/0/UNIT`

_SHOWN = 5
_LOOKED_INTO = 8


class SurveyUnits(beam.DoFn):
    """Does the work for units, each given by its number."""

    def __init__(self, folder: RunDirectory, work: Work) -> None:
        self._folder, self._work = folder, work

    def process(self, element: int) -> Iterator[object]:
        unit = self._folder.unit(element)
        if not is_done(self._folder, 0, element):
            try:
                self._work(unit)
            except Exception as error:
                if not is_of_the_unit(error):
                    raise AssayError(describe(unit, 0, error)) from error
                record_failure(self._folder, 0, unit, error)
        return iter(())


def survey(engine: Engine, folder: RunDirectory, count: int, work: Work) -> None:
    """Do the work for each of the `count` units of the folder that is not done.

    Raises:
        AssayError: units failed; the message names the first of them with file, range and cause. What is done stays.
    """
    waiting = _waiting(folder, count)
    if not waiting:
        return
    files.remove(folder.path("failed"))
    engine.run(partial(_build, folder, work, waiting))
    left = _waiting(folder, count)
    if left:
        lines = [failure_of(folder, 0, unit) for unit in left[:_SHOWN]]
        if len(left) > _SHOWN:
            lines.append(f"and {len(left) - _SHOWN} more")
        lines.append("What is done stays. Correct these files or leave them out, and start it again.")
        raise AssayError("\n".join(lines))


def chunks_of(folder: RunDirectory, unit: Unit, source: Source) -> Iterator[tuple[int, Chunk]]:
    """What is read of a unit, each with the place in the unit of its first document; told to the progress bar."""
    heartbeat = Heartbeat(folder, 0, unit)
    start = 0 if unit.format == "parquet" else unit.start
    first = 0
    for chunk in read_unit(unit, source):
        yield first, chunk
        first += chunk.documents.num_rows
        heartbeat.beat(chunk.documents.num_rows, chunk.position - start)
    heartbeat.end()


def look_ahead(units: Sequence[Unit], source: Source) -> tuple[np.ndarray, float]:
    """The sizes (bytes of text) of the first documents of up to eight units, evenly spaced, and the share of the input's
    stored bytes that was read for them, 0 where nobody tells how large the input is."""
    sizes: list[int] = []
    read = 0
    for unit in [units[at] for at in sorted({len(units) * i // _LOOKED_INTO for i in range(_LOOKED_INTO)})]:
        start = 0 if unit.format == "parquet" else unit.start
        for chunk in read_unit(unit, source):
            sizes += [len(text.encode()) for text in chunk.documents.column("text").to_pylist()]
            if chunk.position > start + (unit.bytes >> 4):
                break
        read += max(0, min(chunk.position - start, unit.bytes))
    total = sum(unit.bytes for unit in units)
    return np.array(sizes, np.int64), read / total if total else 0.0


def _waiting(folder: RunDirectory, count: int) -> list[int]:
    undone: list[int] = np.flatnonzero(~listing(folder, 0).done(count)).tolist()
    return undone


def _build(folder: RunDirectory, work: Work, units: list[int], pipeline: Any) -> None:
    numbers = spread(pipeline, "Survey: units", units)
    _ = numbers | "Survey" >> beam.ParDo(SurveyUnits(folder, work))
