"""Makes small web archives, sound and damaged, and reads inputs as a run does."""

from __future__ import annotations

import gzip
import uuid
from pathlib import Path
from typing import Any

from pipeline.batch import DOCUMENT
from pipeline.sources.config import Source
from pipeline.sources.inputs import find_files
from pipeline.sources.plan import plan_units
from pipeline.sources.read import read_unit
from pipeline.sources.unit import Unreadable


def warc_record(
    content: bytes,
    kind: str = "response",
    url: str = "http://a.test/",
    number: int = 0,
    length: int | None = None,
) -> bytes:
    """One record with an id of its own; `length` announces another length than the true one."""
    identity = uuid.UUID(int=number)
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{identity}>\r\n"
        f"WARC-Target-URI: {url}\r\n"
        f"WARC-Date: 2024-01-02T03:04:05Z\r\nContent-Type: {_type(kind)}\r\n"
        f"Content-Length: {len(content) if length is None else length}\r\n\r\n"
    )
    return head.encode() + content + b"\r\n\r\n"


def _type(kind: str) -> str:
    types = {
        "response": "application/http; msgtype=response",
        "conversion": "text/plain",
        "resource": "text/html",
    }
    return types.get(kind, "application/warc-fields")


def http(
    body: bytes, *headers: str, status: str = "200 OK", content_type: str = "text/plain; charset=utf-8"
) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        *([f"Content-Type: {content_type}"] if content_type else []),
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


def arc_record(
    content: bytes, url: str = "http://a.test/", kind: str = "text/html", length: int | None = None
) -> bytes:
    head = f"{url} 1.2.3.4 20080430204825 {kind} {len(content) if length is None else length}\n"
    return head.encode() + content + b"\n"


def arc_file(*records: bytes) -> list[bytes]:
    about = b"1 0 Test\nURL IP-address Archive-date Content-type Archive-length\n"
    return [arc_record(about, "filedesc://test.arc", "text/plain"), *records]


def member(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def read_all(path: Path | str, **settings: Any) -> tuple[list[dict[str, Any]], list[Unreadable]]:
    """Plans and reads all units of a path, as a run does: the documents as rows, and the reports."""
    config = Source.model_validate(settings)
    rows: list[dict[str, Any]] = []
    unreadable: list[Unreadable] = []
    for unit in plan_units(find_files([str(path)], config), config):
        for chunk in read_unit(unit, config):
            assert chunk.documents.schema == DOCUMENT
            rows += chunk.documents.to_pylist()
            unreadable += chunk.unreadable
    return rows, unreadable


def texts(rows: list[dict[str, Any]]) -> list[str]:
    return [row["text"] for row in rows]


def causes(unreadable: list[Unreadable]) -> list[str]:
    return [entry.cause for entry in unreadable]
