"""What happens once, before any unit is read: models tried, the tokenizer made and checked."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from filters.stage import Annotator, Editor, Filter, Stage
from pipeline import files
from pipeline.batch import DOCUMENT, set_column
from pipeline.errors import UserError
from pipeline.recipe import Recipe
from pipeline.resources import FetchedResource, fetch_to, load_stages
from pipeline.rundir import RunDirectory
from pipeline.sources.inputs import FoundFile
from pipeline.sources.plan import plan_units
from pipeline.sources.read import read_unit
from pipeline.sources.unit import Chunk
from pipeline.tokens.config import TokenizerTrained
from pipeline.tokens.tokenizer import Tokenizer
from pipeline.tokens.train import train

# Files whose beginnings the tokenizer is trained on. Files, not units: the sample must not depend on the split.
_SAMPLE_FILES = 64
# Raw text that may be read to find the sample among what the filters let through.
_RAW_PER_SAMPLE = 4
_LEAST_SAMPLE = 1 << 20
_SAMPLE_BATCH = 1 << 18  # bytes: little more is read than is wanted of each file
_CHECKED_DOCUMENTS = 1000

Say = Callable[[str], None]


def load_all(recipe: Recipe, run: RunDirectory, resources: Sequence[FetchedResource]) -> None:
    """Open every stage on the driver: a model that cannot be opened fails here, before any data is read."""
    for place, stage in enumerate(recipe.stages):
        try:
            load_stages([stage], run, resources)
        except (OSError, ValueError, ImportError) as error:
            raise UserError(f"stages[{place}] ({stage.stage}): {error}") from error


def prepare_tokenizer(
    recipe: Recipe, run: RunDirectory, found: Sequence[FoundFile], say: Say
) -> dict[str, object]:
    """Make `tokenizer.json` where it is not there yet, choose what encodes with it, and say so.

    A trained tokenizer learns from the beginnings of up to 64 of the input's files, evenly spaced: from the
    documents that the recipe's filters let through there, so that it fits what will be encoded, and from the others
    too where those are less than 1 MiB.
    """
    settings = recipe.tokenizer
    url = run.path("tokenizer.json")
    sample: list[str] = []
    if isinstance(settings, TokenizerTrained):
        wanted = settings.train.sample_bytes
        say(f"training a tokenizer on up to {wanted / 1e6:.0f} MB of the input")
        sample = sample_texts(recipe, found, wanted)
        if not files.exists(url):
            files.write_bytes(url, train(sample, settings))
    else:
        sample = sample_texts(recipe, found, 1 << 20)
        with tempfile.TemporaryDirectory(prefix="assay-") as scratch:
            given = fetch_to(settings.resource(), Path(scratch), "tokenizer.file")
            files.write_bytes(url, given.read_bytes())
    tokenizer = Tokenizer.open(url, end_of_text=settings.end_of_text)
    note = tokenizer.check(pa.array(sample[:_CHECKED_DOCUMENTS], pa.large_string()))
    return {
        "backend": tokenizer.backend,
        "vocabulary_size": tokenizer.vocabulary_size,
        "end_of_text_id": tokenizer.end_of_text_id,
        "note": note,
    }


def sample_texts(recipe: Recipe, found: Sequence[FoundFile], wanted: int) -> list[str]:
    """Up to so many bytes of text to train on, the same share from each file that is looked into."""
    some = found[:: max(1, -(-len(found) // _SAMPLE_FILES))]
    batch_bytes = min(recipe.source.batch_bytes, _SAMPLE_BATCH)
    source = recipe.source.model_copy(update={"unit_bytes": 1 << 62, "batch_bytes": batch_bytes})
    chosen = plan_units(some, source)
    quota = -(-wanted // max(1, len(chosen)))
    kept: list[str] = []
    raw: list[str] = []
    for unit in chosen:
        kept_here: list[str] = []
        raw_here: list[str] = []
        for batch in _first_documents(read_unit(unit, source), _RAW_PER_SAMPLE * quota):
            raw_here += batch.column("text").to_pylist()
            kept_here += _survivors(recipe.stages, batch)
            if _size(kept_here) >= quota:
                break
        kept += _up_to(kept_here, quota)
        raw += _up_to(raw_here, quota)
    return kept if _size(kept) >= min(wanted, _LEAST_SAMPLE) else _up_to(kept + raw, wanted)


def _first_documents(chunks: Iterator[Chunk], budget: int) -> Iterator[pa.RecordBatch]:
    yield pa.RecordBatch.from_pylist([], schema=DOCUMENT)
    for chunk in chunks:
        yield chunk.documents
        budget -= chunk.documents.get_total_buffer_size()
        if budget <= 0:
            return


def _survivors(stages: Sequence[Stage], batch: pa.RecordBatch) -> list[str]:
    """The texts that annotators, editors and filters let through."""
    for stage in stages:
        if isinstance(stage, Annotator):
            for name, values in stage.annotate(batch).items():
                batch = set_column(batch, name, values)
        elif isinstance(stage, Editor):
            batch = set_column(batch, "text", stage.edit(batch))
        elif isinstance(stage, Filter):
            measures = stage.measure(batch)
            gone = np.zeros(batch.num_rows, bool)
            for rule in stage.rules():
                gone |= rule.fires(measures[rule.measure])
            batch = batch.filter(pa.array(~gone))
    texts: list[str] = batch.column("text").to_pylist()
    return texts


def _up_to(texts: Sequence[str], wanted: int) -> list[str]:
    taken, size = [], 0
    for text in texts:
        if size >= wanted:
            break
        taken.append(text)
        size += len(text.encode())
    return taken


def _size(texts: Sequence[str]) -> int:
    return sum(len(text.encode()) for text in texts)
