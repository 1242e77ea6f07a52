"""What a run cost: core-seconds and seconds of each phase, and bytes of disk. `costs.json` in the run directory.

It is the one file there that no two attempts write alike, and the only source of what a plan says of core-hours
and disk. Attempts at one run add up, those that were stopped included.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipeline import files
from pipeline.errors import AssayError
from pipeline.rundir import RunDirectory
from pipeline.stores import reach, retried

FILE = "costs.json"
_FOLDERS = ("parts", "shards", "dropped", "duplicates", "ledger", "tallies", "sums", "unreadable")


@dataclass(frozen=True)
class Cost:
    """One phase. `scales`: it grows with the input. `seen`: its workers' core-seconds are in `core_seconds` also
    where they were those of a cluster."""

    phase: str
    scales: bool
    seconds: float
    core_seconds: float
    seen: bool


class Attempt:
    """Keeps what one attempt at a run costs, beside what the earlier ones did."""

    def __init__(self, run: RunDirectory, workers: int, cluster: bool, cores: int, processor: str) -> None:
        self._run = run
        self._content: dict[str, Any] = {"attempts": [], "disk": None}
        if files.exists(run.path(FILE)):
            self._content = run.read_json(FILE)
        self._cluster = cluster
        self._phases: list[dict[str, Any]] = []
        self._attempt = {
            "cluster": cluster,
            "workers": None if cluster else workers,
            "cores": cores,
            "processor": processor,
            "phases": self._phases,
            "under_way": None,
        }
        self._content["attempts"].append(self._attempt)

    def begin(self, phase: str) -> None:
        """Say what is under way: if it never ends, the next attempt knows that its time is lost."""
        self._attempt["under_way"] = phase
        self._write()

    def add(self, cost: Cost) -> None:
        """Keep a phase that has ended. Of a cluster's workers nothing is known here, unless they said it."""
        unseen = self._cluster and not cost.seen
        self._phases.append(
            {
                "phase": cost.phase,
                "scales": cost.scales,
                "seconds": cost.seconds,
                "core_seconds": None if unseen else cost.core_seconds,
            }
        )
        self._attempt["under_way"] = None
        self._write()

    def finish(self) -> None:
        """The run is complete: see what it takes of the disk."""
        self._content["disk"] = disk_bytes(self._run)
        self._write()

    def _write(self) -> None:
        with suppress(OSError, AssayError):  # of a full disk or a lost store the run itself will tell
            self._run.write_json(FILE, self._content)


def disk_bytes(run: RunDirectory) -> dict[str, int]:
    """Bytes of each folder of a run directory; those that are not there take none."""
    sizes = {}
    for name in _FOLDERS:
        filesystem, path = reach(run.path(name))
        with suppress(FileNotFoundError):
            sizes[name] = int(retried(run.path(name), partial(filesystem.du, path, total=True)))
    return {name: size for name, size in sizes.items() if size}


def cost_figures(run: RunDirectory, raw_bytes: int) -> dict[str, Any] | None:
    """What a run of other size will cost, by what this one did; None where this one is not complete.

    Args:
        raw_bytes: text that the run read, in UTF-8.

    Returns:
        `fixed_core_seconds`, what starting and models took; `scaling_core_seconds`, what the rest took;
        `core_seconds_per_byte` and `disk_per_byte`, of raw text;
        the two about the rest are null where a cluster did not say. And what was measured: `core_seconds`,
        `seconds`, `workers`, `disk` by folder, `attempts`, `lost` (phases of killed attempts).
    """
    if not files.exists(run.path(FILE)):
        return None
    content = run.read_json(FILE)
    if content["disk"] is None or not raw_bytes:
        return None
    attempts = content["attempts"]
    phases = [phase for attempt in attempts for phase in attempt["phases"]]
    scaling = [phase["core_seconds"] for phase in phases if phase["scales"]]
    # Each attempt starts anew, so the work of the same size in one go has the fixed cost of one.
    fixed = sum(
        p["core_seconds"] for p in attempts[-1]["phases"] if not p["scales"] and p["core_seconds"] is not None
    )
    known = None not in scaling
    return {
        "fixed_core_seconds": fixed,
        "scaling_core_seconds": sum(scaling) if known else None,
        "core_seconds_per_byte": sum(scaling) / raw_bytes if known else None,
        "disk_per_byte": sum(content["disk"].values()) / raw_bytes,
        "core_seconds": sum(phase["core_seconds"] or 0 for phase in phases) if known else None,
        "seconds": sum(phase["seconds"] for phase in phases),
        "workers": attempts[-1]["workers"],
        "processor": attempts[-1]["processor"],
        "cluster": any(attempt["cluster"] for attempt in attempts),
        "attempts": len(attempts),
        "lost": [attempt["under_way"] for attempt in attempts if attempt["under_way"]],
        "disk": content["disk"],
    }
