"""What a sample says of duplication: how many clusters it holds once, twice, and so on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Mean square of documents' tokens over their squared mean, where nobody says: a standard deviation of twice the mean. The web's
# is one to three times.
ASSUMED_UNEVENNESS = 5.0
PAIR = 6.0  # of a pair's own variance: what it adds to that of f_1, given n, where nearly all are unique


@dataclass(frozen=True)
class Clusters:
    """Clusters of copies by how many documents of each are in a sample. Rows of one size are added up.

    Args:
        sizes: int64, from 1 on: documents of the cluster that are in the sample. Those that have no copy there count
            as clusters of 1.
        clusters: float64 of the same length: how many clusters have that size.
        tokens: float64, to weigh documents by their tokens: the tokens of all documents in those clusters. A
            cluster's kept document is taken to have the mean of its documents.
        variance: float64: the variance of what the clusters of each size come to, in documents or tokens kept, from
            sample to sample. Of clusters it is their number, as of any rare thing counted (Poisson); of tokens the
            sum of squares of each cluster's kept tokens. Where that is not given, it is worked out from
            `unevenness`. Give it where `clusters` are not counts but estimates.
        unevenness: the mean square of documents' tokens over their squared mean.

    Raises:
        ValueError: a size below 1, a negative number, or arrays of different lengths.
    """

    sizes: NDArray[np.int64]
    clusters: Floats
    tokens: Floats | None = None
    variance: Floats | None = None
    unevenness: float = ASSUMED_UNEVENNESS

    def __post_init__(self) -> None:
        given = [self.sizes, self.clusters, self.tokens, self.variance]
        columns = [np.asarray(column) for column in given if column is not None]
        if any(column.shape != columns[0].shape for column in columns) or columns[0].ndim != 1:
            raise ValueError("sizes, clusters, tokens and variance must be as long as each other")
        if any((column < 0).any() for column in columns) or (columns[0] < 1).any():
            raise ValueError("sizes begin at 1, and nothing may be negative")

    @cached_property
    def seen(self) -> Seen:
        """The same by rising size, in what is kept of each."""
        sizes, place = np.unique(np.asarray(self.sizes, np.int64), return_inverse=True)

        def added(values: NDArray[np.float64]) -> Floats:
            return cast(Floats, np.bincount(place, np.asarray(values, np.float64), len(sizes)))

        count = added(self.clusters)
        here = count > 0
        sizes, count = sizes[here], count[here]
        if self.tokens is None:
            kept = count
            variance = count
        else:
            kept = added(self.tokens)[here] / sizes
            variance = self.unevenness * kept**2 / count
        if self.variance is not None:
            variance = added(self.variance)[here]
        return Seen(sizes, count, kept, variance)


@dataclass(frozen=True)
class Seen:
    """A sample's clusters by rising size, none of them empty: int64 sizes, float64 the rest."""

    sizes: NDArray[np.int64]
    count: Floats
    kept: Floats  # documents or tokens that stay of them: the fingerprint f_j
    variance: Floats  # of `kept`, from sample to sample

    @cached_property
    def raw(self) -> float:
        """Documents or tokens in the sample: n."""
        return float(self.sizes @ self.kept)

    @cached_property
    def distinct(self) -> float:
        """What deduplication keeps of the sample: S."""
        return float(self.kept.sum())

    @cached_property
    def unit(self) -> float:
        """The mean square of a cluster: the noise of one cluster more or less."""
        return float(self.variance.sum() / self.count.sum()) if len(self.sizes) else 1.0

    @cached_property
    def once_variance(self) -> float:
        """The variance of f_1, given n.

        A sample with more or longer documents has more of those seen once, in proportion. What counts is f_1 - phi n with
        phi = f_1 / n, and of clusters that come in Poisson numbers

            Var f_1 <= f_1,    Cov(f_1, n) = f_1 - 2 f_2,    Var n = sum_j j f_j,

        with the variances for f. Where every document is unique it would vanish; so one pair more is counted than there is,
        which changes n by 2, f_1 by none and f_2 by one.
        """
        once, twice = self.of(1), self.of(2)
        phi = once[0] / self.raw
        together = once[1] - 2 * twice[1]
        variance = once[1] - 2 * phi * together + phi**2 * float(self.sizes @ self.variance)
        return max(variance, 0.0) + PAIR * self.unit

    def of(self, size: int) -> tuple[float, float]:
        """What stays of clusters of one size, and its variance: f_j."""
        at = int(np.searchsorted(self.sizes, size))
        if at < len(self.sizes) and self.sizes[at] == size:
            return float(self.kept[at]), float(self.variance[at])
        return 0.0, 0.0
