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
    for made in together(found):
        assert extrapolate(made, 1).point == pytest.approx(left)


def test_one_alone_stays_as_it_is() -> None:
    one = clusters(900.0, [(2, 30), (7, 4)], 200.0)
    (made,) = together([one])
    for times in (1.5, 8.0, 200.0):
        assert extrapolate(made, times).low == pytest.approx(extrapolate(one, times).low)


def test_the_truth_is_between_the_two_ways() -> None:
    """Copies by URL, and of what stays of them sets by text, whichever it is."""
    random = np.random.default_rng(8)
    by_url = 1 + random.poisson(0.8, 60_000) * random.integers(0, 2, 60_000)
    by_text = random.integers(0, 40_000, len(by_url))
    found = [np.unique(np.bincount(by_text)[np.unique(by_text)], return_counts=True)]
    found.insert(0, np.unique(by_url, return_counts=True))
    truth = np.bincount(np.bincount(by_text, by_url)[np.unique(by_text)].astype(int))
    nested, apart = together([Clusters(sizes, count.astype(float)) for sizes, count in found])
    for made in (nested.seen, apart.seen):
        assert made.raw == pytest.approx(by_url.sum())
        assert made.distinct == pytest.approx(truth[1:].sum())
    assert apart.seen.of(1)[0] < truth[1] < nested.seen.of(1)[0]


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 1000)), min_size=1, max_size=6, unique=True))
def test_no_document_is_lost_between_two(repeated: list[tuple[int, int]]) -> None:
    first = clusters(900.0, [(2, 30), (7, 4), (300, 2)], 10.0)
    later = clusters(10.0, [(size + 1, number) for size, number in repeated], 10.0)
    kept = [one.seen.distinct / one.seen.raw for one in (first, later)]
    for made in together([first, later]):
        assert made.seen.raw == pytest.approx(first.seen.raw)
        assert made.seen.distinct / made.seen.raw == pytest.approx(kept[0] * kept[1])


def test_what_none_has_seen_is_counted_once() -> None:
    stages = [clusters(5000.0, [], 100.0) for _ in range(3)]
    (made,) = together(stages)
    assert extrapolate(made, 100).low == pytest.approx(extrapolate(stages[0], 100).low)


def test_a_filter_between_changes_nothing() -> None:
    first, second = clusters(800.0, [(2, 100)], 10.0), clusters(900.0 - 60, [(3, 20)], 10.0)
    halved = clusters(450.0 - 30, [(3, 10)], 10.0)
    for one, other in zip(together([first, second]), together([first, halved]), strict=True):
        assert extrapolate(one, 1).point == pytest.approx(extrapolate(other, 1).point)


def test_nothing_together_is_nothing() -> None:
    (made,) = together([])
    assert made.seen.raw == 0
