"""A document on its way from a reader to a batch, and how a mapping of fields becomes one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from pipeline.sources import names
from pipeline.sources.config import Source
from pipeline.sources.unit import Unreadable


@dataclass(slots=True)
class Document:
    """One row of `pipeline.batch.DOCUMENT`, and its place in the file for reports."""

    id: str
    url: str | None
    source: str
    date: str | None
    text: str
    metadata: str | None
    offset: int


@dataclass
class Progress:
    """How far into the stored file a reader has come; the reader moves it."""

    position: int


def to_json(metadata: Mapping[str, Any]) -> str | None:
    """One JSON object with sorted keys; None where there is nothing to keep."""
    if not metadata:
        return None
    options = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    try:
        return orjson.dumps(metadata, default=_plain, option=options).decode()
    except TypeError:  # integers beyond 64 bits
        return json.dumps(metadata, default=_plain, sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """What JSON has no type for (binary columns of Parquet, decimals), as text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def without_surrogates(value: Any) -> Any:
    """The value with each lone surrogate replaced by U+FFFD, in all strings in it; pairs become their
    character."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {without_surrogates(key): without_surrogates(item) for key, item in value.items()}
    return value


class FieldMapper:
    """Makes documents of records that are mappings (a JSON object, a row), by the recipe's field names."""

    def __init__(self, path: str, config: Source) -> None:
        self._path = path
        self._stem = names.stem(path)
        self._source = config.source or names.collection(path)
        fields = config.fields
        self._text, self._id, self._url = fields.text, fields.id, fields.url
        self._source_field, self._date = fields.source, fields.date
        named = (self._text, self._id, self._url, self._source_field, self._date)
        self._has_paths = any("." in field for field in named if field is not None)

    def document(
        self, record: dict[Any, Any], place: int, offset: int, replaced: int = 0
    ) -> Document | Unreadable:
        """The record as a document; its fields are taken out of `record`, the rest becomes its metadata.

        Args:
            record: the fields; changed.
            place: row number or offset in the decompressed file, for an id where the record has none.
            offset: where it stands in the stored file.
            replaced: how many invalid characters were replaced while decoding; kept in the metadata.
        """
        take = (
            partial(_take, record) if self._has_paths else record.pop
        )  # a record may be all that a line costs
        text = take(self._text, None)
        if not isinstance(text, str):
            found = ", ".join(sorted(map(str, record))[:20])
            if text is None:
                detail = f"no field {self._text!r}; it has: {found or 'nothing'}. Set source.fields.text"
                return Unreadable(self._path, offset, "unreadable", "no_text", detail)
            detail = f"field {self._text!r} is {type(text).__name__}, not text"
            return Unreadable(self._path, offset, "unreadable", "text_not_a_string", detail)
        own_id = _string(take(self._id, None))
        url = _string(take(self._url, None))
        source = _string(take(self._source_field, None))
        date = _string(take(self._date, None))
        if replaced:
            record["replaced_characters"] = replaced
        return Document(
            id=own_id or f"{self._stem}:{place}",
            url=url,
            source=source or self._source,
            date=date,
            text=text,
            metadata=to_json(record),
            offset=offset,
        )


def _take(record: dict[Any, Any], field: str | None, default: None) -> Any:
    """`record.pop` for a field that may be given by its dotted path."""
    if field is None or field in record or "." not in field:
        return record.pop(field, default)
    *path, last = field.split(".")
    inner: Any = record
    for name in path:
        inner = inner.get(name) if isinstance(inner, dict) else None
    return inner.pop(last, default) if isinstance(inner, dict) else default


def _string(value: Any) -> str | None:
    """Numbers and dates in the text they are usually written in; an empty value is none."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, (dict, list)):
        return to_json({"value": value})
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat() if isoformat else value)
