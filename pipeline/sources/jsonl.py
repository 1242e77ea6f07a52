"""JSON Lines: every line an object, every object a document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson

from pipeline.sources import charset
from pipeline.sources.config import Source
from pipeline.sources.document import Document, FieldMapper, Progress, without_surrogates
from pipeline.sources.lines import Line, lines
from pipeline.sources.streams import Damage, blocks, open_range
from pipeline.sources.unit import Unit, Unreadable


def read(unit: Unit, config: Source, progress: Progress) -> Iterator[Document | Unreadable]:
    """Each line that is not blank, in order: a document, or why it is none."""
    mapper = FieldMapper(unit.path, config)
    with open_range(unit) as (stored, compression):
        stream = blocks(stored, compression, config.limits)
        for line in lines(stream, unit.start, compression is None, config.limits):
            progress.position = stored.position
            if isinstance(line, Damage):
                yield Unreadable(unit.path, line.offset, "unreadable", line.cause, line.detail)
            elif line.data is None:
                detail = (
                    f"a line of {line.length:,} bytes, over limits.raw_bytes ({config.limits.raw_bytes:,})"
                )
                yield Unreadable(unit.path, line.stored, "unreadable", "line_too_long", detail)
            elif line.data.strip():
                yield _document(line, line.data, unit.path, mapper, config.charset)


def _document(
    line: Line, data: bytes, path: str, mapper: FieldMapper, override: str | None
) -> Document | Unreadable:
    replaced = 0
    try:
        record = orjson.loads(data) if override is None else _loads_leniently(data, override)[0]
    except ValueError:
        try:
            record, replaced = _loads_leniently(data, override or "utf-8")
        except (ValueError, RecursionError) as error:
            return Unreadable(path, line.stored, "unreadable", "not_json", _located(line, str(error)))
    if not isinstance(record, dict):
        detail = _located(line, f"a JSON {_json_name(record)} where an object should be")
        return Unreadable(path, line.stored, "unreadable", "not_an_object", detail)
    return mapper.document(record, line.offset, line.stored, replaced)


def _loads_leniently(data: bytes, encoding: str) -> tuple[Any, int]:
    """What the strict parser refuses though people write it: invalid characters, lone surrogates, NaN.

    Returns the value, in which U+FFFD stands for what is invalid, and the number of invalid characters in the
    bytes.
    """
    decoded = charset.replacing(data, encoding)
    return without_surrogates(json.loads(decoded.text)), decoded.replaced


def _located(line: Line, what: str) -> str:
    return what if line.stored == line.offset else f"{what} (byte {line.offset:,} of the decompressed file)"


def _json_name(value: Any) -> str:
    names = {list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")
