"""The curve of final tokens, and the way back from tokens to size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.planning.curve import final_tokens, grid, shrinkage, times_for, tokens_at, unchanged
from pipeline.planning.unseen import Clusters

found_sizes = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 5000)), min_size=1, max_size=6).filter(
    lambda sizes: sum(clusters for _, clusters in sizes) > 10
)
slopes = st.lists(st.floats(0, 0.95), min_size=48, max_size=48)


def clusters(sizes: list[tuple[int, int]]) -> Clusters:
    table = np.array(sizes)
    return Clusters(table[:, 0], table[:, 1].astype(float), 100.0 * table[:, 0] * table[:, 1])


@settings(max_examples=15, deadline=None)
@given(st.lists(found_sizes, max_size=2))
def test_a_larger_corpus_keeps_less_of_more(stages: list[list[tuple[int, int]]]) -> None:
    times = grid()
    made = shrinkage([clusters(sizes) for sizes in stages], times)
    for end in (made.low, made.high):
        assert end[0] == pytest.approx(1)
        # Below twice the sample it may be more: the sample may by chance hold more copies than the pool.
        assert (np.diff(end[times >= 2]) <= 1e-12).all()
        assert (end * times >= 1 - 1e-9).all()  # what is distinct in a part is distinct in the whole
    assert (made.low <= made.high + 1e-12).all()
    known = ~np.isnan(made.point)
    assert (made.low[known] <= made.point[known]).all() and (made.point[known] <= made.high[known]).all()
    if stages:
        assert not known[times > 10].any()
    else:
        assert made.by is None and (made.point == 1).all()


def test_two_deduplicators_of_the_same_copies_do_not_count_them_twice() -> None:
    """Pages that are there a hundred times by URL and, under two URLs each, by text: half of the URLs stay.

    A sample of one in a hundred sees most URLs but of some only one of the two. Judged as if ever more of those were
    to come, the second deduplicator could not keep half of what the first leaves of the whole.
    """
    random = np.random.default_rng(3)
    pages, copies, rate = 4000, 100, 0.01
    seen = random.binomial(copies, rate, (pages, 2))
    by_url = np.bincount(seen[seen > 0].ravel())
    by_text = np.bincount((seen > 0).sum(axis=1))[1:]
    stages = [
        Clusters(np.arange(1, len(by_url)), by_url[1:].astype(float)),
        Clusters(np.arange(1, 3), by_text.astype(float)),
    ]
    made = shrinkage(stages, grid())
    of_sample = (seen.sum(axis=1) > 0).sum() / seen.sum()
    truth = 1 / (2 * copies) / of_sample
    at = int(np.argmin(np.abs(grid() - 1 / rate)))
    assert made.low[at] <= truth <= made.high[at]
    assert made.low[at] > 0.5 * truth


@given(slopes, st.floats(1, 1e12), st.floats(0, 5.9))
def test_there_and_back(falling: list[float], final: float, power: float) -> None:
    times = grid().tolist()
    rho = (10 ** -np.cumsum([0, *(slope / 8 for slope in falling)])).tolist()
    curve = {"times": times, "low": rho, "point": rho, "high": [1.0] * 49}
    ends = final_tokens([final, final, None], curve)
    assert ends["high"] == [None] * 49
    tokens = ends["point"]
    assert tokens == sorted(tokens)
    target = tokens_at(10**power, times, tokens)
    assert target is not None
    needed = times_for(target, times, tokens)
    assert needed == pytest.approx(10**power, rel=1e-6)


def test_where_the_curve_does_not_reach() -> None:
    times = grid().tolist()
    tokens = final_tokens(
        [1.0, None, None], {"times": times, **dict.fromkeys(("low", "point", "high"), [1.0] * 49)}
    )
    assert times_for(2e6, times, tokens["low"]) is None
    assert tokens_at(2e6, times, tokens["low"]) is None
    assert times_for(1.0, times, tokens["point"]) is None
    assert times_for(0.25, times, tokens["low"]) == 0.25  # a part of the run keeps the same share


def test_without_deduplicators_nothing_changes() -> None:
    assert (unchanged(grid()).low == 1).all()
