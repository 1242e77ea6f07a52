from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.candidates import ALL_PAIRS, candidate_pairs

Entry = tuple[int, int]  # key of a band, whole signature


def entries(documents: list[Entry]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One band, and the key of the whole signature, of each document; its row is its place."""
    keys = [key for band, whole in documents for key in (band, 1000 + whole)]
    wholes = [1000 + whole for _, whole in documents for _ in range(2)]
    rows = [row for row in range(len(documents)) for _ in range(2)]
    return np.array(keys, np.uint64), np.array(wholes, np.uint64), np.array(rows, np.uint64)


def found(documents: list[Entry]) -> list[tuple[int, int]]:
    left, right = candidate_pairs(*entries(documents))
    return sorted(zip(left.tolist(), right.tolist(), strict=True))


# Documents with the same signature share every band.
DOCUMENTS = st.lists(st.integers(0, 9), max_size=20).map(
    lambda wholes: [(whole % 3, whole) for whole in wholes]
)


@given(DOCUMENTS)
def test_in_small_groups_everyone_meets_and_copies_meet_their_first(documents: list[Entry]) -> None:
    wholes = [whole for _, whole in documents]
    first = {row: wholes.index(whole) for row, whole in enumerate(wholes)}
    copies = [(first[row], row) for row in first if first[row] != row]
    leaders = sorted(set(first.values()))
    met = [(a, b) for a in leaders for b in leaders if a < b and documents[a][0] == documents[b][0]]
    assert found(documents) == sorted(copies + met)


def test_a_large_group_costs_n_log_n_and_neighbours_meet() -> None:
    size = 50 * ALL_PAIRS
    pairs = set(found([(0, row) for row in range(size)]))
    assert len(pairs) < size * (np.log2(size) + 1)
    assert {(row, row + 1) for row in range(size - 1)} <= pairs
    assert {(row, row + 64) for row in range(size - 64)} <= pairs
    assert {(0, row) for row in range(1, size)} <= pairs
    assert (5, 8) not in pairs


def test_copies_cost_one_pair_each() -> None:
    assert found([(0, 7)] * 5000) == [(0, row) for row in range(1, 5000)]
