"""The phases of a run, one after the other: what each costs, and in `profile.json`, if it is wanted, on what."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil

from pipeline.planning.costs import Attempt, Cost
from pipeline.profile.clock import Clock
from pipeline.profile.units import Measured, forget, peak_memory, read_measured
from pipeline.rundir import RunDirectory

FILE = "profile.json"


class Phases:
    """Times what a run does, phase by phase, from the start of its process on.

    What a phase costs goes to `costs.json` as soon as it ends, however it ends. Where the time goes within it is
    measured, and kept in `profile.json`, if that is `wanted`.
    """

    def __init__(self, run: RunDirectory, workers: int, cluster: bool, wanted: bool) -> None:
        self.wanted = wanted
        self._run = run
        self._workers = workers
        self._phases: list[dict[str, Any]] = []
        self._began = psutil.Process().create_time()
        self._first_unit: float | None = None
        if wanted:
            forget(run)
        self._costs = Attempt(run, workers, cluster, os.cpu_count() or 1, processor())
        self._add("start", False, time.time() - self._began, core_seconds(), Measured())

    @contextmanager
    def phase(self, title: str, number: int | None = None, fixed: bool = False) -> Iterator[None]:
        """Time the body; `number` is that of the pass whose units it processes. A `fixed` phase takes as long for
        little input as for much."""
        began, before = time.perf_counter(), core_seconds()
        self._costs.begin(title)
        measured = Measured()
        try:
            yield
            if self.wanted and number is not None:
                measured = read_measured(self._run, number)
        finally:
            spent = time.perf_counter() - began, core_seconds() - before
            self._add(title, not fixed, *spent, measured)

    def finish(self) -> None:
        """Write what the run takes of the disk, and `profile.json`."""
        self._costs.finish()
        if not self.wanted:
            return
        first = None if self._first_unit is None else self._first_unit - self._began
        self._run.write_json(
            FILE,
            {
                "machine": {"processor": processor(), "cores": os.cpu_count(), "workers": self._workers},
                "seconds": time.time() - self._began,
                "core_seconds": sum(phase["core_seconds"] for phase in self._phases),
                "first_unit_after": first,
                "peak_memory": max(peak_memory(), *(phase["peak_memory"] for phase in self._phases)),
                "phases": self._phases,
            },
        )
        forget(self._run)

    def _add(self, title: str, scales: bool, seconds: float, core: float, measured: Measured) -> None:
        """A phase. Local workers' core-seconds are in `core`; those of a cluster are not, but each may have measured
        its own."""
        of_units = sum(spent.core_seconds for spent in measured.activities.values())
        total = core if core >= of_units else core + of_units
        self._costs.add(Cost(title, scales, seconds, total, seen=not scales or of_units > 0))
        self._phases.append(
            {
                "phase": title,
                "seconds": seconds,
                "core_seconds": total,
                "units": measured.units,
                "peak_memory": measured.peak_memory,
                "activities": [
                    {"activity": name, **asdict(spent)}
                    for name, spent in sorted(measured.activities.items(), key=_other_last)
                ],
            }
        )
        if self._first_unit is None:
            self._first_unit = measured.began


def core_seconds() -> float:
    """What this process and its children, those that live and those that it has waited for, have had of the cores."""
    now = os.times()
    total = now.user + now.system + now.children_user + now.children_system
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            total += sum(child.cpu_times()[:4])
    return total


def processor() -> str:
    """The name of the machine's processor, as far as the system tells."""
    return processor_fields().get("model name") or platform.processor() or platform.machine()


def processor_fields() -> dict[str, str]:
    """What Linux says of a processor (`model name`, `cpu family` ...); nothing elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return {}
    fields = (line.partition(":") for line in lines)
    return {name.strip(): value.strip() for name, _, value in fields}


def _other_last(named: tuple[str, object]) -> bool:
    return named[0] == Clock.OTHER
