"""Cuts the input into units. A cut is always where a record begins, so a unit is read like a file of its
own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from itertools import islice, pairwise
from typing import Any, BinaryIO, cast

import pyarrow as pa

from pipeline import files
from pipeline.errors import UserError
from pipeline.sources import codecs, csv, jsonl, names, parquet, webarchive
from pipeline.sources.config import Fields, Source
from pipeline.sources.document import Document, Progress
from pipeline.sources.inputs import FoundFile
from pipeline.sources.own import is_own_file
from pipeline.sources.records import Dialect, Fault, read_records, starts_record
from pipeline.sources.streams import StoredRange, blocks, next_member, probe
from pipeline.sources.unit import Format, Unit
from pipeline.sources.window import Window
from pipeline.stores import each_at_once

_ARCHIVES: tuple[Format, ...] = ("warc", "wet", "arc")
# A gzip file whose first member is longer than this is taken for one that was compressed as a whole.
_FIRST_MEMBER = 1 << 20
_FIRST_RECORDS = 100


def plan_units(found: Sequence[FoundFile], config: Source) -> list[Unit]:
    """The units of these files, in order: files as they are sorted, then by position.

    Cut are: web archives that are plain or compressed record by record (gzip), plain JSON Lines, and Parquet
    (by row groups). All else is one unit a file. Columns of Parquet and CSV are checked here, before anything
    is read.

    Raises:
        UserError: a column that the recipe names is not in the file.
        AssayError: a store fails for good.
    """
    units: list[Unit] = []
    cut = partial(_cut, config)
    # A look into each file of a store, one after the other, would take hours for a crawl.
    sliced = each_at_once(cut, found) if any("://" in file.path for file in found) else map(cut, found)
    for file, (format, slices) in zip(found, sliced, strict=True):
        for start, stop, stored in slices:
            units.append(Unit(len(units), file.path, format, start, stop, stored))
    return units


def _cut(config: Source, file: FoundFile) -> tuple[Format, list[tuple[int, int, int]]]:
    format = cast(Format, names.format_of(file.path) if config.format == "auto" else config.format)
    if format != "parquet" and is_own_file(file.path):
        format = "parquet"
    return format, _slices(file.path, file.bytes, format, config)


def check_first_records(units: Sequence[Unit], config: Source) -> None:
    """Look into the first JSON Lines file: the names of its fields are only in its records.

    Raises:
        UserError: none of its first records has the field that the recipe names for the text.
    """
    unit = next((unit for unit in units if unit.format == "jsonl"), None)
    if unit is None:
        return
    nameless = None
    for record in islice(jsonl.read(unit, config, Progress(0)), _FIRST_RECORDS):
        if isinstance(record, Document):
            return
        if record.cause == "no_text":
            nameless = nameless or record
    if nameless is not None:
        raise UserError(f"{unit.path}: its first records give no document: {nameless.detail}")


def _slices(path: str, size: int, format: Format, config: Source) -> list[tuple[int, int, int]]:
    """(start, stop, bytes) of each unit of a file."""
    if size < 0:
        return [(0, sys.maxsize, 0)]
    if size == 0:
        return [(0, 0, 0)]
    if format == "parquet":
        return _row_groups(path, size, config)
    if format == "csv":
        _check_columns(path, dict.fromkeys(csv.columns(path, config)), config.fields)
    cuts = [0, *_cuts(path, size, format, config), size]
    return [(start, stop, stop - start) for start, stop in pairwise(cuts)]


def _cuts(path: str, size: int, format: Format, config: Source) -> list[int]:
    """Where to cut a file into about equal pieces of about `unit_bytes`; nowhere if it cannot be cut."""
    pieces = round(size / config.unit_bytes)
    if pieces < 2 or format not in (*_ARCHIVES, "jsonl"):
        return []
    targets = [size * piece // pieces for piece in range(1, pieces)]
    with files.open_read(path) as file:
        compression = codecs.detect(file.read(codecs.MAGIC_BYTES))
        if format == "jsonl":
            return _line_starts(file, targets, size) if compression is None else []
        dialect = webarchive.dialect(format)
        if compression is None:
            return _record_starts(file, targets, size, dialect, config)
        return _member_starts(file, targets, size, dialect) if compression == "gzip" else []


def _line_starts(file: BinaryIO, targets: list[int], size: int) -> list[int]:
    """The first line starts after the targets."""
    cuts: list[int] = []
    for target in targets:
        if cuts and cuts[-1] >= target:
            continue
        file.seek(target)
        start = target
        while (piece := file.read(1 << 20)) and (newline := piece.find(b"\n")) < 0:
            start += len(piece)
        if piece and start + newline + 1 < size:
            cuts.append(start + newline + 1)
    return cuts


def _record_starts(
    file: BinaryIO, targets: list[int], size: int, dialect: Dialect, config: Source
) -> list[int]:
    """The first records after the targets, by walking through all records, as a page may hold what looks like
    one.

    At the first fault the walk ends: what is damaged is read in one piece.
    """
    file.seek(0)
    window = Window(blocks(StoredRange(file, 0, size), None, config.limits))
    cuts: list[int] = []
    for record in read_records(window, dialect, 0):
        if isinstance(record, Fault) or len(cuts) == len(targets):
            break
        if record.place.offset >= targets[len(cuts)]:
            cuts.append(record.place.offset)
    return sorted(set(cuts))


def _member_starts(file: BinaryIO, targets: list[int], size: int, dialect: Dialect) -> list[int]:
    """The first gzip members after the targets that begin with a record; none if the file is compressed as a
    whole."""
    begins = partial(starts_record, dialect)
    if not _is_compressed_by_record(file, begins):
        return []
    cuts: list[int] = []
    for target, limit in pairwise([*targets, size]):
        if cuts and cuts[-1] >= target:
            continue
        cut = next_member(StoredRange(file, 0, limit), target, begins)
        if cut is not None:
            cuts.append(cut)
    return cuts


def _is_compressed_by_record(file: BinaryIO, begins: Any) -> bool:
    file.seek(0)
    head = file.read(_FIRST_MEMBER)
    codec = codecs.decompressor("gzip")
    try:
        codec.decompress(head, 1 << 16)
        while not codec.eof and not codec.needs_input:
            codec.decompress(b"", 1 << 20)
    except codecs.CorruptError:
        return False
    return codec.eof and bool(begins(probe(codec.unused_data)))


def _row_groups(path: str, size: int, config: Source) -> list[tuple[int, int, int]]:
    layout = parquet.layout(path)
    if layout is None:
        return [(0, 1, size)]  # reading it will say what is wrong with it
    if not layout.own:
        _check_columns(path, layout.columns, config.fields)
    slices: list[tuple[int, int, int]] = []
    start = held = 0
    for group, stored in enumerate(layout.group_bytes):
        if held and held + stored > config.unit_bytes:
            slices.append((start, group, held))
            start, held = group, 0
        held += stored
        stop = group + 1
    return [*slices, (start, stop, held)] if held else [(0, 0, 0)]


def _check_columns(path: str, columns: dict[str, Any], fields: Fields) -> None:
    """Raises UserError where a column that the recipe names is missing, or the text is not text.

    Only `text` has to be there by its default name.
    """
    for setting in sorted(fields.model_fields_set | {"text"}):
        column = getattr(fields, setting)
        if column is None or column in columns or column.split(".")[0] in columns:
            continue
        raise UserError(
            f"{path}: no column {column!r}; it has: {', '.join(map(str, columns))}. "
            f"Set source.fields.{setting} to the column that holds the {setting}"
        )
    kind = columns.get(fields.text)
    if kind is not None and not _is_text(kind):
        raise UserError(
            f"{path}: column {fields.text!r} is {kind}, not text. Set source.fields.text to another column"
        )


def _is_text(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
