"""The lines of a text file, however long they are and however the file is compressed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pipeline.sources.config import Limits
from pipeline.sources.streams import Block, Damage

_BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """`data` is without its newline; None where the line is longer than the limit. `length` counts its bytes.

    `offset` is in the decompressed file; `stored` is in the stored file: the line itself where it is plain,
    else the member that it begins in.
    """

    data: bytes | None
    length: int
    offset: int
    stored: int


def lines(blocks: Iterator[Block], start: int, plain: bool, limits: Limits) -> Iterator[Line | Damage]:
    """All lines that end in a newline, and the rest of the file as the last one.

    A line that damage cuts is not given, as nobody can know what it was; the damage is, as the last item.

    Args:
        blocks: the file, decompressed.
        start: where the first block begins in the decompressed file.
        plain: whether it is not compressed at all.
        limits: `raw_bytes` bounds a line.
    """
    scanner = _Scanner(start, plain, limits.raw_bytes)
    for block in blocks:
        if block.damage is not None:
            yield block.damage
            return
        yield from scanner.scan(block)
    yield from scanner.rest()


class _Scanner:
    def __init__(self, start: int, plain: bool, limit: int) -> None:
        self._plain, self._limit = plain, limit
        self._pieces: list[bytes] = []  # of a line that goes on in the next block
        self._length = 0
        self._offset = start  # of that line
        self._stored = start
        self._fresh = start == 0

    def scan(self, block: Block) -> Iterator[Line]:
        data = block.data
        if self._fresh and data:
            self._fresh = False
            if data.startswith(_BOM):
                data = data[len(_BOM) :]
                self._offset = len(_BOM)
        if not self._length:
            self._stored = block.offset
        *whole, rest = data.split(b"\n")
        for piece in whole:
            self._add(piece)
            yield self._line()
            self._offset += self._length + 1
            self._stored = block.offset
            self._pieces, self._length = [], 0
        self._add(rest)

    def rest(self) -> Iterator[Line]:
        if self._length:
            yield self._line()

    def _add(self, piece: bytes) -> None:
        self._length += len(piece)
        if self._length <= self._limit:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def _line(self) -> Line:
        data = b"".join(self._pieces) if self._length <= self._limit else None
        return Line(data, self._length, self._offset, self._offset if self._plain else self._stored)
