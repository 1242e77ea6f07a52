"""What the user sees while a run works: the pass, units done, documents and megabytes a second, time left."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from pipeline.errors import AssayError
from pipeline.ledger_files import listing
from pipeline.passes.heartbeat import beat_folder, read_beats
from pipeline.rundir import RunDirectory
from pipeline.sources.unit import Unit

_REDRAW_SECONDS = 0.5
_LINE_SECONDS = 15.0  # where there is no terminal, a line now and then
_LISTING_SECONDS = 10.0
_PATIENCE = 90.0  # for the first sign of work
_LISTED_A_SECOND = 1000  # units; S3 lists as many with a request


@dataclass
class Speed:
    """Documents, bytes and finished units of a pass so far, and how fast they go by. On a store nobody tells the
    documents of a pass before its end."""

    documents: int | None
    bytes: int
    units: int
    documents_per_second: float
    bytes_per_second: float

    def describe(self, total_units: int, total_bytes: int, waited: float = 0) -> str:
        """As a line; `waited` are the seconds since the pass was given to the engine."""
        if not self.documents and not self.bytes and not self.units:
            late = f" for {duration(waited)}: does the engine start its workers? Its own log will tell"
            return f"{total_units} units, starting{late if waited > _PATIENCE else ''}"
        if self.units == total_units and not self.bytes_per_second:
            return f"{total_units} units, done before"
        rate = self.bytes_per_second
        pieces = [f"{self.units}/{total_units} units"]
        if self.documents is not None:
            pieces += [f"{self.documents:,} documents", f"{self.documents_per_second:,.0f} documents/s"]
        pieces.append(f"{rate / 1e6:.1f} MB/s")
        left = total_bytes - self.bytes
        if rate > 0 and left > 0:
            pieces.append(f"{duration(left / rate)} left")
        return ", ".join(pieces)


class RunProgress:
    """Shows one pass at a time. MB are those of the stored input."""

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
            meter, begun = _Meter(self._run, number, units), time.monotonic()

            def redraw(speed: Speed) -> None:
                said = speed.describe(len(units), total, time.monotonic() - begun)
                bar.update(task, completed=speed.bytes, speed=said)

            while not stop.wait(_REDRAW_SECONDS):
                redraw(meter.read())
            redraw(meter.read(now=True))

    def _show_lines(self, stop: threading.Event, title: str, number: int, units: Sequence[Unit]) -> None:
        meter = _Meter(self._run, number, units)
        total = sum(unit.bytes for unit in units)
        begun = said = time.monotonic()
        while not stop.wait(_REDRAW_SECONDS):
            speed = meter.read()
            if time.monotonic() - said >= _LINE_SECONDS:
                said = time.monotonic()
                self.say(f"{title}: {speed.describe(len(units), total, said - begun)}")
        self.say(f"{title}: {meter.read(now=True).describe(len(units), total)}")


Done = tuple[int | None, int, int]  # documents (None where nobody tells), bytes, units


class _Heartbeats:
    """What a pass has behind it, by the files that its workers write now and then into a local run directory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.start: float | None = None  # workers are seen when they begin

    def done(self, now: bool) -> Done:
        beats = read_beats(self._folder)
        return (
            sum(beat.documents for beat in beats),
            sum(beat.bytes for beat in beats),
            sum(beat.done for beat in beats),
        )


class _Ledgers:
    """The same by the units that are done, for a run directory on a store: one listing every ten seconds, and less
    often where a listing is long."""

    def __init__(self, run: RunDirectory, number: int, units: Sequence[Unit]) -> None:
        self._run, self._number = run, number
        self._bytes = np.array([unit.bytes for unit in units], np.int64)
        self._every = max(_LISTING_SECONDS, len(units) / _LISTED_A_SECOND)
        self._listed = -self._every
        self._done: Done = (None, 0, 0)
        self.start: float | None = time.monotonic()  # workers are seen when they end

    def done(self, now: bool) -> Done:
        if now or time.monotonic() - self._listed >= self._every:
            with suppress(AssayError, OSError):  # a hint is not worth a failed run
                done = listing(self._run, self._number).done(len(self._bytes))
                self._done = (None, int(self._bytes[done].sum()), int(done.sum()))
            self._listed = time.monotonic()
        return self._done


class _Meter:
    """How far and how fast. What an earlier, killed run had done counts as done, and not as speed."""

    def __init__(self, run: RunDirectory, number: int, units: Sequence[Unit]) -> None:
        beats = beat_folder(run, number)
        self._source = _Heartbeats(beats) if beats else _Ledgers(run, number, units)
        self._before = self._source.done(now=True)
        self._start = self._source.start

    def read(self, now: bool = False) -> Speed:
        """`now` looks again, whatever it costs."""
        done = self._source.done(now)
        if self._start is None and done != self._before:
            self._start = time.monotonic() - _REDRAW_SECONDS
        seconds = time.monotonic() - self._start if self._start is not None else 1.0
        documents, size, units = done
        return Speed(
            documents,
            size,
            units,
            ((documents or 0) - (self._before[0] or 0)) / seconds,
            (size - self._before[1]) / seconds,
        )


def duration(seconds: float) -> str:
    """`3 h 05 min`, `4 min 10 s`, `12 s`."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    if whole >= 60:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole} s"
