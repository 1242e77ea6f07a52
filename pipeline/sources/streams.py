"""The bytes of a unit, decompressed, in blocks that know where in the stored file they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

from pipeline import files
from pipeline.sources import codecs
from pipeline.sources.codecs import Compression, CorruptError
from pipeline.sources.config import Limits
from pipeline.sources.unit import Unit

# Small enough that the bytes fed beyond a short gzip member are cheap to hand back, large enough for plain
# zlib speed.
READ = 32 << 10
PLAIN_READ = 1 << 20
BLOCK = 256 << 10
_GZIP = b"\x1f\x8b\x08"
_PROBE = 8192

StartsRecord = Callable[[bytes], bool]


class Damage(NamedTuple):
    """Why a stream ends before its time, and at which byte of the stored file."""

    offset: int
    cause: str
    detail: str


class Block(NamedTuple):
    """Some decompressed bytes. `offset` is that of the member they are from, or of the bytes themselves in
    plain files."""

    data: bytes
    offset: int
    first: bool = False  # the first block of its member
    damage: Damage | None = None  # nothing more can be read up to the next member


class StoredRange:
    """The bytes [start, stop) of a file as it is stored, read from front to back."""

    def __init__(self, file: BinaryIO, start: int, stop: int) -> None:
        self._file, self._stop = file, stop
        self._ahead = b""
        self.position = start
        file.seek(start)

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none only at the end."""
        if self._ahead:
            data, self._ahead = self._ahead[:size], self._ahead[size:]
        else:
            data = self._file.read(max(0, min(size, self._stop - self.position)))
        self.position += len(data)
        return data

    def unread(self, data: bytes) -> None:
        """Give back what was just read, to be read again."""
        self._ahead = data + self._ahead
        self.position -= len(data)

    def seek(self, position: int) -> None:
        self._ahead = b""
        self.position = position
        self._file.seek(position)


@contextmanager
def open_range(unit: Unit) -> Iterator[tuple[StoredRange, Compression | None]]:
    """The stored bytes of a unit, and how its file is compressed."""
    with files.open_read(unit.path, unit.stop) as file:
        compression = codecs.detect(file.read(codecs.MAGIC_BYTES))
        yield StoredRange(file, unit.start, unit.stop), compression


def blocks(
    stored: StoredRange,
    compression: Compression | None,
    limits: Limits,
    starts_record: StartsRecord | None = None,
) -> Iterator[Block]:
    """Decompress, member after member.

    After damage in gzip the reading goes on at the next member that `starts_record` (which sees its first
    bytes) accepts; in any other compression, and where no such function is given, the damage is the end.
    """
    if compression is None:
        yield from _plain(stored)
        return
    while head := _head(stored):
        begin = stored.position
        damage = None
        if codecs.detect(head) != compression:
            damage = Damage(
                begin, f"not_{compression}", f"no {compression} data here, {len(head)} or more bytes are lost"
            )
            yield Block(b"", begin, damage=damage)
        else:
            for block in _member(stored, compression, limits):
                damage = block.damage
                yield block
        if damage is not None:
            if starts_record is None or compression != "gzip":
                return
            following = next_member(stored, begin + 1, starts_record)
            if following is None:
                return
            stored.seek(following)


def _plain(stored: StoredRange) -> Iterator[Block]:
    offset = stored.position
    while data := stored.read(PLAIN_READ):
        yield Block(data, offset)
        offset = stored.position


def _head(stored: StoredRange) -> bytes:
    """The first bytes of the next member, without moving on to them; zeros before it (padding) are passed
    over."""
    while data := stored.read(READ):
        content = data.lstrip(b"\0")
        if content:
            while len(content) < 8 and (more := stored.read(8)):
                content += more
            stored.unread(content)
            return content[:8]
    return b""


def _member(stored: StoredRange, compression: Compression, limits: Limits) -> Iterator[Block]:
    """The blocks of one member. All but its last have BLOCK bytes or more: the first shows how it begins."""
    begin = stored.position
    pieces: list[bytes] = []
    held = 0
    first = True
    for piece in _decompressed(stored, compression, limits):
        if isinstance(piece, Damage):
            yield Block(b"".join(pieces), begin, first)
            yield Block(b"", begin, damage=piece)
            return
        pieces.append(piece)
        held += len(piece)
        if held >= BLOCK:
            yield Block(b"".join(pieces), begin, first)
            pieces, held, first = [], 0, False
    if held or first:
        yield Block(b"".join(pieces), begin, first)


def _decompressed(stored: StoredRange, compression: Compression, limits: Limits) -> Iterator[bytes | Damage]:
    """What a member gives, a bounded piece at a time; damage is the last item. Ends behind the member."""
    begin = stored.position
    codec = codecs.decompressor(compression)
    total = 0
    while not codec.eof:
        data = stored.read(READ) if codec.needs_input else b""
        if codec.needs_input and not data:
            detail = f"the {compression} data that begins here breaks off after {total:,} bytes"
            yield Damage(begin, f"truncated_{compression}", detail)
            return
        try:
            piece = codec.decompress(data, BLOCK)
        except CorruptError as error:
            total += len(error.salvaged)
            yield error.salvaged
            detail = f"the {compression} data that begins here is damaged after {total:,} bytes: {error}"
            yield Damage(begin, f"corrupt_{compression}", detail)
            return
        yield piece
        total += len(piece)
        ratio = total / max(1, stored.position - begin)
        if total > limits.decompression_floor and ratio > limits.decompression_ratio:
            detail = f"more than {limits.decompression_ratio:g} bytes of each stored one; the rest is unread"
            yield Damage(begin, "decompression_bomb", detail)
            return
    stored.unread(codec.unused_data)


def next_member(stored: StoredRange, position: int, starts_record: StartsRecord) -> int | None:
    """Where, at or after `position`, the next gzip member begins with a record. Moves `stored`.

    The magic bytes alone also occur inside compressed data; so what follows them has to decompress into the
    beginning of a record.
    """
    stored.seek(position)
    base, data = position, b""
    while True:
        more = stored.read(PLAIN_READ)
        data += more
        end = len(data) - (_PROBE if more else 0)
        at = data.find(_GZIP)
        while 0 <= at < end:
            if starts_record(probe(data[at : at + _PROBE])):
                return base + at
            at = data.find(_GZIP, at + 1)
        if not more:
            return None
        keep = max(0, end)
        base, data = base + keep, data[keep:]


def probe(data: bytes) -> bytes:
    """The first bytes that a gzip member decompresses into; none if it is not one."""
    codec = codecs.decompressor("gzip")
    try:
        return codec.decompress(data, 4096)
    except CorruptError as error:
        return error.salvaged
