"""The last steps of every barrier: of each set of copies one is kept, and each part learns which of its rows
go.

Steps: `members` arrive grouped by hash range; `choose` sorts them into sets and picks the keepers;
`name_keepers` reads the keepers' ids and URLs at the parts they stand in; `write_drops` writes each part's
drop file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa
from apache_beam.pvalue import PCollection
from numpy.typing import NDArray

from filters.kernels.minhash import agreements
from pipeline import files
from pipeline.dedup.blocks import (
    LARGEST,
    Steps,
    changes,
    gather,
    pack,
    partition,
    route,
    tally,
    unpack,
)
from pipeline.dedup.components import read_labels
from pipeline.dedup.parts import Part, drop_file, matrix, rows_of, signatures, undecided, units_of
from pipeline.dedup.stages import Deduplicator

DROPS = pa.schema(
    [
        pa.field("row", pa.uint32(), nullable=False),
        pa.field("id", pa.string()),
        pa.field("url", pa.string()),
        pa.field("keeper", pa.uint64(), nullable=False),
        pa.field("keeper_id", pa.string()),
        pa.field("keeper_url", pa.string()),
        pa.field("similarity", pa.float32(), nullable=False),
        pa.field("cluster", pa.uint64(), nullable=False),
    ]
)


def write_hashed(
    steps: Steps,
    parts: Sequence[Part],
    stage: Deduplicator,
    earlier: Sequence[str],
    out: str,
    partitions: int,
) -> None:
    """Drop files in `out`, where copies are the documents with equal keys."""
    columns = [stage.column(name) for name in ("key", "check", "rank")]
    members = steps.each("read keys", parts, hashed_members, columns, earlier, partitions)
    _write_drops(steps, members, out, None)


def write_labelled(
    steps: Steps, labels: Sequence[str], rank: str, signature: str, out: str, partitions: int
) -> None:
    """Drop files in `out`, where copies are the documents with equal labels in these label files."""
    labelled = steps.each("read labels", labels, read_labels)
    members = steps.at_parts("rank members", labelled, labelled_members, rank, partitions)
    _write_drops(steps, members, out, signature)


def _write_drops(steps: Steps, members: PCollection[Any], out: str, signature: str | None) -> None:
    drops = steps.grouped("choose keepers", members, choose)
    named = steps.at_parts("name keepers", drops, name_keepers, signature)
    steps.at_parts("write drops", named, write_drops, out, signature)


def hashed_members(
    part: Part, columns: list[str], earlier: Sequence[str], partitions: int
) -> Iterator[tuple[int, bytes]]:
    """Members from the key columns: key, check, rank."""
    for ids, batch in undecided(part, columns, earlier):
        key, check, rank = (batch[column].to_numpy() for column in columns)
        yield from route_members(key, check, rank, ids, partitions)


def labelled_members(
    part_and_labels: tuple[Part, Iterable[bytes]], rank_column: str, partitions: int
) -> Iterator[Any]:
    """Members from the labels (blocks of `node`, `label`) of the part's documents."""
    part, grouped = part_and_labels
    blocks = list(grouped)
    nodes, labels = gather(blocks, ("node", "label"))
    nodes, first = np.unique(nodes, return_index=True)  # a label comes once with each file that has it
    if len(nodes):
        rank = files.read_table(part.url, [rank_column])[rank_column].to_numpy()[rows_of(nodes)]
        yield from route_members(labels[first], np.zeros_like(nodes), rank, nodes, partitions)
    yield tally(shuffled_bytes=sum(map(len, blocks)))


def route_members(
    key: NDArray[np.uint64],
    check: NDArray[np.uint64],
    rank: NDArray[np.int64],
    row: NDArray[np.uint64],
    partitions: int,
) -> Iterator[tuple[int, bytes]]:
    columns = {"key": key, "check": check, "rank": rank, "row": row}
    for owner, batch in route(partition(key, partitions), columns):
        yield owner, pack(batch)


