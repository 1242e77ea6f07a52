"""Sets of copies in a group against plain dictionaries."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.copies import collapse

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(-(2**63), 2**63 - 1)), max_size=20
)


@given(ROWS, st.randoms())
def test_sets_are_those_of_equal_keys(rows, random):
    ids = list(range(10, 10 + len(rows)))
    random.shuffle(ids)
    wanted: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for (key, check, rank), row in zip(rows, ids, strict=True):
        wanted.setdefault((key, check), []).append((row, rank))
    columns = [np.array([row[at] for row in rows], np.uint64) for at in range(2)]
    row = np.array(ids, np.uint64)
    sets = collapse(*columns, np.array([row[2] for row in rows], np.int64), row, 2 * row)
    found = zip(sets.key.tolist(), sets.check.tolist(), strict=True)
    for place, (name, first) in enumerate(zip(found, sets.row.tolist(), strict=True)):
        members = wanted[name]
        best = max(members, key=lambda member: (member[1], -member[0]))
        assert first == min(members)[0]
        assert (int(sets.best[place]), int(sets.rank[place])) == best
        documents, of = sets.members(sets.row[place : place + 1])
        assert sorted(documents.tolist()) == sorted(row for row, _ in members)
        assert int(sets.tokens[place]) == 2 * sum(row for row, _ in members)
        assert of.tolist() == [0] * len(members) == [0] * int(sets.count[place])
    assert len(sets.row) == len(wanted)
    assert sets.row.tolist() == sorted(sets.row.tolist())


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20), st.data())
def test_members_of_some_sets(keys, data):
    key = np.array(keys, np.uint64)
    row = np.arange(len(key), dtype=np.uint64)
    sets = collapse(key, key, np.zeros(len(key), np.int64), row, row)
    asked = sorted(data.draw(st.sets(st.sampled_from(sets.row.tolist()))))
    documents, of = sets.members(np.array(asked, np.uint64))
    found = [(asked[place], row) for row, place in zip(documents.tolist(), of.tolist(), strict=True)]
    assert sorted(found) == [
        (first, row) for first in asked for row, key in enumerate(keys) if key == keys[first]
    ]
