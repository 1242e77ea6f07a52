"""Shares of tokens that a few long documents decide are not taken for sure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.planning.estimate import ratio

GROUPS = 64


def dealt(tokens: np.ndarray, kept: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    group = random.integers(0, GROUPS, len(tokens))
    return np.bincount(group, tokens * kept, GROUPS), np.bincount(group, tokens, GROUPS)


@pytest.mark.parametrize(("removed", "documents"), [(0.01, 1000), (0.05, 1000), (0.3, 300), (0.002, 1000)])
def test_intervals_of_dealt_documents_cover(removed: float, documents: int) -> None:
    """Lengths as of forum posts, and the long ones are removed twice as often."""
    pool = np.random.default_rng(1)
    tokens = np.rint(pool.lognormal(4.7, 1.3, 400_000)) + 1
    gone = pool.random(len(tokens)) < np.where(tokens > 300, 2, 1) * removed
    truth = 1 - tokens[gone].sum() / tokens.sum()
    covered, runs = 0, 1000
    for at in range(runs):
        random = np.random.default_rng([2, at])
        drawn = random.integers(0, len(tokens), documents)
        estimate = ratio(*dealt(tokens[drawn], ~gone[drawn], random), share=True, dealt=True)
        assert estimate.low is not None and estimate.high is not None
        covered += estimate.low <= truth <= estimate.high
    assert covered >= 0.93 * runs


def test_where_nothing_was_removed_something_may_be() -> None:
    random = np.random.default_rng(3)
    tokens = random.lognormal(5, 1, 1000)
    estimate = ratio(*dealt(tokens, np.ones(1000), random), share=True, dealt=True)
    assert estimate.value == estimate.high == pytest.approx(1)
    assert 0.9 < estimate.low < 0.99


def test_where_nothing_was_kept_something_may_be() -> None:
    random = np.random.default_rng(4)
    estimate = ratio(*dealt(random.lognormal(5, 1, 1000), np.zeros(1000), random), share=True, dealt=True)
    assert (estimate.value, estimate.low) == (0, 0)
    assert 0 < estimate.high < 0.1


@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.floats(0, 1)), min_size=2, max_size=64),
    st.booleans(),
)
def test_the_complement_has_the_complementary_interval(
    units: list[tuple[int, float]], by_chance: bool
) -> None:
    x = np.array([size for size, _ in units], np.float64)
    y = x * [share for _, share in units]
    kept, gone = ratio(y, x, True, by_chance), ratio(x - y, x, True, by_chance)
    assert kept.low is not None and kept.high is not None
    assert kept.low <= kept.value + 1e-12 and kept.value <= kept.high + 1e-12
    if abs(kept.value - 0.5) > 1e-6:
        assert gone.low == pytest.approx(1 - kept.high, abs=1e-6)
        assert gone.high == pytest.approx(1 - kept.low, abs=1e-6)
