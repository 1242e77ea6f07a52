"""The profile on a terminal: where each core-second went."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline import files
from pipeline.profile.phases import FILE
from pipeline.report.numbers import counted, percent, size
from pipeline.rundir import RunDirectory

_ENGINE = "engine and workers' start"


def print_profile_of(run: RunDirectory, console: Console) -> None:
    """Print the profile that a run kept, or say that it kept none."""
    if files.exists(run.path(FILE)):
        print_profile(run.read_json(FILE), console)
    else:
        console.print("The run is complete and was not profiled; a new --out is.", soft_wrap=True)


def print_profile(profile: dict[str, Any], console: Console) -> None:
    """Print what `profile.json` holds: a line a phase, below it a line for each activity of its units."""
    total = profile["core_seconds"]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("where the core-seconds went", overflow="fold")
    for title in ("core-s", "share", "waited s", "MB/s", "µs/document"):
        table.add_column(title, justify="right", no_wrap=True)
    for phase in profile["phases"]:
        table.add_row(*(Text(cell, style="bold") for cell in _phase_row(phase, total)))
        for activity in _activities(phase):
            table.add_row(*_activity_row(activity, total))
    console.print()
    console.print(table)
    console.print()
    console.print(_summary(profile), soft_wrap=True)


def _phase_row(phase: dict[str, Any], total: float) -> tuple[str, ...]:
    core = phase["core_seconds"]
    return (phase["phase"], f"{core:.2f}", percent(core / total if total else None), "", "", "")


def _activities(phase: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of the units, and what the phase took beyond them."""
    activities: list[dict[str, Any]] = phase["activities"]
    if not activities:
        return []
    rest = phase["core_seconds"] - sum(activity["core_seconds"] for activity in activities)
    return [*activities, {"activity": _ENGINE, "core_seconds": max(rest, 0.0)}]


def _activity_row(activity: dict[str, Any], total: float) -> tuple[str, ...]:
    core = activity["core_seconds"]
    documents, read = activity.get("documents", 0), activity.get("bytes", 0)
    waited = activity.get("seconds", 0.0) - core
    return (
        f"  {activity['activity']}",
        f"{core:.2f}",
        percent(core / total if total else None),
        f"{waited:.2f}" if waited >= 0.005 else "",
        f"{read / 1e6 / core:,.1f}" if read and core else "",
        f"{core / documents * 1e6:,.1f}" if documents else "",
    )


def _summary(profile: dict[str, Any]) -> str:
    machine = profile["machine"]
    first = profile["first_unit_after"]
    begun = "" if first is None else f", the first unit began after {first:.1f} s"
    return (
        f"{profile['core_seconds']:.1f} core-seconds in {profile['seconds']:.1f} s on "
        f"{counted(machine['workers'], 'worker')} ({machine['processor']}, {counted(machine['cores'], 'core')}){begun}; "
        f"the largest process had {size(profile['peak_memory'])}. MB are of text, in UTF-8."
    )
