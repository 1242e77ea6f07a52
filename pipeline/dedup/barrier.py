"""What a deduplicator does between two passes: from the key columns of all parts to the rows of each part
that go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import apache_beam as beam
import orjson

from pipeline import files
from pipeline.dedup.blocks import Steps, Tally, add_up
from pipeline.dedup.candidates import write_edges
from pipeline.dedup.components import IN_PROCESS, write_labels
from pipeline.dedup.keepers import write_hashed, write_labelled
from pipeline.dedup.parts import Part, drop_file
from pipeline.dedup.stages import Deduplicator, DedupMinhash
from pipeline.engine import Engine

__all__ = ["Part", "deduplicate", "drop_file"]


DONE = "done.json"
_MOST_PARTITIONS = 1024
_NOTHING: Tally = {"clusters": 0, "clustered": 0, "dropped": 0, "largest": [], "shuffled_bytes": 0}


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

    Copies form sets: documents with the same key, or, for near-duplicates, the connected components of the
    verified pairs. **Of each set every document but its keeper is dropped**, also where it resembles the
    keeper only through others. A document's global row id is `unit << 32 | row in its part`.

    `out/<unit>.parquet` is written for every part, sorted by row: `row` (uint32), `id`, `url`, `keeper`
    (uint64, a row id), `keeper_id`, `keeper_url`, `similarity` (float32: 1, or the estimated Jaccard similarity to the
    keeper), `cluster` (uint64, the smallest row id of the set). Last comes `out/done.json`: `clusters` (sets
    of two or more), `clustered` (documents in them), `dropped`, `largest` (up to ten sizes),
    `shuffled_bytes`, and for near-duplicates `candidates` (pairs compared) and `edges` (pairs that held).
    What a broken-off call left behind is removed first.

    Args:
        parts: their key columns are those of `stage.keys`; units are below 2^31, and each stands once.
        earlier: folders of barriers that have decided about the same parts; rows dropped there take no part.
        partitions: into how many hash ranges keys are cut. The result does not depend on it. in_process: up
        to how many edges components are found in this process. The result does not depend on it.
    """
    files.remove(out)
    work = files.join(out, "work")
    partitions = partitions or min(max(len(parts), engine.workers), _MOST_PARTITIONS)
    tallies = []
    if parts and isinstance(stage, DedupMinhash):
        edges = files.join(work, "edges")
        tallies.append(
            _run(engine, parts, work, lambda s: write_edges(s, parts, stage, earlier, edges, partitions))
        )
        labels = write_labels(edges, work, engine, partitions, in_process)
        rank, signature = stage.column("rank"), stage.column("signature")
        tallies.append(
            _run(engine, parts, work, lambda s: write_labelled(s, labels, rank, signature, out, partitions))
        )
    elif parts:
        tallies.append(
            _run(engine, parts, work, lambda s: write_hashed(s, parts, stage, earlier, out, partitions))
        )
    files.remove(work)
    files.write_bytes(
        files.join(out, DONE), orjson.dumps(_NOTHING | add_up(tallies), option=orjson.OPT_INDENT_2)
    )


def _run(engine: Engine, parts: Sequence[Part], work: str, wire: Callable[[Steps], None]) -> Tally:
    """Runs one pipeline, and gives what its steps tallied."""
    counts = files.join(work, "tally.json")

    def build(pipeline: beam.Pipeline) -> None:
        steps = Steps(pipeline, parts)
        wire(steps)
        steps.write_tally(counts)

    engine.run(build)
    return cast(Tally, orjson.loads(files.read_bytes(counts)))
