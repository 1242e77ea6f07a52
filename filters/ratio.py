"""One number over another, for every document."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """part / whole, float64 (documents,); NaN, on which no rule fires, where `whole` is 0."""
    undefined = np.full(len(whole), np.nan)
    ratios: NDArray[np.float64] = np.divide(part, whole, out=undefined, where=whole != 0)
    return ratios
