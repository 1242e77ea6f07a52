"""Results: what was measured, beside what was aimed at; as a table and as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from pipeline.profile.phases import processor_fields

WIDTH = 150  # in a file; on a screen it is the screen's


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH)


@dataclass
class Row:
    """One line of the table.

    Args:
        what: the comparison.
        who: who did it, with the version.
        megabytes: of text (or file) in a round.
        value: the median, in `unit`.
        ratio: how many times Assay's rate is this one's.
        aim: what was aimed at, such as `>= 15x`; empty where nothing was.
        met: whether it was reached.
        rounds: the seconds of each round, by the kind of clock.
    """

    what: str
    who: str
    value: float
    unit: str
    megabytes: float | None = None
    ratio: float | None = None
    aim: str = ""
    met: bool | None = None
    note: str = ""
    rounds: dict[str, list[float]] = field(default_factory=dict)


def progress(text: str) -> None:
    """One line about what is going on, to the error output: the table alone goes into a file."""
    Console(stderr=True, highlight=False).print(f"[dim]{text}[/dim]")


def show(title: str, rows: Sequence[Row]) -> None:
    table = Table(title=title, title_justify="left", title_style="bold", caption_justify="left")
    for name in ("comparison", "who"):
        table.add_column(name, no_wrap=True)
    for name in ("MB", "result", "Assay is", "aim"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("note")
    last = ""
    for row in rows:
        if row.what != last and last:
            table.add_section()
        aim = f"{row.aim} {'✓' if row.met else '✗'}" if row.aim else ""
        table.add_row(
            row.what if row.what != last else "",
            row.who,
            "" if row.megabytes is None else f"{row.megabytes:.1f}",
            f"{_short(row.value)} {row.unit}",
            "" if row.ratio is None else f"{_short(row.ratio)}x",
            aim,
            row.note,
        )
        last = row.what
    _console().print(table)


def _short(value: float) -> str:
    """Three digits are more than a shared machine can tell."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def machine() -> dict[str, Any]:
    """What it was measured on."""
    return {
        "cpu": _cpu_model(),
        "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def _cpu_model() -> str:
    """Its name, and family and model where the name says little."""
    fields = processor_fields()
    if not fields:
        return platform.processor()
    name = fields.get("model name", platform.processor())
    return f"{name} (family {fields.get('cpu family')}, model {fields.get('model')})"


def write(path: Path, rows: Sequence[Row]) -> None:
    """All of it, with every round."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"machine": machine(), "rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
