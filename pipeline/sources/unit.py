"""What is read at a time, and what reading it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

Format = Literal["warc", "wet", "arc", "jsonl", "parquet", "csv", "text"]


def unit_name(index: int) -> str:
    """The stem of every file that is written for a unit."""
    return f"{index:06d}"


@dataclass(frozen=True, slots=True)
class Unit:
    """A slice of the input: the piece of work that is done, or not done, as a whole.

    `index` is its place in the order of the input (files as sorted, then by position), `start` and `stop` are
    positions in the file as it is stored: bytes (compressed ones where it is compressed), or row groups of
    Parquet.
    """

    index: int
    path: str
    format: Format
    start: int
    stop: int
    bytes: int

    @property
    def name(self) -> str:
        return unit_name(self.index)


@dataclass(frozen=True)
class Unreadable:
    """A record that gave no document: where it stands, and why.

    `kind` is `unreadable` where something is wrong with it and `skipped` where it is sound and not a document
    (a request record, an image, a redirect). `cause` is one of a few short names (`truncated_gzip`), `detail`
    a sentence for people. `offset` is in bytes of the stored file, at the record or the gzip member that
    holds it; a row number for Parquet.
    """

    path: str
    offset: int
    kind: Literal["unreadable", "skipped"]
    cause: str
    detail: str


@dataclass(frozen=True)
class Chunk:
    """What a reader yields: some documents, what could not be read since the last chunk, and how far it has
    come."""

    documents: pa.RecordBatch  # of pipeline.batch.DOCUMENT
    unreadable: tuple[Unreadable, ...]
    position: int  # in bytes of the stored file, for progress
