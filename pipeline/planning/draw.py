"""A number for each document by which samples are drawn.

It depends on where the document stands (its file, the piece of the file, its place in the piece) and on a seed, and on
nothing else: not on its id, which may be the same for a page that was crawled again, nor on its text. So copies are drawn
independently of each other, as the theory of sampling wants it, and two draws with one seed are nested.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import xxhash
from numpy.typing import NDArray

from pipeline.sources.unit import Unit

_STEP, _ONE, _TWO = (np.uint64(c) for c in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def draws(seed: int, unit: Unit, first: int, count: int) -> NDArray[np.float64]:
    """Uniform numbers in [0, 1) of the documents `first` to `first + count` of a unit: float64[count].

    The SplitMix64 sequence (Steele, Lea and Flood, OOPSLA 2014) that begins at a hash of the unit's place.
    """
    begin = np.uint64(xxhash.xxh3_64_intdigest(f"{seed}\n{unit.path}\n{unit.start}".encode()))
    state = begin + np.arange(first + 1, first + count + 1, dtype=np.uint64) * _STEP
    return unit_interval(mixed(state))


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finalizer of SplitMix64, a bijection: uint64 as uint64."""
    values = (values ^ values >> np.uint64(30)) * _ONE
    values = (values ^ values >> np.uint64(27)) * _TWO
    return cast("NDArray[np.uint64]", values ^ values >> np.uint64(31))


def unit_interval(hashes: NDArray[np.uint64]) -> NDArray[np.float64]:
    """The upper 53 bits as a float64 in [0, 1)."""
    return (hashes >> np.uint64(11)).astype(np.float64) * 2.0**-53
