"""A command and all the processes it starts, watched from outside: their time, their memory."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

LOOK_EVERY = 0.1
Process = tuple[int, float]  # its id, and when it was started: ids are used again

# Whoever is compared on one core must not use another.
_POOLS = ("RAYON", "OMP", "OPENBLAS", "MKL", "NUMBA")
ONE_THREAD = {f"{pool}_NUM_THREADS": "1" for pool in _POOLS} | {"TOKENIZERS_PARALLELISM": "false"}


@dataclass
class Watched:
    """Seconds from start to end, of the CPU in all processes, and to the mark; the most memory that a process held
    (resident bytes): the one that was started, and the largest of those that it started (0: there was none)."""

    wall: float
    cpu: float
    marked: float | None
    memory: int
    workers_memory: int


def watch(
    command: Sequence[str], environment: Mapping[str, str] | None = None, mark: Path | None = None
) -> Watched:
    """Run a command to its end, looking at its processes ten times a second (the last tenth of one may be missed).

    `mark` is a folder: the time is noted when it first holds a file. Raises SystemExit with the end of what the command
    has printed where it fails.
    """
    seen: dict[Process, float] = {}
    memory: dict[Process, int] = {}
    marked = None
    began = time.perf_counter()
    with tempfile.TemporaryFile() as printed:
        run = psutil.Popen(
            command, env={**os.environ, **(environment or {})}, stdout=printed, stderr=subprocess.STDOUT
        )
        own = (run.pid, run.create_time())
        while run.poll() is None:
            processes = [run, *descendants(run)]
            seen.update(cpu(processes))
            for process, held in _memory(processes):
                memory[process] = max(held, memory.get(process, 0))
            if mark is not None and marked is None and next(mark.glob("*"), None):
                marked = time.perf_counter() - began
            time.sleep(LOOK_EVERY)
        wall = time.perf_counter() - began
        if run.returncode:
            printed.seek(0)
            raise SystemExit(
                f"{' '.join(command)} failed:\n{printed.read().decode(errors='replace')[-3000:]}"
            )
    workers = [held for process, held in memory.items() if process != own]
    return Watched(wall, sum(seen.values()), marked, memory.get(own, 0), max(workers, default=0))


def cpu(processes: Iterable[psutil.Process]) -> Iterator[tuple[Process, float]]:
    """User and system seconds of each process that is still there."""
    for process in processes:
        try:
            times = process.cpu_times()
            yield (process.pid, process.create_time()), times.user + times.system
        except psutil.Error:
            continue


def descendants(process: psutil.Process) -> list[psutil.Process]:
    """All that it started, and that these started; none once it has ended."""
    try:
        return list(process.children(recursive=True))
    except psutil.Error:
        return []


def _memory(processes: Iterable[psutil.Process]) -> Iterator[tuple[Process, int]]:
    for process in processes:
        try:
            yield (process.pid, process.create_time()), _peak(process)
        except (psutil.Error, OSError):
            continue


def _peak(process: psutil.Process) -> int:
    """The most that it ever held, where the system keeps that (Linux), else what it holds now."""
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    resident: int = process.memory_info().rss
    return resident
