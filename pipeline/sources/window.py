"""Looks along the decompressed bytes of a stretch, a record at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.sources.streams import Block, Damage, StartsRecord

_NEWLINES = b"\r\n"
# Longest beginning of a record that a search pattern has to see whole, where it may lie across two blocks.
_OVERLAP = 4096


class Place(NamedTuple):
    """Where a record stands: the byte of the stored file, and a name for it that is unique in the file."""

    offset: int
    name: str


class Window:
    """A stretch: bytes in which records follow one another, and whose end no record crosses.

    It ends where the file or the unit ends, at damage, or where the next gzip member begins with a record.
    """

    def __init__(self, blocks: Iterator[Block]) -> None:
        self._blocks = blocks
        self._data = b""
        self._at = 0
        self._begin = 0  # of _data in the stretch
        self._members: list[tuple[int, int]] = []  # (where in the stretch, where in the stored file)
        self._plain = True
        self.damage: Damage | None = None
        self.last_member = -1  # of the last bytes that were read
        self._ended = False

    def need(self, size: int) -> int:
        """Have `size` bytes at hand if there are as many. Returns how many are."""
        held = len(self._data) - self._at
        if held >= size or self._ended:
            return held
        pieces = [self._data[self._at :]]
        self._begin += self._at
        self._at = 0
        while held < size:
            block = next(self._blocks, None)
            if block is None or block.damage is not None:
                self.damage = block.damage if block else None
                self._ended = True
                break
            if block.data:
                self._plain = self._plain and not block.first
                self._members.append((self._begin + held, block.offset))
                self.last_member = block.offset
            pieces.append(block.data)
            held += len(block.data)
        self._data = b"".join(pieces)
        return held

    def peek(self, size: int, ahead: int = 0) -> bytes:
        """The next bytes, or those that stand `ahead` of here, without taking them."""
        self.need(ahead + size)
        return self._data[self._at + ahead : self._at + ahead + size]

    def take(self, size: int) -> bytes:
        """The next bytes; fewer only at the end of the stretch."""
        data = self.peek(size)
        self._at += len(data)
        return data

    def skip(self, size: int) -> int:
        """Pass over bytes without keeping them. Returns how many there were."""
        passed = 0
        while passed < size and (held := self.need(1)):
            step = min(held, size - passed)
            self._at += step
            passed += step
        return passed

    def skip_newlines(self) -> int:
        """Pass over the empty lines between records."""
        passed = 0
        while self.need(1) and self._data[self._at] in _NEWLINES:
            self._at += 1
            passed += 1
        return passed

    def find(self, pattern: re.Pattern[bytes], limit: int) -> re.Match[bytes] | None:
        """The first match within the next `limit` bytes. Its positions count from here."""
        size = _OVERLAP
        while True:
            held = self.need(min(size, limit))
            match = pattern.search(memoryview(self._data)[self._at : self._at + min(held, limit)])
            if match or held >= limit or held < size:
                return match
            size *= 4

    def skip_to(self, pattern: re.Pattern[bytes]) -> int:
        """Move on to the first match after this place, or to the end. Returns how many bytes were passed
        over."""
        passed = self.skip(1)
        while self.need(_OVERLAP * 16):
            # One byte back, so that a pattern can ask for the newline before it.
            match = pattern.search(self._data, max(0, self._at - 1))
            if match and match.start() >= self._at:
                passed += match.start() - self._at
                self._at = match.start()
                return passed
            keep = 0 if self._ended else _OVERLAP
            passed += self.skip(max(1, len(self._data) - self._at - keep))
        return passed

    def place(self) -> Place:
        """Of the next byte."""
        position = self._begin + self._at
        while len(self._members) > 1 and self._members[1][0] <= position:
            del self._members[0]
        start, offset = self._members[0] if self._members else (0, 0)
        within = position - start
        if self._plain:
            return Place(offset + within, str(offset + within))
        return Place(offset, f"{offset}+{within}" if within else str(offset))


def stretches(blocks: Iterator[Block], starts_record: StartsRecord) -> Iterator[Window]:
    """The stretches of a stream; what the taker leaves of one is passed over when it asks for the next."""
    splitter = _Splitter(blocks, starts_record)
    while splitter.more():
        part = splitter.stretch()
        yield Window(part)
        for _ in part:
            pass


class _Splitter:
    def __init__(self, blocks: Iterator[Block], starts_record: StartsRecord) -> None:
        self._blocks = blocks
        self._starts_record = starts_record
        self._next = next(blocks, None)

    def more(self) -> bool:
        return self._next is not None

    def stretch(self) -> Iterator[Block]:
        """The blocks up to the next that begins with a record, or through the next damage."""
        begun = False
        while (block := self._next) is not None:
            if begun and block.first and self._starts_record(block.data):
                return
            begun = True
            self._next = next(self._blocks, None)
            yield block
            if block.damage is not None:
                return
