from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.blocks import repeated
from pipeline.dedup.candidates import ALL_PAIRS, candidate_pairs


def found(keys: list[int]) -> list[tuple[int, int]]:
    """The pairs of documents with one key each; a row is its place."""
    pairs = candidate_pairs(np.array(keys, np.uint64), np.arange(len(keys), dtype=np.uint64))
    return sorted((a, b) for left, right in pairs for a, b in zip(left.tolist(), right.tolist(), strict=True))


@given(st.lists(st.integers(0, 9), max_size=20))
def test_what_stands_more_than_once(values: list[int]) -> None:
    assert repeated(np.array(values, np.uint64)).tolist() == [values.count(value) > 1 for value in values]


@given(st.lists(st.integers(0, 5), max_size=20))
def test_in_small_groups_everyone_meets(keys: list[int]) -> None:
    rows = range(len(keys))
    assert found(keys) == [(a, b) for a in rows for b in rows if a < b and keys[a] == keys[b]]


def test_a_large_group_costs_n_log_n_and_neighbours_meet() -> None:
    size = 50 * ALL_PAIRS
    listed = found([0] * size)
    pairs = set(listed)
    assert len(listed) < size * (np.log2(size) + 1)
    assert {(row, row + 1) for row in range(size - 1)} <= pairs
    assert {(row, row + 64) for row in range(size - 64)} <= pairs
    assert {(0, row) for row in range(1, size)} <= pairs
    assert (5, 8) not in pairs
