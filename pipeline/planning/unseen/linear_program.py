"""Between what the retention of a larger pool lies: the extremes over all pools that could have given this sample.

Let a share p_k of the pool's N = t n documents be in clusters of k. A document comes into the sample with probability
1 / t, so of a cluster of k the sample holds Bin(k, 1/t), and is expected to hold

    E f_j = N sum_k p_k / k Bin(k, 1/t)(j)

clusters j times. The retention is sum_k p_k / k. Its least and greatest value over all p >= 0 of sum 1 whose E f_j are within
z standard errors of what was seen are two linear programs (Efron and Thisted 1976, Biometrika 63, bounded the unseen so;
Valiant and Valiant 2017, Journal of the ACM 64, made it an estimator). Here the size of the pool is known, which fixes the sum.
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from typing import cast

import numpy as np

from pipeline.planning.unseen.clusters import Floats, Seen

AVAILABLE = importlib.util.find_spec("scipy") is not None
_STARTS = np.array(
    [1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 17, 23]
)  # of the ranges of sizes that are counted together
_MANY = 32  # clusters of so many and more are counted by their documents
_STEP = 1.1  # from one k to the next, where they are not all there


def extremes(seen: Seen, times: float, z: float) -> tuple[float, float] | None:
    """Low and high retention of a pool of `times` > 1 samples; None if no pool is within the noise.

    Clusters seen 32 times and more are one row, of their documents: how many these are is known far better than how
    many clusters would be there by their number alone.
    """
    from scipy.optimize import linprog  # an extra, and slow to import

    k, few, many = _expectations(times)
    expected = np.vstack([few * (times * seen.raw), many * seen.raw])
    found, noise = _rows(seen, z)
    scaled = expected / noise[:, None]
    limits = np.concatenate([found / noise + 1, 1 - found / noise])
    bounds: list[float] = []
    for sign in (1.0, -1.0):
        solved = linprog(
            sign / k,
            A_ub=np.vstack([scaled, -scaled]),
            b_ub=limits,
            A_eq=np.ones((1, len(k))),
            b_eq=[1.0],
            method="highs",
        )
        if solved.fun is None or not solved.success:
            return None
        bounds.append(sign * float(solved.fun))
    return bounds[0], bounds[1]


def _rows(seen: Seen, z: float) -> tuple[Floats, Floats]:
    """What was seen of each range of sizes, and of the large the documents; and z standard errors of each."""
    small = seen.sizes < _MANY
    place = np.searchsorted(_STARTS, seen.sizes[small], side="right") - 1
    found = np.bincount(place, seen.kept[small], len(_STARTS))
    variance = np.bincount(place, seen.variance[small], len(_STARTS)) + seen.unit
    variance[0] = seen.once_variance
    large = float(seen.sizes[~small] @ seen.kept[~small])
    # A cluster that is often seen is as often seen in any sample, but for the noise of its own number. 32 and not 1,
    # because one near the border is now on this side of it, now on the other.
    of_large = _MANY * (float(seen.sizes[~small] @ seen.variance[~small]) + _MANY * seen.unit)
    return np.append(found, large), z * np.sqrt(np.append(variance, of_large))


@lru_cache(maxsize=64)
def _expectations(times: float) -> tuple[Floats, Floats, Floats]:
    """The sizes k that a pool's clusters may have, Bin(k, 1/t) of the ranges over k, and the share of such a cluster's
    documents that is seen with 31 or more of its others: float64[k], [ranges, k], [k]."""
    from scipy.stats import binom

    largest = 2 * _MANY * times
    steps = np.arange(np.log(16) / np.log(_STEP), np.log(largest) / np.log(_STEP) + 1)
    k = np.unique(np.concatenate([np.arange(1.0, 17.0), np.rint(_STEP**steps)]))
    ends = np.append(_STARTS[1:], _MANY) - 1
    q = 1 / times
    below = binom.cdf(ends[:, None], k, q) - binom.cdf(_STARTS[:, None] - 1, k, q)
    many = binom.sf(_MANY - 2, k - 1, q)
    return k, cast(Floats, below / k), cast(Floats, many)
