"""The section of report.md on the bias audit."""

from __future__ import annotations

from typing import Any

from pipeline.report.markdown_tables import cell, table
from pipeline.report.numbers import NOTHING, count, counted, percent

_TITLES = (("identity", "Speaks of"), ("dialect", "Has signs of"))


def audit_section(audit: dict[str, Any] | None) -> str:
    """What `audit_figures` found, as tables; empty where there is nothing to say."""
    if audit is None:
        return ""
    factor = audit["factor"]
    lines = [
        "## The bias audit\n",
        f"Of {counted(audit['raw']['documents'], 'document')} in English {_with_ends(audit['overall'], percent)} were kept. "
        "The ratio is the kept share of a group's documents over that of all. A group is **flagged** where the ratio is "
        f"below {factor:g} or above {1 / factor:g}, and that is hardly chance (5 % for all groups together). Ranges are "
        "intervals at 95 %.\n",
    ]
    for kind, title in _TITLES:
        groups = [group for group in audit["groups"] if group["kind"] == kind]
        shown = [group for group in groups if group["raw"]["documents"] >= audit["fewest"]]
        header = [title, "flagged", "fell behind most at", "documents", "kept", "ratio", "tokens kept"]
        if shown:
            lines.append(table(header, [_row(group) for group in shown], left=3))
        few = [f"{cell(g['group'])} ({count(g['raw']['documents'])})" for g in groups if g not in shown]
        if few:
            lines.append(
                f"Too few documents to compare, with fewer than {audit['fewest']}: {', '.join(few)}.\n"
            )
    lines.append(f"{audit['note']}\n")
    return "\n".join(lines)


def _row(group: dict[str, Any]) -> list[str]:
    return [
        cell(group["group"]),
        "**yes**" if group["flagged"] else "",
        cell(group["worst_stage"]),
        count(group["raw"]["documents"]),
        percent(group["kept"]["value"]),
        _with_ends(group["ratio"], _two_digits),
        percent(group["kept_tokens"]["value"]),
    ]


def _with_ends(estimate: dict[str, float | None], write: Any) -> str:
    """`0.93 (0.88 to 0.98)`."""
    value, low, high = (estimate[end] for end in ("value", "low", "high"))
    if value is None:
        return NOTHING
    return write(value) if low is None or high is None else f"{write(value)} ({write(low)} to {write(high)})"


def _two_digits(value: float) -> str:
    return f"{value:.2f}"
