"""What workers count, added up in any order."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.summary import EXACT, LARGEST, URLS, Tally, add_up, rounded, sizes_of

SETS = st.lists(st.tuples(st.integers(2, 10**12), st.integers(0, 10**6)), max_size=30)


@given(st.integers(1, 10**15))
def test_large_sizes_keep_two_digits(size: int) -> None:
    (found,) = rounded(np.array([size], np.uint64)).tolist()
    digits = str(size)
    assert found == (size if size <= EXACT else int(digits[:2] + "0" * (len(digits) - 2)))


def tally_of(sets: list[tuple[int, int]]) -> Tally:
    documents, tokens = (np.array([entry[at] for entry in sets], np.uint64) for at in range(2))
    return {"clusters": len(sets), "sizes": sizes_of(documents, tokens)}


@given(SETS, st.data())
def test_sizes_are_those_of_all_sets_however_they_come(sets: list[tuple[int, int]], data: Any) -> None:
    cut = data.draw(st.integers(0, len(sets)))
    total = add_up([tally_of(sets[cut:]), add_up([tally_of(sets[:cut])])])
    assert total == tally_of(sets)
    assert sum(count for _, count, _ in total["sizes"]) == total["clusters"]
    assert sum(tokens for *_, tokens in total["sizes"]) == sum(tokens for _, tokens in sets)


@given(st.permutations(range(40)))
def test_the_urls_of_the_largest_sets_are_the_first(order: list[int]) -> None:
    sizes = [size for size in range(20, 0, -1) for _ in range(2)]
    named: list[Tally] = []
    for at in order:
        urls = [[sizes[at], at, row, f"{at}/{row}"] for row in range(2 * URLS)]
        named += [{"urls": urls[URLS:], "largest": [[sizes[at], at, 7, 8]]}, {"urls": urls[:URLS]}]
    total = add_up([add_up(named[:30]), add_up(named[30:])])
    assert [entry[1] for entry in total["largest"]] == list(range(LARGEST))
    assert [entry[3] for entry in total["urls"]] == [
        f"{at}/{row}" for at in range(LARGEST) for row in range(URLS)
    ]
