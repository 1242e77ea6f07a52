"""A ratio and its interval, from units that were drawn whole, or documents in random groups: the ratio estimator."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
HEAVY = 3.0  # times the document in which a random token stands: the one that a sample may have missed
HEAVY_EACH = (
    5.0  # the same for a ratio that is no share: a long document adds to y and nothing, or less, to x
)


@dataclass(frozen=True)
class Estimate:
    """A value with the ends of its 95 % interval; both are None where nothing says how far it varies."""

    value: float
    low: float | None = None
    high: float | None = None


def ratio(
    y: NDArray[np.float64],
    x: NDArray[np.float64],
    share: bool,
    dealt: bool = False,
    whole: NDArray[np.float64] | None = None,
) -> Estimate:
    """The sum of y over the sum of x, with an interval from how the units differ.

    With R = sum y / sum x and e_i = y_i - R x_i, the variance is that of the delete-one jackknife about R,

        v = (n - 1) / n sum (e_i / (sum x - x_i))^2.

    For units of one size it is the textbook n / (n - 1) sum e_i^2 / (sum x)^2 (Cochran, Sampling Techniques,
    3rd ed. 1977, chapter 6). For units of very different sizes that one is too small: in simulation,
    intervals from 10 units whose sizes are log-normal with sigma 1.2 covered 84 % with it and 91 % with this.

    Of a share the interval is that of its rarer part, what was kept or what was removed (`_rare`). Of any other
    ratio it is Student's, with n - 1 degrees of freedom, on the scale of the logarithm, on which R is nearer to
    normal (the delta method carries the error there); with `whole` it reaches as far as long documents ask for
    (`_per`). Units are taken to be a sample of endlessly many, so there is no finite population correction.
    Units in which x is 0 hold nothing and say nothing.

    Args:
        y, x: one value per unit, float64; x >= 0, and the sum of x is above 0.
        share: whether y is a part of x, so that R is at most 1; or hardly more, as where weights were rounded, or an
            editor wrote more than it took out.
        dealt: whether the units are groups to which documents were dealt by chance. How they differ in size then tells
            how long documents are.
        whole: for a ratio that is no share, of units that are dealt: what y is a part of, such as the raw tokens of
            which y were kept where x counts documents.
    """
    longest = _random_token_s(x if whole is None else whole) if dealt else 0.0
    part = None if whole is None else ratio(y, whole, share=True, dealt=dealt)
    y, x = y[x > 0], x[x > 0]
    units, total = len(x), float(x.sum())
    value = float(y.sum()) / total
    if units < 2:
        return Estimate(value)
    residuals = y - value * x
    variance = (units - 1) / units * float(((residuals / (total - x)) ** 2).sum())
    t = student_t(0.5 + CONFIDENCE / 2, units - 1)
    if share:
        apart = float(np.abs(residuals).sum())
        heavy = longest if dealt else float((residuals**2).sum()) / apart if apart else 0.0
        rare = max(min(value, 1 - value), 0.0)
        low, high = _rare(rare, variance, HEAVY * heavy / total, t)
        return Estimate(value, *((low, high) if value < 0.5 else (1 - high, max(1 - low, value))))
    if whole is not None and part is not None:
        return _per(value, variance, HEAVY_EACH * longest / total, t, part, float(whole.sum()) / total)
    if not value:
        return Estimate(value, 0.0)  # nothing says how much there might be
    step = _step(value, variance, t)
    return Estimate(value, value * math.exp(-step), value * math.exp(step))


def _random_token_s(groups: NDArray[np.float64]) -> float:
    """The document in which a random token stands, sum x_d^2 / sum x_d, by how groups differ to which documents were
    dealt."""
    total = float(groups.sum())
    return float(np.var(groups)) * len(groups) / total if total else 0.0


def _per(value: float, variance: float, heavy: float, t: float, part: Estimate, whole: float) -> Estimate:
    """The interval of a part of something `whole` times as large, per something else, such as tokens kept per document.

    As long documents may be missing from the sample here too, the high end is that of `_rare`. The low end is Student's, or
    that of the part if it is lower, as where nearly all was kept: then a few long ones may be removed.
    In simulation (3,000 samples of 200 to 10,000 documents of log-normal lengths with sigma 1.7, of which 2 to 90 % are
    kept) Student's covered 68 to 94 %, and this 94 % and more.
    """
    low = value * math.exp(-_step(value, variance, t)) if value else 0.0
    low = min(low, (part.low or 0.0) * whole)
    return Estimate(value, low, max(_upper(value + heavy, variance + heavy**2, t), value))


def _step(value: float, variance: float, t: float) -> float:
    # A step this long has no interval to speak of; the bound only keeps the exponential finite.
    return min(t * math.sqrt(variance) / value, 600.0)


def _rare(value: float, variance: float, heavy: float, t: float) -> tuple[float, float]:
    """The interval of a share of at most a half, which a few documents may make up.

    The low end is Student's on the logit scale. The high end is that of Fay and Feuer 1997, Statistics in Medicine 16,
    for sums of weights each counted by chance: a gamma quantile, with one more count of weight `heavy` for what
    the sample may have missed. It carries the interval where few are removed and some documents are very
    long: a sample most likely holds too few of those, and then both the share and its variance are too low. Fay and
    Feuer add the greatest weight there is. Here it is HEAVY times the document in which a random token stands,
    sum x_d^2 / sum x_d over documents d; of units that are not dealt, their residuals stand for documents. In 1 % of
    100,000 forum posts the greatest made intervals that covered 98 to 99 % where 95 % was meant, and without
    any they covered 75 to 93 %. The quantile is Wilson and Hilferty's (1931, PNAS 17).
    """
    low = 0.0
    if value:
        step = t * math.sqrt(variance) / (value * (1 - value))
        low = _logistic(math.log(value / (1 - value)) - step)
    high = _upper(value + heavy, variance + heavy**2, t)
    return min(low, value), min(max(high, value), 1.0)


def _upper(mean: float, variance: float, t: float) -> float:
    """The gamma distribution's quantile at t standard deviations, by Wilson and Hilferty."""
    if not variance:
        return mean
    shape = mean**2 / variance
    return mean * float(1 - 1 / (9 * shape) + t / (3 * math.sqrt(shape))) ** 3


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value > -600 else math.exp(max(value, -700.0))


