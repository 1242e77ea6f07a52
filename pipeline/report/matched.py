"""What is kept of some documents, over what is kept of documents that are as long.

Filters judge by length, and a long text is more likely to hold any word. So documents that hold a term are kept more or less
than all for their length alone. Here they are compared with all of the same class of length, by direct standardisation
(Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 3rd ed. 2003, chapter 19): of n_c documents of a
group in class c, n_c P_c would be kept if they were kept like all N_c of that class, of which the share P_c is kept. The
ratio is

    R = sum k_c / sum n_c P_c

where k_c of them are. The group is among all, so that each class in which it is has documents to compare with; where it is the
share w of them and r times as often kept as the others, R is r / (1 - w + w r), nearer to 1 than r.

Intervals are Student's on the logarithm of R, by the jackknife over random groups of documents. Its error is never taken to be
below that of so many independent documents, by linearisation: where all or none are kept, the jackknife sees no error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.planning.estimate import CONFIDENCE, Estimate, student_t

FEWEST = 100  # documents of a group that is tested

Replicates = NDArray[np.float64]  # by random group; where so said, by random group and class of length
Classes = NDArray[np.float64]  # by class of length


@dataclass(frozen=True)
class Ends:
    """Documents that were read and that were kept in the end: float64 (random groups, classes of length)."""

    read: Replicates
    kept: Replicates

    def together(self) -> Ends:
        """The same in one class, so that nothing is made of length."""
        return Ends(self.read.sum(axis=1, keepdims=True), self.kept.sum(axis=1, keepdims=True))


def expected(ends: Ends, of_all: Ends) -> float:
    """The share of these documents that would be kept if they were kept as all of their lengths are."""
    return _expected(ends.read.sum(axis=0), of_all) / float(ends.read.sum())


def compared(ends: Ends, of_all: Ends) -> Estimate | None:
    """The ratio R of a group to all, of which it is a part; None where nothing of the group's lengths was kept at all."""
    would_be = _expected(ends.read.sum(axis=0), of_all)
    if not would_be:
        return None
    value = float(ends.kept.sum()) / would_be
    centre, error, degrees = _logarithm(ends, of_all)
    step = student_t(0.5 + CONFIDENCE / 2, degrees) * error if degrees else math.inf
    if not math.isfinite(step):
        return Estimate(value)
    low, high = math.exp(centre - step) if value else 0.0, math.exp(min(centre + step, 700))
    return Estimate(value, low, max(high, value))


def distance(ends: Ends, of_all: Ends) -> tuple[float, int] | None:
    """How many standard errors the ratio is from 1, and the degrees of freedom; None where the group is not tested."""
    if ends.read.sum() < FEWEST or not _expected(ends.read.sum(axis=0), of_all):
        return None
    centre, error, degrees = _logarithm(ends, of_all)
    errors = abs(centre) / error if error else (math.inf if centre else 0.0)
    return (errors, degrees) if degrees else None


def differing(tests: Sequence[tuple[float, int] | None]) -> list[bool]:
    """Which of the groups differ from all, from what `distance` gives of each: by Holm's procedure, from the largest distance
    on, as long as each is beyond what is left of the 5 %."""
    order = sorted(((test, at) for at, test in enumerate(tests) if test), key=lambda entry: -entry[0][0])
    differs = [False] * len(tests)
    for rank, ((errors, degrees), at) in enumerate(order):
        if errors <= student_t(1 - (1 - CONFIDENCE) / 2 / (len(order) - rank), degrees):
            break
        differs[at] = True
    return differs


def _expected(read: Classes, of_all: Ends) -> float:
    return float((read * _shares(of_all.kept.sum(axis=0), of_all.read.sum(axis=0))).sum())


def _shares(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _logarithm(ends: Ends, of_all: Ends) -> tuple[float, float, int]:
    """The logarithm of the ratio, its standard error, and the degrees of freedom of that.

    A group of which nothing was kept counts as if half a document had been, of one more.
    """
    columns = _softened(*(column.sum(axis=0) for column in (ends.read, ends.kept, of_all.read, of_all.kept)))
    read, kept, all_read, all_kept = columns
    centre = math.log(kept.sum() / (read * _shares(all_kept, all_read)).sum())
    if ends.kept.sum():
        centre = math.log(ends.kept.sum() / _expected(ends.read.sum(axis=0), of_all))
    degrees = int((ends.read.sum(axis=1) > 0).sum()) - 1
    return centre, math.sqrt(max(_independent(*columns), _jackknife(ends, of_all))), degrees


def _softened(read: Classes, kept: Classes, all_read: Classes, all_kept: Classes) -> tuple[Classes, ...]:
    """The same, with one more document of the group, half of it kept, where all of it or none was."""
    if 0 < kept.sum() < read.sum():
        return read, kept, all_read, all_kept
    more = read / read.sum()
    return read + more, kept + more / 2, all_read + more, all_kept + more / 2


def _independent(read: Classes, kept: Classes, all_read: Classes, all_kept: Classes) -> float:
    """The variance of log R if documents are independent: the sum of the squares of what one of them moves it by.

    log R = log sum k - log sum n P. One more document of the group adds P to the second sum; any one that is kept adds
    1 - P to the kept of its class beyond what its size would, any other -P, and the class weighs n / N.
    """
    would_be = float((read * _shares(all_kept, all_read)).sum())
    share, weight = _shares(all_kept, all_read), _shares(read, all_read)
    stays, goes = weight * (1 - share) / would_be, -weight * share / would_be
    joins = share / would_be
    own = kept * (1 / kept.sum() - joins - stays) ** 2 + (read - kept) * (joins + goes) ** 2
    others = (all_kept - kept) * stays**2 + (all_read - all_kept - read + kept) * goes**2
    return float((own + others).sum())


def _jackknife(ends: Ends, of_all: Ends) -> float:
    """The variance of log R when one random group after the other is left out; 0 where it is not defined without one."""
    columns = (ends.kept, ends.read, of_all.kept, of_all.read)
    kept, read, all_kept, all_read = (column.sum(axis=0) - column for column in columns)
    total, would_be = kept.sum(axis=1), (read * _shares(all_kept, all_read)).sum(axis=1)
    if min(total.min(), would_be.min()) <= 0:
        return 0.0
    values = np.log(total) - np.log(would_be)
    count = len(values)
    return float((count - 1) / count * ((values - values.mean()) ** 2).sum())
