"""Connected components of the verified edges: each document's label is the smallest row id of its component.

Edges that fit into one process go through a union-find. More than that are joined by alternating large-star
and small-star steps (Kiveris et al., "Connected Components in MapReduce and Beyond", SoCC 2014, section 3),
one pipeline per round, until a round changes nothing. Both give the same labels.

Edge files and label files are Parquet, numbered; a number without a file has no edges. A label file has `node` and
`label` (uint64) of every node that is not itself its label.

The largest node of a round has as many neighbours as its component has documents, copies not counted: they are no
nodes here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from filters.kernels import unionfind
from pipeline import files
from pipeline.dedup.blocks import Block, Pairs, changes, gather, partition, route, unique_pairs
from pipeline.dedup.layout import Layout
from pipeline.dedup.packing import Numbers
from pipeline.dedup.steps import Steps, tally
from pipeline.dedup.summary import Tally
from pipeline.engine import Engine

IN_PROCESS = 20_000_000  # edges: about 1 GB while they are sorted
_AT_ONCE = 16  # files that this process reads at a time


@dataclass(frozen=True)
class Numbered:
    """Files 0 to `count` - 1 in a folder; not every one is there."""

    folder: str
    count: int

    def read(self, number: int) -> Pairs | None:
        """The two columns of a file."""
        try:
            table = files.read_table(files.join(self.folder, f"{number:06d}.parquet"))
        except FileNotFoundError:
            return None
        left, right = (column.to_numpy() for column in table.columns)
        return left, right


def write_labels(
    edges: Numbered, count: int, work: str, engine: Engine, partitions: int, in_process: int = IN_PROCESS
) -> tuple[Numbered, list[Tally]]:
    """From edge files with `count` edges in all (`left`, `right`) to label files, and what was tallied on the way.

    `work` is a folder for what comes between.
    """
    if count > in_process:
        return _labels_in_rounds(edges, work, engine, partitions)
    node, label = labels_of(*_read_all(edges))
    labels = Numbered(files.join(work, "labels"), 1)
    files.write_table(files.join(labels.folder, "000000.parquet"), pa.table({"node": node, "label": label}))
    return labels, []


def _read_all(edges: Numbered) -> Pairs:
    present = sorted(int(url[-14:-8]) for url in files.list_files(edges.folder, ".parquet"))
    none = np.zeros(0, np.uint64)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = [pair for pair in pool.map(edges.read, present) if pair is not None]
    left, right = (np.concatenate([none, *(pair[end] for pair in found)]) for end in range(2))
    return left, right


def labels_of(left: Numbers, right: Numbers) -> Pairs:
    """In one process: the nodes that are not the smallest of their component, and that smallest one."""
    nodes, places = np.unique(np.concatenate([left, right]), return_inverse=True)
    label = nodes[unionfind.components(places[: len(left)], places[len(left) :], len(nodes))]
    others = nodes != label
    return nodes[others], label[others]


def large_star(node: Numbers, other: Numbers) -> Pairs:
    """Every larger neighbour of a node is joined to the smallest of the node and its neighbours.

    Takes all neighbours of each node (both directions of each edge), gives edges whose second end is the
    smaller.
    """
    node, other, starts, sizes = _neighbourhoods(node, other)
    smallest = np.repeat(np.minimum(node[starts], other[starts]), sizes)
    larger = other > node
    return other[larger], smallest[larger]


def small_star(node: Numbers, other: Numbers) -> Pairs:
    """A node and its smaller neighbours are joined to the smallest of these.

    Takes the smaller neighbours of each node, gives edges whose second end is the smaller.
    """
    node, other, starts, sizes = _neighbourhoods(node, other)
    smallest = np.repeat(other[starts], sizes)
    rest = other != smallest
    return np.concatenate([node[starts], other[rest]]), np.concatenate([other[starts], smallest[rest]])


def _neighbourhoods(
    node: Numbers, other: Numbers
) -> tuple[Numbers, Numbers, NDArray[np.int64], NDArray[np.int64]]:
    """Sorted by node, then neighbour; where each node's neighbours start, and how many there are."""
    order = np.lexsort((other, node))
    node, other = node[order], other[order]
    starts = np.flatnonzero(changes(node))
    return node, other, starts, np.diff(starts, append=len(node))


def _labels_in_rounds(
    edges: Numbered, work: str, engine: Engine, partitions: int
) -> tuple[Numbered, list[Tally]]:
    before: object = None
    tallies: list[Tally] = []
    while True:
        turn = len(tallies)
        folder = files.join(work, f"round-{turn:03d}")
        _round(edges, folder, engine, partitions)
        edges = Numbered(folder, partitions)
        counted = orjson.loads(files.read_bytes(files.join(folder, "tally.json")))
        tallies.append({"shuffled": counted.pop("shuffled")})
        if counted == before:
            return edges, tallies
        before = counted
        files.remove(files.join(work, f"round-{turn - 1:03d}"))


def _round(edges: Numbered, folder: str, engine: Engine, partitions: int) -> None:
    def build(pipeline: Any) -> None:
        steps = Steps(pipeline)
        ends = steps.each("read edges", range(edges.count), read_edges, edges, partitions)
        stars, _ = steps.grouped("large star", ends, join_larger, partitions)
        steps.grouped("small star", stars, join_smaller, folder)
        steps.write_tally(files.join(folder, "tally.json"))

    engine.run(build)


def read_edges(number: int, edges: Numbered, partitions: int) -> Iterator[Block]:
    """Both directions of every edge, to the hash range of the node."""
    found = edges.read(number)
    if found is not None:
        left, right = found
        node, other = np.concatenate([left, right]), np.concatenate([right, left])
        yield from route(partition(node, partitions), [node, other])


def join_larger(_: int, blocks: Iterable[bytes], partitions: int) -> Iterator[Block]:
    node, other = large_star(*gather(blocks, 2))
    return route(partition(node, partitions), [node, other])


def join_smaller(number: int, blocks: Iterable[bytes], folder: str) -> Iterator[Any]:
    """Writes the edges of the next round, and tallies what tells one set of edges from another."""
    node, label = small_star(*unique_pairs(*gather(blocks, 2)))
    files.write_table(files.join(folder, f"{number:06d}.parquet"), pa.table({"node": node, "label": label}))
    mixed = (node * np.uint64(0x9E3779B97F4A7C15)) ^ (label * np.uint64(0xC2B2AE3D27D4EB4F))
    mixed = (mixed ^ mixed >> np.uint64(29)) * np.uint64(0xBF58476D1CE4E5B9)
    yield tally(edges=len(node), fingerprint=int(mixed.sum() >> np.uint64(12)))


def read_labels(number: int, labels: Numbered, layout: Layout) -> Iterator[Block]:
    """The nodes of a label file and their labels, also each label with itself, to the nodes' groups."""
    found = labels.read(number)
    if found is not None:
        node, label = found
        centres = np.unique(label)
        node, label = np.concatenate([node, centres]), np.concatenate([label, centres])
        yield from route(layout.group_of(node), [node, label])
