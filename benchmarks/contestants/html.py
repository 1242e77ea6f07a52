"""The main text of pages: Assay (resiliparse, in a process that a hostile page may take down), resiliparse, trafilatura."""

from __future__ import annotations

from zlib import crc32

from benchmarks.contestants import Inputs, Work, rows, size


def assay(inputs: Inputs) -> Work:
    """As a run has it: pages that are too deep are refused, the others go through the extractor's process."""
    from pipeline.sources import extractor
    from pipeline.sources.config import Html, Limits
    from pipeline.sources.html import problem

    pages = rows(inputs.pages, "html", inputs.megabytes)
    limits = Limits()

    def text(page: str) -> str:
        if problem(page, limits):
            return ""
        return extractor.shared(Html(), limits.extraction_seconds).extract(page)

    return Work(size(pages), lambda: [text(page) for page in pages], _digests)


def resiliparse(inputs: Inputs) -> Work:
    """The library alone, with Assay's settings: the floor under them."""
    from resiliparse.extract.html2text import extract_plain_text

    pages = rows(inputs.pages, "html", inputs.megabytes)
    return Work(
        size(pages),
        lambda: [extract_plain_text(page, preserve_formatting=True, main_content=True) for page in pages],
        _digests,
    )


def trafilatura(inputs: Inputs) -> Work:
    """With the settings of FineWeb."""
    from trafilatura import extract

    pages = rows(inputs.pages, "html", inputs.megabytes)
    return Work(
        size(pages),
        lambda: [
            extract(page, favor_precision=True, include_comments=False, deduplicate=True) for page in pages
        ],
        lambda _: [],
    )


def _digests(texts: list[str]) -> list[int]:
    return [crc32(text.encode("utf-8", "replace")) for text in texts]
