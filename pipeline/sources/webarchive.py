"""Which records of a web archive are documents, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from pipeline.sources import extractor, http_message, names
from pipeline.sources.arc import Arc
from pipeline.sources.charset import decode_page
from pipeline.sources.config import Source
from pipeline.sources.document import Document, Progress, to_json
from pipeline.sources.extractor import ExtractionError
from pipeline.sources.html import check_available, problem
from pipeline.sources.http_message import BodyError, Response
from pipeline.sources.records import Dialect, Fault, Record, read_records, starts_record
from pipeline.sources.streams import blocks, open_range
from pipeline.sources.unit import Format, Unit, Unreadable
from pipeline.sources.warc import Warc
from pipeline.sources.window import stretches

HTML_TYPES = ("text/html", "application/xhtml+xml")
TEXT_TYPES = ("text/plain",)

_LOOKS_LIKE_HTML = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|title|meta|div|table|h1|p|br|a)\b", re.IGNORECASE
)
_UUID = re.compile(r"<?(?:urn:uuid:)?([^<>]+)>?$")


def dialect(format: Format) -> Dialect:
    return Arc() if format == "arc" else Warc()


def read(unit: Unit, config: Source, progress: Progress) -> Iterator[Document | Unreadable]:
    """Every record of the unit, in order: a document, or why it is none."""
    check_available(config.html)
    rules = dialect(unit.format)
    begins = partial(starts_record, rules)
    pages = _Pages(unit.path, config)
    with open_range(unit) as (stored, compression):
        for window in stretches(blocks(stored, compression, config.limits, begins), begins):
            for record in read_records(window, rules, config.limits.raw_bytes):
                progress.position = stored.position
                if isinstance(record, Fault):
                    yield Unreadable(unit.path, record.offset, "unreadable", record.cause, record.detail)
                else:
                    yield pages.read(record)


class _SkipError(Exception):
    """A sound record that is no document."""

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause


class _Pages:
    def __init__(self, path: str, config: Source) -> None:
        self._path, self._config, self._limits = path, config, config.limits
        self._stem = names.stem(path)
        self._source = config.source or names.collection(path)

    def read(self, record: Record) -> Document | Unreadable:
        """A document, or a report of why the record is none. Never raises for what a record holds."""
        offset = record.place.offset
        try:
            return self._document(record)
        except _SkipError as skip:
            return Unreadable(self._path, offset, "skipped", skip.cause, str(skip))
        except (BodyError, ExtractionError) as error:
            return Unreadable(self._path, offset, "unreadable", error.cause, str(error))

    def _document(self, record: Record) -> Document:
        headers = record.headers
        response = _response(record)
        kind = _media_type(response)
        if not record.complete:
            limit = self._limits.raw_bytes
            raise BodyError(
                "record_too_long", f"{record.length:,} bytes, more than limits.raw_bytes ({limit:,})"
            )
        body = http_message.body(response, self._limits.raw_bytes)
        if not kind:
            kind = _sniffed(body)
        content_type = response.headers.get("content-type", "")
        override = self._config.charset
        if headers.get("warc-type") == "conversion" and not override:
            override = "utf-8"  # by the specification of WET
        text, charset, replaced = decode_page(body, content_type, override)
        metadata = _metadata(record, response, kind, charset, replaced)
        if kind in HTML_TYPES:
            text = self._extracted(text)
        return Document(
            id=_record_id(headers) or f"{self._stem}:{record.place.name}",
            url=headers.get("warc-target-uri", "").strip("<>") or None,
            source=self._source,
            date=headers.get("warc-date") or None,
            text=text,
            metadata=to_json(metadata),
            offset=record.place.offset,
        )

    def _extracted(self, html: str) -> str:
        found = problem(html, self._limits)
        if found is not None:
            raise BodyError(*found)
        return extractor.shared(self._config.html, self._limits.extraction_seconds).extract(html)


def _response(record: Record) -> Response:
    """What the record holds, as a response with status 200 where it is not HTTP.

    Raises _SkipError for records that hold no page, BodyError where the HTTP in it cannot be read.
    """
    kind = record.headers.get("warc-type", "").lower()
    if kind not in ("response", "resource", "conversion"):
        raise _SkipError("record_type", f"a {kind[:40] or 'nameless'} record")
    content_type = record.headers.get("content-type", "")
    declared = http_message.media_type(content_type)
    response = http_message.parse(record.content) if kind == "response" else None
    if response is None:
        if kind == "response" and declared in ("application/http", "message/http"):
            if not record.length:
                raise _SkipError("empty_record", "a response without any content")
            raise BodyError("bad_http", "the response does not begin with an HTTP status line")
        return Response(200, {"content-type": content_type}, record.content)
    if response.status != 200:
        raise _SkipError("http_status", f"HTTP status {response.status}")
    return response


def _media_type(response: Response) -> str:
    """The media type where it is one of a document; empty where none was sent. Raises _SkipError for all
    others."""
    kind = response.media_type
    if kind and kind not in HTML_TYPES and kind not in TEXT_TYPES:
        raise _SkipError("content_type", f"content of type {kind[:80]}")
    return kind


def _sniffed(body: bytes) -> str:
    """HTML, if it looks like it; a page without a declared type is otherwise not worth a guess."""
    if _LOOKS_LIKE_HTML.search(body[:1024]):
        return "text/html"
    raise _SkipError("content_type", "content of no declared type that does not look like HTML")


def _record_id(headers: dict[str, str]) -> str | None:
    match = _UUID.match(headers.get("warc-record-id", ""))
    return match[1] if match else None


def _metadata(record: Record, response: Response, kind: str, charset: str, replaced: int) -> dict[str, Any]:
    """What else is known of the page; entries without a value are left out."""
    headers = record.headers
    entries = {
        "content_type": kind,
        "charset": charset,
        "replaced_characters": replaced,
        "http_status": response.status if headers.get("warc-type") != "conversion" else None,
        "ip": headers.get("warc-ip-address"),
        "content_language": response.headers.get("content-language"),
        "last_modified": response.headers.get("last-modified"),
        "identified_language": headers.get("warc-identified-content-language"),
        "truncated": headers.get("warc-truncated"),
    }
    return {name: value for name, value in entries.items() if value}
