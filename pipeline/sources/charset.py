"""Which charset a page is in, and its text."""

from __future__ import annotations

import re
from typing import NamedTuple

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([^\s;\"',]+)", re.IGNORECASE)
_META = re.compile(rb"<meta[^>]{0,512}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,256}?encoding\s*=\s*[\"']([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_META_WITHIN = 4096
_DETECT_WITHIN = 64 << 10


class Decoded(NamedTuple):
    text: str
    charset: str
    replaced: int  # characters that stand for invalid bytes


def decode_page(data: bytes, content_type: str = "", override: str | None = None) -> Decoded:
    """The text of a page.

    In this order: the recipe's charset, a byte order mark, UTF-8 if the bytes are valid UTF-8, the first of
    the charsets in the HTTP header and in the page (meta, XML declaration) that fits without an error, what
    detection says. Valid UTF-8 goes before declared charsets because text of another charset is hardly ever
    valid UTF-8, while servers that declare ISO-8859-1 for all they send are common. Labels mean what browsers
    take them for (WHATWG Encoding, 4.2): ISO-8859-1 is windows-1252. Bytes that are invalid become U+FFFD,
    and are counted.
    """
    if override is not None:
        return replacing(data, override)
    for mark, charset in _BOMS:
        if data.startswith(mark):
            return replacing(data[len(mark) :], charset)
    declared = _declared(data, content_type)
    for charset in _candidates(data, declared):
        try:
            return Decoded(data.decode(charset), charset, 0)
        except (UnicodeDecodeError, LookupError):
            continue
    return replacing(data, declared[0] if declared else _detected(data))


def replacing(data: bytes, charset: str) -> Decoded:
    """Decode, with U+FFFD for what is invalid."""
    try:
        return Decoded(data.decode(charset), charset, 0)
    except UnicodeDecodeError:
        text = data.decode(charset, "replace")
        # U+FFFD that the data has of itself is not a replacement; re-encoding and counting would cost more
        # than it tells.
        own = data.count(b"\xef\xbf\xbd") if charset.replace("_", "-").lower() in ("utf-8", "utf8") else 0
        return Decoded(text, charset, max(1, text.count("\ufffd") - own))


def _candidates(data: bytes, declared: list[str]) -> list[str]:
    if data.isascii():
        # The one 7-bit charset of the web is told by its escapes.
        return [*(["iso2022_jp"] if b"\x1b$" in data else []), "utf-8"]
    return ["utf-8", *declared, *([] if declared else [_detected(data)])]


def _declared(data: bytes, content_type: str) -> list[str]:
    """The charsets that the header and the page name, as Python's codecs, without repetition."""
    labels = [match[1] for match in [_HEADER.search(content_type)] if match]
    head = data[:_META_WITHIN]
    labels += [match[1].decode() for match in (_XML.search(head), _META.search(head)) if match]
    names = (map_encoding_to_html5(label, fallback_utf8=False) for label in labels)
    return list(
        dict.fromkeys(name.lower() for name in names if name and not name.lower().startswith("utf-16"))
    )


def _detected(data: bytes) -> str:
    return str(detect_encoding(data, max_len=_DETECT_WITHIN, from_html_meta=False)).lower()
