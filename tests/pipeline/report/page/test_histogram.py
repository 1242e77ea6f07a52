"""Bars: bins nest in them, whatever the measure."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.page.histogram import BARS, bars, coarser

POWERS = range(-6, 9)
EDGES = sorted(
    {
        0.0,
        *(
            sign * float(f"{digits}e{power}")
            for power in POWERS
            for digits in range(10, 100)
            for sign in (1, -1)
        ),
    }
)


@st.composite
def measures(draw: st.DrawFn) -> Any:
    low, high = sorted(draw(st.lists(st.integers(0, len(EDGES) - 1), min_size=2, max_size=2, unique=True)))
    if draw(st.booleans()):
        low = max(low, EDGES.index(0.0) - 1)  # as most measures: not below 0
        high = max(high, low + 1)
    places = draw(st.lists(st.integers(low, high - 1), min_size=1, max_size=60, unique=True))
    places.sort()
    counts = draw(st.lists(st.integers(1, 10**6), min_size=len(places), max_size=len(places)))
    bound = draw(st.sampled_from(EDGES[low : high + 1]))
    columns = {"documents": counts, "tokens": [7 * count for count in counts]}
    rule = {"bound": bound, "comparison": "<", **columns}
    edges = {"low": [EDGES[at] for at in places], "high": [EDGES[at + 1] for at in places]}
    return {"measure": "s.m", "closed": "left", **edges, **columns, "rules": [rule]}


@given(measures())
def test_bars_hold_all_bins_in_order(measure: Any) -> None:
    joined = bars(measure)
    assert joined.first[0] == 0 and joined.first[-1] == len(measure["low"])
    assert joined.first == sorted(set(joined.first))
    assert sum(joined.sums(measure["documents"])) == sum(measure["documents"])
    assert len(joined.edges) == len(joined.first) - 1 <= BARS + 15
    for (start, end), (_, following) in zip(joined.edges, joined.edges[1:], strict=False):
        assert start < end < following or end <= following
    for at, (start, end) in enumerate(joined.edges):
        for place in range(joined.first[at], joined.first[at + 1]):
            low = measure["low"][place]
            assert start - 1e-9 * abs(start) - 1e-6 <= low < end + 1e-9 * abs(end), (start, low, end)
    positions = [joined.axis(start) for start, _ in joined.edges]
    assert positions == sorted(positions) and positions[0] >= 0 and positions[-1] <= 100


@given(measures())
def test_coarser_bins_keep_what_a_bound_decides(measure: Any) -> None:
    joined = coarser(measure)
    (rule,), (same,) = joined["rules"], measure["rules"]
    for name in ("documents", "tokens"):
        assert sum(joined[name]) == sum(measure[name])
        for bound in (rule["bound"], *joined["low"]):
            above = sum(n for low, n in zip(joined["low"], rule[name], strict=True) if low >= bound)
            assert above == sum(n for low, n in zip(measure["low"], same[name], strict=True) if low >= bound)
    assert joined["low"] == [low for low in measure["low"] if low in set(joined["low"])]
