"""Which of several copies is kept: the one of the highest rank, and of equals the first."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.batch import MEASURE

Keep = Literal["first", "newest", "oldest", "longest", "best"]

LOWEST = np.iinfo(np.int64).min
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_YEAR_OR_MONTH = re.compile(r"\d{4}(-\d{2})?")


def rank(batch: pa.RecordBatch, keep: Keep, by: str | None) -> NDArray[np.int64]:
    """One int64 per document; the larger is kept. What a document does not have (a date) ranks lowest.

    `longest` counts UTF-8 bytes, `newest` and `oldest` microseconds, `best` takes the measure, or the column,
    `by`.

    Raises:
        ValueError: there is no such measure or column.
    """
    if keep == "first":
        return np.zeros(len(batch), np.int64)
    if keep == "longest":
        return np.asarray(pc.binary_length(batch["text"]), np.int64)
    if keep == "best":
        return _ordered(_column(batch, by or ""))
    dates = np.array([microseconds(date) for date in batch["date"].to_pylist()], np.int64)
    if keep == "oldest":
        return np.where(dates == LOWEST, LOWEST, -dates)
    return dates


def microseconds(date: str | None) -> int:
    """Microseconds since 1970 of an ISO 8601 date, time or year (UTC where no zone is given).

    A date that is missing or cannot be read gives the smallest int64: it is the oldest.
    """
    if date is None:
        return LOWEST
    date = date.strip()
    try:
        if match := _YEAR_OR_MONTH.fullmatch(date):
            date += "-01" if match[1] else "-01-01"
        moment = datetime.fromisoformat(date)
        return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        return LOWEST


def _column(batch: pa.RecordBatch, name: str) -> NDArray[np.float64]:
    for column in (MEASURE + name, name):
        if column in batch.schema.names:
            return np.asarray(pc.cast(batch[column], pa.float64()).to_numpy(zero_copy_only=False), np.float64)
    measures = [column.removeprefix(MEASURE) for column in batch.schema.names if column.startswith(MEASURE)]
    raise ValueError(
        f"by: there is no measure {name!r} where this deduplicator stands; the stages before it give "
        f"{', '.join(measures) or 'none'}"
    )


def _ordered(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Integers in the order of the floats; NaN is lowest."""
    values = values + 0.0  # no negative zero
    bits = values.view(np.int64)
    # A negative float is a sign bit and a magnitude: the larger the magnitude, the lower it stands.
    order = np.where(bits < 0, LOWEST - bits, bits)
    return np.where(np.isnan(values), LOWEST, order)
