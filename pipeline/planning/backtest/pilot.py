"""A part of a run's documents on their way through its stages, as if nothing else had been read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.planning.backtest.fates import Fates, Floats, Places
from pipeline.planning.unseen import Clusters
from pipeline.rundir import StageEntry

GROUPS = 64  # of documents, by chance: how they differ says how sure a share is


@dataclass(frozen=True)
class Passed:
    """What came to a filter or deduplicator and what went on, in tokens of each group: float64[GROUPS].

    `clusters` are those that a deduplicator met, None for filters.
    """

    stage: int
    came: Floats
    went_on: Floats
    clusters: Clusters | None = None


@dataclass(frozen=True)
class Pilot:
    """What a pilot counted: raw and final tokens of each group, and its stages in order."""

    documents: int
    stages: int  # of the run
    raw: Floats
    final: Floats
    passed: list[Passed]


def send(fates: Fates, documents: Places, stages: Sequence[StageEntry]) -> Pilot:
    """Take some documents through the stages.

    A filter does to each what it did in the whole run. A deduplicator sees the pilot alone: of each set of copies with any
    document in it one stays, and is from there on what the whole run kept of that set.

    Args:
        documents: int64: their places in `fates`, each once.
    """
    group = (fates.hashes[documents] % np.uint64(GROUPS)).astype(np.int64)
    living = documents
    raw = _sums(fates, 0, living, group)
    passed = []
    for at, stage in enumerate(stages):
        goes = fates.went[living] == at
        if stage.kind == "filter":
            came = _sums(fates, at, living, group)
            living, group = living[~goes], group[~goes]
            passed.append(Passed(at, came, _sums(fates, at, living, group)))
        elif stage.kind == "deduplicator":
            came = _sums(fates, at, living, group)
            kept, first, size = np.unique(
                np.where(goes, fates.keeper[living], living), return_index=True, return_counts=True
            )
            living, group = kept, group[first]
            clusters = _clusters(size, fates.tokens_at(at, kept))
            passed.append(Passed(at, came, _sums(fates, at, living, group), clusters))
    return Pilot(len(documents), len(stages), raw, _sums(fates, len(stages), living, group), passed)


def _sums(fates: Fates, stage: int, documents: Places, group: NDArray[np.int64]) -> Floats:
    return _added(group, fates.tokens_at(stage, documents), GROUPS)


def _clusters(size: NDArray[np.int64], kept: Floats) -> Clusters:
    """Of clusters with so many documents in the pilot, of which one with so many tokens is kept."""
    sizes, place = np.unique(size, return_inverse=True)
    return Clusters(
        sizes,
        np.bincount(place, minlength=len(sizes)).astype(np.float64),
        tokens=_added(place, kept * size, len(sizes)),
        variance=_added(place, kept**2, len(sizes)),
    )


def _added(place: NDArray[np.int64], values: Floats, length: int) -> Floats:
    return np.bincount(place, values, length).astype(np.float64)
