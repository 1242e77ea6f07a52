"""What a group of parts needs of documents that stand in another: their signatures, or their names.

Whoever finds that two documents belong together sends the one's id to the group of the other, and to the group of the
one a request. There requests for the same document by the same group become one, and its columns are sent once to each
group that wants them. So however many documents resemble one, its signature travels at most once to each group.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.dedup.blocks import Block, changes, gather, route, runs
from pipeline.dedup.layout import GROUP_ROWS, Layout
from pipeline.dedup.packing import Numbers, pack, unpack
from pipeline.dedup.parts import take

_BLOCK = 2048  # documents; with signatures some 2 MB


def requests(
    layout: Layout, row: Numbers, group: NDArray[np.int64], signed: NDArray[np.bool_]
) -> Iterator[Block]:
    """Blocks that ask for these documents on behalf of these groups, with their signatures where `signed`."""
    asked = _once(row, group.astype(np.uint64), signed.astype(np.uint64))
    return route(layout.group_of(asked[0]), asked)


def fetch(
    _: int, blocks: Iterable[bytes], layout: Layout, columns: Sequence[str], signature: str | None
) -> Iterator[Block]:
    """Answers the requests to one group: the rows (sorted) and these columns of theirs, as binary values; the
    signature, which is the last of them, is null where it was not asked for."""
    row, group, signed = _once(*gather(blocks, 3))
    wanted = [*columns, *([signature] if signature else [])]
    rows = row[changes(row)]
    for first in range(0, len(rows), GROUP_ROWS):  # in turns, should a single part be larger than a group
        taken = rows[first : first + GROUP_ROWS]
        turn = slice(*np.searchsorted(row, [taken[0], taken[-1] + np.uint64(1)]))
        table = take(layout.parts, taken, wanted)
        values = [table[name].chunk(0).cast(pa.binary()) for name in wanted]
        places = np.searchsorted(taken, row[turn])
        yield from _answers(group[turn].astype(np.int64), row[turn], signed[turn], places, values, signature)


def _answers(
    group: NDArray[np.int64],
    row: Numbers,
    signed: Numbers,
    places: NDArray[np.int64],
    values: list[pa.Array],
    signature: str | None,
) -> Iterator[Block]:
    order = np.argsort(group, kind="stable")
    row, signed, places = row[order], signed[order], places[order]
    for owner, begin, end in runs(group[order]):
        for at in range(begin, end, _BLOCK):
            of = slice(at, min(at + _BLOCK, end))
            sent = [column.take(pa.array(places[of])) for column in values]
            if signature:
                asked = pa.array(signed[of] > 0)
                sent[-1] = pc.if_else(asked, sent[-1], pa.scalar(None, pa.binary()))
            yield owner, pack([row[of]], sent)


def replies(blocks: Iterable[bytes]) -> Iterator[tuple[Numbers, list[pa.Array]]]:
    """What comes back: ids of documents, sorted in each block, and their columns. No document comes twice."""
    for block in blocks:
        (row,), values = unpack(block)
        yield row, values


def signatures(values: pa.Array, width: int) -> NDArray[np.uint32]:
    """Signatures as they are sent, those that are there, as the rows of a matrix of this width."""
    there = values.drop_null()
    _, offsets, data = there.buffers()
    begin = int(np.frombuffer(offsets, np.int32)[there.offset]) if len(there) else 0
    size = len(there) * width * 4
    bytes_ = np.frombuffer(data if data is not None else b"", np.uint8)[begin : begin + size]
    return bytes_.copy().view(np.uint32).reshape(-1, width)  # copied, because blocks are not aligned


def _once(row: Numbers, group: Numbers, signed: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Each document once for each group; signed if one of its requests is."""
    order = np.lexsort((signed == 0, group, row))
    row, group, signed = row[order], group[order], signed[order]
    first = changes(row, group)
    return row[first], group[first], signed[first]
