"""Ratios, and intervals that hold what they say they hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.planning.estimate import Estimate, ratio, student_t

# Two-sided 95 %, from printed tables of Student's t.
TABLE = {
    1: 12.706,
    2: 4.303,
    3: 3.182,
    4: 2.776,
    5: 2.571,
    10: 2.228,
    29: 2.045,
    60: 2.000,
    120: 1.980,
    1000: 1.962,
}

unit_lists = st.lists(
    st.tuples(st.integers(0, 10**9), st.floats(0, 1)).map(lambda pair: (pair[0], int(pair[0] * pair[1]))),
    min_size=1,
    max_size=40,
).filter(lambda units: sum(final for _, final in units) > 0)


def columns(units: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    raw, final = np.array(units, np.float64).T
    return final, raw


@pytest.mark.parametrize(("degrees", "quantile"), TABLE.items())
def test_student_t(degrees: int, quantile: float) -> None:
    assert student_t(0.975, degrees) == pytest.approx(quantile, abs=6e-4)


def test_student_t_has_no_seam() -> None:
    quantiles = [student_t(0.975, degrees) for degrees in range(1, 260)]
    assert quantiles == sorted(quantiles, reverse=True)


@given(unit_lists)
def test_the_interval_holds_the_ratio(units: list[tuple[int, int]]) -> None:
    final, raw = columns(units)
    for share in (True, False):
        estimate = ratio(final, raw, share)
        assert estimate.value == final.sum() / raw.sum()
        if (raw > 0).sum() == 1:
            assert estimate == Estimate(estimate.value)
            continue
        assert estimate.low is not None and estimate.high is not None
        assert 0 <= estimate.low <= estimate.value <= estimate.high
        assert not share or estimate.high <= 1


@given(unit_lists, st.sampled_from([2.0**-10, 0.5, 8.0, 2.0**30]))
def test_the_size_of_units_does_not_matter(units: list[tuple[int, int]], scale: float) -> None:
    final, raw = columns(units)
    small, large = ratio(final, raw, True), ratio(final * scale, raw * scale, True)
    assert (small.low, small.value, small.high) == pytest.approx((large.low, large.value, large.high))


@given(unit_lists, st.randoms())
def test_the_order_of_units_does_not_matter(units: list[tuple[int, int]], random: object) -> None:
    shuffled = list(units)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = ratio(*columns(units), True), ratio(*columns(shuffled), True)
    assert (one.low, one.value, one.high) == pytest.approx((other.low, other.value, other.high))


def test_units_that_agree_leave_no_doubt() -> None:
    estimate = ratio(np.array([3.0, 30.0, 6.0]), np.array([10.0, 100.0, 20.0]), True)
    assert (estimate.low, estimate.high) == pytest.approx((0.3, 0.3))


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40).filter(lambda shares: sum(shares) > 1e-9))
def test_for_units_of_one_size_the_error_is_the_textbook_one(shares: list[float]) -> None:
    final, count = np.array(shares), len(shares)
    estimate = ratio(final, np.ones(count), share=False)
    error = np.std(final, ddof=1) / np.sqrt(count)
    step = min(student_t(0.975, count - 1) * error / final.mean(), 600)
    assert estimate.high == pytest.approx(final.mean() * np.exp(step))


@pytest.mark.parametrize(("mean", "spread"), [(0.3, 20.0), (0.02, 200.0), (0.9, 20.0)])
def test_intervals_cover(mean: float, spread: float) -> None:
    """Of the intervals from 30 units each, at least 93 of 100 hold the ratio of the population they come
    from.
    """
    random = np.random.default_rng(7)
    runs, covered = 2000, 0
    for _ in range(runs):
        raw = random.lognormal(10, 0.6, 30)
        final = raw * random.beta(mean * spread, (1 - mean) * spread, 30)
        estimate = ratio(final, raw, True)
        assert estimate.low is not None and estimate.high is not None
        covered += estimate.low <= mean <= estimate.high
    assert covered >= 0.93 * runs


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


@pytest.mark.parametrize(
    ("kept", "documents", "tilt"), [(0.02, 200, 0), (0.02, 2000, 0), (0.02, 2000, 1), (0.005, 500, -0.5)]
)
def test_intervals_of_few_kept_documents_cover(kept: float, documents: int, tilt: float) -> None:
    """Lengths as of the web, where a document of a hundred times the median is in any sample; the long ones are
    kept rather more often, or rather less. In tokens of raw tokens, and a document."""
    pool = np.random.default_rng(1)
    tokens = np.rint(pool.lognormal(5, 1.7, 400_000)) + 1
    chance = np.minimum((tokens / np.median(tokens)) ** tilt, 50)
    stays = pool.random(len(tokens)) < kept * chance / chance.mean()
    covered, runs = np.zeros(2), 1000
    for at in range(runs):
        random = np.random.default_rng([2, at])
        drawn = random.integers(0, len(tokens), documents)
        group = random.integers(0, GROUPS, documents)
        raw, number = np.bincount(group, tokens[drawn], GROUPS), np.bincount(group, minlength=GROUPS) * 1.0
        final = np.bincount(group, tokens[drawn] * stays[drawn], GROUPS)
        share = ratio(final, raw, share=True, dealt=True)
        each = ratio(final, number, share=False, dealt=True, whole=raw)
        for place, (estimate, by) in enumerate(((share, tokens.sum()), (each, len(tokens)))):
            assert estimate.low is not None and estimate.high is not None
            covered[place] += estimate.low <= tokens[stays].sum() / by <= estimate.high
    assert (covered >= 0.93 * runs).all()


def test_a_share_that_an_editor_made_hardly_more_than_all() -> None:
    raw = np.arange(100.0, 164.0)
    for dealt in (False, True):
        estimate = ratio(raw * 1.0001, raw, share=True, dealt=dealt)
        assert estimate.value == estimate.high == pytest.approx(1.0001)
        assert estimate.low is not None and estimate.low <= 1


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
