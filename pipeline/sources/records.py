"""Records of a web archive, whichever its format: each one is read, or it is said where and why not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pipeline.sources.streams import Damage
from pipeline.sources.window import Place, Window

# Kept of a record that is too long, to know whether it would have been a document.
HEAD = 64 << 10
LONGEST_HEADER = 1 << 20
# Enough to see that a record follows: an ARC header is one line, of which the URL is the longest part.
_LOOK_AHEAD = 12 << 10


@dataclass(frozen=True, slots=True)
class Record:
    """One record. Header names are in small letters and those of WARC, for ARC too.

    `content` is the block; only its beginning where it is longer than the limit (`length` says how long).
    """

    place: Place
    headers: dict[str, str]
    content: bytes
    length: int

    @property
    def complete(self) -> bool:
        return len(self.content) == self.length


@dataclass(frozen=True, slots=True)
class Fault:
    """Bytes that gave no record."""

    offset: int
    cause: str
    detail: str


class Dialect(Protocol):
    """What WARC and ARC do not share."""

    start: re.Pattern[bytes]  # the beginning of a record's header, at the beginning of a line

    def headers(self, window: Window) -> dict[str, str] | None:
        """Take a header. None, and nothing taken, where there is none."""


def starts_record(dialect: Dialect, head: bytes) -> bool:
    """Whether a gzip member that begins with these bytes begins with a record."""
    return dialect.start.match(head.lstrip(b"\r\n")) is not None


def read_records(window: Window, dialect: Dialect, raw_bytes: int) -> Iterator[Record | Fault]:
    """All records of a stretch, in order; damage of the compressed data is one fault, at its end."""
    reader = _Reader(window, dialect, raw_bytes)
    while True:
        window.skip_newlines()
        if not window.need(1):
            break
        yield reader.next()
    if window.damage is not None and not reader.told:
        yield Fault(*window.damage)


class _Reader:
    def __init__(self, window: Window, dialect: Dialect, raw_bytes: int) -> None:
        self._window, self._dialect, self._limit = window, dialect, raw_bytes
        self.told = False  # of the damage, by the record that it cut

    def next(self) -> Record | Fault:
        place = self._window.place()
        headers = self._dialect.headers(self._window)
        if headers is None:
            passed = self._window.skip_to(self._dialect.start)
            detail = f"{passed:,} bytes where the header of a record should be"
            return self._in_damage(place) or Fault(place.offset, "not_a_record", detail)
        length = _length(headers.get("content-length"))
        if length is None:
            found = headers.get("content-length")
            self._resume()
            detail = f"Content-Length is {found!r}, not a number of bytes"
            return self._in_damage(place) or Fault(place.offset, "bad_length", detail)
        if length > self._limit:
            return self._long(place, headers, length)
        return self._whole(place, headers, length)

    def _whole(self, place: Place, headers: dict[str, str], length: int) -> Record | Fault:
        held = self._window.need(length + 2)
        if held < length:
            return self._short(place, length, held)
        if self._separated(length):
            record = Record(place, headers, self._window.take(length), length)
            return self._checked(record)
        return self._wrong_length(place, length)

    def _separated(self, length: int) -> bool:
        """Whether what follows `length` bytes is the end of a record, and no record was swallowed on the
        way."""
        tail = self._window.peek(_LOOK_AHEAD, ahead=length)
        following = tail.lstrip(b"\r\n")
        if not following or self._dialect.start.match(following):
            return True
        if following == tail:
            return False
        # Garbage after the record; or the length reaches, by chance, to a newline of a later one.
        return self._swallowed(length) is None

    def _swallowed(self, limit: int) -> re.Match[bytes] | None:
        """A record's beginning within the next `limit` bytes."""
        return self._window.find(self._dialect.start, limit)

    def _checked(self, record: Record) -> Record | Fault:
        """The record; a fault if it is the last before a checksum that does not fit, so is itself in
        doubt."""
        self._window.skip_newlines()
        self._window.need(1)
        damage = self._window.damage
        if damage is None or not damage.cause.startswith("corrupt"):
            return record
        return self._in_damage(record.place) or record

    def _short(self, place: Place, length: int, held: int) -> Fault:
        swallowed = self._swallowed(held)
        if swallowed is not None:
            return self._wrong_length(place, length)
        self._window.skip(held)
        return self._cut(place) or Fault(
            place.offset, "truncated_record", f"{length:,} bytes are announced, {held:,} are there"
        )

    def _wrong_length(self, place: Place, length: int) -> Fault:
        passed = self._resume()
        detail = f"{length:,} bytes are announced, but the record ends after about {passed:,}"
        return self._in_damage(place) or Fault(place.offset, "wrong_length", detail)

    def _long(self, place: Place, headers: dict[str, str], length: int) -> Record | Fault:
        head = self._window.peek(min(HEAD, self._limit))
        passed = self._window.skip(length)
        if passed < length:
            return self._cut(place) or Fault(
                place.offset, "truncated_record", f"{length:,} bytes are announced, {passed:,} are there"
            )
        return Record(place, headers, head, length)

    def _resume(self) -> int:
        """Go on at the next header that can be found."""
        return self._window.skip_to(self._dialect.start)

    def _cut(self, place: Place) -> Fault | None:
        """The fault of a record that the damage of the compressed data has cut, where that is what has cut
        it."""
        damage: Damage | None = self._window.damage
        if damage is None or self._window.need(1):
            return None
        self.told = True
        return Fault(place.offset, damage.cause, damage.detail)

    def _in_damage(self, place: Place) -> Fault | None:
        """The same for one whose bytes are all there, but are not what they were if they are of the same
        member."""
        damage = self._window.damage
        return self._cut(place) if damage is not None and damage.offset == self._window.last_member else None


def _length(value: str | None) -> int | None:
    """A Content-Length: a number of bytes, in ASCII digits."""
    value = (value or "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None
