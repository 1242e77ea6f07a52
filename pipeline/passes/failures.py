"""Units that cannot be done: written down, so that the others go on, and told of when the pass ends.

    failed/P/000042.json    unit 42 failed in pass P: its file and range, the error, where in the code

A unit that is done has not failed, whatever an earlier attempt wrote down.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Sequence
from dataclasses import asdict

from pipeline import files
from pipeline.errors import AssayError
from pipeline.rundir import RunDirectory
from pipeline.sources.unit import Unit

_SHOWN = 10


def is_of_the_unit(error: Exception) -> bool:
    """Whether it is the unit that fails, and would again, and not the machine or the store it happens to be on.

    Full disks, stores that do not answer, and want of memory pass: the engine tries again, elsewhere if it can. A file
    that is not there or may not be read stays so.
    """
    if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
        return True
    return not isinstance(error, OSError | MemoryError | AssayError)


def record_failure(run: RunDirectory, number: int, unit: Unit, error: Exception) -> str:
    """Write down why a unit failed; gives the sentence for people."""
    sentence = describe(unit, number, error)
    story = "".join(traceback.format_exception(error))
    content = {"pass": number, "unit": asdict(unit), "error": sentence, "traceback": story}
    files.write_bytes(
        run.failed(number, unit.index), json.dumps(content, indent=2, ensure_ascii=False).encode()
    )
    return sentence


def describe(unit: Unit, number: int, error: Exception) -> str:
    """File, range and cause."""
    where = f"{unit.path} [{unit.start}:{unit.stop}]"
    return f"unit {unit.index} ({where}) failed in pass {number}: {type(error).__name__}: {error}"


def describe_failures(run: RunDirectory, number: int, units: Sequence[int], count: int) -> str:
    """What is to be said of the units that are not done at the end of a pass."""
    lines = [failure_of(run, number, unit) for unit in units[:_SHOWN]]
    if len(units) > _SHOWN:
        lines.append(f"and {len(units) - _SHOWN} more")
    if len(units) > 1:
        lines.insert(0, f"{len(units)} of {count} units failed in pass {number}:")
    done = f"The other {count - len(units)} units are done and stay. " if len(units) < count else ""
    skip = " To go on without them, add --skip-failed." if number == 0 else ""
    lines.append(f"{done}The whole story of each is in {run.path('failed', str(number))}.{skip}")
    return "\n".join(lines)


def failure_of(run: RunDirectory, number: int, unit: int) -> str:
    """Why a unit failed, as it was written down."""
    url = run.failed(number, unit)
    if not files.exists(url):
        return f"unit {unit} ({run.unit(unit).path}) was not done in pass {number}, and nobody says why"
    return str(json.loads(files.read_bytes(url))["error"])
