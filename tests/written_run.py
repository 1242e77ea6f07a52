"""Small run directories, written as the passes write them, for the tests of what reads one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline import files
from pipeline.batch import DOCUMENT, GROUPS, LENGTH, MEASURE
from pipeline.dedup.drops import DROPS
from pipeline.ledger import Quantities, UnitLedger
from pipeline.passes.writers import DROPPED, UNREADABLE
from pipeline.rundir import RunDirectory, StageEntry
from pipeline.sources.unit import Unit
from pipeline.tallies.gather import UnitTallies
from pipeline.tallies.groups import length_classes

Amounts = tuple[int, int, int]  # bytes, words, tokens

STAGES = (
    StageEntry("read", "read", "source", 0),
    StageEntry("language", "language", "annotator", 0),
    StageEntry("gopher_quality", "gopher_quality", "filter", 0),
    StageEntry("lines", "c4_lines", "editor", 0),
    StageEntry("near", "dedup_minhash", "deduplicator", 1),
    StageEntry("fineweb", "fineweb", "filter", 1),
    StageEntry("tokenize", "tokenize", "tokenizer", 1),
)


@dataclass(frozen=True)
class Page:
    """A document, and what is to become of it."""

    amounts: Amounts
    id: str = "page"
    url: str | None = None
    source: str = "web"
    language: str | None = "en"
    groups: int = 0  # the bits of the audited groups of which it holds a term
    goes: tuple[str, str] | None = None  # the stage that drops it, and its reason
    fired: tuple[str, ...] = ()  # reasons that fired at that stage; the reason alone if none are given
    trims: dict[str, Amounts] = field(default_factory=dict)  # what each editor takes out of it
    measures: dict[str, float] = field(default_factory=dict)  # by `stage.measure`
    keeper: tuple[int, str, str | None] | None = (
        None  # of a duplicate: cluster, and the id and url that stayed
    )


@dataclass(frozen=True)
class Written:
    """A unit of a run: its documents, what could not be read, and its bytes as stored."""

    pages: Sequence[Page]
    unreadable: Sequence[tuple[str, int, str, str, str]] = ()
    stored: int = 1000


def write_run(
    folder: Path,
    units: Sequence[Written],
    stages: Sequence[StageEntry] = STAGES,
    batch: int = 3,
    groups: Sequence[str] = (),
) -> RunDirectory:
    """A finished run of these units, but for its shards. `groups` are the names of audited groups."""
    run = RunDirectory(str(folder))
    described = [
        Unit(at, f"in/{at}.jsonl", "jsonl", 0, unit.stored, unit.stored) for at, unit in enumerate(units)
    ]
    run.write_units(described)
    run.write_json(
        "manifest.json",
        {
            "assay": "0.1.0",
            "recipe": {"name": "try"},
            "inputs": [{"path": unit.path, "bytes": unit.bytes, "fingerprint": "f"} for unit in described],
            "stages": [stage.to_json() for stage in stages],
            "tokenizer": {"backend": "tokenizers", "vocabulary_size": 1024, "note": "Checked."},
        },
    )
    for unit, written in zip(described, units, strict=True):
        _write_unit(run, unit, written, stages, batch, groups)
    for stage in stages:
        if stage.kind == "deduplicator":
            _write_found(run, stage.label, [page for written in units for page in written.pages])
    return run


def _write_unit(
    run: RunDirectory,
    unit: Unit,
    written: Written,
    stages: Sequence[StageEntry],
    batch: int,
    groups: Sequence[str],
) -> None:
    living = [(page, page.amounts) for page in written.pages]
    for number in range(stages[-1].number + 1):
        count = _Counter(unit, groups)
        dropped: list[dict[str, object]] = []
        survivors = []
        for start in range(0, len(living), batch):
            group = living[start : start + batch]
            survivors += _through_pass(group, [s for s in stages if s.number == number], count, dropped)
        living = survivors
        files.write_table(run.dropped(number, unit.index), pa.Table.from_pylist(dropped, schema=DROPPED))
        files.write_table(run.part(number, unit.index), _part(living))
        files.write_table(run.tallies(number, unit.index), count.tallies.table())
        files.write_table(run.ledger(number, unit.index), count.ledger.table())
    rows = [dict(zip(UNREADABLE.names, record, strict=True)) for record in written.unreadable]
    files.write_table(run.unreadable(unit.index), pa.Table.from_pylist(rows, schema=UNREADABLE))
    for stage in stages:
        if stage.kind == "deduplicator":
            _write_duplicates(run, unit, stage.label, written.pages)


class _Counter:
    """Tells the ledger and the tallies of some documents of a batch: their places in it, and what they amount to."""

    def __init__(self, unit: Unit, groups: Sequence[str]) -> None:
        self.ledger = UnitLedger(unit.index)
        self.tallies = UnitTallies(unit.index, groups)

    def begin_batch(self, pages: Sequence[Page]) -> None:
        columns = {
            "id": [page.id for page in pages],
            "url": pa.array([page.url for page in pages], pa.string()),
        }
        groups = pa.array([page.groups for page in pages], pa.uint64())
        lengths = pa.array(length_classes(np.array([page.amounts[0] for page in pages], np.int64)))
        self.tallies.begin_batch(pa.RecordBatch.from_pydict({**columns, GROUPS: groups, LENGTH: lengths}))

    def __call__(
        self,
        stage: StageEntry,
        outcome: str,
        rows: Sequence[tuple[int, Amounts]],
        reason: str = "",
        documents: int = 1,
    ) -> None:
        places, amounts = _numbers(rows)
        self.ledger.add(stage.label, outcome, reason, places, amounts, documents)
        if outcome in ("in", "out"):
            self.tallies.passed(stage.label, outcome, places, amounts)
        elif outcome == "dropped" and stage.kind == "deduplicator":
            self.tallies.taken_as_copies(stage.label, places, amounts)

    def measures(self, stage: StageEntry, living: Sequence[tuple[int, tuple[Page, Amounts]]]) -> None:
        """What a filter with rules finds. A rule fires on a page that goes there if its reason is among those
        that fired."""
        label, rules = stage.label, stage.rules
        _, amounts = _numbers([(place, amounts) for place, (_, amounts) in living])
        pages = [page for _, (page, _) in living]
        of = {
            rule.measure: np.array([page.measures.get(f"{label}.{rule.measure}", np.nan) for page in pages])
            for rule in rules
        }
        reasons = {
            rule.reason: np.array([_fires(page, label, rule.reason) for page in pages], bool)
            for rule in rules
        }
        fires = np.stack([reasons[rule.reason] for rule in rules])
        self.tallies.judged(label, rules, of, fires, reasons, amounts)

    def end_batch(self, pages: Sequence[Page]) -> None:
        languages = pa.array([page.language for page in pages], pa.string())
        self.ledger.end_batch(languages, pa.array([page.source for page in pages], pa.string()))
        self.tallies.end_batch(languages)


def _numbers(rows: Sequence[tuple[int, Amounts]]) -> tuple[np.ndarray, Quantities]:
    places = np.array([place for place, _ in rows], np.int64)
    table = np.array([amounts for _, amounts in rows], np.int64).reshape(len(rows), 3)
    return places, Quantities(*table.T.copy())


def _fires(page: Page, label: str, reason: str) -> bool:
    return page.goes is not None and page.goes[0] == label and reason in (page.fired or page.goes[1:])


def _through_pass(
    group: list[tuple[Page, Amounts]],
    stages: Sequence[StageEntry],
    count: _Counter,
    dropped: list[dict[str, object]],
) -> list[tuple[Page, Amounts]]:
    """A batch through the stages of one pass, one stage after the other; those that stay."""
    pages = [page for page, _ in group]
    count.begin_batch(pages)
    living = list(enumerate(group))
    for stage in stages:
        label = stage.label
        count(stage, "in", [(place, amounts) for place, (_, amounts) in living])
        if stage.rules:
            count.measures(stage, living)
        staying = []
        for place, (page, amounts) in living:
            if page.goes is not None and page.goes[0] == label:
                _drop(count, stage, place, page, amounts, dropped)
                continue
            if label in page.trims:
                cut = page.trims[label]
                count(stage, "trimmed", [(place, cut)], documents=0)
                amounts = (amounts[0] - cut[0], amounts[1] - cut[1], amounts[2] - cut[2])
            staying.append((place, (page, amounts)))
        living = staying
        count(stage, "out", [(place, amounts) for place, (_, amounts) in living])
    count.end_batch(pages)
    return [page for _, page in living]


def _drop(
    count: _Counter,
    stage: StageEntry,
    place: int,
    page: Page,
    amounts: Amounts,
    dropped: list[dict[str, object]],
) -> None:
    assert page.goes is not None
    reason = page.goes[1]
    fired = page.fired or (reason,)
    rows = [(place, amounts)]
    count(stage, "dropped", rows, reason)
    if stage.kind == "filter":
        for name in fired:
            count(stage, "fired", rows, name)
        if len(fired) == 1:
            count(stage, "alone", rows, fired[0])
    dropped.append(
        {
            "id": page.id,
            "url": page.url,
            "source": page.source,
            "language": page.language,
            "stage": stage.label,
            "reason": reason,
            "fired": list(fired),
            "measures": list(page.measures.items()),
            **dict(zip(("bytes", "words", "tokens"), amounts, strict=True)),
        }
    )


def _part(living: Sequence[tuple[Page, Amounts]]) -> pa.Table:
    rows = [
        {
            "id": page.id,
            "url": page.url,
            "source": page.source,
            "text": "x" * amounts[0],
            "language": page.language,
        }
        for page, amounts in living
    ]
    table = pa.Table.from_pylist(rows, schema=DOCUMENT)
    for name in sorted({name for page, _ in living for name in page.measures}):
        values = [page.measures.get(name, float("nan")) for page, _ in living]
        table = table.append_column(f"{MEASURE}{name}", pa.array(values, pa.float64()))
    for at, name in ((1, "count.words"), (2, "count.tokens")):
        table = table.append_column(name, pa.array([amounts[at] for _, amounts in living], pa.int64()))
    return table


def _write_duplicates(run: RunDirectory, unit: Unit, label: str, pages: Sequence[Page]) -> None:
    rows = [
        {
            "row": at,
            "id": page.id,
            "url": page.url,
            "keeper": page.keeper[0],
            "keeper_id": page.keeper[1],
            "keeper_url": page.keeper[2],
            "similarity": 0.875,
            "cluster": page.keeper[0],
        }
        for at, page in enumerate(pages)
        if page.keeper is not None and page.goes is not None and page.goes[0] == label
    ]
    files.write_table(
        f"{run.duplicates(label)}/{unit.name}.parquet", pa.Table.from_pylist(rows, schema=DROPS)
    )


def _write_found(run: RunDirectory, label: str, pages: Sequence[Page]) -> None:
    """What a barrier says when it is done. The one that stays counts as a document without tokens."""
    gone = [page for page in pages if page.keeper and page.goes and page.goes[0] == label]
    went = [page.keeper for page in gone]
    sizes = Counter(went)
    tokens = {keeper: sum(page.amounts[2] for page in gone if page.keeper == keeper) for keeper in sizes}
    of_size = {size: [tokens[keeper] for keeper in sizes if sizes[keeper] == size] for size in sizes.values()}
    largest = sorted(sizes, key=lambda keeper: (-sizes[keeper], keeper[0]))[:10]
    found = {
        "clusters": len(sizes),
        "clustered": len(sizes) + len(went),
        "dropped": len(went),
        "sizes": [[size + 1, len(of_size[size]), sum(of_size[size])] for size in sorted(of_size)],
        "largest": [
            {"documents": sizes[k] + 1, "tokens": tokens[k], "id": k[1], "url": k[2], "urls": []}
            for k in largest
        ],
    }
    run.write_json(f"duplicates/{label}/done.json", found)
