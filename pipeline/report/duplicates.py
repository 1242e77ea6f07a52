"""What each deduplicator found: how many clusters, how large, and the largest of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline import files
from pipeline.rundir import RunDirectory

LARGEST = 10
ROWS_AT_ONCE = 20_000_000  # of clusters counted in memory, about 1 GB


def duplicate_figures(run: RunDirectory, label: str, rows_at_once: int = ROWS_AT_ONCE) -> dict[str, Any]:
    """Clusters, documents in them, documents dropped, and the largest clusters with the page that stayed.

    Cluster ids are read in as many rounds as it takes to hold only some of them at a time.
    """
    urls = files.list_files(run.duplicates(label), ".parquet")
    rounds = 1 + _rows(urls) // rows_at_once
    clusters = dropped = 0
    largest: list[tuple[int, int]] = []  # (documents, cluster)
    for number in range(rounds):
        sizes = _cluster_sizes(urls, number, rounds)
        clusters += len(sizes)
        dropped += pc.sum(sizes["size"]).as_py() or 0
        top = sizes.sort_by([("size", "descending"), ("cluster", "ascending")]).slice(0, LARGEST).to_pylist()
        largest += [(row["size"] + 1, row["cluster"]) for row in top]  # and the one that stayed
    largest = sorted(largest, key=lambda entry: (-entry[0], entry[1]))[:LARGEST]
    keepers = _keepers(urls, [cluster for _, cluster in largest])
    return {
        "stage": label,
        "clusters": clusters,
        "documents": clusters + dropped,
        "dropped": dropped,
        "largest": [{"documents": size, **keepers[cluster]} for size, cluster in largest],
    }


def _rows(urls: list[str]) -> int:
    total = 0
    for url in urls:
        with files.open_read(url) as file:
            total += pq.read_metadata(file).num_rows
    return total


def _cluster_sizes(urls: list[str], number: int, rounds: int) -> pa.Table:
    """Dropped documents per cluster, of the clusters whose turn it is: cluster uint64, size int64."""
    total = pa.table({"cluster": pa.array([], pa.uint64()), "size": pa.array([], pa.int64())})
    waiting: list[pa.Table] = []
    rows = 0
    for table in _tables(urls, ["cluster"]):
        clusters = table["cluster"].to_numpy()
        clusters = clusters[clusters % rounds == number]
        waiting.append(pa.table({"cluster": clusters, "size": np.ones(len(clusters), np.int64)}))
        rows += len(clusters)
        if rows >= max(len(total), 1_000_000):  # so that no cluster is added up more than a few times
            total = _add_up([total, *waiting])
            waiting, rows = [], 0
    return _add_up([total, *waiting])


def _add_up(tables: list[pa.Table]) -> pa.Table:
    summed = pa.concat_tables(tables).group_by("cluster").aggregate([("size", "sum")])
    return summed.select(["cluster", "size_sum"]).rename_columns(["cluster", "size"])


def _keepers(urls: list[str], clusters: list[int]) -> dict[int, dict[str, Any]]:
    """The document that stayed of each of these clusters: its id and url."""
    keepers: dict[int, dict[str, Any]] = {}
    wanted = pa.array(clusters, pa.uint64())
    for table in _tables(urls, ["cluster", "keeper_id", "keeper_url"]):
        if len(keepers) == len(clusters):
            break
        for row in table.filter(pc.is_in(table["cluster"], wanted)).to_pylist():
            keepers.setdefault(row["cluster"], {"id": row["keeper_id"], "url": row["keeper_url"]})
    return keepers


def _tables(urls: list[str], columns: list[str]) -> Iterator[pa.Table]:
    for url in urls:
        table = files.read_table(url, columns)
        if len(table):
            yield table
