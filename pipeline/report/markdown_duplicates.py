"""The section of report.md on duplicates."""

from __future__ import annotations

import math
from typing import Any

from pipeline.report.build import Report
from pipeline.report.markdown_tables import cell, table
from pipeline.report.numbers import count, share

_SIZES = (
    ("2", 2, 2),
    ("3", 3, 3),
    ("4 to 9", 4, 9),
    ("10 to 99", 10, 99),
    ("100 to 999", 100, 999),
    ("1,000 and more", 1000, math.inf),
)


def duplicates_section(report: Report) -> str:
    """What each deduplicator found; empty where the recipe has none."""
    if not report["duplicates"]:
        return ""
    lines = ["## Duplicates\n"]
    rows = [
        [cell(entry["stage"]), count(entry["clusters"]), count(entry["documents"]), count(entry["dropped"])]
        for entry in report["duplicates"]
    ]
    lines.append(table(["deduplicator", "clusters", "documents in them", "dropped"], rows))
    lines += [f"**Look at this:** {cell(alarm)}\n" for e in report["duplicates"] for alarm in e["alarms"]]
    for entry in report["duplicates"]:
        lines += _clusters(entry)
    return "\n".join(lines)


def _clusters(entry: dict[str, Any]) -> list[str]:
    """Of one deduplicator: how large its clusters are, the largest of them, and the sources that lost most."""
    if not entry["clusters"]:
        return []
    name = cell(entry["stage"])
    sizes = [
        [label, count(sum(size[1] for size in within)), count(sum(size[2] for size in within))]
        for label, low, high in _SIZES
        if (within := [size for size in entry["sizes"] if low <= size[0] <= high])
    ]
    largest = [
        [cell(c["url"] or c["id"]), count(c["documents"]), count(c["tokens"])] for c in entry["largest"]
    ]
    sources = [
        [
            cell(source["source"]),
            count(source["in"]["documents"]),
            share(source["dropped"]["documents"], source["in"]["documents"]),
            share(source["dropped"]["tokens"], source["in"]["tokens"]),
        ]
        for source in entry["sources"]
    ]
    return [
        f"The clusters of {name}, by their size:\n",
        table(["documents in a cluster", "clusters", "tokens in them"], sizes),
        f"The largest clusters of {name}, by the document that stayed:\n",
        table(["document", "documents in the cluster", "tokens in it"], largest),
        f"The sources that lost most to {name}:\n",
        table(["source", "documents in", "documents dropped", "tokens dropped"], sources),
    ]
