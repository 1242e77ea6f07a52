"""A small writer of WARC 1.1 files (ISO 28500:2017)."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Literal
from uuid import UUID

COMPRESSION_LEVEL = 6

Packing = Literal["records", "file", "none"]  # a gzip member for each record, one for all, or no gzip


@dataclass(frozen=True)
class Record:
    """A record: its named fields in order, and its block."""

    id: str
    fields: tuple[tuple[str, str], ...]
    block: bytes

    def encode(self) -> bytes:
        """The record as it stands in the file, with the two empty lines that end it."""
        head = "".join(f"{name}: {value}\r\n" for name, value in self.fields)
        return b"WARC/1.1\r\n" + head.encode() + b"\r\n" + self.block + b"\r\n\r\n"


class Recorder:
    """Makes records; their ids come from the random numbers, so that a seed gives the same ones."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def record(
        self,
        kind: str,
        date: datetime,
        block: bytes,
        content_type: str,
        url: str | None = None,
        payload: bytes | None = None,
        more: Iterable[tuple[str, str]] = (),
    ) -> Record:
        """A record of that WARC-Type; `payload` is digested beside the block where it is given."""
        identity = f"<urn:uuid:{UUID(int=self._random.getrandbits(128), version=4)}>"
        fields = [("WARC-Type", kind), ("WARC-Record-ID", identity), ("WARC-Date", timestamp(date))]
        if url is not None:
            fields.append(("WARC-Target-URI", url))
        fields.append(("WARC-Block-Digest", digest(block)))
        if payload is not None:
            fields.append(("WARC-Payload-Digest", digest(payload)))
        fields += [*more, ("Content-Type", content_type), ("Content-Length", str(len(block)))]
        return Record(identity, tuple(fields), block)


def timestamp(date: datetime) -> str:
    """The form of WARC-Date: `2023-04-01T12:00:00Z`."""
    return date.strftime("%Y-%m-%dT%H:%M:%SZ")


def digest(content: bytes) -> str:
    """The labelled SHA-1 that web archives use."""
    return "sha1:" + base64.b32encode(hashlib.sha1(content).digest()).decode()


def write_warc(path: Path, records: Iterable[Record], packing: Packing, cut: int = 0) -> None:
    """Write the records, but for the last `cut` bytes of the file, as if the crawler had been killed."""
    blobs = [record.encode() for record in records]
    if packing == "records":
        blobs = [_gzip(blob) for blob in blobs]
    content = b"".join(blobs)
    if packing == "file":
        content = _gzip(content)
    path.write_bytes(content[: len(content) - cut])


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=COMPRESSION_LEVEL, mtime=0)
