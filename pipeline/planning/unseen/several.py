"""Several deduplicators one after the other, as a recipe has them, taken for one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce

import numpy as np

from pipeline.planning.unseen.clusters import Clusters, Floats, Seen

# Sizes of clusters that are told apart: up to 64 all, then in steps of 5 %.
_GRID = np.unique(np.concatenate([np.arange(1.0, 65.0), np.rint(64 * 1.05 ** np.arange(1, 450))]))
_MANY = 16  # sets of so many and more are taken to be as large as they are on average


def together(deduplicators: Sequence[Clusters]) -> Clusters:
    """The clusters of all deduplicators as those of one, which keeps of the sample what all keep together.

    Each is asked about the same unseen documents: were each extrapolated by itself and the results multiplied, a copy that
    none has seen yet would be counted once for each of them. So a set of m that a later one finds is one cluster,
    of all documents for which its m stand after those before. Which these are the sizes do not say; they are taken to be
    any of what came. Where filters stand between, they are taken to keep of copies what they keep of others.

    Args:
        deduplicators: in the order of the recipe, each with what came to it in the sample. All with `tokens`, or none.
    """
    seen = [one.seen for one in deduplicators]
    seen = [one for one in seen if one.raw]
    if not seen:
        return Clusters(np.zeros(0, np.int64), np.zeros(0))
    made = reduce(_in_turn, seen)
    return Clusters(made.sizes, made.count, tokens=made.sizes * made.kept, variance=made.variance)


def _in_turn(first: Seen, then: Seen) -> Seen:
    """The clusters of two deduplicators, the second of which sees what the first kept."""
    scale = first.distinct / then.raw  # as if filters between had taken nothing
    stands_for = _placed(first.sizes.astype(np.float64), first.kept / first.distinct)
    found = np.zeros((3, len(_GRID)))
    weights = np.stack([then.count * scale, then.kept * scale, then.variance * scale**2], axis=1)
    for weight, sizes in zip(weights, _sums(stands_for, then.sizes), strict=True):
        found += np.outer(weight, sizes)
    here = found[0] > 0
    count, kept, variance = found[:, here]
    return Seen(_GRID[here].astype(np.int64), count, kept, variance)


def _sums(sizes: Floats, numbers: np.ndarray) -> Iterator[Floats]:
    """How large so many clusters are together, for each of the rising numbers, where one is of these `sizes`."""
    mean, added, done = float(sizes @ _GRID), sizes, 1
    for number in numbers:
        if number < _MANY:
            for _ in range(done, number):
                added = _added(added, sizes)
            done = int(number)
            yield added
        else:
            yield _placed(np.array([number * mean]), np.ones(1))


def _added(one: Floats, other: Floats) -> Floats:
    a, b = np.flatnonzero(one), np.flatnonzero(other)
    return _placed(np.add.outer(_GRID[a], _GRID[b]).ravel(), np.outer(one[a], other[b]).ravel())


def _placed(sizes: Floats, shares: Floats) -> Floats:
    """Shares by size, float64 as `_GRID`: a size between two goes to both, so that the mean stays."""
    at = np.clip(np.searchsorted(_GRID, sizes, side="right") - 1, 0, len(_GRID) - 2)
    part = (sizes - _GRID[at]) / (_GRID[at + 1] - _GRID[at])
    below = np.bincount(at, shares * (1 - part), len(_GRID))
    return np.asarray(below + np.bincount(at + 1, shares * part, len(_GRID)))
