"""Up to ten times the sample: Good and Toulmin's series as a rational function.

Daley and Smith 2013, Nature Methods 10 (preseq), and Deng, Daley and Smith 2015, Quantitative Biology 3: the series diverges
beyond twice the sample, but a continued fraction with the same first coefficients goes on to a limit, as the curve does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np

from pipeline.planning.unseen.clusters import Floats, Seen

REACH = 10.0
_TERMS = 40
_CHECKED = 400  # places between 1 and REACH
_ROUNDING = 1e-9

Curve = Callable[[float], float]


def rational_function(seen: Seen) -> Curve | None:
    """What deduplication keeps of a pool of t samples, for 1 <= t <= 10; None where no fraction is sound.

    The fraction with the most terms, an even number, of which nothing contradicts what such a curve must be: rising, ever
    slower, never below the sample itself. An even number gives a curve that levels off.
    """
    fingerprint = _fingerprint(seen)
    quotients = _continued_fraction(fingerprint * np.resize([1.0, -1.0], len(fingerprint)))
    times = np.linspace(1, REACH, _CHECKED)
    for terms in range(len(quotients) // 2 * 2, 0, -2):
        found = _evaluate(quotients[:terms], times - 1)
        if found is not None and _is_sound(found, seen):
            return _curve(seen.distinct, quotients[:terms])
    return None


def _fingerprint(seen: Seen) -> Floats:
    """f_1, f_2, ... up to the first that is 0."""
    first = seen.kept[: min(len(seen.sizes), _TERMS)]
    return cast(Floats, first[seen.sizes[: len(first)] == np.arange(1, len(first) + 1)])


def _curve(distinct: float, quotients: Floats) -> Curve:
    def at(times: float) -> float:
        new = _evaluate(quotients, np.array([times - 1]))
        assert new is not None
        return distinct + float(new[0])

    return at


def _continued_fraction(series: Floats) -> Floats:
    """a_0 / (1 + a_1 x / (1 + a_2 x / ...)) of the power series, by Rutishauser's quotient-difference algorithm.

    As many as there are without a division by zero.
    """
    if not len(series):
        return series
    found = [float(series[0])]
    earlier = np.zeros(len(series))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        later = series[1:] / series[:-1]
        while len(later) and np.isfinite(later[0]):
            found.append(-float(later[0]))
            if len(found) % 2 == 0:  # differences follow quotients
                earlier, later = later, later[1:] - later[:-1] + earlier[1 : len(later)]
            else:
                earlier, later = later, earlier[1 : len(later)] * later[1:] / later[:-1]
    return np.array(found)


def _evaluate(quotients: Floats, x: Floats) -> Floats | None:
    """x times the fraction at each x; None if it has a pole there."""
    below = np.ones_like(x)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for quotient in quotients[:0:-1]:
            below = 1 + quotient * x / below
        value = quotients[0] * x / below
    return value if np.isfinite(value).all() else None


def _is_sound(new: Floats, seen: Seen) -> bool:
    steps = np.diff(new)
    rounding = _ROUNDING * seen.distinct
    return bool((steps >= -rounding).all() and (np.diff(steps) <= rounding).all())
