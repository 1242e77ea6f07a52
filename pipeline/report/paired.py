"""The difference of two shares that are of the same documents: they go up and down together."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.planning.estimate import CONFIDENCE, Estimate, student_t

Array = NDArray[np.float64]


def paired_difference(left: Array, raw: Array, base_left: Array, base_raw: Array) -> Estimate | None:
    """left / raw less base_left / base_raw, with its 95 % interval.

    By the delete-one jackknife over groups, (n - 1) / n sum (d_i - mean d)^2 (Shao and Tu 1995, The Jackknife and
    Bootstrap, section 1.3), with Student's t. What two recipes decide alike varies in neither of the shares, so it
    does not widen the interval; two that decide everything alike differ by exactly 0.

    Args:
        left, raw, base_left, base_raw: float64[groups]: what is left and what was read of each random group of
            documents or units. Group i holds the same documents in both runs.

    Returns:
        None where one of the runs read nothing, or the groups that hold anything are not the same.
    """
    held = raw > 0
    groups = int(held.sum())
    if not groups or not np.array_equal(held, base_raw > 0):
        return None
    left, raw, base_left, base_raw = (column[held] for column in (left, raw, base_left, base_raw))
    value = float(left.sum() / raw.sum() - base_left.sum() / base_raw.sum())
    if groups < 2:
        return Estimate(value)
    without = _without_one(left) / _without_one(raw) - _without_one(base_left) / _without_one(base_raw)
    variance = (groups - 1) / groups * float(((without - without.mean()) ** 2).sum())
    reach = student_t(0.5 + CONFIDENCE / 2, groups - 1) * math.sqrt(variance)
    return Estimate(value, value - reach, value + reach)


def _without_one(values: Array) -> Array:
    return np.asarray(values.sum() - values)
