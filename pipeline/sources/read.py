"""Reads a unit: the one entrance to all formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline.sources import csv, jsonl, parquet, text, webarchive
from pipeline.sources.batches import chunks
from pipeline.sources.config import Source
from pipeline.sources.document import Document, Progress
from pipeline.sources.unit import Chunk, Format, Unit, Unreadable

Reader = Callable[[Unit, Source, Progress], Iterator[Document | Unreadable]]

READERS: dict[Format, Reader] = {
    "warc": webarchive.read,
    "wet": webarchive.read,
    "arc": webarchive.read,
    "jsonl": jsonl.read,
    "parquet": parquet.read,
    "csv": csv.read,
    "text": text.read,
}


def read_unit(unit: Unit, config: Source) -> Iterator[Chunk]:
    """The documents of a unit in the order of the file, and what could not be read, in chunks.

    Every record (line, row, record of an archive) becomes exactly one document or one Unreadable; damage of
    the compressed data between or after records is one more. A few batches are held in memory, whatever the
    file's size. The last chunk may be without documents. A file that was found empty is reported as skipped.

    Raises:
        UserError: the extractor that the recipe wants is not installed.
        OSError: the file cannot be opened or its store fails.
    """
    progress = Progress(unit.start)
    if unit.start == unit.stop:
        empty = Unreadable(unit.path, 0, "skipped", "empty_file", "the file holds nothing")
        return chunks(iter([empty]), unit.path, config, progress)
    return chunks(READERS[unit.format](unit, config, progress), unit.path, config, progress)
