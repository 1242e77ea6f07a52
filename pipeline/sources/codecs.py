"""Decompressors of one member (gzip) or frame (zstd, lz4) or stream (bz2, xz), all with the same small
interface.

The output of every call is bounded, so that a bomb never fills the memory.
"""

from __future__ import annotations

import bz2
import contextlib
import lzma
import zlib
from collections.abc import Callable
from typing import Any, Literal, Protocol

import lz4.frame
import zstandard

Compression = Literal["gzip", "zstd", "bz2", "xz", "lz4"]

_MAGIC: tuple[tuple[bytes, Compression], ...] = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x04\x22\x4d\x18", "lz4"),
)
MAGIC_BYTES = max(len(magic) for magic, _ in _MAGIC)
_XZ_MEMORY = 256 << 20


class CorruptError(Exception):
    """The compressed data is damaged. `salvaged` is what it gave up to the damage since the last call."""

    def __init__(self, message: str, salvaged: bytes = b"") -> None:
        super().__init__(message)
        self.salvaged = salvaged


class Decompressor(Protocol):
    """One member. Feed it when it needs input, until it is at its end."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes:
        """What was fed beyond the end of the member."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most about `max_length` bytes more. Raises CorruptError."""


def detect(head: bytes) -> Compression | None:
    """The compression that the first MAGIC_BYTES of a file give away; None for plain data."""
    if head[1:4] == b"\x2a\x4d\x18" and head[:1] and 0x50 <= head[0] <= 0x5F:
        return "zstd"  # a skippable frame, which begins the files of some zstd writers
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)


def decompressor(compression: Compression) -> Decompressor:
    return _DECOMPRESSORS[compression]()


class _Gzip:
    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)
        self._rest = b""

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not self._rest

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        data = self._rest + data
        before = self._zlib.copy()
        try:
            out = self._zlib.decompress(data, max_length)
        except zlib.error as error:
            raise CorruptError(str(error), _salvage(before, data)) from None
        self._rest = self._zlib.unconsumed_tail
        return out


def _salvage(state: Any, data: bytes) -> bytes:
    """All output up to the damage: zlib gives none of the call that meets it, so it is fed ever smaller
    steps."""
    pieces: list[bytes] = []
    at = 0
    for step in (4096, 64, 1):
        with contextlib.suppress(zlib.error):
            while at < len(data):
                before = state.copy()
                pieces.append(state.decompress(data[at : at + step]))
                at += step
        state = before
    return b"".join(pieces)


class _Zstd:
    # A block of 4 bytes can stand for 128 KiB, and the library gives all that its input stands for at once.
    _STEP = 1024

    def __init__(self) -> None:
        self._zstd = zstandard.ZstdDecompressor().decompressobj()
        self._rest = b""

    @property
    def eof(self) -> bool:
        return self._zstd.eof

    @property
    def needs_input(self) -> bool:
        return not self._rest

    @property
    def unused_data(self) -> bytes:
        return self._zstd.unused_data + self._rest

    def decompress(self, data: bytes, max_length: int) -> bytes:
        data = self._rest + data
        pieces, size, at = [], 0, 0
        try:
            while at < len(data) and size < max_length and not self._zstd.eof:
                piece = self._zstd.decompress(data[at : at + self._STEP])
                at += self._STEP
                pieces.append(piece)
                size += len(piece)
        except zstandard.ZstdError as error:
            raise CorruptError(str(error), b"".join(pieces)) from None
        self._rest = data[at:]
        return b"".join(pieces)


class _Library:
    """The interface that bz2, lzma and lz4 share, with their errors made one."""

    def __init__(self, inner: Any, error: type[Exception]) -> None:
        self._inner, self._error = inner, error

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof)

    @property
    def needs_input(self) -> bool:
        return bool(self._inner.needs_input)

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data or b""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        try:
            return bytes(self._inner.decompress(data, max_length))
        except (self._error, EOFError, MemoryError) as error:
            raise CorruptError(str(error)) from None


_DECOMPRESSORS: dict[Compression, Callable[[], Decompressor]] = {
    "gzip": _Gzip,
    "zstd": _Zstd,
    "bz2": lambda: _Library(bz2.BZ2Decompressor(), OSError),
    "xz": lambda: _Library(lzma.LZMADecompressor(memlimit=_XZ_MEMORY), lzma.LZMAError),
    "lz4": lambda: _Library(lz4.frame.LZ4FrameDecompressor(), RuntimeError),
}
