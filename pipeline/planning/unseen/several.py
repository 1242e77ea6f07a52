"""Several deduplicators one after the other, as a recipe has them, taken for one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.planning.unseen.clusters import Clusters


def together(deduplicators: Sequence[Clusters]) -> Clusters:
    """The clusters of all deduplicators as those of one, which keeps of the sample what all keep together.

    Each is asked about the same unseen documents: were each extrapolated by itself and the results multiplied, a copy that
    none has seen yet would be counted once for each of them. So every cluster of two or more, whoever found it, is one
    of the whole, and all other documents that came to the first are alone. A set that two of them have found in turn counts
    as two clusters, of as many documents less. Where filters stand between, they are taken to keep of
    copies what they keep of others.

    Args:
        deduplicators: in the order of the recipe, each with what came to it in the sample. All with `tokens`, or none.
    """
    seen = [one.seen for one in deduplicators]
    seen = [one for one in seen if one.raw]
    if not seen:
        return Clusters(np.zeros(0, np.int64), np.zeros(0))
    first, came = seen[0], seen[0].raw
    sizes, columns = [], []
    for one in seen:
        scale = came / one.raw  # as if filters between had taken nothing
        several = one.sizes > 1
        sizes.append(one.sizes[several])
        kept = one.kept[several] * scale
        columns.append((one.count[several] * scale, kept, one.variance[several] * scale**2))
        came -= float((sizes[-1] - 1) @ kept)
    count, kept, variance = (np.concatenate(column) for column in zip(*columns, strict=True))
    repeated = np.concatenate(sizes)
    alone = max(first.raw - float(repeated @ kept), 0.0)
    share = alone / first.of(1)[0] if alone else 0.0  # of those that were alone for the first
    once = first.sizes == 1
    return Clusters(
        np.append(repeated, 1),
        np.append(count, share * first.count[once].sum()),
        tokens=np.append(repeated * kept, alone),
        variance=np.append(variance, share * first.of(1)[1]),
    )
