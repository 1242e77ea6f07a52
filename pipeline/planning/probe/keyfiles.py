"""The key files: for each unit, a row for every document that was read, without its text.

raw, final      int64    bytes of its text as it was read, and as it would leave the last stage (0 where it would not)
reach           int8     at how many deduplicators it would arrive, if none dropped anything
passes          bool     whether no filter drops it
draw            float64  `pipeline.planning.draw`: the smallest are the probes
tokens.raw, tokens.final, slow.STAGE   int64, int64, bool: of some documents, among which the probes are; else null
key.STAGE.*     as in a part (`pipeline.dedup.stages`), null where it does not arrive; of each value of a signature
                there are the lower 8 bits
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.stage import Filter, Stage
from pipeline.dedup.packing import Numbers
from pipeline.dedup.parts import matrix
from pipeline.dedup.stages import Deduplicator, DedupMinhash

TOKENS_RAW, TOKENS_FINAL = "tokens.raw", "tokens.final"


def deduplicators(stages: Sequence[Stage]) -> list[Deduplicator]:
    return [stage for stage in stages if isinstance(stage, Deduplicator)]


def slow_filters(stages: Sequence[Stage]) -> list[Filter]:
    return [stage for stage in stages if isinstance(stage, Filter) and stage.slow]


def slow_column(stage: Stage) -> str:
    return f"slow.{stage.label}"


def schema(stages: Sequence[Stage]) -> pa.Schema:
    """Of the key files of a recipe with these stages."""
    fields = [
        pa.field("raw", pa.int64()),
        pa.field("final", pa.int64()),
        pa.field("reach", pa.int8()),
        pa.field("passes", pa.bool_()),
        pa.field("draw", pa.float64()),
        pa.field(TOKENS_RAW, pa.int64()),
        pa.field(TOKENS_FINAL, pa.int64()),
        *(pa.field(slow_column(stage), pa.bool_()) for stage in slow_filters(stages)),
    ]
    for stage in deduplicators(stages):
        fields += [pa.field(stage.column(part), pa.uint64()) for part in ("key", "check")]
        fields.append(pa.field(stage.column("rank"), pa.int64()))
        if isinstance(stage, DedupMinhash):
            fields.append(pa.field(stage.column("bands"), pa.binary(8 * stage.bands)))
            fields.append(pa.field(stage.column("signature"), pa.binary(stage.permutations)))
    return pa.schema(fields)


def search_column(stage: Deduplicator) -> str:
    """The column by which documents find each other."""
    return stage.column("bands" if isinstance(stage, DedupMinhash) else "key")


def search_keys(stage: Deduplicator, column: pa.Array) -> Numbers:
    """Its keys: uint64[documents, keys of each], to be looked at only where the column is not null.

    The first is the one by which documents are counted (`collect.keyspace`).
    """
    if isinstance(stage, DedupMinhash):
        return cast(Numbers, matrix(column, np.uint64))
    return cast(Numbers, column.fill_null(0).to_numpy(zero_copy_only=False).reshape(-1, 1))


def low_bytes(signatures: pa.FixedSizeBinaryArray) -> pa.FixedSizeBinaryArray:
    """The lower 8 bits of each 32-bit value of signatures."""
    values = matrix(signatures, np.uint32).astype(np.uint8)
    there = pa.py_buffer(np.packbits(np.asarray(signatures.is_valid()), bitorder="little"))
    width = pa.binary(values.shape[1])
    return pa.FixedSizeBinaryArray.from_buffers(width, len(values), [there, pa.py_buffer(values)])


def least_agreement(threshold: float, width: int) -> int:
    """How many of `width` values must agree in 8 bits for the signatures to agree in `threshold` of them.

    Of the values that differ one in 256 agrees in 8 bits by chance; that many are expected, and asked for, on top.
    """
    least = int(np.ceil(threshold * width - 1e-9))
    return round(least + (width - least) / 256)


@dataclass(frozen=True)
class Keys:
    """The keys of one deduplicator, of some documents: `there` says which take part; bands uint64[documents, bands] and
    signatures uint8[documents, permutations] of near-duplicates only."""

    stage: Deduplicator
    there: NDArray[np.bool_]
    key: Numbers
    check: Numbers
    rank: NDArray[np.int64]
    search: Numbers
    signature: NDArray[np.uint8] | None

    @classmethod
    def of(cls, stage: Deduplicator, table: pa.Table) -> Keys:
        """From a table of key files, in one chunk."""

        def numbers(part: str) -> NDArray[np.generic]:
            column = table[stage.column(part)].combine_chunks().fill_null(0)
            return cast("NDArray[np.generic]", column.to_numpy(zero_copy_only=False))

        signature = None
        if isinstance(stage, DedupMinhash):
            signature = _bytes(table[stage.column("signature")].combine_chunks())
        return cls(
            stage,
            np.asarray(table[stage.column("key")].combine_chunks().is_valid()),
            cast(Numbers, numbers("key")),
            cast(Numbers, numbers("check")),
            cast("NDArray[np.int64]", numbers("rank")),
            search_keys(stage, table[search_column(stage)].combine_chunks()),
            signature,
        )


def _bytes(column: pa.FixedSizeBinaryArray) -> NDArray[np.uint8]:
    width = column.type.byte_width
    _, data = column.buffers()
    values = np.frombuffer(data if data is not None else b"", np.uint8)
    return values[column.offset * width : (column.offset + len(column)) * width].reshape(-1, width)
