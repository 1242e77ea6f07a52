"""Between what the retention of a larger pool lies, whatever its clusters look like: in closed form."""

from __future__ import annotations

import math

from pipeline.planning.unseen.clusters import Seen


def closed_form(seen: Seen, times: float, z: float) -> tuple[float, float]:
    """Low and high retention of a pool of `times` >= 1 samples.

    With f1 and f2 what stays of clusters seen once and twice, and x = t - 1:

        high: S + x f1                      the curve of distinct documents is concave, with slope f1 at the sample
        low:  S + f1^2 / (2 f2 + f1 / x)    the least that can be unseen where documents were drawn from a finite pool
                                            with probability 1 / t (Chao and Lin 2012, Biometrics 68)

    f1 is taken z standard errors too high or too low, f2 too high; where nothing was seen, as if one cluster had
    been. Unwidened, the low end is an estimate that misses as often as not where all clusters are of one size.
    """
    x, whole = times - 1, times * seen.raw
    (once, _), (twice, twice_variance) = seen.of(1), seen.of(2)
    reach = z * math.sqrt(seen.once_variance)
    most = min(once + reach, seen.raw)
    least = max(once - reach, 0.0)
    pairs = twice + z * math.sqrt(twice_variance + seen.unit)
    unseen = least**2 / (2 * pairs + least / x) if least and x else 0.0
    high = min(seen.distinct + x * most, times * seen.distinct)
    return (seen.distinct + unseen) / whole, high / whole
