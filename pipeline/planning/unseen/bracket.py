"""Between what the retention of a larger pool lies, whatever its clusters look like: in closed form."""

from __future__ import annotations

import math

from pipeline.planning.unseen.clusters import Seen


def closed_form(seen: Seen, times: float, z: float) -> tuple[float, float]:
    """Low and high retention of a pool of `times` >= 1 samples.

    With f1 and f2 what stays of clusters seen once and twice, and x = t - 1:

        high: S + x f1                            the curve of distinct documents is concave, with slope f1 at the sample
        low:  S + f0 (1 - exp(-x f1 / f0))        with f0 = f1^2 / (2 f2), the least that can be unseen (Chao 1984,
                                                  Scandinavian Journal of Statistics 11; its extrapolation by
                                                  Chao et al. 2014, Ecological Monographs 84)

    f1 is taken z standard errors too high or too low, f2 too high; where nothing was seen, as if one cluster had
    been. Unwidened, the low end is an estimate that misses as often as not where all clusters are of one size.
    """
    x, whole = times - 1, times * seen.raw
    (once, _), (twice, twice_variance) = seen.of(1), seen.of(2)
    reach = z * math.sqrt(seen.once_variance)
    most = min(once + reach, seen.raw)
    least = max(once - reach, 0.0)
    pairs = twice + z * math.sqrt(twice_variance + seen.unit)
    high = min(seen.distinct + x * most, times * seen.distinct)
    return (seen.distinct + _unseen(least, pairs, x)) / whole, high / whole


def _unseen(once: float, twice: float, x: float) -> float:
    """f0 (1 - exp(-x f1 / f0)), also where f0 is endless because nothing was seen twice."""
    rate = 2 * twice / once if once else 0.0  # f1 / f0
    return once * x if rate * x < 1e-12 else once * -math.expm1(-rate * x) / rate
