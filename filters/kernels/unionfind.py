"""Connected components in one process."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.kernels.jit import inline, kernel


@inline
def _root(parent: NDArray[np.int64], node: int) -> int:
    """The root of a node's tree; each node on the way is hung two steps higher (path halving)."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@kernel
def components(left: NDArray[np.int64], right: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The smallest node of each node's component (int64, one for each of `count` nodes).

    Edge i joins `left[i]` and `right[i]`, both in [0, count). The smaller root always becomes the parent, so
    that a label does not depend on the order of the edges.
    """
    parent = np.arange(count)
    for edge in range(len(left)):
        one, other = _root(parent, left[edge]), _root(parent, right[edge])
        if one < other:
            parent[other] = one
        else:
            parent[one] = other
    for node in range(count):
        parent[node] = parent[parent[node]]  # a parent is a smaller node: its own label is already final
    return parent