def choose(grouped: tuple[int, Iterable[bytes]]) -> Iterator[Any]:
    """Members of a set agree in `key` and `check`; that of the highest rank is kept, of equals the first."""
    blocks = list(grouped[1])
    key, check, row = gather(blocks, ("key", "check", "row"))
    (rank,) = gather(blocks, ("rank",), np.int64)
    order = np.lexsort((row, ~rank, check, key))  # ~ turns the order round, and has no overflow
    key, check, row = key[order], check[order], row[order]
    starts = np.flatnonzero(changes(key, check))
    sizes = np.diff(starts, append=len(key))
    cluster = np.repeat(np.minimum.reduceat(row, starts) if len(row) else row, sizes)
    keeper = np.repeat(row[starts], sizes)
    goes = row != keeper
    columns = {"row": row[goes], "keeper": keeper[goes], "cluster": cluster[goes]}
    for owner, batch in route(units_of(keeper[goes]), columns):
        yield owner, pack(batch)
    several = sizes[sizes > 1]
    yield tally(
        clusters=len(several),
        clustered=int(several.sum()),
        dropped=int(goes.sum()),
        largest=sorted(several.tolist(), reverse=True)[:LARGEST],
        shuffled_bytes=sum(map(len, blocks)),
    )


def name_keepers(part_and_drops: tuple[Part, Iterable[bytes]], signature: str | None) -> Iterator[Any]:
    """Adds id, URL and signature of the keepers, which stand in this part, and sends the rows home."""
    part, grouped = part_and_drops
    blocks = list(grouped)
    row, keeper, cluster = gather(blocks, ("row", "keeper", "cluster"))
    if not len(row):
        return
    named = files.read_table(part.url, ["id", "url", *([signature] if signature else [])]).combine_chunks()
    for owner, batch in route(units_of(row), {"row": row, "keeper": keeper, "cluster": cluster}):
        copied = named.take(pa.array(rows_of(batch["keeper"].to_numpy())))
        for name, column in zip(("keeper_id", "keeper_url", "signature"), copied.columns, strict=False):
            # As a dictionary, a keeper of many copies is sent once in a block.
            batch = batch.append_column(name, column.combine_chunks().dictionary_encode())
        yield owner, pack(batch)
    yield tally(shuffled_bytes=sum(map(len, blocks)))


def write_drops(
    part_and_drops: tuple[Part, Iterable[bytes]], out: str, signature: str | None
) -> Iterator[Any]:
    part, blocks = part_and_drops
    own: NDArray[np.uint32] | None = None
    tables = [DROPS.empty_table()]
    shuffled = 0
    for block in blocks:
        shuffled += len(block)
        batch = unpack(block)
        rows = rows_of(batch["row"].to_numpy())
        similarity = np.ones(len(batch), np.float32)
        if signature:
            own = signatures(part, signature) if own is None else own
            similarity = _similarity(own, rows, batch["signature"])
        columns = {
            "row": pa.array(rows.astype(np.uint32)),
            "id": pa.nulls(len(batch), pa.string()),
            "url": pa.nulls(len(batch), pa.string()),
            "keeper": batch["keeper"],
            "keeper_id": batch["keeper_id"].cast(pa.string()),
            "keeper_url": batch["keeper_url"].cast(pa.string()),
            "similarity": pa.array(similarity),
            "cluster": batch["cluster"],
        }
        tables.append(pa.table(columns, DROPS))
    drops = pa.concat_tables(tables).sort_by("row")
    files.write_table(drop_file(out, part.unit), _named(drops, part))
    yield tally(shuffled_bytes=shuffled)


def _named(drops: pa.Table, part: Part) -> pa.Table:
    """With the ids and URLs of the documents that go; they stand in this part."""
    if not len(drops):
        return drops
    named = files.read_table(part.url, ["id", "url"]).take(drops["row"])
    for name in ("id", "url"):
        drops = drops.set_column(DROPS.get_field_index(name), DROPS.field(name), named[name])
    return drops


def _similarity(
    own: NDArray[np.uint32], rows: NDArray[np.int64], keepers: pa.DictionaryArray
) -> NDArray[np.float32]:
    others = cast("NDArray[np.uint32]", matrix(keepers.dictionary, np.uint32))
    equal = agreements(own, others, rows, keepers.indices.to_numpy().astype(np.int64))
    return (equal / np.float64(own.shape[1])).astype(np.float32)
