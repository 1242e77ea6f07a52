"""CSV and TSV: a header line, then rows; cells in quotes may hold newlines (RFC 4180)."""

from __future__ import annotations

import csv
import sys
from collections import deque
from collections.abc import Iterator

from pipeline.errors import UserError
from pipeline.sources import charset, names
from pipeline.sources.config import Limits, Source
from pipeline.sources.document import Document, FieldMapper, Progress
from pipeline.sources.lines import Line, lines
from pipeline.sources.streams import Damage, blocks, open_range
from pipeline.sources.unit import Unit, Unreadable


def read(unit: Unit, config: Source, progress: Progress) -> Iterator[Document | Unreadable]:
    """Each row below the header, in order: a document, or why it is none."""
    mapper = FieldMapper(unit.path, config)
    header: list[str] | None = None
    for row in _rows(unit, config, progress):
        if isinstance(row, Unreadable):
            yield row
        elif header is None:
            header = row.cells
        elif len(row.cells) != len(header):
            detail = f"{len(row.cells)} cells under {len(header)} columns{row.where}"
            yield Unreadable(unit.path, row.stored, "unreadable", "wrong_cell_count", detail)
        else:
            record = dict(zip(header, row.cells, strict=True))
            yield mapper.document(record, row.offset, row.stored, row.replaced)


def columns(path: str, config: Source) -> list[str]:
    """The header. Raises UserError where the file has none that can be read."""
    for row in _rows(Unit(0, path, "csv", 0, sys.maxsize, 0), config, Progress(0)):
        if isinstance(row, Unreadable):
            raise UserError(f"{path}: the header line cannot be read: {row.detail}")
        return row.cells
    raise UserError(f"{path}: no header line; a CSV file names its columns in the first line")


class _Row:
    __slots__ = ("cells", "offset", "replaced", "stored", "where")

    def __init__(self, cells: list[str], first: Line, replaced: int) -> None:
        self.cells, self.replaced = cells, replaced
        self.offset, self.stored = first.offset, first.stored
        self.where = (
            "" if first.offset == first.stored else f" (byte {first.offset:,} of the decompressed file)"
        )


def _rows(unit: Unit, config: Source, progress: Progress) -> Iterator[_Row | Unreadable]:
    with open_range(unit) as (stored, compression):
        stream = blocks(stored, compression, config.limits)
        parser = _Parser(lines(stream, unit.start, compression is None, config.limits), unit.path, config)
        while (row := parser.next()) is not None:
            progress.position = stored.position
            yield row


class _Parser:
    """Puts lines together into rows. A quote that is never closed costs its own line only: what was joined to
    it is parsed again without it."""

    def __init__(self, source: Iterator[Line | Damage], path: str, config: Source) -> None:
        self._source, self._path, self._limits = source, path, config.limits
        self._charset = config.charset or "utf-8"
        tab = names.bare(path).lower().endswith(".tsv")
        self._delimiter = config.delimiter or ("\t" if tab else ",")
        self._again: deque[Line | Damage] = deque()
        # The limit of the library is one for the whole process; ours is on the row, before the library sees
        # it.
        csv.field_size_limit(max(csv.field_size_limit(), 2 * config.limits.raw_bytes))

    def next(self) -> _Row | Unreadable | None:
        first = self._line()
        while isinstance(first, Line) and first.data is not None and not first.data.strip(b"\r"):
            first = self._line()
        if first is None:
            return None
        if isinstance(first, Damage):
            return Unreadable(self._path, first.offset, "unreadable", first.cause, first.detail)
        if first.data is None:
            return self._too_long(first, self._limits)
        return self._row(first)

    def _row(self, first: Line) -> _Row | Unreadable:
        joined: list[Line | Damage] = []
        replaced = 0

        def texts() -> Iterator[str]:
            nonlocal replaced
            length, line = 0, first
            while True:
                decoded = charset.replacing(line.data or b"", self._charset)
                replaced += decoded.replaced
                yield decoded.text + "\n"
                length += line.length + 1
                following = self._line()
                if following is None:
                    return
                joined.append(following)
                if isinstance(following, Damage) or following.data is None or length > self._limits.raw_bytes:
                    return
                line = following

        try:
            cells = next(csv.reader(texts(), delimiter=self._delimiter, strict=True))
        except (csv.Error, StopIteration) as error:
            self._again.extendleft(reversed(joined))
            return Unreadable(
                self._path, first.stored, "unreadable", "bad_csv", f"the row is not CSV: {error}"
            )
        return _Row(cells, first, replaced)

    def _line(self) -> Line | Damage | None:
        return self._again.popleft() if self._again else next(self._source, None)

    def _too_long(self, line: Line, limits: Limits) -> Unreadable:
        detail = f"a line of {line.length:,} bytes, over limits.raw_bytes ({limits.raw_bytes:,})"
        return Unreadable(self._path, line.stored, "unreadable", "line_too_long", detail)
