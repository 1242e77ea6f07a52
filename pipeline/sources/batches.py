"""Collects documents into batches."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from pipeline.batch import DOCUMENT
from pipeline.sources.config import Source
from pipeline.sources.document import Document, Progress
from pipeline.sources.unit import Chunk, Unreadable

# A file of nothing but damage must not fill the memory with reports, nor one of empty texts with documents.
MOST_UNREADABLE = 4096
MOST_DOCUMENTS = 1 << 16


def chunks(
    items: Iterator[Document | Unreadable], path: str, config: Source, progress: Progress
) -> Iterator[Chunk]:
    """What a reader yields, in batches of `batch_bytes` of text (the document that reaches it is the last).

    Texts longer than `limits.document_bytes` are turned into reports here, for all formats alike. The last
    chunk may have no documents.
    """
    documents: list[Document] = []
    unreadable: list[Unreadable] = []
    size = 0
    for item in items:
        if isinstance(item, Unreadable):
            unreadable.append(item)
        else:
            length = utf8_length(item.text)
            if length > config.limits.document_bytes:
                unreadable.append(_too_long(item, path, length, config.limits.document_bytes))
            else:
                documents.append(item)
                size += length
        if (
            size >= config.batch_bytes
            or len(unreadable) >= MOST_UNREADABLE
            or len(documents) >= MOST_DOCUMENTS
        ):
            yield Chunk(to_batch(documents), tuple(unreadable), progress.position)
            documents, unreadable, size = [], [], 0
    yield Chunk(to_batch(documents), tuple(unreadable), progress.position)


def utf8_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def to_batch(documents: list[Document]) -> pa.RecordBatch:
    """The documents as a batch of `pipeline.batch.DOCUMENT`; no language yet."""
    count = len(documents)
    columns = {
        "id": [document.id for document in documents],
        "url": [document.url for document in documents],
        "source": [document.source for document in documents],
        "date": [document.date for document in documents],
        "text": [document.text for document in documents],
        "language": [None] * count,
        "language_score": [None] * count,
        "metadata": [document.metadata for document in documents],
    }
    arrays = [pa.array(columns[field.name], type=field.type) for field in DOCUMENT]
    return pa.RecordBatch.from_arrays(arrays, schema=DOCUMENT)


def _too_long(document: Document, path: str, length: int, limit: int) -> Unreadable:
    detail = f"text of {length:,} bytes, more than limits.document_bytes ({limit:,})"
    return Unreadable(path, document.offset, "unreadable", "text_too_long", detail)
