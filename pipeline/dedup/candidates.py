"""Near-duplicates: from band keys to verified edges.

Steps: `band_entries` sends every band key to its hash range; `candidates` sorts a range and pairs up those
who share a key; `attach_signatures` makes the pairs unique at the part of the one document and sends them,
with its signature, to the part of the other; `verify` compares the signatures there and writes the edges that
hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.kernels.minhash import agreements
from pipeline import files
from pipeline.dedup.blocks import (
    Pairs,
    Steps,
    changes,
    gather,
    pack,
    partition,
    route,
    tally,
    unique_pairs,
    unpack,
)
from pipeline.dedup.parts import Part, matrix, rows_of, signatures, undecided, units_of
from pipeline.dedup.stages import DedupMinhash

ALL_PAIRS = 32  # the largest group in which everyone is compared with everyone


def write_edges(
    steps: Steps,
    parts: Sequence[Part],
    stage: DedupMinhash,
    earlier: Sequence[str],
    edges: str,
    partitions: int,
) -> None:
    """Writes verified edges to files in the folder `edges`: `left` < `right`, global row ids (uint64)."""
    entries = steps.each("read bands", parts, band_entries, stage.column("bands"), earlier, partitions)
    pairs = steps.grouped("find candidates", entries, candidates)
    signature = stage.column("signature")
    signed = steps.at_parts("attach signatures", pairs, attach_signatures, signature)
    steps.at_parts("verify", signed, verify, signature, stage.threshold, edges)


def band_entries(
    part: Part, bands: str, earlier: Sequence[str], partitions: int
) -> Iterator[tuple[int, bytes]]:
    for ids, batch in undecided(part, [bands], earlier):
        keys = cast("NDArray[np.uint64]", matrix(batch[bands], np.uint64))
        whole = np.repeat(keys[:, -1], keys.shape[1])
        columns = {"key": keys.ravel(), "whole": whole, "row": np.repeat(ids, keys.shape[1])}
        for owner, entries in route(partition(columns["key"], partitions), columns):
            yield owner, pack(entries)


def candidates(grouped: tuple[int, Iterable[bytes]]) -> Iterator[Any]:
    blocks = list(grouped[1])
    left, right = candidate_pairs(*gather(blocks, ("key", "whole", "row")))
    for owner, batch in route(units_of(left), {"left": left, "right": right}):
        yield owner, pack(batch)
    yield tally(shuffled_bytes=sum(map(len, blocks)))


def candidate_pairs(
    key: NDArray[np.uint64], whole: NDArray[np.uint64], row: NDArray[np.uint64]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The pairs to compare, `left` < `right`, from entries (key, key of the whole signature, row) of one hash
    range.

    Copies, whose whole signatures agree, meet in every group they are in; they are paired there once, with
    the first of them, and only this first one takes part in the groups of their bands. So a page that stands
    a hundred thousand times costs a hundred thousand pairs.
    """
    order = np.lexsort((row, whole, key))
    key, whole, row = key[order], whole[order], row[order]
    copies = key == whole
    star = _star(key[copies], row[copies])
    bands = ~copies & changes(key, whole)
    key, row = key[bands], row[bands]
    order = np.lexsort((row, key))
    group = _groups(key[order], row[order])
    left, right = zip(star, *group, strict=True)
    return np.concatenate(left), np.concatenate(right)


def _star(key: NDArray[np.uint64], row: NDArray[np.uint64]) -> Pairs:
    """Each row of a group (sorted) with the first of the group."""
    starts = np.flatnonzero(changes(key))
    first = np.repeat(row[starts], np.diff(starts, append=len(key)))
    others = row != first
    return first[others], row[others]


def _groups(key: NDArray[np.uint64], row: NDArray[np.uint64]) -> Iterator[Pairs]:
    """The pairs in groups of equal keys (sorted by key, then row).

    In a group of up to `ALL_PAIRS` everyone with everyone. In a larger one each with the first and with those
    1, 2, 4, 8, ... places on: n log n pairs, in which the neighbours of a page that was saved again and
    again, a little changed each time, still meet.
    """
    size = np.diff(np.flatnonzero(changes(key)), append=len(key))
    size = np.repeat(size, size)
    large = size > ALL_PAIRS
    yield _star(key[large], row[large])
    shared = size > 1
    key, row, size = key[shared], row[shared], size[shared]
    distance = 1
    while distance < int(size.max(initial=0)):
        power_of_two = distance & (distance - 1) == 0
        pairs = key[distance:] == key[:-distance]
        if not power_of_two:
            pairs &= size[:-distance] <= ALL_PAIRS
        yield row[:-distance][pairs], row[distance:][pairs]
        distance = distance + 1 if distance < ALL_PAIRS else 2 * distance


def attach_signatures(part_and_pairs: tuple[Part, Iterable[bytes]], signature: str) -> Iterator[Any]:
    """`left` stands in this part: its signature goes with the pair to the part of `right`."""
    part, grouped = part_and_pairs
    blocks = list(grouped)
    left, right = unique_pairs(*gather(blocks, ("left", "right")))
    if not len(left):
        return
    own = files.read_table(part.url, [signature])[signature].combine_chunks()
    for owner, batch in route(units_of(right), {"left": left, "right": right}):
        copied = own.take(pa.array(rows_of(batch["left"].to_numpy())))
        yield owner, pack(batch.append_column("signature", copied.dictionary_encode()))
    yield tally(candidates=len(left), shuffled_bytes=sum(map(len, blocks)))


def verify(
    part_and_pairs: tuple[Part, Iterable[bytes]], signature: str, threshold: float, edges: str
) -> Iterator[Any]:
    """Writes the pairs whose signatures agree in at least `threshold` of their values."""
    part, blocks = part_and_pairs
    own: NDArray[np.uint32] | None = None
    verified = []
    shuffled = 0
    for block in blocks:
        shuffled += len(block)
        batch = unpack(block)
        own = signatures(part, signature) if own is None else own
        others = cast("NDArray[np.uint32]", matrix(batch["signature"].dictionary, np.uint32))
        places = batch["signature"].indices.to_numpy().astype(np.int64)
        equal = agreements(others, own, places, rows_of(batch["right"].to_numpy()))
        # Compared as counts: 0.8 of 10 values must not become 8.000000000000002.
        holds = equal >= np.ceil(threshold * own.shape[1] - 1e-9)
        verified.append(batch.select(["left", "right"]).filter(pa.array(holds)))
    if verified:
        table = pa.Table.from_batches(verified).sort_by([("left", "ascending"), ("right", "ascending")])
        files.write_table(files.join(edges, f"{part.unit:06d}.parquet"), table)
        yield tally(edges=len(table), shuffled_bytes=shuffled)
