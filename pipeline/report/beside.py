"""Runs side by side on a terminal: what is left of 1,000 raw tokens after each stage, and what differs between them."""

from __future__ import annotations

import json
from typing import Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.report.compare import Comparison, Share
from pipeline.report.numbers import NOTHING, count, per_thousand, percent

SETTINGS = 12
_FIRST = 20  # columns that names of stages and settings have at least
_NAME = 14  # columns of a run's name where there are many


def print_comparison(compared: Comparison, console: Console) -> None:
    """Print what `compare_runs` gives. Fits 80 columns with up to `compare.MOST` runs."""
    runs = compared["runs"]
    console.print()
    console.print(Text("Left of 1,000 raw tokens, by run.", style="bold"))
    console.print()
    console.print(_stages(compared))
    console.print()
    console.print(Text(compared["says"]))
    for caution in compared["cautions"]:
        console.print(Text(f"! {caution}", style="yellow"))
    settings = compared["settings"]
    if settings:
        console.print()
        console.print(_settings(settings[:SETTINGS], [run["name"] for run in runs]))
        if len(settings) > SETTINGS:
            console.print(
                Text(f"and {len(settings) - SETTINGS} more settings that differ: see the page.", style="dim")
            )
    console.print()


def points(share: Share | None) -> str:
    """A difference of shares in percentage points: `+1.2`, `-0.4 (-0.9 to +0.1)`."""
    if share is None or share["value"] is None:
        return NOTHING
    if share["low"] is None or share["high"] is None or share["low"] == share["high"]:
        return signed(share["value"])
    return f"{signed(share['value'])} ({signed(share['low'])} to {signed(share['high'])})"


def signed(fraction: float) -> str:
    """Percentage points with their sign and one decimal; two where they are fewer than one."""
    value = 100 * fraction
    digits = 1 if abs(value) >= 0.95 else 2
    return f"{value:+.{digits}f}" if round(value, digits) else "0"


def setting(value: Any) -> str:
    """The value of a setting as a recipe writes it; a dash for none."""
    if value is None:
        return NOTHING
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _stages(compared: Comparison) -> Table:
    runs, two = compared["runs"], len(compared["runs"]) == 2
    table = _table("stage", [run["name"] for run in runs])
    if two:
        table.add_column("points (95 %)", justify="right", no_wrap=True)
    for stage in compared["stages"]:
        shares = stage["left"]["tokens"]
        cells = [Text(per_thousand(share["value"], 1) if share else NOTHING) for share in shares]
        last = [Text(points(stage["difference"]["tokens"][0]))] if two else []
        table.add_row(Text(stage["name"]), *cells, *last)
    for title, end in (("raw tokens", "raw"), ("final tokens", "final")):
        cells = [Text(count(run["totals"][end]["tokens"])) for run in runs]
        table.add_row(Text(title, style="dim"), *cells, style="dim")
    cells = [Text(percent(run["retention"]["documents"])) for run in runs]
    table.add_row(Text("documents left", style="dim"), *cells, style="dim")
    return table


def _settings(settings: list[dict[str, Any]], names: list[str]) -> Table:
    table = _table("setting", names, justify="left")
    for entry in settings:
        table.add_row(Text(entry["setting"]), *(Text(setting(value)) for value in entry["values"]))
    return table


def _table(first: str, names: list[str], justify: Literal["left", "right"] = "right") -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column(first, overflow="fold", min_width=_FIRST)
    for name in names:
        short = name if len(names) < 4 or len(name) <= _NAME else f"…{name[1 - _NAME :]}"
        table.add_column(Text(short), justify=justify, overflow="fold")
    return table
