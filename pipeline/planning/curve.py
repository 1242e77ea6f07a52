"""Final tokens of a corpus so many times as large as the run, and how large it must be for so many of them.

What filters keep does not depend on how much is read; what deduplicators keep does. So the final tokens of a corpus
`times` as large are

    final(times) = yield * times * rho(times),    rho(1) = 1,

with the yield of the run, and rho how much less of the corpus is distinct than of the run (`pipeline.planning.unseen`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.planning.unseen import Clusters, extrapolate_each, together

STEPS_PER_TENFOLD = 8

# How fast retention fell with size elsewhere, R ~ times^-exponent: what may happen, and no interval.
SCENARIOS: tuple[dict[str, Any], ...] = (
    {"name": "slow", "exponent": 0.09, "source": "paragraphs of CCNet, 1 to 100 shards"},
    {"name": "medium", "exponent": 0.27, "source": "URLs of Common Crawl, 1 to 100 crawls"},
    {"name": "fast", "exponent": 0.35, "source": "MinHash over FineWeb, 1 to 96 crawls"},
)

Array = NDArray[np.float64]


def grid(first: int = 0, last: int = 6) -> Array:
    """times = 10^(k/8), from 10^first to 10^last."""
    return np.asarray(
        10 ** (np.arange(first * STEPS_PER_TENFOLD, last * STEPS_PER_TENFOLD + 1) / STEPS_PER_TENFOLD)
    )


@dataclass(frozen=True)
class Shrinkage:
    """rho at each of `times`: float64 arrays. `point` is NaN where there is none. `by` says what bounds it."""

    times: Array
    low: Array
    point: Array
    high: Array
    by: str | None


def unchanged(times: Array) -> Shrinkage:
    """Without a deduplicator a larger corpus keeps the same share."""
    ones = np.ones_like(times)
    return Shrinkage(times, ones, ones, ones, None)


def shrinkage(deduplicators: Sequence[Clusters], times: Array) -> Shrinkage:
    """rho of the recipe's deduplicators, taken for one: R(times) / R(1), between the ends of all that they may be
    together (`pipeline.planning.unseen.together`). The point is the mean of what those say."""
    if not deduplicators:
        return unchanged(times)  # as much is said of any size
    ways = [_of_one(clusters, times) for clusters in together(deduplicators)]
    return Shrinkage(
        times,
        np.min([way.low for way in ways], axis=0),
        np.mean([way.point for way in ways], axis=0),
        np.max([way.high for way in ways], axis=0),
        ways[0].by,
    )


def _of_one(clusters: Clusters, times: Array) -> Shrinkage:
    columns = (clusters.clusters, clusters.tokens, clusters.variance, times)
    held = (b"" if column is None else np.asarray(column, float).tobytes() for column in columns)
    return _remembered(clusters.sizes.tobytes(), *held)


@lru_cache(maxsize=16)
def _remembered(sizes: bytes, count: bytes, tokens: bytes, variance: bytes, times: bytes) -> Shrinkage:
    """A run makes its report twice, and the bracket takes seconds where there are many sizes."""
    at = np.frombuffer(times)
    weights, spread = (np.frombuffer(column) if column else None for column in (tokens, variance))
    clusters = Clusters(np.frombuffer(sizes, np.int64), np.frombuffer(count), weights, spread)
    here, *found = extrapolate_each(clusters, [1.0, *at.tolist()])
    start = here.low or 1.0
    return Shrinkage(
        at,
        np.array([one.low for one in found]) / start,
        np.array([np.nan if one.point is None else one.point for one in found]) / start,
        np.array([one.high for one in found]) / start,
        found[-1].by,
    )


def final_tokens(yielded: Sequence[float | None], curve: dict[str, Any]) -> dict[str, list[float | None]]:
    """The three curves of final tokens on the grid: the ends of the yield times those of `curve` (as report.json has
    it), none falling. None where there is no basis."""
    ends = {}
    for end, value in zip(("low", "point", "high"), yielded, strict=True):
        tokens = [
            None if value is None or rho is None else value * times * rho
            for times, rho in zip(curve["times"], curve[end], strict=True)
        ]
        ends[end] = _never_falling(tokens)
    return ends


def _never_falling(values: list[float | None]) -> list[float | None]:
    so_far = 0.0
    risen: list[float | None] = []
    for value in values:
        if value is not None:
            so_far = max(so_far, value)
        risen.append(None if value is None else so_far)
    return risen


def times_for(target: float, times: Sequence[float], tokens: Sequence[float | None]) -> float | None:
    """How many times as much is to be read for `target` tokens; None where this curve does not get there.

    log(times) is linear in log(tokens) between the points of the grid. Before its first the share is that of the
    first. (The page's form does the same.)
    """
    known = [(t, v) for t, v in zip(times, tokens, strict=True) if v is not None and v > 0]
    if not known:
        return None
    if target <= known[0][1]:
        return known[0][0] * target / known[0][1]
    for (t0, v0), (t1, v1) in pairwise(known):
        if v1 >= target:
            part = math.log(target / v0) / math.log(v1 / v0)
            return float(math.exp(math.log(t0) + part * math.log(t1 / t0)))
    return None


def tokens_at(wanted: float, times: Sequence[float], tokens: Sequence[float | None]) -> float | None:
    """The inverse of `times_for`: final tokens of `wanted` times as much; beyond the grid None."""
    known = [(t, v) for t, v in zip(times, tokens, strict=True) if v is not None and v > 0]
    if not known or wanted > known[-1][0]:
        return None
    if wanted <= known[0][0]:
        return known[0][1] * wanted / known[0][0]
    logs = np.log(np.array(known))
    return float(np.exp(np.interp(math.log(wanted), logs[:, 0], logs[:, 1])))
