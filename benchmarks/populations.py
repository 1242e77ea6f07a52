"""Pools of documents as the sizes of their clusters: made up, and drawn from as a pilot is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.planning.unseen import Clusters

DOCUMENTS = 10_000_000
_FEW = 64  # clusters of a size that are drawn one by one


@dataclass(frozen=True)
class Pool:
    """Clusters by rising size: `sizes` (int64), and `clusters` (int64), how many have it."""

    sizes: NDArray[np.int64]
    clusters: NDArray[np.int64]

    @property
    def documents(self) -> int:
        return int(self.sizes @ self.clusters)

    @property
    def distinct(self) -> int:
        return int(self.clusters.sum())

    @property
    def retention(self) -> float:
        return self.distinct / self.documents

    def thinned(self, q: float, random: np.random.Generator) -> Pool:
        """Those documents of the pool that come into a sample, each with probability q and by itself.

        Of clusters of one size the numbers seen once, twice and so on are multinomial, which draws millions at once.
        """
        if q == 1:
            return self
        parts = list(self._drawn(q, random))
        sizes = np.concatenate([sizes for sizes, _ in parts])
        counts = np.concatenate([counts for _, counts in parts])
        seen, place = np.unique(sizes, return_inverse=True)
        clusters = np.bincount(place, counts, len(seen)).astype(np.int64)
        here = (seen > 0) & (clusters > 0)
        return Pool(seen[here], clusters[here])

    def _drawn(
        self, q: float, random: np.random.Generator
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        from scipy.stats import binom

        one_by_one = (self.clusters <= _FEW) | (self.sizes > self.clusters)
        drawn = random.binomial(np.repeat(self.sizes[one_by_one], self.clusters[one_by_one]), q)
        yield drawn, np.ones(len(drawn), np.int64)
        for size, clusters in zip(self.sizes[~one_by_one], self.clusters[~one_by_one], strict=True):
            seen = np.arange(size + 1)
            yield seen, random.multinomial(clusters, binom.pmf(seen, size, q))

    def as_clusters(self) -> Clusters:
        return Clusters(self.sizes, self.clusters.astype(np.float64))


def pools() -> dict[str, Pool]:
    """Four ways in which ten million documents can repeat each other."""
    return {
        "re-crawls": _by_share(_RECRAWLS),
        "every document 100 times": _by_share({100: 1.0}),
        "Zipf": _zipf(2_240_000, 0.82),
        "nine in ten unique, the rest threefold": _by_share({1: 0.9, 3: 0.1}),
    }


# Of 1,000 documents so many are in clusters of that size: much stands once, some pages a hundred thousand times.
_RECRAWLS = {
    1: 0.37, 2: 0.12, 3: 0.05, 5: 0.04, 10: 0.06, 20: 0.14, 50: 0.09, 100: 0.03, 300: 0.02, 1000: 0.02,
    10_000: 0.02, 100_000: 0.04,
}  # fmt: skip


def _by_share(shares: dict[int, float]) -> Pool:
    sizes = np.array(list(shares), np.int64)
    return Pool(sizes, np.rint(DOCUMENTS * np.array(list(shares.values())) / sizes).astype(np.int64))


def _zipf(clusters: int, exponent: float) -> Pool:
    """Cluster r has some number over r^exponent documents, rounded down, and at least one."""
    power = np.arange(1, clusters + 1) ** -exponent
    low, high = 1.0, float(DOCUMENTS)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _whole(middle * power).sum() < DOCUMENTS else (low, middle)
    return Pool(*np.unique(_whole(low * power), return_counts=True))


def _whole(sizes: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.maximum(1, np.floor(sizes)).astype(np.int64)
