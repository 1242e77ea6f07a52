"""A part of a run's documents on their way through its stages, as if nothing else had been read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

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
    document in it one stays, and fares from there on as what the whole run kept of that set. It has its own
    length: that of the kept document only if the pilot has that one.

    Args:
        documents: int64: their places in `fates`, each once.
    """
    living = _Living(
        documents,
        fates.tokens_at(0, documents),
        (fates.hashes[documents] % np.uint64(GROUPS)).astype(np.int64),
    )
    raw, unevenness = living.sums(), _unevenness(living.raw)
    passed = []
    for at, stage in enumerate(stages):
        if stage.kind not in ("filter", "deduplicator"):
            continue
        goes, came = fates.went[living.fate] == at, living.sums() * fates.gain[at]
        if stage.kind == "filter":
            living, clusters = living[np.flatnonzero(~goes)], None
        else:
            fate = np.where(goes, fates.keeper[living.fate], living.fate)
            kept_first = np.argsort(goes, kind="stable")
            _, first, cluster = np.unique(fate[kept_first], return_index=True, return_inverse=True)
            clusters = _clusters(cluster, living.raw[kept_first] * fates.gain[at], unevenness)
            living = replace(living, fate=fate)[kept_first[first]]
        passed.append(Passed(at, came, living.sums() * fates.gain[at], clusters))
    return Pilot(len(documents), len(stages), raw, living.sums() * fates.gain[-1], passed)


@dataclass(frozen=True)
class _Living:
    """Documents of a pilot that are still there.

    Args:
        fate: the place of the document as which it fares.
        raw: its tokens, as if no editor had touched it.
        group: its group.
    """

    fate: Places
    raw: Floats
    group: Places

    def __getitem__(self, rows: Places) -> _Living:
        return _Living(self.fate[rows], self.raw[rows], self.group[rows])

    def sums(self) -> Floats:
        """Tokens of each group."""
        return _added(self.group, self.raw, GROUPS)


def _clusters(cluster: Places, tokens: Floats, unevenness: float) -> Clusters:
    """Of documents in these clusters, numbered from 0, with so many tokens: no more than a run's files say of its own."""
    size = np.bincount(cluster)
    total = _added(cluster, tokens, len(size))
    sizes, place = np.unique(size, return_inverse=True)
    return Clusters(
        sizes,
        np.bincount(place, minlength=len(sizes)).astype(np.float64),
        tokens=_added(place, total, len(sizes)),
        unevenness=unevenness,
    )


def _unevenness(tokens: Floats) -> float:
    mean = float(tokens.mean()) if len(tokens) else 0.0
    return float(np.mean(tokens**2)) / mean**2 if mean else 1.0


def _added(place: Places, values: Floats, length: int) -> Floats:
    return np.bincount(place, values, length).astype(np.float64)
