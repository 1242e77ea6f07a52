from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.ranks import LOWEST, microseconds, rank


@pytest.mark.parametrize(
    "date, wanted",
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00.000001+01:00", 1),
        ("1970-01-02", 86_400_000_000),
        ("1970-01-01T00:00:01", 1_000_000),
        ("1971", 365 * 86_400_000_000),
        ("1970-02", 31 * 86_400_000_000),
        ("1969-12-31T23:59:59Z", -1_000_000),
        ("last week", LOWEST),
        ("0001-01-01T00:00:00+23:59", -62135683140000000),
        ("", LOWEST),
        (None, LOWEST),
    ],
)
def test_microseconds(date: str | None, wanted: int) -> None:
    assert microseconds(date) == wanted


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_later_dates_rank_higher(one: datetime, other: datetime) -> None:
    dates = [one.isoformat(), other.isoformat(), None]
    batch = pa.record_batch({"date": pa.array(dates, pa.string())})
    newest, oldest = rank(batch, "newest", None), rank(batch, "oldest", None)
    assert (newest[0] > newest[1]) == (one > other) == (oldest[0] < oldest[1])
    assert newest[2] == oldest[2] == LOWEST
    assert (newest[:2] > LOWEST).all() and (oldest[:2] > LOWEST).all()


@given(st.lists(st.floats(), min_size=1, max_size=20))
def test_best_is_in_the_order_of_the_measure(values: list[float]) -> None:
    ranks = rank(pa.record_batch({"measure.m": pa.array(values)}), "best", "m")
    for value, one in zip(values, ranks, strict=True):
        for other_value, other in zip(values, ranks, strict=True):
            if np.isnan(value) or np.isnan(other_value):
                assert (one > other) == (np.isnan(other_value) and not np.isnan(value))
            else:
                assert (one < other) == (value < other_value)


def test_longest_counts_bytes_and_first_counts_nothing() -> None:
    batch = pa.record_batch({"text": pa.array(["", "ab", "天"], pa.large_string())})
    assert rank(batch, "longest", None).tolist() == [0, 2, 3]
    assert rank(batch, "first", None).tolist() == [0, 0, 0]


def test_an_unknown_measure_is_named_with_what_there_is() -> None:
    batch = pa.record_batch({"measure.word_count": pa.array([1.0])})
    with pytest.raises(ValueError, match=r"no measure 'words'.*word_count"):
        rank(batch, "best", "words")
