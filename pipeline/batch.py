"""A batch of documents: the columns that every source fills and every stage reads."""

from __future__ import annotations

import pyarrow as pa

DOCUMENT = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("date", pa.string()),  # as the source wrote it, ISO 8601 where it was known
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("language", pa.string()),
        pa.field("language_score", pa.float32()),
        pa.field("metadata", pa.string()),  # one JSON object: whatever else the source carried
    ]
)

WORDS, TOKENS = "count.words", "count.tokens"
MEASURE = "measure."
KEY = "key."

# What was found out when a document was read, and is carried with it to the last pass for the tallies.
GROUPS = "audit.groups"  # uint64: one bit for each audited group of which it holds a term
LENGTH = "audit.length"  # uint8: the class of its length (`pipeline.tallies.groups.length_classes`)
WEIGHT = (
    "sample.weight"  # float64: one over the chance with which it was drawn, where the input is such a sample
)
CARRIED = (GROUPS, LENGTH, WEIGHT)


def set_column(batch: pa.RecordBatch, name: str, values: pa.Array) -> pa.RecordBatch:
    """The batch with this column added, or replaced where it stood."""
    place = batch.schema.get_field_index(name)
    if place < 0:
        return batch.append_column(name, values)
    return batch.set_column(place, batch.schema.field(place).with_type(values.type), values)
