"""The interval of a difference of shares of the same documents holds the truth, and is no wider than it must be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.compare import difference
from pipeline.report.intervals import ratio
from pipeline.report.paired import paired_difference

amounts = st.lists(st.tuples(st.integers(1, 10**9), st.floats(0, 1)), min_size=2, max_size=64)


@given(amounts)
def test_two_that_decide_alike_differ_by_nothing(groups):
    raw, share = np.array(groups, np.float64).T
    found = paired_difference(raw * share, raw, raw * share, raw)
    assert (found.value, found.low, found.high) == (0, 0, 0)


@given(amounts, st.floats(0, 1))
def test_it_turns_round(groups, cut):
    raw, share = np.array(groups, np.float64).T
    left, less = raw * share, raw * share * cut
    one, other = paired_difference(left, raw, less, raw), paired_difference(less, raw, left, raw)
    assert one.low <= one.value <= one.high
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-12)


def test_groups_that_are_not_the_same_are_no_pairs():
    ones, half = np.ones(4), np.array([1.0, 1, 0, 0])
    assert paired_difference(half, half, ones, ones) is None
    assert paired_difference(0 * ones, 0 * ones, 0 * ones, 0 * ones) is None
    assert paired_difference(half[:1], half[:1], ones[:1], ones[:1]).low is None


def test_it_covers_and_is_narrower_than_for_independent_shares():
    """Documents of which one recipe keeps 60 %, the other those less a tenth: 500 inputs of 64 groups."""
    random = np.random.default_rng(1)
    held, narrow = 0, 0
    for _ in range(500):
        group = random.integers(0, 64, 3000)
        size = random.lognormal(6, 1, 3000)
        first = random.random(3000) < 0.6
        second = first & (random.random(3000) < 0.9)
        raw, one, two = (np.bincount(group, size * kept, 64) for kept in (np.ones(3000), first, second))
        found = paired_difference(two, raw, one, raw)
        held += found.low <= 0.54 - 0.6 <= found.high
        shares = [ratio(left, raw, share=True) for left in (two, one)]
        apart = difference(*({"value": s.value, "low": s.low, "high": s.high} for s in shares))
        narrow += found.high - found.low < apart["high"] - apart["low"]
    assert held / 500 >= 0.93
    assert narrow == 500
