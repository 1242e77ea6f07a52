"""Up to twice the sample: Good and Toulmin's estimator, and how far it errs."""

from __future__ import annotations

import math

import numpy as np

from pipeline.planning.unseen.clusters import Seen


def distinct(seen: Seen, times: float) -> float:
    """What deduplication keeps of a pool of `times` samples, 0 < times <= 2.

    S - sum_j (-(t - 1))^j f_j (Good and Toulmin 1956, Biometrika 43). Unbiased for any finite pool; below 1 it is
    rarefaction, what a smaller sample would have held on average. Beyond 2 its variance explodes.
    """
    return seen.distinct - float(_powers(seen, times) @ seen.kept)


def error(seen: Seen, times: float, z: float) -> float:
    """The standard error of `distinct` over the pool's size, both over `times` samples, for 1 <= times <= 2.

    For clusters that come into the sample and into the rest of the pool as independent Poisson numbers, with x = t - 1,
    U the clusters that only the rest holds, and E the rest's documents beyond x n:

        Var(U^ - U)    = sum_j x^2j f_j + U           (Efron and Thisted 1976, Biometrika 63)
        Cov(U - U^, E) = x t D'(t)                    D' the slope of the curve, at the pool's end
        Var(E)         = x t n

    The error of the ratio is (U^ - U + R E) / (t n). It vanishes at t = 1, and where every document is unique. For
    the slope stands f1 exp(-2 x f2 / f1), which by Jensen's inequality it is never below; its own alternating series,
    sum_j j (-x)^(j-1) f_j, is so noisy where there are large clusters that some intervals came out far too narrow. The
    pairs are counted as z more than they are, so that a sample that by chance holds none is not taken for certain.
    """
    x, square = times - 1, seen.variance
    retention = distinct(seen, times) / (times * seen.raw)
    powers = _powers(seen, times)
    once, twice = seen.of(1)[1], seen.of(2)[1]
    slope = once * math.exp(-2 * x * twice / once) if once else 0.0
    new = float(powers**2 @ square - powers @ square)
    together = x * times * slope
    rest = float(x * times * (seen.sizes @ square))
    variance = new - 2 * retention * together + retention**2 * rest
    return math.sqrt(max(variance, 0.0) + z * seen.unit * _of_a_pair(x)) / (times * seen.raw)


def _of_a_pair(x: float) -> float:
    """What one more cluster seen twice adds to the variance, where nearly all are seen once."""
    t = 1 + x
    return x**4 - x**2 + 4 * x**2 * t + 2 * x * t


def _powers(seen: Seen, times: float) -> np.ndarray:
    return np.power(1.0 - times, seen.sizes)
