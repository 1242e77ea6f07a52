"""Scales keep order and stay within their pictures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.page import svg
from pipeline.report.page.ticks import percent_tick, plain, tick

POSITIVE = st.floats(1e-9, 1e12)


@given(POSITIVE, POSITIVE, st.lists(st.floats(-1e13, 1e13), min_size=2))
def test_scales(low: float, high: float, values: list[float]) -> None:
    low, high = sorted((low, high))
    for scale in (svg.Linear(low, high), svg.Linear(-high, high), svg.Log(low, high)):
        places = [scale(value) for value in sorted(values)]
        assert places == sorted(places)
        assert all(0 <= place <= 100 for place in places)
        ticks = scale.ticks()
        assert ticks == sorted(set(ticks)) and len(ticks) <= 30
        spare = 1e-6 * (scale.high - scale.low)
        assert all(scale.low - spare <= value <= scale.high + spare for value in ticks)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 0, [0]),
        (0, 1000, [0, 200, 400, 600, 800, 1000]),
        (-1, 1, [-1, -0.5, 0, 0.5, 1]),
    ],
)
def test_ticks_are_round(low: float, high: float, ticks: list[float]) -> None:
    assert svg.Linear(low, high).ticks() == ticks


def test_ticks_of_factors() -> None:
    assert svg.Log(0.001, 1).ticks() == pytest.approx([0.001, 0.01, 0.1, 1])
    assert svg.Log(1, 100).ticks() == [1, 2, 5, 10, 20, 50, 100]


def test_slivers_are_drawn_and_nothing_is_not() -> None:
    assert 'width="0.15%"' in svg.bar(0, 0.001, 0, 10, "kept")
    assert 'x="99.85%"' in svg.bar(100, 100.0001, 0, 10, "kept")
    assert 'width="0%"' in svg.bar(3, 3, 0, 10, "kept")


@pytest.mark.parametrize(
    ("value", "full", "short"),
    [
        (0, "0", "0"),
        (0.65, "0.65", "0.65"),
        (-0.02, "-0.02", "-0.02"),
        (1e-6, "0.000001", "0.000001"),
        (100_000, "100,000", "100 k"),
        (2.5e6, "2,500,000", "2.5 M"),
    ],
)
def test_numbers_of_axes(value: float, full: str, short: str) -> None:
    assert (plain(value), tick(value)) == (full, short)
    assert percent_tick(0.1 + 0.2) == "30 %"
