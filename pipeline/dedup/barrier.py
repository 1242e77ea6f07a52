"""What a deduplicator does between two passes: from the key columns of all parts to the rows of each part that go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import apache_beam as beam
import orjson

from pipeline import files
from pipeline.dedup.blocks import Steps, add_up
from pipeline.dedup.candidates import write_edges
from pipeline.dedup.components import IN_PROCESS, read_labels, write_labels
from pipeline.dedup.keepers import hashed_members, labelled_members, write_keepers
from pipeline.dedup.parts import Part, drop_file
from pipeline.dedup.stages import DedupMinhash, Deduplicator
from pipeline.engine import Engine

__all__ = ["Part", "deduplicate", "drop_file"]


_MOST_PARTITIONS = 1024


def deduplicate(
    stage: Deduplicator,
    parts: Sequence[Part],
    earlier: Sequence[str],
    out: str,
    engine: Engine,
    *,
    partitions: int | None = None,
    in_process: int = IN_PROCESS,
) -> None:
    """Find out which rows of which parts are copies, and write them to the folder `out`.

    Copies form sets: documents with the same key, or, for near-duplicates, the connected components of the verified
    pairs. **Of each set every document but its keeper is dropped**, also where it resembles the keeper only through
    others. A document's global row id is `unit << 32 | row in its part`.

    `out/<unit>.parquet` is written for every part, sorted by row: `row` (uint32), `keeper` (uint64, a row id),
    `keeper_id`, `keeper_url`, `similarity` (float32: 1, or the estimated Jaccard similarity to the keeper), `cluster`
    (uint64, the smallest row id of the set). Last comes `out/done.json`: `clusters` (sets of two or more),
    `clustered` (documents in them), `dropped`, `largest` (up to ten sizes), `shuffled_bytes`, and for near-duplicates
    `candidates` (pairs compared) and `edges` (pairs that held). What a broken-off call left behind is removed first.

    Args:
        parts: their key columns are those of `stage.keys`; units are below 2^31, and each stands once.
        earlier: folders of barriers that have decided about the same parts; rows dropped there take no part.
        partitions: into how many hash ranges keys are cut. The result does not depend on it.
        in_process: up to how many edges components are found in this process. The result does not depend on it.
    """
    files.remove(out)
    work = files.join(out, "work")
    if parts:
        partitions = partitions or min(max(len(parts), engine.workers), _MOST_PARTITIONS)
        run = _near_duplicates if isinstance(stage, DedupMinhash) else _equal_keys
        run(_Task(stage, parts, earlier, out, work, engine, partitions, in_process))
    ...
