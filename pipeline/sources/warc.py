"""The headers of WARC records (ISO 28500:2017)."""

from __future__ import annotations

import re

from pipeline.sources.records import LONGEST_HEADER
from pipeline.sources.window import Window

_END = re.compile(rb"\r?\n\r?\n")
_FOLDED = re.compile(r"\r?\n[ \t]+")


class Warc:
    """`WARC/1.0`, then named fields, then an empty line."""

    start = re.compile(rb"^WARC/[01]\.\d+[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
    _version = re.compile(rb"WARC/[01]\.\d+[ \t]*\r?\n", re.IGNORECASE)

    def headers(self, window: Window) -> dict[str, str] | None:
        """The fields by their names in small letters; of a field that is repeated, the first."""
        if not self._version.match(window.peek(64)):
            return None
        end = window.find(_END, LONGEST_HEADER)
        if end is None:
            return None
        return named_fields(window.take(end.end()))


def named_fields(block: bytes) -> dict[str, str]:
    """Names and values of a header block (RFC 5322 style) whose first line is not a field; folded lines are
    joined."""
    fields: dict[str, str] = {}
    text = block.decode("utf-8", "replace")
    for line in _FOLDED.sub(" ", text).split("\n")[1:]:
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields
