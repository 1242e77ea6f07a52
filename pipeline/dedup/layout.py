"""How the work of a barrier is cut: parts into groups, and keys into partitions of a hash range.

Both follow from the parts alone, so that a barrier that is run again writes the same files. Its result depends on
neither.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.parts import Parts, units_of

GROUP_ROWS = 131_072  # of which all signatures, at 1 kB each, still fit into a worker
PARTITION_BYTES = 64 << 20  # of numbers as they are in memory; sorting them takes some four times as much
ENOUGH = 512  # groups and partitions that keep a cluster busy, where the data would do with fewer


@dataclass(frozen=True)
class Layout:
    """Neighbouring parts are one group of `size` parts, which one worker takes at a time.

    A group and not a part is what sends to a partition and is sent to, so that a block holds hundreds of entries also
    where there are a hundred thousand parts.
    """

    parts: Parts
    earlier: tuple[str, ...]  # folders of the barriers that have decided about these parts
    rows: int  # documents in all, about
    size: int
    wanted: int | None = None  # partitions, if not left to us

    @property
    def groups(self) -> int:
        return -(-self.parts.count // self.size)

    def units(self, group: int) -> range:
        return range(group * self.size, min((group + 1) * self.size, self.parts.count))

    def group_of(self, ids: NDArray[np.uint64]) -> NDArray[np.int64]:
        return units_of(ids) // self.size

    def partitions(self, entries: int, columns: int) -> int:
        """Into how many partitions so many entries of this many numbers each are cut."""
        few = min(self.parts.count, ENOUGH)
        return self.wanted or max(1, few, -(-entries * columns * 8 // PARTITION_BYTES))


def lay_out(
    parts: Parts, earlier: tuple[str, ...] = (), partitions: int | None = None, size: int | None = None
) -> Layout:
    """The layout for these parts, with so many partitions and parts in a group if these are given."""
    rows = parts.rows()
    return Layout(parts, earlier, rows, size or group_size(parts.count, rows), partitions)


def group_size(parts: int, rows: int) -> int:
    """How many parts make a group, of so many that hold so many rows in all."""
    return max(1, min(GROUP_ROWS * parts // max(rows, 1), parts // ENOUGH))
