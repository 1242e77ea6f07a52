"""How far a worker has come with its unit, for the progress bar. Never more than a hint: nothing is counted from it."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline import files
from pipeline.rundir import RunDirectory
from pipeline.sources.unit import Unit

FOLDER = ".progress"
_SECONDS = 0.5


@dataclass
class Beat:
    """Documents and bytes of the input that a unit has behind it."""

    documents: int = 0
    bytes: int = 0
    done: bool = False


class Heartbeat:
    """Writes a small file now and then, where the run directory is local; elsewhere it does nothing."""

    def __init__(self, run: RunDirectory, number: int, unit: Unit) -> None:
        self._path = beat_folder(run, number)
        self._file = self._path / f"{unit.name}.json" if self._path else None
        self._unit = unit
        self._beat = Beat()
        self._last = 0.0

    def beat(self, documents: int, position: int) -> None:
        self._beat.documents += documents
        self._beat.bytes = min(max(position, self._beat.bytes), self._unit.bytes)
        if time.monotonic() - self._last > _SECONDS:
            self._write()

    def end(self) -> None:
        self._beat.bytes = self._unit.bytes
        self._beat.done = True
        self._write()

    def _write(self) -> None:
        self._last = time.monotonic()
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps(asdict(self._beat)))
        except OSError:
            pass  # a hint is not worth a failed unit


def beat_folder(run: RunDirectory, number: int) -> Path | None:
    """Where the heartbeats of a pass lie; None where the run directory is not on this machine."""
    folder = files.local_path(run.url)
    return folder / FOLDER / str(number) if folder else None


def read_beats(folder: Path) -> list[Beat]:
    """Those that can be read; one that is being written is left for the next look."""
    beats = []
    for file in folder.glob("*.json"):
        try:
            beats.append(Beat(**json.loads(file.read_text())))
        except (OSError, ValueError, TypeError):
            continue
    return beats
