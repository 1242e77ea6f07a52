"""The retention of a larger pool, said as far as a sample can say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.planning.unseen import good_toulmin, linear_program
from pipeline.planning.unseen.bracket import closed_form
from pipeline.planning.unseen.clusters import Clusters, Seen
from pipeline.planning.unseen.rational import REACH, Curve, rational_function

Z = 2.0  # standard errors; a little more than 95 % of a normal distribution
RAREFACTION = "rarefaction"
GOOD_TOULMIN = "Good-Toulmin"
LINEAR_PROGRAM = "linear program"
CLOSED_FORM = "closed form"


@dataclass(frozen=True)
class Extrapolation:
    """The retention of a pool, a share of its documents or tokens: a point where there is one, and an interval."""

    point: float | None
    low: float
    high: float
    by: str  # what gave low and high: one of the names above


def extrapolate(clusters: Clusters, times: float, z: float = Z) -> Extrapolation:
    """The retention of a pool `times` as large as the sample.

    Up to 1 it is exact; up to 2 a point and its interval; up to 10 a point inside a bracket, where the sample gives one;
    beyond there is no point. The interval holds the truth at least as often as z says (`benchmarks.coverage`) if the
    sample was drawn by documents, each by itself. Copies that were drawn together, as from whole files, make it false.

    Args:
        clusters: of the sample.
        times: above 0.
        z: how many standard errors the noise of the sample is given.

    Raises:
        ValueError: times is not above 0.
    """
    return extrapolate_each(clusters, [times], z)[0]


def extrapolate_each(clusters: Clusters, times: Sequence[float], z: float = Z) -> list[Extrapolation]:
    """The same for several pools, in the order of `times`. From 2 on none keeps more than a smaller one."""
    if any(not t > 0 for t in times):
        raise ValueError("a pool is above 0 times its sample")
    seen = clusters.seen
    if not seen.raw:
        return [Extrapolation(None, 0.0, 1.0, CLOSED_FORM) for _ in times]
    curve = rational_function(seen) if any(2 < t <= REACH for t in times) else None
    twice = _near(seen, 2.0, z)
    found = {t: _near(seen, t, z) if t <= 2 else _far(seen, t, z, twice, curve) for t in sorted(set(times))}
    falling = dict(zip(found, _never_rising(list(found), list(found.values())), strict=True))
    return [falling[t] for t in times]


def _near(seen: Seen, times: float, z: float) -> Extrapolation:
    start = seen.distinct / seen.raw
    point = good_toulmin.distinct(seen, times) / (times * seen.raw)
    if times <= 1:
        point = start if times == 1 else min(max(point, start), 1.0)
        return Extrapolation(point, point, point, RAREFACTION)
    low = start / times  # if all that is new is a copy
    point = min(max(point, low), start)
    reach = z * good_toulmin.error(seen, times, z)
    # The sample may by chance hold more copies than the pool: the interval may end above what is left of the sample.
    return Extrapolation(point, max(low, point - reach), min(point + reach, 1.0), GOOD_TOULMIN)


def _far(seen: Seen, times: float, z: float, twice: Extrapolation, curve: Curve | None) -> Extrapolation:
    """Beyond twice the sample. What is left of twice as much bounds what is left of more, from both sides."""
    low, high = closed_form(seen, times, z)
    by = CLOSED_FORM
    if linear_program.AVAILABLE:
        ends = linear_program.extremes(seen, times, z)
        if ends is not None and max(low, ends[0]) <= min(high, ends[1]):
            low, high, by = max(low, ends[0]), min(high, ends[1]), LINEAR_PROGRAM
    low = max(low, 2 * twice.low / times)
    high = max(min(high, twice.high), low)
    point = None
    if times <= REACH and curve is not None:
        point = min(max(curve(times) / (times * seen.raw), low), high)
    return Extrapolation(point, low, high, by)


def _never_rising(times: Sequence[float], found: list[Extrapolation]) -> list[Extrapolation]:
    """By rising size of the pool: each end no higher than that of a smaller pool, and no lower than that of a larger.

    The high ends of pools below twice the sample bound no larger one: they say what is left of this sample and a little
    more, and the sample may by chance hold more copies than the pool.
    """
    lows = [one.low for one in found]
    for at in range(len(found) - 2, -1, -1):
        lows[at] = max(lows[at], lows[at + 1])
    highs = [max(one.high, low) for one, low in zip(found, lows, strict=True)]
    for at in range(1, len(found)):
        bound = highs[at - 1] if times[at - 1] >= 2 else 1.0
        highs[at] = max(min(highs[at], bound), lows[at])
    points: list[float | None] = []
    last = 1.0
    for one, low, high in zip(found, lows, highs, strict=True):
        point = None if one.point is None else min(max(min(one.point, last), low), high)
        points.append(point)
        last = last if point is None else point
    return [
        replace(one, point=point, low=low, high=high)
        for one, point, low, high in zip(found, points, lows, highs, strict=True)
    ]
