"""The bins in which values of a measure are counted.

Their edges are the numbers of two significant digits from 1.0e-6 to 9.9e12, their negatives, 0, and the bounds that a
recipe sets where these have more digits. So every bound that people write down is an edge, and no bin reaches further than
a tenth of its value. Bin b lies between edge b - 1 and edge b; bin 0 has no lower end, the last no upper.

At an edge the count has to be exact. A rule `< bound` takes what is below the bound and leaves the bound itself, as
`>= bound` takes it: their bins are closed on the left. Those of `<=` and `>` are closed on the right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from filters.stage import Comparison

Closed = Literal["left", "right"]

UNDEFINED = -1  # the bin of NaN
_SMALLEST, _LARGEST = -6, 12  # powers of ten

_UNREAD = np.uint64(45)  # bits of a float64 that `_reached` does not look at

_CLOSED: dict[Comparison, Closed] = {"<": "left", ">=": "left", "<=": "right", ">": "right"}


def closed(comparison: Comparison) -> Closed | None:
    """Which end the bins of a rule include; None for `==`, which bins do not help."""
    return _CLOSED.get(comparison)


@dataclass(frozen=True)
class Bins:
    """The bins of one measure, all of them closed on the same side. `own` are bounds beside the common edges, rising."""

    closed: Closed
    own: tuple[float, ...] = ()

    @property
    def count(self) -> int:
        """How many there are, UNDEFINED not among them."""
        return len(common_edges()) + len(self.own) + 1

    def place(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """The bin of each value: how many edges are below it, and, where bins are closed on the left, at it."""
        left = self.closed == "left"
        padded, reached = _padded(), _reached(self.closed)
        # A value's first bits tell all edges below it but for at most one: five times as fast as a search.
        bins = reached[np.ascontiguousarray(values).view(np.uint64) >> _UNREAD]
        following = padded[bins]
        bins = bins + (following <= values if left else following < values)
        for bound in self.own:
            bins += values >= bound if left else values > bound
        places: NDArray[np.int64] = np.where(np.isnan(values), UNDEFINED, bins)
        return places

    def ends(self, bins: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The lower and the upper end of each bin (none of them UNDEFINED); infinite where it has none."""
        edges = np.concatenate([[-np.inf], np.union1d(common_edges(), self.own), [np.inf]])
        return edges[bins], edges[bins + 1]


def bins(closed: Closed, bounds: Iterable[float] = ()) -> Bins:
    """Bins with these bounds among their edges."""
    own = np.setdiff1d(np.fromiter(bounds, np.float64), _padded())
    return Bins(closed, tuple(own[~np.isnan(own)].tolist()))


@lru_cache(maxsize=1)
def common_edges() -> NDArray[np.float64]:
    """The edges that all bins have, rising."""
    powers = range(_SMALLEST - 1, _LARGEST)
    # Read as decimals: a product of floats may miss the number that a recipe's `0.65` is.
    above = np.array([float(f"{digits}e{power}") for power in powers for digits in range(10, 100)])
    common = np.concatenate([-above[::-1], [0.0], above])
    common.setflags(write=False)
    return common


@lru_cache(maxsize=1)
def _padded() -> NDArray[np.float64]:
    """The common edges, and one that no value reaches."""
    return np.append(common_edges(), np.nan)


@lru_cache(maxsize=2)
def _reached(closed: Closed) -> NDArray[np.int64]:
    """For the first bits of a float64 the number of common edges below every value that begins with them (int64).

    These bits are the sign, the exponent and seven of the significand. Edges are at least 1/99 apart, and values
    that begin alike less than 1/128, so at most one edge is among them.
    """
    first = np.arange(1 << (64 - int(_UNREAD)), dtype=np.uint64) << _UNREAD
    negative = first >> np.uint64(63) > 0
    least = np.where(negative, first | ((np.uint64(1) << _UNREAD) - np.uint64(1)), first).view(np.float64)
    least = np.where(np.isnan(least), -np.inf, least)  # what begins like minus infinity
    reached: NDArray[np.int64] = np.searchsorted(
        common_edges(), least, "right" if closed == "left" else "left"
    ).astype(np.int64)
    return reached