def of_share(value: float, variance: float, heavy: float, degrees: int) -> Estimate:
    """A share that was estimated elsewhere, with the interval of its rarer part.

    Args:
        value, variance: the share, and the variance of its estimate, with so many degrees of freedom.
        heavy: the share of everything that a document has that the sample may have missed; 0 where none was.
    """
    if not variance and not heavy:
        return Estimate(value, value, value)
    low, high = _rare(min(value, 1 - value), variance, heavy, student_t(0.5 + CONFIDENCE / 2, degrees))
    return Estimate(value, *((low, high) if value < 0.5 else (1 - high, 1 - low)))


@lru_cache
def student_t(probability: float, degrees: int) -> float:
    """The quantile of Student's t for a probability above 1/2 and whole degrees of freedom, to 6 digits.

    By bisection of the distribution function, which is a finite sum for whole degrees (Abramowitz and
    Stegun 1964, 26.7.3 and 26.7.4); for many degrees by the normal quantile and its first two corrections
    (26.7.5).
    """
    if degrees > 200:
        z = NormalDist().inv_cdf(probability)
        return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
    low, high = 0.0, 1.0
    while _student_cdf(high, degrees) < probability:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _student_cdf(middle, degrees) < probability else (low, middle)
    return (low + high) / 2


def _student_cdf(t: float, degrees: int) -> float:
    angle = math.atan(t / math.sqrt(degrees))
    cosine, sine = math.cos(angle), math.sin(angle)
    odd = degrees % 2
    term = cosine if odd else 1.0
    total = 0.0 if degrees == 1 else term
    for at in range(2 + odd, degrees - 1, 2):
        term *= cosine**2 * (at - 1) / at
        total += term
    inside = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return 0.5 + inside / 2
