"""What the user sees while a run works: the pass, units done, documents and megabytes a second, time left."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from pipeline.passes.heartbeat import beat_folder, read_beats
from pipeline.rundir import RunDirectory
from pipeline.sources.unit import Unit

_REDRAW_SECONDS = 0.5
_LINE_SECONDS = 15.0  # where there is no terminal, a line now and then


@dataclass
class Speed:
    """Documents, bytes and finished units of a pass so far, and how fast they go by."""

    documents: int
    bytes: int
    units: int
    documents_per_second: float
    bytes_per_second: float

    def describe(self, total_units: int, total_bytes: int) -> str:
        if not self.documents and not self.bytes:
            return f"{total_units} units, starting"
        if self.units == total_units and not self.bytes_per_second:
            return f"{total_units} units, done before"
        rate = self.bytes_per_second
        pieces = [
            f"{self.units}/{total_units} units",
            f"{self.documents:,} documents",
            f"{self.documents_per_second:,.0f} documents/s",
            f"{rate / 1e6:.1f} MB/s",
        ]
        left = total_bytes - self.bytes
        if rate > 0 and left > 0:
            pieces.append(f"{duration(left / rate)} left")
        return ", ".join(pieces)


class RunProgress:
    """Shows one pass at a time, from the heartbeats of its workers. MB are those of the stored input."""

    def __init__(self, console: Console, run: RunDirectory) -> None:
        self._console = console
        self._run = run

    def say(self, sentence: str) -> None:
        self._console.print(sentence, highlight=False, soft_wrap=True)

    @contextmanager
    def watch(self, title: str, number: int, units: Sequence[Unit]) -> Iterator[None]:
        """Show the progress of a pass while the body runs."""
        stop = threading.Event()
        thread = threading.Thread(target=self._show, args=(stop, title, number, units), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _show(self, stop: threading.Event, title: str, number: int, units: Sequence[Unit]) -> None:
        if self._console.is_terminal:
            self._show_bar(stop, title, number, units)
        else:
            self._show_lines(stop, title, number, units)

    def _show_bar(self, stop: threading.Event, title: str, number: int, units: Sequence[Unit]) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            TextColumn("{task.fields[speed]}"),
        )
        with Progress(*columns, console=self._console) as bar:
            total = sum(unit.bytes for unit in units)
            task = bar.add_task(title, total=total or 1, speed="")
            meter = _Meter(self._run, number)
            while not stop.wait(_REDRAW_SECONDS):
                self._redraw(bar, task, meter.read(), len(units), total)
            self._redraw(bar, task, meter.read(), len(units), total)

    @staticmethod
    def _redraw(bar: Progress, task: TaskID, speed: Speed, units: int, total: int) -> None:
        bar.update(task, completed=speed.bytes, speed=speed.describe(units, total))

    def _show_lines(self, stop: threading.Event, title: str, number: int, units: Sequence[Unit]) -> None:
        meter = _Meter(self._run, number)
        total = sum(unit.bytes for unit in units)
        said = time.monotonic()
        while not stop.wait(_REDRAW_SECONDS):
            speed = meter.read()
            if time.monotonic() - said >= _LINE_SECONDS:
                said = time.monotonic()
                self.say(f"{title}: {speed.describe(len(units), total)}")
        self.say(f"{title}: {meter.read().describe(len(units), total)}")


class _Meter:
    """Adds up the heartbeats. What an earlier, killed run had done counts as done, and not as speed."""

    def __init__(self, run: RunDirectory, number: int) -> None:
        self._folder = beat_folder(run, number)
        self._before = self._sums()
        self._start: float | None = None  # when the first worker was seen at work

    def read(self) -> Speed:
        documents, size, units = self._sums()
        if self._start is None and (documents, size, units) != self._before:
            self._start = time.monotonic() - _REDRAW_SECONDS
        seconds = time.monotonic() - self._start if self._start is not None else 1.0
        return Speed(
            documents,
            size,
            units,
            (documents - self._before[0]) / seconds,
            (size - self._before[1]) / seconds,
        )

    def _sums(self) -> tuple[int, int, int]:
        beats = read_beats(self._folder) if self._folder else []
        return (
            sum(beat.documents for beat in beats),
            sum(beat.bytes for beat in beats),
            sum(beat.done for beat in beats),
        )


def duration(seconds: float) -> str:
    """`3 h 05 min`, `4 min 10 s`, `12 s`."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    if whole >= 60:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole} s"
