"""Numbers of pieces of work as a Beam collection, one by one, spread over all workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import apache_beam as beam
import numpy as np
from apache_beam.pvalue import PCollection

_RANGE = 1024


def spread(pipeline: beam.Pipeline, label: str, numbers: Sequence[int]) -> PCollection[int]:
    """These numbers, each an element of its own, on any worker.

    Only ranges of numbers stand in the job's graph, which engines bound (Dataflow at 20 MB): what a number
    stands for is read by the worker that meets it.
    """
    each = (
        pipeline
        | f"{label}: ranges" >> beam.Create(ranges(numbers))
        | f"{label}: numbers" >> beam.FlatMap(_each)
    )
    return cast("PCollection[int]", each | f"{label}: spread" >> beam.Reshuffle())


def ranges(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Rising numbers as (start, stop) of their unbroken runs, none longer than 1024."""
    if not len(numbers):
        return []
    values = np.asarray(numbers)
    breaks = np.flatnonzero(np.diff(values) != 1) + 1
    runs = zip([0, *breaks.tolist()], [*breaks.tolist(), len(values)], strict=True)
    return [
        (int(values[begin]) + at, int(values[begin]) + min(at + _RANGE, end - begin))
        for begin, end in runs
        for at in range(0, end - begin, _RANGE)
    ]


def _each(numbers: tuple[int, int]) -> Iterator[int]:
    return iter(range(*numbers))
