"""Connected components of the verified edges: each document's label is the smallest row id of its component.

Edges that fit into one process go through a union-find. More than that are joined by alternating large-star
and small-star steps (Kiveris et al., "Connected Components in MapReduce and Beyond", SoCC 2014, section 3),
one pipeline per round, until a round changes nothing. Both give the same labels.

Edge files and label files are Parquet; a label file has `node` and `label` (uint64) of every node that is not
itself its label.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from filters.kernels import unionfind
from pipeline import files
from pipeline.dedup.blocks import Pairs, Steps, changes, gather, pack, partition, route, tally, unique_pairs
from pipeline.dedup.parts import units_of
from pipeline.engine import Engine

IN_PROCESS = 20_000_000  # edges: about 1 GB while they are sorted
_ENDS = ("left", "right")


def write_labels(
    edges: str, work: str, engine: Engine, partitions: int, in_process: int = IN_PROCESS
) -> list[str]:
    """From edge files in the folder `edges` (`left`, `right`) to label files, which are given back.

    `work` is a folder for what comes between.
    """
    found = files.list_files(edges, ".parquet")
    if sum(_row_count(url) for url in found) > in_process:
        return _labels_in_rounds(found, work, engine, partitions)
    labels = files.join(work, "labels.parquet")
    tables = [files.read_table(url, list(_ENDS)) for url in found]
    ends = [np.concatenate([np.zeros(0, np.uint64), *(t[name].to_numpy() for t in tables)]) for name in _ENDS]
    node, label = labels_of(*ends)
    files.write_table(labels, pa.table({"node": node, "label": label}))
    return [labels]


def labels_of(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> Pairs:
    """In one process: the nodes that are not the smallest of their component, and that smallest one."""
    nodes, places = np.unique(np.concatenate([left, right]), return_inverse=True)
    label = nodes[unionfind.components(places[: len(left)], places[len(left) :], len(nodes))]
    others = nodes != label
    return nodes[others], label[others]


def large_star(node: NDArray[np.uint64], other: NDArray[np.uint64]) -> Pairs:
    """Every larger neighbour of a node is joined to the smallest of the node and its neighbours.

    Takes all neighbours of each node (both directions of each edge), gives edges whose second end is the
    smaller.
    """
    node, other, starts, sizes = _neighbourhoods(node, other)
    smallest = np.repeat(np.minimum(node[starts], other[starts]), sizes)
    larger = other > node
    return other[larger], smallest[larger]


def small_star(node: NDArray[np.uint64], other: NDArray[np.uint64]) -> Pairs:
    """A node and its smaller neighbours are joined to the smallest of these.

    Takes the smaller neighbours of each node, gives edges whose second end is the smaller.
    """
    node, other, starts, sizes = _neighbourhoods(node, other)
    smallest = np.repeat(other[starts], sizes)
    rest = other != smallest
    return np.concatenate([node[starts], other[rest]]), np.concatenate([other[starts], smallest[rest]])


def _neighbourhoods(
    node: NDArray[np.uint64], other: NDArray[np.uint64]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """Sorted by node, then neighbour; where each node's neighbours start, and how many there are."""
    order = np.lexsort((other, node))
    node, other = node[order], other[order]
    starts = np.flatnonzero(changes(node))
    return node, other, starts, np.diff(starts, append=len(node))


def _labels_in_rounds(edges: list[str], work: str, engine: Engine, partitions: int) -> list[str]:
    before: object = None
    turn = 0
    while True:
        folder = files.join(work, f"round-{turn:03d}")
        _round(edges, folder, engine, partitions)
        edges = files.list_files(folder, ".parquet")
        after = orjson.loads(files.read_bytes(files.join(folder, "tally.json")))
        if after == before:
            return edges
        before, turn = after, turn + 1
        files.remove(files.join(work, f"round-{turn - 2:03d}"))


def _round(edges: list[str], folder: str, engine: Engine, partitions: int) -> None:
    def build(pipeline: Any) -> None:
        steps = Steps(pipeline, [])
        ends = steps.each("read edges", edges, read_edges, partitions)
        stars = steps.grouped("large star", ends, join_larger, partitions)
        steps.grouped("small star", stars, join_smaller, folder)
        steps.write_tally(files.join(folder, "tally.json"))

    engine.run(build)


def read_edges(url: str, partitions: int) -> Iterator[tuple[int, bytes]]:
    """Both directions of every edge, to the hash range of the node."""
    left, right = (column.to_numpy() for column in files.read_table(url).columns)
    columns = {"node": np.concatenate([left, right]), "other": np.concatenate([right, left])}
    for owner, batch in route(partition(columns["node"], partitions), columns):
        yield owner, pack(batch)


def join_larger(grouped: tuple[int, Iterable[bytes]], partitions: int) -> Iterator[tuple[int, bytes]]:
    node, other = large_star(*gather(grouped[1], ("node", "other")))
    for owner, batch in route(partition(node, partitions), {"node": node, "other": other}):
        yield owner, pack(batch)


def join_smaller(grouped: tuple[int, Iterable[bytes]], folder: str) -> Iterator[Any]:
    """Writes the edges of the next round, and tallies what tells one set of edges from another."""
    node, label = small_star(*unique_pairs(*gather(grouped[1], ("node", "other"))))
    files.write_table(
        files.join(folder, f"{grouped[0]:06d}.parquet"), pa.table({"node": node, "label": label})
    )
    mixed = (node * np.uint64(0x9E3779B97F4A7C15)) ^ (label * np.uint64(0xC2B2AE3D27D4EB4F))
    mixed = (mixed ^ mixed >> np.uint64(29)) * np.uint64(0xBF58476D1CE4E5B9)
    yield tally(edges=len(node), fingerprint=int(mixed.sum() >> np.uint64(12)))


def read_labels(url: str) -> Iterator[tuple[int, bytes]]:
    """The nodes of a label file and their labels, also each label with itself, to the nodes' units."""
    with files.open_read(url) as file:
        for batch in pq.ParquetFile(file).iter_batches():
            node, label = (column.to_numpy() for column in batch.columns)
            centres = np.unique(label)
            columns = {"node": np.concatenate([node, centres]), "label": np.concatenate([label, centres])}
            for owner, block in route(units_of(columns["node"]), columns):
                yield owner, pack(block)


def _row_count(url: str) -> int:
    with files.open_read(url) as file:
        return int(pq.read_metadata(file).num_rows)
