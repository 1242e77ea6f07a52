"""Records of the input that gave no document, counted by cause, with the first few of each.

    unreadable/000042.parquet                 the records of unit 42 (`pipeline.passes.writers.UNREADABLE`)
    sums/unreadable/000000-000999.parquet     those of 1,000 units counted, when the first pass is complete

In a WARC crawl two records of three are requests and metadata, so there are more of these than there are documents,
and nobody reads them all at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline import files
from pipeline.ledger_files import RANGE, listing, range_name, read_tables
from pipeline.rundir import RunDirectory
from pipeline.stores import each_at_once

EXAMPLES = 5
_EXAMPLE = pa.struct([("path", pa.string()), ("offset", pa.int64()), ("detail", pa.string())])
COUNTS = pa.schema(
    [("kind", pa.string()), ("cause", pa.string()), ("records", pa.int64()), ("examples", pa.list_(_EXAMPLE))]
)


def count_unreadable(run: RunDirectory) -> pa.Table:
    """Every (kind, cause) of a run with the number of its records and the first five: COUNTS, sorted."""
    found = listing(run, 0)
    ranges = found.ranges.tolist()
    counts = dict(zip(ranges, read_tables([counts_file(run, at) for at in ranges]), strict=True))
    loose = found.loose
    for at in np.unique(loose // RANGE).tolist():
        counts[at] = count_units(run, loose[loose // RANGE == at].tolist())
    return add_up(counts[at] for at in sorted(counts))


def counts_file(run: RunDirectory, at: int) -> str:
    return run.path("sums", "unreadable", range_name(at))


def count_units(run: RunDirectory, units: Sequence[int]) -> pa.Table:
    """The counts of some units, which come in order."""
    return add_up(each_at_once(_count, [run.unreadable(unit) for unit in units]))


def _count(url: str) -> pa.Table:
    with files.open_read(url) as file:
        return add_up(map(_counts, pq.ParquetFile(file).iter_batches()))


def _counts(batch: pa.RecordBatch) -> pa.Table:
    """COUNTS of some records."""
    table = pa.Table.from_batches([batch])
    groups = table.group_by(["kind", "cause"], use_threads=False).aggregate([([], "count_all")]).to_pylist()
    rows = []
    for group in groups:
        same = (pc.field("kind") == group["kind"]) & (pc.field("cause") == group["cause"])
        examples = table.filter(same).slice(0, EXAMPLES).select(["path", "offset", "detail"]).to_pylist()
        rows.append({**group, "records": group["count_all"], "examples": examples})
    return pa.Table.from_pylist(rows, schema=COUNTS)


def add_up(tables: Iterable[pa.Table]) -> pa.Table:
    """The sum of counts; of the examples the first, in the order of the tables."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for table in tables:
        for row in table.to_pylist():
            entry = found.setdefault((row["kind"], row["cause"]), {**row, "records": 0, "examples": []})
            entry["records"] += row["records"]
            entry["examples"] = (entry["examples"] + row["examples"])[:EXAMPLES]
    return pa.Table.from_pylist([found[key] for key in sorted(found)], schema=COUNTS)
