"""Files of documents that Assay itself wrote (`assay sample`), and reads as they are, whatever fields a recipe names."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import files
from pipeline.batch import DOCUMENT
from pipeline.sources.document import Document

DESCRIPTION = "sample.json"  # beside the files of a sample: how it was drawn

_COLUMNS = ("id", "url", "source", "date", "text", "metadata")
_MARK = {b"assay": b"documents"}

# What a sample keeps of a document. Its language is found anew by the recipe that it is run through.
OWN = pa.schema([DOCUMENT.field(name) for name in _COLUMNS], metadata=_MARK)


def file_name(number: int) -> str:
    """The name of each file of a sample, from 0."""
    return f"sample-{number:06d}.parquet"


def is_own(schema: pa.Schema) -> bool:
    """Whether a Parquet file says that Assay wrote it."""
    return (schema.metadata or {}).items() >= _MARK.items()


def is_own_file(path: str) -> bool:
    """The same by its name and what is in it, for a recipe that says that all of its input is of another format."""
    if not path.endswith(".parquet"):
        return False
    with files.open_read(path) as file:
        try:
            return is_own(pq.read_schema(file))
        except (pa.ArrowException, OSError):
            return False


def as_document(record: dict[str, Any], row: int) -> Document:
    """A row of such a file as the document that was written."""
    return Document(**{name: record[name] for name in _COLUMNS}, offset=row)
