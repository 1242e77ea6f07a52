"""What is said of a larger pool is ordered, exact where it can be, and holds the truth of pools that are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.planning.unseen import Clusters, extrapolate, extrapolate_each, linear_program

binom = pytest.importorskip("scipy.stats", reason="needs SciPy, the extra `plan`").binom

GRID = [10 ** (k / 4) for k in range(25)]
FEW = [0.3, 1.0, 1.4, 2.0, 2.5, 7.0, 10.0, 60.0, 1000.0]

samples = st.dictionaries(st.integers(1, 400), st.integers(1, 5000), max_size=12)
weights = st.floats(0.5, 5000)


def clusters(sample: dict[int, int]) -> Clusters:
    return Clusters(np.array(list(sample), np.int64), np.array(list(sample.values()), np.float64))


def expected(pool: dict[int, int], q: float) -> Clusters:
    """What a sample of a pool holds on average: of clusters of k, Bin(k, q)."""
    seen = np.arange(1, max(pool) + 1)
    mean = sum(count * binom.pmf(seen, size, q) for size, count in pool.items())
    return Clusters(seen, mean)


def retention(pool: dict[int, int]) -> float:
    return sum(pool.values()) / sum(size * count for size, count in pool.items())


@settings(max_examples=40)
@given(samples)
def test_ends_are_ordered_and_shares(sample: dict[int, int]) -> None:
    for said in extrapolate_each(clusters(sample), FEW):
        assert 0 <= said.low <= said.high <= 1
        assert said.point is None or said.low <= said.point <= said.high


@settings(max_examples=8)
@given(samples)
def test_a_larger_pool_keeps_no_more(sample: dict[int, int]) -> None:
    said = extrapolate_each(clusters(sample), GRID)
    points = [one.point for one in said if one.point is not None]
    assert points == sorted(points, reverse=True)
    beyond = [one for t, one in zip(GRID, said, strict=True) if t >= 2]
    assert [one.low for one in beyond] == sorted([one.low for one in beyond], reverse=True)
    assert [one.high for one in beyond] == sorted([one.high for one in beyond], reverse=True)


@given(samples.filter(bool))
def test_the_sample_itself_is_exact(sample: dict[int, int]) -> None:
    said = extrapolate(clusters(sample), 1)
    assert said.low == said.high == said.point == pytest.approx(retention(sample))


@given(samples.filter(bool), st.floats(0.05, 0.95))
def test_of_a_part_of_the_sample_rarefaction_is_exact(sample: dict[int, int], times: float) -> None:
    kept = sum(count * binom.sf(0, size, times) for size, count in sample.items())
    whole = sum(size * count for size, count in sample.items())
    assert extrapolate(clusters(sample), times).point == pytest.approx(
        min(max(kept / (times * whole), retention(sample)), 1)
    )


@settings(max_examples=30)
@given(st.dictionaries(st.integers(1, 60), st.integers(50, 5000), min_size=1, max_size=6), st.floats(1, 2))
def test_to_twice_the_sample_there_is_no_bias(pool: dict[int, int], times: float) -> None:
    """The identity of Good and Toulmin holds for finite pools."""
    said = extrapolate(expected(pool, 1 / times), times)
    assert said.point == pytest.approx(retention(pool), rel=1e-6)


@pytest.mark.parametrize("times", [3, 10, 100, 1000])
@pytest.mark.parametrize("linear", [True, False])
@settings(max_examples=15)
@given(
    pool=st.dictionaries(st.sampled_from([1, 2, 3, 7, 30, 200, 1500]), st.integers(2000, 10**6), min_size=1)
)
def test_the_average_sample_has_the_truth_in_its_bracket(
    times: int, linear: bool, pool: dict[int, int]
) -> None:
    sample = expected(pool, 1 / times)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear_program, "AVAILABLE", linear)
        said = extrapolate(sample, times)
    assert said.low <= retention(pool) * (1 + 1e-6) and said.high >= retention(pool) * (1 - 1e-6)


def test_the_linear_program_is_tighter() -> None:
    sample = expected({100: 100_000}, 1 / 100)
    wide = {}
    for linear in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(linear_program, "AVAILABLE", linear)
            said = extrapolate(sample, 100)
            wide[linear] = said.high - said.low
            assert said.by == ("linear program" if linear else "closed form")
    assert wide[True] < 0.6 * wide[False]


def test_a_point_reaches_to_ten_times_the_sample() -> None:
    sample = expected({1: 50_000, 4: 20_000, 30: 2000}, 1 / 8)
    said = extrapolate(sample, 8)
    assert said.point == pytest.approx(72_000 / 190_000, rel=0.05)
    assert extrapolate(sample, 10.1).point is None


@pytest.mark.parametrize(
    "sample", [{}, {1: 1}, {1: 10_000}, {2: 500}, {1000: 1}, {1: 100, 3: 3}, {2: 1}, {1: 5, 9: 2}, {7: 10**6}]
)
def test_samples_that_say_little(sample: dict[int, int]) -> None:
    for t in GRID:
        said = extrapolate(clusters(sample), t)
        assert 0 <= said.low <= said.high <= 1


def test_all_unique_is_not_taken_for_certain() -> None:
    said = extrapolate(clusters({1: 10_000}), 1000)
    assert said.low < 0.9 and said.high == 1


@settings(max_examples=25)
@given(samples.filter(bool), weights)
def test_equal_lengths_weigh_nothing(sample: dict[int, int], tokens: float) -> None:
    plain = clusters(sample)
    weighed = Clusters(
        plain.sizes,
        plain.clusters,
        tokens=plain.sizes * plain.clusters * tokens,
        variance=plain.clusters * tokens**2,
    )
    for t in (1.7, 5.0, 300.0):
        one, other = extrapolate(plain, t), extrapolate(weighed, t)
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=1e-6)


def test_lengths_that_differ_widen_the_bracket() -> None:
    sizes, count = np.array([1, 2]), np.array([9000.0, 300.0])
    narrow = extrapolate(Clusters(sizes, count), 10)
    wide = extrapolate(Clusters(sizes, count, tokens=sizes * count * 300), 10)
    assert wide.low < narrow.low and wide.high >= narrow.high


def test_rows_of_one_size_are_added_up() -> None:
    apart = Clusters(np.array([2, 1, 1]), np.array([5.0, 60.0, 40.0]))
    assert extrapolate(apart, 5) == extrapolate(clusters({1: 100, 2: 5}), 5)


@pytest.mark.parametrize(("size", "count"), [(0, 1.0), (1, -1.0)])
def test_what_is_no_sample_is_refused(size: int, count: float) -> None:
    with pytest.raises(ValueError, match="sizes begin at 1"):
        Clusters(np.array([size]), np.array([count]))


def test_arrays_must_match_and_times_be_above_nothing() -> None:
    with pytest.raises(ValueError, match="as long as each other"):
        Clusters(np.array([1, 2]), np.array([1.0]))
    with pytest.raises(ValueError, match="above 0"):
        extrapolate(clusters({1: 3}), 0)
