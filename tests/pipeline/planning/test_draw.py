"""Draws are uniform, belong to a place, and do not depend on how a unit is read."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.planning.draw import draws, mixed
from pipeline.sources.unit import Unit

UNIT = Unit(3, "a/posts.jsonl", "jsonl", 64, 128, 64)


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_they_do_not_depend_on_the_batches(first, count):
    together = draws(1, UNIT, 0, first + count)
    assert np.array_equal(together[first:], draws(1, UNIT, first, count))


def test_they_are_those_of_the_place_and_the_seed():
    found = draws(1, UNIT, 0, 100)
    assert np.array_equal(found, draws(1, replace(UNIT, index=9, stop=200), 0, 100))
    for other in (draws(2, UNIT, 0, 100), draws(1, replace(UNIT, start=65), 0, 100)):
        assert not np.isin(other, found).any()


def test_they_are_uniform():
    found = np.sort(draws(0, UNIT, 0, 20_000))
    assert found[0] >= 0 and found[-1] < 1
    # Kolmogorov and Smirnov: 1.95 at one in a thousand; the draws are always the same.
    assert np.abs(found - (np.arange(20_000) + 0.5) / 20_000).max() * 20_000**0.5 < 1.95


def test_mixing_loses_nothing():
    values = np.arange(100_000, dtype=np.uint64)
    assert len(np.unique(mixed(values))) == len(values)
