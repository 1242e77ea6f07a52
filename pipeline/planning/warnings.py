"""What a plan from a run does not cover, or rests on too little for: sentences, each with what helps."""

from __future__ import annotations

from typing import Any

from pipeline.ledger import UNKNOWN_LANGUAGE
from pipeline.report.numbers import percent

FEW_UNITS = 30  # below, intervals from the variation between units are too narrow more often than they say
_LARGE_DOCUMENT = 0.01  # of all tokens
_LARGE_HOST = 0.2


def warnings_of(report: dict[str, Any], planning: dict[str, Any], sample: dict[str, Any] | None) -> list[str]:
    """What to beware of in any plan by this run, the gravest first."""
    return [
        *_of_deduplication(report, planning, sample),
        *_of_units(report, planning),
        *_of_dominance(report.get("dominance") or {}),
        *_of_languages(report),
    ]


def _of_deduplication(
    report: dict[str, Any], planning: dict[str, Any], sample: dict[str, Any] | None
) -> list[str]:
    if not planning["bracket_by"]:
        return [
            "This recipe removes no duplicates. If the real job will, expect to need more: the larger the "
            "scrape, the larger the share of it that stands elsewhere in it."
        ]
    if planning["basis"] == "probes":
        return []
    if sample is None:
        return [
            "This run read whole files, not a sample of documents. Copies that lie in one file are seen too "
            "often and others too seldom, so how deduplication goes on is less sure than the range says. "
            "`assay sample` draws documents from all files, `assay probe` counts the copies in all."
        ]
    if sample["by"] == "bytes":
        return [
            "This run's documents were drawn by their bytes: copies of long documents are seen more often than "
            "those of short ones. Let `assay probe` count the copies."
        ]
    return []


def _of_units(report: dict[str, Any], planning: dict[str, Any]) -> list[str]:
    raw = report["units"]["raw_tokens"]
    held, total = sum(tokens > 0 for tokens in raw), sum(raw)
    warnings = []
    if planning["basis"] in ("units", None):
        if held == 1:
            warnings.append(
                "This run has one unit, so nothing says how much retention varies: there is no interval."
            )
        elif held < FEW_UNITS:
            warnings.append(
                f"The intervals rest on {held} units. Below {FEW_UNITS} they are rough; more files, or "
                "smaller units, make them better."
            )
    if held > 1 and max(raw) > total / 2:
        warnings.append(
            f"One unit holds {percent(max(raw) / total)} of the raw tokens: these figures are mostly those of that one."
        )
    if not report["complete"]:
        missing = report["units"]["count"] - report["units"]["finished"]
        warnings.append(f"The run is not finished: {missing} units are missing here.")
    return warnings


def _of_dominance(dominance: dict[str, Any]) -> list[str]:
    warnings = []
    largest = dominance.get("largest_document_share") or 0
    if largest > _LARGE_DOCUMENT:
        warnings.append(
            f"One document may hold {percent(largest)} of the raw tokens: whether such a one is in the sample or "
            "not moves every figure. `assay sample --by bytes` makes that harmless."
        )
    host = dominance.get("largest_host_share") or 0
    if host > _LARGE_HOST:
        warnings.append(
            f"{percent(host)} of the raw tokens are from {dominance['largest_host']}: these figures are largely those "
            "of that host."
        )
    return warnings


def _of_languages(report: dict[str, Any]) -> list[str]:
    total = report["totals"]["raw"]["tokens"]
    unknown = sum(
        entry["raw"]["tokens"] for entry in report["languages"] if entry["language"] == UNKNOWN_LANGUAGE
    )
    if not unknown or len(report["languages"]) < 2:
        return []
    return [
        f"{percent(unknown / total)} of the raw tokens have no language: their documents went before it was found, "
        "or it could not be told. They are missing from the raw amounts of each language, not from those of the "
        "whole scrape."
    ]
