"""Plain text: the file is the document."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.sources import names
from pipeline.sources.charset import decode_page
from pipeline.sources.config import Source
from pipeline.sources.document import Document, Progress, to_json
from pipeline.sources.streams import blocks, open_range
from pipeline.sources.unit import Unit, Unreadable


def read(unit: Unit, config: Source, progress: Progress) -> Iterator[Document | Unreadable]:
    """One document; or why there is none, where the file is damaged or too long."""
    limit = config.limits.raw_bytes
    pieces: list[bytes] = []
    length = 0
    with open_range(unit) as (stored, compression):
        for block in blocks(stored, compression, config.limits):
            progress.position = stored.position
            pieces.append(block.data)
            length += len(block.data)
            if block.damage is not None:
                yield Unreadable(unit.path, block.damage.offset, "unreadable", *block.damage[1:])
                return
            if length > limit:
                detail = f"more than limits.raw_bytes ({limit:,}); a text file is one document"
                yield Unreadable(unit.path, 0, "unreadable", "record_too_long", detail)
                return
    text, charset, replaced = decode_page(b"".join(pieces), override=config.charset)
    metadata = {"charset": charset, **({"replaced_characters": replaced} if replaced else {})}
    yield Document(
        id=names.stem(unit.path),
        url=None,
        source=config.source or names.collection(unit.path),
        date=None,
        text=text,
        metadata=to_json(metadata),
        offset=0,
    )
