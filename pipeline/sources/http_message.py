"""HTTP responses as web archives keep them: status, headers, and the body freed of its transfer and content
codings."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

import brotli

from pipeline.sources import codecs
from pipeline.sources.codecs import CorruptError
from pipeline.sources.warc import named_fields

_STATUS = re.compile(rb"HTTP/\d+(?:\.\d+)?[ \t]+(\d{3})(?!\d)[^\n]*\n", re.IGNORECASE)
_END = re.compile(rb"\r?\n\r?\n")
_CHUNK = re.compile(rb"\s*([0-9a-fA-F]{1,8})[ \t]*(?:;[^\n]*)?\r?\n")


class BodyError(Exception):
    """A body that cannot be freed of its coding. `cause` is short, the message a sentence."""

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: dict[str, str]  # names in small letters
    body: bytes  # as it was sent

    @property
    def media_type(self) -> str:
        """`text/html`, without parameters; empty if none was sent."""
        return media_type(self.headers.get("content-type", ""))


def media_type(content_type: str) -> str:
    return content_type.split(";")[0].split(",")[0].strip().lower()


def parse(content: bytes) -> Response | None:
    """Status line, headers, body; None where the content does not begin with a status line (RFC 9112, 2)."""
    status = _STATUS.match(content)
    if status is None:
        return None
    # From the status line's own newline on, so that a response without any header has an end too.
    end = _END.search(content, max(0, status.end() - 2))
    stop = end.end() if end else len(content)
    return Response(int(status[1]), named_fields(content[:stop]), content[stop:])


def body(response: Response, limit: int) -> bytes:
    """The body without its codings, at most `limit` bytes.

    Many archives keep the header of a coding that they have already taken off, so a body that does not look
    coded is taken as it is.

    Raises:
        BodyError: the coding is unknown, or its data is damaged, or it becomes longer than `limit`.
    """
    data = response.body
    if "chunked" in response.headers.get("transfer-encoding", "").lower():
        data = unchunk(data)
    codings = [coding.strip().lower() for coding in response.headers.get("content-encoding", "").split(",")]
    for coding in reversed([coding for coding in codings if coding not in ("", "identity", "none", "utf-8")]):
        data = _decode(data, coding, limit)
    if len(data) > limit:
        raise BodyError(
            "record_too_long", f"a body of {len(data):,} bytes, more than limits.raw_bytes ({limit:,})"
        )
    return data


def unchunk(data: bytes) -> bytes:
    """A chunked body put together (RFC 9112, 7.1), up to the first place where it is not chunked."""
    pieces = []
    at = 0
    while head := _CHUNK.match(data, at):
        size = int(head[1], 16)
        pieces.append(data[head.end() : head.end() + size])
        at = head.end() + size
        if size == 0 or at >= len(data):
            break
    return b"".join(pieces) if at else data


def _decode(data: bytes, coding: str, limit: int) -> bytes:
    try:
        if coding in ("gzip", "x-gzip"):
            return _member(data, "gzip", limit) if data.startswith(b"\x1f\x8b") else data
        if coding == "zstd":
            return _member(data, "zstd", limit) if data.startswith(b"\x28\xb5\x2f\xfd") else data
        if coding == "deflate":
            return _deflate(data, limit)
        if coding == "br":
            return _brotli(data, limit)
    except (CorruptError, zlib.error, brotli.error) as error:
        raise BodyError(
            "bad_content_encoding", f"the body is not the {coding} data that its header says: {error}"
        ) from None
    raise BodyError("unknown_content_encoding", f"Content-Encoding {coding[:40]!r}")


def _member(data: bytes, compression: codecs.Compression, limit: int) -> bytes:
    """What a compressed body gives; up to the point where it breaks off, as browsers show it."""
    codec = codecs.decompressor(compression)
    pieces = [codec.decompress(data, 1 << 20)]
    size = len(pieces[0])
    while not codec.eof and not codec.needs_input and size <= limit:
        pieces.append(codec.decompress(b"", 1 << 20))
        size += len(pieces[-1])
    return _within(b"".join(pieces), limit)


def _deflate(data: bytes, limit: int) -> bytes:
    """zlib data (RFC 1950) as the standard says, or the bare deflate data that some servers send, or none."""
    if _looks_like_markup(data):
        return data
    try:
        return _within(zlib.decompressobj().decompress(data, limit + 1), limit)
    except zlib.error:
        return _within(zlib.decompressobj(wbits=-15).decompress(data, limit + 1), limit)


def _brotli(data: bytes, limit: int) -> bytes:
    if _looks_like_markup(data):
        return data
    codec = brotli.Decompressor()
    pieces = [codec.process(data, output_buffer_limit=limit + 1)]
    size = len(pieces[0])
    while size <= limit and not codec.is_finished() and not codec.can_accept_more_data():
        pieces.append(codec.process(b"", output_buffer_limit=limit + 1))
        size += len(pieces[-1])
    return _within(b"".join(pieces), limit)


def _looks_like_markup(data: bytes) -> bool:
    return data[:256].lstrip().startswith(b"<")


def _within(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise BodyError(
            "record_too_long", f"the body becomes longer than limits.raw_bytes ({limit:,}) when decoded"
        )
    return data
