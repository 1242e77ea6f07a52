"""What the workers measured: a small file a unit in the run directory, added up and removed by the run."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from pipeline import files
from pipeline.profile.clock import Spent, recorded
from pipeline.rundir import RunDirectory
from pipeline.stores import each_at_once

FOLDER = ".profile"
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # getrusage gives bytes there, kilobytes elsewhere


@dataclass
class Measured:
    """Units of a pass: how many, when the first began (seconds since the epoch), the largest resident memory of a
    process that worked on one (bytes), and what was spent on each activity, in the order in which they began."""

    units: int = 0
    began: float | None = None
    peak_memory: int = 0
    activities: dict[str, Spent] = field(default_factory=dict)


@contextmanager
def profiled(run: RunDirectory, number: int, name: str, wanted: bool) -> Iterator[None]:
    """Measure the body, which processes the unit of this name, if that is wanted."""
    if not wanted:
        yield
        return
    began = time.time()
    with recorded() as clock:
        yield
    activities = {activity: asdict(spent) for activity, spent in clock.spent.items()}
    measured = {"began": began, "peak_memory": peak_memory(), "activities": activities}
    files.write_bytes(_folder(run, number, f"{name}.json"), json.dumps(measured).encode())


def peak_memory() -> int:
    """The most memory that this process has had resident, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT


def read_measured(run: RunDirectory, number: int) -> Measured:
    """What the units of a pass took, added up."""
    total = Measured()
    for content in each_at_once(files.read_bytes, files.list_files(_folder(run, number), ".json")):
        unit = json.loads(content)
        total.units += 1
        total.began = min(total.began or unit["began"], unit["began"])
        total.peak_memory = max(total.peak_memory, unit["peak_memory"])
        for activity, spent in unit["activities"].items():
            total.activities.setdefault(activity, Spent()).add(Spent(**spent))
    return total


def forget(run: RunDirectory) -> None:
    """Remove what an earlier attempt measured, or what has been added up."""
    files.remove(run.path(FOLDER))


def _folder(run: RunDirectory, number: int, *names: str) -> str:
    return run.path(FOLDER, str(number), *names)
