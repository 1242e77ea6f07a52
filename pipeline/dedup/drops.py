"""The last step of every barrier: each group of parts learns which of its sets of copies go, and writes which rows that
is, because of whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters.kernels.minhash import agreements
from pipeline import files
from pipeline.dedup.blocks import gather
from pipeline.dedup.copies import read_sets
from pipeline.dedup.fetch import replies, signatures
from pipeline.dedup.layout import Layout
from pipeline.dedup.packing import Numbers
from pipeline.dedup.parts import drop_file, matrix, rows_of, take, units_of
from pipeline.dedup.stages import Deduplicator
from pipeline.dedup.steps import Inbox, tally
from pipeline.dedup.summary import first_urls

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


def write_drops(
    group: int, inbox: Inbox, layout: Layout, stage: Deduplicator, signature: str | None, out: str
) -> Iterator[Any]:
    """Writes the drop file of every part of the group, and tallies some URLs of the largest sets."""
    row, keeper, cluster, near, shown = gather(inbox["drops"], 5)
    order = np.argsort(row)
    row, keeper, cluster, near, shown = (column[order] for column in (row, keeper, cluster, near, shown))
    kept = _keepers(inbox["keepers"])
    similarity = np.ones(len(row), np.float32)
    if near.any() and signature:
        similarity[near > 0] = _similarity(layout, signature, row[near > 0], keeper[near > 0], kept)
    goes = np.zeros(0, np.uint64)
    if len(row):
        goes, of = read_sets(layout, group, stage).members(row)
        order = np.argsort(goes)
        order = order[goes[order] != keeper[of[order]]]
        goes, of = goes[order], of[order]
        keeper, cluster, similarity, shown = keeper[of], cluster[of], similarity[of], shown[of]
    urls: list[list[Any]] = []
    for unit in layout.units(group):
        part = slice(*np.searchsorted(units_of(goes), [unit, unit + 1]))
        drops = _table(layout, goes[part], keeper[part], cluster[part], similarity[part], kept)
        files.write_table(drop_file(out, unit), drops)
        urls = first_urls(urls, _urls(drops, goes[part], cluster[part], shown[part]))
    if urls:
        yield tally(urls=urls)


def _urls(drops: pa.Table, row: Numbers, cluster: Numbers, size: Numbers) -> list[list[Any]]:
    """Of documents of the largest sets, whose `size` is not 0: size, set, row id and URL."""
    there = np.flatnonzero((size > 0) & drops["url"].is_valid().to_numpy())
    urls = drops["url"].take(pa.array(there)).to_pylist()
    columns = [column[there].tolist() for column in (size, cluster, row)]
    return [list(entry) for entry in zip(*columns, urls, strict=True)]


def _keepers(blocks: Iterable[bytes]) -> pa.Table:
    """Sorted by `row`: id, URL, and the signature where it was asked for."""
    columns = ("id", "url", "signature")
    tables = [pa.table({"row": pa.array([], pa.uint64()), "id": pa.array([], pa.binary())})]
    for row, values in replies(blocks):
        tables.append(pa.table({"row": row, **dict(zip(columns, values, strict=False))}))
    return pa.concat_tables(tables, promote_options="default").sort_by("row").combine_chunks()


def _table(
    layout: Layout,
    row: Numbers,
    keeper: Numbers,
    cluster: Numbers,
    similarity: NDArray[np.float32],
    kept: pa.Table,
) -> pa.Table:
    """The drops of one part, whose rows (global ids) are sorted."""
    if not len(row):
        return DROPS.empty_table()
    own = take(layout.parts, row, ["id", "url"])
    names = kept.take(pa.array(np.searchsorted(kept["row"].to_numpy(), keeper)))
    columns = {
        "row": rows_of(row).astype(np.uint32),
        "id": own["id"].cast(pa.string()),
        "url": own["url"].cast(pa.string()),
        "keeper": keeper,
        "keeper_id": names["id"].cast(pa.string()),
        "keeper_url": names["url"].cast(pa.string()),
        "similarity": similarity,
        "cluster": cluster,
    }
    return pa.table(columns, DROPS)


def _similarity(
    layout: Layout, column: str, row: Numbers, keeper: Numbers, kept: pa.Table
) -> NDArray[np.float32]:
    """The estimated Jaccard similarity of documents (sorted) to their keepers."""
    own = cast("NDArray[np.uint32]", matrix(take(layout.parts, row, [column])[column], np.uint32))
    signed = kept.filter(pc.is_valid(kept["signature"])).combine_chunks()
    theirs = signatures(signed["signature"].chunk(0), own.shape[1])
    places = np.searchsorted(signed["row"].to_numpy(), keeper)
    equal = agreements(own, theirs, np.arange(len(row)), places)
    return (equal / np.float64(own.shape[1])).astype(np.float32)
