"""A probe as people read it."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from pipeline.report.numbers import NOTHING, count, percent, size


def print_probe(made: dict[str, Any], console: Console) -> None:
    """What the pool is, what is left of it, and at which stages it goes, in a few lines of 80 columns."""
    pool = made["pool"]
    stored = f" ({size(pool['stored_bytes'])} stored)" if pool["stored_bytes"] else ""
    console.print(
        f"{count(pool['documents'])} documents, {size(pool['bytes'])} of text{stored}, about "
        f"{count(pool['tokens'])} tokens; {count(made['probes'])} probes."
    )
    console.print()
    table = _table("left of all that was read")
    for name, estimate in made["retention"].items():
        table.add_row(name, *_interval(estimate))
    console.print(table)
    console.print()
    table = _table("kept of what reaches it")
    for name, found in made["filters"].items():
        table.add_row(name, *_interval(found["kept"]["documents"]))
    for found in made["deduplicators"]:
        table.add_row(found["name"], *_interval(found["kept"]))
    console.print(table)
    for warning in made["warnings"]:
        console.print(f"\nNote: {warning}")


def _table(title: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column(title, min_width=28, overflow="fold")
    for header in ("about", "95 % from", "to"):
        table.add_column(header, justify="right", no_wrap=True)
    return table


def _interval(estimate: dict[str, float | None]) -> tuple[str, str, str]:
    """An estimate in three cells; what was measured on all documents has no interval."""
    value, low, high = (estimate[end] for end in ("value", "low", "high"))
    if low is None or low == high:
        return percent(value), NOTHING, NOTHING
    return percent(value), percent(low), percent(high)
