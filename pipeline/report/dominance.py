"""Whether a few documents, or one host, are most of what was read: then shares of tokens are mostly about them."""

from __future__ import annotations

import math
from typing import Any

from pipeline.report.alarms import printable
from pipeline.report.numbers import percent

LARGE_DOCUMENT = 0.05  # of the raw tokens
LARGE_HOST = 0.2


def dominance(report: dict[str, Any]) -> dict[str, Any]:
    """The report's `dominance`, from its `lengths`, `hosts` and `totals`; values are null where nothing was read.

    `documents_effective` is (sum t)^2 / sum t^2 over the tokens t of raw documents: so many equal ones would say as much
    about tokens. It takes documents of one bin as equally long, and is at most 0.3 % too high for that, since no
    bin is wider than a tenth of its lower end. `largest_document_share` is exact where one document is alone in the highest
    bin, and otherwise no less than the true share, and at most a tenth of it more.
    """
    lengths, total = report["lengths"]["raw"], report["totals"]["raw"]["tokens"]
    bins = list(zip(lengths["low"], lengths["high"], lengths["documents"], lengths["tokens"], strict=True))
    squares = sum(tokens**2 / documents for _, _, documents, tokens in bins)
    hosts = report["hosts"]["listed"]
    top = hosts[0] if hosts else None
    if not total or not squares:
        return dict.fromkeys(
            ("documents_effective", "largest_document_share", "largest_host", "largest_host_share")
        )
    return {
        "documents_effective": sum(tokens for *_, tokens in bins) ** 2 / squares,
        "largest_document_share": _largest(*bins[-1]) / total,
        "largest_host": top["host"] if top else None,
        "largest_host_share": top["raw"]["tokens"] / total if top else None,
    }


def dominance_notices(dominance: dict[str, Any] | None) -> list[str]:
    """A sentence if one document holds more than a twentieth of the raw tokens, and one if a host holds more than a fifth.

    Of one host that holds all there is none: then this is the scrape of one site, and meant to be.
    """
    found = dominance or {}
    document, host = found.get("largest_document_share") or 0, found.get("largest_host_share") or 0
    notices = []
    if document > LARGE_DOCUMENT:
        notices.append(
            f"One document holds {percent(document)} of the raw tokens, or little less: all figures in tokens, and their "
            "intervals, are largely about that one."
        )
    if LARGE_HOST < host < 1:
        notices.append(
            f"{percent(host)} of the raw tokens are from {printable(found['largest_host'])}: all figures are largely "
            "about that host."
        )
    return notices


def _largest(low: float, high: float, documents: int, tokens: int) -> float:
    """The most tokens that one of these documents can have: the others have at least `low`."""
    return min(math.ceil(high) - 1, tokens - (documents - 1) * low)
