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
        "**Expected** is what would be kept of a group if its documents were kept like all of the same lengths; the **matched "
        "ratio** is what was kept of it over that. A group is **flagged** where that ratio is "
        f"below {factor:g} or above {1 / factor:g}, and it is hardly chance (5 % for all groups together). The **raw "
        "ratio** is the kept share over that of all documents, however long. Ranges are intervals at 95 %.\n",
    ]
    for kind, title in _TITLES:
        groups = [group for group in audit["groups"] if group["kind"] == kind]
        shown = [group for group in groups if group["raw"]["documents"] >= audit["fewest"]]
        header = [title, "flagged", "fell behind most at", "documents", "kept", "expected"]
        header += ["matched ratio", "raw ratio", "tokens kept"]
        if shown:
            lines.append(table(header, [_row(group) for group in shown], left=3))
        few = [f"{cell(g['group'])} ({count(g['raw']['documents'])})" for g in groups if g not in shown]
        if few:
            lines.append(
                f"Too few to judge, with fewer than {audit['fewest']} documents: {', '.join(few)}.\n"
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
        percent(group["expected"]),
        _with_ends(group["matched"], _two_digits),
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
