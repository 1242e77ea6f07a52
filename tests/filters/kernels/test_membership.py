"""Membership against Python's `in`."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from filters.kernels.membership import count_members, index

NUMBERS = st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2**63 - 1, 2**63, 2**64 - 1])


@given(st.lists(NUMBERS, unique=True, max_size=40), st.lists(st.lists(NUMBERS, max_size=5), max_size=5))
@example(list(range(100)), [[0, 99, 100], [], [2**64 - 1, 5, 5]])
def test_members_are_counted(entries: list[int], groups: list[list[int]]) -> None:
    among = np.array(sorted(entries), np.uint64)
    wanted = [[*group, *entries[:2]] for group in groups]
    ends = np.cumsum([0, *map(len, wanted)])
    flat = np.array([number for group in wanted for number in group], np.uint64)
    counts = count_members(among, index(among), flat, ends)
    assert counts.tolist() == [sum(number in entries for number in group) for group in wanted]
