"""Many sorted runs become few, before the shards are read out of them.

Every shard reads its keys out of every run. With a run from each of 90,000 units and 12,000 slices of shards that would
be a billion small reads. So runs are merged first, as an external merge sort does: in about sqrt(runs) groups of as many, and
each group in pieces of the key range that fit into memory. Then a slice is one batch in one file of each group.

With n runs, g = sqrt(n) groups, s slices of shards and p pieces, n p reads merge and s g reads make the shards, instead of
s n. All tokens are written and read once more. Merging changes no row and no order, so no byte of the shards.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import files
from pipeline.engine import Engine
from pipeline.spread import spread
from pipeline.tokens.runs import SUFFIX, key_range, list_runs, read_all, write_run

MOST_RUNS = 256  # that a slice is read from as they are
_INDEX = "runs.parquet"


@dataclass(frozen=True)
class Merge:
    """`groups` of runs, each merged into `pieces` files by key; `slices` is into how many the shards cut the keys."""

    runs: str  # the folder of the runs
    groups: int
    pieces: int
    slices: int

    def file(self, group: int, piece: int) -> str:
        return files.join(self.runs, "merged", f"{group:04d}-{piece:05d}{SUFFIX}")

    @property
    def index(self) -> str:
        """The names of all runs; each row group is a group."""
        return files.join(self.runs, "merged", _INDEX)

    def holding(self, part: int) -> list[str]:
        """The merged files that hold this slice of the shards."""
        return [self.file(group, part * self.pieces // self.slices) for group in range(self.groups)]

    def parts(self, piece: int) -> range:
        """The slices that a piece holds; none is in two pieces."""
        first, stop = (-(-number * self.slices // self.pieces) for number in (piece, piece + 1))
        return range(first, stop)

    def missing(self) -> list[int]:
        """The numbers of the (group, piece) that are not merged yet, from one listing."""
        here = set(list_runs(files.join(self.runs, "merged")))
        numbers = range(self.groups * self.pieces)
        return [number for number in numbers if self.file(*divmod(number, self.pieces)) not in here]


def plan_merge(runs: str, count: int, slices: int, memories: int) -> Merge | None:
    """How to merge so many runs; None where they are few enough.

    Args:
        slices: into how many the shards cut the keys.
        memories: how many times all tokens fill what may be held at a time.
    """
    if count <= MOST_RUNS:
        return None
    groups = math.isqrt(count - 1) + 1
    return Merge(runs, groups, min(max(1, -(-memories // groups)), slices), slices)


def merge_runs(merge: Merge, engine: Engine) -> None:
    """Write what is not there yet of the merged files."""
    missing = merge.missing()
    if missing:
        _write_index(merge)
        engine.run(functools.partial(_build, merge, missing))


def _build(merge: Merge, numbers: list[int], pipeline: beam.Pipeline) -> None:
    _ = spread(pipeline, "Merges", numbers) | "Merge" >> beam.Map(functools.partial(write_merged, merge))


def _write_index(merge: Merge) -> None:
    names = [url.rsplit("/", 1)[-1] for url in list_runs(merge.runs)]
    schema = pa.schema([("run", pa.string())])
    with files.commit(merge.index) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for group in range(merge.groups):
            # Every so many-th: neighbours come from one file, and a group of none but long runs would not fit.
            writer.write_table(pa.table({"run": names[group :: merge.groups]}, schema))


def write_merged(merge: Merge, number: int) -> None:
    """Merge one piece of one group, unless it is there."""
    group, piece = divmod(number, merge.pieces)
    url = merge.file(group, piece)
    if files.exists(url):
        return
    with files.open_read(merge.index) as file:
        names = pq.ParquetFile(file).read_row_group(group)["run"].to_pylist()
    runs = [files.join(merge.runs, name) for name in names]
    keys = [key_range(part, merge.slices) for part in merge.parts(piece)]
    merged = read_all(runs, (keys[0][0], keys[-1][1]))
    write_run(url, merged, np.array([first for first, _ in keys], np.uint64))
