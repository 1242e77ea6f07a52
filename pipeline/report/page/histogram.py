"""How a measure is drawn: which axis suits it, and the fine bins of the tallies joined into bars that nest in them."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pipeline.report.page.svg import Linear, Log

BARS = 40  # at most, about
TAIL = 20  # times the median: a largest value beyond it asks for a logarithmic axis
ZERO_ENDS = 5.0  # per cent of a logarithmic axis that is kept free for what is 0
LOWEST = 1e-6  # below this the bins of the tallies hold only 0
# Equal factors in a decade, in two digits: edges of the tallies, so that no bin is cut.
_THIRDS = (1.0, 2.0, 5.0)
_FIFTHS = (1.0, 1.6, 2.5, 4.0, 6.3)
_TENTHS = (1.0, 1.3, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.3, 7.9)
_TWENTIETHS = (
    1.0,
    1.1,
    1.3,
    1.4,
    1.6,
    1.8,
    2.0,
    2.2,
    2.5,
    2.8,
    3.2,
    3.5,
    4.0,
    4.5,
    5.0,
    5.6,
    6.3,
    7.1,
    7.9,
    8.9,
)


@dataclass(frozen=True)
class Axis:
    """Where a value stands, in per cent: a scale of `svg`.

    `step` is the breadth of a bar. Without one the axis is logarithmic, and 0 has a place of its own at its left end.
    """

    low: float
    high: float
    step: float | None

    def __call__(self, value: float) -> float:
        if self.step is not None:
            return Linear(self.low, self.high)(value)
        if value <= 0:
            return 0.0
        return ZERO_ENDS + (100 - ZERO_ENDS) / 100 * Log(self.low, self.high)(value)

    def ticks(self) -> list[float]:
        if self.step is not None:
            return Linear(self.low, self.high).ticks()
        # beside the label of 0 there is no room for another
        return [0.0, *(tick for tick in Log(self.low, self.high).ticks(5) if self(tick) >= 2 * ZERO_ENDS)]


@dataclass(frozen=True)
class Bars:
    """The bars of one picture, from left to right.

    Attributes:
        edges: two values a bar.
        first: of each bar, the place of its first bin; it ends where the next one begins. One more than bars.
    """

    axis: Axis
    edges: list[tuple[float, float]]
    first: list[int]

    def sums(self, values: Sequence[int]) -> list[int]:
        """What is in each bar, of one number for each bin."""
        return [sum(values[a:b]) for a, b in pairwise(self.first)]


def lows(measure: dict[str, Any]) -> list[float]:
    """The lower edge of each bin; the first may be open below."""
    return [-math.inf if low is None else low for low in measure["low"]]


def _starts(measure: dict[str, Any]) -> list[float]:
    """Where each bin is drawn: at its lower edge, but what begins just below 0, so as to hold it, is at 0."""
    return [0.0 if -LOWEST <= low < 0 else low for low in lows(measure)]


def bars(measure: dict[str, Any]) -> Bars:
    """The bars of a measure as report.json has it: bins with `low`, `high` and `documents`, from low to high."""
    starts = _starts(measure)
    axis = _axis(measure, starts)
    cuts = _cuts(axis)
    place = [max(bisect_right(cuts, value + 1e-9 * abs(value)) - 1, 0) for value in starts]
    first = [at for at in range(len(starts)) if at == 0 or place[at] != place[at - 1]]
    ends = [*cuts[1:], axis.high]
    edges = [(cuts[place[at]], ends[place[at]]) for at in first]
    return Bars(axis, edges, [*first, len(starts)])


def coarser(measure: dict[str, Any]) -> dict[str, Any]:
    """The same measure with one bin for each bar, but for bars that a bound cuts. Its numbers stay exact."""
    starts, edges = lows(measure), bars(measure).first[:-1]
    cuts = {bisect_left(starts, rule["bound"]) for rule in measure["rules"]}
    first = sorted({*edges, *cuts, len(starts)})

    def joined(values: Sequence[int]) -> list[int]:
        return [sum(values[a:b]) for a, b in pairwise(first)]

    numbers = ("documents", "tokens")
    return {
        **measure,
        "low": [measure["low"][at] for at in first[:-1]],
        "high": [measure["high"][at - 1] for at in first[1:]],
        **{name: joined(measure[name]) for name in numbers},
        "rules": [{**rule, **{name: joined(rule[name]) for name in numbers}} for rule in measure["rules"]],
    }


def _axis(measure: dict[str, Any], starts: Sequence[float]) -> Axis:
    """Logarithmic for what has a long tail; linear for what is like a fraction, or is spread evenly."""
    drawn = [value for value in starts if value > -math.inf] + [rule["bound"] for rule in measure["rules"]]
    least, most = min(drawn), max(drawn)
    if least >= 0 and most > 1 and most > TAIL * _median(starts, measure["documents"]):
        start = 10.0 ** math.floor(math.log10(min(value for value in drawn if value >= LOWEST)) + 1e-9)
        return Axis(start, max(_up(most), 10 * start), None)
    least = min(least, 0.0)
    step = _step(max(most, 0.0) - least)
    # one bar more than reaches the largest edge: what lies from it on
    return Axis(step * math.floor(least / step), step * (math.floor(most / step + 1e-9) + 1), step)


def _median(low: Sequence[float], documents: Sequence[int]) -> float:
    """The lower edge of the bin in which the middle document lies."""
    half, seen = sum(documents) / 2, 0
    for value, number in zip(low, documents, strict=True):
        seen += number
        if seen >= half:
            return max(value, 0.0)
    return 0.0


def _step(span: float) -> float:
    """1, 2 or 5 times a power of ten, and at most about `BARS` of them in `span`."""
    if span <= 0:
        return 0.02
    power = 10.0 ** (math.floor(math.log10(span)) - 1)
    return next(step * power for step in (1, 2, 5, 10) if span / (step * power) <= BARS + 1)


def _cuts(axis: Axis) -> list[float]:
    """The lower edges of all bars that there could be."""
    if axis.step is not None:
        number = round((axis.high - axis.low) / axis.step)
        return [axis.low + at * axis.step for at in range(number)]
    decades = range(math.floor(math.log10(axis.low)), math.ceil(math.log10(axis.high)) + 1)
    span = math.log10(axis.high / axis.low)
    series = (_TWENTIETHS, _TENTHS, _FIFTHS, _THIRDS)
    steps = next((steps for steps in series if len(steps) * span <= BARS), _THIRDS)
    every = [float(f"{step}e{decade}") for decade in decades for step in steps]
    return [0.0, *(cut for cut in every if axis.low * (1 - 1e-9) <= cut < axis.high * (1 - 1e-9))]


def _up(value: float) -> float:
    """The least of 1, 2 and 5 times a power of ten that is above it."""
    decade = math.floor(math.log10(value))
    above = (float(f"{step}e{at}") for at in (decade, decade + 1) for step in _THIRDS)
    return next(cut for cut in above if cut > value * (1 + 1e-9))
