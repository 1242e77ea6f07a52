"""What a deduplicator does between two passes: from the key columns of all parts to the rows of each part
that go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import apache_beam as beam
import numpy as np
import orjson

from pipeline import files
from pipeline.dedup.candidates import write_edges
from pipeline.dedup.components import IN_PROCESS, Numbered, write_labels
from pipeline.dedup.keepers import write_hashed, write_labelled
from pipeline.dedup.layout import Layout, lay_out
from pipeline.dedup.parts import Parts, drop_file, take
from pipeline.dedup.stages import Deduplicator, DedupMinhash
from pipeline.dedup.steps import Steps
from pipeline.dedup.summary import Tally, add_up
from pipeline.engine import Engine

__all__ = ["Parts", "deduplicate", "drop_file"]


DONE = "done.json"
_NOTHING: Tally = {"clusters": 0, "clustered": 0, "dropped": 0, "sizes": [], "largest": []}
_NOTHING_NEAR: Tally = {"candidates": 0, "edges": 0}


def deduplicate(
    stage: Deduplicator,
    parts: Parts,
    earlier: Sequence[str],
    out: str,
    engine: Engine,
    *,
    partitions: int | None = None,
    group: int | None = None,
    in_process: int = IN_PROCESS,
) -> None:
    """Find out which rows of which parts are copies, and write them to the folder `out`.

    Copies form sets: documents with the same key, or, for near-duplicates, the connected components of the
    verified pairs. **Of each set every document but its keeper is dropped**, also where it resembles the
    keeper only through others. A document's global row id is `unit << 32 | row in its part`.

    `out/<unit>.parquet` is written for every part, sorted by row: `row` (uint32), `id`, `url`, `keeper`
    (uint64, a row id), `keeper_id`, `keeper_url`, `similarity` (float32: 1, or the estimated Jaccard similarity to the
    keeper), `cluster` (uint64, the smallest row id of the set). Last comes `out/done.json`:

    - `clusters` (sets of two or more), `clustered` (documents in them), `dropped`;
    - `sizes`: rising, lists of the documents of a set, how many such sets there are, and the tokens in all of them;
      above 1,000 documents a size is rounded down to two significant digits;
    - `largest`: up to ten sets: how many `documents` and `tokens`, `id` and `url` of the one that stays, and `urls`,
      those of the first five that went and have one, each once;
    - for near-duplicates `candidates` (pairs that met) and `edges` (pairs that held);
    - `shuffled`: for each step the `bytes` that came to it, and the most that came to one of its partitions or groups
      (`inbox`).

    What a broken-off call left behind is removed first. If its workers still write, they write the same files.

    Args:
        parts: their key columns are those of `stage.keys`.
        earlier: folders of barriers that have decided about the same parts; rows dropped there take no part.
        partitions: into how many hash ranges keys are cut. group: how many parts a worker takes at a time. in_process:
            up to how many edges components are found in this process. The result depends on none of them.
    """
    files.remove(out)
    work = files.join(out, "work")
    nothing = _NOTHING | (_NOTHING_NEAR if isinstance(stage, DedupMinhash) else {})
    tallies: list[Tally] = []
    if parts.count:
        layout = lay_out(parts, tuple(earlier), partitions, group)
        if isinstance(stage, DedupMinhash):
            tallies = _near_duplicates(stage, layout, work, out, engine, in_process)
        else:
            tallies = [_run(engine, work, "drops", lambda steps: write_hashed(steps, layout, stage, out))]
        files.remove(work)
    found = add_up(tallies)
    found["largest"] = _named(found.get("largest", []), found.pop("urls", []), parts)
    shuffled = {"shuffled": dict(sorted(found.pop("shuffled", {}).items()))}
    done = {name: found.get(name, none) for name, none in nothing.items()} | shuffled
    files.write_bytes(files.join(out, DONE), orjson.dumps(done, option=orjson.OPT_INDENT_2))


def _named(
    largest: Sequence[Sequence[int]], urls: Sequence[Sequence[Any]], parts: Parts
) -> list[dict[str, Any]]:
    """The largest sets with the documents that stay, out of the parts these stand in, and with some that went."""
    named = []
    for documents, lowest, keeper, tokens in largest:
        (columns,) = take(parts, np.array([keeper], np.uint64), ["id", "url"]).to_pylist()
        gone = dict.fromkeys(url for _, cluster, _, url in urls if cluster == lowest)
        named.append({"documents": documents, "tokens": tokens, **columns, "urls": list(gone)})
    return named


def _near_duplicates(
    stage: DedupMinhash, layout: Layout, work: str, out: str, engine: Engine, in_process: int
) -> list[Tally]:
    copies = files.join(work, "copies")
    edges = Numbered(files.join(work, "edges"), layout.groups)
    compared = _run(
        engine, work, "edges", lambda steps: write_edges(steps, layout, stage, copies, edges.folder)
    )
    verified = compared.get("verified", 0)
    ranges = layout.partitions(2 * verified, 2)
    labels, joined = write_labels(edges, verified, work, engine, ranges, in_process)
    kept = _run(
        engine, work, "drops", lambda steps: write_labelled(steps, layout, stage, copies, labels, out)
    )
    return [compared, *joined, kept]


def _run(engine: Engine, work: str, name: str, wire: Callable[[Steps], None]) -> Tally:
    """Runs one pipeline, and gives what its steps tallied."""
    counts = files.join(work, f"{name}.json")

    def build(pipeline: beam.Pipeline) -> None:
        steps = Steps(pipeline)
        wire(steps)
        steps.write_tally(counts)

    engine.run(build)
    return cast(Tally, orjson.loads(files.read_bytes(counts)))
