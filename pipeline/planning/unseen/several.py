"""Several deduplicators one after the other, as a recipe has them, taken for one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial, reduce

import numpy as np

from pipeline.planning.unseen.clusters import Clusters, Floats, Seen


def together(deduplicators: Sequence[Clusters]) -> tuple[Clusters, ...]:
    """The clusters of all deduplicators as those of one, which keeps of the sample what all keep together.

    Each is asked about the same unseen documents: were each extrapolated by itself and the results multiplied, a copy that
    none has seen yet would be counted once for each of them. So a set of m that a later one finds is one cluster,
    of all documents for which its m stand after those before. Which these are the sizes do not say. So there are two
    answers, and the truth is between them: that later sets are made of what had the most copies already, which
    leaves as many documents as possible alone, and that they are made of what had the fewest. Where filters stand
    between, they are taken to keep of copies what they keep of others.

    Args:
        deduplicators: in the order of the recipe, each with what came to it in the sample. All with `tokens`, or none.

    Returns:
        Both answers; one where only one deduplicator has found anything.
    """
    seen = [one.seen for one in deduplicators]
    seen = [one for one in seen if one.raw and (one.sizes[-1] > 1 or one is seen[0])]
    if not seen:
        return (Clusters(np.zeros(0, np.int64), np.zeros(0)),)
    ways = [True, False] if len(seen) > 1 else [True]
    return tuple(_as_clusters(reduce(partial(_in_turn, nested=nested), seen)) for nested in ways)


def _as_clusters(seen: Seen) -> Clusters:
    return Clusters(seen.sizes, seen.count, tokens=seen.sizes * seen.kept, variance=seen.variance)


def _in_turn(first: Seen, then: Seen, nested: bool) -> Seen:
    """The clusters of two deduplicators, the second of which sees what the first kept.

    Both are laid out side by side by what came to the second: the first's clusters by rising size, the second's by
    rising size (`nested`) or falling. Where they lie side by side one is made of the other.
    """
    scale = first.distinct / then.raw  # as if filters between had taken nothing
    order = np.arange(len(then.sizes))[:: 1 if nested else -1]
    of_first = np.cumsum(first.kept) / first.distinct
    of_then = np.cumsum((then.sizes * then.kept)[order]) / then.raw
    of_first[-1] = of_then[-1] = 1.0
    ends = np.union1d(of_first, of_then)
    length = np.diff(ends, prepend=0.0)
    one, other = np.searchsorted(of_first, ends), order[np.searchsorted(of_then, ends)]
    part: Floats = length * then.raw / (then.sizes * then.kept)[other]
    made = Clusters(
        first.sizes[one] * then.sizes[other],
        then.count[other] * part * scale,
        tokens=(first.sizes[one] * then.sizes[other]) * then.kept[other] * part * scale,
        variance=then.variance[other] * part * scale**2,
    )
    return made.seen
