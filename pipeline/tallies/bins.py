"""The bins in which values of a measure are counted.

Their edges are the numbers of two significant digits from 1.0e-6 to 9.9e12, their negatives, 0, and the bounds that a
recipe sets where these have more digits. So every bound that people write down is an edge, and no bin reaches further than
a tenth of its value. Bin b lies between edge b - 1 and edge b; bin 0 has no lower end, the last no upper.

At an edge the count has to be exact. A rule `< bound` takes what is below the bound and leaves the bound itself, as
`>= bound` takes it: their bins are closed on the left. Those of `<=` and `>` are closed on the right.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from filters.stage import Comparison

Closed = Literal["left", "right"]

UNDEFINED = -1  # the bin of NaN
_SMALLEST, _LARGEST = -6, 12  # powers of ten

_CLOSED: dict[Comparison, Closed] = {"<": "left", ">=": "left", "<=": "right", ">": "right"}


def closed(comparison: Comparison) -> Closed | None:
    """Which end the bins of a rule include; None for `==`, which bins do not help."""
    return _CLOSED.get(comparison)


def edges(bounds: Iterable[float] = ()) -> NDArray[np.float64]:
    """All edges, rising: those that every measure has, and these bounds."""
    own = np.fromiter(bounds, np.float64)
    return np.union1d(_common_edges(), own[~np.isnan(own)]) if len(own) else _common_edges()


@lru_cache(maxsize=1)
def _common_edges() -> NDArray[np.float64]:
    powers = range(_SMALLEST - 1, _LARGEST)
    # Read as decimals: a product of floats may miss the number that a recipe's `0.65` is.
    above = np.array([float(f"{digits}e{power}") for power in powers for digits in range(10, 100)])
    common = np.concatenate([-above[::-1], [0.0], above])
    common.setflags(write=False)
    return common


def place(values: NDArray[np.float64], of: NDArray[np.float64], closed: Closed) -> NDArray[np.int64]:
    """The bin of each value between the edges `of`, which rise; UNDEFINED for NaN."""
    bins = np.searchsorted(of, values, "right" if closed == "left" else "left").astype(np.int64, copy=False)
    undefined = np.isnan(values)
    if undefined.any():
        bins[undefined] = UNDEFINED
    return bins


def ends(bins: NDArray[np.int64], of: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lower and the upper end of each bin (none of them UNDEFINED); infinite where it has none."""
    padded = np.concatenate([[-np.inf], of, [np.inf]])
    return padded[bins], padded[bins + 1]
