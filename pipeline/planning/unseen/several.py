"""Several deduplicators one after the other, as a recipe has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.planning.unseen.clusters import Clusters
from pipeline.planning.unseen.extrapolate import Extrapolation, Z, extrapolate


@dataclass(frozen=True)
class Shrinkage:
    """How much less of a pool is distinct than of the sample, R(t) / R(1), all deduplicators together; and of each
    its R(t)."""

    point: float | None
    low: float
    high: float
    each: tuple[Extrapolation, ...]


def shrinkage(deduplicators: Sequence[Clusters], times: float, z: float = Z) -> Shrinkage:
    """For a pool `times` as large as the sample.

    A deduplicator sees only what those before it let through, and t times as many documents become less than t times as
    many for it. Its low end is taken at t, which holds whatever reaches it; its high end at the least that those before
    it may let through, and its point at what they likely do. At t its high end would be too low where copies by URL are
    copies by text too: what a deduplicator by URL leaves of those hardly grows with the pool.
    """
    point: float | None = 1.0
    low = high = 1.0
    each = []
    for clusters in deduplicators:
        start = _start(clusters)
        at = extrapolate(clusters, times, z)
        above = extrapolate(clusters, max(times * low, 1.0), z)
        likely = None if point is None else extrapolate(clusters, max(times * point, 1.0), z).point
        each.append(Extrapolation(likely, at.low, max(above.high, at.low), at.by))
        low, high = low * at.low / start, high * each[-1].high / start
        point = None if point is None or likely is None else point * likely / start
    if point is not None:
        point = min(max(point, low), high)
    return Shrinkage(point, low, high, tuple(each))


def _start(clusters: Clusters) -> float:
    seen = clusters.seen
    return seen.distinct / seen.raw if seen.raw else 1.0
