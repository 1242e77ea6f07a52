"""Why a document was kept or dropped: from a run directory, or by taking a text through a recipe."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from filters.kernels.words import count_words
from filters.resources import fetch
from filters.stage import Annotator, Editor, Filter, Stage
from pipeline import files
from pipeline.batch import DOCUMENT, MEASURE, set_column
from pipeline.errors import UserError
from pipeline.explanation import (
    ExplainedDocument,
    Explanation,
    Judgement,
    Keeper,
    Outcome,
    checks,
    print_explanation,
)
from pipeline.ledger_files import listing
from pipeline.recipe import Recipe, load_recipe
from pipeline.rundir import RunDirectory
from pipeline.unreadable import count_unreadable

__all__ = ["explain_document", "explain_text", "print_explanation"]


def explain_document(run: RunDirectory, url: str | None = None, id: str | None = None) -> Explanation:
    """What became of the documents with this URL, or this id, in a run.

    Only the column that is searched is read, and of what is found everything but its text.

    Raises:
        UserError: neither or both were given, this is not a run directory, or the run has no such document.
    """
    if (url is None) == (id is None):
        raise UserError("name one document: by --url or by --id")
    column, wanted = ("url", url) if url is not None else ("id", id)
    recipe = load_recipe(run.path("recipe.yaml"))
    last = str(max(stage.number for stage in run.stages()))
    dropped = [
        f for folder in files.list_files(run.path("dropped")) for f in files.list_files(folder, ".parquet")
    ]
    kept = files.list_files(run.path("parts", last), ".parquet")
    found, searched = [], 0
    for file in (*dropped, *kept):
        rows, documents = _find(file, column, wanted)
        searched += documents
        found += [_explain_row(run, recipe, file, row) for row in rows]
    if not found:
        raise UserError(_not_found(run, column, wanted, searched))
    return Explanation(tuple(found))


def _find(url: str, column: str, wanted: str | None) -> tuple[list[dict[str, Any]], int]:
    """The rows of a Parquet file with this value, without their text; and how many rows it has.

    `row` is added to each: its place in the file.
    """
    rows: list[dict[str, Any]] = []
    first = 0
    with files.open_read(url) as file:
        reader = pq.ParquetFile(file)
        names = [name for name in reader.schema_arrow.names if name not in ("text", "metadata")]
        for group in range(reader.num_row_groups):
            values = reader.read_row_group(group, columns=[column])[column]
            places = np.flatnonzero(pc.fill_null(pc.equal(values, wanted), False))
            if len(places):
                found = reader.read_row_group(group, columns=names).take(places).to_pylist()
                rows += [{**row, "row": first + int(at)} for at, row in zip(places, found, strict=True)]
            first += len(values)
    return rows, first


def _explain_row(run: RunDirectory, recipe: Recipe, url: str, row: dict[str, Any]) -> ExplainedDocument:
    """A row of `dropped/` (it has a stage) or of the last parts."""
    dropped_by = row.get("stage")
    if dropped_by is not None:
        values = dict(row["measures"])
    else:
        values = {
            name.removeprefix(MEASURE): value for name, value in row.items() if name.startswith(MEASURE)
        }
    return ExplainedDocument(
        id=row["id"],
        url=row["url"],
        source=row["source"],
        date=row["date"],
        language=row["language"],
        language_score=row["language_score"],
        bytes=row.get("bytes"),
        words=row["words"] if dropped_by is not None else row["count.words"],
        tokens=row["tokens"] if dropped_by is not None else row["count.tokens"],
        kept=dropped_by is None,
        stage=dropped_by,
        reason=row.get("reason"),
        stages=_judgements(recipe, values, dropped_by),
        duplicate_of=find_keeper(run, dropped_by, url, row["row"]) if dropped_by is not None else None,
    )


def _judgements(recipe: Recipe, values: dict[str, float], dropped_by: str | None) -> tuple[Judgement, ...]:
    judgements = []
    outcome: Outcome = "passed"
    for stage in recipe.stages:
        if stage.label == dropped_by:
            outcome = "dropped"
        elif outcome == "dropped":
            outcome = "not reached"
        own = {}
        if isinstance(stage, Filter) and outcome != "not reached":
            prefix = f"{stage.label}."
            own = {
                name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)
            }
        beside = checks(stage, own) if own and isinstance(stage, Filter) else ()
        judgements.append(Judgement(stage.label, stage.stage, stage.kind, outcome, beside))
    return tuple(judgements)


def find_keeper(run: RunDirectory, label: str, dropped: str, row: int) -> Keeper | None:
    """Whom the document in this row of a file of `dropped/` is a duplicate of; None if it is of nobody.

    A deduplicator's drop file of a unit has the same documents in the same order as that unit's dropped rows.
    """
    url = files.join(run.duplicates(label), dropped.rsplit("/", 1)[-1])
    if not files.exists(url):
        return None
    before = files.read_table(dropped, ["stage"])["stage"].slice(0, row)
    place = pc.sum(pc.equal(before, label)).as_py() or 0
    keeper = files.read_table(url, ["keeper_id", "keeper_url", "similarity"]).slice(place, 1).to_pylist()[0]
    return Keeper(keeper["keeper_id"], keeper["keeper_url"], keeper["similarity"])


def _not_found(run: RunDirectory, column: str, wanted: str | None, searched: int) -> str:
    lines = [
        f"{run.url} has no document with the {column} {wanted!r}, among the {searched:,} it dropped or kept."
    ]
    if column == "url":
        lines.append("URLs must be the same to the letter; `--id` finds a document that has none.")
    count = len(run.units())
    missing = count - int(listing(run, max(stage.number for stage in run.stages())).done(count).sum())
    if missing:
        lines.append(f"The run is not finished: {missing} units may still hold it.")
    records = sum(count_unreadable(run)["records"].to_pylist())
    if records:
        lines.append(
            f"{records:,} records of the input gave no document at all, and so have no {column}: "
            f"`unreadable/` lists them by file and offset."
        )
    return "\n".join(lines)


def explain_text(text: str, recipe: Recipe, url: str | None = None, cache: Path | None = None) -> Explanation:
    """Take one text through a recipe, to its end: the verdict is that of the first stage that would drop it.

    Deduplicators compare documents, so they cannot judge one. Tokens are not counted: that needs a run's
    tokenizer.

    Args:
        url: for the stages that look at it.
        cache: where models and word lists that are not local are kept; the user's cache folder if not given.

    Raises:
        UserError: a model or word list of the recipe is not to be had.
    """
    walk = _Walk(_one_document(text, url), [])
    for stage in recipe.stages:
        _load(stage, cache or platformdirs.user_cache_path("assay") / "resources")
        walk.judgements.append(walk.judge(stage))
    drop = next((judgement for judgement in walk.judgements if judgement.outcome == "dropped"), None)
    row = walk.batch.to_pylist()[0]
    document = ExplainedDocument(
        id=row["id"],
        url=url,
        source=None,
        date=None,
        language=row["language"],
        language_score=row["language_score"],
        bytes=len(row["text"].encode()),
        words=int(count_words(walk.batch.column("text"))[0]),
        tokens=None,
        kept=drop is None,
        stage=drop.label if drop else None,
        reason=next(check.reason for check in drop.checks if check.fired) if drop else None,
        stages=tuple(walk.judgements),
    )
    return Explanation((document,))


@dataclass
class _Walk:
    """A text on its way: the batch of one document as it is now."""

    batch: pa.RecordBatch
    judgements: list[Judgement]

    def judge(self, stage: Stage) -> Judgement:
        if isinstance(stage, Annotator):
            return self._annotate(stage)
        if isinstance(stage, Editor):
            return self._edit(stage)
        if isinstance(stage, Filter):
            return self._filter(stage)
        note = "needs other documents"
        return Judgement(stage.label, stage.stage, stage.kind, "not judged", note=note)

    def _annotate(self, stage: Annotator) -> Judgement:
        columns = stage.annotate(self.batch)
        for name, values in columns.items():
            self.batch = set_column(self.batch, name, values)
        note = ", ".join(f"{name} {_shown(values[0].as_py())}" for name, values in columns.items())
        return Judgement(stage.label, stage.stage, stage.kind, "passed", note=note)

    def _edit(self, stage: Editor) -> Judgement:
        before, texts = self.batch.column("text"), stage.edit(self.batch)
        self.batch = set_column(self.batch, "text", texts)
        old, new = (values[0].as_py() for values in (before, texts))
        sizes = f"{len(old.encode()):,} bytes to {len(new.encode()):,}"
        note = "left as it is" if old == new else f"changed, {sizes}"
        return Judgement(stage.label, stage.stage, stage.kind, "passed", note=note)

    def _filter(self, stage: Filter) -> Judgement:
        values = {name: float(numbers[0]) for name, numbers in stage.measure(self.batch).items()}
        for name, value in values.items():
            column = pa.array([value], pa.float64())
            self.batch = set_column(self.batch, f"{MEASURE}{stage.label}.{name}", column)
        beside = checks(stage, values)
        outcome: Outcome = "dropped" if any(check.fired for check in beside) else "passed"
        return Judgement(stage.label, stage.stage, stage.kind, outcome, beside)


def _one_document(text: str, url: str | None) -> pa.RecordBatch:
    whole = text.encode("utf-8", "replace").decode()  # a lone surrogate has no UTF-8
    row = {"id": "text", "url": url, "source": "text", "text": whole}
    return pa.RecordBatch.from_pylist([row], schema=DOCUMENT)


def _load(stage: Stage, cache: Path) -> None:
    try:
        stage.load({setting: fetch(resource, cache) for setting, resource in stage.resources().items()})
    except (OSError, ValueError, ImportError) as error:
        raise UserError(f"{stage.label}: {error}") from error


def _shown(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
