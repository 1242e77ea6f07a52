"""What a worker does with a unit: take each document through the recipe as if no deduplicator dropped anything, and write
its keys."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters.stage import Annotator, Editor, Filter, Stage
from pipeline import files
from pipeline.batch import set_column
from pipeline.dedup.stages import Deduplicator, DedupMinhash
from pipeline.ledger import UNKNOWN_LANGUAGE
from pipeline.passes.writers import BatchWriter
from pipeline.planning.draw import draws
from pipeline.planning.probe.keyfiles import (
    TOKENS_FINAL,
    TOKENS_RAW,
    low_bytes,
    schema,
    slow_column,
)
from pipeline.planning.survey import chunks_of
from pipeline.recipe import Recipe, parse_recipe
from pipeline.resources import FetchedResource, load_stages, resource_path
from pipeline.rundir import RunDirectory
from pipeline.sources.unit import Unit
from pipeline.tokens.tokenizer import BackendName, Tokenizer

# What a unit counted. A stage has `in` and `out`, of deduplicators the documents that have a key; `read` and `tokenize`
# also have languages.
COUNTED = pa.schema(
    [
        ("stage", pa.string()),
        ("outcome", pa.string()),
        ("language", pa.string()),
        ("documents", pa.int64()),
        ("bytes", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Task:
    """What a worker needs to know; small enough to be shipped."""

    folder: RunDirectory
    recipe: str  # resolved, as YAML
    seed: int
    limit: (
        float  # documents with a smaller draw are looked at closely: tokens are counted, slow filters asked
    )
    tokenizer: FetchedResource
    tokenizer_backend: BackendName
    resources: tuple[FetchedResource, ...]


@dataclass(frozen=True)
class _Opened:
    recipe: Recipe
    tokenizer: Tokenizer
    schema: pa.Schema


@lru_cache(maxsize=1)
def _open(task: Task) -> _Opened:
    recipe = parse_recipe(task.recipe, "recipe.yaml")
    load_stages(recipe.stages, task.folder, task.resources)
    tokenizer = Tokenizer.open(
        str(resource_path(task.folder, task.tokenizer)),
        end_of_text=recipe.tokenizer.end_of_text,
        backend=task.tokenizer_backend,
    )
    return _Opened(recipe, tokenizer, schema(recipe.stages))


def key_file(folder: RunDirectory, unit: int) -> str:
    return folder.part(0, unit)


def read_keys(task: Task, unit: Unit) -> None:
    """Write the key file of a unit; commit by what it counted."""
    opened = _open(task)
    counted: list[pa.RecordBatch] = []
    with BatchWriter(key_file(task.folder, unit.index), opened.schema) as writer:
        for first, chunk in chunks_of(task.folder, unit, opened.recipe.source):
            batch = chunk.documents
            drawn = draws(task.seed, unit, first, batch.num_rows)
            passage = _Passage(batch, drawn, drawn < task.limit, opened.tokenizer)
            for stage in opened.recipe.stages:
                passage.apply(stage)
            writer.write(passage.end(opened.schema))
            counted.append(passage.counted())
    table = pa.Table.from_batches(counted, COUNTED)
    names = ["stage", "outcome", "language"]
    added = table.group_by(names).aggregate([("documents", "sum"), ("bytes", "sum")])
    ordered = added.rename_columns(COUNTED.names).sort_by([(name, "ascending") for name in names])
    files.write_table(task.folder.ledger(0, unit.index), ordered)


class _Passage:
    """The documents of a batch on their way. `batch` holds those that no filter has dropped yet, which stood at `places`
    when they came in."""

    def __init__(
        self,
        batch: pa.RecordBatch,
        drawn: NDArray[np.float64],
        close: NDArray[np.bool_],
        tokenizer: Tokenizer,
    ) -> None:
        self.batch = batch
        self.places = np.arange(batch.num_rows)
        self._size = batch.num_rows
        self._close = close
        self._tokenizer = tokenizer
        self._reach = np.zeros(self._size, np.int8)
        self._counts: list[tuple[str, str, str, int, int]] = []
        self._languages = np.full(self._size, UNKNOWN_LANGUAGE, object)
        self._raw = _bytes_of(batch)
        self._columns: dict[str, pa.Array] = {
            "draw": pa.array(drawn),
            "raw": pa.array(self._raw),
            TOKENS_RAW: self._tokens(),
        }
        self._note_languages()

    def apply(self, stage: Stage) -> None:
        if isinstance(stage, Deduplicator):
            self._key(stage)
            return
        self._count(stage.label, "in")
        if isinstance(stage, Annotator):
            for name, values in stage.annotate(self.batch).items():
                self.batch = set_column(self.batch, name, values)
            self._note_languages()
        elif isinstance(stage, Editor):
            self.batch = set_column(self.batch, "text", stage.edit(self.batch))
        elif isinstance(stage, Filter) and stage.slow:
            self._ask(stage)
        elif isinstance(stage, Filter):
            self._filter(stage)
        self._count(stage.label, "out")

    def end(self, wanted: pa.Schema) -> pa.RecordBatch:
        """The rows of the key file."""
        passes = np.zeros(self._size, np.bool_)
        passes[self.places] = True
        final = np.zeros(self._size, np.int64)
        final[self.places] = _bytes_of(self.batch)
        self._columns |= {
            "reach": pa.array(self._reach),
            "passes": pa.array(passes),
            "final": pa.array(final),
            TOKENS_FINAL: self._tokens(),
        }
        self._by_language("read", np.arange(self._size), self._raw)
        self._by_language("tokenize", self.places, final[self.places])
        return pa.RecordBatch.from_arrays([self._columns[name] for name in wanted.names], schema=wanted)

    def counted(self) -> pa.RecordBatch:
        columns = zip(*self._counts, strict=True) if self._counts else [[]] * len(COUNTED)
        return pa.RecordBatch.from_arrays(
            [pa.array(column, field.type) for column, field in zip(columns, COUNTED, strict=True)],
            schema=COUNTED,
        )

    def _key(self, stage: Deduplicator) -> None:
        self._reach[self.places] += 1
        keys = stage.keys(self.batch)
        if isinstance(stage, DedupMinhash):
            signature = stage.column("signature")
            keys[signature] = low_bytes(keys[signature])
        self._columns |= {name: self._spread(values) for name, values in keys.items()}
        there = np.asarray(keys[stage.column("key")].is_valid())
        self._counts.append((stage.label, "keys", "", int(there.sum()), 0))

    def _filter(self, stage: Filter) -> None:
        measures = stage.measure(self.batch)
        for name, values in measures.items():
            column = pa.array(values, pa.float64())
            self.batch = set_column(self.batch, f"measure.{stage.label}.{name}", column)
        stays = ~_fires(stage, measures, self.batch.num_rows)
        self.batch = self.batch.filter(pa.array(stays))
        self.places = self.places[stays]

    def _ask(self, stage: Filter) -> None:
        """What a slow filter says of the documents that are looked at closely; all of them go on."""
        asked = np.flatnonzero(self._close[self.places])
        some = self.batch.take(pa.array(asked))
        verdicts = ~_fires(stage, stage.measure(some), len(asked)) if len(asked) else np.zeros(0, np.bool_)
        column = np.full(self._size, None, object)
        column[self.places[asked]] = verdicts
        self._columns[slow_column(stage)] = pa.array(column, pa.bool_())

    def _tokens(self) -> pa.Array:
        """Tokens of the texts as they are now, of those that are looked at closely."""
        asked = np.flatnonzero(self._close[self.places])
        texts = self.batch.column("text").take(pa.array(asked))
        column = np.zeros(self._size, np.int64)
        there = np.zeros(self._size, np.bool_)
        if len(asked):
            column[self.places[asked]] = self._tokenizer.count(texts)
        there[self.places[asked]] = True
        return pa.array(column, mask=~there)

    def _spread(self, values: pa.Array) -> pa.Array:
        """One value for each document that came in, null for those that are dropped."""
        at = np.full(self._size, -1)
        at[self.places] = np.arange(len(self.places))
        return values.take(pa.array(at, mask=at < 0))

    def _note_languages(self) -> None:
        known = self.batch.column("language").to_numpy(zero_copy_only=False)
        there = np.asarray(self.batch.column("language").is_valid())
        self._languages[self.places[there]] = known[there]

    def _count(self, stage: str, outcome: str) -> None:
        self._counts.append((stage, outcome, "", len(self.places), int(_bytes_of(self.batch).sum())))

    def _by_language(self, stage: str, places: NDArray[np.int64], sizes: NDArray[np.int64]) -> None:
        languages, which = np.unique(self._languages[places].astype(str), return_inverse=True)
        documents = np.bincount(which, minlength=len(languages))
        for at, language in enumerate(languages.tolist()):
            size = int(sizes[which == at].sum())
            self._counts.append((stage, "in", language, int(documents[at]), size))


def _fires(stage: Filter, measures: dict[str, NDArray[np.float64]], count: int) -> NDArray[np.bool_]:
    fired = np.zeros(count, np.bool_)
    for rule in stage.rules():
        fired |= rule.fires(measures[rule.measure])
    return fired


def _bytes_of(batch: pa.RecordBatch) -> NDArray[np.int64]:
    return np.asarray(pc.binary_length(batch.column("text")), np.int64)
