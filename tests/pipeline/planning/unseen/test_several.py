"""Deduplicators taken for one keep what they keep one after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.planning.unseen import Clusters, extrapolate, together

rows = st.lists(st.tuples(st.integers(2, 50), st.integers(1, 40)), max_size=5)


def clusters(alone: float, repeated: list[tuple[int, int]], tokens: float) -> Clusters:
    sizes = np.array([1, *(size for size, _ in repeated)])
    count = np.array([alone, *(number for _, number in repeated)], np.float64)
    return Clusters(sizes, count, tokens=sizes * count * tokens)


@given(st.lists(rows, min_size=1, max_size=4), st.floats(1, 500))
def test_retentions_multiply(repeated: list[list[tuple[int, int]]], tokens: float) -> None:
    """Each gets what those before it let through; all have room for what they repeat."""
    came, found, left = 40_000.0, [], 1.0
    for one in repeated:
        stage = clusters(came - sum(size * count for size, count in one), one, tokens)
        found.append(stage)
        left *= stage.seen.distinct / stage.seen.raw
        came = stage.seen.distinct / tokens
    assert extrapolate(together(found), 1).point == pytest.approx(left)


def test_one_alone_stays_as_it_is() -> None:
    one = clusters(900.0, [(2, 30), (7, 4)], 200.0)
    for times in (1.5, 8.0, 200.0):
        assert extrapolate(together([one]), times).low == pytest.approx(extrapolate(one, times).low)


def test_what_none_has_seen_is_counted_once() -> None:
    stages = [clusters(5000.0, [], 100.0) for _ in range(3)]
    assert extrapolate(together(stages), 100).low == pytest.approx(extrapolate(stages[0], 100).low)


def test_a_filter_between_changes_nothing() -> None:
    first, second = clusters(800.0, [(2, 100)], 10.0), clusters(900.0 - 60, [(3, 20)], 10.0)
    halved = clusters(450.0 - 30, [(3, 10)], 10.0)
    one, other = (extrapolate(together([first, then]), 1) for then in (second, halved))
    assert one.point == pytest.approx(other.point)


def test_nothing_together_is_nothing() -> None:
    assert together([]).seen.raw == 0
