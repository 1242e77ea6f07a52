"""The text of a page, and what is refused before a parser sees it."""

from __future__ import annotations

import re
from typing import Any

from filters.kernels.html import nesting
from pipeline.errors import UserError
from pipeline.sources.config import Html, Limits

# Elements that have no end tag, or are closed by what follows them: not nested, however many there are.
_FLAT = frozenset(
    {
        *(
            "area",
            "base",
            "basefont",
            "bgsound",
            "body",
            "br",
            "col",
            "colgroup",
            "dd",
            "dt",
            "embed",
            "frame",
        ),
        *(
            "head",
            "hr",
            "html",
            "img",
            "input",
            "isindex",
            "keygen",
            "li",
            "link",
            "meta",
            "optgroup",
            "option",
        ),
        *("p", "param", "rb", "rp", "rt", "rtc", "source", "tbody", "td", "tfoot", "th", "thead", "tr"),
        *("track", "wbr"),
    }
)
_ATTRIBUTE = re.compile(r"""[^\s"'>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+))?""")
# Some five seconds; a page of 100,000 elements may be nested 500 deep throughout.
_MOST_DEPTHS = 50_000_000
# A tag with fewer characters cannot have as many attributes as are a problem.
_LONG_TAG = 8192


def problem(html: str, limits: Limits) -> tuple[str, str] | None:
    """A cause and a sentence where parsing this page could take longer than it is worth; None if it is harmless.

    The time of the parser grows with the square of the attributes of one element, and that of the extraction with
    the depths of all elements added up (measured with resiliparse 2.0: 10,000 nested div take 1.5 s, and 450,000
    paragraphs inside of 4,000 nested div nearly ten minutes). Both are bounded here by counting, so that the answer
    is the same on every machine.
    """
    deepest, total, longest = nesting(html.encode("utf-8", "replace"), _FLAT)
    if deepest > limits.html_depth:
        return "html_too_deep", f"elements are nested more than {limits.html_depth:,} deep"
    if total > _MOST_DEPTHS:
        return (
            "html_too_deep",
            f"the depths of all elements add up to {total:,}, more than {_MOST_DEPTHS:,}",
        )
    attributes = _attributes(html) if longest > _LONG_TAG else 0
    if attributes > limits.html_attributes:
        return "html_too_many_attributes", f"an element has {attributes:,} attributes"
    return None


def _attributes(html: str) -> int:
    """The most attributes of an element, looked for in long tags only."""
    most = 0
    for piece in html.split("<"):
        if len(piece) >= _LONG_TAG and piece[:1].isalpha():
            most = max(most, _attributes_of_tag(piece))
    return most


def _attributes_of_tag(tag: str) -> int:
    """Of a tag and what follows it, from its name on."""
    count = -1  # the name looks like one
    at = 0
    while at < len(tag) and tag[at] != ">":
        match = _ATTRIBUTE.match(tag, at)
        count += match is not None
        at = match.end() if match else at + 1
    return count


def check_available(html: Html) -> None:
    """Raises UserError where the extractor is not installed."""
    if html.extractor == "trafilatura":
        try:
            import trafilatura  # noqa: F401
        except ImportError:
            raise UserError(
                "source.html.extractor: trafilatura is not installed; "
                "run `pip install 'assay[trafilatura]'`, or use extractor: resiliparse"
            ) from None


def extract(html: str, settings: Html) -> str:
    """The text of a page, with a line break between blocks; empty if there is none."""
    if settings.extractor == "trafilatura":
        return _trafilatura(html, settings)
    from resiliparse.extract.html2text import extract_plain_text

    text: str = extract_plain_text(
        html,
        preserve_formatting=True,
        main_content=settings.main_content,
        alt_texts=settings.alt_texts,
        links=settings.links,
        comments=settings.comments,
    )
    return text


def _trafilatura(html: str, settings: Html) -> str:
    import trafilatura

    text = trafilatura.extract(
        html,
        include_comments=settings.comments,
        include_links=settings.links,
        favor_precision=settings.favor == "precision",
        favor_recall=settings.favor == "recall",
        config=_untimed(),
    )
    return text or ""


def _untimed() -> Any:
    """Its settings without its own time limit, which is a signal and works in the main thread only."""
    from trafilatura.settings import use_config

    config = use_config()
    config.set("DEFAULT", "EXTRACTION_TIMEOUT", "0")
    return config
