"""Reads a file of a store by ranges, ahead of the reader where the reading goes on in sequence."""

from __future__ import annotations

import io
from typing import Any

from pipeline.stores import retried

# The first request for a place; each that follows on the one before is four times as long, up to MOST. So a look at
# the head or the footer costs little, and a whole file is read in blocks that hide the time of a request.
LEAST = 256 << 10
MOST = 8 << 20


class ReadAhead(io.RawIOBase):
    """A file of a store, for reading, with seek. It holds one block, whatever the size of the file.

    Args:
        file: as fsspec opens it, without a cache of its own. It must know its size and take ranges.
        url: its name in errors.
        stop: the byte up to which it is read ahead; what is asked for beyond it is read too.
    """

    def __init__(self, file: Any, url: str, stop: int | None = None) -> None:
        self._file, self._url = file, url
        self._size = int(file.size)
        self._stop = self._size if stop is None else min(stop, self._size)
        self._block = b""
        self._begin = 0  # of the block in the file
        self._at = 0
        self._ahead = LEAST

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"{self._url}: seek to before its beginning")
        self._at = base + offset
        return self._at

    def readall(self) -> bytes:
        return self.read(-1)

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int | None = -1) -> bytes:
        """Up to `size` bytes, fewer only at the end of the file.

        Raises:
            AssayError: the store fails for good.
        """
        until = self._size if size is None or size < 0 else min(self._at + size, self._size)
        if until <= self._at:
            return b""
        data = b""
        if self._begin <= self._at < self._begin + len(self._block):
            data = self._block[self._at - self._begin : until - self._begin]
        if len(data) < until - self._at:
            data += self._next_block(self._at + len(data), until)
        self._at = until
        return data

    def _next_block(self, start: int, until: int) -> bytes:
        """Fetch from `start` to `until` and ahead; the bytes up to `until`."""
        in_sequence = bool(self._block) and start == self._begin + len(self._block)
        self._ahead = min(4 * self._ahead, MOST) if in_sequence else LEAST
        end = max(until, min(start + self._ahead, self._stop))
        fetched = retried(self._url, lambda: self._fetch(start, end))
        self._block = fetched[-MOST:]  # of one large read, no more than of many small ones
        self._begin = end - len(self._block)
        return fetched[: until - start]

    def _fetch(self, start: int, end: int) -> bytes:
        self._file.seek(start)
        data: bytes = self._file.read(end - start)
        if len(data) != end - start:
            raise ConnectionError(f"{len(data)} of {end - start} bytes arrived")
        return data

    def close(self) -> None:
        if not self.closed:
            self._file.close()
            self._block = b""
        super().close()
